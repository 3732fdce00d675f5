import Basics
import Logs
import SafeText

/// Turns the lines of one source into records, whether they come from a file or from a command.
/// Lines that belong together become one record: it is complete when the next one begins, or when
/// nothing followed for `quietAfter`. Until then it is in view as provisional, at its place.
///
/// Confined to the feed queue. After each piece of input `settle` is called, and once a second.
struct LineReader {
    /// A record is complete when nothing has followed it for so long.
    static let quietAfter: Duration = .seconds(1)

    /// The source's id, which its records bear.
    let source: String
    /// The configured service; wins over what the lines name.
    let service: String?
    let limits: FeedLimits
    /// Physical lines, empty ones included.
    private(set) var lines = 0
    /// Secrets that were blanked.
    private(set) var redactions = 0
    /// The newest time that a line bore.
    private(set) var lastTime: Timestamp?

    private var parser = RecordParser()
    private var cleaner: LineCleaner
    private var joiner = RecordJoiner()
    /// The open record as it stands in the ring; nil while it does not.
    private var shown: LogRecord?
    /// Lines were joined to the open record since it was shown.
    private var isStale = false
    private var lastLineAt = BootTime(nanoseconds: 0)
    /// The first record may be the rest of one whose beginning was not read: it is left to whoever
    /// reads what stands before.
    private(set) var awaitsHead = false
    /// Lines since `beginInside`, and secrets in them, while that is so.
    private var insideLines = 0
    private var insideSecrets: [Redactor.Finding] = []
    /// Secrets in the open record that were counted.
    private var openSecrets = 0
    /// Where the first whole record began, after `beginInside`.
    private(set) var firstHead: LogPlace?
    /// What is read was counted before a restart: it is shown only.
    private var isKnown = false

    init(source: String, service: String?, limits: FeedLimits) {
        self.source = source
        self.service = service
        self.limits = limits
        cleaner = LineCleaner(redactor: limits.redactor)
    }

    /// Lines that went on with the record before them.
    var joinedLines: Int { joiner.joinedLines }

    /// Where the open record begins: after a restart reading goes on from here, because an open
    /// record is not counted yet. Nil when none is open.
    var openPlace: LogPlace? { joiner.open.map(place) }

    /// Lines of that record, which will be counted again after a restart.
    var openLines: Int { isKnown ? 0 : awaitsHead ? insideLines : joiner.openLines }

    /// Secrets in those lines that were counted.
    var openRedactions: Int { isKnown || joiner.open == nil ? 0 : openSecrets }

    /// What follows comes from a place in the middle of the log, maybe of a record.
    /// - Parameter awaitsHead: it may be in the middle of a record.
    mutating func beginInside(awaitsHead: Bool = true) {
        cleaner = LineCleaner(redactor: limits.redactor)
        self.awaitsHead = awaitsHead
        insideLines = 0
        insideSecrets = []
        firstHead = nil
    }

    /// A line in front of what follows, which only the redactor is to see.
    mutating func prime(_ line: Span<UInt8>) {
        var cleaned: [UInt8] = []
        _ = line.withUnsafeBufferPointer { cleaner.append($0, to: &cleaned) }
    }

    /// What follows is passed over: the open record is left to whoever counts that.
    /// - Returns: where it begins; nil when nothing is left, or it was counted before.
    mutating func leaveOpen(_ now: Timestamp, into intake: LineIntake) -> LogPlace? {
        let place = openPlace
        guard !isKnown else {
            flush(now, into: intake)
            return nil
        }
        count(-openLines, intake)
        redactions -= openRedactions
        intake.forgetRedactions(openRedactions)
        openSecrets = 0
        insideLines = 0
        if let open = joiner.flush(), shown != nil {
            intake.complete(record(open), isKnown: true, now: now)
        }
        shown = nil
        isStale = false
        return place
    }

    /// Goes on with the counts of an earlier run.
    mutating func restore(lines: Int, redactions: Int) {
        self.lines = lines
        self.redactions = redactions
    }

    /// Takes one line.
    /// - Parameters:
    ///   - omitted: how many bytes at its end were left out.
    ///   - isKnown: show it only: it was counted before a restart.
    mutating func take(
        _ line: Span<UInt8>, at place: LogPlace, omitted: Int, isKnown: Bool = false,
        _ context: TimeContext, now: ClockReading, into intake: LineIntake
    ) {
        if isKnown != self.isKnown {
            // What goes on with a record that was counted was counted as one of its own.
            flush(now.wall, into: intake)
            // What was counted ends where a record ends.
            awaitsHead = awaitsHead && isKnown
            self.isKnown = isKnown
        }
        count(1, intake)
        lastLineAt = now.boot
        var secrets: [Redactor.Finding] = []
        let piece = piece(line, at: place, omitted: omitted, context) { secrets += $0 }
        if awaitsHead, !isKnown {
            insideLines += 1
        } else if !isKnown {
            note(secrets, intake)
        }
        guard let piece else { return joiner.addBlank() }
        let wasInside = awaitsHead
        if let complete = joiner.add(piece) {
            finish(complete, now.wall, intake)
            openSecrets = secrets.count
            if wasInside, !isKnown { note(secrets, intake) }
        } else {
            isStale = true
            openSecrets += secrets.count
            if wasInside, !isKnown { insideSecrets += secrets }
        }
    }

