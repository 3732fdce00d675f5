import Basics
import Canvas
import Diagnosis
import Playbooks
import SafeText

/// How a signal is written: one row, and everything about it.
enum SignalText {
    /// `✗ error_ratio      7.2 %  > 0.16 %   ▁▁▂▅█▇▇`.
    static func row(_ signal: SignalState, width: Int, nameWidth: Int = 18) -> TextLine {
        let look = StateLook(signal)
        let name = CellWidth.padded(
            signal.definition.name, to: min(nameWidth, max(8, width / 3)))
        var spans = [Span(look.glyph + " ", look.token), Span(name + " ")]
        guard let value = signal.value else {
            let why = signal.reason.isEmpty ? "no data" : signal.reason
            return TextLine(spans + [Span("unknown: " + why, .conditionUnknown)])
        }
        spans.append(
            Span(CellWidth.padded(signal.text(value), to: 9, right: true), look.token))
        spans.append(Span(" " + CellWidth.padded(edge(signal), to: 10), .textDim))
        if look.token == .conditionUnknown, !signal.reason.isEmpty {
            return TextLine(spans + [Span(" " + signal.reason, .conditionUnknown)])
        }
        var line = TextLine(spans)
        let room = min(24, width - line.width - 1)
        if room >= 6 {
            let token: Token = signal.isBad == true ? .chartBad : .chartLine
            line.trailing = [Span(spark(signal, width: room), token)]
        }
        return line
    }

    /// The value against the edge of its band: `> 0.16 %`.
    static func edge(_ signal: SignalState) -> String {
        guard let edge = signal.definition.target ?? signal.baseline?.bandEdge else { return "" }
        let isUp = signal.definition.harm != .down
        let sign: String
        switch signal.isBad {
        case true?: sign = isUp ? ">" : "<"
        case false?: sign = isUp ? "≤" : "≥"
        case nil:
            // Not judged, so the sign says no more than the two numbers do.
            sign = Self.sign(signal.value ?? edge, edge, isUp: isUp)
        }
        return sign + " " + signal.text(edge)
    }

    private static func sign(_ value: Double, _ edge: Double, isUp: Bool) -> String {
        if isUp { return value > edge ? ">" : "≤" }
        return value < edge ? "<" : "≥"
    }

    /// The recent values; before them, apart by a line, the baseline's height on the same scale.
    static func spark(_ signal: SignalState, width: Int) -> String {
        guard let baseline = signal.baseline, width >= 10 else {
            return Sparkline.render(signal.spark, width: width)
        }
        let room = width - 2
        let recent = signal.spark.suffix(room)
        let padded = [Double?](repeating: nil, count: room - recent.count) + recent
        let bars = Sparkline.render([baseline.median] + padded, width: room + 1)
        return String(bars.prefix(1)) + "│" + String(bars.dropFirst())
    }

    /// Where it was read, by its whole path, and how old it is.
    static func origin(_ source: String, _ age: Duration?) -> String {
        let from = source.isEmpty ? "source unknown" : source
        return from + (age.map { ", \(TimeText.span(max(.zero, $0))) old" } ?? ", age unknown")
    }

    /// The same with the file's name alone.
    static func shortOrigin(_ source: String, _ age: Duration?) -> String {
        origin(shortSource(source), age)
    }

    /// "cart.prom and 3 more" for "dumps/*.prom:/tmp/x/dumps/cart.prom and 3 more".
    static func shortSource(_ source: String) -> String {
        let words = source.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = words.first, path.contains("/"),
            let name = path.split(separator: "/").last
        else { return source }
        return name + (words.count > 1 ? " " + words[1] : "")
    }

    static func baseline(_ signal: SignalState) -> String {
        guard let baseline = signal.baseline else { return "baseline unknown" }
        return "baseline \(signal.text(baseline.median)), \(baseline.label)"
    }

    /// Everything about it.
    static func detail(_ signal: SignalState, width: Int) -> [TextLine] {
        let look = StateLook(signal)
        let definition = signal.definition
        var lines = Fields.wrapped(
            "Now", signal.value.map { signal.text($0) } ?? "unknown: \(signal.reason)",
            width: width, token: look.token)
        lines += Fields.wrapped("State", "\(look.glyph) \(look.word)", width: width)
        if !signal.reason.isEmpty { lines += Fields.wrapped("Why", signal.reason, width: width) }
        lines += Fields.wrapped("Baseline", baselineText(signal), width: width)
        lines += Fields.wrapped("Band edge", bandText(signal), width: width)
        lines += Fields.wrapped("Source", origin(signal.source, signal.age), width: width)
        lines += Fields.wrapped("Expression", definition.promql, width: width)
        lines += Fields.wrapped("Defined by", definition.origin, width: width)
        lines += [.blank] + chart(signal, width: width)
        return lines
    }

    private static func baselineText(_ signal: SignalState) -> String {
        guard let it = signal.baseline else { return "unknown: \(signal.reason)" }
        return "\(signal.text(it.median)), median deviation \(signal.text(it.mad)), "
            + "\(it.points) points, \(it.label)"
    }

    private static func bandText(_ signal: SignalState) -> String {
        let direction =
            switch signal.definition.harm {
            case .up: "harmful above"
            case .down: "harmful below"
            case .none: "never judged"
            }
        guard let edge = signal.definition.target ?? signal.baseline?.bandEdge else {
            return "unknown, \(direction)"
        }
        let origin = signal.definition.target == nil ? "" : " (target from the configuration)"
        return signal.text(edge) + ", " + direction + origin
    }

    /// A chart of rows: the largest value at the top, the band's edge marked.
    static func chart(_ signal: SignalState, width: Int) -> [TextLine] {
        let known = signal.spark.compactMap { $0 }.filter(\.isFinite)
        guard let highest = known.max(), width > 20, known.count > 1 else { return [] }
        let label = signal.text(highest)
        let room = min(width - 14, 60)
        let token: Token = signal.isBad == true ? .chartBad : .chartLine
        var lines = [
            Fields.row(
                "Recent", [Span(spark(signal, width: room), token)]),
            Fields.row(
                "",
                [Span("baseline │ recent values; highest \(label), newest right", .textDim)]),
        ]
        if let edge = signal.definition.target ?? signal.baseline?.bandEdge, highest > 0 {
            let share = UnitText.percent(edge / highest)
            lines.append(
                Fields.row("", [Span("the band's edge is at \(share) of the height", .textDim)]))
        }
        return lines
    }
}
