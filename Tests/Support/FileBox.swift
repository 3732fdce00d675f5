import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// A fresh folder with what tests do to files; removed when it is dropped.
package final class FileBox: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/warroom-logs-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { mkdtemp($0) != nil } ?? false
        }
        guard made else { throw SystemError.current }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                        String(cString: $0)
                    }
                }
                if name != "." && name != ".." { remove(path + "/" + name) }
            }
            closedir(directory)
            rmdir(path)
        } else {
            Glibc.unlink(path)
        }
    }

    package func file(_ name: String) -> String { path + "/" + name }

    /// Creates or replaces the content in place.
    package func write(_ name: String, _ text: String) { write(name, Array(text.utf8)) }
    package func write(_ name: String, _ bytes: [UInt8]) {
        put(name, bytes, O_CREAT | O_WRONLY | O_TRUNC)
    }
    package func append(_ name: String, _ text: String) { append(name, Array(text.utf8)) }
    package func append(_ name: String, _ bytes: [UInt8]) {
        put(name, bytes, O_CREAT | O_WRONLY | O_APPEND)
    }

    private func put(_ name: String, _ bytes: [UInt8], _ flags: Int32) {
        let writer = Writer(file(name), flags)
        writer.write(bytes)
    }

    package func rename(_ old: String, _ new: String) {
        let result = Glibc.rename(file(old), file(new))
        precondition(result == 0, "rename failed")
    }
    package func unlink(_ name: String) { _ = Glibc.unlink(file(name)) }
    package func truncate(_ name: String, to size: Int) {
        _ = Glibc.truncate(file(name), off_t(size))
    }
    package func mkdir(_ name: String) { _ = Glibc.mkdir(file(name), 0o755) }
    package func symlink(_ target: String, _ name: String) {
        let result = Glibc.symlink(target, file(name))
        precondition(result == 0, "symlink failed")
    }
    package func inode(_ name: String) -> UInt64 {
        var value = stat()
        return stat(file(name), &value) == 0 ? UInt64(value.st_ino) : 0
    }
    package func bytes(_ name: String) -> [UInt8] {
        let descriptor = open(file(name), O_RDONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        var all: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(descriptor, &block, block.count)
            guard count > 0 else { return all }
            all += block[..<count]
        }
    }
    package func text(_ name: String) -> String { String(decoding: bytes(name), as: UTF8.self) }
    /// Copies into a file of its own, replacing what is there.
    package func copy(_ old: String, _ new: String, atMost count: Int = .max) {
        write(new, Array(bytes(old).prefix(count)))
    }
    /// Sets the time of the last change of content, as `touch -d` does.
    package func setModified(_ name: String, seconds: Int) {
        let time = timespec(tv_sec: seconds, tv_nsec: 0)
        utimensat(AT_FDCWD, file(name), [time, time], 0)
    }
    /// Bytes that are free on the file system of the folder.
    package var freeBytes: Int {
        var value = statvfs()
        return statvfs(path, &value) == 0 ? Int(value.f_bfree) * Int(value.f_frsize) : 0
    }
    package func link(_ old: String, _ new: String) { _ = Glibc.link(file(old), file(new)) }
}

/// A program that keeps its log open, as most do.
package final class Writer: Sendable {
    private let descriptor: Int32

    package init(_ path: String, _ flags: Int32 = O_CREAT | O_WRONLY | O_APPEND) {
        descriptor = open(path, flags | O_CLOEXEC, 0o644)
        precondition(descriptor >= 0, "cannot open \(path)")
    }

    deinit { close(descriptor) }

    package func write(_ text: String) { write(Array(text.utf8)) }
    package func write(_ bytes: [UInt8]) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + done }, bytes.count - done)
            }
            precondition(count > 0, "write failed")
            done += count
        }
    }
    package func seek(to offset: Int) { lseek(descriptor, off_t(offset), SEEK_SET) }
}
