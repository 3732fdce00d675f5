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
    private var hasBegun = false
    private var history: HistoryReader?
    /// What was passed over and is not counted yet, oldest first.
    private var gaps: [HistoryReader] = []
    private var gapLines: LineReader
    /// The newest of them ends where the first whole record begins, which is not known yet.
    private var gapAwaitsHead = false
    /// When the oldest of them was passed over.
    private var passedOverAt: Timestamp?
    private var historyEnd: Int64 = 0

    init(
        spec: SourceSpec, path: String, id: String, start: LogFollower.Start, limits: FeedLimits,
        ledger: FileLedger, now: Timestamp
    ) {
        self.spec = spec
        self.path = path
        self.id = id
        self.limits = limits
        reader = LineReader(source: id, service: spec.service, limits: limits)
        historyLines = reader
        gapLines = reader
        opened = now
        var follow = FollowLimits()
        follow.lineBytesMax = limits.lineBytesMax
        follow.bytesPerTurnMax = limits.bytesPerTurnMax
        follow.openingHistoryBytesMax = limits.openingHistoryBytesMax
        follow.rotationGrace = limits.rotationGrace
        follower = LogFollower(path: path, start: start, limits: follow, ledger: ledger)
    }

    /// Reads one bounded piece.
    /// - Parameter isHurried: what waits is passed over when it is too much.
    /// - Returns: whether more can be read at once.
    func turn(
        _ now: ClockReading, zoneOffset: Int, isHurried: Bool, into intake: LineIntake
    ) -> Bool {
        let reference = isOpening ? min(follower.modified ?? now.wall, now.wall) : now.wall
        let context = TimeContext(reference: reference, zoneOffset: zoneOffset)
        if isOpening, !hasBegun {
            hasBegun = true
            follower.look(now: now)
            if follower.historyEnd > 0 { reader.beginInside() }
        }
        // The newest lines of all files come in one cycle, so that they are merged by time.
        let limit =
            isOpening
            ? max(limits.bytesPerTurnMax, limits.openingHistoryBytesMax) : limits.bytesPerTurnMax
        let truncations = follower.counts.truncations
        let turn = follower.turn(
            now: now, limit: limit,
            behindMax: isOpening || !isHurried ? nil : limits.bytesBehindBeforeSkipping
        ) { line, offset, omitted in
            self.reader.take(
                line, at: self.place(offset), omitted: omitted, context, now: now, into: intake)
        }
        if follower.counts.truncations != truncations { abandonRewritten(now) }
        if let gap = turn.passedOver { passOver(gap, now.wall, intake) }
        if turn.bytesRead > 0, !isOpening { lastData = now.wall }
        if isOpening, !turn.wantsMore { endOpening(now.wall, intake) }
        reader.settle(now, into: intake)
        return turn.wantsMore || turn.passedOver != nil
    }

    private func endOpening(_ now: Timestamp, _ intake: LineIntake) {
        isOpening = false
        guard follower.problem == nil else { return }
        if reader.lines > 0 || follower.provisional != nil {
            lastData = follower.modified.map { min($0, now) }
        }
        history = follower.historyReader()
        if let history, follower.historyEnd > 0 {
            reader.acceptHead(now, into: intake)
            if let head = reader.firstHead { history.move(to: head.offset) }
        }
        historyEnd = history?.end ?? 0
    }

    private func place(_ offset: Int64) -> LogPlace {
        LogPlace(source: id, generation: follower.generation, offset: offset)
    }

    /// The newest lines come next; what lies between is counted when there is time for it.
    private func passOver(_ gap: HistoryReader, _ now: Timestamp, _ intake: LineIntake) {
        reader.flush(now, into: intake)
        settleGap()
        reader.beginInside()
        if gaps.isEmpty { passedOverAt = now }
        gaps.append(gap)
        gapAwaitsHead = true
    }

    /// The newest gap ends where the first whole record behind it begins.
    private func settleGap() {
        guard gapAwaitsHead, let head = reader.firstHead else { return }
        gapAwaitsHead = false
        gaps.last?.move(to: head.offset)
    }

    /// The file's content is another one: nothing that waits in it can be read any more.
    private func abandonRewritten(_ now: ClockReading) {
        for gap in gaps where follower.isCurrent(gap) {
            gap.abandon()
            follower.loseBytes(gap.takeLost(), at: gap.start, now)
        }
        gaps.removeAll { $0.isAtStart }
        gapAwaitsHead = false
        history = nil
    }

    /// A record may go on: it wants a turn without events, to be completed.
    var hasOpenRecord: Bool { reader.openPlace != nil }

    /// Completes the open record: what was written up to now was read.
    func flush(_ now: Timestamp, into intake: LineIntake) { reader.flush(now, into: intake) }
}

