/// Tells logs from what was named as one by mistake.
enum ContentCheck {
    private static let sampleBytes = 4096
    private static let magics: [(bytes: [UInt8], what: String)] = [
        ([0x1F, 0x8B], "a gzip archive"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "an xz archive"),
        ([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard archive"),
        ([0x50, 0x4B, 0x03, 0x04], "a zip archive"),
        ([0x42, 0x5A, 0x68], "a bzip2 archive"), ([0x7F, 0x45, 0x4C, 0x46], "a program"),
        (Array("LPKSHHRH".utf8), "a systemd journal"),
        (Array("SQLite format 3".utf8), "a database"),
    ]

    /// A complete sentence when the file is no text log, nil when it may be one.
    static func refusal(_ file: OpenFile, path: String) -> String? {
        let size = file.facts?.size ?? 0
        var sample = file.bytes(at: 0, count: sampleBytes)
        if let magic = magics.first(where: { sample.starts(with: $0.bytes) }) {
            return FollowText.notALog(path: path, what: magic.what)
        }
        if sample.allSatisfy({ $0 == 0 }) {
            let start = file.dataStart(from: 0, size: size)
            sample = file.bytes(at: start, count: sampleBytes)
        }
        if let first = sample.firstIndex(where: { $0 != 0 }) { sample.removeFirst(first) }
        return isBinary(sample) ? FollowText.notALog(path: path, what: "binary data") : nil
    }

    /// More than a tenth of the bytes are control bytes that no text has. UTF-16 is text.
    private static func isBinary(_ sample: [UInt8]) -> Bool {
        guard sample.count >= 32 else { return false }
        if sample.starts(with: [0xFF, 0xFE]) || sample.starts(with: [0xFE, 0xFF]) { return false }
        var control = 0
        var nulRun = 0
        for byte in sample {
            nulRun = byte == 0 ? nulRun + 1 : 0
            // A long run of NULs is a hole, not content.
            if nulRun > 64 { continue }
            if byte < 0x09 || (byte > 0x0D && byte < 0x1B) { control += 1 }
        }
        return control * 10 > sample.count
    }
}
