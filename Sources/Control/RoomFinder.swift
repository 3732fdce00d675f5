import Basics
import CSystem
import Incidents

#if canImport(Glibc)
    import Glibc
#endif

/// A socket that seems to be a room's: by owner, modes and place, before anybody connected to it.
package struct RoomPlace: Sendable, Hashable {
    package var path: String
    /// The user who must be at the other end.
    package var owner: UInt32

    /// Judges the socket at `path`: a real socket, in a directory that nobody but its owner can
    /// change. Below /tmp the directory's name must name its owner, so that nobody's room can be
    /// feigned by a stranger who was there first.
    ///
    /// - Throws: `control.untrusted`, `control.nothingThere`.
    package init(at path: String) throws(Failure) {
        func refusal(_ why: String) -> Failure {
            Failure(
                "control.untrusted", "The socket is not trusted", subject: path, why: why,
                unchanged: "Nothing was sent", next: "Name the right one with --room PATH",
                exit: .refusedByGate)
        }
        guard let socket = FileLook(path) else {
            throw Failure(
                "control.nothingThere", "There is no room's socket", subject: path,
                why: "\(SystemError.current)", unchanged: "Nothing was sent",
                next: "Open the room, or name its socket with --room PATH")
        }
        guard socket.kind == .socket else { throw refusal("it is not a socket") }
        let folder = RoomSocket.parent(of: path)
        guard let directory = FileLook(folder) else { throw refusal("its directory is hidden") }
        guard directory.kind == .directory else {
            throw refusal("its directory is a link or something else")
        }
        guard directory.owner == socket.owner || directory.owner == 0 else {
            throw refusal(
                "it belongs to \(LoginName.of(socket.owner)), its directory to "
                    + LoginName.of(directory.owner))
        }
        guard !directory.othersMayWrite || directory.isSticky else {
            throw refusal("others may write to its directory")
        }
        if RoomSocket.namesUser(folder), folder != RoomSocket.userDirectory(socket.owner) {
            throw refusal("\(folder) is not the directory of \(LoginName.of(socket.owner))")
        }
        self.path = path
        owner = socket.owner
    }
}

/// Looks for rooms on this machine.
package enum RoomFinder {
    /// Sockets of `incident`, or of every incident in directories that may be listed, this user's
    /// own first. What is not trusted is left out and named in `refused`.
    package static func places(_ incident: IncidentID?, refused: (Failure) -> Void = { _ in })
        -> [RoomPlace]
    {
        directories().flatMap { directory in
            paths(in: directory, incident).compactMap { path in
                do throws(Failure) {
                    return try RoomPlace(at: path)
                } catch {
                    if error.code == "control.untrusted" { refused(error) }
                    return nil
                }
            }
        }
    }

    private static func directories() -> [String] {
        let own = RoomSocket.userDirectory(geteuid())
        let others = entries("/tmp").filter { $0.hasPrefix("warroom-") }.map { "/tmp/" + $0 }
            .filter { $0 != own && RoomSocket.namesUser($0) }
        return [own, RoomSocket.systemDirectory] + others.sorted()
    }

    /// A directory of another user cannot be listed, only asked for a name.
    private static func paths(in directory: String, _ incident: IncidentID?) -> [String] {
        guard let incident else {
            return entries(directory).filter { RoomSocket.incident(inName: $0) != nil }
                .sorted().map { directory + "/" + $0 }
        }
        return RoomSocket.names(incident).map { directory + "/" + $0 }.filter {
            FileLook($0) != nil
        }
    }

    private static func entries(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        return names
    }
}
