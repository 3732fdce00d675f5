import Basics

/// Files of earlier rotations: those that lost the name while they were read, and those that were
/// never seen under it.
extension LogFollower {
    /// Reads the files that lost their name, oldest first.
    /// - Returns: whether newer files may be read in this turn.
    func readRetired(
        _ now: ClockReading, _ limit: Int, _ turn: inout Turn, _ sink: LineAssembler.Sink
    ) -> Bool {
        var index = 0
        while index < retired.count {
            inspectRetired(index, now, sink)
            let file = retired[index].file
            let before = turn.bytesRead
            let isAtEnd = read(file, now, limit, &turn, sink)
            if turn.bytesRead > before { retired[index].quietSince = now.boot }
            if isAtEnd, now.boot - retired[index].quietSince >= limits.rotationGrace {
                release(retired.remove(at: index).file, sink)
                continue
            }
            if !isAtEnd || turn.bytesRead >= limit {
                turn.wantsMore = true
                return false
            }
            index += 1
        }
        return true
    }

    /// Also an old file may have been emptied, before it lost the name.
    private func inspectRetired(_ index: Int, _ now: ClockReading, _ sink: LineAssembler.Sink) {
        let file = retired[index].file
        guard let fresh = inspect(file, now, sink) else { return }
        retired[index].file = fresh
        retired[index].quietSince = now.boot
        recover(file, now, sink)
    }

    private func release(_ file: FollowedFile, _ sink: LineAssembler.Sink) {
        flush(file, sink)
        Self.add(file, to: &counts)
        ledger.closed(file)
        remember(Former(content: file.content, unfinished: nil, wasTruncated: false))
    }

    /// Takes up files that were rotated away before they were ever seen under the log's name, that
    /// grew after they were let go, or that hold a copy of what was cut off before it was read.
    /// - Returns: whether there are any.
    func adoptSiblings(_ now: ClockReading, _ sink: LineAssembler.Sink) -> Bool {
        var adopted = false
        for sibling in RotatedNames.list(besides: path) {
            guard case .success(let facts) = FileFacts.of(path: sibling), facts.isRegular,
                facts.size > 0, !ledger.isDone(facts),
                case .success(let file) = OpenFile.open(sibling),
                let found = adopt(file, path: sibling)
            else { continue }
            guard makeRoom(now, sink) else { break }
            ledger.opened(file, by: path)
            retired.append(Retired(file: found, quietSince: now.boot))
            if found.offset == 0 { awaited -= 1 }
            adopted = true
        }
        return adopted
    }

    /// The file as it is to be read, or nil when there is nothing new in it.
    private func adopt(_ file: OpenFile, path: String) -> FollowedFile? {
        let size = file.facts?.size ?? 0
        switch ledger.standing(of: file) {
        case .open: return nil
        case .read(let trace), .history(let trace):
            guard size > trace.offset else { return nil }
            return FollowedFile(
                file, offset: trace.offset, lineBytesMax: limits.lineBytesMax,
                generation: trace.generation)
        case .unknown: break
        }
        if isCopyOfOpen(file, size: size) { return nil }
        if let part = formerPart(of: file, size: size) {
            return FollowedFile(
                file, offset: part.offset, lineBytesMax: limits.lineBytesMax,
                unfinished: part.unfinished)
        }
        if isBeginningOfFormer(file, size: size) {
            // Known from now on, also when so much came since that the content is forgotten.
            ledger.remember(
                FollowedFile(file, offset: size, lineBytesMax: limits.lineBytesMax),
                isHistory: true)
            return nil
        }
        if ContentCheck.refusal(file, path: path) != nil { return nil }
        return FollowedFile(file, offset: 0, lineBytesMax: limits.lineBytesMax)
    }

    /// How far the content of `file` was read already in another one, now closed, and the line
    /// that goes on there.
    private func formerPart(of file: OpenFile, size: Int64)
        -> (offset: Int64, unfinished: LineAssembler?)?
    {
        for index in former.indices where canBeCopied(former[index]) {
            guard case .same = former[index].content.compare(file, size: size) else { continue }
            defer { former[index].unfinished = nil }
            return (former[index].content.offset, former[index].unfinished)
        }
        return nil
    }

