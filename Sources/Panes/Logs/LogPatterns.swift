import Basics
import Canvas
import Feeds
import Logs
import Room
import SafeText

/// What the lines have in common, the new patterns first.
enum LogPatterns {
    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        let patterns = model.patternRows
        guard !patterns.isEmpty else {
            frame.put(TextLine(" no pattern yet", .textDim), in: rect, row: rect.row)
            return
        }
        let parts = rect.splitTop(rect.height > 3 ? 1 : 0)
        let columns = Columns(width: rect.width - 1)
        frame.put(columns.heading, in: parts.top, row: parts.top.row)
        let items = patterns.map { ListItem(id: PatternReport.name($0.id), [columns.row($0)]) }
        let selected = model.selectedPatternRow.map { PatternReport.name($0.id) }
        frame.put(items, selected: selected, isFocused: model.focus == .logs, in: parts.rest)
    }

    /// Seven cells.
    private static func mark(_ pattern: PatternSummary) -> Span {
        if pattern.isNew { return Span("● new  ", .alertFiring) }
        return switch pattern.change {
        case .new: Span("● new  ", .alertFiring)
        case .spiking: Span("▲ more ", .levelWarning)
        case .vanished: Span("▼ none ", .levelWarning)
        case nil: Span("       ", .textDim)
        }
    }

    /// Which columns fit, the same for all rows.
    private struct Columns {
        let width: Int
        var hasUsual: Bool { width >= 76 }
        var hasSpark: Bool { width >= 110 }
        var hasServices: Bool { width >= 110 }
        private static let sparkWidth = 16
        private static let servicesWidth = 16

        var heading: TextLine {
            var text = "        level    count   /min"
            if hasUsual { text += "    was" }
            if hasSpark { text += "  " + CellWidth.padded("by minute", to: Self.sparkWidth) }
            if hasServices { text += "  " + CellWidth.padded("services", to: Self.servicesWidth) }
            return TextLine(text + "  pattern", .textDim)
        }

        func row(_ pattern: PatternSummary) -> TextLine {
            let look = StateLook(pattern.level)
            var spans = [
                mark(pattern), look.span(width: 7),
                Span(LogsScreen.number(pattern.count), .textStrong),
                Span(" " + number(pattern.ratePerMinute)),
            ]
            if hasUsual {
                let usual = pattern.baselineRate.map(number) ?? "     –"
                spans.append(Span(" " + usual, .textDim))
            }
            if hasSpark {
                let values = pattern.spark.map { Optional($0) }
                spans.append(Span("  "))
                spans.append(Span(Sparkline.render(values, width: Self.sparkWidth), .chartLine))
            }
            if hasServices {
                let names = pattern.services.joined(separator: ",")
                let cut = CellWidth.truncated(names, to: Self.servicesWidth)
                spans.append(Span("  " + CellWidth.padded(cut, to: Self.servicesWidth), .textDim))
            }
            return TextLine(spans + [Span("  " + pattern.template)])
        }

        private func number(_ value: Double) -> String {
            CellWidth.padded(UnitText.number(value), to: 6, right: true)
        }
    }

    // MARK: Detail

    static func detail(_ pattern: PatternSummary, _ model: Model, width: Int) -> [TextLine] {
        let look = StateLook(pattern.level)
        let usual =
            pattern.baselineRate.map { "\(UnitText.number($0)) per minute before the incident" }
            ?? "unknown before the incident: no line from before it was read"
        var lines = Fields.text(pattern.template, width: width, token: .textStrong) + [.blank]
        lines += Fields.wrapped(
            "Change", change(pattern), width: width,
            token: pattern.isNew || pattern.change != nil ? .alertFiring : .text)
        lines += Fields.wrapped(
            "Rate", "\(UnitText.number(pattern.ratePerMinute)) in the last minute, \(usual)",
            width: width)
        lines += Fields.wrapped("Lines", "\(pattern.count)", width: width)
        lines += Fields.wrapped(
            "Level", pattern.level == nil ? "none named" : "at most " + look.text,
            width: width, token: look.token)
        lines += Fields.wrapped(
            "Services",
            pattern.services.isEmpty ? "none named" : pattern.services.joined(separator: ", "),
            width: width)
        lines += Fields.wrapped("First seen", seen(pattern.firstSeen, model), width: width)
        lines += Fields.wrapped("Last seen", seen(pattern.lastSeen, model), width: width)
        lines += Fields.wrapped("Id", PatternReport.name(pattern.id), width: width)
        if !pattern.spark.isEmpty {
            let values = pattern.spark.map { Optional($0) }
            let spark = Sparkline.render(values, width: min(60, max(1, width - 13)))
            lines += [Fields.row("By minute", [Span(spark, .chartLine)])]
        }
        lines += [.blank, Fields.heading("The newest line")]
        lines += Fields.text(pattern.example, width: width)
        return lines
    }

    private static func change(_ pattern: PatternSummary) -> String {
        if pattern.isNew { return "● new since the incident began" }
        return switch pattern.change {
        case .new: "● new since the incident began"
        case .spiking(let now, let usual):
            "▲ more: \(UnitText.number(now)) per minute, was \(UnitText.number(usual))"
        case .vanished(let usual):
            "▼ none in the last minutes, was \(UnitText.number(usual)) per minute"
        case nil: "none that chance would not explain"
        }
    }

    private static func seen(_ time: Timestamp, _ model: Model) -> String {
        let age = TimeText.span(max(.zero, model.now.wall - time))
        return "\(TimeText.rfc3339(time)), \(age) ago"
    }
}
