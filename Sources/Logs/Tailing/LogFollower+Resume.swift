import Basics

/// Going on after a restart.
extension LogFollower {
    /// What was counted before, what was not, in terms of the files that are there now.
    package struct Resumption {
        /// Lines of the current file before it were counted.
        package var countedTo: Int64 = 0
        /// Which file that is.
        package var generation: UInt64 = 0
        /// To be counted, oldest first.
        package var gaps: [FollowGap] = []
        package var olderEnd: Int64?
        package init() {}
    }

    /// Where the counting of lines stands.
    /// - Parameter held: a record that is not complete and so not counted begins there.
    package func checkpoint(_ now: Timestamp, held: LogPlace? = nil) -> FollowCheckpoint {
        let parts = openFiles.map { file in
            var from = file.assembler.unfinishedOffset ?? file.offset
            if let held, held.generation == file.generation { from = min(from, held.offset) }
            return FollowCheckpoint.Part(trace: file.trace, from: from)
        }
        return FollowCheckpoint(time: now, parts: parts)
    }

    /// Compares what was followed before with what is there. Call it after the first `look`.
    package func resume(_ checkpoint: FollowCheckpoint, now: ClockReading) -> Resumption {
        var result = Resumption()
        var followed = checkpoint.parts.filter { $0.to == nil }
        result.gaps = checkpoint.parts.filter { $0.to != nil }.map(gap)
        guard let current else {
            // The name is away: those that were followed are read on from where they were.
            for part in followed { ledger.remember(part.trace) }
            namesChanged()
            return result
        }
        let opening = current.offset
        if let last = followed.last, let here = LogContent.open(path), last.trace.isRead(of: here) {
            followed.removeLast()
            result.generation = current.generation
            result.countedTo = last.from
            result.olderEnd = checkpoint.olderEnd
            result.gaps += missed(followed, since: nil, now)
            if last.from < opening { result.gaps.append(piece(last.trace, last.from, opening)) }
            return result
        }
        result.gaps += missed(followed, since: checkpoint.time, now)
        if opening > 0 { result.gaps.append(piece(current.trace, 0, opening)) }
        return result
    }

    /// A reader of what stands before `end` in the file that has the log's name.
    package func historyReader(before end: Int64) -> HistoryReader? {
        current.map {
            HistoryReader(file: $0.file, end: end, lineBytesMax: limits.lineBytesMax)
        }
    }

    /// Counts what became of a gap as a possible loss.
    package func lose(_ gap: FollowGap, _ now: Timestamp) {
        notice = gap.problem
        counts.losses.note(
            FollowLoss(
                number: 0, at: now, path: path, generation: gap.part.trace.generation,
                offset: gap.part.from, reason: .unseen, bytesUnread: nil, sentence: gap.problem))
    }

    /// The parts of earlier files that nobody counted: of those that were followed the rest, of
    /// those that came after them everything.
    /// - Parameter time: those written since are new; nil when none can be.
    private func missed(
        _ followed: [FollowCheckpoint.Part], since time: Timestamp?, _ now: ClockReading
    ) -> [FollowGap] {
        var found: [FollowGap] = []
        var missing = followed
        let names = missing.isEmpty ? [] : RotatedNames.withPacked(besides: path)
        for name in names.reversed() {
            guard let content = LogContent.open(name) else { continue }
            let end = content.isPacked ? .max : content.size
            if let index = missing.firstIndex(where: { $0.trace.isRead(of: content) }) {
                let part = missing.remove(at: index)
                found.append(piece(part.trace, part.from, end))
                if missing.isEmpty { break }
                continue
            }
            guard let time, content.facts.modified >= time, !content.head.isEmpty else { continue }
            let whole = FileTrace(
                device: content.facts.device, inode: content.facts.inode, generation: 0, offset: 0,
                head: Fingerprint(content.head), tail: Fingerprint([]))
            found.append(piece(whole, 0, end))
        }
        for part in missing where part.trace.offset > 0 {
            notice = FollowText.goneBeforeCounted(path: path, from: part.from)
            lose(.unseen, now, nil, at: part.from, bytes: nil)
        }
        return found.reversed()
    }

    private func gap(_ part: FollowCheckpoint.Part) -> FollowGap {
        FollowGap(part, path: path, lineBytesMax: limits.lineBytesMax)
    }

    private func piece(_ trace: FileTrace, _ from: Int64, _ to: Int64) -> FollowGap {
        gap(FollowCheckpoint.Part(trace: trace, from: from, to: to))
    }
}
