import Basics

/// Reads the header of log lines of one source: time, level, host, service, where the message
/// starts. One per source, because formats are told by what the source's other lines look like.
package struct RecordParser: Sendable {
    /// Lines before the columns of a source count as known.
    private static let linesToLearn = 8
    /// Lines after which the columns of a source are not looked at any more.
    private static let linesToTrust = 64
    /// Where a time may begin that stands at the start of the line.
    private static let startColumns = 2

    private var timed = 0
    private var timedAtStart = 0
    /// Lines without a time that look like the beginning of a record.
    private var untimed = 0
    private var continuation = ContinuationRules()
    private var memory = TimeMemory()
    private var journal = JournalExport()
    /// The column of the status in a W3C extended log, from 0.
    private var statusColumn: Int?
    /// Whether this source writes the day before the month, once a line has shown it.
    package private(set) var dayFirst: Bool?

    package init() {}

    /// Parses one line without its line ending.
    ///
    /// An unknown format is no error: the whole line is the message, and its time is nil.
    package mutating func parse(_ line: Span<UInt8>, context: TimeContext) -> ParsedLine {
        if let field = journal.field(line) { return field }
        var context = context
        context.dayFirst = context.dayFirst ?? dayFirst
        let known = memory.time(of: line, context)
        var parsed = Self.header(line, context: context, columnMax: columnMax, known: known)
        if known == nil { memory.note(line, parsed, context) }
        readColumns(line, &parsed)
        if parsed.time == nil {
            if parsed.format == .plain {
                parsed.continues = continuation.continues(
                    line, usuallyTimed: usuallyTimed, hasLevel: parsed.level != nil)
            }
            if !parsed.continues { untimed += 1 }
        } else {
            timed += 1
            if !parsed.continues { continuation.begin(hasLevel: parsed.level != nil) }
            if ByteScan.has(line, "SET timestamp=", at: 0), timed > 1 { parsed.continues = true }
            if dayFirst == nil { dayFirst = parsed.dayFirst }
        }
        if parsed.time != nil, timed <= Self.linesToTrust, startsWithTime(line, context) {
            timedAtStart += 1
        }
        return parsed
    }

    /// `#Fields: date time … sc-status …` names the columns of the lines that follow (W3C, IIS).
    private mutating func readColumns(_ line: Span<UInt8>, _ parsed: inout ParsedLine) {
        if ByteScan.at(line, 0) == 0x23, ByteScan.has(line, "#Fields: ", at: 0) {
            statusColumn = nil
            var index = 9
            var column = 0
            while index < line.count {
                if ByteScan.has(line, "sc-status", at: index),
                    Self.tokenEnd(line, index) == index + 9
                {
                    statusColumn = column
                }
                index = ByteScan.skipBlanks(line, Self.tokenEnd(line, index))
                column += 1
            }
        } else if let statusColumn, parsed.time != nil {
            var index = 0
            for _ in 0..<statusColumn {
                index = ByteScan.skipBlanks(line, Self.tokenEnd(line, index))
            }
            let run = ByteScan.digitRun(line, index)
            if run == 3, let status = ByteScan.number(line, index, run) {
                parsed.level = LevelScanner.http(status)
            }
        }
    }

    /// Sources whose times stand at the start of the line have none in the middle of the text.
    private var columnMax: Int {
        timed >= Self.linesToLearn && timedAtStart * 10 >= min(timed, Self.linesToTrust) * 9
            ? Self.startColumns : TimeScanner.columnMax
    }

    private var usuallyTimed: Bool { timed > 0 && timed * 2 >= untimed }

    /// An address or a number in front is no time: `198.51.100.7 - - [21/Aug/2026:10:00:00 +0000]`.
    private func startsWithTime(_ line: Span<UInt8>, _ context: TimeContext) -> Bool {
        TimeScanner.find(line, from: 0, context: context, columnMax: Self.startColumns) != nil
    }

    /// Parses one line without knowledge of the source.
    /// - Parameter known: the line's time, when the line before it began with the same one.
    package static func header(
        _ line: Span<UInt8>, context: TimeContext, columnMax: Int = TimeScanner.columnMax,
        depth: Int = 0, known: FoundTime? = nil
    ) -> ParsedLine {
        if let known {
            if let inner = container(line, after: known, context, depth: depth) { return inner }
            return plain(line, from: 0, found: known, priority: nil)
        }
        var start = ByteScan.has(line, "\u{FEFF}", at: 0) ? 3 : 0
        let priority = priority(line, &start)
        let first = ByteScan.skipBlanks(line, start)
        if ByteScan.at(line, first) == 0x7B,
            let parsed = json(line, from: first, context: context, depth: depth)
        {
            return parsed
        }
        if let priority, ByteScan.has(line, "1 ", at: start) {
            return syslog5424(line, from: start + 2, priority: priority, context)
        }
        if ByteScan.isLetter(ByteScan.at(line, first)) || ByteScan.at(line, first) == 0x40,
            let parsed = logfmt(line, from: first, context: context)
        {
            return parsed
        }
        let found = TimeScanner.find(line, from: start, context: context, columnMax: columnMax)
        if let found, let inner = container(line, after: found, context, depth: depth) {
            return inner
        }
        var parsed = plain(line, from: start, found: found, priority: priority)
        if first == 0, priority == nil { parsed.found = found }
        return parsed
    }

    /// `<34>` at `index`, which moves behind it.
    private static func priority(_ line: Span<UInt8>, _ index: inout Int) -> Int? {
        guard ByteScan.at(line, index) == 0x3C else { return nil }
        let run = ByteScan.digitRun(line, index + 1, limit: 3)
        guard ByteScan.at(line, index + 1 + run) == 0x3E,
            let value = ByteScan.number(line, index + 1, run), value <= 191
        else { return nil }
        index += run + 2
        return value
    }

    /// A name of a host or service as a line spells it: a short run of harmless characters.
    static func name(_ line: Span<UInt8>, _ range: Range<Int>) -> String? {
        guard range.count >= 1, range.count <= 64 else { return nil }
        for index in range {
            let byte = line[index]
            guard isNameByte(byte) else { return nil }
        }
        return ByteScan.text(line, range)
    }

    /// Letters, digits and `._-/:@+` with blanks.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        ByteScan.isWord(byte) || byte >= 0x2D && byte <= 0x2F || byte == 0x5F || byte == 0x3A
            || byte == 0x40 || byte == 0x2B || byte == 0x20
    }

    /// The end of the run of non-blanks at `index`.
    static func tokenEnd(_ line: Span<UInt8>, _ index: Int) -> Int {
        var end = index
        while end < line.count, !ByteScan.isBlank(line[end]) { end += 1 }
        return end
    }
}
