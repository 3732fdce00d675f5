import Basics
import CSystem
import Control
import Incidents
import Journals

#if canImport(Glibc)
    import Glibc
#endif

/// Which socket belongs to which room.
package enum RoomAddress {
    /// Who holds an incident's journal, as its lock file says. For display until proven.
    package struct Holder: Sendable, Hashable {
        package var pid: Int32
        package var bootID: String
        /// Owner of the lock file.
        package var uid: UInt32
    }

    /// nil when no room ever held it, or its record cannot be read by this user.
    package static func holder(of directory: String) -> Holder? {
        let path = JournalDirectory(directory).lock
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return nil }
        let line = buffer[..<count].prefix { (0x20...0x7E).contains($0) }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard words.count >= 4, words[0] == "pid", words[2] == "boot", let pid = Int32(words[1]),
            pid > 0
        else { return nil }
        return Holder(pid: pid, bootID: String(words[3]), uid: status.st_uid)
    }

    // MARK: Where a room listens

    private static func note(in directory: String) -> String { directory + "/socket" }
    private static let pathBytesMax = 4_096

    /// Writes down beside the journal where its room listens; an empty path: nowhere. Best effort:
    /// without it the room is looked for at the usual places.
    static func record(_ path: String, in directory: String) {
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
        let descriptor = open(note(in: directory), flags, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let line = Array((path + "\n").utf8)
        _ = write(descriptor, line, line.count)
    }

    /// Where the incident's room said that it listens; nil when nothing is written down.
    package static func recorded(in directory: String) -> String? {
        let descriptor = open(note(in: directory), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: pathBytesMax)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0, let end = buffer[..<count].firstIndex(of: 0x0A), end > 0 else {
            return nil
        }
        return String(decoding: buffer[..<end], as: UTF8.self)
    }

    /// The socket of the room that writes `directory`: the one whose process the lock file names.
    /// The kernel knows that process even when it is stopped.
    package static func room(of incident: IncidentID, in directory: String) -> RoomPlace? {
        guard let holder = holder(of: directory) else { return nil }
        let folders = [RoomSocket.systemDirectory, RoomSocket.userDirectory(holder.uid)]
        let usual = folders.flatMap { folder in
            RoomSocket.names(incident).map { folder + "/" + $0 }
        }
        for path in (recorded(in: directory).map { [$0] } ?? []) + usual {
            guard let place = try? RoomPlace(at: path),
                let client = try? RoomClient(place, patience: .seconds(1))
            else { continue }
            if client.room.pid == holder.pid { return place }
        }
        return nil
    }

    /// The room that a command of the shell means.
    ///
    /// - Parameters:
    ///   - incident: nil: the only one whose socket this user can see.
    ///   - path: a socket that was named.
    ///   - directory: the incident's own directory, where this user has one.
    /// - Throws: `control.nobody`, `control.ambiguous`, `control.untrusted`.
    package static func choose(_ incident: IncidentID?, path: String?, directory: String?)
        throws(Failure) -> RoomPlace
    {
        if let path { return try RoomPlace(at: path) }
        if let incident, let directory, let place = room(of: incident, in: directory) {
            return place
        }
        var refusals: [Failure] = []
        var places = RoomFinder.places(incident) { refusals.append($0) }
        // The directory of an honest room of another user cannot be listed: one that shows itself
        // to whoever names no incident may be feigned.
        if incident == nil { places = places.filter { $0.owner == geteuid() || $0.owner == 0 } }
        let alive = places.filter { place in
            do throws(Failure) {
                _ = try RoomClient(place, patience: .seconds(1))
                return true
            } catch {
                // A room that is silent is there all the same.
                return error.code == "control.silent"
            }
        }
        guard let first = alive.first else { throw nobody(incident, refusals) }
        guard alive.count == 1 else { throw ambiguous(incident, alive) }
        return first
    }

    private static func nobody(_ incident: IncidentID?, _ refusals: [Failure]) -> Failure {
        Failure(
            "control.nobody", "No room answers", subject: incident?.text ?? "",
            why: refusals.first.map { "not trusted: \($0.subject): \($0.why)" }
                ?? (incident == nil ? "no socket of another user can be listed" : ""),
            unchanged: "Nothing was sent",
            next: incident == nil
                ? "Name the incident: --incident INC-2041, or its socket: --room PATH"
                : "Open the room, or name its socket: --room PATH")
    }

    private static func ambiguous(_ incident: IncidentID?, _ places: [RoomPlace]) -> Failure {
        let list = places.map { "\($0.path) of \(LoginName.of($0.owner))" }
        return Failure(
            "control.ambiguous", "Several rooms answer", subject: incident?.text ?? "",
            why: list.joined(separator: ", "), unchanged: "Nothing was sent",
            next: "Name one: --room PATH", exit: .usage)
    }
}
