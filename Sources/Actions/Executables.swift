import Basics
import Crypto
import Incidents
import Processes

#if canImport(Glibc)
    import Glibc
#endif

/// Which programs a proposal would start, each as one line: path, device, inode, modification time,
/// SHA-256.
package enum Executables {
    /// The lines of every program of `proposal`, in the order of first use.
    ///
    /// Called at the approval, so that the run can tell whether a program was replaced since. It
    /// reads each program whole: not for the main thread.
    package static func lines(of proposal: MitigationProposed) throws(Failure) -> [String] {
        try pins(of: proposal.steps).map(line)
    }

    static func pins(of steps: [[String]]) throws(Failure) -> [PinnedExecutable] {
        var pins: [PinnedExecutable] = []
        for path in steps.compactMap(\.first)
        where !pins.contains(where: { NameRule.same($0.path, path) }) {
            pins.append(try ExecutableCheck.pin(path, digest: digest))
        }
        return pins
    }

    static func line(_ pin: PinnedExecutable) -> String {
        "\(pin.path) dev=\(pin.device) ino=\(pin.inode) "
            + "mtime=\(TimeText.rfc3339(pin.modified, fractionDigits: 9)) "
            + "sha256=\(pin.sha256 ?? "unknown")"
    }

    private static let digest: ExecutableCheck.Digest = { (path) throws(Failure) in
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path, SystemError.current) }
        defer { close(descriptor) }
        var hash = SHA256()
        var buffer = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path, SystemError.current) }
            if count == 0 { break }
            buffer.withUnsafeBytes { hash.update(bufferPointer: .init(rebasing: $0[..<count])) }
        }
        return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func unreadable(_ path: String, _ error: SystemError) -> Failure {
        Failure(
            "executable.unreadable", "The program cannot be read", subject: path, why: "\(error)",
            unchanged: "Nothing was run", next: "Let this user read it", exit: .refusedByGate)
    }
}
