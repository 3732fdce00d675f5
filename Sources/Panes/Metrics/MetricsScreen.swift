import Basics
import Canvas
import Diagnosis
import Feeds
import Metrics
import Playbooks
import Room
import SafeText

/// Every signal with its baseline, the alerts, and how the sources are doing.
enum MetricsScreen {
    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        let redactions = model.feeds?.redactions ?? 0
        let inner = frame.pane(
            .metrics, model, in: rect,
            trailing: redactions > 0 ? "\(redactions) secrets blanked" : nil)
        let width = max(0, inner.width - 1)
        let items =
            signals(model, width) + alerts(model, width) + problems(model, width)
            + sources(model, width)
        frame.put(
            items, selected: model.selectedID(in: .metrics), isFocused: model.focus == .metrics,
            in: inner)
    }

    private static func signals(_ model: Model, _ width: Int) -> [ListItem] {
        let signals = model.observation?.signals ?? []
        let heading = ListItem(id: nil, [Fields.heading("Signals")])
        guard !signals.isEmpty else {
            let text = "none: no source brought a metric that is known"
            return [heading, ListItem(id: nil, [TextLine("  " + text, .textDim)])]
        }
        return [heading]
            + signals.map { signal in
                ListItem(
                    id: "signal:" + signal.definition.name,
                    [
                        SignalText.row(signal, width: width),
                        TextLine(
                            SignalText.baseline(signal) + "; from "
                                + SignalText.shortOrigin(signal.source, signal.age), .textDim
                        ).indented(4),
                    ])
            }
    }

    private static func alerts(_ model: Model, _ width: Int) -> [ListItem] {
        let alerts = model.observation?.alerts ?? []
        let firing = alerts.filter(\.isFiring)
        let resolved = alerts.filter { !$0.isFiring }
        let hasRules = model.configuration.sources.contains { $0.kind == .rules }
        let counts =
            hasRules || !alerts.isEmpty
            ? "Alerts: \(firing.count) firing, \(resolved.count) resolved"
            : "Alerts: no rule file is read (alerts: [{rules: PATH}] in the configuration)"
        let lines = [.blank, Fields.heading(counts)] + (firing + resolved).map { row($0, model) }
        return [ListItem(id: nil, lines)]
    }

    private static func row(_ alert: AlertView, _ model: Model) -> TextLine {
        let look =
            alert.isFiring
            ? StateLook("▲", "firing", .alertFiring) : StateLook("✓", "resolved", .conditionMet)
        let span = TimeText.span(max(.zero, model.now.wall - alert.since))
        let labels = alert.labels.filter { $0.key != "severity" }.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
        return TextLine(
            [
                Span(" "), look.span(width: 8), Span(" " + alert.name + "  ", .textStrong),
                Span(alert.summary.isEmpty ? labels : alert.summary),
            ],
            trailing: [Span(alert.isFiring ? "for \(span)" : "\(span) ago", .textDim)])
    }

    private static func problems(_ model: Model, _ width: Int) -> [ListItem] {
        let problems = model.observation?.problems ?? []
        guard !problems.isEmpty else { return [] }
        var lines = [TextLine.blank, Fields.heading("Problems")]
        for problem in problems {
            lines += Fields.text("✗ " + problem, width: width, indent: 1, token: .stateError)
        }
        return [ListItem(id: nil, lines)]
    }

    // MARK: Sources

    private static func sources(_ model: Model, _ width: Int) -> [ListItem] {
        let sources = model.feeds?.sources ?? []
        let counts = model.sourceCounts
        let heading = ListItem(
            id: nil,
            [.blank, Fields.heading("Sources: \(counts.healthy) of \(counts.total) deliver")])
        guard !sources.isEmpty else {
            let text = "none: start with --logs PATH or --metrics PATH, or a configuration"
            return [heading, ListItem(id: nil, [TextLine("  " + text, .textDim)])]
        }
        return [heading]
            + sources.map { source in
                ListItem(id: "source:" + source.id, lines(source, model, width))
            }
    }

    private static func lines(_ source: SourceHealth, _ model: Model, _ width: Int) -> [TextLine] {
        let look = StateLook(source.state)
        var head = TextLine([
            look.span(width: 8), Span(CellWidth.padded(source.kind, to: 8), .textDim),
            Span(source.path),
        ])
        head.trailing = [Span(figures(source, model), .textDim)]
        var lines = [head]
        for note in notes(source) {
            lines += Fields.text(note.text, width: width, indent: 10, token: note.token)
        }
        return lines
    }

    private static func figures(_ source: SourceHealth, _ model: Model) -> String {
        let age =
            source.lastData.map {
                "\(TimeText.span(max(.zero, model.now.wall - $0))) ago"
            } ?? "never"
        return "\(UnitText.number(Double(source.linesTotal))) lines  \(age)"
    }

    /// What is wrong or was lost, each as a sentence.
    static func notes(_ source: SourceHealth) -> [Span] {
        var notes: [Span] = []
        if case .error(let why) = source.state { notes.append(Span(why, .stateError)) }
        if !source.detail.isEmpty { notes.append(Span(source.detail, .textDim)) }
        if source.linesDropped > 0 {
            notes.append(Span("! \(source.linesDropped) lines counted, not shown", .stateStale))
        }
        if source.skippedLines > 0 {
            let last = source.lastSkipped.map { ", last: line \($0.line): \($0.reason)" } ?? ""
            notes.append(Span("! \(source.skippedLines) lines skipped\(last)", .stateStale))
        }
        if source.possibleLosses > 0 {
            let times = source.possibleLosses == 1 ? "once" : "\(source.possibleLosses) times"
            notes.append(Span("! lines may have been lost \(times)", .stateStale))
        }
        if source.bytesBehind > 0 {
            let bytes = UnitText.bytes(Double(source.bytesBehind))
            notes.append(Span("\(bytes) not read yet", .textDim))
        }
        return notes
    }

    static func detail(_ source: SourceHealth, _ model: Model, width: Int) -> [TextLine] {
        let look = StateLook(source.state)
        var lines = Fields.wrapped(
            "State", "\(look.glyph) \(look.word)", width: width, token: look.token)
        lines += Fields.wrapped("Path", source.path, width: width)
        lines += Fields.wrapped("Kind", source.kind, width: width)
        lines += Fields.wrapped("Read", figures(source, model), width: width)
        lines += Fields.wrapped("Blanked", "\(source.redactions) secrets", width: width)
        for note in notes(source) {
            lines += Fields.wrapped("Note", note.text, width: width, token: note.token)
        }
        return lines
    }
}
