#if canImport(Glibc)
    import Glibc
#endif

/// Questions about a stretch of bytes, asked by the readers of dumps. The caller vouches that the
/// stretch lies in its buffer.
enum ByteScan {
    /// Where `byte` stands first in `from..<end`, or `end`.
    static func first(
        _ byte: UInt8, _ base: UnsafePointer<UInt8>, from: Int, end: Int
    ) -> Int {
        guard from < end, let hit = memchr(base + from, Int32(byte), end - from) else { return end }
        return UnsafeRawPointer(hit) - UnsafeRawPointer(base)
    }

    /// How often a line ends in `from..<end`.
    static func lineEnds(_ base: UnsafePointer<UInt8>, from: Int, end: Int) -> Int {
        var count = 0
        var index = from
        while index < end {
            count &+= base[index] == 0x0A ? 1 : 0
            index &+= 1
        }
        return count
    }

    static func equals(
        _ base: UnsafePointer<UInt8>, from: Int, end: Int, _ word: StaticString
    ) -> Bool {
        end - from == word.utf8CodeUnitCount && memcmp(base + from, word.utf8Start, end - from) == 0
    }

    /// Whether the bytes are UTF-8: no surrogates, nothing longer than needed, nothing beyond
    /// U+10FFFF (Unicode, table 3-7).
    static func isUTF8(_ base: UnsafePointer<UInt8>, from: Int, end: Int) -> Bool {
        var index = from
        while index < end {
            if end - index >= 8,
                UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self)
                    & 0x8080_8080_8080_8080 == 0
            {
                index += 8
                continue
            }
            if base[index] < 0x80 {
                index += 1
                continue
            }
            let length = sequenceLength(base + index, room: end - index)
            if length == 0 { return false }
            index += length
        }
        return true
    }

    /// Bytes of the sequence that begins with a byte of 0x80 or above, or 0 when it is none.
    private static func sequenceLength(_ at: UnsafePointer<UInt8>, room: Int) -> Int {
        let lead = at[0]
        guard (0xC2...0xF4).contains(lead), room >= 2 else { return 0 }
        let second: ClosedRange<UInt8> =
            switch lead {
            case 0xE0: 0xA0...0xBF
            case 0xED: 0x80...0x9F
            case 0xF0: 0x90...0xBF
            case 0xF4: 0x80...0x8F
            default: 0x80...0xBF
            }
        guard second.contains(at[1]) else { return 0 }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard room >= length else { return 0 }
        for offset in 2..<max(2, length) where at[offset] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
