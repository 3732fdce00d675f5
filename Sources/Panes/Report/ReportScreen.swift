import Canvas
import Room

/// The report as it would be exported now.
enum ReportScreen {
    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        let inner = frame.pane(.report, model, in: rect, trailing: ":export writes it to files")
        guard !model.reportText.isEmpty else {
            frame.put(TextLine(" no report yet", .textDim), in: inner, row: inner.row)
            return
        }
        let width = max(1, inner.width - 1)
        let rows = model.reportText.split(separator: "\n", omittingEmptySubsequences: false)
        let items = rows.enumerated().map { index, row in
            ListItem(id: String(index), lines(String(row), find: model.find, width: width))
        }
        frame.put(
            items, selected: model.selectedID(in: .report), isFocused: model.focus == .report,
            in: inner)
    }

    /// Headings stand out; everything else is as written.
    private static func lines(_ row: String, find: String, width: Int) -> [TextLine] {
        let token: Token = row.hasPrefix("#") ? .title : .text
        return Wrap.rows(row, width: width).map {
            TextLine(Highlight.spans($0, find: find, token: token))
        }
    }
}
