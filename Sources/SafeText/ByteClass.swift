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
    /// Digits and a to f in lower case.
    @Sendable static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte >= 0x61 && byte <= 0x66)
    }
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

    /// Whether bytes look drawn at random: at least `least` of them, no word and no number. Upper
    /// and lower case change more often than in `camelCase`, or digits stand among letters.
    static func isRandom(_ bytes: ArraySlice<UInt8>, least: Int) -> Bool {
        guard bytes.count >= least, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return false
        }
        var kinds: [Int] = [0, 0, 0]
        var changes = 0
        var last = -1
        for byte in bytes {
            let kind = isDigit(byte) ? 0 : !isLetter(byte) ? -1 : byte & 0x20 == 0 ? 1 : 2
            guard kind >= 0 else { continue }
            kinds[kind] += 1
            if last >= 0, kind != last { changes += 1 }
            last = kind
        }
        if kinds[0] == 0 { return changes >= 4 }
        return kinds[1] + kinds[2] >= 2 && changes >= 3
    }
}
