/// Exact values to find, in the forms in which they travel.
struct KnownSecrets: Sendable {
    /// Shortest value that is looked for, in bytes.
    static let secretBytesMin = 6

    /// The forms that begin with a byte, longest first.
    private var byFirstByte: [UInt8: [[UInt8]]] = [:]
    var isEmpty: Bool { byFirstByte.isEmpty }

    init(_ secrets: [String]) {
        var forms: Set<[UInt8]> = []
        for secret in secrets.map({ Array($0.utf8) }) where secret.count >= Self.secretBytesMin {
            forms.insert(secret)
            forms.insert(Self.percentEncoded(secret))
            // As part of something longer (`user:secret`) a value may begin at any of the three
            // places within a base64 group; the groups it fills alone are searched for.
            for skipped in 0..<3 {
                let groups = secret.dropFirst(skipped)
                let whole = groups.prefix(groups.count / 3 * 3)
                let encoded = Self.base64(Array(whole))
                if encoded.count >= 8 { forms.insert(encoded) }
            }
        }
        for form in forms.sorted(by: { $0.count > $1.count }) {
            byFirstByte[form[0], default: []].append(form)
        }
    }

    /// The end of the known value at `index`, if one begins there.
    func match(_ bytes: [UInt8], at index: Int) -> Int? {
        guard let forms = byFirstByte[bytes[index]] else { return nil }
        for form in forms where index + form.count <= bytes.count {
            if bytes[index..<index + form.count].elementsEqual(form) { return index + form.count }
        }
        return nil
    }

    private static func percentEncoded(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in bytes {
            if ByteClass.isWord(byte) || byte == 0x2D || byte == 0x2E || byte == 0x7E {
                out.append(byte)
            } else {
                out += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return out
    }

    /// Standard base64 of whole groups of three bytes.
    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        var index = 0
        while index + 3 <= bytes.count {
            let group =
                UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8
                | UInt32(bytes[index + 2])
            for shift in [18, 12, 6, 0] { out.append(alphabet[Int(group >> UInt32(shift) & 63)]) }
            index += 3
        }
        return out
    }
}

/// Kinds of bytes.
enum ByteClass {
    /// Whether all bytes are printable ASCII (0x20…0x7E); eight at a time.
    static func areAllPrintable(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let raw = UnsafeRawBufferPointer(bytes)
        let high: UInt64 = 0x8080_8080_8080_8080
        let ones: UInt64 = 0x0101_0101_0101_0101
        var offset = 0
        while offset + 8 <= raw.count {
            let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            // The high bit of a byte is set where it was set, where the byte is below 0x20, and
            // where it is 0x7F. A borrow can only come from a byte that fails already.
            let isLow = word &- ones &* 0x20
            let isDelete = word &+ ones
            if (word | isLow | isDelete) & high != 0 { return false }
            offset += 8
        }
        while offset < raw.count {
            if raw[offset] < 0x20 || raw[offset] > 0x7E { return false }
            offset += 1
        }
        return true
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
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    static func isQuote(_ byte: UInt8) -> Bool { byte == 0x22 || byte == 0x27 || byte == 0x60 }
}
