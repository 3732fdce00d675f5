import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// Follows one log by name through rotation, truncation, replacement and absence.
///
/// It owns descriptors and no thread: whoever calls `turn` gives it time and a bound. A file that
/// loses its name is read to its end and for `rotationGrace` more, because writers keep their
/// descriptor. All lines of older files come before those of the newer ones read in the same turn.
package final class LogFollower {
    package enum Start: Sendable {
        /// Near the end, with up to `openingHistoryBytesMax` of history, when the file exists at
        /// the first turn; a file that appears later is read whole.
        case end
        case beginning
    }

    /// What one turn did.
    package struct Turn {
        package var bytesRead: Int64 = 0
        /// More can be read at once.
        package var wantsMore = false
    }

    private struct Retired {
        var file: FollowedFile
        var since: BootTime
    }

    package let path: String
    package let limits: FollowLimits
    package private(set) var problem: FollowProblem?
    package private(set) var counts = FollowCounts()
    /// What happened last that a person should know; empty when nothing did.
    package private(set) var notice = ""
    /// Which file behind the name the lines handed out now come from, and after a turn the
    /// current one: another number for each new file or new content, the same after a restart.
    package private(set) var generation: UInt64 = 0
    /// Where older history ends: everything before it in the first file was not read.
    package private(set) var historyEnd: Int64 = 0

    private let ledger: FileLedger
    private var current: FollowedFile?
    private var retired: [Retired] = []
    private var start: Start
    private var isFirstLook = true
    private var siblingScans = 0
    private var buffer: [UInt8] = []

    package init(
        path: String, start: Start, limits: FollowLimits = FollowLimits(),
        ledger: FileLedger = FileLedger()
    ) {
        self.path = path
        self.start = start
        self.limits = limits
        self.ledger = ledger
    }

    /// Looks at the name, then reads a bounded piece of each open file.
    /// - Parameters:
    ///   - limit: bytes per file at most; `bytesPerTurnMax` when nil.
    ///   - sink: receives each finished line, its offset, and how many of its bytes were left out.
    package func turn(
        now: ClockReading, limit: Int? = nil, _ sink: (Span<UInt8>, Int64, Int) -> Void
    ) -> Turn {
        let limit = limit ?? limits.bytesPerTurnMax
        var lines = 0
        let counting: LineAssembler.Sink = { line, offset, omitted in
            lines += 1
            sink(line, offset, omitted)
        }
        examine(now: now, counting)
        var turn = Turn()
        readRetired(now: now, limit: limit, &turn, counting)
        if let current {
            let read = current.read(limit: limit, buffer: &buffer, counting)
            turn.bytesRead += read
            if read > 0 { turn.wantsMore = turn.wantsMore || current.bytesBehind > 0 }
        }
        if turn.bytesRead == 0, siblingScans > 0 {
            siblingScans -= 1
            if adoptSiblings(now: now) { turn.wantsMore = true }
        }
        counts.lines += lines
        counts.bytes += turn.bytesRead
        return turn
    }

    /// Opens the file without reading lines, so that the ledger knows it.
    package func look(now: ClockReading) { examine(now: now) { _, _, _ in } }

    /// The unfinished last line, cut at `lineBytesMax`, and where it starts.
    package var provisional: (bytes: [UInt8], offset: Int64)? {
        guard let current, current.assembler.hasPartial else { return nil }
        return (current.assembler.partial, current.assembler.partialOffset)
    }

    package var bytesBehind: Int64 {
        retired.reduce(current?.bytesBehind ?? 0) { $0 + $1.file.bytesBehind }
    }

    /// When the file was written last; nil while it is absent.
    package var modified: Timestamp? { current?.known?.modified }

    /// Files that lost their name and are still read: the follower wants turns without events.
    package var hasRetired: Bool { !retired.isEmpty }

    /// A reader of what stands before the place where following began.
    package func historyReader() -> HistoryReader? {
        guard let current, historyEnd > 0, counts.truncations == 0, counts.rotations == 0 else {
            return nil
        }
        return HistoryReader(
            file: current.file, end: historyEnd, lineBytesMax: limits.lineBytesMax)
    }

    /// Totals that live in the open files.
    package var totals: FollowCounts {
        var sum = counts
        for file in retired.map(\.file) + [current].compactMap({ $0 }) { add(file, to: &sum) }
        return sum
    }

    private func add(_ file: FollowedFile, to sum: inout FollowCounts) {
        sum.holeBytes += file.holeBytes
        sum.nulsSkipped += file.assembler.nulsSkipped
        sum.cutLines += file.assembler.cutLines
    }
}

// MARK: - Which file the name means

extension LogFollower {
    private func examine(now: ClockReading, _ sink: LineAssembler.Sink) {
        defer { isFirstLook = false }
        switch FileFacts.of(path: path) {
        case .failure(let error):
            problem = FollowText.problem(error, path: path)
            if problem == .absent { retireCurrent(now: now) }
        case .success(let facts) where !facts.isRegular:
            problem = .refused(FollowText.notRegular(facts.kind, path: path))
            retireCurrent(now: now)
        case .success(let facts):
            if let current, current.file.device == facts.device,
                current.file.inode == facts.inode
            {
                if case .refused = problem {} else { problem = nil }
                inspect(current, facts, now.wall, sink)
            } else {
                replace(now: now)
            }
        }
    }

