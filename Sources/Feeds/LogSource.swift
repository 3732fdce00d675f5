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
    /// What an earlier run counted; nil for a log that it did not know.
    private var resumption: LogFollower.Resumption?
    private var gapLines: LineReader
    /// What was passed over and is to be counted, oldest first.
    private var gaps: [FollowGap] = []
    /// Files of earlier rotations that are still to be read for older history, newest first.
    private var olderFiles: [FollowCheckpoint.Part] = []
    private var olderFile: OlderFile?
    private var olderBytes: Int64 = 0
    /// `history` is that of the file that is followed.
    private var isHistoryOfCurrent = true
    private var historyModified: Timestamp?
    /// A packed file that is named as a log, while it is unpacked, and as it was read.
    private var packed: OlderFile?
    private var packedFacts: FileFacts?
    private var packedProblem = ""
    private var rotationsSeen = 0
    /// When the names were looked at last: a file that was written since may have come and gone.
    private var lookedAt: Timestamp
    private var packedScans = 0
    /// Files that were passed over and are counted by now.
    private var countedParts: [FollowCheckpoint.Part] = []
    private static let olderFilesMax = 16
    /// Bytes that are unpacked at once, a few milliseconds.
    private static let unpackedBytesMax = 1 << 20
    /// The last file that was followed, while there is none.
    private var lastPart: FollowCheckpoint.Part?

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
        gapLines = reader
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
    /// - Returns: whether more can be read at once.
    func turn(_ now: ClockReading, zoneOffset: Int, into intake: LineIntake) -> Bool {
        lookedAt = now.wall
        let isSkipping = follower.bytesBehind > limits.bytesBehindBeforeSkipping && !isOpening
        let reference = isOpening ? min(follower.modified ?? now.wall, now.wall) : now.wall
        let context = TimeContext(reference: reference, zoneOffset: zoneOffset)
        // The newest lines of all files come in one cycle, so that they are merged by time.
        let limit =
            isOpening
            ? max(limits.bytesPerTurnMax, limits.openingHistoryBytesMax) : limits.bytesPerTurnMax
        let turn = follower.turn(now: now, limit: limit) { line, offset, omitted in
            self.reader.take(
                line, at: self.place(offset), omitted: omitted, isSkipping: isSkipping,
                isCounted: self.isCounted(offset), context, now: now.wall, into: intake)
        }
        if follower.problem == .packed { return readPacked(now, context, into: intake) }
        lookForPacked(turn.bytesRead)
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
        if let resumption {
            history = resumption.olderEnd.flatMap { follower.historyReader(before: $0) }
        } else {
            history = follower.historyReader()
        }
        isHistoryOfCurrent = true
        if resumption == nil {
            olderFiles = follower.olderFiles(limit: Self.olderFilesMax)
        }
    }

    /// After rotations: files that were rotated and packed before anybody saw them.
    private func lookForPacked(_ bytesRead: Int64) {
        let rotations = follower.counts.rotations
        if rotations != rotationsSeen {
            rotationsSeen = rotations
            packedScans = 2
        }
        guard packedScans > 0, bytesRead == 0, !isOpening else { return }
        packedScans -= 1
        gaps += follower.unseenPacked(isFirst: false)
    }

    /// Unpacks a file that is named as a log and shows its end; once, unless it grows.
    /// - Returns: whether there is more to do at once.
    private func readPacked(
        _ now: ClockReading, _ context: TimeContext, into intake: LineIntake
    ) -> Bool {
        if packed == nil {
            guard case .success(let facts) = FileFacts.of(path: path), facts != packedFacts,
                let content = LogContent.open(path), content.isPacked
            else { return false }
            packedFacts = facts
            if let part = lastPart, packedProblem.isEmpty, !isOpening,
                part.trace.isRead(of: content)
            {
                gaps.append(
                    FollowGap(
                        FollowCheckpoint.Part(trace: part.trace, from: part.from, to: .max),
                        path: path, lineBytesMax: limits.lineBytesMax))
                return false
            }
            packed = OlderFile(
                packed: content, lineBytesMax: limits.lineBytesMax,
                keptBytesMax: limits.openingHistoryBytesMax + Int(limits.olderHistoryBytesMax))
        }
        guard let packed, packed.prepare(bytes: Self.unpackedBytesMax) else { return true }
        self.packed = nil
        isOpening = false
        packedProblem = packed.problem
        lastData = packed.modified.map { min($0, now.wall) }
        let trace = packed.trace
        let isCounted = lastPart.map { $0.trace.head == trace.head } ?? false
        let context = TimeContext(
            reference: min(packed.modified ?? now.wall, now.wall), zoneOffset: context.zoneOffset)
        packed.reader?.previous(bytes: limits.openingHistoryBytesMax) { line, offset, omitted in
            let place = LogPlace(source: self.id, generation: trace.generation, offset: offset)
            self.reader.take(
                line, at: place, omitted: omitted, isSkipping: false, isCounted: isCounted,
                context, now: now.wall, into: intake)
        }
        lastPart = FollowCheckpoint.Part(trace: trace, from: trace.offset)
        guard !isCounted else { return false }
        history = packed.reader
        historyModified = packed.modified
        isHistoryOfCurrent = false
        return false
    }

    private func place(_ offset: Int64) -> LogPlace {
        LogPlace(source: id, generation: follower.generation, offset: offset)
    }
}

