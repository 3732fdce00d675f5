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
/// It takes no lock and checks no chain: what counts is that no attempt is overlooked. A journal is
/// read again only when its last segment has changed, so asking once a second costs two `stat`
/// calls for each incident. The age of the file is not asked: a wall clock that was set forward
/// would make a fresh attempt look old.
package final class RecentAttempts: Sendable {
    /// How much of a segment is read at first; four times as much when that is not enough.
    private static let tailBytes = 128 * 1024

    /// What `read` found.
    package struct Findings: Hashable, Sendable {
        package var attempts: [AttemptElsewhere]
        /// Incidents whose journal could not be read, with the reason: what was done in them is
        /// not known.
        package var unread: [String: String]
    }

    private struct Known {
        var segment: Int
        var directory: FileStatus
        var file: FileStatus
        var attempts: [AttemptElsewhere]
    }

    private let store: IncidentStore
    private let files: any FileSystem
    private let known = Mutex<[String: Known]>([:])

    package init(store: IncidentStore, fileSystem: any FileSystem = SystemFileSystem()) {
        self.store = store
        files = fileSystem
    }

    /// The attempts of the last `window` in every incident but `incident`.
    ///
    /// Within this boot the boot-time clock decides; for entries of another boot the wall clock,
    /// and one that went back counts as no time passed.
    package func read(
        except incident: String, window: Duration, now: ClockReading, bootID: String
    ) -> Findings {
        var findings = Findings(attempts: [], unread: [:])
        known.withLock { known in
            let ids = store.list().filter { !$0.utf8.elementsEqual(incident.utf8) }
            known = known.filter { ids.contains($0.key) }
            for id in ids {
                do throws(SystemError) {
                    let entry = try update(id, known[id], window, now, bootID)
                    known[id] = entry
                    findings.attempts += entry.attempts.filter {
                        Self.elapsed(since: $0, now: now, bootID: bootID) <= window
                    }
                } catch {
                    known[id] = nil
                    // A directory that was only just claimed has no journal yet.
                    if error.code != ENOENT { findings.unread[id] = "\(error)" }
                }
            }
        }
        return findings
    }

    private func update(
        _ id: String, _ known: Known?, _ window: Duration, _ now: ClockReading, _ bootID: String
    ) throws(SystemError) -> Known {
        let place = JournalDirectory(store.path(for: id))
        let directory = try files.status(place.journal)
        if let known, known.directory == directory,
            try files.status(place.segment(known.segment)) == known.file
        {
            return known
        }
        let segments = try files.list(place.journal).compactMap {
            JournalDirectory.number(inName: $0)
        }
        guard let last = segments.last else { throw SystemError(ENOENT) }
        let file = try files.status(place.segment(last))
        var attempts: [AttemptElsewhere] = []
        for segment in segments.reversed() {
            let isOld = try readTail(
                place.segment(segment), into: &attempts, incident: id, window, now, bootID)
            if isOld { break }
        }
        return Known(segment: last, directory: directory, file: file, attempts: attempts)
    }

    /// Reads one segment from its end until entries are older than `window`; true when they are.
    private func readTail(
        _ path: String, into attempts: inout [AttemptElsewhere], incident: String,
        _ window: Duration, _ now: ClockReading, _ bootID: String
    ) throws(SystemError) -> Bool {
        let descriptor = try files.open(path, flags: O_RDONLY | O_NONBLOCK, mode: 0)
        defer { files.close(descriptor) }
        let size = try files.status(descriptor).size
        guard size <= JournalScan.segmentBytesMax else { throw SystemError(EFBIG) }
        var length = Self.tailBytes
        while true {
            let start = max(0, size - length)
            let bytes = try files.read(descriptor, at: start, count: size - start)
            var found: [AttemptElsewhere] = []
            var isOld = false
            ChainScanner.eachFrame(in: bytes[...]) { _, payload in
                let moment = AttemptElsewhere(
                    incident: incident, action: "", target: "", isUndo: false,
                    wall: payload.entry, boot: payload.boot, bootID: payload.bootID)
                if Self.elapsed(since: moment, now: now, bootID: bootID) > window { isOld = true }
                if let attempt = Self.attempt(payload, moment) { found.append(attempt) }
            }
            if isOld || start == 0 {
                attempts = found + attempts
                return isOld
            }
            length *= 4
        }
    }

    private static func attempt(_ payload: RecordPayload, _ moment: AttemptElsewhere)
        -> AttemptElsewhere?
    {
        var attempt = moment
        switch payload.kind {
        case ActionIntent.kind:
            guard let intent = try? JSONText.decode(ActionIntent.self, from: payload.data) else {
                return nil
            }
            attempt.action = intent.action
            attempt.target = intent.target
            attempt.isUndo = intent.rollbackOf != nil
        case ActionManual.kind:
            guard let manual = try? JSONText.decode(ActionManual.self, from: payload.data),
                let action = manual.action, let target = manual.target
            else { return nil }
            attempt.action = action
            attempt.target = target
        default: return nil
        }
        return attempt
    }

    /// Time since an entry, never negative.
    private static func elapsed(
        since attempt: AttemptElsewhere, now: ClockReading, bootID: String
    ) -> Duration {
        let isSameBoot =
            attempt.bootID != "unknown" && !attempt.bootID.isEmpty
            && attempt.bootID.utf8.elementsEqual(bootID.utf8)
        return max(.zero, isSameBoot ? now.boot - attempt.boot : now.wall - attempt.wall)
    }
}
