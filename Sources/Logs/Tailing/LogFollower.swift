import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// Follows one log by name through rotation, truncation, replacement and absence.
///
/// It owns descriptors and no thread: whoever calls `turn` gives it time and a bound. A file that
/// loses its name is read to its end and until it was quiet for `rotationGrace`, because writers
/// keep their descriptor. Lines of older files come before those of newer ones.
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
        /// What was passed over in favour of the newest lines, which come with the next turn.
        package var passedOver: HistoryReader?
    }

    /// A file that lost its name.
    struct Retired {
        var file: FollowedFile
        /// When it was last seen to grow.
        var quietSince: BootTime
    }

    /// Content that was read and is no longer followed. Copies of it may turn up.
    struct Former {
        var content: ReadContent
        /// Holds the line that was unfinished when the content was cut off.
        var unfinished: LineAssembler?
        /// Emptied in place: a copy was made before, if at all.
        var wasTruncated: Bool
    }

    /// Reading that fails at one place.
    struct Failing {
        var offset: Int64
        var since: BootTime
        var skip: Int64
    }

    static let formerMax = 16
    /// Fewer equal bytes than this may be chance.
    static let leastCopy: Int64 = 256
    static let siblingScansAfterChange = 3

    package let path: String
    package let limits: FollowLimits
    package internal(set) var problem: FollowProblem?
    package internal(set) var counts = FollowCounts()
    /// What happened last that a person should know; empty when nothing did.
    package internal(set) var notice = ""
    /// Where older history ends: everything before it in the first file was not read.
    package internal(set) var historyEnd: Int64 = 0

    let ledger: FileLedger
    /// Changes whenever other files may be open than before.
    package private(set) var filesVersion = 0
    var current: FollowedFile? { didSet { filesVersion += 1 } }
    var retired: [Retired] = [] { didSet { filesVersion += 1 } }
    /// Newest first.
    var former: [Former] = []
    var failing: Failing?
    var start: Start
    var isFirstLook = true
    /// Whether a file was read under this name.
    var hadFile = false
    /// How often the directory is still searched for rotated files nobody has seen.
    var siblingScans = 0
    /// Files that were seen to get the name, less those that were taken up.
    var awaited = 0
    /// Packed files beside the log that were looked at.
    var packedSeen: Set<FileLedger.Key> = []
    private var reading: FollowedFile?

    package init(
        path: String, start: Start, limits: FollowLimits = FollowLimits(),
        ledger: FileLedger = FileLedger()
    ) {
        self.path = path
        self.start = start
        self.limits = limits
        self.ledger = ledger
    }

    deinit {
        for file in openFiles { ledger.closed(file) }
    }

    /// Looks at the name, then reads bounded pieces of the open files, older files first.
    /// - Parameters:
    ///   - limit: bytes per file at most, and bytes after which no further file is begun;
    ///     `bytesPerTurnMax` when nil.
    ///   - behindMax: when more than this many bytes wait in the file, all but the newest
    ///     `openingHistoryBytesMax` are passed over; nil: never.
    ///   - sink: receives each finished line, its offset, and how many of its bytes were left out.
    package func turn(
        now: ClockReading, limit: Int? = nil, behindMax: Int64? = nil,
        _ sink: (Span<UInt8>, Int64, Int) -> Void
    ) -> Turn {
        let limit = limit ?? limits.bytesPerTurnMax
        var lines = 0
        let counting: LineAssembler.Sink = { line, offset, omitted in
            lines += 1
            sink(line, offset, omitted)
        }
        examine(now, counting)
        var turn = Turn()
        if readRetired(now, limit, &turn, counting), let current {
            read(current, now, limit, &turn, counting)
            if let behindMax, current.bytesBehind > behindMax {
                turn.passedOver = passOver(in: current)
                turn.wantsMore = turn.wantsMore || turn.passedOver != nil
            }
        }
        if turn.bytesRead == 0, siblingScans > 0 {
            siblingScans -= 1
            if adoptSiblings(now, counting) {
                turn.wantsMore = true
            } else if siblingScans == 0 {
                tellUnseen(now)
            }
        }
        counts.lines += lines
        counts.bytes += turn.bytesRead
        return turn
    }

    /// Opens the file without reading lines, so that the ledger knows it.
    package func look(now: ClockReading) { examine(now) { _, _, _ in } }

    /// A name appeared, vanished or moved that may be this log's or that of a rotated part of it.
    package func namesChanged() { siblingScans = Self.siblingScansAfterChange }

    /// Other files got the log's name, so many times: each of them should turn up.
    package func namesArrived(_ count: Int) {
        awaited += count
        namesChanged()
    }

    /// Events were lost: how many files had the name is not known any more.
    package func forgetNames() {
        awaited = 0
        namesChanged()
    }

    /// Which file behind the name the lines handed out now come from, and after a turn the
    /// current one: another number for each new file or new content, the same after a restart.
    package var generation: UInt64 { (reading ?? current)?.generation ?? 0 }

    /// The unfinished last line, cut at `lineBytesMax`, and where it starts.
    package var provisional: (bytes: [UInt8], offset: Int64)? {
        guard let current, current.assembler.hasPartial else { return nil }
        return (current.assembler.partial, current.assembler.partialOffset)
    }

    package var bytesBehind: Int64 { openFiles.reduce(0) { $0 + $1.bytesBehind } }

    /// When the file was written last; nil while it is absent.
    package var modified: Timestamp? { current?.known?.modified }

    /// Files that lost their name and are still read, until the grace is over.
    package var hasRetired: Bool { !retired.isEmpty }

    /// Whether there is something that no event will tell: the end of a grace, a file that cannot
    /// be read, a search that is not over.
    package var isWaiting: Bool { !retired.isEmpty || problem != nil || siblingScans > 0 }

    /// The descriptors that are read now.
    package var descriptors: [Int32] { openFiles.map(\.file.descriptor) }

    /// The magic number of the file system that holds the file, 0 while there is none.
    package var fileSystem: Int64 { current?.file.fileSystem ?? 0 }

    /// Where each open file is read up to: the current one last.
    package var traces: [FileTrace] { openFiles.map(\.trace) }

    /// Oldest first, the current one last.
    var openFiles: [FollowedFile] { retired.map(\.file) + [current].compactMap { $0 } }

    /// A reader of what stands before the place where following began.
    package func historyReader() -> HistoryReader? {
        guard let current, historyEnd > 0, counts.truncations == 0, counts.rotations == 0 else {
            return nil
        }
        return HistoryReader(
            file: current.file, end: historyEnd, generation: generation,
            lineBytesMax: limits.lineBytesMax)
    }

    /// The lines that stand right before `offset` in the file that has the name, for a redactor
    /// that begins there: a secret may span lines.
    package func lead(to offset: Int64, _ sink: (Span<UInt8>) -> Void) {
        guard let current else { return }
        let part = HistoryReader(
            file: current.file, end: offset, generation: current.generation,
            lineBytesMax: limits.lineBytesMax)
        _ = part.block(bytes: Int(HistoryReader.leadBytes)) { line, _, _, _ in sink(line) }
    }

    /// Goes on with the newest lines of a file of which too much waits.
    private func passOver(in file: FollowedFile) -> HistoryReader? {
        guard let size = file.file.facts?.size else { return nil }
        // One very long line is read: it costs little and is one of the newest.
        let sample = file.file.bytes(at: file.offset, count: limits.lineBytesMax)
        guard sample.contains(0x0A) else { return nil }
        let from = max(file.offset, size - Int64(limits.openingHistoryBytesMax))
        guard let next = LineStart.after(from, in: file.file, size: size) else { return nil }
        let start = file.jump(to: next)
        return HistoryReader(
            file: file.file, start: start, end: next, generation: generation,
            lineBytesMax: limits.lineBytesMax)
    }

    /// Whether `part` belongs to the file that has the name now.
    package func isCurrent(_ part: HistoryReader) -> Bool {
        part.file != nil && part.file === current?.file
    }

    /// What is left of `part`, for a checkpoint; nil for what was unpacked or cannot be read.
    package func remainder(of part: HistoryReader) -> FollowCheckpoint.Part? {
        guard let file = part.file, var trace = LogContent.of(file, path: path)?.trace else {
            return nil
        }
        trace.generation = part.generation
        return FollowCheckpoint.Part(trace: trace, from: part.start, to: part.end)
    }

    /// Notes bytes that were passed over and gone before they were read.
    package func loseBytes(_ bytes: Int64, at offset: Int64, _ now: ClockReading) {
        guard bytes > 0 else { return }
        notice = FollowText.goneUnread(bytes)
        lose(.rewritten, now, nil, at: offset, bytes: bytes)
    }

    /// Totals that live in the open files.
    package var totals: FollowCounts {
        var sum = counts
        for file in openFiles { Self.add(file, to: &sum) }
        return sum
    }

    static func add(_ file: FollowedFile, to sum: inout FollowCounts) {
        sum.holeBytes += file.holeBytes
        sum.nulsSkipped += file.assembler.nulsSkipped
        sum.cutLines += file.assembler.cutLines
    }
}

