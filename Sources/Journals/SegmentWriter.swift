import Basics
import Incidents

#if canImport(Glibc)
    import Glibc
#endif

/// The open end of a journal: writes lines, keeps the chain and knows what is durable.
///
/// Nothing here ever truncates or rewrites. After an error that leaves the end in doubt it is
/// poisoned: every later call fails with the first cause.
struct SegmentWriter: Sendable {
    /// A record without its place in the chain, so that it can be written again after a repair.
    struct Entry {
        var kind: String
        var time: Timestamp?
        var actor: Actor
        /// Printable ASCII JSON.
        var data: [UInt8]
    }

    private enum Attempt {
        case written
        /// `torn` bytes of the line went in, plus a newline when `isClosed`.
        case failed(SystemError, torn: Int, isClosed: Bool)
    }

    let directory: JournalDirectory
    let clock: any TimeSource
    let options: JournalOptions
    private(set) var head: JournalHead
    /// The last record that is known to be on the disk.
    private(set) var durableHead: JournalHead
    private(set) var poison: Failure?
    /// Whether the reserve file still exists to be given up.
    private(set) var holdsReserve = false
    /// Why HEAD could not be brought up to date, although the records are durable: a full disk.
    private(set) var headLag: SystemError?
    private var descriptor: Int32
    /// The writer's lock, whose file must stay where it is.
    private let lock: Int32
    /// Blocks are allocated up to this offset of the current segment.
    private var allocated = 0
    /// Whether the disk refused to allocate more; it is not asked again for every record.
    private var isAllocationRefused = false

    private var files: any FileSystem { options.fileSystem }
    var durable: JournalPosition { durableHead.position }
    private var path: String { directory.segment(head.segment) }

    /// Goes on at the end of the open segment `descriptor`, where `head` lies.
    ///
    /// - Parameters:
    ///   - lock: the open lock file.
    ///   - durable: the end of the last good record, which is on the disk; before `head` only when
    ///     torn bytes lie between.
    init(
        directory: JournalDirectory, clock: any TimeSource, options: JournalOptions,
        descriptor: Int32, lock: Int32, head: JournalHead, durable: JournalPosition
    ) {
        self.directory = directory
        self.clock = clock
        self.options = options
        self.descriptor = descriptor
        self.lock = lock
        self.head = head
        durableHead = head
        durableHead.position = durable
        keepAllocated()
        makeReserve()
    }

    mutating func close() {
        if descriptor >= 0 { files.close(descriptor) }
        descriptor = -1
    }

    // MARK: Records

    mutating func append(_ entry: Entry) throws(Failure) -> Event {
        if let poison { throw poison }
        guard descriptor >= 0 else { throw closedFailure }
        try refuseExchange()
        if entry.kind == ActionIntent.kind { try keepRoomForResult() }
        try rotateIfFull(for: entry)
        let (line, record) = try line(for: entry)
        switch attempt(line) {
        case .written:
            return commit(line, record)
        case .failed(let error, let torn, let isClosed):
            if try repair(error, torn: torn, isClosed: isClosed, line) {
                return commit(line, record)
            }
            let (second, again) = try self.line(for: entry)
            guard case .written = attempt(second) else { throw poisoned(error) }
            return commit(second, again)
        }
    }

    /// Makes every record so far durable and HEAD say so.
    mutating func synchronize() throws(Failure) {
        if let poison { throw poison }
        guard descriptor >= 0 else { throw closedFailure }
        guard durable < head.position || headLag != nil else { return }
        do throws(SystemError) {
            try files.synchronizeData(descriptor)
        } catch {
            throw poisoned(error)
        }
        // What is on the disk in a file that has lost its name is recorded nowhere.
        try refuseExchange()
        durableHead = head
        try writeHead()
    }

    private func line(for entry: Entry) throws(Failure) -> (line: [UInt8], record: RecordPayload) {
        let now = clock.now
        let record = RecordPayload(
            kind: entry.kind, time: entry.time ?? now.wall, entry: now.wall, boot: now.boot,
            bootID: clock.bootID, actor: entry.actor, data: entry.data, previous: head.hash,
            synced: durable)
        let bytes = record.bytes
        guard bytes.count <= RecordFrame.payloadBytesMax else {
            throw Failure(
                "journal.recordTooLong", "This entry is too long for the journal",
                subject: entry.kind,
                why: "\(bytes.count) bytes; the limit is \(RecordFrame.payloadBytesMax)",
                unchanged: "The entry was not recorded and no action was run",
                next: "Shorten it, or store the long part as a blob")
        }
        return (RecordFrame.line(sequence: head.sequence + 1, payload: bytes), record)
    }

