import Basics
import Incidents
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Follows a journal that somebody else may be writing. It opens nothing for writing and takes no
/// lock.
///
/// Only whole records that continue the chain are handed out. An end that is still being written is
/// left for the next call. Callers poll, every 250 ms or when inotify says so.
package final class JournalReader: Sendable {
    private struct State {
        var scanner = ChainScanner()
        /// The segment being read, by which a replacement is noticed.
        var identity: FileStatus?
        /// Since when reading waits at the same incomplete or unaccounted place.
        var waitsAt: JournalPosition?
    }

    package let directory: JournalDirectory
    private let files: any FileSystem
    /// Another room has only just begun it: its first segment may not be there yet.
    private let isBeginning: Bool
    private let state = Mutex(State())

    private init(_ directory: JournalDirectory, _ files: any FileSystem, isBeginning: Bool) {
        self.directory = directory
        self.files = files
        self.isBeginning = isBeginning
    }

    /// Opens the journal of the incident directory `directory`, which must have one unless another
    /// room `isBeginning` it at this moment.
    package static func open(
        _ directory: String, isBeginning: Bool = false,
        fileSystem: any FileSystem = SystemFileSystem()
    ) throws(Failure) -> JournalReader {
        let reader = JournalReader(
            JournalDirectory(directory), fileSystem, isBeginning: isBeginning)
        do throws(SystemError) {
            _ = try fileSystem.status(
                isBeginning ? reader.directory.lock : reader.directory.segment(1))
        } catch {
            throw reader.unreadable(reader.directory.segment(1), error)
        }
        return reader
    }

    /// The last record handed out.
    package var head: JournalHead { state.withLock { $0.scanner.head } }

    /// Where bytes lie that are not a whole record (yet): a write in progress or a torn end.
    package var waitsAt: JournalPosition? { state.withLock { $0.waitsAt } }

    /// Everything that was completed since the last call, in order.
    ///
    /// - Throws: `journal.corrupt` when something durable is damaged, `journal.replaced` when the
    ///   file was exchanged or shortened, `journal.unreadable`. The events before the damage have
    ///   been returned by then.
    package func readNew() throws(Failure) -> [Event] {
        try state.withLock { state throws(Failure) in
            var events: [Event] = []
            while true {
                // Looked up before reading: when it exists, this segment has all its records.
                let hasNext = isThere(directory.segment(state.scanner.position.segment + 1))
                let stop = try readSegment(&state, &events)
                state.waitsAt = stop?.position
                if let stop {
                    if hasNext, try pass(&state) { continue }
                    if events.isEmpty { try judge(stop, isLastSegment: !hasNext, &state) }
                    return events
                }
                guard hasNext else { return events }
                state.scanner.beginNextSegment()
                state.identity = nil
            }
        }
    }

    private func isThere(_ path: String) -> Bool { (try? files.status(path)) != nil }

    /// Goes on behind damage that an operator has accepted.
    private func pass(_ state: inout State) throws(Failure) -> Bool {
        do throws(SystemError) {
            let numbers = try files.list(directory.journal).compactMap {
                JournalDirectory.number(inName: $0)
            }
            guard
                let damage = try Damage.passage(
                    from: state.scanner, to: numbers.last ?? 0, in: directory, files)
            else { return false }
            state.scanner.pass(damage)
            state.identity = nil
            return true
        } catch {
            throw unreadable(directory.journal, error)
        }
    }

    private func readSegment(_ state: inout State, _ events: inout [Event]) throws(Failure)
        -> ScanStop?
    {
        let bytes = try readOn(&state)
        var found: [Event] = []
        let stop = state.scanner.scan(bytes) { record in
            found.append(record.payload.event(sequence: record.sequence))
        }
        events += found
        return stop
    }

    /// The bytes from the current position to the end of its segment.
    private func readOn(_ state: inout State) throws(Failure) -> [UInt8] {
        let position = state.scanner.position
        let path = directory.segment(position.segment)
        do throws(SystemError) {
            let descriptor = try files.open(path, flags: O_RDONLY | O_NONBLOCK, mode: 0)
            defer { files.close(descriptor) }
            let status = try files.status(descriptor)
            let known = state.identity ?? status
            guard status.isRegular, status.inode == known.inode, status.device == known.device,
                status.size >= position.offset, status.size <= JournalScan.segmentBytesMax
            else { throw SystemError(ESTALE) }
            state.identity = status
            return try files.read(
                descriptor, at: position.offset, count: status.size - position.offset)
        } catch {
            if isBeginning, error.code == ENOENT, state.scanner.sequence == 0 { return [] }
            guard error.code == ESTALE else { throw unreadable(path, error) }
            throw Failure(
                "journal.replaced", "The journal was exchanged or shortened while it was read",
                subject: path, why: "it is not the file that was opened, or it lost bytes",
                unchanged: "What was read so far stays on screen",
                next: "Run `warroom verify` on the incident")
        }
    }

    /// Throws when the place where reading stopped is damage, not a write in progress.
    ///
    /// HEAD is read before the bytes: read afterwards, it could name records that a writer added in
    /// between.
    private func judge(_ stop: ScanStop, isLastSegment: Bool, _ state: inout State)
        throws(Failure)
    {
        let head = (try? files.readAll(directory.head, max: 4096)).flatMap(JournalHead.init(bytes:))
        let bytes = try readOn(&state)
        var probe = state.scanner
        guard let again = probe.scan(bytes, each: { _ in }) else { return }
        guard again.position == stop.position else { return }
        let verdict = JournalScan.classify(
            again, rest: bytes[...],
            durable: max(state.scanner.synced, head?.position ?? stop.position),
            isLastSegment: isLastSegment)
        guard case .corrupt(_, let offset, let reason) = verdict else { return }
        throw Failure(
            "journal.corrupt", "The journal is damaged",
            subject: "\(directory.segment(stop.position.segment)) offset \(offset)", why: reason,
            unchanged: "What was read before the damage stays valid",
            next: "Run `warroom verify` on the incident")
    }

    private func unreadable(_ path: String, _ error: SystemError) -> Failure {
        Failure(
            "journal.unreadable", "Journal not readable", subject: path, why: "\(error)",
            unchanged: "Nothing was changed", next: "Check the incident's id and the file's mode")
    }
}