// MARK: - Reading

extension LogFollower {
    /// Reads a piece of one file.
    /// - Returns: whether it was read to its end.
    @discardableResult
    func read(
        _ file: FollowedFile, _ now: ClockReading, _ limit: Int, _ turn: inout Turn,
        _ sink: LineAssembler.Sink
    ) -> Bool {
        reading = file
        defer { reading = nil }
        let result = file.read(limit: limit, buffer: &ledger.buffer, sink)
        turn.bytesRead += result.advanced
        if result.left > 0 || result.isSuspect { turn.wantsMore = true }
        if let error = result.error {
            fail(file, error, now)
        } else if result.advanced > 0, failing != nil {
            failing = nil
        }
        return result.left == 0 && result.error == nil
    }

    /// Ends the unfinished line of a file that nobody will complete.
    func flush(_ file: FollowedFile, _ sink: LineAssembler.Sink) {
        reading = file
        defer { reading = nil }
        file.flush(sink)
    }

    /// The descriptor is dead: the server gave the handle up, or the mount is gone. When the name
    /// is back its content is known again.
    private func abandon(_ file: FollowedFile, _ now: ClockReading) {
        let unread = max(0, (file.known?.size ?? 0) - file.offset)
        if file === current {
            current = nil
        } else if unread > 0 {
            notice = FollowText.released(unread: unread)
            lose(.unreadable, now, file, bytes: unread)
        }
        retired.removeAll { $0.file === file }
        ledger.closed(file)
        remember(
            Former(content: file.content, unfinished: file.handOver(), wasTruncated: false))
    }

