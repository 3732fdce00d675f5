import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// The identity of a program at approval time.
package struct PinnedExecutable: Hashable, Sendable, Codable {
    package var path: String
    package var device: UInt64
    package var inode: UInt64
    /// Last modification.
    package var modified: Timestamp
    /// Last change of the inode, which `touch` cannot set back.
    package var changed: Timestamp
    /// Bytes.
    package var size: Int64
    package var mode: UInt32
    package var owner: UInt32
    /// Lower-case hex SHA-256, when a digest function was given.
    package var sha256: String?

    /// Throws when the program is no longer the one that was pinned, or no longer safe to run.
    ///
    /// - Parameter digest: must be given when one was given to `ExecutableCheck.pin`.
    package func verify(digest: ExecutableCheck.Digest? = nil) throws(Failure) {
        let now = try ExecutableCheck.pin(path, digest: sha256 == nil ? nil : digest)
        guard now == self else {
            throw Failure(
                "executable.changed", "The program changed after it was approved", subject: path,
                why: difference(now), unchanged: "Nothing was run",
                next: "Propose the action again",
                exit: .refusedByGate)
        }
    }

    private func difference(_ now: PinnedExecutable) -> String {
        if now.inode != inode || now.device != device { return "another file is there now" }
        if now.size != size { return "its size was \(size) bytes and is \(now.size)" }
        if now.sha256 != sha256 { return "its SHA-256 is different" }
        if now.modified != modified { return "it was modified since" }
        return "its owner, mode or links changed"
    }
}

/// Decides whether a program may be run at all.
package enum ExecutableCheck {
    /// Lower-case hex SHA-256 of the file at a path.
    package typealias Digest = @Sendable (_ path: String) throws(Failure) -> String

    /// Identity of the program at `path`, which must be absolute, a regular executable file owned
    /// by root or this user, and out of others' reach: not writable by them, nor its directory, nor
    /// any directory above it (a sticky one such as `/tmp` excepted, where others cannot rename).
    package static func pin(_ path: String, digest: Digest? = nil) throws(Failure)
        -> PinnedExecutable
    {
        guard path.utf8.first == 0x2F, !path.utf8.contains(0) else {
            throw refused(path, "the path is not absolute")
        }
        guard let real = resolved(path) else { throw refused(path, "\(SystemError.current)") }
        do throws(Exposed) {
            try checkDirectories(above: real)
            if real != path { try checkDirectories(above: path) }
        } catch {
            throw refused(path, error.why)
        }
        var status = stat()
        guard lstat(real, &status) == 0 else { throw refused(path, "\(SystemError.current)") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw refused(path, "not a regular file") }
        guard status.st_mode & 0o111 != 0 else { throw refused(path, "not executable") }
        if let reason = exposure(status, sticky: false) { throw refused(path, reason) }
        return PinnedExecutable(
            path: path, device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
            modified: Timestamp(status.st_mtim), changed: Timestamp(status.st_ctim),
            size: Int64(status.st_size), mode: status.st_mode, owner: status.st_uid,
            sha256: try digest?(real))
    }

    /// Where programs named without a path are looked for, in this order, whatever `PATH` says.
    package static let searchPath = [
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
    ]

    /// The absolute path of a program that may be run, from a path or from a name alone.
    ///
    /// The first directory of `searchPath` that has the name decides; what stands there must pass
    /// `pin`.
    package static func find(_ program: String) throws(Failure) -> String {
        if program.utf8.first == 0x2F { return try pin(program).path }
        guard !program.utf8.contains(0x2F), !program.isEmpty else {
            throw refused(program, "neither an absolute path nor a name alone")
        }
        let places = searchPath.map { $0 + "/" + program }
        guard let path = places.first(where: { access($0, F_OK) == 0 }) else {
            throw Failure(
                "executable.missing", "There is no such program", subject: program,
                why: "not in " + searchPath.joined(separator: ", "),
                next: "Install it, or give its full path")
        }
        return try pin(path).path
    }

    static func resolved(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// Who else could replace something below a directory.
    struct Exposed: Error {
        var why: String
    }

    /// Looks at every directory above `file`, an absolute path.
    ///
    /// - Parameter stickySuffices: whether the lowest directory may be a sticky one; those above it
    ///   always may.
    static func checkDirectories(above file: String, stickySuffices: Bool = false)
        throws(Exposed)
    {
        let parts = file.split(separator: "/", omittingEmptySubsequences: true).dropLast()
        for count in stride(from: parts.count, through: 0, by: -1) {
            let directory = "/" + parts.prefix(count).joined(separator: "/")
            var status = stat()
            guard stat(directory, &status) == 0 else {
                throw Exposed(why: "\(directory): \(SystemError.current)")
            }
            if let reason = exposure(status, sticky: stickySuffices || count < parts.count) {
                throw Exposed(why: "its directory \(directory) is \(reason)")
            }
        }
    }

    /// Who else could change this, or nil. Root's own group counts as root.
    static func exposure(_ status: stat, sticky stickySuffices: Bool) -> String? {
        if status.st_uid != 0, status.st_uid != geteuid() { return "owned by uid \(status.st_uid)" }
        if stickySuffices, status.st_mode & S_ISVTX != 0 { return nil }
        if status.st_mode & 0o002 != 0 { return "writable by everybody" }
        if status.st_mode & 0o020 != 0, status.st_gid != 0 {
            return "writable by group \(status.st_gid)"
        }
        return nil
    }

    private static func refused(_ path: String, _ why: String) -> Failure {
        Failure(
            "executable.refused", "This program may not be run", subject: path, why: why,
            unchanged: "Nothing was run",
            next: "Name a program that only root or you can change", exit: .refusedByGate)
    }
}

extension Timestamp {
    fileprivate init(_ time: timespec) {
        self.init(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
