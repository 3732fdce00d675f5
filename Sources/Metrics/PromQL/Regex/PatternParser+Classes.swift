extension PatternParser {
    // MARK: Bracket expressions

    mutating func bracket() throws(RegexPattern.SyntaxError) -> ScalarSet {
        let start = index
        index += 1
        let isNegated = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        var isFirst = true
        while true {
            guard let scalar = next else { throw fail("missing closing ]: `\(text(from: start))`") }
            if scalar == "]", !isFirst { break }
            isFirst = false
            if scalar == "[", let named = try namedClass() {
                ranges += named.ranges
                continue
            }
            if scalar == "\\", index + 1 < scalars.count {
                index += 1
                if let set = try shorthand() {
                    ranges += set.ranges
                    continue
                }
                index -= 1
            }
            ranges.append(try bracketRange(in: start))
        }
        index += 1
        // Case folding comes before the complement: `(?i)[^a]` excludes A too.
        let set = folded(ScalarSet(ranges))
        return isNegated ? set.inverted : set
    }

    private mutating func bracketRange(
        in bracket: Int
    ) throws(RegexPattern.SyntaxError) -> ClosedRange<UInt32> {
        let start = index
        let low = try bracketScalar(in: bracket)
        guard next == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
            return low...low
        }
        index += 1
        let high = try bracketScalar(in: bracket)
        guard high >= low else {
            throw fail("invalid character class range: `\(text(from: start))`")
        }
        return low...high
    }

    private mutating func bracketScalar(
        in bracket: Int
    ) throws(RegexPattern.SyntaxError) -> UInt32 {
        let start = index
        guard let scalar = next else {
            throw fail("missing closing ]: `\(text(from: bracket))`")
        }
        index += 1
        return scalar == "\\" ? try escapedScalar(start: start) : scalar.value
    }

    /// `[:alpha:]` and the other ASCII classes, with the cursor on the bracket.
    private mutating func namedClass() throws(RegexPattern.SyntaxError) -> ScalarSet? {
        guard index + 1 < scalars.count, scalars[index + 1] == ":" else { return nil }
        var end = index + 2
        while end + 1 < scalars.count, !(scalars[end] == ":" && scalars[end + 1] == "]") {
            end += 1
        }
        guard end + 1 < scalars.count else { return nil }
        let start = index
        index = end + 2
        var name = String(text(from: start).dropFirst(2).dropLast(2))
        let isNegated = name.hasPrefix("^")
        if isNegated { name.removeFirst() }
        guard let set = Self.classes[name] else {
            throw fail("invalid character class range: `\(text(from: start))`")
        }
        return isNegated ? folded(set).inverted : folded(set)
    }

    private static let classes: [String: ScalarSet] = [
        "alnum": ScalarSet([0x30...0x39, 0x41...0x5A, 0x61...0x7A]),
        "alpha": ScalarSet([0x41...0x5A, 0x61...0x7A]),
        "ascii": ScalarSet([0x00...0x7F]),
        "blank": ScalarSet([0x09...0x09, 0x20...0x20]),
        "cntrl": ScalarSet([0x00...0x1F, 0x7F...0x7F]),
        "digit": .digits,
        "graph": ScalarSet([0x21...0x7E]),
        "lower": ScalarSet([0x61...0x7A]),
        "print": ScalarSet([0x20...0x7E]),
        "punct": ScalarSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]),
        "space": ScalarSet([0x09...0x0D, 0x20...0x20]),
        "upper": ScalarSet([0x41...0x5A]),
        "word": .word,
        "xdigit": ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66]),
    ]
}