    /// The same also for the file that just lost the name: an editor saves all of it anew and puts
    /// that in its place, a mount comes back with other numbers.
    func continuedPart(of file: OpenFile) -> (offset: Int64, unfinished: LineAssembler?)? {
        let size = file.facts?.size ?? 0
        for entry in retired.reversed() where entry.file.offset >= Self.leastCopy {
            guard case .same = entry.file.content.compare(file, size: size) else { continue }
            return (entry.file.offset, entry.file.handOver())
        }
        return formerPart(of: file, size: size)
    }

    private func isBeginningOfFormer(_ file: OpenFile, size: Int64) -> Bool {
        former.contains { former in
            guard former.wasTruncated, canBeCopied(former) else { return false }
            if case .shorter = former.content.compare(file, size: size) { return true }
            return false
        }
    }

    /// Little text may be the same by chance; where a file was emptied in place a copy is likely.
    private func canBeCopied(_ former: Former) -> Bool {
        former.content.offset >= (former.wasTruncated ? 1 : Self.leastCopy)
    }

    /// A copy of a file that is being read, perhaps still growing: the original is enough.
    private func isCopyOfOpen(_ file: OpenFile, size: Int64) -> Bool {
        let head = file.bytes(at: 0, count: ReadContent.headBytesMax)
        return openFiles.contains { open in
            let original = open.content.head
            guard !original.isEmpty, original.starts(with: head) || head.starts(with: original)
            else { return false }
            let openSize = open.file.facts?.size ?? 0
            if size <= openSize {
                let count = Int(min(size, 4096))
                let end = open.file.bytes(at: size - Int64(count), count: count)
                if end == file.bytes(at: size - Int64(count), count: count) { return true }
            }
            // The original may have been cut since it was looked at.
            switch open.content.compare(file, size: size) {
            case .same: return openSize < open.offset || open.offset >= Self.leastCopy
            case .shorter: return openSize < open.offset
            case .other: return false
            }
        }
    }

    /// Lets the longest quiet old file go when as many are open as may be: it was read to its end,
    /// and is found again by its name should it grow.
    /// - Returns: false when each of them has more to be read, which comes first.
    private func makeRoom(_ now: ClockReading, _ sink: LineAssembler.Sink) -> Bool {
        guard retired.count >= limits.retiredFilesMax else { return true }
        guard let index = retired.firstIndex(where: { $0.file.bytesBehind == 0 }) else {
            siblingScans = Self.siblingScansAfterChange
            return false
        }
        release(retired.remove(at: index).file, sink)
        return true
    }

    /// Sets the current file aside. When too many wait unread the oldest is let go and counted.
    func retireCurrent(_ now: ClockReading, _ sink: LineAssembler.Sink) {
        guard let file = current else { return }
        if !makeRoom(now, sink) {
            let oldest = retired.removeFirst().file
            notice = FollowText.released(unread: oldest.bytesBehind)
            lose(.released, now, oldest, bytes: oldest.bytesBehind)
            release(oldest, sink)
        }
        current = nil
        retired.append(Retired(file: file, quietSince: now.boot))
        siblingScans = Self.siblingScansAfterChange
    }

    /// Files that had the name, were seen by nobody else, and are found nowhere now.
    func tellUnseen(_ now: ClockReading) {
        guard awaited > 0, problem == nil, current != nil else { return }
        notice = FollowText.unseen(awaited)
        lose(.unseen, now, nil, bytes: nil)
        awaited = 0
    }

    /// What earlier rotations left is not read: it was there before. A log that appeared while
    /// others were followed may have been rotated before it was seen.
    func rememberSiblings() {
        for sibling in RotatedNames.list(besides: path) {
            if case .beginning = start, case .success(let facts) = FileFacts.of(path: sibling),
                facts.modified >= ledger.began
            {
                siblingScans = Self.siblingScansAfterChange
                continue
            }
            guard case .success(let file) = OpenFile.open(sibling),
                case .unknown = ledger.standing(of: file)
            else { continue }
            let end = FollowedFile(
                file, offset: file.facts?.size ?? 0, lineBytesMax: limits.lineBytesMax)
            ledger.remember(end, isHistory: true)
        }
    }
}
