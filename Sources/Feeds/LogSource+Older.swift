import Basics
import Logs

/// What is not in the ring: unfinished lines, what was passed over, older history.
extension LogSource {
    /// The record that the unfinished last line is or ends, or nil.
    func provisional(_ now: Timestamp, zoneOffset: Int) -> LogRecord? {
        guard let partial = follower.provisional else { return nil }
        let context = TimeContext(reference: now, zoneOffset: zoneOffset)
        return reader.provisional(partial.bytes.span, at: place(partial.offset), context)
    }

    /// Reads one slice of what was missed or passed over, or else of older history.
    /// - Returns: whether there is more that should be read.
    func readOlder(_ reading: ClockReading, zoneOffset: Int, into intake: LineIntake) -> Bool {
        settleGap()
        if let gap = missed.first {
            readMissed(gap, reading, zoneOffset: zoneOffset, into: intake)
        } else if let gap = gaps.first, !(gapAwaitsHead && gaps.count == 1) {
            readPassedOver(gap, reading, zoneOffset: zoneOffset, into: intake)
        } else if let history {
            readHistory(history, reading.wall, zoneOffset: zoneOffset, into: intake)
        } else {
            openOlder()
        }
        return hasOlder
    }

    private func readHistory(
        _ part: HistoryReader, _ now: Timestamp, zoneOffset: Int, into intake: LineIntake
    ) {
        let endBefore = part.end
        let context = TimeContext(
            reference: min(historyModified ?? follower.modified ?? now, now),
            zoneOffset: zoneOffset)
        let records = historyLines.older(
            part, bytes: limits.olderHistorySliceBytes, context, into: intake)
        // Lines without any time say nothing about when: they would only blur the minutes.
        for record in records where !record.timeIsAssumed || record.time < context.reference {
            intake.countOlder(record, now: now)
        }
        let oldest = records.first { !$0.timeIsAssumed }?.time
        let isOldEnough = oldest.map { $0 < now - limits.olderHistorySpan } ?? true
        olderBytes += endBefore - part.end
        if isOldEnough || olderBytes >= limits.olderHistoryBytesMax {
            history = nil
            olderFiles = []
        } else if part.isAtStart {
            history = nil
        }
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
        guard !isOpening else { return false }
        return gaps.count > (gapAwaitsHead && reader.firstHead == nil ? 1 : 0)
            || !missed.isEmpty || history != nil || olderFile != nil || !olderFiles.isEmpty
    }
}

// MARK: - Packed files

extension LogSource {
    /// After rotations: files that were rotated and packed before anybody saw them.
    func lookForPacked(_ bytesRead: Int64) {
        let rotations = follower.counts.rotations
        if rotations != rotationsSeen {
            rotationsSeen = rotations
            packedScans = 2
        }
        guard packedScans > 0, bytesRead == 0, !isOpening else { return }
        packedScans -= 1
        missed += follower.unseenPacked(isFirst: false)
    }

    /// Unpacks a file that is named as a log and shows its end; once, unless it grows.
    /// - Returns: whether there is more to do at once.
    func readPacked(_ now: ClockReading, _ context: TimeContext, into intake: LineIntake) -> Bool {
        if packed == nil {
            guard case .success(let facts) = FileFacts.of(path: path), facts != packedFacts,
                let content = LogContent.open(path), content.isPacked
            else { return false }
            packedFacts = facts
            if let part = lastPart, packedProblem.isEmpty, !isOpening,
                part.trace.isRead(of: content)
            {
                missed.append(
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
        let context = TimeContext(
            reference: min(packed.modified ?? now.wall, now.wall), zoneOffset: context.zoneOffset)
        showPacked(packed, context, now.wall, into: intake)
        return false
    }

    private func showPacked(
        _ file: OlderFile, _ context: TimeContext, _ now: Timestamp, into intake: LineIntake
    ) {
        let trace = file.trace
        let isKnown = lastPart.map { $0.trace.head == trace.head } ?? false
        lastPart = FollowCheckpoint.Part(trace: trace, from: trace.offset)
        guard let part = file.reader else { return }
        let before = reader.lines
        let bytes = limits.openingHistoryBytesMax
        let records =
            isKnown
            ? historyLines.older(part, bytes: bytes, context, into: intake)
            : reader.older(part, bytes: bytes, context, into: intake)
        intake.countLine(reader.lines - before)
        for record in records { intake.stage(record, isKnown: isKnown, now: now) }
        guard !isKnown else { return }
        history = part
        historyModified = file.modified
        isHistoryOfCurrent = false
    }
}
