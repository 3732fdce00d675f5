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
    private let core: Mutex<Core>

    /// The end of the journal, and what runs while it is written.
    fileprivate struct Core {
        var writer: SegmentWriter
        /// Attempts whose intent was written here and whose outcome was not.
        var running: Set<String> = []
        var elsewhere: OutcomeSegment?
    }

    private let incident: String
    /// `JournalKinds.Opened.file`.
    private let file: String

    init(
        _ writer: SegmentWriter, lock: Int32, incident: String, file: String, notes: [String],
        scrub: @escaping Scrub
    ) {
        directory = writer.directory
        files = writer.options.fileSystem
        openingNotes = notes
        self.incident = incident
        self.file = file
        self.scrub = scrub
        self.lock = Mutex(lock)
        core = Mutex(Core(writer: writer))
    }

    deinit { close() }

    /// The last record, durable or not.
    package var head: JournalHead { core.withLock { $0.writer.head } }
    /// What is known to be on the disk.
    package var durable: JournalPosition { core.withLock { $0.writer.durable } }
    /// Whether an error ended all writing.
    package var isPoisoned: Bool { core.withLock { $0.writer.poison != nil } }
    /// The first error, once there was one.
    package var poison: Failure? { core.withLock { $0.writer.poison } }
    /// Whether the space for a last result is still held back.
    package var holdsReserve: Bool { core.withLock { $0.writer.holdsReserve } }

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
        return try core.withLock { core throws(Failure) in
            do throws(Failure) {
                let event = try core.writer.append(entry)
                if sync { try core.writer.synchronize() }
                core.follow(draft.payload)
                return event
            } catch {
                throw recordElsewhere(entry, draft.payload, error, &core)
            }
        }
    }

    /// Makes everything written so far durable.
    package func sync() throws(Failure) {
        try core.withLock { core throws(Failure) in try core.writer.synchronize() }
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
        core.withLock { core in
            if syncing { try? core.writer.synchronize() }
            core.writer.close()
            core.elsewhere?.close()
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

    // MARK: The second path

    /// What to tell of `error`. When it ended the journal while an action runs, the action's entry
    /// goes to a second path, and the failure says where.
    private func recordElsewhere(
        _ entry: SegmentWriter.Entry, _ payload: any EventPayload, _ error: Failure,
        _ core: inout Core
    ) -> Failure {
        guard core.writer.poison != nil, let attempt = ActionEnd.attempt(of: payload),
            core.running.contains(attempt)
        else { return error }
        var failure = error
        do throws(SystemError) {
            if core.elsewhere == nil {
                core.elsewhere = try OutcomeSegment.begin(
                    after: core.writer.durableHead, file: file, incident: incident,
                    reason: error.why, options: core.writer.options, clock: core.writer.clock)
            }
            try core.elsewhere?.append(entry)
            failure.unchanged =
                "What became of \(attempt) is recorded in \(core.elsewhere?.path ?? "")"
            failure.next = error.next + "; that file is then taken in"
        } catch {
            core.elsewhere?.close()
            core.elsewhere = nil
            failure.unchanged = "What became of \(attempt) is recorded nowhere: \(error)"
            failure.next = "Write it down by hand. " + failure.next
        }
        core.follow(payload)
        return failure
    }
}

extension JournalWriter.Core {
    /// Keeps count of what runs.
    fileprivate mutating func follow(_ payload: any EventPayload) {
        if let intent = payload as? ActionIntent {
            running.insert(intent.attempt)
        } else if !(payload is ActionOutput), let attempt = ActionEnd.attempt(of: payload) {
            running.remove(attempt)
        }
    }
}

/// The entries that say what became of an attempt.
enum ActionEnd {
    static func attempt(of payload: any EventPayload) -> String? {
        switch payload {
        case let it as ActionOutput: it.attempt
        case let it as ActionSucceeded: it.attempt
        case let it as ActionFailed: it.attempt
        case let it as ActionTimedOut: it.attempt
        case let it as ActionStopped: it.attempt
        case let it as ActionUnknown: it.attempt
        default: nil
        }
    }
}
