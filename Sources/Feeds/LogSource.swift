import Basics
import Logs
import SafeText

/// One log that is followed. Confined to the feed queue.
final class LogSource {
    let spec: SourceSpec
    let path: String
    let id: String
    let follower: LogFollower

    private let limits: FeedLimits
    private var parser = RecordParser()
    private var cleaner = LineCleaner()
    private var lines = 0
    private var dropped = 0
    private var redactions = 0
    private var lastData: Timestamp?
    private var lastTime: Timestamp?
    private let opened: Timestamp
    private var isOpening = true
    private var history: HistoryReader?
    private var historyParser = RecordParser()
    private var historyEnd: Int64 = 0

    init(
        spec: SourceSpec, path: String, id: String, start: LogFollower.Start, limits: FeedLimits,
        ledger: FileLedger, now: Timestamp
    ) {
        self.spec = spec
        self.path = path
        self.id = id
        self.limits = limits
        opened = now
        var follow = FollowLimits()
        follow.lineBytesMax = limits.lineBytesMax
        follow.bytesPerTurnMax = limits.bytesPerTurnMax
        follow.openingHistoryBytesMax = limits.openingHistoryBytesMax
        follow.rotationGrace = limits.rotationGrace
        follower = LogFollower(path: path, start: start, limits: follow, ledger: ledger)
    }

    /// Reads one bounded piece.
    /// - Returns: whether more can be read at once.
    func turn(_ now: ClockReading, zoneOffset: Int, into intake: LineIntake) -> Bool {
        let isSkipping = follower.bytesBehind > limits.bytesBehindBeforeSkipping && !isOpening
        let reference = isOpening ? min(follower.modified ?? now.wall, now.wall) : now.wall
        let context = TimeContext(reference: reference, zoneOffset: zoneOffset)
        // The newest lines of all files come in one cycle, so that they are merged by time.
        let limit =
            isOpening
            ? max(limits.bytesPerTurnMax, limits.openingHistoryBytesMax) : limits.bytesPerTurnMax
        let turn = follower.turn(now: now, limit: limit) { line, offset, omitted in
            self.take(
                line, offset, omitted, isSkipping: isSkipping, context, now: now.wall, intake)
        }
        if turn.bytesRead > 0, !isOpening { lastData = now.wall }
        if isOpening, !turn.wantsMore { endOpening(now.wall) }
        return turn.wantsMore
    }

    private func endOpening(_ now: Timestamp) {
        isOpening = false
        guard follower.problem == nil else { return }
        if lines > 0 || follower.provisional != nil {
            lastData = follower.modified.map { min($0, now) }
        }
        history = follower.historyReader()
        historyEnd = history?.end ?? 0
    }

    private func take(
        _ line: Span<UInt8>, _ offset: Int64, _ omitted: Int, isSkipping: Bool,
        _ context: TimeContext, now: Timestamp, _ intake: LineIntake
    ) {
        lines += 1
        if isSkipping {
            let parsed = parser.parse(line, context: context)
            dropped += 1
            if let time = parsed.time { lastTime = time }
            intake.skip(level: parsed.level, time: parsed.time ?? now, now: now)
            return
        }
        guard
            let record = record(
                line, offset, omitted, context, &parser, &cleaner, intake, last: lastTime)
        else { return }
        if !record.timeIsAssumed { lastTime = record.time }
        intake.stage(record, now: now)
    }

    /// The record of one line, or nil for an empty one.
    private func record(
        _ line: Span<UInt8>, _ offset: Int64, _ omitted: Int, _ context: TimeContext,
        _ parser: inout RecordParser, _ cleaner: inout LineCleaner, _ intake: LineIntake?,
        last: Timestamp?
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
        return LogRecord(
            id: 0, place: LogPlace(source: id, generation: follower.generation, offset: offset),
            time: parsed.time ?? last ?? context.reference, timeIsAssumed: parsed.time == nil,
            assumes: parsed.assumes, level: parsed.level, service: spec.service ?? parsed.service,
            host: parsed.host, trace: parsed.traceID, message: message, raw: raw)
    }

