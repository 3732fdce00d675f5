import Basics
import Incidents

/// One line of a timeline as the index keeps it.
package struct IndexedLine: Hashable, Sendable {
    package var sequence: UInt64
    package var time: Timestamp
    package var actor: String
    package var word: String
    package var text: String
}

/// One incident's part of the index: a file that can be made again from the journal at any time.
///
/// ```
/// WI1 9f3a1c2b\n                              CRC32C of everything after this line
/// {"key":{…},"summary":{…}}\n                 what it was made from, and the figures
/// 42<TAB>1787300000123456789<TAB>ops1<TAB>note<TAB>text\n    a line for each entry
/// ```
struct IndexFile {
    /// Goes up whenever the words or the figures are made in another way.
    static let version = 1

    /// The journal's end at the time: any change of it shows here.
    struct Key: Codable, Hashable {
        var version: Int
        var segment: Int
        var device: UInt64
        var inode: UInt64
        var size: Int
        var modified: Int64
        /// SHA-256 of the HEAD file, "" when there is none.
        var head: String
    }
    private struct Header: Codable {
        var key: Key
        var summary: IncidentSummary
    }

    let key: Key
    let summary: IncidentSummary
    /// The lines, newest last, with the newlines.
    let lines: ArraySlice<UInt8>

    init(key: Key, summary: IncidentSummary, lines: [IndexedLine]) {
        self.key = key
        self.summary = summary
        var bytes: [UInt8] = []
        for line in lines {
            let fields = [
                String(line.sequence), String(line.time.nanoseconds), line.actor, line.word,
                line.text,
            ]
            for (index, field) in fields.enumerated() {
                if index > 0 { bytes.append(0x09) }
                bytes += Self.escaped(field)
            }
            bytes.append(0x0A)
        }
        self.lines = bytes[...]
    }

    /// Reads what `bytes` writes; nil for anything else.
    init?(bytes: [UInt8]) {
        guard bytes.starts(with: "WI1 ".utf8), let first = bytes.firstIndex(of: 0x0A),
            let second = bytes[(first + 1)...].firstIndex(of: 0x0A),
            let sum = UInt32(String(decoding: bytes[4..<first], as: UTF8.self), radix: 16),
            Digests.crc32c(bytes[(first + 1)...]) == sum,
            let header = try? JSONText.decode(Header.self, from: bytes[(first + 1)..<second])
        else { return nil }
        key = header.key
        summary = header.summary
        lines = bytes[(second + 1)...]
    }

    var bytes: [UInt8] {
        var rest = (try? JSONText.encode(Header(key: key, summary: summary))) ?? []
        rest.append(0x0A)
        rest += lines
        let sum = String(Digests.crc32c(rest[...]), radix: 16)
        return Array("WI1 \(sum)\n".utf8) + rest
    }

    /// Tabs, newlines and backslashes inside a field.
    static func escaped(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x09: out += [0x5C, 0x74]
            case 0x0A: out += [0x5C, 0x6E]
            case 0x5C: out += [0x5C, 0x5C]
            default: out.append(byte)
            }
        }
        return out
    }

    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.contains(0x5C) else { return String(decoding: bytes, as: UTF8.self) }
        var out: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == 0x5C, index + 1 < bytes.endIndex {
                index += 1
                let byte = bytes[index]
                out.append(byte == 0x74 ? 0x09 : byte == 0x6E ? 0x0A : byte)
            } else {
                out.append(bytes[index])
            }
            index += 1
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The line between two newlines; nil when it is not one.
    static func line(_ bytes: ArraySlice<UInt8>) -> IndexedLine? {
        let fields = bytes.split(separator: 0x09, omittingEmptySubsequences: false)
        guard fields.count == 5, let sequence = UInt64(String(decoding: fields[0], as: UTF8.self)),
            let time = Int64(String(decoding: fields[1], as: UTF8.self))
        else { return nil }
        return IndexedLine(
            sequence: sequence, time: Timestamp(nanoseconds: time), actor: unescaped(fields[2]),
            word: unescaped(fields[3]), text: unescaped(fields[4]))
    }
}
