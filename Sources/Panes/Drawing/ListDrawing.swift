import Canvas

/// A selectable entry of a list, of one or more rows. Without an id it is a heading.
struct ListItem {
    var id: String?
    var lines: [TextLine]

    init(id: String?, _ lines: [TextLine]) {
        self.id = id
        self.lines = lines
    }
}

/// Which part of a list is visible.
enum ListWindow {
    /// The first visible row, so that `selected` stands in the middle where there is enough on both
    /// sides. All in rows.
    static func start(count: Int, height: Int, selected: Range<Int>) -> Int {
        guard height > 0, count > height else { return 0 }
        let middle = selected.lowerBound + min(selected.count, height) / 2
        return min(max(0, middle - height / 2), count - height)
    }
}

extension Frame {
    /// Draws a list scrolled so that the selected entry shows; marks it with `▸` and, when the pane
    /// has the focus, with the cursor bar.
    mutating func put(_ items: [ListItem], selected: String?, isFocused: Bool, in rect: Rect) {
        guard !rect.isEmpty else { return }
        var rows: [(line: TextLine, isSelected: Bool, isFirst: Bool)] = []
        var range = 0..<0
        for item in items {
            let isSelected = item.id != nil && item.id == selected
            if isSelected { range = rows.count..<rows.count + item.lines.count }
            for (index, line) in item.lines.enumerated() {
                rows.append((line, isSelected, index == 0))
            }
        }
        let start = ListWindow.start(count: rows.count, height: rect.height, selected: range)
        for (offset, row) in rows.dropFirst(start).prefix(rect.height).enumerated() {
            put(
                row.line, isSelected: row.isSelected, isFirst: row.isFirst, isFocused: isFocused,
                in: rect, row: rect.row + offset)
        }
    }

    /// One row of a list: the marker column, then the line.
    mutating func put(
        _ line: TextLine, isSelected: Bool, isFirst: Bool, isFocused: Bool, in rect: Rect, row: Int
    ) {
        guard row >= rect.row, row < rect.endRow else { return }
        let parts = rect.splitLeft(1)
        put(line, in: parts.rest, row: row)
        guard isSelected else { return }
        if isFirst { put("▸", column: rect.column, row: row, token: .key, in: rect) }
        if isFocused { select(Rect(column: rect.column, row: row, width: rect.width, height: 1)) }
    }
}