    private func note(_ findings: [Redactor.Finding], _ intake: LineIntake?) {
        guard !findings.isEmpty, let intake else { return }
        redactions += findings.count
        intake.note(findings, source: id)
    }

    /// At most `messageBytesMax` bytes, with a marker that says how much is missing.
    private func shortened(_ text: String, _ omitted: Int) -> String {
        let over = text.utf8.count - limits.messageBytesMax
        guard over > 0 || omitted > 0 else { return text }
        var kept = text
        if over > 0 {
            kept = String(decoding: text.utf8.prefix(limits.messageBytesMax), as: UTF8.self)
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

// MARK: - What is not in the ring: unfinished lines, older history, health

extension LogSource {
    /// The unfinished last line as a record, or nil.
    func provisional(_ now: Timestamp, zoneOffset: Int) -> LogRecord? {
        guard let partial = follower.provisional else { return nil }
        var parser = parser
        var cleaner = cleaner
        let context = TimeContext(reference: now, zoneOffset: zoneOffset)
        var record = record(
            partial.bytes.span, partial.offset, 0, context, &parser, &cleaner, nil, last: lastTime)
        record?.isProvisional = true
        return record
    }

    /// Reads one slice of older history.
    /// - Returns: whether there is more that should be read.
    func readOlder(_ now: Timestamp, zoneOffset: Int, into intake: LineIntake) -> Bool {
        guard let reader = history else { return false }
        let context = TimeContext(
            reference: min(follower.modified ?? now, now), zoneOffset: zoneOffset)
        var oldest: Timestamp?
        var records: [LogRecord] = []
        // Slices come newest first: what one ends with does not go on in the next.
        var cleaner = LineCleaner()
        reader.previous(bytes: limits.olderHistorySliceBytes) { line, offset, omitted in
            let record = self.record(
                line, offset, omitted, context, &self.historyParser, &cleaner, intake,
                last: records.last?.time)
            guard let record else { return }
            if oldest == nil, !record.timeIsAssumed { oldest = record.time }
            records.append(record)
        }
        // Lines without any time say nothing about when: they would only blur the minutes.
        for record in records where !record.timeIsAssumed || record.time < context.reference {
            intake.countOlder(record, now: now)
        }
        let isOldEnough = oldest.map { $0 < now - limits.olderHistorySpan } ?? true
        if reader.isAtStart || isOldEnough
            || historyEnd - reader.end >= limits.olderHistoryBytesMax
        {
            history = nil
        }
        return history != nil
    }

    var hasOlder: Bool { history != nil }

    func health(_ now: Timestamp, note: String) -> SourceHealth {
        let totals = follower.totals
        var health = SourceHealth(id: id, kind: spec.kindWord, path: path)
        health.lastData = lastData
        health.linesTotal = lines
        health.linesDropped = dropped
        health.bytesBehind = follower.bytesBehind
        health.redactions = redactions
        health.losses = totals.losses
        health.detail = detail(totals, note)
        if let problem = follower.problem {
            health.state = .error(problem.sentence(path: path))
        } else if isOpening {
            health.state = .loading
        } else {
            let since = lastData ?? opened
            health.state = now - since > limits.silentAfter ? .silent : .ok
        }
        return health
    }

    private func detail(_ totals: FollowCounts, _ note: String) -> String {
        var parts: [String] = []
        if !follower.notice.isEmpty { parts.append(follower.notice) }
        if totals.possibleLosses > 0 {
            let count = totals.possibleLosses
            parts.append("lines may have been lost \(count == 1 ? "once" : "\(count) times")")
        }
        if totals.cutLines > 0 { parts.append("\(totals.cutLines) over-long lines cut") }
        if totals.holeBytes > 0 {
            parts.append("\(UnitText.bytes(Double(totals.holeBytes))) of holes skipped")
        }
        if dropped > 0 { parts.append("\(dropped) lines counted, not shown") }
        if !note.isEmpty { parts.append(note) }
        return parts.joined(separator: "; ")
    }
}
