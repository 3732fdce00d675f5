import Basics
import Canvas
import Incidents
import Room
import SafeText

/// The record as it grows, oldest first, the newest row at the bottom.
enum TimelinePane {
    static func draw(_ model: Model, into frame: inout Frame, rect: Rect) {
        let inner = frame.pane(
            .timeline, model, in: rect, trailing: trailing(model, width: rect.width))
        let lines = model.timelineRows
        guard !lines.isEmpty else {
            frame.put(TextLine(" nothing recorded yet", .textDim), in: inner, row: inner.row)
            return
        }
        let selected = selectedIndex(model, lines)
        let start = ListWindow.start(
            count: lines.count, height: inner.height, selected: selected..<selected + 1)
        for (offset, line) in lines.dropFirst(start).prefix(inner.height).enumerated() {
            frame.put(
                row(line, find: model.focus == .timeline ? model.find : ""),
                isSelected: start + offset == selected, isFirst: true,
                isFocused: model.focus == .timeline, in: inner, row: inner.row + offset)
        }
    }

    static func summary(_ model: Model) -> [Span] {
        model.timelineRows.last.map { row($0, find: "").spans } ?? [
            Span("nothing recorded yet", .textDim)
        ]
    }

    private static func trailing(_ model: Model, width: Int) -> String {
        let isFollowing = model.lists[.timeline]?.isFollowing ?? false
        let hidden = model.timeline.count { $0.weight == .detail }
        let isWide = width >= 110
        let clock = TimeText.clockUTC(model.now.wall)
        var parts = [isFollowing ? "following" : "paused: G follows"]
        if hidden > 0, !(model.focus == .timeline && model.isZoomed) {
            let word = hidden == 1 ? "detail" : "details"
            parts.insert(
                isWide ? "\(hidden) \(word) hidden, 5 + shows" : "\(hidden) hidden: +", at: 0)
        }
        parts.append(isWide ? "times in UTC, now \(clock)" : "UTC \(clock)")
        return parts.joined(separator: " ─ ")
    }

    private static func selectedIndex(_ model: Model, _ lines: [TimelineLine]) -> Int {
        let state = model.lists[.timeline] ?? Model.ListState()
        if state.isFollowing { return lines.count - 1 }
        guard let selected = state.selected, let sequence = UInt64(selected) else { return 0 }
        return lines.firstIndex { $0.sequence == sequence } ?? 0
    }

    /// Wider than the longest kind word, so that it never touches the text.
    private static let wordWidth = 12

    private static func row(_ line: TimelineLine, find: String) -> TextLine {
        let token = token(line.weight)
        let kind: Token = line.weight == .alarm ? .alertFiring : .timelineKind
        return TextLine(
            [
                Span(TimeText.clockBare(line.time) + " ", .timelineTime),
                Span(line.glyph + " " + CellWidth.padded(line.word, to: wordWidth), kind),
            ] + Highlight.spans(line.text, find: find, token: token),
            trailing: [Span(line.actor, .textDim)])
    }

    private static func token(_ weight: TimelineLine.Weight) -> Token {
        switch weight {
        case .detail: .textDim
        case .normal: .text
        case .decision: .textStrong
        case .alarm: .alertFiring
        }
    }

    // MARK: Detail

    static func detail(_ line: TimelineLine, width: Int) -> [TextLine] {
        var lines = Fields.wrapped(
            "When", TimeText.rfc3339(line.time, fractionDigits: 3), width: width)
        lines += Fields.wrapped("Who", line.actor, width: width)
        lines += Fields.wrapped("What", "\(line.glyph) \(line.word)", width: width)
        lines += Fields.wrapped("Entry", "\(line.sequence)", width: width)
        return lines + [.blank] + Fields.text(line.text, width: width)
    }
}

/// Marks what was searched for.
enum Highlight {
    /// `text` in spans, every occurrence of `find` (any case) as a match.
    static func spans(_ text: String, find: String, token: Token) -> [Span] {
        guard !find.isEmpty else { return [Span(text, token)] }
        let needle = Array(find.lowercased())
        let original = Array(text)
        let lower = original.map { Character($0.lowercased().first.map(String.init) ?? " ") }
        var spans: [Span] = []
        var plain = 0
        var index = 0
        while index + needle.count <= lower.count {
            if Array(lower[index..<index + needle.count]) == needle {
                if plain < index { spans.append(Span(String(original[plain..<index]), token)) }
                spans.append(Span(String(original[index..<index + needle.count]), .match))
                index += needle.count
                plain = index
            } else {
                index += 1
            }
        }
        if plain < original.count { spans.append(Span(String(original[plain...]), token)) }
        return spans
    }
}
