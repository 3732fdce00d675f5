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
        let waiting = checkpoint.parts.filter { $0.to != nil }
        result.gaps = waiting.map(gap)
        defer { result.gaps = joined(result.gaps) }
        guard let current else {
            if problem == .absent {
                result.gaps += missed(followed, waiting, since: checkpoint.time, now)
            } else {
                // Not readable now: it is read on from where it was.
                for part in followed { ledger.remember(part.trace) }
            }
            return result
        }
        let opening = current.offset
        if let last = followed.last, let here = LogContent.of(current.file, path: path),
            last.trace.isRead(of: here)
        {
            followed.removeLast()
            result.generation = current.generation
            result.countedTo = last.from
            result.olderEnd = checkpoint.olderEnd
            result.gaps += missed(followed, waiting, since: nil, now)
            if last.from < opening {
                // Its first line may have been unfinished when it was seen.
                var trace = last.trace
                trace.generation = current.generation
                result.gaps.append(piece(trace, last.from, opening))
            }
            return result
        }
        result.gaps += missed(followed, waiting, since: checkpoint.time, now)
        if opening > 0 { result.gaps.append(piece(current.trace, 0, opening)) }
        return result
    }

    /// Older files beside the log that were there when following began, newest first.
    package func olderFiles(limit: Int) -> [FollowCheckpoint.Part] {
        var found: [FollowCheckpoint.Part] = []
        for content in RotatedNames.contents(besides: path) where found.count < limit {
            guard !content.head.isEmpty else { continue }
            if isOpen(content) {
                found = []
                continue
            }
            let end = content.isPacked ? nil : Optional(content.size)
            let part = FollowCheckpoint.Part(trace: content.trace, from: 0, to: end)
            // Twice beside each other while it is being copied or packed.
            if found.last?.trace.head != part.trace.head { found.append(part) }
        }
        return found
    }

    /// Packed files that came since the last call and hold what nobody read: rotated and packed
    /// between two looks. The first call finds none.
    package func unseenPacked(isFirst: Bool) -> [FollowGap] {
        var gaps: [FollowGap] = []
        for name in RotatedNames.withPacked(besides: path) {
            guard case .success(let facts) = FileFacts.of(path: name),
                packedSeen.insert(FileLedger.Key(device: facts.device, inode: facts.inode))
                    .inserted,
                !isFirst, let content = LogContent.open(name), content.isPacked,
                !content.head.isEmpty, !isKnown(head: content.head)
            else { continue }
            gaps.append(piece(content.trace, 0, .max))
        }
        return gaps
    }

    private func isOpen(_ content: LogContent) -> Bool {
        openFiles.contains { $0.file.isSame(as: content.facts) }
    }

    private func isKnown(head: [UInt8]) -> Bool {
        let heads = openFiles.map(\.content.head) + former.map(\.content.head)
        return heads.contains { !$0.isEmpty && head.starts(with: $0) } || ledger.knows(head: head)
    }

    /// A reader of what stands before `end` in the file that has the log's name.
    package func historyReader(before end: Int64) -> HistoryReader? {
        current.map {
            HistoryReader(
                file: $0.file, end: end, generation: $0.generation,
                lineBytesMax: limits.lineBytesMax)
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

    /// How much earlier than written a file may say it was: the kernel's clock for files goes in
    /// steps. Files of the time before are still open when a checkpoint is made.
    private static let clockStep: Duration = .milliseconds(50)

    /// The parts of earlier files that nobody counted: of those that were followed the rest, of
    /// those that came after them everything.
    /// - Parameters:
    ///   - waiting: gaps of which the rest is known.
    ///   - time: those written since are new; nil when none can be.
    private func missed(
        _ followed: [FollowCheckpoint.Part], _ waiting: [FollowCheckpoint.Part],
        since time: Timestamp?, _ now: ClockReading
    ) -> [FollowGap] {
        var found: [FollowGap] = []
        /// Files nobody knows, and which of `found` they are.
        var fresh: [(content: LogContent, index: Int)] = []
        // Of a file that was empty nothing is known, not even that its inode is still its own.
        var missing = followed.filter { $0.trace.head.count > 0 }
        let contents = followed.isEmpty ? [] : RotatedNames.contents(besides: path)
        for content in contents {
            if isOpen(content) {
                // It was rotated since it was opened: what came after it is followed already.
                (found, fresh) = ([], [])
                missing = followed.filter { $0.trace.head.count > 0 }
                continue
            }
            let end = content.isPacked ? .max : content.size
            // The same may have been counted in an earlier run, up to then: what came last holds.
            if let index = missing.lastIndex(where: { $0.trace.isRead(of: content) }) {
                let part = missing.remove(at: index)
                missing.removeAll { $0.from == .max && $0.trace.isRead(of: content) }
                if part.from < end { found.append(piece(part.trace, part.from, end)) }
                if missing.isEmpty { break }
                continue
            }
            guard let time, content.facts.modified >= time - Self.clockStep,
                !content.head.isEmpty, !waiting.contains(where: { $0.trace.isRead(of: content) })
            else { continue }
            fresh.append((content, found.count))
            found.append(piece(content.trace, 0, end))
        }
        for part in missing where part.from < .max {
            // So little was read that it may be any of them: the oldest one is next in time.
            if let last = fresh.last(where: { part.trace.mayBeRead(of: $0.content) }) {
                let end = last.content.isPacked ? .max : last.content.size
                found[last.index] = piece(last.content.trace, part.from, end)
                continue
            }
            notice = FollowText.goneBeforeCounted(path: path, from: part.from)
            lose(.unseen, now, nil, at: part.from, bytes: nil)
        }
        return found.reversed()
    }

    /// Gaps of which one begins where the one before it ends are one: a record may stand in both.
    private func joined(_ gaps: [FollowGap]) -> [FollowGap] {
        gaps.reduce(into: []) { joined, next in
            guard let last = joined.last?.part, last.to == next.part.from,
                last.trace.isSameContent(as: next.part.trace)
            else { return joined.append(next) }
            var part = next.part
            part.from = last.from
            joined[joined.count - 1] = gap(part)
        }
    }

    private func gap(_ part: FollowCheckpoint.Part) -> FollowGap {
        FollowGap(part, path: path, lineBytesMax: limits.lineBytesMax)
    }

    private func piece(_ trace: FileTrace, _ from: Int64, _ to: Int64) -> FollowGap {
        gap(FollowCheckpoint.Part(trace: trace, from: from, to: to))
    }
}
