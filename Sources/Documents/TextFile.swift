import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// Reads the files that people write.
package enum TextFile {
    /// Largest file read, in bytes.
    package static let bytesMax = YAMLReader.textBytesMax

    /// The text of a regular file. Refused: anything else (a FIFO would wait for ever), more than
    /// `bytesMax`, and bytes that are not UTF-8.
    package static func read(_ path: String) throws(Failure) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path, SystemError.current.description) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw failure(path, SystemError.current.description)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw failure(path, "it is not a regular file")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, SystemError.current.description) }
            if count == 0 { break }
            bytes += buffer[..<count]
            guard bytes.count <= bytesMax else {
                throw failure(path, "it is larger than \(bytesMax / 1024 / 1024) MiB")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure(path, "it is not UTF-8 text")
        }
        return text
    }

    private static func failure(_ path: String, _ why: String) -> Failure {
        Failure(
            "document.unreadable", "File not readable", subject: path, why: why,
            unchanged: "Nothing of it was used", next: "Check the path and its permissions")
    }
}
