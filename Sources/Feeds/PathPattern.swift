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

    /// The directories that must be watched for `path` (no glob): its own, and the one its target
    /// is in when it is a symbolic link.
    static func watched(for path: String) -> [(directory: String, name: String)] {
        var places = [(directory(of: path), name(of: path))]
        if let resolved = realpath(path, nil) {
            defer { free(resolved) }
            let target = String(cString: resolved)
            if name(of: target) != name(of: path) || isLinked(directory(of: path), target) {
                places.append((directory(of: target), name(of: target)))
            }
        }
        return places
    }

    private static func isLinked(_ directory: String, _ target: String) -> Bool {
        resolved(directory) != self.directory(of: target)
    }

    /// `path` without links and relative parts, or as it is when it does not exist.
    static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
