import Basics
import CSystem

#if canImport(Glibc)
    import Glibc
#endif

/// The file calls of a recording.
enum SignalFile {
    /// Opens a file that did not exist, mode 0600.
    static func create(_ path: String) throws(SystemError) -> Int32 {
        try check(open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600))
    }

    /// Writes all of `bytes` at `offset` or throws.
    static func write(_ descriptor: Int32, at offset: Int, _ bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                pwrite(
                    descriptor, all.baseAddress.map { $0 + done }, bytes.count - done, offset + done
                )
            }
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw .current }
            guard count > 0 else { throw SystemError(EIO) }
            done += count
        }
    }

    static func synchronize(_ descriptor: Int32) throws(SystemError) {
        _ = try check(fdatasync(descriptor))
    }

    static func synchronizeFolder(_ path: String) throws(SystemError) {
        let descriptor = try check(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        defer { close(descriptor) }
        _ = try check(fsync(descriptor))
    }

    /// Makes `path` and what is missing above it, mode 0700.
    static func makeFolder(_ path: String) throws(SystemError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else { throw SystemError(ENOTDIR) }
            return
        }
        let parent = PathPattern.directory(of: path)
        if parent != path, parent != "." { try makeFolder(parent) }
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw .current }
    }

    /// Takes the folder's lock, which the kernel gives back when the process dies.
    static func lock(_ folder: String) throws(SystemError) -> Int32 {
        let descriptor = try check(
            open(folder + "/lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600))
        let result = csystem_lock(descriptor)
        guard result == 0 else {
            close(descriptor)
            throw SystemError(-result)
        }
        return descriptor
    }

    static func unlock(_ descriptor: Int32) {
        _ = csystem_unlock(descriptor)
        close(descriptor)
    }

    /// Whether the file still has a name.
    static func isLinked(_ descriptor: Int32) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_nlink > 0
    }

    private static func check(_ result: Int32) throws(SystemError) -> Int32 {
        guard result >= 0 else { throw .current }
        return result
    }
}
