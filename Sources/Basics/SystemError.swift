#if canImport(Glibc)
    import Glibc
#endif

/// An errno with the words a message needs.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    package let code: Int32
    package init(_ code: Int32) { self.code = code }
    /// The calling thread's errno. Read it before any other call.
    package static var current: SystemError { SystemError(errno) }

    /// `ENOSPC: No space left on device`.
    package var description: String {
        let text = String(cString: strerror(code))
        return Self.names[code].map { "\($0): \(text)" } ?? "errno \(code): \(text)"
    }

    private static let names: [Int32: String] = [
        EACCES: "EACCES", EAGAIN: "EAGAIN", EBUSY: "EBUSY", EEXIST: "EEXIST", EFBIG: "EFBIG",
        EINTR: "EINTR", EINVAL: "EINVAL", EIO: "EIO", EISDIR: "EISDIR", ELOOP: "ELOOP",
        EMFILE: "EMFILE", ENAMETOOLONG: "ENAMETOOLONG", ENFILE: "ENFILE", ENOENT: "ENOENT",
        ENOEXEC: "ENOEXEC", ENOMEM: "ENOMEM", ENOSPC: "ENOSPC", ENOTDIR: "ENOTDIR",
        ENOTEMPTY: "ENOTEMPTY", EPERM: "EPERM", EPIPE: "EPIPE", EROFS: "EROFS",
        ESRCH: "ESRCH", ESTALE: "ESTALE", ETXTBSY: "ETXTBSY", E2BIG: "E2BIG", EDQUOT: "EDQUOT",
    ]
}
