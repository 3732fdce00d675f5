extension PatternParser {
    // MARK: Escapes

    mutating func escape(
        _ parts: inout [PatternNode]
    ) throws(RegexPattern.SyntaxError) {
        let start = index
        index += 1
        guard let scalar = next else { throw fail("trailing backslash at end of expression: ``") }
        let assertion: PatternNode.Assertion
        switch scalar {
        case "A": assertion = .textStart
        case "z": assertion = .textEnd
        case "b": assertion = .wordBoundary
        case "B": assertion = .notWordBoundary
        case "Q":
            literalRun(&parts)
            return
        default:
            if let set = try shorthand() {
                parts.append(.set(set))
            } else {
                parts.append(.set(folded(ScalarSet(try escapedScalar(start: start)))))
            }
            return
        }
        index += 1
        parts.append(.assertion(assertion))
    }

    /// `\Q…\E`: everything between stands for itself.
    private mutating func literalRun(_ parts: inout [PatternNode]) {
        index += 1
        while let scalar = next {
            if scalar == "\\", index + 1 < scalars.count, scalars[index + 1] == "E" {
                index += 2
                break
            }
            parts.append(.set(folded(ScalarSet(scalar.value))))
            index += 1
        }
    }

    /// `\d`, `\pL` and friends, with the cursor on the letter.
    mutating func shorthand() throws(RegexPattern.SyntaxError) -> ScalarSet? {
        let set: ScalarSet
        switch next {
        case "d", "D": set = .digits
        case "s", "S": set = .spaces
        case "w", "W": set = .word
        case "p", "P": return try unicodeClass()
        default: return nil
        }
        let isNegated = next == "D" || next == "S" || next == "W"
        index += 1
        return isNegated ? folded(set).inverted : folded(set)
    }

    /// `\pN`, `\p{Greek}`, `\P{^L}`, with the cursor on the p.
    private mutating func unicodeClass() throws(RegexPattern.SyntaxError) -> ScalarSet {
        let start = index - 1
        var isNegated = next == "P"
        index += 1
        var name = ""
        if take("{") {
            let nameStart = index
            while next != nil, next != "}" { index += 1 }
            name = text(from: nameStart)
            guard take("}") else {
                throw fail("invalid character class range: `\(text(from: start))`")
            }
        } else if let scalar = next {
            name = String(Character(scalar))
            index += 1
        }
        if name.hasPrefix("^") {
            isNegated.toggle()
            name.removeFirst()
        }
        guard let set = UnicodeSets.named(name) else {
            throw fail("invalid character class range: `\(text(from: start))`")
        }
        return isNegated ? folded(set).inverted : folded(set)
    }

    mutating func escapedScalar(start: Int) throws(RegexPattern.SyntaxError) -> UInt32 {
        guard let scalar = next else { throw fail("trailing backslash at end of expression: ``") }
        index += 1
        switch scalar {
        case "a": return 0x07
        case "f": return 0x0C
        case "n": return 0x0A
        case "r": return 0x0D
        case "t": return 0x09
        case "v": return 0x0B
        case "x": if let value = hexadecimal() { return value }
        case "0"..."7": if let value = octal(first: scalar) { return value }
        default:
            if scalar.value < 0x80, scalar == "_" || !Lexer.isWordByte(UInt8(scalar.value)) {
                return scalar.value
            }
        }
        throw fail("invalid escape sequence: `\(text(from: start))`")
    }

    /// `\x7F` or `\x{10FFFF}`, with the cursor behind the x.
    private mutating func hexadecimal() -> UInt32? {
        if take("{") {
            let start = index
            while let scalar = next, scalar.properties.isASCIIHexDigit { index += 1 }
            guard index > start, let value = UInt32(text(from: start), radix: 16),
                value <= ScalarSet.highest, take("}")
            else { return nil }
            return value
        }
        let start = index
        index = min(index + 2, scalars.count)
        let digits = text(from: start)
        return digits.count == 2 ? UInt32(digits, radix: 16) : nil
    }

    /// `\0`, `\012`, `\123`: one to three octal digits; a first digit other than 0 needs a second
    /// one, because a single digit would be a back-reference.
    private mutating func octal(first: Unicode.Scalar) -> UInt32? {
        if first != "0", !(next.map { ("0"..."7").contains($0) } ?? false) { return nil }
        var value = first.value - 0x30
        for _ in 0..<2 {
            guard let scalar = next, ("0"..."7").contains(scalar) else { break }
            value = value * 8 + scalar.value - 0x30
            index += 1
        }
        return value
    }
}