// MARK: - What is not in the ring: unfinished lines, older history, health

extension LogSource {
    /// The record that the unfinished last line is or ends, or nil.
    func provisional(_ now: Timestamp, zoneOffset: Int) -> LogRecord? {
        guard let partial = follower.provisional else { return nil }
        let context = TimeContext(reference: now, zoneOffset: zoneOffset)
        return reader.provisional(partial.bytes.span, at: place(partial.offset), context)
    }

    /// Reads one slice of what was passed over, or else of older history.
    /// - Returns: whether there is more that should be read.
    func readOlder(_ reading: ClockReading, zoneOffset: Int, into intake: LineIntake) -> Bool {
        let now = reading.wall
        settleGap()
        if let gap = gaps.first, !(gapAwaitsHead && gaps.count == 1) {
            readPassedOver(gap, reading, zoneOffset: zoneOffset, into: intake)
            return hasOlder
        }
        guard let history else { return false }
        let context = TimeContext(
            reference: min(follower.modified ?? now, now), zoneOffset: zoneOffset)
        let records = historyLines.older(
            history, bytes: limits.olderHistorySliceBytes, context, into: intake)
        // Lines without any time say nothing about when: they would only blur the minutes.
        for record in records where !record.timeIsAssumed || record.time < context.reference {
            intake.countOlder(record, now: now)
        }
        let oldest = records.first { !$0.timeIsAssumed }?.time
        let isOldEnough = oldest.map { $0 < now - limits.olderHistorySpan } ?? true
        if history.isAtStart || isOldEnough
            || historyEnd - history.end >= limits.olderHistoryBytesMax
        {
            self.history = nil
        }
        return hasOlder
    }

    private func readPassedOver(
        _ gap: HistoryReader, _ now: ClockReading, zoneOffset: Int, into intake: LineIntake
    ) {
        let context = TimeContext(reference: now.wall, zoneOffset: zoneOffset)
        let before = gapLines.lines
        let records = gapLines.older(
            gap, bytes: limits.passedOverSliceBytes, context, into: intake)
        for record in records { intake.countPassedOver(record, now: now.wall) }
        intake.countLine(gapLines.lines - before)
        follower.loseBytes(gap.takeLost(), at: gap.end, now)
        if gap.isAtStart { gaps.removeFirst() }
    }

    /// Whether a slice can be read now.
    var hasOlder: Bool {
        gaps.count > (gapAwaitsHead && reader.firstHead == nil ? 1 : 0) || history != nil
    }

    func health(_ now: Timestamp, note: String) -> SourceHealth {
        let totals = follower.totals
        var health = SourceHealth(id: id, kind: spec.kindWord, path: path)
        health.lastData = lastData
        health.linesTotal = reader.lines + gapLines.lines
        health.linesDropped = gapLines.lines
        health.linesJoined = reader.joinedLines
        health.bytesBehind = gaps.reduce(follower.bytesBehind) { $0 + $1.end - $1.start }
        health.behind = behind(now, health.bytesBehind)
        health.redactions = reader.redactions + historyLines.redactions + gapLines.redactions
        health.losses = totals.losses
        health.cutLines = totals.cutLines
        health.holeBytes = totals.holeBytes
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

    /// How far the newest time that was read lies back, while something waits to be read; once
    /// lines were passed over, how long they have waited to be counted.
    private func behind(_ now: Timestamp, _ bytes: Int64) -> Duration? {
        guard bytes > 0 else { return nil }
        let from = gaps.isEmpty ? reader.lastTime : passedOverAt
        return from.map { max(.zero, now - $0) } ?? .zero
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
        if !gaps.isEmpty {
            let bytes = gaps.reduce(0) { $0 + Double($1.end - $1.start) }
            parts.append("\(UnitText.bytes(bytes)) passed over, being counted")
        }
        if gapLines.lines > 0 { parts.append("\(gapLines.lines) lines counted, not shown") }
        if !note.isEmpty { parts.append(note) }
        return parts.joined(separator: "; ")
    }
}
