import Basics

/// Which file the name means.
extension LogFollower {
    func examine(_ now: ClockReading, _ sink: LineAssembler.Sink) {
        if isFirstLook { rememberSiblings() }
        defer { isFirstLook = false }
        switch FileFacts.of(path: path) {
        case .failure(let error):
            problem = FollowText.problem(error, path: path)
            inspectCurrent(now, sink)
            if problem == .absent {
                if isFirstLook { start = .beginning }
                retireCurrent(now, sink)
            }
        case .success(let facts) where !facts.isRegular:
            problem = .refused(FollowText.notRegular(facts.kind, path: path))
            retireCurrent(now, sink)
        case .success(let facts):
            if let current, current.file.isSame(as: facts) {
                problem = nil
                inspectCurrent(now, sink)
            } else {
                // First: what it held may be in a copy, which must be known as one.
                inspectCurrent(now, sink)
                retireCurrent(now, sink)
                take(now, sink)
            }
        }
    }

    /// The name means another file than before, or one for the first time.
    private func take(_ now: ClockReading, _ sink: LineAssembler.Sink) {
        switch OpenFile.open(path) {
        case .failure(.system(let error)):
            problem = FollowText.problem(error, path: path)
        case .failure(.notRegular(let kind)):
            problem = .refused(FollowText.notRegular(kind, path: path))
        case .success(let file):
            if let index = retired.firstIndex(where: { $0.file.file.isSame(as: file) }) {
                // It was away for a moment and has its name again.
                current = retired.remove(at: index).file
                problem = nil
                awaited -= 1
                return
            }
            take(file, now, sink)
        }
    }

    private func take(_ file: OpenFile, _ now: ClockReading, _ sink: LineAssembler.Sink) {
        var trace: FileTrace?
        switch ledger.standing(of: file) {
        case .open(let other):
            problem = .readElsewhere(other)
            return
        case .read(let known): trace = known
        case .history, .unknown: break
        }
        if trace == nil, file.bytes(at: 0, count: 2) == LogContent.packedMagic {
            problem = .packed
            return
        }
        if trace == nil, let refusal = ContentCheck.refusal(file, path: path) {
            problem = .refused(refusal)
            return
        }
        problem = nil
        let part = trace == nil ? continuedPart(of: file) : nil
        ledger.opened(file, by: path)
        current = FollowedFile(
            file, offset: trace?.offset ?? part?.offset ?? openingOffset(file),
            lineBytesMax: limits.lineBytesMax, generation: trace?.generation,
            unfinished: part?.unfinished)
        start = .beginning
        if hadFile {
            counts.rotations += 1
            notice = FollowText.rotated(counts.rotations)
        }
        hadFile = true
        if !isFirstLook {
            awaited -= 1
            siblingScans = Self.siblingScansAfterChange
            _ = adoptSiblings(now, sink)
        }
    }

    private func openingOffset(_ file: OpenFile) -> Int64 {
        guard case .end = start, let size = file.facts?.size else { return 0 }
        let from = size - Int64(limits.openingHistoryBytesMax)
        guard from > 0 else { return 0 }
        historyEnd = LineStart.after(from - 1, in: file, size: size) ?? size
        return historyEnd
    }

    private func inspectCurrent(_ now: ClockReading, _ sink: LineAssembler.Sink) {
        guard let file = current, let fresh = inspect(file, now, sink) else { return }
        current = fresh
        recover(file, now, sink)
    }

    /// Compares a file with what was read of it, and tells what became of it.
    /// - Returns: the file to be read from its start, when other content stands in it.
    func inspect(_ file: FollowedFile, _ now: ClockReading, _ sink: LineAssembler.Sink)
        -> FollowedFile?
    {
        let sizeBefore = file.known?.size ?? 0
        let change = file.inspect(now.wall)
        if case .none = change { return nil }
        counts.truncations += 1
        if case .cutShort(let from) = change {
            notice = FollowText.cutShort(from: from, to: file.offset)
            lose(.cutShort, now, file, at: from, bytes: nil)
            return nil
        }
        notice = FollowText.rewritten(
            at: file.offset, unread: max(0, sizeBefore - file.offset))
        lose(.rewritten, now, file, bytes: nil)
        // Opened anew where it can be: some network file systems keep an old view otherwise.
        var opened = file.file
        if file === current, case .success(let again) = OpenFile.open(path),
            again.isSame(as: opened)
        {
            opened = again
        }
        return FollowedFile(
            opened, offset: 0, lineBytesMax: limits.lineBytesMax, before: file.generation)
    }

    /// Looks for what was unread of the content that is gone: it may be in a copy.
    func recover(_ file: FollowedFile, _ now: ClockReading, _ sink: LineAssembler.Sink) {
        counts.holeBytes += file.holeBytes
        remember(Former(content: file.content, unfinished: file.assembler, wasTruncated: true))
        siblingScans = Self.siblingScansAfterChange
        _ = adoptSiblings(now, sink)
        guard former.first?.unfinished != nil else { return }
        former[0].unfinished = nil
        flush(file, sink)
        counts.nulsSkipped += file.assembler.nulsSkipped
        counts.cutLines += file.assembler.cutLines
    }

    func remember(_ content: Former) {
        former.insert(content, at: 0)
        if former.count > Self.formerMax { former.removeLast() }
    }
}
