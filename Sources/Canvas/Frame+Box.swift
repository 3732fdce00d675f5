import SafeText

extension Frame {
    /// Draws a border with a title in its top edge and, on the right, `trailing`:
    /// `╭1 Situation──── following ─╮`. What does not fit is left out, the title last.
    package mutating func box(
        _ rect: Rect, title: String = "", number: Int? = nil, token: Token = .border,
        titleToken: Token = .title, trailing: String? = nil, trailingToken: Token = .textDim
    ) {
        guard rect.width >= 2, rect.height >= 1 else { return }
        let inner = rect.width - 2
        let line = String(repeating: "─", count: inner)
        put("╭" + line + "╮", column: rect.column, row: rect.row, token: token)
        if rect.height >= 2 {
            let bottom = rect.endRow - 1
            put("╰" + line + "╯", column: rect.column, row: bottom, token: token)
        }
        if rect.height >= 3 {
            for row in rect.row + 1..<rect.endRow - 1 {
                put("│", column: rect.column, row: row, token: token)
                put("│", column: rect.endColumn - 1, row: row, token: token)
            }
        }
        let label = CellWidth.truncated((number.map { "\($0) " } ?? "") + title, to: inner)
        let used = put(label, column: rect.column + 1, row: rect.row, token: titleToken)
        guard let trailing, !trailing.isEmpty else { return }
        let text = " " + trailing + " "
        let width = CellWidth.of(text)
        guard used + width + 2 <= inner else { return }
        put(
            text, column: rect.endColumn - 2 - width, row: rect.row, token: trailingToken)
    }

    /// A horizontal rule across `rect`'s row `row`, joined to a box's sides: `├────┤`.
    package mutating func rule(_ rect: Rect, row: Int, token: Token = .border) {
        guard rect.width >= 2 else { return }
        let line = "├" + String(repeating: "─", count: rect.width - 2) + "┤"
        put(line, column: rect.column, row: row, token: token, in: rect)
    }

    /// A row's text, trailing blanks included; tails of wide glyphs add nothing.
    package func textRow(_ row: Int) -> String {
        self.row(row).map(\.text).joined()
    }

    /// A row's tokens in runs, for example `0-12 title; 13-40 text; 41-52 text selected`.
    package func tokenRow(_ row: Int) -> String {
        var runs: [String] = []
        let cells = Array(self.row(row))
        var start = 0
        while start < cells.count {
            let first = cells[start]
            var end = start
            while end + 1 < cells.count, cells[end + 1].token == first.token,
                cells[end + 1].isSelected == first.isSelected
            {
                end += 1
            }
            let mark = first.isSelected ? " selected" : ""
            runs.append("\(start)-\(end) \(first.token.rawValue)\(mark)")
            start = end + 1
        }
        return runs.joined(separator: "; ")
    }

    /// All rows' text, for tests and for `--print`.
    package var textRows: [String] { (0..<size.height).map(textRow) }
}
