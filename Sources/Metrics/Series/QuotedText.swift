/// Writes bytes as a double-quoted string literal, the way Go's `strconv.Quote` does, which PromQL
/// takes as its own notation.
enum QuotedText {
    static func goQuote(_ bytes: [UInt8]) -> String {
        var out = "\""
        var decoder = UTF8ScalarReader(bytes)
        while let item = decoder.next() {
            switch item {
            case .invalid(let byte): out += "\\x" + hex(UInt32(byte), 2)
            case .scalar(let scalar): append(scalar, to: &out)
            }
        }
        return out + "\""
    }

    /// A character as Go's `%q` of a rune shows it: `'a'`, `'\\''`, `'\\n'`.
    static func goQuote(_ scalar: Unicode.Scalar) -> String {
        var out = "'"
        switch scalar {
        case "'": out += "\\'"
        case "\"": out += "\""
        default: append(scalar, to: &out)
        }
        return out + "'"
    }

    private static func append(_ scalar: Unicode.Scalar, to out: inout String) {
        switch scalar.value {
        case 0x22: out += "\\\""
        case 0x5C: out += "\\\\"
        case 0x07: out += "\\a"
        case 0x08: out += "\\b"
        case 0x0C: out += "\\f"
        case 0x0A: out += "\\n"
        case 0x0D: out += "\\r"
        case 0x09: out += "\\t"
        case 0x0B: out += "\\v"
        case 0x20...0x7E: out.unicodeScalars.append(scalar)
        case 0..<0x20, 0x7F: out += "\\x" + hex(scalar.value, 2)
        default:
            if isPrintable(scalar) {
                out.unicodeScalars.append(scalar)
            } else if scalar.value < 0x10000 {
                out += "\\u" + hex(scalar.value, 4)
            } else {
                out += "\\U" + hex(scalar.value, 8)
            }
        }
    }

    /// Letters, marks, numbers, punctuation and symbols, as Go's `unicode.IsPrint`.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator, .spaceSeparator:
            false
        default: true
        }
    }

    static func hex(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// Reads scalars from bytes and reports each byte that is not part of valid UTF-8.
struct UTF8ScalarReader {
    enum Item: Equatable {
        case scalar(Unicode.Scalar)
        case invalid(UInt8)
    }

    private let bytes: [UInt8]
    private(set) var offset: Int

    init(_ bytes: [UInt8], from offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    mutating func next() -> Item? {
        guard offset < bytes.count else { return nil }
        let lead = bytes[offset]
        if lead < 0x80 {
            offset += 1
            return .scalar(Unicode.Scalar(lead))
        }
        let (length, minimum): (Int, UInt32) =
            switch lead {
            case 0xC2...0xDF: (2, 0x80)
            case 0xE0...0xEF: (3, 0x800)
            case 0xF0...0xF4: (4, 0x10000)
            default: (0, 0)
            }
        guard length > 0, offset + length <= bytes.count else { return invalid() }
        var value = UInt32(lead) & (0x7F >> UInt32(length))
        for index in 1..<length {
            let byte = bytes[offset + index]
            guard byte & 0xC0 == 0x80 else { return invalid() }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        guard value >= minimum, let scalar = Unicode.Scalar(value) else { return invalid() }
        offset += length
        return .scalar(scalar)
    }

    private mutating func invalid() -> Item {
        offset += 1
        return .invalid(bytes[offset - 1])
    }
}
