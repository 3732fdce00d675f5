import Canvas
import SafeText

extension Frame {
    /// Draws one line on `row` of `rect`, never outside it.
    mutating func put(_ line: TextLine, in rect: Rect, row: Int) {
        guard row >= rect.row, row < rect.endRow, rect.width > 0 else { return }
        var trailing = line.trailing
        func width() -> Int { trailing.reduce(0) { $0 + $1.width } }
        let full = line.width
        while trailing.count > max(0, line.trailingKept), full + 1 + width() > rect.width {
            trailing.removeLast()
        }
        if full + 1 + width() > rect.width, rect.width / 2 + 1 + width() > rect.width {
            trailing = []
        }
        let trailingWidth = width()
        let room = trailingWidth == 0 ? rect.width : max(0, rect.width - trailingWidth - 1)
        put(line.spans.truncated(to: room), column: rect.column, row: row, in: rect)
        put(trailing, column: rect.endColumn - trailingWidth, row: row, in: rect)
    }

    private mutating func put(_ spans: [Span], column: Int, row: Int, in clip: Rect) {
        var at = column
        for span in spans {
            at += put(span.text, column: at, row: row, token: span.token, in: clip)
        }
    }

    /// Draws lines from the top of `rect` down; what does not fit is left out.
    mutating func put(_ lines: some Sequence<TextLine>, in rect: Rect) {
        var row = rect.row
        for line in lines {
            guard row < rect.endRow else { return }
            put(line, in: rect, row: row)
            row += 1
        }
    }
}
