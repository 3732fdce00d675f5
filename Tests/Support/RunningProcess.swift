#if canImport(Glibc)
    import Glibc
#endif

/// Processes of this machine, as `/proc` shows them.
package enum RunningProcess {
    /// All of them, without this one.
    package static var all: [pid_t] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var found: [pid_t] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let pid = pid_t(name), pid != getpid() { found.append(pid) }
        }
        return found
    }

    /// Those with `text` among their arguments that have not ended, without this one.
    package static func having(_ text: String) -> [pid_t] {
        all.filter { pid in arguments(of: pid).contains { $0.contains(text) } }
    }

    /// Ends actions that outlived the room that ran them: those with `text` among their arguments,
    /// with their process groups and the empty homes that the room would have removed.
    package static func endActions(having text: String) {
        for pid in having(text) {
            let home = contents("/proc/\(pid)/environ").split(separator: 0)
                .map { String(decoding: $0, as: UTF8.self) }
                .first { $0.hasPrefix("HOME=/tmp/warroom-home-") }
            guard let home, getpgid(pid) == pid else { continue }
            kill(-pid, SIGKILL)
            rmdir(String(home.dropFirst("HOME=".count)))
        }
    }

    /// The arguments of `pid`; empty for one that has ended.
    package static func arguments(of pid: pid_t) -> [String] {
        let text = contents("/proc/\(pid)/cmdline")
        return text.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func contents(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }
}
