/// Splits a template into texts and the words of its actions.
struct TemplateLexer {
    enum Token: Hashable {
        case text(String)
        case open, close
        case word(String)
        /// `.name`, without the point; a point alone is empty.
        case field(String)
        /// `$name`, with the mark.
        case variable(String)
        case string(String)
        case number(TemplateValue)
        case leftParenthesis, rightParenthesis, pipe, comma, declare, assign, space
        case end
    }

    private let bytes: [UInt8]
    private var index = 0
    private var isInAction = false
    private var trimsNext = false
    private(set) var offset = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func next() throws(TemplateError) -> Token {
        offset = index
        if isInAction { return try action() }
        guard index < bytes.count else { return .end }
        return try text()
    }

    func fail(_ message: String) -> TemplateError {
        TemplateError(message: message, offset: offset)
    }

    private func starts(_ text: StaticString, at place: Int) -> Bool {
        text.withUTF8Buffer { bytes[min(place, bytes.count)...].starts(with: $0) }
    }

    // MARK: Text

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private mutating func text() throws(TemplateError) -> Token {
        if starts("{{", at: index) {
            index += 2
            trimsNext = false
            if index + 1 < bytes.count, bytes[index] == 0x2D, Self.isBlank(bytes[index + 1]) {
                index += 1
            }
            if starts("/*", at: skippingBlanks(from: index)) {
                index = skippingBlanks(from: index)
                try comment()
                return .text("")
            }
            isInAction = true
            return .open
        }
        let start = index
        while index < bytes.count, !starts("{{", at: index) { index += 1 }
        var slice = bytes[start..<index]
        if trimsNext { slice = slice.drop(while: Self.isBlank) }
        trimsNext = false
        if starts("{{-", at: index), index + 3 < bytes.count, Self.isBlank(bytes[index + 3]) {
            while let last = slice.last, Self.isBlank(last) { slice.removeLast() }
        }
        return .text(String(decoding: slice, as: UTF8.self))
    }

    private func skippingBlanks(from start: Int) -> Int {
        var place = start
        while place < bytes.count, Self.isBlank(bytes[place]) { place += 1 }
        return place
    }

    private mutating func comment() throws(TemplateError) {
        index += 2
        while index < bytes.count, !starts("*/", at: index) { index += 1 }
        guard index < bytes.count else { throw fail("unclosed comment") }
        index = skippingBlanks(from: index + 2)
        if starts("-}}", at: index) {
            trimsNext = true
            index += 1
        }
        guard starts("}}", at: index) else { throw fail("comment ends before closing delimiter") }
        index += 2
    }

    // MARK: Actions

    private mutating func action() throws(TemplateError) -> Token {
        guard index < bytes.count else { throw fail("unclosed action") }
        let byte = bytes[index]
        if Self.isBlank(byte) {
            index = skippingBlanks(from: index)
            if starts("-}}", at: index) { return close(trimming: true) }
            return .space
        }
        if starts("}}", at: index) { return close(trimming: false) }
        switch byte {
        case 0x28: return take(.leftParenthesis, 1)
        case 0x29: return take(.rightParenthesis, 1)
        case 0x7C: return take(.pipe, 1)
        case 0x2C: return take(.comma, 1)
        case 0x3D: return take(.assign, 1)
        case 0x3A where starts(":=", at: index): return take(.declare, 2)
        case 0x22, 0x60, 0x27: return try quoted(byte)
        case 0x24:
            index += 1
            return .variable("$" + word())
        case 0x2E where index + 1 >= bytes.count || !Identifier.isDigit(bytes[index + 1]):
            index += 1
            return .field(word())
        case 0x2B, 0x2D, 0x2E, 0x30...0x39: return try number()
        default:
            let word = word()
            if word.isEmpty {
                throw fail("unexpected \(character) in command")
            }
            return .word(word)
        }
    }

    private mutating func close(trimming: Bool) -> Token {
        index += trimming ? 3 : 2
        trimsNext = trimming
        isInAction = false
        return .close
    }

    private mutating func take(_ token: Token, _ count: Int) -> Token {
        index += count
        return token
    }

    private var character: String {
        var reader = UTF8ScalarReader(bytes, from: index)
        guard case .scalar(let scalar) = reader.next() else { return "bad character" }
        return QuotedText.goQuote(Array(String(Character(scalar)).utf8))
    }

    private mutating func word() -> String {
        let start = index
        while index < bytes.count, Lexer.isWordByte(bytes[index]) || bytes[index] >= 0x80 {
            index += 1
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func quoted(_ quote: UInt8) throws(TemplateError) -> Token {
        let start = index
        index += 1
        while index < bytes.count, bytes[index] != quote {
            if bytes[index] == 0x0A, quote != 0x60 { break }
            if bytes[index] == 0x5C, quote != 0x60 { index += 1 }
            index += 1
        }
        guard index < bytes.count, bytes[index] == quote else {
            throw fail("unterminated \(quote == 0x60 ? "raw quoted" : "quoted") string")
        }
        index += 1
        let text = String(
            decoding: StringLiteral.decode(Array(bytes[start..<index])), as: UTF8.self)
        guard quote == 0x27 else { return .string(text) }
        guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
            throw fail("malformed character constant")
        }
        return .number(.int(Int64(scalar.value)))
    }

    private mutating func number() throws(TemplateError) -> Token {
        let start = index
        index += 1
        while index < bytes.count {
            let byte = bytes[index]
            let isSign = byte == 0x2B || byte == 0x2D
            if isSign ? bytes[index - 1] | 0x20 == 0x65 : Lexer.isWordByte(byte) || byte == 0x2E {
                index += 1
            } else {
                break
            }
        }
        let text = Array(bytes[start..<index])
        var digits = String(decoding: text.filter { $0 != 0x5F }, as: UTF8.self)
        let isHex = digits.hasPrefix("0x") || digits.hasPrefix("0X")
        if isHex { digits.removeFirst(2) }
        if let integer = Int64(digits, radix: isHex ? 16 : 10) { return .number(.int(integer)) }
        if let value = GoNumber.parseFloat(text) { return .number(.float(value)) }
        throw fail("bad number syntax: \(QuotedText.goQuote(text))")
    }
}
