import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// An empty directory for one action's HOME: no `.curlrc`, no plug-ins, nothing of the operator's.
struct PrivateHome {
    let path: String

    init() throws(Failure) {
        var template = Array("/tmp/warroom-home-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(
                "action.noHome", "No empty home directory could be made", subject: "/tmp",
                why: "\(SystemError.current)", unchanged: "Nothing was run",
                next: "Make room in /tmp")
        }
        path = String(
            decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes it with whatever the programs left in it. Links are removed, never followed.
    func remove() { Self.remove(path, depth: 0) }

    private static let depthMax = 64

    private static func remove(_ path: String, depth: Int) {
        guard rmdir(path) != 0, depth < depthMax else { return }
        fchmodat(AT_FDCWD, path, 0o700, AT_SYMLINK_NOFOLLOW)
        guard let directory = opendir(path) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            let inner = path + "/" + name
            var status = stat()
            guard lstat(inner, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                remove(inner, depth: depth + 1)
            } else {
                unlink(inner)
            }
        }
        rmdir(path)
    }
}
