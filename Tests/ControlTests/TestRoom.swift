import Basics
import Control
import Incidents
import Support
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A real server on a socket in a folder of its own, which answers notes with their text.
final class TestRoom: Sendable {
    let folder: TemporaryFolder
    let server: RoomServer
    let seen = Log()

    final class Log: Sendable {
        private let state = Mutex<(requests: [(Request, Peer)], attending: [[Peer]])>(([], []))
        func add(_ request: Request, _ peer: Peer) {
            state.withLock { $0.requests.append((request, peer)) }
        }
        func add(_ peers: [Peer]) { state.withLock { $0.attending.append(peers) } }
        var requests: [(Request, Peer)] { state.withLock { $0.requests } }
        var attending: [Peer] { state.withLock { $0.attending.last ?? [] } }
    }

    init(
        _ limits: ControlLimits = ControlLimits(), folder: TemporaryFolder? = nil,
        isExpected: @escaping @Sendable (Actor) -> Bool = { _ in true },
        answering: RequestHandler? = nil
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        let seen = seen
        server = try RoomServer(
            incident: try #require(IncidentID("INC-2041")), named: folder.file("room.sock"),
            limits: limits,
            callbacks: RoomServer.Callbacks(
                isExpected: isExpected,
                handle: { request, peer, answer in
                    seen.add(request, peer)
                    if let answering { return answering(request, peer, answer) }
                    answer(Answer(did: "\(request.deed.rawValue) \(request.text ?? "")"))
                }, attendance: { seen.add($0) }))
    }

    var place: RoomPlace { get throws { try RoomPlace(at: server.path) } }

    func ask(_ text: String) throws -> String {
        try RoomClient(place).ask(Request(.note, text: text)).did ?? ""
    }

    /// Whether it still answers, whatever was done to it.
    func isWell() -> Bool { (try? ask("well?")) == "note well?" }
}

/// A peer that writes whatever bytes it likes.
final class RawPeer {
    let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let descriptor = descriptor
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, length)
            }
        }
        guard result == 0 else { throw SystemError.current }
    }

    deinit { close(descriptor) }

    /// Without waiting for a reader; false when the other side is gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        return Glibc.send(descriptor, bytes, bytes.count, flags) >= 0 || errno == EAGAIN
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// What comes until the other side closes or `seconds` have passed.
    func read(seconds: Int = 5) -> (text: String, isClosed: Bool) {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let end = SystemClock().now.boot + .seconds(seconds)
        while SystemClock().now.boot < end {
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, 100) > 0 else { continue }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return (String(decoding: all, as: UTF8.self), true) }
            all += buffer[..<count]
        }
        return (String(decoding: all, as: UTF8.self), false)
    }

    /// One line.
    func line() -> String {
        var all: [UInt8] = []
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) == 1, byte != 0x0A { all.append(byte) }
        return String(decoding: all, as: UTF8.self)
    }
}
