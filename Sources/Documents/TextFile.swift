import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// Reads whole files: the ones people write, and dumps named on the command line.
package enum TextFile {
    /// Largest file read by `read`, in bytes: more than any configuration needs; a device or a log
    /// named by mistake is refused.
    package static let bytesMax = YAMLReader.textBytesMax

    /// The text of a regular file. Refused: anything else, more than `bytesMax`, and bytes that are
    /// not UTF-8.
    package static func read(_ path: String) throws(Failure) -> String {
        guard let text = String(validating: try bytes(path), as: UTF8.self) else {
            throw unreadable(path, "it is not UTF-8 text")
        }
        return text
    }

    /// The bytes of a regular file of at most `max` bytes. A FIFO or a device is refused without
    /// waiting for it.
    package static func bytes(_ path: String, max: Int = bytesMax) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw unreadable(path, "\(SystemError.current)") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw unreadable(path, "\(SystemError.current)")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw unreadable(path, "it is not a regular file")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(max, Int(status.st_size)))
        var buffer = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path, "\(SystemError.current)") }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= max else {
                throw unreadable(path, "it is larger than \(UnitText.bytes(Double(max)))")
            }
        }
    }

    private static func unreadable(_ path: String, _ why: String) -> Failure {
        Failure(
            "document.unreadable", "File not readable", subject: path, why: why,
            unchanged: "Nothing of it was used", next: "Check the path and its permissions")
    }
}
