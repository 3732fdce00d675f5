/// Splits an expression into tokens. What is allowed inside braces and brackets differs from
/// outside, as in the reference, so that its messages name the place.
///
/// An error is a token too: everything after it is of no interest to the parser, but a string goes
/// on, so that a list of tokens shows both the error and the string.
struct Lexer {
    /// What the next token is expected to be part of.
    enum Mode {
        case statement
        /// Behind `[`, until the first number.
        case duration
        /// In a string, behind an error that was found in it.
        case string(quote: UInt8)
        /// After an error that ends the text.
        case ended
        /// The values of a series in the notation of rule tests.
        case values
        case histogram
    }

    let bytes: [UInt8]
    /// The first byte of the token that is being read.
    var start = 0
    var index = 0
    var mode = Mode.statement
    var parenthesisDepth = 0
    var isInBraces = false
    var isInBrackets = false
    /// The opening quote of the string that is being read.
    var stringStart = 0
    /// In brackets: whether the colon came.
    var sawColon = false
    /// Whether a duration came in any brackets so far, which a colon needs before it.
    private var sawDuration = false
    /// Reads `{labels} values`, the notation of series in rule tests, instead of an expression.
    let isSeriesNotation: Bool

    init(_ bytes: [UInt8], isSeriesNotation: Bool = false) {
        self.bytes = bytes
        self.isSeriesNotation = isSeriesNotation
    }

    mutating func next() -> Token {
        while true {
            start = index
            let token =
                switch mode {
                case .ended: emit(.endOfInput)
                case .string(let quote): string(quote)
                case .duration: duration()
                case .values: value()
                case .histogram: histogram()
                case .statement: isInBraces ? insideBraces() : statement()
                }
            if let token { return token }
        }
    }

    // MARK: Tokens and errors

    func emit(_ kind: Token.Kind) -> Token {
        Token(kind: kind, text: ByteText(bytes[start..<index]), position: start)
    }

    mutating func take(_ kind: Token.Kind, _ count: Int = 1) -> Token {
        index += count
        return emit(kind)
    }

    /// An error at the start of the token; nothing is read after it.
    mutating func fail(_ message: String) -> Token {
        mode = .ended
        index = bytes.count
        return Token(kind: .error(message), text: .empty, position: start)
    }

    /// Nil behind the end.
    var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

    func isNext(_ byte: UInt8) -> Bool { index + 1 < bytes.count && bytes[index + 1] == byte }

