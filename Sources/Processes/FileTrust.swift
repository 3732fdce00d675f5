import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// Decides whether a file may tell this program what to do: a configuration, a catalogue, a
/// service registry, a playbook, a kubeconfig.
package enum FileTrust {
    /// Throws unless `path` is a regular file of root or this user, out of others' reach: not
    /// writable by them, nor its directory, nor any directory above it (a sticky one such as `/tmp`
    /// excepted, where others cannot rename).
    ///
    /// - Parameter links: whether the file itself may be reached through a symbolic link; both ends
    ///   must then be out of others' reach.
    /// - Throws: `file.untrusted`, with the reason in `why`.
    package static func check(_ path: String, links: Bool = false) throws(Failure) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw refused(path, "it is not a path")
        }
        guard let folder = ExecutableCheck.resolved(parent(of: path)) else {
            throw refused(path, "\(SystemError.current)")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw refused(path, "\(SystemError.current)") }
        try checkAbove(folder + "/file", path)
        if status.st_mode & S_IFMT == S_IFLNK {
            guard links else { throw refused(path, "it is a symbolic link") }
            if status.st_uid != 0, status.st_uid != geteuid() {
                throw refused(path, "the link is owned by uid \(status.st_uid)")
            }
            guard let real = ExecutableCheck.resolved(path), lstat(real, &status) == 0 else {
                throw refused(path, "\(SystemError.current)")
            }
            try checkAbove(real, path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw refused(path, "it is not a regular file")
        }
        if let why = ExecutableCheck.exposure(status, sticky: false) {
            throw refused(path, "it is \(why)")
        }
    }

    private static func parent(of path: String) -> String {
        let bytes = Array(path.utf8)
        guard let slash = bytes.lastIndex(of: 0x2F) else { return "." }
        return slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
    }

    private static func checkAbove(_ file: String, _ path: String) throws(Failure) {
        do throws(ExecutableCheck.Exposed) {
            try ExecutableCheck.checkDirectories(above: file, stickySuffices: true)
        } catch {
            throw refused(path, error.why)
        }
    }

    private static func refused(_ path: String, _ why: String) -> Failure {
        Failure(
            "file.untrusted", "This file is not used", subject: path, why: why,
            unchanged: "Nothing was read from it",
            next: "Make it a plain file that only root or you can change (chmod go-w)",
            exit: .refusedByGate)
    }
}
