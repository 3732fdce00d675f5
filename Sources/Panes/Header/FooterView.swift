import Canvas
import Room
import SafeText

/// The keys that matter now.
enum FooterView {
    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        let items = Bindings.footerItems(for: model)
        let shown = fitting(items, width: rect.width - 2)
        var spans: [Span] = [Span(" ")]
        for (offset, item) in shown.enumerated() {
            if offset > 0 { spans.append(Span("  ")) }
            spans.append(Span(item.keys, item.isEnabled ? .key : .textDim))
            spans.append(Span(" " + item.title, item.isEnabled ? .hint : .textDim))
        }
        frame.put(TextLine(spans), in: rect, row: rect.row)
    }

    /// Leaves out the least important, of equals first what cannot be used, then the last.
    private static func fitting(_ items: [Bindings.FooterItem], width: Int)
        -> [Bindings.FooterItem]
    {
        var shown = items
        func total() -> Int {
            shown.reduce(-2) { $0 + CellWidth.of($1.keys) + CellWidth.of($1.title) + 3 }
        }
        if total() > width, let stop = shown.firstIndex(where: { $0.title == Bindings.stopTitle }) {
            shown[stop].title = "STOP"
        }
        while total() > width {
            let going = shown.indices.filter { shown[$0].rank < .max }.min { left, right in
                let (a, b) = (shown[left], shown[right])
                if a.rank != b.rank { return a.rank < b.rank }
                if a.isEnabled != b.isEnabled { return !a.isEnabled }
                return left > right
            }
            guard let going else { break }
            shown.remove(at: going)
        }
        return shown
    }
}

/// The last message, just above the footer; in the NEXT line's place while something lies over the
/// panes, so that it never hides a button.
enum ToastView {
    static let rowsMax = 3

    static func draw(_ model: Model, into frame: inout Frame) {
        guard let toast = model.toast else { return }
        let token: Token = toast.isError ? .toastError : .toast
        let text = (toast.isError ? "✗ " : "· ") + toast.text
        let layout = model.layout
        let width = frame.size.width
        if model.overlay != nil {
            let rect = Rect(column: 0, row: layout.header.endRow - 1, width: width, height: 1)
            frame.fill(rect, token: token)
            frame.put(TextLine(" " + text, token), in: rect, row: rect.row)
            return
        }
        var rows = Wrap.rows(text, width: max(1, width - 2))
        if rows.count > rowsMax {
            let rest = rows[(rowsMax - 1)...].joined(separator: " ")
            rows = rows.prefix(rowsMax - 1) + [CellWidth.truncated(rest, to: max(1, width - 2))]
        }
        let rect = Rect(
            column: 0, row: layout.footer.row - rows.count, width: width, height: rows.count)
        frame.fill(rect, token: token)
        frame.put(rows.map { TextLine(" " + $0, token) }, in: rect)
    }
}