    /// A place that stays unreadable is passed over after the grace, in growing steps: the newest
    /// lines matter more.
    private func fail(_ file: FollowedFile, _ error: SystemError, _ now: ClockReading) {
        if [ESTALE, ENOTCONN, ENODEV].contains(error.code) { return abandon(file, now) }
        problem = FollowText.unread(error, path: path, offset: file.offset)
        guard var state = failing, state.offset == file.offset else {
            let skip = failing.map { min($0.skip * 2, 1 << 20) } ?? 4096
            failing = Failing(offset: file.offset, since: now.boot, skip: skip)
            return
        }
        guard now.boot - state.since >= limits.rotationGrace else { return }
        let size = file.known?.size ?? file.offset
        let end = min((file.offset + state.skip) / state.skip * state.skip, size)
        let count = max(0, end - file.offset)
        guard count > 0 else { return }
        notice = FollowText.passedOver(count, at: file.offset, error)
        lose(.unreadable, now, file, bytes: count)
        file.passOver(count)
        state.offset = file.offset
        state.since = now.boot
        failing = state
    }

    /// Counts a possible loss; `notice` says what happened.
    func lose(
        _ reason: FollowLoss.Reason, _ now: ClockReading, _ file: FollowedFile?,
        at offset: Int64? = nil,
        bytes: Int64?
    ) {
        counts.losses.note(
            FollowLoss(
                number: 0, at: now.wall, path: path, generation: file?.generation ?? generation,
                offset: offset ?? file?.offset ?? 0, reason: reason, bytesUnread: bytes,
                sentence: notice))
    }
}
