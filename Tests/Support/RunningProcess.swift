#if canImport(Glibc)
    import Glibc
#endif

/// Processes of this machine, as `/proc` shows them.
package enum RunningProcess {
    /// Those with `text` among their arguments that have not ended, without this one.
    package static func having(_ text: String) -> [pid_t] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var found: [pid_t] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let pid = pid_t(name), pid != getpid() else { continue }
            if arguments(of: pid).contains(where: { $0.contains(text) }) { found.append(pid) }
        }
        return found
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