    private mutating func commit(_ line: [UInt8], _ record: RecordPayload) -> Event {
        head.sequence += 1
        head.hash = Digests.sha256(line)
        if !isAllocationRefused, head.offset + options.preallocatedBytes / 2 > allocated {
            keepAllocated()
        }
        return record.event(sequence: head.sequence)
    }

    /// One try to write `line`. `head.position` follows the bytes that really went in.
    private mutating func attempt(_ line: [UInt8]) -> Attempt {
        var torn = 0
        do throws(SystemError) {
            torn = try files.write(descriptor, line[...])
            head.position.offset += torn
            if torn == line.count { return .written }
            // A short write names no cause; the next byte does. A newline is wanted anyway.
            let isClosed = try files.write(descriptor, [0x0A]) == 1
            if isClosed { head.position.offset += 1 }
            if isClosed, torn == line.count - 1 { return .written }
            return .failed(SystemError(EIO), torn: torn, isClosed: isClosed)
        } catch {
            return .failed(error, torn: torn, isClosed: false)
        }
    }

    // MARK: A full disk

    /// Gives up the reserve and accounts for a torn line, or poisons the journal. True when only
    /// the newline was missing and the line is whole now.
    private mutating func repair(
        _ error: SystemError, torn: Int, isClosed: Bool, _ line: [UInt8]
    ) throws(Failure) -> Bool {
        guard [ENOSPC, EDQUOT].contains(error.code), releaseReserve() else { throw poisoned(error) }
        guard torn > 0 else { return false }
        var skipped = Array(line[..<torn])
        skipped.append(0x0A)
        if !isClosed {
            guard (try? files.write(descriptor, [0x0A])) == 1 else { throw poisoned(error) }
            head.position.offset += 1
            if torn == line.count - 1 { return true }
        }
        // The line is written again in full, so its beginning needs no copy.
        try appendRecovered(skipped, copy: "")
        return false
    }

    /// Writes the record that lets readers pass over `skipped`, which ends at the current position.
    mutating func appendRecovered(_ skipped: [UInt8], copy: String) throws(Failure) {
        let note = JournalKinds.Recovered(
            segment: head.segment, offset: head.offset - skipped.count, length: skipped.count,
            sha256: Digests.sha256(skipped), copy: copy)
        let data = (try? JSONText.encode(note)) ?? []
        let (line, record) = try line(
            for: Entry(
                kind: JournalKinds.Recovered.kind, time: nil, actor: .automation,
                data: JSONText.asciiOnly(data)))
        if case .failed(let error, _, _) = attempt(line) { throw poisoned(error) }
        _ = commit(line, record)
    }

    private mutating func releaseReserve() -> Bool {
        guard holdsReserve else { return false }
        holdsReserve = false
        do throws(SystemError) {
            try files.remove(directory.reserve)
            return true
        } catch {
            return false
        }
    }

    /// Fills the reserve file. Its absence is no reason to refuse a journal.
    private mutating func makeReserve() {
        guard options.reserveBytes > 0 else { return }
        do throws(SystemError) {
            let descriptor = try files.open(
                directory.reserve, flags: O_WRONLY | O_APPEND | O_CREAT, mode: 0o600)
            defer { files.close(descriptor) }
            do throws(SystemError) {
                try files.reserve(descriptor, offset: 0, length: options.reserveBytes)
            } catch {
                // Not every file system can allocate without writing.
                guard error.code == EOPNOTSUPP else { throw error }
                let missing = options.reserveBytes - (try files.status(descriptor).size)
                if missing > 0 {
                    try files.writeAll(descriptor, [UInt8](repeating: 0, count: missing))
                }
            }
            holdsReserve = true
        } catch {
            holdsReserve = false
        }
    }

    /// Allocates blocks ahead of the end. Best effort: a disk that is already full is found out by
    /// the write itself.
    private mutating func keepAllocated() {
        guard options.preallocatedBytes > 0 else { return }
        let length = options.preallocatedBytes
        if (try? files.reserve(descriptor, offset: head.offset, length: length)) != nil {
            allocated = head.offset + length
        } else {
            isAllocationRefused = true
        }
    }

    /// An action whose outcome might find no room is not begun.
    private mutating func keepRoomForResult() throws(Failure) {
        let length = options.reserveBytes
        guard length > 0, !holdsReserve, allocated - head.offset < length else { return }
        makeReserve()
        guard !holdsReserve else { return }
        throw Failure(
            "journal.full", "The disk is too full to begin an action", subject: directory.journal,
            why: "\(length / 1024) KiB that would record its outcome cannot be held back",
            unchanged: "No action was run; notes go on as long as they fit", next: "Free space")
    }

