/// The values behind a metric in the notation of series that rule tests use:
/// `metric{label="x"} 1+2x5 _ stale {{sum:3 count:2 buckets:[1 1]}}`.
extension Lexer {
    mutating func value() -> Token? {
        guard let byte else {
            mode = .statement
            return nil
        }
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D: return space()
        case 0x2B: return take(.binary(.add))
        case 0x2D: return take(.binary(.subtract))
        case 0x78: return take(.times)
        case 0x5F: return take(.blank)
        case 0x7B where isNext(0x7B):
            mode = .histogram
            return take(.openHistogram, 2)
        default: break
        }
        if isNumberStart { return plainNumber() }
        if Identifier.isLetter(byte) { return word() }
        return fail("unexpected character in series sequence: \(character(at: index))")
    }

    /// Between `{{` and `}}`.
    mutating func histogram() -> Token? {
        guard let byte else {
            return fail("histogram description incomplete unexpected: \(character(at: index))")
        }
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D: return space()
        case 0x2D: return take(.binary(.subtract))
        case 0x5D where isInBrackets:
            isInBrackets = false
            return take(.rightBracket)
        case 0x3A where !isInBrackets: return take(.colon)
        case 0x5B where !isInBrackets:
            isInBrackets = true
            return take(.leftBracket)
        case 0x7D where !isInBrackets && isNext(0x7D):
            mode = .values
            return take(.closeHistogram, 2)
        default: break
        }
        if Identifier.isDigit(byte) { return plainNumber() }
        if Identifier.isLetter(byte) { return descriptor() }
        return fail(
            isInBrackets
                ? "invalid character in buckets description: \(character(at: index))"
                : "histogram description incomplete unexpected: \(character(at: index))")
    }

    /// One blank stands for a run of them.
    private mutating func space() -> Token {
        let token = take(.space)
        skipSpaces()
        return token
    }

    private mutating func plainNumber() -> Token {
        if scanNumber() { return emit(.number) }
        let shown = QuotedText.goQuote(Array(bytes[start..<index]))
        return fail("bad number syntax: \(shown)")
    }

    private static let descriptors: Set<String> = [
        "sum", "count", "schema", "offset", "n_offset", "buckets", "n_buckets", "z_bucket",
        "z_bucket_w", "custom_values", "counter_reset_hint",
    ]

    private static let values: Set<String> = ["unknown", "reset", "not_reset", "gauge"]

    private mutating func descriptor() -> Token {
        while let byte, Identifier.isLetter(byte) { index += 1 }
        let word = String(decoding: bytes[start..<index], as: UTF8.self)
        let lowered = word.lowercased()
        if Self.descriptors.contains(lowered) {
            return byte == 0x3A
                ? emit(.descriptor) : fail("missing `:` for histogram descriptor")
        }
        if lowered == "inf" || lowered == "nan" { return emit(.number) }
        if Self.values.contains(lowered) { return emit(.descriptor) }
        return fail("bad histogram descriptor found: \(QuotedText.goQuote(Array(word.utf8)))")
    }
}
