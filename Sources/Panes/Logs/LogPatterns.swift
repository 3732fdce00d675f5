import Basics
import Canvas
import Feeds
import Logs
import Room
import SafeText

/// What the lines have in common, the new patterns first.
enum LogPatterns {
    /// A heading and a row per pattern; at most `max` rows in all.
    static func lines(_ model: Model, width: Int, max: Int) -> [TextLine] {
        guard let feeds = model.feeds, !feeds.patterns.isEmpty, max > 1 else { return [] }
        let fresh = feeds.patterns.filter(\.isNew).count
        let heading = TextLine(
            " Patterns: \(feeds.patterns.count), \(fresh) new since the incident began", .textStrong
        )
        return [heading] + feeds.patterns.prefix(max - 1).map { row($0, width: width) }
    }

    private static func row(_ pattern: PatternSummary, width: Int) -> TextLine {
        let look = StateLook(pattern.level)
        let base = pattern.baselineRate.map { ", was \(UnitText.number($0))" } ?? ""
        let rate = "\(UnitText.number(pattern.ratePerMinute))/min\(base)"
        return TextLine(
            [
                mark(pattern),
                Span(look.glyph + " ", look.token),
                Span(
                    "×\(CellWidth.padded(UnitText.number(Double(pattern.count)), to: 6))",
                    .textStrong),
                Span(pattern.template),
            ], trailing: [Span(rate + " ", .textDim)])
    }

    /// Seven cells.
    private static func mark(_ pattern: PatternSummary) -> Span {
        if pattern.isNew { return Span(" ● new ", .alertFiring) }
        return switch pattern.change {
        case .spiking: Span(" ▲ more", .alertFiring)
        case .vanished: Span(" ▼ none", .alertFiring)
        case .new, nil: Span("       ", .textDim)
        }
    }

    /// Lines of one minute at error or worse.
    static func errors(_ minute: MinuteLevels) -> Int {
        LogLevel.allCases.filter { $0 >= .error }.reduce(0) { $0 + minute[$1] }
    }
}
