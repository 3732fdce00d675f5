import Basics
import Logs

/// One log that is followed. Confined to the feed queue.
final class LogSource {
    let spec: SourceSpec
    let path: String
    let id: String
    let follower: LogFollower

    private let limits: FeedLimits
    private var reader: LineReader
    private var historyLines: LineReader
    private var lastData: Timestamp?
    private let opened: Timestamp
    private var isOpening = true
    private var history: HistoryReader?
    private var historyEnd: Int64 = 0

    init(
        spec: SourceSpec, path: String, id: String, start: LogFollower.Start, limits: FeedLimits,
        ledger: FileLedger, now: Timestamp
    ) {
        self.spec = spec
        self.path = path
        self.id = id
        self.limits = limits
        reader = LineReader(
            source: id, service: spec.service, messageBytesMax: limits.messageBytesMax)
        historyLines = reader
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
            self.reader.take(
                line, at: self.place(offset), omitted: omitted, isSkipping: isSkipping, context,
                now: now.wall, into: intake)
        }
        if turn.bytesRead > 0, !isOpening { lastData = now.wall }
        if isOpening, !turn.wantsMore { endOpening(now.wall) }
        return turn.wantsMore
    }

    private func endOpening(_ now: Timestamp) {
        isOpening = false
        guard follower.problem == nil else { return }
        if reader.lines > 0 || follower.provisional != nil {
            lastData = follower.modified.map { min($0, now) }
        }
        history = follower.historyReader()
        historyEnd = history?.end ?? 0
    }

    private func place(_ offset: Int64) -> LogPlace {
        LogPlace(source: id, generation: follower.generation, offset: offset)
    }
}

// MARK: - What is not in the ring: unfinished lines, older history, health

extension LogSource {
    /// The unfinished last line as a record, or nil.
    func provisional(_ now: Timestamp, zoneOffset: Int) -> LogRecord? {
        guard let partial = follower.provisional else { return nil }
        var reader = reader
        let context = TimeContext(reference: now, zoneOffset: zoneOffset)
        var record = reader.record(
            partial.bytes.span, at: place(partial.offset), omitted: 0, context, noting: nil)
        record?.isProvisional = true
        return record
    }

    /// Reads one slice of older history.
    /// - Returns: whether there is more that should be read.
    func readOlder(_ now: Timestamp, zoneOffset: Int, into intake: LineIntake) -> Bool {
        guard let history else { return false }
        let context = TimeContext(
            reference: min(follower.modified ?? now, now), zoneOffset: zoneOffset)
        var oldest: Timestamp?
        var records: [LogRecord] = []
        historyLines.beginSlice()
        history.previous(bytes: limits.olderHistorySliceBytes) { line, offset, omitted in
            let record = self.historyLines.record(
                line, at: self.place(offset), omitted: omitted, context, noting: intake)
            guard let record else { return }
            if oldest == nil, !record.timeIsAssumed { oldest = record.time }
            records.append(record)
        }
        // Lines without any time say nothing about when: they would only blur the minutes.
        for record in records where !record.timeIsAssumed || record.time < context.reference {
            intake.countOlder(record, now: now)
        }
        let isOldEnough = oldest.map { $0 < now - limits.olderHistorySpan } ?? true
        if history.isAtStart || isOldEnough
            || historyEnd - history.end >= limits.olderHistoryBytesMax
        {
            self.history = nil
        }
        return self.history != nil
    }

    var hasOlder: Bool { history != nil }

    func health(_ now: Timestamp, note: String) -> SourceHealth {
        let totals = follower.totals
        var health = SourceHealth(id: id, kind: spec.kindWord, path: path)
        health.lastData = lastData
        health.linesTotal = reader.lines
        health.linesDropped = reader.dropped
        health.bytesBehind = follower.bytesBehind
        health.redactions = reader.redactions + historyLines.redactions
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
        if reader.dropped > 0 { parts.append("\(reader.dropped) lines counted, not shown") }
        if !note.isEmpty { parts.append(note) }
        return parts.joined(separator: "; ")
    }
}
