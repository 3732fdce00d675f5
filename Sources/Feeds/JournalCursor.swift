/// Where a `journalctl` that ended is to go on, so that its restart loses and repeats nothing.
///
/// Each entry of its `json` and `export` output names its place as `__CURSOR`; `--after-cursor`
/// takes it (journalctl(1), "Journal Export Formats" of systemd).
enum JournalCursor {
    /// Bytes of a cursor. Today's have about 150.
    private static let bytesMax = 512

    /// Whether the output of this command names cursors.
    static func isNamed(by words: [String]) -> Bool {
        guard let program = words.first, PathPattern.name(of: program) == "journalctl" else {
            return false
        }
        let format = zip(words.indices, words).reversed().lazy.compactMap { index, word in
            switch word {
            case "-o", "--output": index + 1 < words.count ? words[index + 1] : ""
            case _ where word.hasPrefix("--output="): String(word.dropFirst(9))
            case _ where word.hasPrefix("-o"): String(word.dropFirst(2))
            default: nil
            }
        }.first
        return format == "json" || format == "export"
    }

    /// The cursor that a line of output names, or nil.
    static func found(in line: Span<UInt8>) -> String? {
        for key in keys {
            guard let start = find(key, in: line) else { continue }
            var end = start
            while end < line.count, end - start <= bytesMax, isCursorByte(line[end]) { end += 1 }
            guard end > start, end - start <= bytesMax else { return nil }
            return line.extracting(start..<end).withUnsafeBufferPointer {
                String(decoding: $0, as: UTF8.self)
            }
        }
        return nil
    }

    /// The command that goes on behind `cursor`: without what else says where to begin, which
    /// journalctl refuses beside a cursor, and with all lines instead of the last ten.
    static func resumed(_ words: [String], after cursor: String) -> [String] {
        var kept: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            if valued.contains(word) {
                rest = rest.dropFirst()
                continue
            }
            let isLong = valued.contains { $0.hasPrefix("--") && word.hasPrefix($0 + "=") }
            let isShort = valued.contains {
                $0.utf8.count == 2 && word.hasPrefix($0) && word.utf8.count > 2
                    && !word.hasPrefix("--")
            }
            if isLong || isShort || word == "--no-tail" { continue }
            kept.append(word)
        }
        return kept.prefix(1) + ["--after-cursor=" + cursor, "--no-tail"] + kept.dropFirst()
    }

    private static let valued = [
        "-n", "--lines", "-S", "--since", "-c", "--cursor", "--after-cursor", "--cursor-file",
    ]
    /// How the field begins in JSON, with and without blanks, and in the export format.
    private static let keys = [
        Array("\"__CURSOR\":\"".utf8), Array("\"__CURSOR\" : \"".utf8), Array("__CURSOR=".utf8),
    ]

    /// The index behind `key`. The export format has it at the start of a line only.
    private static func find(_ key: [UInt8], in line: Span<UInt8>) -> Int? {
        let last = key[0] == 0x22 ? line.count - key.count : min(0, line.count - key.count)
        var start = 0
        while start <= last {
            var length = 0
            while length < key.count, line[start + length] == key[length] { length += 1 }
            if length == key.count { return start + length }
            start += 1
        }
        return nil
    }

    /// Letters, digits, `=` and `;`: nothing that could be anything but a cursor.
    private static func isCursorByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x3B, 0x3D: true
        default: false
        }
    }
}
