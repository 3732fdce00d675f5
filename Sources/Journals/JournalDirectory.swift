import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// Where the files of one incident's record are.
///
/// ```
/// INC-2041/journal/000001.wj   records
///                 /HEAD        where the durable part ends
///                 /lock        held by the one writer
///                 /reserve     space given up when the disk is full
///         /blobs/<sha256>      command output and other long evidence
/// ```
package struct JournalDirectory: Hashable, Sendable {
    /// The incident's own directory.
    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    package var journal: String { path + "/journal" }
    package var head: String { journal + "/HEAD" }
    package var lock: String { journal + "/lock" }
    package var reserve: String { journal + "/reserve" }
    package var blobs: String { path + "/blobs" }

    /// `journal/000007.wj`.
    package func segment(_ number: Int) -> String { journal + "/" + Self.name(of: number) }

    static func name(of segment: Int) -> String {
        let digits = String(segment)
        return String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits + ".wj"
    }

    /// The segment number in a file's name, or nil: exactly six digits and `.wj`.
    static func number(inName name: String) -> Int? {
        let bytes = Array(name.utf8)
        guard bytes.count == 9, bytes[6...].elementsEqual(".wj".utf8),
            bytes[..<6].allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(String(decoding: bytes[..<6], as: UTF8.self))
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func lastComponent(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