    private mutating func count(_ change: Int, _ intake: LineIntake) {
        guard !isKnown else { return }
        lines += change
        intake.countLine(change)
    }

    /// Shows the open record, or completes it when the source has been quiet.
    mutating func settle(_ now: ClockReading, into intake: LineIntake) {
        guard let open = joiner.open else { return }
        if now.boot - lastLineAt >= Self.quietAfter { return flush(now.wall, into: intake) }
        guard !awaitsHead, isStale || shown == nil else { return }
        var record = record(open)
        record.isProvisional = true
        intake.show(record, replaces: shown != nil)
        shown = record
        isStale = false
    }

    /// Completes the open record: nothing more will follow.
    mutating func flush(_ now: Timestamp, into intake: LineIntake) {
        let lines = joiner.openLines
        guard let last = joiner.flush() else { return }
        if awaitsHead {  // All there is: it is not left to others.
            awaitsHead = false
            firstHead = self.place(last)
            if !isKnown { count(lines - insideLines, intake) }
            note(insideSecrets, intake)
            insideSecrets = []
        }
        openSecrets = 0
        finish(last, now, intake)
    }

    /// Nothing more can be read now: what there is counts as beginning with a whole record.
    mutating func acceptHead(_ now: Timestamp, into intake: LineIntake) {
        guard awaitsHead else { return }
        flush(now, into: intake)
        awaitsHead = false
    }

    private mutating func finish(_ joined: JoinedRecord, _ now: Timestamp, _ intake: LineIntake) {
        defer {
            shown = nil
            isStale = false
        }
        if awaitsHead {
            awaitsHead = false
            count(1 - insideLines, intake)
            insideSecrets = []
            firstHead = openPlace
            return
        }
        guard var record = shown else {
            return intake.stage(record(joined), isKnown: isKnown, now: now)
        }
        if isStale { record = self.record(joined) }
        record.isProvisional = false
        intake.complete(record, isKnown: isKnown, now: now)
    }

    /// What a record would be with `partial`, a line whose end is not written yet.
    func provisional(_ partial: Span<UInt8>, at place: LogPlace, _ context: TimeContext)
        -> LogRecord?
    {
        var copy = self
        guard let piece = copy.piece(partial, at: place, omitted: 0, context, { _ in }) else {
            return nil
        }
        _ = copy.joiner.add(piece)
        guard let open = copy.joiner.open else { return nil }
        var record = record(open)
        record.isProvisional = true
        return record
    }
}

// MARK: - One line, one record

extension LineReader {
    /// One line, cleaned and parsed; nil for an empty one.
    /// - Parameter note: is told of credentials that were removed.
    private mutating func piece(
        _ line: Span<UInt8>, at place: LogPlace, omitted: Int, _ context: TimeContext,
        _ note: ([Redactor.Finding]) -> Void
    ) -> JoinedRecord? {
        guard line.count > 0 else { return nil }
        var head: [UInt8] = []
        head.reserveCapacity(line.count)
        let findings = line.withUnsafeBufferPointer { cleaner.append($0, to: &head) }
        if !findings.isEmpty { note(findings) }
        guard !head.isEmpty else { return nil }
        let parsed = parser.parse(head.span, context: context)
        var text: [UInt8]?
        if case .bytes(let inner) = parsed.body {
            let cleaned = cleaner.cleanLines(inner)
            if !cleaned.findings.isEmpty { note(cleaned.findings) }
            text = cleaned.bytes
        }
        if let time = parsed.time, !parsed.continues { lastTime = time }
        return JoinedRecord(
            time: parsed.time ?? lastTime ?? context.reference, timeIsRead: parsed.time != nil,
            parsed: parsed, head: head, text: text, source: place.source,
            generation: place.generation, offset: place.offset, number: lines, omitted: omitted)
    }

    private func place(_ joined: JoinedRecord) -> LogPlace {
        LogPlace(source: joined.source, generation: joined.generation, offset: joined.offset)
    }

