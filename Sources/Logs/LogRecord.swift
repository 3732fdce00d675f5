import Basics

/// Names one log pattern for as long as the program runs.
package struct PatternID: Hashable, Comparable, Sendable {
    package var value: UInt32
    package init(_ value: UInt32) { self.value = value }
    package static func < (left: PatternID, right: PatternID) -> Bool { left.value < right.value }
}

/// Where a record begins: the identity of a line, whoever reads it and however often.
package struct LogPlace: Hashable, Sendable {
    /// The id of the source that delivered it.
    package var source: String
    /// Which file behind the source's name, from 0: grows with every rotation and rewriting.
    package var generation: UInt64
    /// Where the first line starts in that file, in bytes.
    package var offset: Int64

    package init(source: String, generation: UInt64 = 0, offset: Int64 = 0) {
        self.source = source
        self.generation = generation
        self.offset = offset
    }
}

/// One log record as everything above the feeds sees it: sanitised, redacted, bounded. It is one
/// line, or several that belong together: a stack trace, a wrapped statement.
package struct LogRecord: Sendable, Identifiable {
    /// Arrival order: a later record has a larger id. The id of a provisional record is valid in
    /// its snapshot only.
    package var id: UInt64
    /// The same for each reading of the same bytes.
    package var place: LogPlace
    /// When it happened; see `timeIsAssumed`.
    package var time: Timestamp
    /// The record bears no readable time: `time` is that of the one before it, or of its arrival.
    package var timeIsAssumed: Bool
    /// What a time that was read leaves out and was inferred: zone, year, date, order.
    package var assumes: TimeAssumptions
    /// Nil when the record names none.
    package var level: LogLevel?
    /// The source's configured service, else the one the record names.
    package var service: String?
    package var host: String?
    /// The trace id that the record names.
    package var trace: String?
    /// The text after the recognised header, sanitised and redacted; lines are separated by line
    /// feeds.
    package var message: String
    /// The whole first line, sanitised and redacted; nil when `message` is all of it or the line
    /// was rebuilt (JSON).
    package var raw: String?
    /// Physical lines.
    package var lines: Int
    package var pattern: PatternID?
    /// More of it may follow: its last line is not ended, or the next record has not begun yet. The
    /// completed record has the same place and replaces this one.
    package var isProvisional: Bool

    package init(
        id: UInt64, place: LogPlace, time: Timestamp, timeIsAssumed: Bool,
        assumes: TimeAssumptions = [], level: LogLevel? = nil, service: String? = nil,
        host: String? = nil, trace: String? = nil, message: String, raw: String? = nil,
        lines: Int = 1, pattern: PatternID? = nil, isProvisional: Bool = false
    ) {
        self.id = id
        self.place = place
        self.time = time
        self.timeIsAssumed = timeIsAssumed
        self.assumes = assumes
        self.level = level
        self.service = service
        self.host = host
        self.trace = trace
        self.message = message
        self.raw = raw
        self.lines = lines
        self.pattern = pattern
        self.isProvisional = isProvisional
    }

    package var source: String { place.source }
    package var offset: Int64 { place.offset }
}
