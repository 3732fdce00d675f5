import Basics
import Logs
import SafeText

/// Turns the lines of one source into records, whether they come from a file or from a command.
///
/// Confined to the feed queue.
struct LineReader {
    /// The source's id, which its records bear.
    let source: String
    /// The configured service; wins over what the lines name.
    let service: String?
    let messageBytesMax: Int
    private(set) var lines = 0
    /// Lines that were counted and not shown.
    private(set) var dropped = 0
    /// Secrets that were blanked.
    private(set) var redactions = 0

    private var parser = RecordParser()
    private var cleaner = LineCleaner()
    private var lastTime: Timestamp?

    init(source: String, service: String?, messageBytesMax: Int) {
        self.source = source
        self.service = service
        self.messageBytesMax = messageBytesMax
    }

    /// Hands one line to the intake.
    /// - Parameters:
    ///   - omitted: how many bytes at its end were left out.
    ///   - isSkipping: count it only.
    ///   - isCounted: show it only: it was counted before a restart.
    mutating func take(
        _ line: Span<UInt8>, at place: LogPlace, omitted: Int, isSkipping: Bool,
        isCounted: Bool = false, _ context: TimeContext, now: Timestamp, into intake: LineIntake
    ) {
        if isCounted {
            let known = record(line, at: place, omitted: omitted, context, noting: nil)
            if let known { intake.stageKnown(known) }
            return
        }
        lines += 1
        if isSkipping {
            let parsed = parser.parse(line, context: context)
            dropped += 1
            if let time = parsed.time { lastTime = time }
            intake.skip(level: parsed.level, time: parsed.time ?? now, now: now)
            return
        }
        guard let record = record(line, at: place, omitted: omitted, context, noting: intake) else {
            return
        }
        intake.stage(record, now: now)
    }

    /// Goes on with the counts of an earlier run.
    mutating func restore(lines: Int, redactions: Int) {
        self.lines = lines
        self.redactions = redactions
    }

    /// A line that was passed over: counted now, not shown.
    mutating func takePassedOver(
        _ line: Span<UInt8>, at place: LogPlace, omitted: Int, _ context: TimeContext,
        now: Timestamp, into intake: LineIntake
    ) {
        lines += 1
        let record = record(line, at: place, omitted: omitted, context, noting: intake)
        if let record { intake.countPassedOver(record, now: now) }
    }

    /// The record of one line, or nil for an empty one.
    /// - Parameter intake: is told of credentials that were seen; nil for a line that is read again.
    mutating func record(
        _ line: Span<UInt8>, at place: LogPlace, omitted: Int, _ context: TimeContext,
        noting intake: LineIntake?
    ) -> LogRecord? {
        guard line.count > 0 else { return nil }
        let cleaned = cleaner.clean(line)
        note(cleaned.findings, intake)
        let parsed = parser.parse(cleaned.text.utf8Span.span, context: context)
        var message: String
        var raw: String?
        switch parsed.body {
        case .range(let range):
            message = Self.slice(cleaned.text, range)
            if range.count < cleaned.text.utf8.count { raw = shortened(cleaned.text, 0) }
        case .bytes(let bytes):
            let inner = cleaner.clean(bytes)
            note(inner.findings, intake)
            message = inner.text
        }
        message = shortened(message, omitted)
        defer { if let time = parsed.time { lastTime = time } }
        return LogRecord(
            id: 0, place: place, time: parsed.time ?? lastTime ?? context.reference,
            timeIsAssumed: parsed.time == nil, assumes: parsed.assumes, level: parsed.level,
            service: service ?? parsed.service, host: parsed.host, trace: parsed.traceID,
            message: message, raw: raw)
    }

    /// Slices of history come newest first: what one ends with does not go on in the next.
    mutating func beginSlice() {
        cleaner = LineCleaner()
        lastTime = nil
    }

    private mutating func note(_ findings: [Redactor.Finding], _ intake: LineIntake?) {
        guard !findings.isEmpty, let intake else { return }
        redactions += findings.count
        intake.note(findings, source: source)
    }

    /// At most `messageBytesMax` bytes, with a marker that says how much is missing.
    private func shortened(_ text: String, _ omitted: Int) -> String {
        let over = text.utf8.count - messageBytesMax
        guard over > 0 || omitted > 0 else { return text }
        var kept = text
        if over > 0 {
            kept = String(decoding: text.utf8.prefix(messageBytesMax), as: UTF8.self)
        }
        let missing = max(0, over) + omitted
        return kept + " … [\(UnitText.bytes(Double(missing))) of this line left out]"
    }

    private static func slice(_ text: String, _ range: Range<Int>) -> String {
        guard range.count < text.utf8.count else { return text }
        return String(
            decoding: text.utf8.dropFirst(range.lowerBound).prefix(range.count), as: UTF8.self)
    }
}
