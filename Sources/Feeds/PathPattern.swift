#if canImport(Glibc)
    import Glibc
#endif

/// Paths and globs as people write them: `~` is not known here, the shell or the configuration
/// resolves it.
enum PathPattern {
    static func isGlob(_ path: String) -> Bool {
        path.utf8.contains { $0 == 0x2A || $0 == 0x3F || $0 == 0x5B }
    }

    /// The existing paths that match, sorted by bytes; at most `limit`, and how many there are.
    static func expand(_ pattern: String, limit: Int) -> (paths: [String], total: Int) {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, GLOB_NOSORT, nil, &found) == 0 else { return ([], 0) }
        var paths: [String] = []
        for index in 0..<Int(found.gl_pathc) {
            if let path = found.gl_pathv[index] { paths.append(String(cString: path)) }
        }
        paths.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return (Array(paths.prefix(limit)), paths.count)
    }

    /// The directory of `path` as it is spelled, `.` when it has none.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        let directory = String(path[..<slash])
        return directory.isEmpty ? "/" : directory
    }

    static func name(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return path }
        return String(path[path.index(after: slash)...])
    }

    /// The places at which a name decides what `path` (no glob) means: each symbolic link on the
    /// way, also in front of the last name, and what it leads to; or where the way ends, because
    /// the next name is missing.
    static func watched(for path: String) -> [(directory: String, name: String)] {
        var places: [(String, String)] = []
        var folder = path.hasPrefix("/") ? "/" : "."
        var parts = Array(path.split(separator: "/").map(String.init).reversed())
        var links = 0
        while let part = parts.popLast() {
            let here = folder == "/" ? "/" + part : folder == "." ? part : folder + "/" + part
            if let target = linkTarget(here), links < linksMax {
                links += 1
                places.append((folder, part))
                if target.hasPrefix("/") { folder = "/" }
                parts += target.split(separator: "/").map(String.init).reversed()
            } else if parts.isEmpty || access(here, F_OK) != 0 {
                places.append((folder, part))
                break
            } else {
                folder = here
            }
        }
        return places
    }

    /// As many as the kernel follows before it says ELOOP.
    private static let linksMax = 40

    /// What the symbolic link `path` says, or nil when it is none.
    private static func linkTarget(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { chars in
                chars.baseAddress.map { readlink(path, $0, chars.count) } ?? -1
            }
        }
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }

    /// `path` without links and relative parts, or as it is when it does not exist.
    static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
