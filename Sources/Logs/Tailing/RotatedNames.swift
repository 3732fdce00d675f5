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
    static func list(besides path: String) -> [String] {
        found(besides: path) { name, base in
            isRotated(name, of: base) && !compressed.contains(where: name.hasSuffix)
        }
    }

    /// The compressed ones, in the same order.
    static func compressedNames(besides path: String) -> [String] {
        found(besides: path) { name, base in
            isRotated(name, of: base) && compressed.contains(where: name.hasSuffix)
        }
    }

    /// The same with those that gzip packed. Of a file that is there packed and not, as while it is
    /// being packed, only the latter.
    static func withPacked(besides path: String) -> [String] {
        let names = found(besides: path) { name, base in
            let plain = withoutPacking(name)
            return isRotated(plain, of: base) && !compressed.contains(where: plain.hasSuffix)
        }
        let all = Set(names)
        return names.filter { !$0.hasSuffix(packing) || !all.contains(withoutPacking($0)) }
    }

    /// How often the names are read again because they changed meanwhile.
    private static let passesMax = 8

    /// The files by these names, newest first. Names move while they are read: a pass in which one
    /// did is not used, because the file behind it may have been passed over.
    static func contents(besides path: String) -> [LogContent] {
        var contents: [LogContent] = []
        for _ in 0..<passesMax {
            let before = withPacked(besides: path)
            var isWhole = true
            var seen: Set<FileLedger.Key> = []
            contents = before.reversed().compactMap { name in
                guard case .success(let facts) = FileFacts.of(path: name) else {
                    isWhole = false
                    return nil
                }
                guard let content = LogContent.open(name) else { return nil }
                let key = FileLedger.Key(
                    device: content.facts.device, inode: content.facts.inode)
                if content.facts.inode != facts.inode || !seen.insert(key).inserted {
                    isWhole = false
                }
                return content
            }
            if isWhole, withPacked(besides: path) == before { break }
        }
        return contents
    }

    private static let packing = ".gz"

    private static func withoutPacking(_ name: String) -> String {
        name.hasSuffix(packing) ? String(name.dropLast(packing.count)) : name
    }

    private static func found(
        besides path: String, _ isWanted: (_ name: String, _ base: String) -> Bool
    ) -> [String] {
        let split = split(path)
        guard let directory = opendir(split.directory) else { return [] }
        defer { closedir(directory) }
        let stem = stem(of: split.name)
        var names: [String] = []
        while let entry = readdir(directory), names.count < filesMax {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    strncmp(text, stem, stem.utf8.count) == 0 ? String(cString: text) : nil
                }
            }
            if let name, isWanted(name, split.name) { names.append(name) }
        }
        let prefix = split.directory == "/" ? "/" : split.directory + "/"
        let cut = split.name.count + 1
        return names.sorted { isOlder(withoutPacking($0), withoutPacking($1), cut: cut) }
            .map { prefix + $0 }
    }

    /// What every rotated name of `base` begins with, byte by byte. In a folder of a thousand logs
    /// each looks at a thousand names: all but a few must cost nothing. Empty for other letters
    /// than ASCII, of which equal ones can have different bytes.
    private static func stem(of base: String) -> String {
        guard base.utf8.allSatisfy({ $0 < 0x80 }) else { return "" }
        guard let dot = base.lastIndex(of: "."), dot > base.startIndex else { return base }
        return String(base[..<dot])
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