    private func record(_ joined: JoinedRecord) -> LogRecord {
        var raw: String?
        if case .range(let range) = joined.parsed.body, range.count < joined.head.count {
            raw = shortened(joined.head[...], limits.messageBytesMax, 0)
        }
        let limit = joined.lines > 1 ? limits.joinedBytesMax : limits.messageBytesMax
        var message = joined.message
        if message.isEmpty {  // A time and nothing else.
            message = joined.head[...]
            raw = nil
        }
        return LogRecord(
            id: 0, place: place(joined), time: joined.time, timeIsAssumed: !joined.timeIsRead,
            assumes: joined.parsed.assumes, level: joined.parsed.level,
            service: service ?? joined.parsed.service, host: joined.parsed.host,
            trace: joined.parsed.traceID, message: shortened(message, limit, joined.omitted),
            raw: raw, lines: joined.lines)
    }

    private mutating func note(_ findings: [Redactor.Finding], _ intake: LineIntake) {
        guard !findings.isEmpty else { return }
        redactions += findings.count
        intake.note(findings, source: source)
    }

    /// At most `limit` bytes, with a marker that says how much is missing.
    private func shortened(_ text: ArraySlice<UInt8>, _ limit: Int, _ omitted: Int) -> String {
        let missing = max(0, text.count - limit) + omitted
        let kept = String(decoding: text.prefix(limit), as: UTF8.self)
        guard missing > 0 else { return kept }
        return kept + " … [\(UnitText.bytes(Double(missing))) of this line left out]"
    }
}

// MARK: - Records that are counted without being shown

extension LineReader {
    /// A line of what was passed over, read forwards.
    /// - Parameter isBefore: it stands before that part: only the redactor is to see it.
    mutating func takePassedOver(
        _ line: Span<UInt8>, at place: LogPlace, omitted: Int, isBefore: Bool,
        _ context: TimeContext, now: Timestamp, into intake: LineIntake
    ) {
        var secrets: [Redactor.Finding] = []
        guard !isBefore else {
            _ = piece(line, at: place, omitted: omitted, context) { _ in }
            return
        }
        count(1, intake)
        let piece = piece(line, at: place, omitted: omitted, context) { secrets += $0 }
        note(secrets, intake)
        guard let piece else { return joiner.addBlank() }
        let complete = joiner.add(piece)
        openSecrets = (complete == nil ? openSecrets : 0) + secrets.count
        if let complete {
            intake.countPassedOver(record(complete), isDropped: false, now: now)
        }
    }

    /// That part is read to its end.
    mutating func endPassedOver(_ now: Timestamp, into intake: LineIntake) {
        if let last = joiner.flush() {
            intake.countPassedOver(record(last), isDropped: false, now: now)
        }
        cleaner = LineCleaner(redactor: limits.redactor)
        lastTime = nil
        openSecrets = 0
    }

    /// Bytes of a block at most, in which the beginning of a record is looked for.
    private static let blockBytesMax = 1024 * 1024

    /// Reads whole records backwards, at least about `bytes` of them; empty at the part's start, or
    /// when nothing but empty lines was left.
    mutating func older(
        _ part: HistoryReader, bytes: Int, _ context: TimeContext, into intake: LineIntake
    ) -> [LogRecord] {
        var size = bytes
        while true {
            var found: [JoinedRecord] = []
            var secrets: [(line: Int, findings: [Redactor.Finding])] = []
            cleaner = LineCleaner(redactor: limits.redactor)
            lastTime = nil
            let begin = lines
            let block = part.block(bytes: size) { line, offset, omitted, isBefore in
                guard !isBefore else { return prime(line) }
                lines += 1
                let number = lines
                let place = LogPlace(source: source, generation: part.generation, offset: offset)
                let piece = self.piece(line, at: place, omitted: omitted, context) {
                    secrets.append((number, $0))
                }
                guard let piece else { return joiner.addBlank() }
                if let complete = joiner.add(piece) { found.append(complete) }
            }
            if let last = joiner.flush() { found.append(last) }
            // The first record may be the rest of one that begins in the block before.
            if block.isAtStart {
                part.move(to: part.start)
            } else if found.count > 1 {
                found.removeFirst()
                part.move(to: found[0].offset)
                lines -= found[0].number - 1 - begin
            } else if size < Self.blockBytesMax {
                lines = begin
                size *= 4
                continue
            } else {
                part.move(to: block.firstLine ?? part.end - Int64(size))
            }
            let first = found.first?.number ?? 0
            for entry in secrets where entry.line >= first { note(entry.findings, intake) }
            let head = found.first { $0.timeIsRead }?.time
            return found.map { joined in
                var record = record(joined)
                if !joined.timeIsRead, let head { record.time = min(record.time, head) }
                return record
            }
        }
    }
}
