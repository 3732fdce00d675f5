import Basics
import CSystem
import Incidents

#if canImport(Glibc)
    import Glibc
#endif

/// Where a room's socket is.
package enum RoomSocket {
    /// `/run/warroom`, the first choice: for root, and for those to whom an administrator gave it.
    package static let systemDirectory = "/run/warroom"

    /// `/tmp/warroom-1000`, for everybody else.
    package static func userDirectory(_ uid: UInt32) -> String { "/tmp/warroom-\(uid)" }

    /// Whether `path` has the form of `userDirectory`, whoever owns it.
    static func namesUser(_ path: String) -> Bool {
        let prefix = "/tmp/warroom-"
        return path.hasPrefix(prefix) && UInt32(path.dropFirst(prefix.count)) != nil
    }

    /// `INC-2041.sock`, `INC-2041-2.sock`, …: the second name is for another room of this user
    /// with the same id in another state directory.
    package static func names(_ incident: IncidentID) -> [String] {
        ["\(incident).sock"] + (2...namesMax).map { "\(incident)-\($0).sock" }
    }

    /// Rooms of one user with one id.
    package static let namesMax = 9
    /// Directory: only the owner may list it, everybody may pass.
    package static let directoryMode: mode_t = 0o711
    /// Socket: everybody may connect; who may do what is decided by the peer's user.
    package static let socketMode: mode_t = 0o666

    /// The incident in a socket's file name.
    package static func incident(inName name: String) -> IncidentID? {
        guard name.hasSuffix(".sock") else { return nil }
        let parts = name.dropLast(5).split(separator: "-")
        guard parts.count >= 2 else { return nil }
        return IncidentID(parts[0] + "-" + parts[1])
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// A file as lstat(2) sees it: no link is followed.
struct FileLook {
    enum Kind { case directory, socket, other }
    var kind: Kind
    var owner: UInt32
    var mode: mode_t
    var device: UInt64
    var inode: UInt64

    /// nil when there is nothing, or nothing that can be looked at.
    init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: kind = .directory
        case S_IFSOCK: kind = .socket
        default: kind = .other
        }
        owner = status.st_uid
        mode = status.st_mode & 0o7777
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }

    var othersMayWrite: Bool { mode & 0o022 != 0 }
    var isSticky: Bool { mode & 0o1000 != 0 }

    func isSameFile(as other: FileLook) -> Bool {
        device == other.device && inode == other.inode
    }
}

/// The few calls on local sockets, with their errors as values.
enum LocalSocket {
    /// A stream socket that children do not inherit and that never blocks.
    static func make() throws(SystemError) -> Int32 {
        let flags =
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, flags, 0)
        guard descriptor >= 0 else { throw SystemError.current }
        return descriptor
    }

    /// Connects without waiting: EAGAIN when the other side takes nobody at the moment.
    static func connect(_ descriptor: Int32, to path: String) throws(SystemError) {
        var address = try address(path)
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, length)
            }
        }
        guard result == 0 else { throw SystemError.current }
    }

    static func bind(_ descriptor: Int32, to path: String) throws(SystemError) {
        var address = try address(path)
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, length)
            }
        }
        guard result == 0 else { throw SystemError.current }
    }

    /// Source: unix(7), `sun_path` holds 108 bytes with its NUL.
    private static func address(_ path: String) throws(SystemError) -> sockaddr_un {
        let bytes = Array(path.utf8)
        var address = sockaddr_un()
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard !bytes.isEmpty, bytes.count < room, !bytes.contains(0) else {
            throw SystemError(ENAMETOOLONG)
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }

    /// Who is at the other end, by the kernel.
    static func peer(_ descriptor: Int32) throws(SystemError) -> Peer {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        let result = csystem_peer(descriptor, &pid, &uid, &gid)
        guard result == 0 else { throw SystemError(-result) }
        return Peer(actor: Actor(uid: uid, name: LoginName.of(uid)), pid: pid)
    }
}

/// Somebody at the other end of the socket.
package struct Peer: Sendable, Hashable {
    /// The real user of the process that connected (SO_PEERCRED), never what a message says.
    package var actor: Actor
    package var pid: Int32

    package init(actor: Actor, pid: Int32) {
        self.actor = actor
        self.pid = pid
    }
}

/// Names of users.
package enum LoginName {
    /// The login name of `uid`; `uid1234` when the user database knows none.
    package static func of(_ uid: UInt32) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 * 1_024)
        let result = getpwuid_r(uid, &entry, &buffer, buffer.count, &found)
        guard result == 0, found != nil, let name = entry.pw_name else { return "uid\(uid)" }
        return String(cString: name)
    }
}
