import Basics
import Documents
import Metrics

#if canImport(Glibc)
    import Glibc
#endif

/// Dumps named on the command line.
enum DumpFile {
    /// Dumps larger than this are refused, also when they are so large only unpacked.
    static let dumpBytesMax = 2 * 1024 * 1024 * 1024

    /// The bytes of a dump, unpacked when it is gzip'd; `-` reads standard input.
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let bytes = path == "-" ? try standardInput() : try TextFile.bytes(path, max: dumpBytesMax)
        do throws(Gzip.Refusal) {
            return try Gzip.plain(bytes, unpackedBytesMax: dumpBytesMax)
        } catch {
            throw unreadable(path, error.description)
        }
    }

    private static func standardInput() throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = Glibc.read(STDIN_FILENO, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable("-", "\(SystemError.current)") }
            if count == 0 { return bytes }
            bytes += block[..<count]
            guard bytes.count <= dumpBytesMax else {
                throw unreadable("-", "it is larger than \(UnitText.bytes(Double(dumpBytesMax)))")
            }
        }
    }

    private static func unreadable(_ path: String, _ why: String) -> Failure {
        Failure(
            "dump.unreadable", "Dump not readable", subject: path == "-" ? "standard input" : path,
            why: why, unchanged: "Nothing of it was used", next: "Check what writes it")
    }
}
