import Basics
import Logs

/// One log that is followed. Confined to the feed queue.
final class LogSource {
    let spec: SourceSpec
    let path: String
    let id: String
    let follower: LogFollower

    let limits: FeedLimits
    var reader: LineReader
    var historyLines: LineReader
    var lastData: Timestamp?
    let opened: Timestamp
    var isOpening = true
    private var hasBegun = false
    var history: HistoryReader?
    /// `history` is that of the file that is followed.
    var isHistoryOfCurrent = true
    var historyModified: Timestamp?
    /// Files of earlier rotations that are still to be read for older history, newest first.
    var olderFiles: [FollowCheckpoint.Part] = []
    var olderFile: OlderFile?
    var olderBytes: Int64 = 0
    static let olderFilesMax = 16
    /// Bytes that are unpacked at once, a few milliseconds.
    static let unpackedBytesMax = 1 << 20

    /// What was passed over and is not counted yet, oldest first.
    var gaps: [HistoryReader] = []
    var gapLines: LineReader
    /// The newest of them ends where the first whole record begins, which is not known yet.
    var gapAwaitsHead = false
    /// When the oldest of them was passed over.
    var passedOverAt: Timestamp?

    /// What an earlier run counted; nil for a log that it did not know.
    var resumption: LogFollower.Resumption?
    /// What was written while nobody read, and is to be counted, oldest first.
    var missed: [FollowGap] = []
    var missedLines: LineReader
    /// Files that were passed over and are counted by now.
    var countedParts: [FollowCheckpoint.Part] = []
    /// The last file that was followed, while there is none.
    var lastPart: FollowCheckpoint.Part?
    /// When the names were looked at last: a file that was written since may have come and gone.
    var lookedAt: Timestamp
    var rotationsSeen = 0
    var packedScans = 0

    /// A packed file that is named as a log, while it is unpacked, and as it was read.
    var packed: OlderFile?
    var packedFacts: FileFacts?
    var packedProblem = ""

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
        missedLines = reader
        opened = now
        lookedAt = now
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
        lookedAt = now.wall
        let reference = isOpening ? min(follower.modified ?? now.wall, now.wall) : now.wall
        let context = TimeContext(reference: reference, zoneOffset: zoneOffset)
        if isOpening, !hasBegun {
            hasBegun = true
            let begin = follower.historyEnd
            if begin > 0 {
                let isRecord = resumption.map {
                    $0.countedTo == begin && $0.generation == follower.generation
                }
                beginInside(at: begin, isRecord: isRecord ?? false)
            }
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
                line, at: self.place(offset), omitted: omitted, isKnown: self.isKnown(offset),
                context, now: now, into: intake)
        }
        if follower.problem == .packed { return readPacked(now, context, into: intake) }
        lookForPacked(turn.bytesRead)
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
        if let resumption {
            history = resumption.olderEnd.flatMap { follower.historyReader(before: $0) }
        } else {
            history = follower.historyReader()
            olderFiles = follower.olderFiles(limit: Self.olderFilesMax)
        }
        guard follower.historyEnd > 0 else { return }
        reader.acceptHead(now, into: intake)
        guard let head = reader.firstHead else { return }
        if resumption == nil {
            history?.move(to: head.offset)
        } else if let gap = missed.last, gap.part.to == follower.historyEnd,
            gap.part.trace.generation == head.generation
        {
            gap.end(at: head.offset)
        }
    }

    func place(_ offset: Int64) -> LogPlace {
        LogPlace(source: id, generation: follower.generation, offset: offset)
    }

    /// The newest lines come next; what lies between is counted when there is time for it.
    private func passOver(_ gap: HistoryReader, _ now: Timestamp, _ intake: LineIntake) {
        settleGap()
        if gapAwaitsHead, let last = gaps.last, last.generation == gap.generation {
            // Where that one ends was not found yet: it goes on.
            _ = reader.leaveOpen(now, into: intake)
            gap.begin(at: last.start)
            gaps.removeLast()
        } else if !reader.awaitsHead, reader.openPlace?.generation == gap.generation {
            // The open record may go on in what is passed over: it is counted there.
            if let open = reader.leaveOpen(now, into: intake) { gap.begin(at: open.offset) }
        } else {
            reader.flush(now, into: intake)
            settleGap()
        }
        beginInside(at: gap.end, isRecord: false)
        if gaps.isEmpty { passedOverAt = now }
        gaps.append(gap)
        gapAwaitsHead = true
    }

    /// Reading begins in the middle of the file.
    /// - Parameter isRecord: a record begins there.
    private func beginInside(at offset: Int64, isRecord: Bool) {
        reader.beginInside(awaitsHead: !isRecord)
        follower.lead(to: offset) { reader.prime($0) }
    }

    /// The newest gap ends where the first whole record behind it begins.
    func settleGap() {
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
        if isHistoryOfCurrent { history = nil }
    }

    /// A record may go on: it wants a turn without events, to be completed.
    var hasOpenRecord: Bool { reader.openPlace != nil }

    /// Lines of it, and of one that is being counted, which are not counted for good.
    var openLines: Int { reader.openLines + missedLines.openLines }

    /// Secrets in those lines.
    var openRedactions: Int { reader.openRedactions + missedLines.openRedactions }

    /// Completes the open record: what was written up to now was read.
    func flush(_ now: Timestamp, into intake: LineIntake) { reader.flush(now, into: intake) }
}

// MARK: - Health

extension LogSource {
    func health(_ now: Timestamp, note: String) -> SourceHealth {
        let totals = follower.totals
        var health = SourceHealth(id: id, kind: spec.kindWord, path: path)
        health.lastData = lastData
        health.linesTotal = lines
        health.linesDropped = gapLines.lines
        health.linesJoined = reader.joinedLines
        health.bytesBehind = gaps.reduce(follower.bytesBehind) { $0 + $1.end - $1.start }
        health.behind = behind(now, health.bytesBehind)
        health.redactions = redactions
        health.losses = totals.losses
        health.cutLines = totals.cutLines
        health.holeBytes = totals.holeBytes
        health.detail = detail(totals, note)
        if !packedProblem.isEmpty {
            health.state = .error(packedProblem)
        } else if let problem = follower.problem, problem != .packed {
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
        if !missed.isEmpty { parts.append("what was written before this room is being counted") }
        let unseen = gapLines.lines + missedLines.lines
        if unseen > 0 { parts.append("\(unseen) lines counted, not shown") }
        if !note.isEmpty { parts.append(note) }
        return parts.joined(separator: "; ")
    }
}