// MARK: - Across restarts

extension LogSource {
    /// Opens the log without reading it.
    func look(_ now: ClockReading) {
        follower.look(now: now)
        _ = follower.unseenPacked(isFirst: true)
    }

    /// Goes on where another run of the program was. Call it after `look`, before the first turn.
    func resume(_ state: LogState.Source, _ now: ClockReading) {
        guard !state.checkpoint.parts.isEmpty else { return }
        let resumption = follower.resume(state.checkpoint, now: now)
        self.resumption = resumption
        gaps = resumption.gaps
        countedParts = state.checkpoint.parts.filter { $0.to == nil && $0.from == .max }
        lastPart = state.checkpoint.parts.last { $0.to == nil }
        // While the name is away the rest of that file is a gap: nothing of it is left here.
        if follower.modified == nil, !gaps.isEmpty { lastPart?.from = .max }
        reader.restore(lines: state.lines, redactions: state.redactions)
    }

    private func isCounted(_ offset: Int64) -> Bool {
        guard let resumption, offset < resumption.countedTo else { return false }
        return follower.generation == resumption.generation
    }

    /// Up to where each part of the log is counted.
    func state() -> LogState.Source {
        var checkpoint = follower.checkpoint(lookedAt)
        if let resumption, let last = checkpoint.parts.indices.last,
            checkpoint.parts[last].trace.generation == resumption.generation
        {
            let from = checkpoint.parts[last].from
            checkpoint.parts[last].from = max(from, resumption.countedTo)
        }
        if let last = checkpoint.parts.last {
            lastPart = last
        } else if let lastPart {
            checkpoint.parts = [lastPart]
        }
        checkpoint.parts.insert(contentsOf: gaps.map(\.part) + countedParts, at: 0)
        checkpoint.olderEnd = isHistoryOfCurrent ? history?.end : nil
        return LogState.Source(
            lines: reader.lines + gapLines.lines,
            redactions: reader.redactions + historyLines.redactions + gapLines.redactions,
            checkpoint: checkpoint)
    }

    /// Counts one slice of what was written while nobody read.
    private func readGap(
        _ gap: FollowGap, _ now: Timestamp, zoneOffset: Int, into intake: LineIntake
    ) {
        let context = TimeContext(
            reference: min(gap.modified ?? follower.modified ?? now, now), zoneOffset: zoneOffset)
        let generation = gap.part.trace.generation
        gap.next(bytes: limits.olderHistorySliceBytes) { line, offset, omitted, isBefore in
            let place = LogPlace(source: self.id, generation: generation, offset: offset)
            if isBefore {
                _ = self.gapLines.record(line, at: place, omitted: omitted, context, noting: nil)
            } else {
                self.gapLines.takePassedOver(
                    line, at: place, omitted: omitted, context, now: now, into: intake)
            }
        }
        guard gap.isDone else { return }
        if !gap.problem.isEmpty { follower.lose(gap, now) }
        // The next run must not take it for a file that nobody saw.
        let counted = FollowCheckpoint.Part(trace: gap.part.trace, from: .max)
        countedParts = (countedParts + [counted]).suffix(Self.olderFilesMax)
        gaps.removeFirst()
        gapLines.beginSlice()
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
        if let gap = gaps.first {
            readGap(gap, now, zoneOffset: zoneOffset, into: intake)
            return hasOlder
        }
        guard let history else {
            openOlder()
            return hasOlder
        }
        let endBefore = history.end
        let context = TimeContext(
            reference: min(historyModified ?? follower.modified ?? now, now),
            zoneOffset: zoneOffset)
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
        olderBytes += endBefore - history.end
        if isOldEnough || olderBytes >= limits.olderHistoryBytesMax {
            self.history = nil
            olderFiles = []
        } else if history.isAtStart {
            self.history = nil
        }
        return hasOlder
    }

    /// Goes on with the next older file.
    private func openOlder() {
        guard olderFile != nil || !olderFiles.isEmpty else { return }
        let file =
            olderFile
            ?? OlderFile(
                olderFiles.removeFirst(), path: path, lineBytesMax: limits.lineBytesMax,
                keptBytesMax: Int(limits.olderHistoryBytesMax - olderBytes))
        olderFile = file
        guard file.prepare(bytes: Self.unpackedBytesMax) else { return }
        olderFile = nil
        history = file.reader
        historyModified = file.modified
        isHistoryOfCurrent = false
    }

    var hasOlder: Bool {
        history != nil || !gaps.isEmpty || olderFile != nil || !olderFiles.isEmpty
    }

    func health(_ now: Timestamp, note: String) -> SourceHealth {
        let totals = follower.totals
        var health = SourceHealth(id: id, kind: spec.kindWord, path: path)
        health.lastData = lastData
        health.linesTotal = reader.lines + gapLines.lines
        health.linesDropped = reader.dropped
        health.bytesBehind = follower.bytesBehind
        health.redactions =
            reader.redactions + historyLines.redactions + gapLines.redactions
        health.losses = totals.losses
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
