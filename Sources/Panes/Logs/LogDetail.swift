import Basics
import Canvas
import Feeds
import Logs
import Room
import SafeText

/// Everything about one log line.
enum LogDetail {
    static func lines(_ record: LogRecord, _ model: Model, width: Int) -> [TextLine] {
        let look = StateLook(record.level)
        var lines = Fields.wrapped("When", time(record), width: width)
        lines += Fields.wrapped(
            "Level", record.level == nil ? "none named" : look.text,
            width: width, token: look.token)
        lines += Fields.wrapped("Service", record.service ?? "none named", width: width)
        if let host = record.host { lines += Fields.wrapped("Host", host, width: width) }
        if let trace = record.trace { lines += Fields.wrapped("Trace", trace, width: width) }
        lines += Fields.wrapped("Source", source(record, model), width: width)
        lines += pattern(record, model, width)
        lines += [.blank, Fields.heading(record.lines > 1 ? "\(record.lines) lines" : "Message")]
        lines += Fields.text(record.message, width: width)
        if let raw = record.raw, raw != record.message {
            lines += [.blank, Fields.heading("As it stands in the file")]
            lines += Fields.text(raw, width: width, token: .textDim)
        }
        return lines + context(record, model, width)
    }

    private static func time(_ record: LogRecord) -> String {
        let time = TimeText.rfc3339(record.time, fractionDigits: 3)
        if record.timeIsAssumed { return "~ \(time), assumed: the line bears no time" }
        let words = record.assumes.words
        return words.isEmpty
            ? "\(time), as read"
            : "\(time); assumed, as the line does not say it: " + words.joined(separator: ", ")
    }

    private static func source(_ record: LogRecord, _ model: Model) -> String {
        let path = model.feeds?.sources.first { $0.id == record.source }?.path ?? record.source
        return "\(path), byte \(record.offset)"
    }

    private static func pattern(_ record: LogRecord, _ model: Model, _ width: Int) -> [TextLine] {
        guard let id = record.pattern else { return [] }
        let name = PatternReport.name(id)
        guard let pattern = model.feeds?.patterns.first(where: { $0.id == id }) else {
            return Fields.wrapped("Pattern", name, width: width)
        }
        let usual = pattern.baselineRate.map { ", was \(UnitText.number($0))" } ?? ""
        let isNew = pattern.isNew ? ", ● new" : ""
        let rate = "\(UnitText.number(pattern.ratePerMinute))/min\(usual)"
        return Fields.wrapped(
            "Pattern", "\(name) ×\(pattern.count), \(rate)\(isNew): " + pattern.template,
            width: width)
    }

    private static func context(_ record: LogRecord, _ model: Model, _ width: Int) -> [TextLine] {
        guard let context = model.logs.context, context.record.place == record.place else {
            return []
        }
        var lines = [.blank, Fields.heading("Around it in the same source")]
        func row(_ record: LogRecord, isOwn: Bool) -> TextLine {
            let look = StateLook(record.level)
            let first = String(record.message.prefix { $0 != "\n" })
            return TextLine([
                Span(isOwn ? "▸" : " ", .key),
                Span(TimeText.clockBare(record.time) + " ", .timelineTime),
                Span(look.glyph + " ", look.token), Span(first, isOwn ? .textStrong : .text),
            ])
        }
        lines += context.before.map { row($0, isOwn: false) }
        lines.append(row(record, isOwn: true))
        lines += context.after.map { row($0, isOwn: false) }
        if context.isSearching { lines.append(TextLine("◌ searching", .stateLoading)) }
        return lines
    }
}
