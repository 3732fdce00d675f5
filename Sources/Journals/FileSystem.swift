import Basics
import CSystem

#if canImport(Glibc)
    import Glibc
#endif

/// The file calls of the journal, so that tests can make any of them fail.
package protocol FileSystem: Sendable {
    /// open(2) with O_CLOEXEC added.
    func open(_ path: String, flags: Int32, mode: UInt32) throws(SystemError) -> Int32
    func close(_ descriptor: Int32)
    /// One write(2), which may write less than asked.
    func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int
    /// Reads up to `count` bytes at `offset`; fewer only at the end of the file.
    func read(_ descriptor: Int32, at offset: Int, count: Int) throws(SystemError) -> [UInt8]
    func status(_ descriptor: Int32) throws(SystemError) -> FileStatus
    /// Follows links.
    func status(_ path: String) throws(SystemError) -> FileStatus
    /// fdatasync(2).
    func synchronizeData(_ descriptor: Int32) throws(SystemError)
    /// fsync(2).
    func synchronize(_ descriptor: Int32) throws(SystemError)
    func synchronizeDirectory(_ path: String) throws(SystemError)
    /// Reserves blocks without changing the size.
    func reserve(_ descriptor: Int32, offset: Int, length: Int) throws(SystemError)
    func rename(_ source: String, to target: String) throws(SystemError)
    func remove(_ path: String) throws(SystemError)
    /// One directory, mode 0700. EEXIST is an error.
    func makeDirectory(_ path: String) throws(SystemError)
    /// Names without `.` and `..`, sorted.
    func list(_ directory: String) throws(SystemError) -> [String]
    /// Takes the lock of an open file or throws EAGAIN.
    func lock(_ descriptor: Int32) throws(SystemError)
    /// Gives the lock back and closes the file.
    func unlock(_ descriptor: Int32)
    /// The magic number of statfs(2).
    func fileSystemType(_ path: String) throws(SystemError) -> Int64
}

/// What the journal asks of a file.
package struct FileStatus: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64
    /// Bytes.
    package var size: Int
    package var isDirectory: Bool
    package var isRegular: Bool
    /// Last change of the content, nanoseconds since 1970 by the wall clock.
    package var modified: Int64
    /// User id.
    package var owner: UInt32
    /// Permission bits, `0o7777` of the mode.
    package var permissions: UInt32

    package init(
        device: UInt64, inode: UInt64, size: Int, isDirectory: Bool, isRegular: Bool,
        modified: Int64, owner: UInt32, permissions: UInt32
    ) {
        self.device = device
        self.inode = inode
        self.size = size
        self.isDirectory = isDirectory
        self.isRegular = isRegular
        self.modified = modified
        self.owner = owner
        self.permissions = permissions
    }

    /// Whether both are the same file, whatever has become of its content.
    package func isSameFile(as other: FileStatus) -> Bool {
        device == other.device && inode == other.inode
    }
}

