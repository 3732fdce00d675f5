/// Small questions about bytes, asked by every scanner of this module.
enum ByteScan {
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
    static func isUpper(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }
    static func isWord(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 6 }

    /// One of `. : ! ?`, which end sentences and labels.
    static func isStop(_ byte: UInt8) -> Bool {
        byte == 0x2E || byte == 0x3A || byte == 0x21 || byte == 0x3F
    }

    /// The byte at `index`, or 0 behind the end.
    static func at(_ line: Span<UInt8>, _ index: Int) -> UInt8 {
        index >= 0 && index < line.count ? line[index] : 0
    }

    /// How many digits stand at `index`, at most `limit`.
    static func digitRun(_ line: Span<UInt8>, _ index: Int, limit: Int = 20) -> Int {
        var end = index
        while end < line.count, end - index < limit, isDigit(line[end]) { end += 1 }
        return end - index
    }

    /// The decimal number of `count` (≤ 18) digits at `index`, or nil when one is no digit.
    static func number(_ line: Span<UInt8>, _ index: Int, _ count: Int) -> Int? {
        guard index >= 0, count > 0, count <= 18, index + count <= line.count else { return nil }
        var value = 0
        for position in index..<index + count {
            guard isDigit(line[position]) else { return nil }
            value = value * 10 + Int(line[position] - 0x30)
        }
        return value
    }

    /// The first index at or after `index` that holds no blank.
    static func skipBlanks(_ line: Span<UInt8>, _ index: Int) -> Int {
        var end = index
        while end < line.count, isBlank(line[end]) { end += 1 }
        return end
    }

    /// The first index at or after `index` that holds `byte`, or nil within `limit` bytes.
    static func find(_ line: Span<UInt8>, _ byte: UInt8, from index: Int, limit: Int = .max)
        -> Int?
    {
        var position = index
        let end = limit < line.count - index ? index + limit : line.count
        while position < end {
            if line[position] == byte { return position }
            position += 1
        }
        return nil
    }

    /// Whether the ASCII `text` stands at `index`.
    static func has(_ line: Span<UInt8>, _ text: StaticString, at index: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard index >= 0, index + count <= line.count else { return false }
        return text.withUTF8Buffer { buffer in
            for offset in 0..<count where line[index + offset] != buffer[offset] { return false }
            return true
        }
    }

    /// Up to eight letters at `index` in lower case, packed into one word, first letter highest.
    static func packedWord(_ line: Span<UInt8>, _ index: Int, _ count: Int) -> UInt64 {
        guard count <= 8 else { return 0 }
        var word: UInt64 = 0
        for position in index..<index + count { word = word << 8 | UInt64(line[position] | 0x20) }
        return word
    }

    /// `text` (≤ 8 ASCII letters, lower case) packed as `packedWord` does.
    static func packed(_ text: StaticString) -> UInt64 {
        text.withUTF8Buffer { $0.reduce(0) { $0 << 8 | UInt64($1) } }
    }

    /// A copy of the bytes in `range`.
    static func bytes(_ line: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            for index in range {
                buffer[count] = line[index]
                count += 1
            }
        }
    }

    /// The bytes in `range` as text; invalid UTF-8 becomes U+FFFD.
    static func text(_ line: Span<UInt8>, _ range: Range<Int>) -> String {
        line.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