    // MARK: Whose files these are

    /// Notices that the journal was exchanged, removed or written by somebody else. A lock only
    /// keeps out those who ask for it.
    private mutating func refuseExchange() throws(Failure) {
        if let why = exchange { throw poisoned("journal.replaced", why) }
    }

    private var exchange: String? {
        do throws(SystemError) {
            let mine = try files.status(descriptor)
            let named = try files.status(path)
            guard named.isSameFile(as: mine) else { return "another file has its name" }
            guard mine.size == head.offset else {
                return "it has \(mine.size) bytes instead of \(head.offset): "
                    + "somebody else wrote to it or cut it"
            }
        } catch {
            return "it is not where it was: \(error)"
        }
        do throws(SystemError) {
            guard try files.status(directory.lock).isSameFile(as: files.status(lock)) else {
                return "its lock was exchanged: another room may be writing"
            }
        } catch {
            return "its lock is gone (\(error)): another room may begin to write"
        }
        return nil
    }

    // MARK: Segments and HEAD

    private mutating func rotateIfFull(for entry: Entry) throws(Failure) {
        let lengthMax = entry.data.count + 1024
        guard head.offset > 0, head.offset + lengthMax > options.segmentBytesMax else { return }
        // The existence of a later segment proves that the earlier one was durable.
        try synchronize()
        let next = JournalPosition(segment: head.segment + 1, offset: 0)
        do throws(SystemError) {
            let opened = try Self.createSegment(next.segment, directory, files)
            files.close(descriptor)
            descriptor = opened
        } catch {
            throw poisoned(error)
        }
        head.position = next
        durableHead = head
        allocated = 0
        keepAllocated()
    }

    /// Makes an empty segment that survives a crash.
    static func createSegment(
        _ number: Int, _ directory: JournalDirectory, _ files: any FileSystem
    ) throws(SystemError) -> Int32 {
        let descriptor = try files.open(
            directory.segment(number), flags: O_WRONLY | O_APPEND | O_CREAT | O_EXCL, mode: 0o600)
        do throws(SystemError) {
            try files.synchronize(descriptor)
            try files.synchronizeDirectory(directory.journal)
        } catch {
            files.close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Brings HEAD up to date when it is missing or behind.
    mutating func refreshHead() throws(Failure) {
        if (try? files.readAll(directory.head, max: 4096)) != head.bytes { try writeHead() }
    }

    /// Ends a line that a crash left without its newline.
    mutating func closeTornLine() throws(Failure) {
        do throws(SystemError) {
            guard try files.write(descriptor, [0x0A]) == 1 else { throw SystemError(EIO) }
            head.position.offset += 1
        } catch {
            throw poisoned(error)
        }
    }

    /// Adds the newline that is all a crash has cost `record`, and goes on after it.
    mutating func completeLine(_ record: ScannedRecord) throws(Failure) {
        try closeTornLine()
        precondition(head.position == record.end, "the record ends where the file does")
        head.sequence = record.sequence
        head.hash = record.hash
    }

    private mutating func writeHead() throws(Failure) {
        guard head.sequence > 0 else { return }
        do throws(SystemError) {
            try files.replace(directory.head, with: head.bytes, in: directory.journal)
            headLag = nil
        } catch {
            guard [ENOSPC, EDQUOT].contains(error.code) else { throw poisoned(error) }
            // The record itself is durable; HEAD is behind and is tried again next time. The
            // reserve is for records.
            headLag = error
        }
    }

    // MARK: Failures

    private mutating func poisoned(_ error: SystemError) -> Failure {
        let isFull = [ENOSPC, EDQUOT, EFBIG].contains(error.code)
        return poisoned(isFull ? "journal.full" : "journal.poisoned", "\(error)")
    }

    private mutating func poisoned(_ code: String, _ why: String) -> Failure {
        let next =
            switch code {
            case "journal.full": "Free space, then reopen the incident"
            case "journal.replaced":
                "Find out who moved it and put it back, then reopen the incident"
            default: "Check the disk, then reopen the incident; this room records nothing more"
            }
        let failure = Failure(
            code, "Journal not writable", subject: path, why: why,
            unchanged: "No action was run", next: next)
        poison = failure
        close()
        return failure
    }

    private var closedFailure: Failure {
        Failure(
            "journal.closed", "Journal is closed", subject: path, unchanged: "No action was run")
    }
}