/// The kernel.
package struct SystemFileSystem: FileSystem {
    package init() {}

    package func open(_ path: String, flags: Int32, mode: UInt32) throws(SystemError) -> Int32 {
        try check { Glibc.open(path, flags | O_CLOEXEC, mode) }
    }

    package func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

    package func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
        try check { bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } }
    }

    package func read(_ descriptor: Int32, at offset: Int, count: Int) throws(SystemError)
        -> [UInt8]
    {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let start = filled
            let got = try check {
                bytes.withUnsafeMutableBytes {
                    pread(
                        descriptor, $0.baseAddress.map { $0 + start }, count - start, offset + start
                    )
                }
            }
            if got == 0 { break }
            filled += got
        }
        if filled < count { bytes.removeLast(count - filled) }
        return bytes
    }

    package func status(_ descriptor: Int32) throws(SystemError) -> FileStatus {
        var status = stat()
        _ = try check { fstat(descriptor, &status) }
        return FileStatus(status)
    }

    package func status(_ path: String) throws(SystemError) -> FileStatus {
        var status = stat()
        _ = try check { stat(path, &status) }
        return FileStatus(status)
    }

    package func synchronizeData(_ descriptor: Int32) throws(SystemError) {
        _ = try check { fdatasync(descriptor) }
    }

    package func synchronize(_ descriptor: Int32) throws(SystemError) {
        _ = try check { fsync(descriptor) }
    }

    package func synchronizeDirectory(_ path: String) throws(SystemError) {
        let descriptor = try open(path, flags: O_RDONLY | O_DIRECTORY, mode: 0)
        defer { close(descriptor) }
        try synchronize(descriptor)
    }

    package func reserve(_ descriptor: Int32, offset: Int, length: Int) throws(SystemError) {
        let result = csystem_reserve(descriptor, Int64(offset), Int64(length))
        if result != 0 { throw SystemError(-result) }
    }

    package func rename(_ source: String, to target: String) throws(SystemError) {
        _ = try check { Glibc.rename(source, target) }
    }

    package func remove(_ path: String) throws(SystemError) { _ = try check { unlink(path) } }

    package func makeDirectory(_ path: String) throws(SystemError) {
        _ = try check { mkdir(path, 0o700) }
    }

    package func list(_ directory: String) throws(SystemError) -> [String] {
        guard let stream = opendir(directory) else { throw .current }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { name in
                String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    package func lock(_ descriptor: Int32) throws(SystemError) {
        let result = csystem_lock(descriptor)
        if result != 0 { throw SystemError(-result) }
    }

    package func unlock(_ descriptor: Int32) {
        _ = csystem_unlock(descriptor)
        close(descriptor)
    }

    package func fileSystemType(_ path: String) throws(SystemError) -> Int64 {
        var type: Int64 = 0
        let result = csystem_filesystem_type(path, &type)
        if result != 0 { throw SystemError(-result) }
        return type
    }

    private func check<Result: BinaryInteger>(_ call: () -> Result) throws(SystemError) -> Result {
        while true {
            let result = call()
            if result >= 0 { return result }
            let error = SystemError.current
            if error.code != EINTR { throw error }
        }
    }
}

extension FileStatus {
    fileprivate init(_ status: stat) {
        self.init(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int(status.st_size),
            isDirectory: status.st_mode & S_IFMT == S_IFDIR,
            isRegular: status.st_mode & S_IFMT == S_IFREG,
            modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000
                + Int64(status.st_mtim.tv_nsec),
            owner: status.st_uid, permissions: UInt32(status.st_mode) & 0o7777)
    }
}

extension FileSystem {
    /// The whole file, at most `max` bytes; throws EFBIG when it is longer.
    func readAll(_ path: String, max: Int) throws(SystemError) -> [UInt8] {
        let descriptor = try open(path, flags: O_RDONLY | O_NONBLOCK, mode: 0)
        defer { close(descriptor) }
        let status = try status(descriptor)
        guard status.isRegular else { throw SystemError(status.isDirectory ? EISDIR : EINVAL) }
        guard status.size <= max else { throw SystemError(EFBIG) }
        return try read(descriptor, at: 0, count: status.size)
    }

    /// Writes all of `bytes` or throws; a short write that cannot go on throws its cause.
    func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try write(descriptor, rest)
            guard count > 0 else { throw SystemError(EIO) }
            rest = rest.dropFirst(count)
        }
    }

    /// Puts `bytes` at `path` so that a crash leaves the old file or the new one, never a part.
    func replace(_ path: String, with bytes: [UInt8], in directory: String) throws(SystemError) {
        let temporary = path + ".tmp"
        let descriptor = try open(
            temporary, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        do throws(SystemError) {
            try writeAll(descriptor, bytes)
            try synchronize(descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        close(descriptor)
        try rename(temporary, to: path)
        try synchronizeDirectory(directory)
    }

    /// Makes `path` and what is missing above it, each made durable in its parent.
    func makeDirectories(_ path: String) throws(SystemError) {
        if let status = try? status(path) {
            guard status.isDirectory else { throw SystemError(ENOTDIR) }
            return
        }
        let parent = JournalDirectory.parent(of: path)
        if parent != path { try makeDirectories(parent) }
        do throws(SystemError) {
            try makeDirectory(path)
        } catch {
            if error.code != EEXIST { throw error }
        }
        try synchronizeDirectory(parent)
    }
}
