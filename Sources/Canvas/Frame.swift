import SafeText

/// One picture of the screen: a grid of cells, drawn into by panes and shown by a `Screen`.
///
/// All clipping happens here: drawing outside is allowed and does nothing. Invariants: every row
/// has exactly `size.width` cells, a wide glyph is always followed by its tail, and no cell holds a
/// control or invisible scalar.
package struct Frame: Hashable, Sendable {
    package let size: Size
    /// Where the terminal's cursor is shown, nil for nowhere (text fields set it).
    package var cursor: Position?
    private var cells: [Cell]

    /// Sides longer than this are cut: no terminal is that large, and memory stays bounded.
    package static let sideMax = 2_000

    package init(size: Size, token: Token = .text) {
        let width = min(max(0, size.width), Self.sideMax)
        let height = min(max(0, size.height), Self.sideMax)
        self.size = Size(width: width, height: height)
        cells = [Cell](repeating: Cell(token: token), count: width * height)
    }

    /// The whole frame as a rectangle.
    package var bounds: Rect { Rect(size) }

    /// The cell at a place; a blank outside the frame.
    package subscript(column: Int, row: Int) -> Cell {
        guard bounds.contains(column: column, row: row) else { return Cell() }
        return cells[row * size.width + column]
    }

    /// The cells of one row, left to right; empty outside the frame.
    package func row(_ row: Int) -> ArraySlice<Cell> {
        guard row >= 0, row < size.height else { return [] }
        return cells[row * size.width..<(row + 1) * size.width]
    }

    /// Draws `text` on one row and returns the cells it took, those outside the clip included.
    ///
    /// A wide glyph cut by an edge leaves a blank. Scalars that would not show as themselves
    /// (controls, direction marks) are drawn in their visible form, so nothing unsanitised shows.
    @discardableResult
    package mutating func put(
        _ text: String, column: Int, row: Int, token: Token = .text, in clip: Rect? = nil,
        selected: Bool = false
    ) -> Int {
        let area = clip.map { bounds.intersection($0) } ?? bounds
        let isVisibleRow = row >= area.row && row < area.endRow && !area.isEmpty
        if let count = Sanitiser.plainCount(text) {
            if isVisibleRow { putPlain(text, count, column, row, token, area, selected) }
            return count
        }
        var at = column
        for cluster in Clusters(Sanitiser.visible(text)) {
            defer { at += cluster.width }
            guard isVisibleRow, at < area.endColumn else { continue }
            if at >= area.column, at + cluster.width <= area.endColumn {
                set(cluster.text, width: cluster.width, at, row, token, selected)
                continue
            }
            let first = max(at, area.column)
            for cell in first..<max(first, min(at + cluster.width, area.endColumn)) {
                set(" ", width: 1, cell, row, token, selected)
            }
        }
        return at - column
    }

    /// Printable ASCII, the usual case: one byte is one cell.
    private mutating func putPlain(
        _ text: String, _ count: Int, _ column: Int, _ row: Int, _ token: Token, _ area: Rect,
        _ selected: Bool
    ) {
        let first = max(column, area.column)
        let end = min(column + count, area.endColumn)
        guard first < end else { return }
        var at = first
        for byte in text.utf8.dropFirst(first - column).prefix(end - first) {
            set(Self.asciiTexts[Int(byte)], width: 1, at, row, token, selected)
            at += 1
        }
    }

    private static let asciiTexts = (0..<128).map { String(Unicode.Scalar(UInt8($0))) }

    /// Fills a rectangle with one narrow glyph.
    package mutating func fill(_ rect: Rect, token: Token = .text, text: String = " ") {
        let area = bounds.intersection(rect)
        guard !area.isEmpty else { return }
        let glyph = Clusters(Sanitiser.visible(text)).first { $0.width == 1 }?.text ?? " "
        for row in area.row..<area.endRow {
            for column in area.column..<area.endColumn {
                set(glyph, width: 1, column, row, token, false)
            }
        }
    }

    /// Lays the cursor bar over a rectangle; text and tokens stay.
    package mutating func select(_ rect: Rect) {
        let area = bounds.intersection(rect)
        guard !area.isEmpty else { return }
        for row in area.row..<area.endRow {
            for column in area.column..<area.endColumn {
                cells[row * size.width + column].isSelected = true
            }
        }
    }

    /// Gives a rectangle another token; text stays.
    package mutating func paint(_ rect: Rect, token: Token) {
        let area = bounds.intersection(rect)
        guard !area.isEmpty else { return }
        for row in area.row..<area.endRow {
            for column in area.column..<area.endColumn {
                cells[row * size.width + column].token = token
            }
        }
    }

    /// The same frame with every glyph replaced by `glyphs`; widths stay.
    package func mapped(by glyphs: GlyphMap) -> Frame {
        guard !glyphs.isIdentity else { return self }
        var frame = self
        for index in cells.indices where !cells[index].isTail {
            let isWide = index + 1 < cells.count && cells[index + 1].isTail
            let glyph = glyphs.map(cells[index].text, isWide: isWide)
            frame.cells[index].text = glyph.text
            if isWide, glyph.width == 1 { frame.cells[index + 1].text = glyph.text }
        }
        return frame
    }

    /// Writes one cluster that is known to lie inside, and blanks halves of glyphs it cuts.
    private mutating func set(
        _ text: String, width: Int, _ column: Int, _ row: Int, _ token: Token, _ selected: Bool
    ) {
        let index = row * size.width + column
        breakGlyph(at: index, column: column)
        if width == 2 { breakGlyph(at: index + 1, column: column + 1) }
        cells[index] = Cell(text: text, token: token, isSelected: selected)
        if width == 2 { cells[index + 1] = Cell(text: "", token: token, isSelected: selected) }
    }

    /// Turns the wide glyph that covers `index`, if any, into blanks.
    private mutating func breakGlyph(at index: Int, column: Int) {
        if cells[index].isTail {
            cells[index].text = " "
            if column > 0 { cells[index - 1].text = " " }
        } else if column + 1 < size.width, cells[index + 1].isTail {
            cells[index + 1].text = " "
        }
    }
}
