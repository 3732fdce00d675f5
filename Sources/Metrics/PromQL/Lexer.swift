/// Splits an expression into tokens. What it accepts inside braces and brackets differs from
/// outside, as in the reference, so that its messages name the place.
struct Lexer {
    private let bytes: [UInt8]
    private var index = 0
    private var parenthesisDepth = 0
    private var isInBraces = false
    private var isInBrackets = false
    private var sawColon = false
    /// In brackets: whether a duration came, which a colon needs before it.
    private var sawDuration = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() throws(ParseError) -> Token {
        skipBlanksAndComments()
        guard index < bytes.count else { return try endOfInput() }
        if isInBraces { return try insideBraces() }
        if isInBrackets { return try insideBrackets() }
        return try statement()
    }

    // MARK: Statement

    private func endOfInputError(_ message: String) -> ParseError {
        ParseError(message, PositionRange(index, index))
    }

    private mutating func endOfInput() throws(ParseError) -> Token {
        if isInBraces { throw endOfInputError("unexpected end of input inside braces") }
        if isInBrackets { throw endOfInputError("unexpected end of input in duration expression") }
        if parenthesisDepth > 0 { throw endOfInputError("unclosed left parenthesis") }
        return Token(kind: .endOfInput, text: .empty, position: index)
    }

    private mutating func statement() throws(ParseError) -> Token {
        let byte = bytes[index]
        if let token = operatorToken() { return token }
        switch byte {
        case 0x2C: return take(.comma, 1)
        case 0x28:
            parenthesisDepth += 1
            return take(.leftParenthesis, 1)
        case 0x29:
            parenthesisDepth -= 1
            if parenthesisDepth < 0 {
                throw ParseError(
                    "unexpected right parenthesis ')'", PositionRange(index + 1, index + 1))
            }
            return take(.rightParenthesis, 1)
        case 0x7B:
            isInBraces = true
            return take(.leftBrace, 1)
        case 0x5B:
            isInBrackets = true
            sawColon = false
            sawDuration = false
            return take(.leftBracket, 1)
        case 0x5D: throw unexpected("unexpected right bracket ']'")
        case 0x21, 0x3D: return try equalOrNot()
        case 0x22, 0x27, 0x60: return try string()
        default: break
        }
        if Identifier.isDigit(byte) || (byte == 0x2E && isDigit(at: index + 1)) {
            return try number()
        }
        if Identifier.isLetter(byte) || byte == 0x3A { return word() }
        throw unexpected("unexpected character: \(character)")
    }

    private mutating func operatorToken() -> Token? {
        let following = index + 1 < bytes.count ? bytes[index + 1] : 0
        switch bytes[index] {
        case 0x2B: return take(.binary(.add), 1)
        case 0x2D: return take(.binary(.subtract), 1)
        case 0x2A: return take(.binary(.multiply), 1)
        case 0x2F: return take(.binary(.divide), 1)
        case 0x25: return take(.binary(.modulo), 1)
        case 0x5E: return take(.binary(.power), 1)
        case 0x40: return take(.at, 1)
        case 0x3C:
            if following == 0x2F { return take(.binary(.trimUpper), 2) }
            return following == 0x3D
                ? take(.binary(.lessOrEqual), 2) : take(.binary(.less), 1)
        case 0x3E:
            if following == 0x2F { return take(.binary(.trimLower), 2) }
            return following == 0x3D
                ? take(.binary(.greaterOrEqual), 2) : take(.binary(.greater), 1)
        default: return nil
        }
    }

    private mutating func equalOrNot() throws(ParseError) -> Token {
        let isEqual = bytes[index] == 0x3D
        let following = index + 1 < bytes.count ? bytes[index + 1] : 0
        if following == 0x3D { return take(.binary(isEqual ? .equal : .notEqual), 2) }
        if isEqual, following != 0x7E { return take(.equal, 1) }
        let mark = isEqual ? "=" : "!"
        let start = index
        index += 1
        throw ParseError(
            "unexpected character after '\(mark)': \(character)",
            PositionRange(start, bytes.count))
    }

    // MARK: Braces

