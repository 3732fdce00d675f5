import Basics
import Incidents
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Something that was done to a service in another incident.
package struct AttemptElsewhere: Hashable, Sendable {
    package var incident: String
    package var action: String
    package var target: String
    /// Whether it undid an earlier action.
    package var isUndo: Bool
    /// When its entry was written, on both clocks, and which boot the second belongs to.
    package var wall: Timestamp
    package var boot: BootTime
    package var bootID: String
}

/// What was lately done in the other incidents of a store, from the ends of their journals.
///
/// It takes no lock and checks no chain: what counts is that no attempt is overlooked. So entries
/// that are missing by their numbers, or by HEAD's, make a journal one that cannot be counted; a
/// torn end was never acknowledged and is none. A journal is read again only when its last segment
/// has changed, so asking once a second costs two `stat` calls for each incident. The age of the
/// file is not asked: a wall clock that was set forward would make a fresh attempt look old.
package final class RecentAttempts: Sendable {
    /// How much of a segment is read at first; four times as much when that is not enough.
    private static let tailBytes = 128 * 1024
    /// How much of the first segment is read to find out whether it is a drill's.
    private static let beginningBytes = 64 * 1024

    /// What `read` found.
    package struct Findings: Hashable, Sendable {
        package var attempts: [AttemptElsewhere]
        /// Incidents whose journal could not be read, with the reason: what was done in them is
        /// not known. The store's own path stands for a store that could not be listed.
        package var unread: [String: String]
    }

    private struct Known {
        var segment: Int
        var directory: FileStatus
        var file: FileStatus
        var attempts: [AttemptElsewhere]
    }

    private struct State {
        var journals: [String: Known] = [:]
        /// Whether an incident is a drill; one that did not say so yet is missing here.
        var drills: [String: Bool] = [:]
    }

    private let store: IncidentStore
    private let files: any FileSystem
    private let state = Mutex(State())

    package init(store: IncidentStore, fileSystem: any FileSystem = SystemFileSystem()) {
        self.store = store
        files = fileSystem
    }

    /// The attempts of the last `window` in every incident but `incident` that is a drill, or none,
    /// as `isDrill` says. What did not say yet what it is counts for both.
    ///
    /// Within this boot the boot-time clock decides; for entries of another boot the wall clock,
    /// and one that went back counts as no time passed.
    package func read(
        except incident: String, isDrill: Bool, window: Duration, now: ClockReading, bootID: String
    ) -> Findings {
        var findings = Findings(attempts: [], unread: [:])
        let look = Look(window: window, now: now, bootID: bootID)
        state.withLock { state in
            let ids: [String]
            do throws(SystemError) {
                ids = try store.listed().filter { !$0.utf8.elementsEqual(incident.utf8) }
            } catch {
                findings.unread[store.incidentsDirectory] = "\(error)"
                return
            }
            state.journals = state.journals.filter { ids.contains($0.key) }
            for id in ids {
                do throws(Unread) {
                    guard try kind(of: id, &state) ?? isDrill == isDrill else { continue }
                    let entry = try update(id, state.journals[id], look)
                    state.journals[id] = entry
                    findings.attempts += entry.attempts.filter { look.covers($0) }
                } catch {
                    state.journals[id] = nil
                    // A directory that was only just claimed has no journal yet.
                    if !error.isMissing { findings.unread[id] = error.why }
                }
            }
        }
        return findings
    }

    // MARK: Drills

    /// Whether the incident is a drill, as its beginning says; nil while that is not written yet.
    private func kind(of id: String, _ state: inout State) throws(Unread) -> Bool? {
        if let known = state.drills[id] { return known }
        let path = JournalDirectory(store.path(for: id)).segment(1)
        do throws(SystemError) {
            let descriptor = try files.open(path, flags: O_RDONLY | O_NONBLOCK, mode: 0)
            defer { files.close(descriptor) }
            let bytes = try files.read(descriptor, at: 0, count: Self.beginningBytes)
            var found: Bool?
            ChainScanner.eachFrame(in: bytes[...]) { _, payload in
                guard found == nil, payload.kind == IncidentOpened.kind else { return }
                found = try? JSONText.decode(IncidentOpened.self, from: payload.data).isDrill
            }
            state.drills[id] = found
            return found
        } catch {
            throw Unread(error)
        }
    }

    // MARK: Ends of journals

    private func update(_ id: String, _ known: Known?, _ look: Look) throws(Unread) -> Known {
        do throws(SystemError) {
            let place = JournalDirectory(store.path(for: id))
            let directory = try files.status(place.journal)
            if let known, known.directory == directory,
                try files.status(place.segment(known.segment)) == known.file
            {
                return known
            }
        } catch {
            throw Unread(error)
        }
        let (known, tail) = try readEnd(id, look)
        if let why = tail.missing(look) { throw Unread(why: why) }
        return known
    }

    private func readEnd(_ id: String, _ look: Look) throws(Unread) -> (Known, Tail) {
        do throws(SystemError) {
            let place = JournalDirectory(store.path(for: id))
            let directory = try files.status(place.journal)
            // Before the records: those that it counts are then there, however many come after.
            var tail = Tail(head: try head(place))
            let segments = try files.list(place.journal).compactMap {
                JournalDirectory.number(inName: $0)
            }
            guard let last = segments.last else { throw SystemError(ENOENT) }
            let file = try files.status(place.segment(last))
            tail.isWhole = true
            for segment in segments.reversed()
            where try readTail(place.segment(segment), id, into: &tail, look) {
                tail.isWhole = false
                break
            }
            let attempts = tail.entries.compactMap(\.attempt)
            return (
                Known(segment: last, directory: directory, file: file, attempts: attempts), tail
            )
        } catch {
            throw Unread(error)
        }
    }

    /// The bytes of HEAD; nil without one.
    private func head(_ place: JournalDirectory) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try files.readAll(place.head, max: 4096)
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
    }

    /// Reads one segment from its end until entries are older than the window; true when they are.
    private func readTail(_ path: String, _ incident: String, into tail: inout Tail, _ look: Look)
        throws(SystemError) -> Bool
    {
        let descriptor = try files.open(path, flags: O_RDONLY | O_NONBLOCK, mode: 0)
        defer { files.close(descriptor) }
        let size = try files.status(descriptor).size
        guard size <= JournalScan.segmentBytesMax else { throw SystemError(EFBIG) }
        var length = Self.tailBytes
        while true {
            let start = max(0, size - length)
            let bytes = try files.read(descriptor, at: start, count: size - start)
            var found: [Entry] = []
            ChainScanner.eachFrame(in: bytes[...]) { sequence, payload in
                found.append(Entry(sequence, payload, in: incident))
            }
            let isOld = found.contains { !look.covers($0.moment) }
            if isOld || start == 0 {
                tail.entries = found + tail.entries
                return isOld
            }
            length *= 4
        }
    }
}

