import Basics
import Canvas
import Feeds
import Logs
import Room
import SafeText

/// All log lines in one list, their rate by level, and the patterns that are new.
enum LogsScreen {
    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        let inner = frame.pane(.logs, model, in: rect, trailing: trailing(model))
        let isWide = inner.width >= 140
        let columns =
            isWide ? inner.splitRight(inner.width * 2 / 5) : (rest: inner, right: Rect.zero)
        let head = header(model, width: columns.rest.width)
        let patterns = isWide ? [] : LogPatterns.lines(model, width: inner.width, max: 3)
        let top = head + (inner.height >= 12 ? patterns : [])
        let parts = columns.rest.splitTop(min(top.count, max(0, inner.height - 1)))
        frame.put(top, in: parts.top)
        list(model, into: &frame, rect: parts.rest)
        if isWide {
            let side = columns.right.inset(columns: 1, rows: 0)
            frame.put(LogPatterns.lines(model, width: side.width, max: side.height), in: side)
        }
    }

    private static func trailing(_ model: Model) -> String {
        let isFollowing = model.lists[.logs]?.isFollowing ?? false
        let found = model.find.isEmpty ? "" : "only \"\(model.find)\" ─ "
        return found + (isFollowing ? "following" : "paused: G follows")
    }

    // MARK: Header

    private static func header(_ model: Model, width: Int) -> [TextLine] {
        guard let feeds = model.feeds else {
            return [TextLine(" reading the sources", .textDim)]
        }
        let errors = feeds.levelHistogram.reduce(0) { $0 + LogPatterns.errors($1) }
        let warnings = feeds.levelHistogram.reduce(0) { $0 + $1[.warning] }
        let isLossy = feeds.droppedRecords > 0
        let counts = TextLine(
            [
                Span(" \(UnitText.number(Double(feeds.totalRecords))) lines"),
                Span("   last hour: ", .textDim),
                Span("✗ \(UnitText.number(Double(errors))) error", .levelError),
                Span("  "),
                Span("▲ \(UnitText.number(Double(warnings))) warning", .levelWarning),
                Span("   "),
                Span(
                    (isLossy ? "! " : "")
                        + "\(UnitText.number(Double(feeds.droppedRecords))) dropped",
                    isLossy ? .stateStale : .textDim),
            ],
            trailing: [
                Span("\(UnitText.number(Double(feeds.redactions))) secrets blanked ", .textDim)
            ])
        return [counts] + histogram(feeds, width: width)
    }

    /// Lines per minute, the newest minute at the right edge of both rows.
    private static func histogram(_ feeds: FeedSnapshot, width: Int) -> [TextLine] {
        let room = min(60, width - 24)
        guard room >= 10, !feeds.levelHistogram.isEmpty else { return [] }
        let errors = feeds.levelHistogram.map { Optional(Double(LogPatterns.errors($0))) }
        let all = feeds.levelHistogram.map { Optional(Double($0.total)) }
        func row(_ label: String, _ values: [Double?], _ token: Token) -> TextLine {
            let highest = values.compactMap { $0 }.max() ?? 0
            return TextLine([
                Span(CellWidth.padded(" " + label, to: 12), .textDim),
                Span(Sparkline.render(values, width: room), token),
                Span(" ≤ \(UnitText.number(highest))/min", .textDim),
            ])
        }
        return [row("errors", errors, .chartBad), row("all lines", all, .chartBar)]
    }

    // MARK: List

    private static func list(_ model: Model, into frame: inout Frame, rect: Rect) {
        let records = model.logRows
        guard !records.isEmpty, rect.height > 0 else {
            let text = model.find.isEmpty ? "no log line yet" : "no line holds \"\(model.find)\""
            frame.put(TextLine(" " + text, .textDim), in: rect, row: rect.row)
            return
        }
        let selected = selectedIndex(model, records)
        let start = ListWindow.start(
            count: records.count, height: rect.height, selected: selected..<selected + 1)
        for (offset, record) in records.dropFirst(start).prefix(rect.height).enumerated() {
            frame.put(
                row(record, model, width: rect.width - 1),
                isSelected: start + offset == selected, isFirst: true,
                isFocused: model.focus == .logs, in: rect, row: rect.row + offset)
        }
    }

    private static func selectedIndex(_ model: Model, _ records: [LogRecord]) -> Int {
        let state = model.lists[.logs] ?? Model.ListState()
        if state.isFollowing { return records.count - 1 }
        guard let text = state.selected, let id = UInt64(text) else { return 0 }
        return records.firstIndex { $0.id == id } ?? 0
    }

    private static func row(_ record: LogRecord, _ model: Model, width: Int) -> TextLine {
        let look = StateLook(record.level)
        let time = (record.timeIsAssumed ? "~" : " ") + TimeText.clockBare(record.time)
        var spans = [Span(time + " ", .timelineTime)]
        if width >= 60 {
            spans.append(look.span(width: 9))
            spans.append(Span(CellWidth.padded(record.service ?? "–", to: 13) + " ", .textDim))
        } else {
            spans.append(Span(look.glyph + " ", look.token))
        }
        let isLoud = look.token == .levelError || look.token == .levelWarning
        let text = String(record.message.prefix { $0 != "\n" })
        spans += Highlight.spans(text, find: model.find, token: isLoud ? look.token : .text)
        if record.lines > 1 { spans.append(Span(" +\(record.lines - 1) lines", .textDim)) }
        return TextLine(spans)
    }

    // MARK: Detail

    static func detail(_ record: LogRecord, width: Int) -> [TextLine] {
        let look = StateLook(record.level)
        let time = TimeText.rfc3339(record.time, fractionDigits: 3)
        var lines = Fields.wrapped(
            "When", time + (record.timeIsAssumed ? " (assumed: the line has none)" : ""),
            width: width)
        lines += Fields.wrapped(
            "Level", record.level == nil ? "none named" : "\(look.glyph) \(look.word)",
            width: width, token: look.token)
        lines += Fields.wrapped("Service", record.service ?? "none named", width: width)
        if let host = record.host { lines += Fields.wrapped("Host", host, width: width) }
        lines += Fields.wrapped(
            "Source", "\(record.source), byte \(record.offset)", width: width)
        lines += [.blank] + Fields.text(record.message, width: width)
        if let raw = record.raw {
            lines += [.blank, Fields.heading("The whole line")] + Fields.text(raw, width: width)
        }
        return lines
    }
}
