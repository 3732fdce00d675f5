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
            let file = retired[index].file
            if hasChanged(file, now) {
                release(retired.remove(at: index).file, sink)
                continue
            }
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

    /// An old file that somebody emptied or rewrote holds nothing of this log any more.
    private func hasChanged(_ file: FollowedFile, _ now: ClockReading) -> Bool {
        let unread = max(0, (file.known?.size ?? 0) - file.offset)
        guard case .none = file.inspect(now.wall) else {
            if unread > 0 {
                notice = FollowText.rewritten(at: file.offset, unread: unread)
                lose(.rewritten, now, file, bytes: nil)
            }
            return true
        }
        return false
    }

    private func release(_ file: FollowedFile, _ sink: LineAssembler.Sink) {
        flush(file, sink)
        Self.add(file, to: &counts)
        ledger.closed(file.trace)
        remember(Former(content: file.content, unfinished: nil, wasTruncated: false))
    }

    /// Takes up files that were rotated away before they were ever seen under the log's name, that
    /// grew after they were let go, or that hold a copy of what was cut off before it was read.
    /// - Returns: whether there are any.
    func adoptSiblings(_ now: ClockReading, _ sink: LineAssembler.Sink) -> Bool {
        var adopted = false
        for sibling in RotatedNames.list(besides: path) {
            guard case .success(let facts) = FileFacts.of(path: sibling), facts.isRegular,
                facts.size > 0, !ledger.isOpen(facts),
                case .success(let file) = OpenFile.open(sibling),
                let found = adopt(file, path: sibling)
            else { continue }
            guard makeRoom(now, sink) else { break }
            ledger.opened(file, by: path)
            retired.append(Retired(file: found, quietSince: now.boot))
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
        for index in former.indices where canBeCopied(former[index]) {
            switch former[index].content.compare(file, size: size) {
            case .same:
                let unfinished = former[index].unfinished
                former[index].unfinished = nil
                return FollowedFile(
                    file, offset: former[index].content.offset, lineBytesMax: limits.lineBytesMax,
                    unfinished: unfinished)
            case .shorter where former[index].wasTruncated: return nil
            case .shorter, .other: break
            }
        }
        if ContentCheck.refusal(file, path: path) != nil { return nil }
        return FollowedFile(file, offset: 0, lineBytesMax: limits.lineBytesMax)
    }

    /// Little text may be the same by chance; where a file was emptied in place a copy is likely.
    private func canBeCopied(_ former: Former) -> Bool {
        former.content.offset >= (former.wasTruncated ? 1 : 256)
    }

    /// A copy of a file that is being read, perhaps still growing: the original is enough.
    private func isCopyOfOpen(_ file: OpenFile, size: Int64) -> Bool {
        openFiles.contains { open in
            if open.content.head.isEmpty { return false }
            switch open.content.compare(file, size: size) {
            case .same: return true
            case .other: return false
            case .shorter:
                let count = Int(min(size, 4096))
                let end = open.file.bytes(at: size - Int64(count), count: count)
                return end == file.bytes(at: size - Int64(count), count: count)
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

    /// What earlier rotations left is not read: it was there before.
    func rememberSiblings() {
        for sibling in RotatedNames.list(besides: path) {
            guard case .success(let file) = OpenFile.open(sibling),
                case .unknown = ledger.standing(of: file)
            else { continue }
            let end = FollowedFile(
                file, offset: file.facts?.size ?? 0, lineBytesMax: limits.lineBytesMax)
            ledger.remember(end.trace, isHistory: true)
        }
    }
}