    private mutating func insideBraces() throws(ParseError) -> Token {
        let byte = bytes[index]
        let following = index + 1 < bytes.count ? bytes[index + 1] : 0
        switch byte {
        case 0x2C: return take(.comma, 1)
        case 0x7B: throw unexpected("unexpected left brace '{'")
        case 0x7D:
            isInBraces = false
            return take(.rightBrace, 1)
        case 0x22, 0x27, 0x60: return try string()
        case 0x3D: return following == 0x7E ? take(.matches, 2) : take(.equal, 1)
        case 0x21:
            if following == 0x7E { return take(.notMatches, 2) }
            if following == 0x3D { return take(.binary(.notEqual), 2) }
            let start = index
            index += 1
            throw ParseError(
                "unexpected character after '!' inside braces: \(character)",
                PositionRange(start, bytes.count))
        default:
            guard Identifier.isLetter(byte) else {
                throw unexpected("unexpected character inside braces: \(character)")
            }
            var end = index
            while end < bytes.count,
                Identifier.isLetter(bytes[end]) || Identifier.isDigit(bytes[end])
            {
                end += 1
            }
            return take(.identifier, end - index)
        }
    }

    // MARK: Brackets

    private mutating func insideBrackets() throws(ParseError) -> Token {
        let byte = bytes[index]
        switch byte {
        case 0x5D:
            isInBrackets = false
            return take(.rightBracket, 1)
        case 0x3A:
            if !sawDuration {
                throw unexpected("unexpected colon before duration in duration expression")
            }
            if sawColon { throw unexpected("unexpected colon ':'") }
            sawColon = true
            return take(.colon, 1)
        case 0x28:
            parenthesisDepth += 1
            return take(.leftParenthesis, 1)
        case 0x29:
            parenthesisDepth -= 1
            if parenthesisDepth < 0 { throw unexpected("unexpected right parenthesis ')'") }
            return take(.rightParenthesis, 1)
        case 0x2C: return take(.comma, 1)
        case 0x2B, 0x2D, 0x2A, 0x2F, 0x25, 0x5E:
            if let token = operatorToken() { return token }
        default: break
        }
        if Identifier.isDigit(byte) || (byte == 0x2E && isDigit(at: index + 1)) {
            sawDuration = true
            return try number()
        }
        return try wordInBrackets()
    }

    private mutating func wordInBrackets() throws(ParseError) -> Token {
        guard Identifier.isLetter(bytes[index]) else {
            throw unexpected("unexpected character in duration expression: \(character)")
        }
        var lookahead = self
        let token = lookahead.word()
        if case .keyword(let keyword) = token.kind,
            [.step, .range, .maxOf, .minOf].contains(keyword)
        {
            self = lookahead
            sawDuration = true
            return token
        }
        throw unexpected("unexpected character: \(character), expected ':'")
    }

    // MARK: Numbers

    private func isDigit(at position: Int) -> Bool {
        position < bytes.count && Identifier.isDigit(bytes[position])
    }

    /// A number or a duration; anything that continues like a word is neither.
    private mutating func number() throws(ParseError) -> Token {
        let start = index
        if scanNumber() { return token(.number, from: start) }
        let afterNumber = index
        index = start
        if scanDuration() { return token(.duration, from: start) }
        // The message shows what was read by the attempt that came further, and one byte more.
        index = max(index, afterNumber)
        let shown = String(decoding: bytes[start..<min(index, bytes.count)], as: UTF8.self)
        throw ParseError(
            "bad number or duration syntax: \"\(shown)\"", PositionRange(start, bytes.count))
    }

    /// Accepts `12`, `1_000.5`, `0xFF`, `1e-3`. On failure the index stands behind the last byte
    /// that the message shows.
    private mutating func scanNumber() -> Bool {
        var isHex = false
        if bytes[index] == 0x30, index + 1 < bytes.count, bytes[index + 1] | 0x20 == 0x78 {
            isHex = true
            index += 2
        }
        guard scanDigits(isHex: isHex) else { return false }
        if !isHex {
            if index < bytes.count, bytes[index] == 0x2E {
                index += 1
                if isDigit(at: index) || (index < bytes.count && bytes[index] == 0x5F) {
                    if bytes[index] == 0x5F {
                        index += 1
                        return false
                    }
                    guard scanDigits(isHex: false) else { return false }
                }
            }
            if index < bytes.count, bytes[index] | 0x20 == 0x65 {
                index += 1
                if index < bytes.count, bytes[index] == 0x2B || bytes[index] == 0x2D { index += 1 }
                guard isDigit(at: index) else {
                    index = min(index + 1, bytes.count)
                    return false
                }
                guard scanDigits(isHex: false) else { return false }
            }
        }
        guard index < bytes.count else { return true }
        if bytes[index] == 0x2E {
            index += 1
            return false
        }
        return !isWordByte(bytes[index])
    }

