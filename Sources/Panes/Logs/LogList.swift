import Basics
import Canvas
import Feeds
import Logs
import Room
import SafeText

/// The lines of screen 6, drawn from the one under the cursor up and down.
enum LogList {
    /// Rows that one wrapped record has at most.
    private static let wrappedRowsMax = 12

    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        guard !rect.isEmpty else { return }
        guard let selected = model.logs.selectedIndex else {
            frame.put(empty(model, width: rect.width), in: rect)
            return
        }
        let rows = model.logs.rows
        let style = Style(model, width: rect.width - 1)
        let own = style.lines(rows[selected])
        var after: [(TextLine, Bool)] = []
        var index = selected + 1
        while own.count + after.count < rect.height, index < rows.count {
            after += marked(style.lines(rows[index]))
            index += 1
        }
        // As high as the cursor was left, unless rows at the bottom would stay empty.
        let wanted = min(max(0, model.logs.screenRow), max(0, rect.height - own.count))
        let top = max(wanted, rect.height - own.count - after.count)
        var before: [(TextLine, Bool)] = []
        index = selected - 1
        while before.count < top, index >= 0 {
            before = marked(style.lines(rows[index])) + before
            index -= 1
        }
        let above = before.suffix(top)
        let drawn =
            above.map { ($0.0, $0.1, false) } + marked(own).map { ($0.0, $0.1, true) }
            + after.map { ($0.0, $0.1, false) }
        for (offset, row) in drawn.prefix(rect.height).enumerated() {
            frame.put(
                row.0, isSelected: row.2, isFirst: row.1, isFocused: model.focus == .logs,
                in: rect, row: rect.row + offset)
        }
    }

    /// Each line, and whether it is the first one of its record.
    private static func marked(_ lines: [TextLine]) -> [(TextLine, Bool)] {
        lines.enumerated().map { ($0.element, $0.offset == 0) }
    }

    private static func empty(_ model: Model, width: Int) -> [TextLine] {
        let sources = (model.feeds?.sources ?? []).filter { $0.kind == "logs" }
        if model.feeds == nil { return [TextLine(" reading the sources", .textDim)] }
        if sources.isEmpty {
            return Fields.text(
                "no log source: leave and start again with --logs PATH, or name logs in the "
                    + "configuration", width: width, indent: 1, token: .textDim)
        }
        if model.logs.question != nil { return [] }
        guard model.logs.filter.isEmpty else {
            return [
                TextLine([
                    Span(" no line matches: ", .textDim), Span("Esc", .key),
                    Span(" shows all, ", .textDim), Span("Backspace", .key),
                    Span(" removes the last part", .textDim),
                ])
            ]
        }
        let why = sources.compactMap { source -> String? in
            if case .error(let why) = source.state { why } else { nil }
        }
        return [TextLine(" no log line yet", .textDim)]
            + why.flatMap { Fields.text("✗ " + $0, width: width, indent: 1, token: .stateError) }
    }
}

extension LogList {
    /// How records look in one frame: the columns depend on the width, not on what they hold.
    struct Style {
        /// From this width on, a trace has its place beside the columns, below the message.
        private static let traceBesideColumns = 118

        private let width: Int
        private let wraps: Bool
        private let showsDate: Bool
        private let serviceWidth: Int
        private let match: LogMatch

        init(_ model: Model, width: Int) {
            self.width = width
            wraps = model.logs.wraps
            let today = TimeText.rfc3339(model.now.wall).prefix(10)
            // Another day is named as soon as the cursor is in it.
            showsDate =
                model.logs.selected.map { !TimeText.rfc3339($0.time).hasPrefix(today) } ?? false
            serviceWidth = width >= 150 ? 20 : width >= 100 ? 16 : 12
            match = LogMatch(model.logs.filter.isEmpty ? model.logs.sought : model.logs.filter)
        }

        /// The first line alone, or all of it wrapped.
        func lines(_ record: LogRecord) -> [TextLine] {
            let look = StateLook(record.level)
            let head = head(record, look)
            let isLoud = look.token == .levelError || look.token == .levelWarning
            let token: Token = isLoud ? look.token : .text
            guard wraps else {
                let first = record.message.prefix { $0 != "\n" }
                let more = record.lines > 1 ? [Span("+\(record.lines - 1) lines ", .textDim)] : []
                return [TextLine(head + match.spans(String(first), token), trailing: more)]
            }
            let indent = head.reduce(0) { $0 + CellWidth.of($1.text) }
            // A trace beside narrow columns would be broken at every frame: it goes below them.
            let isNarrow = width < Self.traceBesideColumns
            let traceIndent = isNarrow ? CellWidth.of(head.first?.text ?? "") : indent
            var rows: [(text: String, indent: Int)] = []
            for line in record.message.split(separator: "\n", omittingEmptySubsequences: false) {
                let left = rows.isEmpty ? indent : traceIndent
                rows += Wrap.rows(String(line), width: max(8, width - left)).map { ($0, left) }
            }
            let over = rows.count - wrappedRowsMax
            if over > 0 { rows = Array(rows.prefix(wrappedRowsMax - 1)) }
            var lines = rows.enumerated().map { offset, row in
                offset == 0
                    ? TextLine(head + match.spans(row.text, token))
                    : TextLine(match.spans(row.text, token)).indented(row.indent)
            }
            if over > 0 {
                let left = rows.last?.indent ?? indent
                lines.append(TextLine("… \(over + 1) more rows: Enter", .textDim).indented(left))
            }
            return lines
        }

        private func head(_ record: LogRecord, _ look: StateLook) -> [Span] {
            let mark = record.timeIsAssumed ? "~" : " "
            let text = TimeText.rfc3339(record.time)
            let day = showsDate ? text.dropFirst(5).prefix(5) + " " : ""
            let time = Span(mark + day + TimeText.clockBare(record.time) + " ", .timelineTime)
            guard width >= 60 else { return [time, Span(look.glyph + " ", look.token)] }
            let name = record.service ?? Self.shortName(record.source)
            let service = CellWidth.padded(
                CellWidth.truncated(name, to: serviceWidth), to: serviceWidth)
            return [
                time, look.span(width: 9), Span(" "),
                Span(service + " ", record.service == nil ? .textDim : .timelineKind),
            ]
        }

        /// The file's name, where no service is named.
        private static func shortName(_ source: String) -> String {
            String(source.split(separator: "/").last ?? Substring(source))
        }
    }
}

/// Marks what a filter looks for in a line.
struct LogMatch {
    private let text: String
    private let search: (@Sendable (String) -> Range<Int>?)?

    init(_ filter: LogFilter) {
        text = filter.text
        search = filter.firstMatch
    }

    func spans(_ line: String, _ token: Token) -> [Span] {
        guard let search, let range = search(line), !range.isEmpty else {
            return Highlight.spans(line, find: text, token: token)
        }
        let bytes = Array(line.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        return Highlight.spans(part(0..<range.lowerBound), find: text, token: token)
            + [Span(part(range), .match)]
            + Highlight.spans(part(range.upperBound..<bytes.count), find: text, token: token)
    }
}