    /// The character at `position` as Go's `%q` of a rune shows it.
    func character(at position: Int) -> String {
        var reader = UTF8ScalarReader(bytes, from: position)
        guard case .scalar(let scalar) = reader.next() else { return "'\u{FFFD}'" }
        return QuotedText.goQuote(scalar)
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    static func isWordByte(_ byte: UInt8) -> Bool {
        Identifier.isLetter(byte) || Identifier.isDigit(byte)
    }

    mutating func skipSpaces() {
        while let byte, Self.isSpace(byte) { index += 1 }
    }

    private mutating func comment() -> Token {
        while let byte, byte != 0x0A, byte != 0x0D { index += 1 }
        return emit(.comment)
    }

    // MARK: Statement

    private mutating func statement() -> Token? {
        guard let byte else {
            if parenthesisDepth != 0 { return fail("unclosed left parenthesis") }
            if isInBrackets { return fail("unclosed left bracket") }
            return emit(.endOfInput)
        }
        if let token = operatorToken() { return token }
        switch byte {
        case 0x23: return comment()
        case 0x20, 0x09, 0x0A, 0x0D:
            skipSpaces()
            return nil
        case 0x2C: return take(.comma)
        case 0x3D, 0x21: return equalOrNot()
        case 0x22, 0x27, 0x60:
            stringStart = index
            index += 1
            return string(byte)
        case 0x28: return open()
        case 0x29: return close()
        case 0x7B:
            isInBraces = true
            return take(.leftBrace)
        case 0x5B:
            if isInBrackets { return fail("unexpected left bracket '['") }
            isInBrackets = true
            sawColon = false
            mode = .duration
            return take(.leftBracket)
        case 0x5D:
            guard isInBrackets else { return fail("unexpected right bracket ']'") }
            isInBrackets = false
            return take(.rightBracket)
        default: break
        }
        if isNumberStart { return numberOrDuration() }
        if Identifier.isLetter(byte) || byte == 0x3A {
            return isInBrackets ? wordInBrackets() : word()
        }
        return fail("unexpected character: \(character(at: index))")
    }

    var isNumberStart: Bool {
        guard let byte else { return false }
        if Identifier.isDigit(byte) { return true }
        return byte == 0x2E && index + 1 < bytes.count && Identifier.isDigit(bytes[index + 1])
    }

    private mutating func open() -> Token {
        parenthesisDepth += 1
        return take(.leftParenthesis)
    }

    private mutating func close() -> Token {
        parenthesisDepth -= 1
        if parenthesisDepth < 0 {
            start = index + 1
            return fail("unexpected right parenthesis ')'")
        }
        return take(.rightParenthesis)
    }

    private mutating func operatorToken() -> Token? {
        switch byte {
        case 0x2B: return take(.binary(.add))
        case 0x2D: return take(.binary(.subtract))
        case 0x2A: return take(.binary(.multiply))
        case 0x2F: return take(.binary(.divide))
        case 0x25: return take(.binary(.modulo))
        case 0x5E: return take(.binary(.power))
        case 0x40: return take(.at)
        case 0x3C:
            if isNext(0x2F) { return take(.binary(.trimUpper), 2) }
            return isNext(0x3D) ? take(.binary(.lessOrEqual), 2) : take(.binary(.less))
        case 0x3E:
            if isNext(0x2F) { return take(.binary(.trimLower), 2) }
            return isNext(0x3D) ? take(.binary(.greaterOrEqual), 2) : take(.binary(.greater))
        default: return nil
        }
    }

    private mutating func equalOrNot() -> Token {
        let isEqual = byte == 0x3D
        if isNext(0x3D) { return take(.binary(isEqual ? .equal : .notEqual), 2) }
        if isEqual, !isNext(0x7E) { return take(.equal) }
        let mark = isEqual ? "=" : "!"
        return fail("unexpected character after '\(mark)': \(character(at: index + 1))")
    }

    // MARK: Braces

    private mutating func insideBraces() -> Token? {
        guard let byte else { return fail("unexpected end of input inside braces") }
        switch byte {
        case 0x23: return comment()
        case 0x20, 0x09, 0x0A, 0x0D:
            skipSpaces()
            return nil
        case 0x2C: return take(.comma)
        case 0x7B: return fail("unexpected left brace '{'")
        case 0x7D:
            isInBraces = false
            if isSeriesNotation { mode = .values }
            return take(.rightBrace)
        case 0x22, 0x27, 0x60:
            stringStart = index
            index += 1
            return string(byte)
        case 0x3D: return isNext(0x7E) ? take(.matches, 2) : take(.equal)
        case 0x21:
            if isNext(0x7E) { return take(.notMatches, 2) }
            if isNext(0x3D) { return take(.binary(.notEqual), 2) }
            return fail(
                "unexpected character after '!' inside braces: \(character(at: index + 1))")
        default:
            guard Identifier.isLetter(byte) else {
                return fail("unexpected character inside braces: \(character(at: index))")
            }
            while let byte = self.byte, Self.isWordByte(byte) { index += 1 }
            return emit(.identifier)
        }
    }

    // MARK: Brackets

    /// Behind `[`: signs, parentheses and words until the first number, then a statement.
    private mutating func duration() -> Token? {
        guard let byte else {
            return fail("unexpected end of input in duration expression")
        }
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D:
            skipSpaces()
            return nil
        case 0x5D:
            isInBrackets = false
            sawColon = false
            mode = .statement
            return take(.rightBracket)
        case 0x3A:
            index += 1
            start = index
            guard sawDuration else {
                return fail("unexpected colon before duration in duration expression")
            }
            if sawColon { return fail("unexpected repeated colon in duration expression") }
            sawColon = true
            start = index - 1
            return emit(.colon)
        case 0x28: return open()
        case 0x29: return close()
        case 0x2C: return take(.comma)
        case 0x2B, 0x2D, 0x2A, 0x2F, 0x25, 0x5E: return operatorToken()
        default: break
        }
        if isNumberStart {
            sawDuration = true
            mode = .statement
            return numberOrDuration()
        }
        let shown = character(at: index)
        if Identifier.isLetter(byte), let token = durationKeyword() { return token }
        return fail("unexpected character in duration expression: \(shown)")
    }

    /// In brackets behind a number.
    private mutating func wordInBrackets() -> Token {
        if byte == 0x3A {
            if sawColon { return fail("unexpected colon ':'") }
            sawColon = true
            return take(.colon)
        }
        let shown = character(at: index)
        if let token = durationKeyword() { return token }
        return fail("unexpected character: \(shown), expected ':'")
    }

    /// `step`, `range`, `min_of`, `max_of`, which stand for durations.
    private mutating func durationKeyword() -> Token? {
        while let byte, Identifier.isLetter(byte) { index += 1 }
        let word = String(decoding: bytes[start..<index], as: UTF8.self).lowercased()
        guard let keyword = Token.Keyword(rawValue: word),
            [.step, .range, .maxOf, .minOf].contains(keyword)
        else { return nil }
        return emit(.keyword(keyword))
    }

    // MARK: Words

    mutating func word() -> Token {
        while let byte, Self.isWordByte(byte) || byte == 0x3A { index += 1 }
        let text = bytes[start..<index]
        if isSeriesNotation, byte != 0x7B { mode = .values }
        // The longest keyword has 12 letters.
        guard text.count <= 12 else {
            return emit(text.contains(0x3A) ? .metricIdentifier : .identifier)
        }
        let kind = Self.words[String(decoding: text, as: UTF8.self).lowercased()]
        switch kind {
        case .keyword(.fill), .keyword(.fillLeft), .keyword(.fillRight):
            return emit(isFollowedByParenthesis ? kind ?? .identifier : .identifier)
        case let kind?: return emit(kind)
        case nil: return emit(text.contains(0x3A) ? .metricIdentifier : .identifier)
        }
    }

    /// `fill (0)` is a modifier; `fill` alone is a metric.
    private var isFollowedByParenthesis: Bool {
        bytes[index...].first { !Self.isSpace($0) } == 0x28
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
}