    /// Digits with single underscores between them.
    private mutating func scanDigits(isHex: Bool) -> Bool {
        while index < bytes.count {
            let byte = bytes[index]
            if isHex ? GoNumber.isHexDigit(byte) : Identifier.isDigit(byte) {
                index += 1
            } else if byte == 0x5F {
                index += 1
                let following = index < bytes.count ? bytes[index] : 0
                if !(isHex ? GoNumber.isHexDigit(following) : Identifier.isDigit(following)) {
                    index = min(index + 1, bytes.count)
                    return false
                }
            } else {
                break
            }
        }
        return true
    }

    /// `5m`, `1h30m`: digits and units; whether the units are in order is checked later.
    private mutating func scanDuration() -> Bool {
        var sawUnit = false
        while isDigit(at: index) {
            while isDigit(at: index) { index += 1 }
            guard index < bytes.count else { return false }
            if bytes[index] == 0x6D, index + 1 < bytes.count, bytes[index + 1] == 0x73 {
                index += 2
            } else if [0x73, 0x6D, 0x68, 0x64, 0x77, 0x79].contains(bytes[index]) {
                index += 1
            } else {
                return false
            }
            sawUnit = true
        }
        guard sawUnit else { return false }
        guard index < bytes.count, isWordByte(bytes[index]) else { return true }
        index += 1
        return false
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        Identifier.isLetter(byte) || Identifier.isDigit(byte)
    }

    // MARK: Strings, words, blanks

    private mutating func string() throws(ParseError) -> Token {
        let start = index
        let quote = bytes[index]
        index += 1
        while index < bytes.count, bytes[index] != quote {
            if bytes[index] == 0x5C, quote != 0x60 {
                index += 1
                if index >= bytes.count {
                    throw ParseError(
                        "escape sequence not terminated", PositionRange(start, bytes.count))
                }
            } else if bytes[index] == 0x0A, quote != 0x60 {
                throw ParseError("unterminated quoted string", PositionRange(start, bytes.count))
            }
            index += 1
        }
        guard index < bytes.count else {
            let kind = quote == 0x60 ? "raw" : "quoted"
            throw ParseError("unterminated \(kind) string", PositionRange(start, bytes.count))
        }
        index += 1
        return token(.string, from: start)
    }

    private mutating func word() -> Token {
        let start = index
        while index < bytes.count, isWordByte(bytes[index]) || bytes[index] == 0x3A { index += 1 }
        let text = bytes[start..<index]
        if text.contains(0x3A) { return token(.metricIdentifier, from: start) }
        let lowered = String(decoding: text, as: UTF8.self).lowercased()
        return token(Self.words[lowered] ?? .identifier, from: start)
    }

    private static let words: [String: Token.Kind] = {
        var words: [String: Token.Kind] = ["inf": .number, "nan": .number]
        for keyword in Token.Keyword.allCases { words[keyword.rawValue] = .keyword(keyword) }
        for aggregation in Aggregation.allCases {
            words[aggregation.rawValue] = .aggregation(aggregation)
        }
        for op in [BinaryOperator.and, .or, .unless, .atan2] { words[op.rawValue] = .binary(op) }
        return words
    }()

    private mutating func skipBlanksAndComments() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            case 0x23 where !isInBraces:
                while index < bytes.count, bytes[index] != 0x0A, bytes[index] != 0x0D {
                    index += 1
                }
            default: return
            }
        }
    }

    private mutating func take(_ kind: Token.Kind, _ count: Int) -> Token {
        index += count
        return token(kind, from: index - count)
    }

    private func token(_ kind: Token.Kind, from start: Int) -> Token {
        Token(kind: kind, text: ByteText(bytes[start..<index]), position: start)
    }

    // MARK: Errors

    private func unexpected(_ message: String) -> ParseError {
        ParseError(message, PositionRange(index, bytes.count))
    }

    /// The character at the index as Go's `%q` of a rune shows it.
    private var character: String {
        var reader = UTF8ScalarReader(bytes, from: index)
        switch reader.next() {
        case .scalar("'"): return "'\\''"
        case .scalar(let scalar): return "'\(Character(scalar))'"
        case .invalid: return "'\u{FFFD}'"
        case nil: return "end of input"
        }
    }
}
