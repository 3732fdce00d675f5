/// Kinds of bytes.
enum ByteClass {
    /// Whether all bytes are printable ASCII (0x20…0x7E); eight at a time.
    static func areAllPrintable(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        printableRun(bytes, from: 0) == bytes.count
    }

    /// The first index at or after `start` that holds no printable ASCII, or the end.
    static func printableRun(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        let high: UInt64 = 0x8080_8080_8080_8080
        let ones: UInt64 = 0x0101_0101_0101_0101
        var offset = start
        while offset + 8 <= raw.count {
            let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            // The high bit of a byte is set where it was set, where the byte is below 0x20, and
            // where it is 0x7F. A borrow can only come from a byte that fails already.
            let isLow = word &- ones &* 0x20
            let isDelete = word &+ ones
            if (word | isLow | isDelete) & high != 0 { break }
            offset += 8
        }
        while offset < raw.count, raw[offset] >= 0x20, raw[offset] <= 0x7E { offset += 1 }
        return offset
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A
    }
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }
    /// Letters, digits and `_`.
    static func isWord(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == 0x5F }
    /// What names of settings and headers consist of.
    static func isKey(_ byte: UInt8) -> Bool { isWord(byte) || byte == 0x2D || byte == 0x2E }
    /// base64 in both alphabets, with its filling.
    static func isBase64(_ byte: UInt8) -> Bool {
        isWord(byte) || byte == 0x2B || byte == 0x2F || byte == 0x3D || byte == 0x2D
    }
    /// Blanks and line ends: what ends a value that stands without quotes.
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    static func isQuote(_ byte: UInt8) -> Bool { byte == 0x22 || byte == 0x27 || byte == 0x60 }
}
