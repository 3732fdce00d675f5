/// Numbers, durations and strings.
extension Lexer {
    // MARK: Numbers

    /// A number or a duration; anything that continues like a word is neither.
    mutating func numberOrDuration() -> Token {
        if scanNumber() { return emit(.number) }
        if scanRestOfDuration() { return emit(.duration) }
        let shown = QuotedText.goQuote(Array(bytes[start..<min(index, bytes.count)]))
        return fail("bad number or duration syntax: \(shown)")
    }

    /// Goes on when the next byte satisfies `condition`.
    private mutating func accept(_ condition: (UInt8) -> Bool) -> Bool {
        guard let byte, condition(byte) else { return false }
        index += 1
        return true
    }

    private mutating func accept(_ text: StaticString) -> Bool {
        accept { byte in text.withUTF8Buffer { $0.contains(byte) } }
    }

    /// Accepts `12`, `1_000.5`, `0xFF`, `1e-3`, and some forms that are refused when the number is
    /// worked out. On failure the index stands behind the last byte that the message shows.
    mutating func scanNumber() -> Bool {
        let first = index
        var isHex = false
        if !isSeriesNotation, accept("0"), accept("xX") {
            _ = accept("_")
            isHex = true
        }
        func isDigit(_ byte: UInt8) -> Bool {
            isHex ? GoNumber.isHexDigit(byte) : Identifier.isDigit(byte)
        }
        _ = accept(".")
        _ = accept(isDigit)
        var sawPoint = false
        var sawExponent = false
        while let byte {
            // Behind the first digit a hexadecimal `e` is an exponent, as in the reference.
            if isDigit(byte), byte | 0x20 != 0x65 {
                while accept(isDigit) {}
                continue
            }
            switch byte {
            case 0x2E:
                index += 1
                if sawPoint { return false }
                sawPoint = true
                if accept("_.") || isHex { return false }
            case 0x65, 0x45:
                index += 1
                if sawExponent { return false }
                sawExponent = true
                _ = accept("+-")
                if accept("._eE") || self.byte == nil { return false }
            case 0x5F:
                index += 1
                if accept("._eE") || self.byte == nil { return false }
            default:
                let isRepetition = isSeriesNotation && byte == 0x78
                return index > first && (isRepetition || !Self.isWordByte(byte))
            }
        }
        return index > first
    }

    /// `m`, `h30m` behind the first digits; whether the units are in order is checked later.
    private mutating func scanRestOfDuration() -> Bool {
        guard accept("smhdwy") else { return false }
        _ = accept("s")
        while accept(Identifier.isDigit) {
            while accept(Identifier.isDigit) {}
            guard accept("smhdw") else { return false }
            _ = accept("s")
        }
        guard let byte, Self.isWordByte(byte) else { return true }
        index += 1
        return false
    }

    // MARK: Strings

    /// The rest of a string behind its opening quote, or behind an error in it.
    mutating func string(_ quote: UInt8) -> Token {
        let isRaw = quote == 0x60
        mode = .statement
        start = stringStart
        while let byte {
            if byte == quote { return take(.string) }
            if byte == 0x0A, !isRaw { break }
            if byte == 0x5C, !isRaw {
                index += 1
                if let problem = escape(quote) { return problem }
            } else if byte < 0x80 {
                index += 1
            } else if let length = lengthOfScalar {
                index += length
            } else {
                skipScalar()
                return stringError("invalid UTF-8 rune", quote)
            }
        }
        return fail("unterminated \(isRaw ? "raw" : "quoted") string")
    }

    /// An error inside a string, after which the string goes on.
    private mutating func stringError(_ message: String, _ quote: UInt8) -> Token {
        mode = .string(quote: quote)
        return Token(kind: .error(message), text: .empty, position: start)
    }

    /// Bytes of the character at the index; nil for what is no UTF-8 and for U+FFFD, which the
    /// reference takes for the sign of it.
    private var lengthOfScalar: Int? {
        var reader = UTF8ScalarReader(bytes, from: index)
        guard case .scalar(let scalar) = reader.next(), scalar != "\u{FFFD}" else { return nil }
        return reader.offset - index
    }

    /// Behind a backslash. Returns an error, or nil when the string goes on.
    private mutating func escape(_ quote: UInt8) -> Token? {
        guard let byte else { return stringError("escape sequence not terminated", quote) }
        var (count, radix): (Int, UInt32) = (0, 16)
        switch byte {
        case quote, 0x5C, 0x61, 0x62, 0x66, 0x6E, 0x72, 0x74, 0x76:
            index += 1
            return nil
        case 0x30...0x37: (count, radix) = (3, 8)
        case 0x78: count = 2
        case 0x75: count = 4
        case 0x55: count = 8
        default:
            let name = unicodeName
            skipScalar()
            return stringError("unknown escape sequence \(name)", quote)
        }
        if radix == 16 { index += 1 }
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let byte = self.byte else {
                return stringError("escape sequence not terminated", quote)
            }
            guard let digit = GoNumber.digit(byte), digit < radix else {
                let name = unicodeName
                skipScalar()
                return stringError("illegal character \(name) in escape sequence", quote)
            }
            value = value &* radix &+ digit
            index += 1
        }
        let most: UInt32 = count <= 3 ? 255 : 0x10FFFF
        if value > most || (0xD800..<0xE000).contains(value) {
            return stringError("escape sequence is an invalid Unicode code point", quote)
        }
        return nil
    }

    private mutating func skipScalar() {
        var reader = UTF8ScalarReader(bytes, from: index)
        _ = reader.next()
        index = reader.offset
    }

    /// `U+0063 'c'`
    private var unicodeName: String {
        var reader = UTF8ScalarReader(bytes, from: index)
        guard case .scalar(let scalar) = reader.next() else { return "U+FFFD '\u{FFFD}'" }
        let number = "U+\(QuotedText.hex(scalar.value, 4).uppercased())"
        return QuotedText.isPrintable(scalar) ? "\(number) '\(Character(scalar))'" : number
    }
}
