import Basics
import CSystem
import Incidents

#if canImport(Glibc)
    import Glibc
#endif

/// A listening socket at its place in the file system.
struct SocketPlace {
    let path: String
    let listener: Int32
    private let bound: FileLook

    /// Binds the room's socket: at `named` if given, else in `/run/warroom`, else in the user's
    /// own directory below /tmp.
    ///
    /// - Throws: `control.noSocket` with what stood in the way at each place.
    static func open(_ incident: IncidentID, named: String?) throws(Failure) -> SocketPlace {
        var obstacles: [String] = []
        if let named {
            do throws(Obstacle) {
                try checkDirectory(RoomSocket.parent(of: named))
                return try take(named)
            } catch {
                obstacles.append("\(named): \(error.why)")
            }
        } else {
            for directory in [RoomSocket.systemDirectory, RoomSocket.userDirectory(geteuid())] {
                do throws(Obstacle) {
                    try prepare(directory)
                    return try first(in: directory, incident)
                } catch {
                    obstacles.append("\(directory): \(error.why)")
                }
            }
        }
        throw Failure(
            "control.noSocket", "The room has no socket", subject: incident.text,
            why: obstacles.joined(separator: "; "),
            unchanged: "The room works, but nobody can take part from elsewhere",
            next: "Free one of these places, or start with --room PATH")
    }

    /// Removes the file if it is still this socket, and closes.
    func close() {
        if let now = FileLook(path), now.isSameFile(as: bound) { unlink(path) }
        Glibc.close(listener)
    }

    private struct Obstacle: Error {
        var why: String
        /// A room answers there: another name may be free.
        var isTaken = false
    }

    private static func first(in directory: String, _ incident: IncidentID) throws(Obstacle)
        -> SocketPlace
    {
        for name in RoomSocket.names(incident) {
            do throws(Obstacle) {
                return try take(directory + "/" + name)
            } catch {
                guard error.isTaken else { throw error }
            }
        }
        throw Obstacle(why: "other rooms have all \(RoomSocket.namesMax) names")
    }

    // MARK: Directories

    /// Makes the directory where it is missing, with its mode; takes no other's and no link.
    private static func prepare(_ directory: String) throws(Obstacle) {
        if mkdir(directory, RoomSocket.directoryMode) == 0 {
            // The mask of the process may have taken bits away.
            chmod(directory, RoomSocket.directoryMode)
        } else if errno != EEXIST {
            throw Obstacle(why: "\(SystemError.current)")
        }
        try checkDirectory(directory)
    }

    private static func checkDirectory(_ directory: String) throws(Obstacle) {
        guard let look = FileLook(directory) else { throw Obstacle(why: "it is not there") }
        guard look.kind == .directory else { throw Obstacle(why: "it is not a directory") }
        guard look.owner == geteuid() else {
            throw Obstacle(why: "it belongs to \(LoginName.of(look.owner)) (uid \(look.owner))")
        }
        guard !look.othersMayWrite else { throw Obstacle(why: "others may write to it") }
    }

    // MARK: Binding

    /// Binds at `path`. What lies there is replaced only when it is a socket of ours at which
    /// nobody answers; a lock keeps two rooms from replacing each other's at the same moment.
    private static func take(_ path: String) throws(Obstacle) -> SocketPlace {
        let lock = try lock(path)
        defer { unlock(lock) }
        if let old = FileLook(path) {
            guard old.kind == .socket, old.owner == geteuid() else {
                throw Obstacle(why: "something else lies there")
            }
            if isAnswered(path) { throw Obstacle(why: "another room listens there", isTaken: true) }
            unlink(path)
        }
        do throws(SystemError) {
            let listener = try LocalSocket.make()
            do throws(SystemError) {
                try LocalSocket.bind(listener, to: path)
                guard chmod(path, RoomSocket.socketMode) == 0, listen(listener, backlog) == 0,
                    let bound = FileLook(path)
                else { throw SystemError.current }
                return SocketPlace(path: path, listener: listener, bound: bound)
            } catch {
                Glibc.close(listener)
                throw error
            }
        } catch {
            throw Obstacle(why: "\(error)")
        }
    }

    private static let backlog: Int32 = 64

    /// Whether a process has this socket open, be it busy or stopped.
    private static func isAnswered(_ path: String) -> Bool {
        do throws(SystemError) {
            let descriptor = try LocalSocket.make()
            defer { Glibc.close(descriptor) }
            do throws(SystemError) {
                try LocalSocket.connect(descriptor, to: path)
                return true
            } catch {
                return error.code == EAGAIN || error.code == EINPROGRESS
            }
        } catch {
            return true
        }
    }

    /// `INC-2041.sock.lock`, held while looking and binding, for a second at most.
    private static func lock(_ path: String) throws(Obstacle) -> Int32 {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        let descriptor = Glibc.open(path + ".lock", flags, 0o600)
        guard descriptor >= 0 else { throw Obstacle(why: "\(SystemError.current)") }
        for _ in 0..<50 {
            let result = csystem_lock(descriptor)
            if result == 0 { return descriptor }
            guard result == -EAGAIN else { break }
            usleep(20_000)
        }
        Glibc.close(descriptor)
        throw Obstacle(why: "another room is taking it", isTaken: true)
    }

    private static func unlock(_ descriptor: Int32) {
        csystem_unlock(descriptor)
        Glibc.close(descriptor)
    }
}
