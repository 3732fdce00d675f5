import Actions
import Basics
import Incidents
import Journals
import Room
import Synchronization

/// The journal as the room uses it: one lock around "append and tell", so that events reach the model
/// in the order of their sequence numbers whichever queue wrote them.
package final class RoomJournal: EventSink {
    private enum Mode {
        case writer(JournalWriter)
        case reader(JournalReader)
    }

    private let mode: Mutex<Mode>
    private let post: @Sendable (Message) -> Void
    /// Why this room only reads; nil when it writes.
    package let readOnlyReason: String?
    /// What opening had to put right.
    package let openingNotes: [String]

    /// Opens `directory` for writing, or for reading when another room holds it, when the caller only
    /// wants to watch, or when the journal is damaged.
    package init(
        directory: String, incident: IncidentID, clock: any TimeSource, isObserver: Bool,
        options: JournalOptions, scrub: @escaping @Sendable (String) -> String,
        post: @escaping @Sendable (Message) -> Void
    ) throws(Failure) {
        self.post = post
        if isObserver {
            mode = Mutex(.reader(try JournalReader.open(directory)))
            readOnlyReason = "opened with --observe"
            openingNotes = []
            return
        }
        do throws(Failure) {
            let writer = try JournalWriter.open(
                directory: directory, incident: incident.text, clock: clock, options: options,
                scrub: scrub)
            mode = Mutex(.writer(writer))
            openingNotes = writer.openingNotes
            readOnlyReason = nil
        } catch {
            guard Self.allowsReading(error.code) else { throw error }
            mode = Mutex(.reader(try JournalReader.open(directory)))
            openingNotes = [error.description]
            readOnlyReason =
                error.code == "journal.locked"
                ? "another room writes this incident (\(error.why))" : error.description
        }
    }

    private static func allowsReading(_ code: String) -> Bool {
        code == "journal.locked" || code == "journal.corrupt"
    }

    /// Everything written before this room opened, in order, and whatever a reader finds since.
    package func readAll() throws(Failure) -> [Event] {
        try mode.withLock { mode throws(Failure) in
            switch mode {
            case .reader(let reader): return try reader.readNew()
            case .writer(let writer):
                return try JournalReader.open(writer.directory.path).readNew()
            }
        }
    }

    /// In a read-only room: tells what another one wrote since the last call.
    package func poll() {
        mode.withLock { mode in
            guard case .reader(let reader) = mode else { return }
            do throws(Failure) {
                let events = try reader.readNew()
                if !events.isEmpty { post(.journalled(events)) }
            } catch {
                post(.failed(error))
            }
        }
    }

    @discardableResult
    package func append(_ draft: EventDraft, sync: Bool) throws(Failure) -> Event {
        try mode.withLock { mode throws(Failure) in
            guard case .writer(let writer) = mode else { throw Self.readOnly }
            do throws(Failure) {
                let event = try writer.append(draft, sync: sync)
                post(.journalled([event]))
                return event
            } catch {
                post(writer.isPoisoned ? .journalLost(error) : .failed(error))
                throw error
            }
        }
    }

    package func storeBlob(_ bytes: [UInt8]) throws(Failure) -> String {
        try mode.withLock { mode throws(Failure) in
            guard case .writer(let writer) = mode else { throw Self.readOnly }
            return try writer.storeBlob(bytes)
        }
    }

    /// Makes unsynced entries durable; called about once a second.
    package func sync() {
        mode.withLock { mode in
            guard case .writer(let writer) = mode, !writer.isPoisoned else { return }
            do throws(Failure) { try writer.sync() } catch { post(.journalLost(error)) }
        }
    }

    package func close() {
        mode.withLock { mode in
            if case .writer(let writer) = mode { writer.close() }
        }
    }

    private static let readOnly = Failure(
        "room.readOnly", "This room is read-only", why: "another one writes the journal",
        unchanged: "Nothing was recorded and nothing was run", exit: .refusedByGate)
}
