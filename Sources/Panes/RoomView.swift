import Canvas
import Room
import SafeText
import Safety

/// The picture of the whole room: a pure function of the model.
package enum RoomView {
    package static func frame(_ model: Model) -> Frame {
        var frame = Frame(size: model.size)
        let layout = model.layout
        guard layout.form != .tiny else {
            TinyView.draw(model, into: &frame)
            return frame
        }
        HeaderView.draw(model, into: &frame, rect: layout.header)
        for pane in Pane.allCases {
            guard let rect = layout.panes[pane], !rect.isEmpty else { continue }
            draw(pane, model, into: &frame, rect: rect)
        }
        FooterView.draw(model, into: &frame, rect: layout.footer)
        if model.overlay != nil { OverlayView.draw(model, into: &frame) }
        ToastView.draw(model, into: &frame)
        return frame
    }

    /// One pane: in full, or as its one-line summary where it has a single row.
    private static func draw(_ pane: Pane, _ model: Model, into frame: inout Frame, rect: Rect) {
        if rect.height == 1, pane != model.focus {
            let name = Span(CellWidth.padded("\(pane.rawValue) \(pane.title)", to: 15), .title)
            frame.put(TextLine([name, Span(" ")] + summary(pane, model)), in: rect, row: rect.row)
            return
        }
        switch pane {
        case .situation: SituationPane.draw(model, into: &frame, rect: rect)
        case .hypotheses: HypothesesPane.draw(model, into: &frame, rect: rect)
        case .mitigations: MitigationsPane.draw(model, into: &frame, rect: rect)
        case .conditions: ConditionsPane.draw(model, into: &frame, rect: rect)
        case .timeline: TimelinePane.draw(model, into: &frame, rect: rect)
        case .logs: LogsScreen.draw(model, into: &frame, rect: rect)
        case .metrics: MetricsScreen.draw(model, into: &frame, rect: rect)
        case .report: ReportScreen.draw(model, into: &frame, rect: rect)
        }
    }

    private static func summary(_ pane: Pane, _ model: Model) -> [Span] {
        switch pane {
        case .situation: SituationPane.summary(model)
        case .hypotheses: HypothesesPane.summary(model)
        case .mitigations: MitigationsPane.summary(model)
        case .conditions: ConditionsPane.summary(model)
        case .timeline: TimelinePane.summary(model)
        case .logs, .metrics, .report: []
        }
    }
}

/// The only thing shown where nothing fits.
enum TinyView {
    static func draw(_ model: Model, into frame: inout Frame) {
        let size = model.size
        let bounds = frame.bounds
        let rows = [
            "have \(size.width)×\(size.height), need \(Layout.floor.width)×\(Layout.floor.height)",
            model.stop.isOn ? "EMERGENCY STOP ON" : "EMERGENCY STOP off", "Ctrl-X sets it",
        ]
        if size.width >= 12, size.height >= 4 { frame.box(bounds, title: "warroom") }
        let inner = size.width >= 12 && size.height >= 4 ? bounds.inset(1) : bounds
        let lines = rows.flatMap { Wrap.rows($0, width: inner.width) }
        let top = inner.row + max(0, (inner.height - lines.count) / 2)
        for (offset, text) in lines.enumerated() {
            let column = inner.column + max(0, (inner.width - CellWidth.of(text)) / 2)
            frame.put(text, column: column, row: top + offset, in: inner)
        }
    }
}