    private func inspect(
        _ file: FollowedFile, _ facts: FileFacts, _ now: Timestamp, _ sink: LineAssembler.Sink
    ) {
        let unread = max(0, (file.known?.size ?? 0) - file.offset)
        switch file.inspect(facts) {
        case .none: return
        case .cutShort(let from):
            notice = FollowText.cutShort(from: from, to: facts.size)
            lose(.cutShort, now, at: from, bytes: nil, notice)
            file.dropPartial()
        case .rewritten(let from):
            notice = FollowText.rewritten(at: from, unread: unread)
            lose(.rewritten, now, at: from, bytes: nil, notice)
            file.flush(sink)
        }
        counts.truncations += 1
    }

    private func lose(
        _ reason: FollowLoss.Reason, _ now: Timestamp, at offset: Int64, bytes: Int64?,
        _ sentence: String
    ) {
        counts.losses.note(
            FollowLoss(
                number: 0, at: now, path: path, generation: generation, offset: offset,
                reason: reason, bytesUnread: bytes, sentence: sentence))
    }

    private func retireCurrent(now: ClockReading) {
        guard let file = current else { return }
        retired.append(Retired(file: file, since: now.boot))
        current = nil
    }

    /// The name means another file than before, or one for the first time.
    private func replace(now: ClockReading) {
        switch OpenFile.open(path) {
        case .failure(.system(let error)):
            problem = FollowText.problem(error, path: path)
        case .failure(.notRegular(let kind)):
            problem = .refused(FollowText.notRegular(kind, path: path))
        case .success(let file):
            let identity = file.identity()
            if let refusal = ContentCheck.refusal(file, path: path) {
                problem = .refused(refusal)
                return
            }
            let isRotation = current != nil || !retired.isEmpty
            retireCurrent(now: now)
            ledger.remember(identity)
            if isRotation {
                counts.rotations += 1
                notice = FollowText.rotated(counts.rotations)
                _ = adoptSiblings(now: now)
                siblingScans = 3
            } else if isFirstLook {
                rememberSiblings()
            }
            problem = nil
            current = FollowedFile(
                file, offset: openingOffset(file), lineBytesMax: limits.lineBytesMax)
        }
    }

    private func openingOffset(_ file: OpenFile) -> Int64 {
        guard isFirstLook, case .end = start, let size = file.facts?.size else { return 0 }
        let from = size - Int64(limits.openingHistoryBytesMax)
        guard from > 0 else { return 0 }
        historyEnd = LineStart.after(from - 1, in: file, size: size) ?? size
        return historyEnd
    }
}

// MARK: - Files of earlier rotations

extension LogFollower {
    private func readRetired(
        now: ClockReading, limit: Int, _ turn: inout Turn, _ sink: LineAssembler.Sink
    ) {
        var kept: [Retired] = []
        for var entry in retired {
            let read = entry.file.read(limit: limit, buffer: &buffer, sink)
            turn.bytesRead += read
            if entry.file.bytesBehind > 0 { turn.wantsMore = true }
            if read > 0 { entry.since = now.boot }
            ledger.remember(entry.file.identity)
            let overdue = now.boot - entry.since >= limits.rotationGrace
            guard overdue, entry.file.bytesBehind == 0 else {
                kept.append(entry)
                continue
            }
            entry.file.flush(sink)
            add(entry.file, to: &counts)
        }
        while kept.count > limits.retiredFilesMax {
            let oldest = kept.removeFirst()
            let unread = oldest.file.bytesBehind
            if unread > 0 {
                notice = FollowText.released(unread: unread)
                lose(.released, now.wall, at: oldest.file.offset, bytes: unread, notice)
            }
            oldest.file.flush(sink)
            add(oldest.file, to: &counts)
        }
        retired = kept
    }

    /// Takes up files that were rotated away before they were ever seen under the log's name.
    private func adoptSiblings(now: ClockReading) -> Bool {
        var adopted = false
        for sibling in RotatedNames.list(besides: path) {
            guard case .success(let file) = OpenFile.open(sibling) else { continue }
            let identity = file.identity()
            if ledger.knows(identity) || isOpen(file) { continue }
            if ContentCheck.refusal(file, path: sibling) != nil { continue }
            ledger.remember(identity)
            retired.append(
                Retired(
                    file: FollowedFile(file, offset: 0, lineBytesMax: limits.lineBytesMax),
                    since: now.boot))
            adopted = true
        }
        return adopted
    }

    private func isOpen(_ file: OpenFile) -> Bool {
        let open = retired.map(\.file.file) + [current?.file].compactMap { $0 }
        return open.contains { $0.device == file.device && $0.inode == file.inode }
    }

    /// History of earlier rotations is not read: it was there before.
    private func rememberSiblings() {
        for sibling in RotatedNames.list(besides: path) {
            guard case .success(let file) = OpenFile.open(sibling) else { continue }
            ledger.remember(file.identity())
        }
    }
}
