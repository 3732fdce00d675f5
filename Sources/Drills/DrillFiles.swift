import Basics
import Glibc

/// The file operations of a drill. Every failure names the file and says that nothing outside the
/// drill's directory was touched.
enum DrillFiles {
    /// Makes `path` a directory with mode 0700, or accepts an empty one of ours.
    static func makePrivateDirectory(_ path: String) throws(Failure) {
        if mkdir(path, 0o700) == 0 { return }
        let error = SystemError.current
        guard error.code == EEXIST else { throw failure("not created", path, error) }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw failure("not readable", path, .current) }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
            status.st_mode & 0o077 == 0
        else {
            throw Failure(
                "drill.directory", "The drill's directory is not private", subject: path,
                why: "it must be a directory of yours with mode 0700",
                unchanged: "Nothing was written", next: "Name a directory that does not exist yet")
        }
    }

    static func makeDirectory(_ path: String) throws(Failure) {
        guard mkdir(path, 0o700) == 0 else { throw failure("not created", path, .current) }
    }

    /// Writes a file that must not exist yet.
    static func create(_ path: String, _ bytes: [UInt8]) throws(Failure) {
        try write(path, bytes, flags: O_CREAT | O_EXCL)
    }

    /// Adds to the end, creating the file when it is missing.
    static func append(_ path: String, _ bytes: [UInt8]) throws(Failure) {
        guard !bytes.isEmpty else { return }
        try write(path, bytes, flags: O_CREAT | O_APPEND)
    }

    /// Puts `bytes` in place of the file in one step: a reader sees the old ones or the new ones.
    static func replace(_ path: String, _ bytes: [UInt8]) throws(Failure) {
        let temporary = path + ".new"
        try write(temporary, bytes, flags: O_CREAT | O_TRUNC)
        guard rename(temporary, path) == 0 else { throw failure("not replaced", path, .current) }
    }

    /// The bytes from `offset` on; none when the file does not exist.
    static func read(_ path: String, from offset: Int) throws(Failure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            let error = SystemError.current
            if error.code == ENOENT { return [] }
            throw failure("not readable", path, error)
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = pread(file, &block, block.count, offset + bytes.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                let error = SystemError.current
                if error.code == EINTR { continue }
                throw failure("not readable", path, error)
            }
            bytes += block[..<count]
        }
    }

    private static func write(_ path: String, _ bytes: [UInt8], flags: Int32) throws(Failure) {
        let file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0o600)
        guard file >= 0 else { throw failure("not writable", path, .current) }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                Glibc.write(file, $0.baseAddress, $0.count)
            }
            guard count > 0 else {
                let error = SystemError.current
                if error.code == EINTR { continue }
                throw failure("not writable", path, error)
            }
            written += count
        }
    }

    private static func failure(_ what: String, _ path: String, _ error: SystemError) -> Failure {
        Failure(
            "drill.file", "A file of the drill is \(what)", subject: path, why: "\(error)",
            unchanged: "Nothing outside the drill's directory was touched")
    }
}
