import Basics
import Incidents
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The one writer of an incident's journal. It holds the lock until it is closed or the process
/// dies.
///
/// All calls may come from any thread; each waits for the disk, so none belongs on the main one.
/// Records that were not synced become durable with the next synced one or with `sync()`, which the
/// owner calls at least once a second.
package final class JournalWriter: Sendable {
    package typealias Scrub = @Sendable (String) -> String

    package let directory: JournalDirectory
    /// What opening had to put right, in sentences; empty for a clean start.
    package let openingNotes: [String]
    private let scrub: Scrub
    private let files: any FileSystem
    private let lock: Mutex<Int32>
    private let writer: Mutex<SegmentWriter>

    init(
        _ writer: SegmentWriter, lock: Int32, notes: [String], scrub: @escaping Scrub
    ) {
        directory = writer.directory
        files = writer.options.fileSystem
        openingNotes = notes
        self.scrub = scrub
        self.lock = Mutex(lock)
        self.writer = Mutex(writer)
    }

    deinit { close() }

    /// The last record, durable or not.
    package var head: JournalHead { writer.withLock { $0.head } }
    /// What is known to be on the disk.
    package var durable: JournalPosition { writer.withLock { $0.durable } }
    /// Whether an error ended all writing.
    package var isPoisoned: Bool { writer.withLock { $0.poison != nil } }
    /// The first error, once there was one.
    package var poison: Failure? { writer.withLock { $0.poison } }
    /// Whether the space for a last result is still held back.
    package var holdsReserve: Bool { writer.withLock { $0.holdsReserve } }

    /// Writes one event and returns it as every reader will see it: redacted and in its place.
    ///
    /// - Parameter sync: whether the record, and all before it, must be on the disk on return.
    ///   Required before anything acts on it.
    /// - Throws: `journal.recordTooLong`, after which the journal goes on as before; or
    ///   `journal.full`, `journal.poisoned`, after which nothing more can be written.
    @discardableResult
    package func append(_ draft: EventDraft, sync: Bool) throws(Failure) -> Event {
        let entry = SegmentWriter.Entry(
            kind: draft.payload.eventKind, time: draft.time, actor: draft.actor,
            data: try scrubbed(draft.payload))
        return try writer.withLock { writer throws(Failure) in
            let event = try writer.append(entry)
            if sync { try writer.synchronize() }
            return event
        }
    }

    /// Makes everything written so far durable.
    package func sync() throws(Failure) {
        try writer.withLock { writer throws(Failure) in try writer.synchronize() }
    }

    /// Keeps `bytes`, which must be redacted already, under their SHA-256 and returns it in hex.
    package func storeBlob(_ bytes: [UInt8]) throws(Failure) -> String {
        let name = Digests.sha256(bytes)
        let path = directory.blobs + "/" + name
        do throws(SystemError) {
            if (try? files.status(path))?.size == bytes.count { return name }
            try files.makeDirectories(directory.blobs)
            try files.replace(path, with: bytes, in: directory.blobs)
            return name
        } catch {
            throw Failure(
                "journal.blobNotStored", "Output not kept", subject: path, why: "\(error)",
                unchanged: "The journal itself is not affected")
        }
    }

    /// Lets everything go without a last sync, as the death of the process would. For tests.
    package func abandon() { release(syncing: false) }

    /// Syncs what can be synced, and gives the lock to the next writer.
    package func close() { release(syncing: true) }

    private func release(syncing: Bool) {
        writer.withLock { writer in
            if syncing { try? writer.synchronize() }
            writer.close()
        }
        lock.withLock { descriptor in
            if descriptor >= 0 { files.unlock(descriptor) }
            descriptor = -1
        }
    }

    /// The payload's JSON with every string scrubbed.
    private func scrubbed(_ payload: any EventPayload) throws(Failure) -> [UInt8] {
        let json: [UInt8]?
        if let unknown = payload as? UnknownPayload {
            json = Array(unknown.json.utf8)
        } else {
            json = try? JSONText.encode(payload)
        }
        guard let json, let data = JSONRewriter.rewrite(json, scrub) else {
            throw Failure(
                "journal.notJSON", "This entry cannot be written as JSON",
                subject: payload.eventKind, unchanged: "The entry was not recorded")
        }
        return data
    }
}
