import Canvas
import Room
import SafeText

/// The keys that matter now.
enum FooterView {
    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        let items = Bindings.footer(for: model)
        let shown = fitting(items, width: rect.width - 2)
        var spans: [Span] = [Span(" ")]
        for (offset, item) in shown.enumerated() {
            if offset > 0 { spans.append(Span("  ")) }
            spans.append(Span(item.keys, item.isEnabled ? .key : .textDim))
            spans.append(Span(" " + item.title, item.isEnabled ? .hint : .textDim))
        }
        frame.put(TextLine(spans), in: rect, row: rect.row)
    }

    /// Leaves out what cannot be used first, then from the middle; the stop and help stay.
    private static func fitting(
        _ items: [(keys: String, title: String, isEnabled: Bool)], width: Int
    ) -> [(keys: String, title: String, isEnabled: Bool)] {
        var shown = items
        func total() -> Int {
            shown.reduce(0) { $0 + CellWidth.of($1.keys) + CellWidth.of($1.title) + 3 } - 2
        }
        func isKept(_ title: String) -> Bool { title == "EMERGENCY STOP" || title == "help" }
        while total() > width, shown.count > 2 {
            let index =
                shown.lastIndex { !$0.isEnabled && !isKept($0.title) }
                ?? shown.lastIndex { !isKept($0.title) }
            guard let index else { break }
            shown.remove(at: index)
        }
        if total() > width, let stop = shown.firstIndex(where: { $0.title == "EMERGENCY STOP" }) {
            shown[stop].title = "STOP"
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
