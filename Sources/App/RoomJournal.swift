import Actions
import Basics
import Incidents
import Journals
import Room
import Synchronization

/// The journal as the room uses it: one lock around "append and tell", so that events reach the
/// model in the order of their sequence numbers whichever queue wrote them.
package final class RoomJournal: EventSink {
    private enum Mode {
        case writer(JournalWriter)
        case reader(JournalReader)
    }

    private struct State {
        var mode: Mode
        /// The fold of everything that was appended or read, ahead of the model's by what the main
        /// loop has not taken in yet.
        var incident: Incident
        /// The last failure to read that was told, so that it is told once.
        var told: Failure?
        /// The entry whose head waits to be anchored until it is on the disk.
        var awaitsAnchor: String?
        /// The record says already that heads are not kept outside.
        var isAnchorNoted = false
    }

    private let state: Mutex<State>
    private let post: @Sendable (Message) -> Void
    private let files: any FileSystem
    private let clock: any TimeSource
    private let anchor: SystemLogAnchor
    /// Why this room only reads; nil when it writes.
    package let readOnlyReason: String?
    /// What opening had to put right.
    package let openingNotes: [String]

    /// Opens `directory` for writing, or for reading when another room holds it, when the caller
    /// only wants to watch, or when the journal is damaged.
    package init(
        directory: String, incident: IncidentID, clock: any TimeSource, isObserver: Bool,
        options: JournalOptions, anchor: SystemLogAnchor = SystemLogAnchor(),
        scrub: @escaping @Sendable (String) -> String,
        post: @escaping @Sendable (Message) -> Void
    ) throws(Failure) {
        self.post = post
        files = options.fileSystem
        self.clock = clock
        self.anchor = anchor
        if isObserver {
            state = Mutex(
                State(
                    mode: .reader(
                        try JournalReader.open(directory, fileSystem: options.fileSystem)),
                    incident: Incident(id: incident)))
            readOnlyReason = "opened with --observe"
            openingNotes = []
            return
        }
        do throws(Failure) {
            let writer = try JournalWriter.open(
                directory: directory, incident: incident.text, clock: clock, options: options,
                scrub: scrub)
            state = Mutex(State(mode: .writer(writer), incident: Incident(id: incident)))
            openingNotes = writer.openingNotes
            readOnlyReason = nil
        } catch {
            guard Self.allowsReading(error.code) else { throw error }
            state = Mutex(
                State(
                    mode: .reader(
                        try JournalReader.open(
                            directory, isBeginning: error.code == "journal.locked",
                            fileSystem: options.fileSystem)),
                    incident: Incident(id: incident)))
            openingNotes = [error.description]
            readOnlyReason =
                error.code == "journal.locked"
                ? "another room writes this incident (\(error.why))" : error.description
        }
    }

    private static func allowsReading(_ code: String) -> Bool {
        code == "journal.locked" || code == "journal.corrupt"
    }

    /// The incident as the journal has it now. What is decided about an action is decided on this,
    /// never on a model that may be some messages behind.
    package var incident: Incident { state.withLock { $0.incident } }

    /// The newest entry and its hash, of which the screen shows the first digits: a photograph of
    /// it is an anchor too.
    package var head: JournalHead {
        state.withLock { state in
            switch state.mode {
            case .writer(let writer): writer.head
            case .reader(let reader): reader.head
            }
        }
    }

    /// The first 12 hex digits of the head's hash, as `verify --anchor` takes them; nil while there
    /// is no entry.
    package var headMark: String? {
        let head = head
        return head.sequence == 0 ? nil : String(head.hash.prefix(12))
    }

    /// The same with the entry's number, both of one moment.
    package var recordHead: RecordHead? {
        let head = head
        return head.sequence == 0
            ? nil : RecordHead(mark: String(head.hash.prefix(12)), entry: head.sequence)
    }

    /// Everything written before this room opened, in order, and whatever a reader finds since.
    package func readAll() throws(Failure) -> [Event] {
        try state.withLock { state throws(Failure) in
            let events =
                switch state.mode {
                case .reader(let reader): try reader.readNew()
                case .writer(let writer):
                    try JournalReader.open(writer.directory.path, fileSystem: files).readNew()
                }
            for event in events { state.incident.apply(event) }
            if events.contains(where: { $0.kind == JournalKinds.AnchorSkipped.kind }) {
                state.isAnchorNoted = true
            }
            return events
        }
    }

    /// In a read-only room: tells what another one wrote since the last call.
    package func poll() {
        state.withLock { state in
            guard case .reader(let reader) = state.mode else { return }
            do throws(Failure) {
                let events = try reader.readNew()
                state.told = nil
                for event in events { state.incident.apply(event) }
                if !events.isEmpty { post(.journalled(events)) }
            } catch {
                if state.told != error { post(.failed(error)) }
                state.told = error
            }
        }
    }

    @discardableResult
    package func append(_ draft: EventDraft, sync: Bool) throws(Failure) -> Event {
        try state.withLock { state throws(Failure) in
            guard case .writer(let writer) = state.mode else { throw Self.readOnly }
            do throws(Failure) {
                let event = try writer.append(draft, sync: sync)
                state.incident.apply(event)
                post(.journalled([event]))
                if Self.anchored.contains(event.kind) { state.awaitsAnchor = event.kind }
                if sync { anchorHead(writer, &state) }
                return event
            } catch {
                post(writer.isPoisoned ? .journalLost(error) : .failed(error))
                throw error
            }
        }
    }

    package func storeBlob(_ bytes: [UInt8]) throws(Failure) -> String {
        try state.withLock { state throws(Failure) in
            guard case .writer(let writer) = state.mode else { throw Self.readOnly }
            return try writer.storeBlob(bytes)
        }
    }

    /// Makes unsynced entries durable; called about once a second.
    package func sync() {
        state.withLock { state in
            guard case .writer(let writer) = state.mode, !writer.isPoisoned else { return }
            do throws(Failure) {
                try writer.sync()
                anchorHead(writer, &state)
            } catch {
                post(.journalLost(error))
            }
        }
    }

    // MARK: Anchors

    /// The entries after which the head's hash is kept outside: an approval, an outcome, the end.
    private static let anchored: Set<String> = [
        MitigationApproved.kind, ActionSucceeded.kind, ActionFailed.kind, ActionTimedOut.kind,
        ActionStopped.kind, ActionUnknown.kind, IncidentResolved.kind, IncidentClosed.kind,
    ]

    /// Sends the head, which is on the disk, to the system log if an entry asks for it. Where there
    /// is none, or it does not take it, the record says so once; nothing depends on it.
    private func anchorHead(_ writer: JournalWriter, _ state: inout State) {
        guard let kind = state.awaitsAnchor else { return }
        state.awaitsAnchor = nil
        do throws(SystemError) {
            try anchor.send(
                writer.head, incident: state.incident.id.text, kind: kind, at: clock.now.wall)
        } catch {
            guard !state.isAnchorNoted else { return }
            state.isAnchorNoted = true
            let note = JournalKinds.AnchorSkipped(socket: anchor.socket, reason: "\(error)")
            guard
                let event = try? writer.append(EventDraft(note, by: .automation), sync: false)
            else { return }
            state.incident.apply(event)
            post(.journalled([event]))
        }
    }

    package func close() {
        state.withLock { state in
            if case .writer(let writer) = state.mode { writer.close() }
        }
    }

    private static let readOnly = Failure(
        "room.readOnly", "This room is read-only", why: "another one writes the journal",
        unchanged: "Nothing was recorded and nothing was run", exit: .refusedByGate)
}
