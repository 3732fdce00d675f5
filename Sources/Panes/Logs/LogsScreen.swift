import Basics
import Canvas
import Feeds
import Logs
import Room
import SafeText

/// Screen 6: all log lines in one list with their levels over time, or the patterns they have.
enum LogsScreen {
    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        let trailing = trailing(model)
        let room = rect.width - CellWidth.of(trailing) - 12
        _ = frame.pane(
            .logs, model, in: rect, title: title(model, width: room), trailing: trailing)
        let layout = model.logLayout
        frame.put(
            figures(model, width: layout.figures.width), in: layout.figures, row: layout.figures.row
        )
        LevelBars.draw(model, into: &frame, rect: layout.bars)
        frame.put(news(model, isAlone: layout.news.isEmpty), in: layout.news, row: layout.news.row)
        switch model.logs.mode {
        case .lines: LogList.draw(model, into: &frame, rect: layout.list)
        case .patterns: LogPatterns.draw(model, into: &frame, rect: layout.list)
        }
    }

    // MARK: Border

    /// What is filtered for stands where it cannot be overlooked.
    private static func title(_ model: Model, width: Int) -> String {
        if model.logs.mode == .patterns { return "Logs: patterns" }
        let parts = model.logs.filter.parts
        guard !parts.isEmpty else { return "Logs" }
        return CellWidth.truncated("Logs: only " + parts.joined(separator: " "), to: max(4, width))
    }

    /// Of one width while it follows and while it is paused, whatever is counted.
    private static func trailing(_ model: Model) -> String {
        let logs = model.logs
        if logs.mode == .patterns { return "p shows the lines" }
        if logs.isFollowing { return "following" }
        if !logs.touchesNewest { return "paused, newer lines below: G follows" }
        let count = UnitText.number(Double(logs.below)) + (logs.belowIsLeast ? "+" : "")
        return "paused, \(CellWidth.padded(count, to: 6, right: true)) new below: G follows"
    }

    // MARK: Figures

    private static func figures(_ model: Model, width: Int) -> TextLine {
        guard let feeds = model.feeds else { return TextLine(" reading the sources", .textDim) }
        let errors = feeds.levelHistogram.reduce(0) { $0 + LevelBars.errors($1) }
        let warned = feeds.levelHistogram.reduce(0) { $0 + $1[.warning] }
        let isWide = width >= 100
        let spans = [
            Span(number(feeds.levelHistogram.reduce(0) { $0 + $1.total }) + " lines "),
            Span("✗" + number(errors) + (isWide ? " error " : " err "), .levelError),
            Span("▲" + number(warned) + (isWide ? " warning " : " warn "), .levelWarning),
            Span(isWide ? "in 60 min" : "/60 min", .textDim),
        ]
        return TextLine(
            spans, trailing: warnings(feeds, now: model.now.wall) + quiet(feeds), trailingKept: 1)
    }

    /// What is true and should not be: lines that are late or were not shown.
    private static func warnings(_ feeds: FeedSnapshot, now: Timestamp) -> [Span] {
        var spans: [Span] = []
        if let behind = behind(feeds, now: now) {
            spans.append(Span("! \(behind) behind ", .stateStale))
        }
        if feeds.droppedRecords > 0 {
            let count = UnitText.number(Double(feeds.droppedRecords))
            spans.append(Span("! dropped \(count) ", .stateStale))
        }
        return spans
    }

    /// How old the newest line is of the source that has most to be read; bytes where no time is
    /// known.
    private static func behind(_ feeds: FeedSnapshot, now: Timestamp) -> String? {
        let late = feeds.sources.filter { $0.bytesBehind > 0 }
        guard let source = late.max(by: { $0.bytesBehind < $1.bytesBehind }) else { return nil }
        let longest = late.compactMap(\.behind).max() ?? .zero
        if longest >= .seconds(1) { return TimeText.span(longest) }
        if let newest = feeds.recent.last(where: { $0.source == source.id && !$0.timeIsAssumed }) {
            let lag = now - newest.time
            return lag < .seconds(1) ? nil : TimeText.span(lag)
        }
        return UnitText.bytes(Double(source.bytesBehind))
    }

    private static func quiet(_ feeds: FeedSnapshot) -> [Span] {
        guard feeds.redactions > 0 else { return [] }
        let count = UnitText.number(Double(feeds.redactions))
        return [Span("\(count) secrets blanked ", .textDim)]
    }

    /// Six cells, so that what stands behind it never moves.
    static func number(_ count: Int) -> String {
        CellWidth.padded(UnitText.number(Double(count)), to: 6, right: true)
    }

    // MARK: What is new

    private static func news(_ model: Model, isAlone: Bool) -> TextLine {
        if let question = model.logs.question {
            let bytes =
                question.bytesSearched > 0
                ? ", \(UnitText.bytes(Double(question.bytesSearched))) read" : ""
            return TextLine([
                Span(" ◌ searching \(question.words)\(bytes): ", .stateLoading),
                Span("Esc", .key), Span(" stops", .textDim),
            ])
        }
        if let unread = model.logs.unread.first {
            let more = model.logs.unread.count > 1 ? " (+\(model.logs.unread.count - 1))" : ""
            return TextLine(" ✗ not searched\(more): \(unread)", .stateError)
        }
        let patterns = model.feeds?.patterns ?? []
        let fresh = model.patternRows.prefix { $0.isNew }
        guard !fresh.isEmpty else {
            let text = patterns.isEmpty ? " no pattern yet" : " no new pattern"
            return TextLine(
                [Span(text, .textDim)],
                trailing: [Span("p ", .key), Span("\(patterns.count) patterns ", .textDim)])
        }
        var spans = [Span(" ● \(fresh.count) new: ", .alertFiring)]
        for pattern in fresh.prefix(3) {
            spans.append(Span("×\(UnitText.number(Double(pattern.count))) ", .textStrong))
            spans.append(Span(pattern.template + "  "))
        }
        return TextLine(
            spans, trailing: [Span("p ", .key), Span("\(patterns.count) patterns ", .textDim)])
    }
}
