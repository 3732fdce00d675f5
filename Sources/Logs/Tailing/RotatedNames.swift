#if canImport(Glibc)
    import Glibc
#endif

/// The names that rotation gives to a log's older files.
enum RotatedNames {
    private static let filesMax = 512
    private static let compressed = [".gz", ".xz", ".bz2", ".zst", ".zip", ".lz4"]

    /// `name.*` and `name-*` beside `path`, uncompressed, oldest first: larger numbers are older,
    /// and names with dates sort by themselves.
    static func list(besides path: String) -> [String] {
        let split = split(path)
        guard let directory = opendir(split.directory) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory), names.count < filesMax {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasPrefix(split.name + ".") || name.hasPrefix(split.name + "-"),
                !compressed.contains(where: { name.hasSuffix($0) })
            else { continue }
            names.append(name)
        }
        let prefix = split.directory == "/" ? "/" : split.directory + "/"
        return names.sorted { isOlder($0, $1, cut: split.name.count + 1) }.map { prefix + $0 }
    }

    private static func isOlder(_ left: String, _ right: String, cut: Int) -> Bool {
        let (one, two) = (left.dropFirst(cut), right.dropFirst(cut))
        if let first = Int(one), let second = Int(two), one.count <= 4, two.count <= 4 {
            return first > second
        }
        return one < two
    }

    /// The directory (`.` when there is none) and the name.
    static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let directory = String(path[..<slash])
        return (directory.isEmpty ? "/" : directory, String(path[path.index(after: slash)...]))
    }
}
