import Basics
import Logs

/// Going on after a restart.
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
        missed = resumption.gaps
        // What is left of them waits as gaps; the next run must not take them for unseen files.
        let followed = state.checkpoint.parts.filter { $0.to == nil }
        let isFollowed = follower.modified == nil || resumption.generation != 0
        let gone = isFollowed ? followed.dropLast() : followed[...]
        countedParts = gone.suffix(Self.olderFilesMax).map {
            FollowCheckpoint.Part(trace: $0.trace, from: .max)
        }
        lastPart = state.checkpoint.parts.last { $0.to == nil }
        // While the name is away the rest of that file is a gap: nothing of it is left here.
        if follower.modified == nil, !missed.isEmpty { lastPart?.from = .max }
        reader.restore(lines: state.lines, redactions: state.redactions)
    }

    /// Whether the line there was counted by an earlier run.
    func isKnown(_ offset: Int64) -> Bool {
        guard let resumption, offset < resumption.countedTo else { return false }
        return follower.generation == resumption.generation
    }

    /// Up to where each part of the log is counted.
    func state() -> LogState.Source {
        settleGap()
        var checkpoint = follower.checkpoint(lookedAt, held: reader.openPlace)
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
        // Of a file that is still followed that says it, and where.
        let counted = countedParts.filter { part in
            !checkpoint.parts.contains { $0.trace.isSameContent(as: part.trace) }
        }
        let waiting = waitingParts(followedFrom: checkpoint.parts.last)
        checkpoint.parts.insert(contentsOf: waiting + counted, at: 0)
        checkpoint.olderEnd = isHistoryOfCurrent ? history?.end : nil
        return LogState.Source(
            lines: lines - openLines,
            redactions: redactions - openRedactions, checkpoint: checkpoint)
    }

    /// Physical lines that were counted.
    var lines: Int { reader.lines + gapLines.lines + missedLines.lines }

    /// Secrets that were blanked.
    var redactions: Int {
        reader.redactions + historyLines.redactions + gapLines.redactions
            + missedLines.redactions
    }

    /// What was missed or passed over and is not counted yet.
    private func waitingParts(followedFrom last: FollowCheckpoint.Part?)
        -> [FollowCheckpoint.Part]
    {
        var parts = missed.map(\.part)
        // A record that is not complete is not counted.
        if let open = missedLines.openPlace, !parts.isEmpty,
            parts[0].trace.generation == open.generation
        {
            parts[0].from = min(parts[0].from, open.offset)
        }
        parts += gaps.compactMap { follower.remainder(of: $0) }
        // What may be the rest of a record belongs to the gap, until it is known to be none.
        if reader.awaitsHead, let last, let gap = parts.last, let to = gap.to, to < last.from,
            gap.trace.isSameContent(as: last.trace), to >= (isOpening ? follower.historyEnd : 0)
        {
            parts[parts.count - 1].to = last.from
        }
        return parts
    }

    /// Counts one slice of what was written while nobody read.
    func readMissed(
        _ gap: FollowGap, _ reading: ClockReading, zoneOffset: Int, into intake: LineIntake
    ) {
        let now = reading.wall
        let context = TimeContext(
            reference: min(gap.modified ?? follower.modified ?? now, now), zoneOffset: zoneOffset)
        let generation = gap.part.trace.generation
        gap.next(bytes: limits.olderHistorySliceBytes) { line, offset, omitted, isBefore in
            let place = LogPlace(source: self.id, generation: generation, offset: offset)
            self.missedLines.takePassedOver(
                line, at: place, omitted: omitted, isBefore: isBefore, context, now: now,
                into: intake)
        }
        guard gap.isDone else { return }
        missedLines.endPassedOver(now, into: intake)
        if !gap.problem.isEmpty { follower.lose(gap, now) }
        // The next run must not take it for a file that nobody saw.
        let counted = FollowCheckpoint.Part(trace: gap.part.trace, from: .max)
        countedParts = (countedParts + [counted]).suffix(Self.olderFilesMax)
        missed.removeFirst()
    }
}
