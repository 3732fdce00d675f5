#if canImport(Glibc)
    import Glibc
#endif

/// The names that rotation gives to a log's older files.
package enum RotatedNames {
    private static let filesMax = 16_384
    private static let compressed = [".gz", ".xz", ".bz2", ".zst", ".zip", ".lz4"]
    /// What stands beside a log and is no part of it.
    private static let others = [".lck", ".lock", ".pid", ".pos", ".swp", ".tmp"]

    /// The older files of `path` beside it, uncompressed, oldest first: larger numbers are older,
    /// and names with dates sort by themselves.
    static func list(besides path: String) -> [String] { list(besides: path, isPacked: false) }

    /// The compressed ones, in the same order.
    static func compressedNames(besides path: String) -> [String] {
        list(besides: path, isPacked: true)
    }

    private static func list(besides path: String, isPacked: Bool) -> [String] {
        let split = split(path)
        guard let directory = opendir(split.directory) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory), names.count < filesMax {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if isRotated(name, of: split.name),
                compressed.contains(where: name.hasSuffix) == isPacked
            {
                names.append(name)
            }
        }
        let prefix = split.directory == "/" ? "/" : split.directory + "/"
        return names.sorted { isOlder($0, $1, cut: split.name.count + 1) }.map { prefix + $0 }
    }

    /// Whether `name` is one that rotation gives to an older file of the log `base`: `base.1`,
    /// `base-20260821`, or with a date before the ending (`app-2026-08-21.log`).
    package static func isRotated(_ name: String, of base: String) -> Bool {
        if name.hasPrefix(base) {
            guard let mark = name.utf8.dropFirst(base.utf8.count).first else { return false }
            return (mark == UInt8(ascii: ".") || mark == UInt8(ascii: "-"))
                && !others.contains(where: name.hasSuffix)
        }
        guard let dot = base.lastIndex(of: "."), dot > base.startIndex else { return false }
        let (stem, ending) = (base[..<dot], base[dot...])
        guard name.hasPrefix(stem), name.hasSuffix(ending) else { return false }
        let middle = name.utf8.dropFirst(stem.utf8.count).dropLast(ending.utf8.count)
        let digits = middle.count { (0x30...0x39).contains($0) }
        let isDate = middle.allSatisfy { (0x30...0x39).contains($0) || "-_.T:".utf8.contains($0) }
        return digits >= 6 && isDate
    }

    /// The same for names that can hardly mean anything else: a number, a date, or a word for "old"
    /// behind the log's name, and what compression adds.
    package static func isNumberedOrDated(_ name: String, of base: String) -> Bool {
        guard isRotated(name, of: base), name.hasPrefix(base) else { return false }
        var rest = name.utf8.dropFirst(base.utf8.count + 1)
        for ending in compressed where name.hasSuffix(ending) {
            rest = rest.dropLast(ending.utf8.count)
        }
        if ["old", "bak", "prev", "previous", "orig", "save"].contains(String(rest)) {
            return true
        }
        let isDate = rest.allSatisfy { (0x30...0x39).contains($0) || "-_.T:".utf8.contains($0) }
        return isDate && rest.contains { (0x30...0x39).contains($0) }
    }

    /// Every name of which `name` may be a rotated part, the longest first, for looking them up.
    package static func bases(of name: String) -> [String] {
        name.indices.reversed().compactMap { index in
            guard index > name.startIndex, name[index] == "." || name[index] == "-" else {
                return nil
            }
            return String(name[..<index])
        }
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
