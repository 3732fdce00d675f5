import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// Keeps head hashes where whoever can rewrite the journal may not be able to: in the system log.
///
/// One datagram to `/dev/log` in the local form of RFC 3164, which rsyslog, syslog-ng and journald
/// read: priority, local time, tag; no host. It never waits: a log that does not take it is a
/// refusal.
package struct SystemLogAnchor: Sendable {
    package static let standardSocket = "/dev/log"
    /// Facility authpriv (10), severity notice (5): kept, and readable by administrators alone.
    private static let priority = 10 * 8 + 5

    package let socket: String

    package init(socket: String = SystemLogAnchor.standardSocket) {
        self.socket = socket
    }

    /// Sends the head of `incident`'s journal.
    ///
    /// - Parameters:
    ///   - kind: the entry that is the reason.
    /// - Throws: ENOENT where there is no system log, EAGAIN where it does not keep up.
    package func send(_ head: JournalHead, incident: String, kind: String, at time: Timestamp)
        throws(SystemError)
    {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Self.flags, 0)
        guard descriptor >= 0 else { throw .current }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(socket.utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemError(ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let line = Array(Self.line(head, incident: incident, kind: kind, at: time).utf8)
        let sent = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    descriptor, line, line.count, Int32(MSG_NOSIGNAL), $0,
                    socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard sent == line.count else { throw .current }
    }

    /// `<85>Nov 21 10:52:28 warroom[812]: INC-2041 entry 42 action.succeeded head <64 hex>`.
    static func line(_ head: JournalHead, incident: String, kind: String, at time: Timestamp)
        -> String
    {
        var seconds = time_t(time.nanoseconds / 1_000_000_000)
        var local = tm()
        localtime_r(&seconds, &local)
        let month = months[Int(local.tm_mon)]
        let day = local.tm_mday < 10 ? " \(local.tm_mday)" : "\(local.tm_mday)"
        let clock = [local.tm_hour, local.tm_min, local.tm_sec].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "<\(priority)>\(month) \(day) \(clock.joined(separator: ":")) "
            + "warroom[\(getpid())]: \(incident) entry \(head.sequence) \(kind) head \(head.hash)"
    }

    private static let flags = Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