/// From where the windows look back.
private struct Look {
    var window: Duration
    var now: ClockReading
    var bootID: String

    func covers(_ attempt: AttemptElsewhere) -> Bool {
        let isSameBoot =
            attempt.bootID != "unknown" && !attempt.bootID.isEmpty
            && attempt.bootID.utf8.elementsEqual(bootID.utf8)
        let elapsed = isSameBoot ? now.boot - attempt.boot : now.wall - attempt.wall
        return max(.zero, elapsed) <= window
    }
}

/// Why a journal cannot be counted.
private struct Unread: Error {
    var why: String
    var isMissing = false

    init(why: String) { self.why = why }

    init(_ error: SystemError) {
        why = "\(error)"
        isMissing = error.code == ENOENT
    }
}

/// One record, as far as the windows need it.
private struct Entry {
    var sequence: UInt64
    /// When and in which incident; action and target are empty.
    var moment: AttemptElsewhere
    var attempt: AttemptElsewhere?
    /// What this record says, or does not say, about what is not known; nil when all is.
    var problem: String?

    init(_ sequence: UInt64, _ payload: RecordPayload, in incident: String) {
        self.sequence = sequence
        moment = AttemptElsewhere(
            incident: incident, action: "", target: "", isUndo: false, wall: payload.entry,
            boot: payload.boot, bootID: payload.bootID)
        switch payload.kind {
        case ActionIntent.kind:
            guard let intent = try? JSONText.decode(ActionIntent.self, from: payload.data) else {
                problem = "entry \(sequence) is an action in an unknown form"
                return
            }
            attempt = moment
            attempt?.action = intent.action
            attempt?.target = intent.target
            attempt?.isUndo = intent.rollbackOf != nil
        case ActionManual.kind:
            guard let manual = try? JSONText.decode(ActionManual.self, from: payload.data) else {
                problem = "entry \(sequence) is work by hand in an unknown form"
                return
            }
            guard let action = manual.action, let target = manual.target else { return }
            attempt = moment
            attempt?.action = action
            attempt?.target = target
        case JournalKinds.Continued.kind:
            problem = "entries before \(sequence) were damaged"
        default: break
        }
    }
}

/// The entries at the end of a journal, oldest first.
private struct Tail {
    /// The number of the last entry that HEAD counts; nil without HEAD.
    private let head: UInt64?
    private let isHeadDamaged: Bool
    var entries: [Entry] = []
    /// Whether `entries` is everything.
    var isWhole = false

    init(head bytes: [UInt8]?) {
        head = bytes.flatMap { JournalHead(bytes: $0)?.sequence }
        isHeadDamaged = bytes != nil && head == nil
    }

    /// Why attempts may be missing within the window, or nil.
    func missing(_ look: Look) -> String? {
        if isHeadDamaged { return "its HEAD is damaged" }
        let last = entries.map(\.sequence).max() ?? 0
        if let head, head > last { return "entry \(head) is missing, HEAD counts it" }
        var before: UInt64? = isWhole ? 0 : nil
        for entry in entries {
            let isGap = before.map { entry.sequence > $0 + 1 } ?? false
            if isGap || entry.problem != nil, look.covers(entry.moment) {
                return entry.problem ?? "entries before \(entry.sequence) are missing"
            }
            before = entry.sequence
        }
        return nil
    }
}
