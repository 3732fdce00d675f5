import Basics

/// Names one log pattern for as long as the program runs.
package struct PatternID: Hashable, Comparable, Sendable {
    package var value: UInt32
    package init(_ value: UInt32) { self.value = value }
    package static func < (left: PatternID, right: PatternID) -> Bool { left.value < right.value }
}

/// One log line as everything above the feeds sees it: sanitised, redacted, bounded.
package struct LogRecord: Sendable, Identifiable {
    /// Arrival order: a later record has a larger id. The id of a provisional record is valid in
    /// its snapshot only.
    package var id: UInt64
    /// When it happened; see `timeIsAssumed`.
    package var time: Timestamp
    /// The line bears no readable time: `time` is that of the line before it, or of its arrival.
    package var timeIsAssumed: Bool
    /// Nil when the line names none.
    package var level: LogLevel?
    /// The source's configured service, else the one the line names.
    package var service: String?
    package var host: String?
    /// The id of the source that delivered it.
    package var source: String
    /// The text after the recognised header, sanitised and redacted.
    package var message: String
    /// The whole line, sanitised and redacted; nil when `message` is all of it or the line was
    /// rebuilt (JSON).
    package var raw: String?
    /// Where the line starts in its file, in bytes.
    package var offset: Int64
    package var pattern: PatternID?
    /// It belongs to the record before it: a line of a stack trace, a wrapped statement.
    package var continues: Bool
    /// The writer has not ended the line yet; the completed record replaces this one.
    package var isProvisional: Bool

    package init(
        id: UInt64, time: Timestamp, timeIsAssumed: Bool, level: LogLevel? = nil,
        service: String? = nil, host: String? = nil, source: String, message: String,
        raw: String? = nil, offset: Int64 = 0, pattern: PatternID? = nil, continues: Bool = false,
        isProvisional: Bool = false
    ) {
        self.id = id
        self.time = time
        self.timeIsAssumed = timeIsAssumed
        self.level = level
        self.service = service
        self.host = host
        self.source = source
        self.message = message
        self.raw = raw
        self.offset = offset
        self.pattern = pattern
        self.continues = continues
        self.isProvisional = isProvisional
    }
}
