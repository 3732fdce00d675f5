/// Parses RE2 syntax. Flags: `i`, `m`, `s`, `U`; the expression starts with `s` on.
struct PatternParser {
    private struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotMatchesNewline = true
        var isUngreedy = false
    }

    let scalars: [Unicode.Scalar]
    let source: String
    var index = 0
    private var flags = Flags()
    private var depth = 0
    private var groupCount = 0
    private(set) var captureNames: [String: Int] = [:]

    /// RE2's own bounds: repetitions up to 1000, nesting up to 1000 (here less: the stack is ours).
    private static let repetitionMax = 1000
    private static let nestingMax = 250

    init(_ bytes: [UInt8]) {
        source = String(decoding: bytes, as: UTF8.self)
        scalars = Array(source.unicodeScalars)
    }

    mutating func parse() throws(RegexPattern.SyntaxError) -> PatternNode {
        let node = try alternation()
        if index < scalars.count { throw fail("unexpected ): `\(source)`") }
        return node
    }

    var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        index += 1
        return true
    }

    func fail(_ message: String) -> RegexPattern.SyntaxError {
        RegexPattern.SyntaxError(message: "error parsing regexp: " + message)
    }

    func text(from start: Int) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[start..<min(index, scalars.count)])
        return String(text)
    }

    private mutating func alternation() throws(RegexPattern.SyntaxError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.nestingMax else { throw fail("expression nests too deeply") }
        var branches = [try concatenation()]
        while take("|") { branches.append(try concatenation()) }
        return branches.count == 1 ? branches[0] : .alternation(branches)
    }

    private mutating func concatenation() throws(RegexPattern.SyntaxError) -> PatternNode {
        var parts: [PatternNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            let start = index
            guard let atom = try atom() else { continue }
            parts.append(try repeated(atom, start: start))
        }
        if parts.isEmpty { return .empty }
        return parts.count == 1 ? parts[0] : .concatenation(parts)
    }

    // MARK: Repetition

    private mutating func repeated(
        _ atom: PatternNode, start: Int
    ) throws(RegexPattern.SyntaxError) -> PatternNode {
        let operatorStart = index
        guard let (low, high) = try repetitionOperator() else { return atom }
        let isGreedy = take("?") == flags.isUngreedy
        if try repetitionOperator() != nil {
            throw fail("invalid nested repetition operator: `\(text(from: operatorStart))`")
        }
        let node = PatternNode.repetition(atom, min: low, max: high, isGreedy: isGreedy)
        guard node.copies <= Self.repetitionMax else {
            throw fail("invalid repeat count: `\(text(from: operatorStart))`")
        }
        return node
    }

    private mutating func repetitionOperator() throws(RegexPattern.SyntaxError) -> (Int, Int?)? {
        switch next {
        case "*":
            index += 1
            return (0, nil)
        case "+":
            index += 1
            return (1, nil)
        case "?":
            index += 1
            return (0, 1)
        case "{": return try countedRepetition()
        default: return nil
        }
    }

    /// `{2}`, `{2,}`, `{2,5}`; anything else after a brace is literal text, as in RE2.
    private mutating func countedRepetition() throws(RegexPattern.SyntaxError) -> (Int, Int?)? {
        let start = index
        index += 1
        guard let low = number() else {
            index = start
            return nil
        }
        var high: Int? = low
        if take(",") { high = next == "}" ? nil : number() ?? -1 }
        guard high != -1, take("}") else {
            index = start
            return nil
        }
        if low > Self.repetitionMax || (high ?? 0) > Self.repetitionMax || low > high ?? low {
            throw fail("invalid repeat count: `\(text(from: start))`")
        }
        return (low, high)
    }

    private mutating func number() -> Int? {
        let start = index
        var value = 0
        while let scalar = next, (0x30...0x39).contains(scalar.value) {
            value = min(value * 10 + Int(scalar.value - 0x30), 1_000_000)
            index += 1
        }
        let length = index - start
        return length == 0 || (length > 1 && scalars[start] == "0") ? nil : value
    }

    // MARK: Atoms

    private mutating func atom() throws(RegexPattern.SyntaxError) -> PatternNode? {
        guard let scalar = next else { return nil }
        switch scalar {
        case "(": return try group()
        case "[": return .set(try folded(bracket()))
        case ".":
            index += 1
            return .set(flags.dotMatchesNewline ? .all : ScalarSet(0x0A).inverted)
        case "^":
            index += 1
            return .assertion(flags.isMultiline ? .lineStart : .textStart)
        case "$":
            index += 1
            return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
        case "\\": return try escape()
        case "*", "+", "?":
            index += 1
            throw fail("missing argument to repetition operator: `\(scalar)`")
        case "{":
            let start = index
            if try countedRepetition() != nil {
                throw fail("missing argument to repetition operator: `\(text(from: start))`")
            }
            index += 1
            return .set(ScalarSet(scalar.value))
        default:
            index += 1
            return .set(try folded(ScalarSet(scalar.value)))
        }
    }

    func folded(_ set: ScalarSet) throws(RegexPattern.SyntaxError) -> ScalarSet {
        guard flags.ignoresCase else { return set }
        guard let folded = set.foldingCase else {
            throw fail("ignoring case is supported for ASCII letters only: `\(source)`")
        }
        return folded
    }

    /// Returns nil for `(?i)`, which only changes the flags of what follows.
    private mutating func group() throws(RegexPattern.SyntaxError) -> PatternNode? {
        let start = index
        index += 1
        let outer = flags
        var number: Int?
        if take("?") {
            if next == "P" || (next == "<" && index + 1 < scalars.count) {
                number = try namedGroup(start: start)
            } else if try flagsEndGroup(start: start) {
                return nil
            }
        } else {
            groupCount += 1
            number = groupCount
        }
        let inner = try alternation()
        guard take(")") else { throw fail("missing closing ): `\(source)`") }
        flags = outer
        return number.map { .group(inner, index: $0) } ?? inner
    }

    private mutating func namedGroup(start: Int) throws(RegexPattern.SyntaxError) -> Int {
        _ = take("P")
        guard take("<") else {
            throw fail("invalid or unsupported Perl syntax: `\(text(from: start))`")
        }
        let nameStart = index
        while next != nil, next != ">" { index += 1 }
        let name = text(from: nameStart)
        guard take(">"), Identifier.isLabelName(Array(name.utf8)) else {
            throw fail("invalid named capture: `\(text(from: start))`")
        }
        guard captureNames[name] == nil else {
            throw fail("duplicate capture group name: `\(name)`")
        }
        groupCount += 1
        captureNames[name] = groupCount
        return groupCount
    }

    /// Reads `i`, `-s`, … up to `:` (false: a group follows) or `)` (true: only flags).
    private mutating func flagsEndGroup(start: Int) throws(RegexPattern.SyntaxError) -> Bool {
        var value = true
        var sawFlag = false
        while let scalar = next {
            index += 1
            switch scalar {
            case "i": flags.ignoresCase = value
            case "m": flags.isMultiline = value
            case "s": flags.dotMatchesNewline = value
            case "U": flags.isUngreedy = value
            case "-" where value:
                value = false
                sawFlag = false
                continue
            case ":" where value || sawFlag: return false
            case ")" where sawFlag: return true
            default: throw fail("invalid or unsupported Perl syntax: `\(text(from: start))`")
            }
            sawFlag = true
        }
        throw fail("missing closing ): `\(source)`")
    }

    // MARK: Escapes

    private mutating func escape() throws(RegexPattern.SyntaxError) -> PatternNode {
        let start = index
        index += 1
        guard let scalar = next else { throw fail("trailing backslash at end of expression: ``") }
        switch scalar {
        case "A", "z", "b", "B":
            index += 1
            let assertion: PatternNode.Assertion =
                switch scalar {
                case "A": .textStart
                case "z": .textEnd
                case "b": .wordBoundary
                default: .notWordBoundary
                }
            return .assertion(assertion)
        case "Q": return literalRun()
        default:
            if let set = shorthand() { return .set(set) }
            return .set(try folded(ScalarSet(try escapedScalar(start: start))))
        }
    }

    /// `\Q…\E`: everything between stands for itself.
    private mutating func literalRun() -> PatternNode {
        index += 1
        var parts: [PatternNode] = []
        while let scalar = next {
            if scalar == "\\", index + 1 < scalars.count, scalars[index + 1] == "E" {
                index += 2
                break
            }
            let set = ScalarSet(scalar.value)
            parts.append(.set(flags.ignoresCase ? set.foldingCase ?? set : set))
            index += 1
        }
        return parts.isEmpty ? .empty : .concatenation(parts)
    }

    /// `\d` and friends, with the cursor on the letter.
    mutating func shorthand() -> ScalarSet? {
        let set: ScalarSet
        switch next {
        case "d": set = .digits
        case "D": set = ScalarSet.digits.inverted
        case "s": set = .spaces
        case "S": set = ScalarSet.spaces.inverted
        case "w": set = .word
        case "W": set = ScalarSet.word.inverted
        default: return nil
        }
        index += 1
        return set
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
            let isPunctuation =
                scalar.isASCII
                && !Identifier.isDigit(UInt8(scalar.value))
                && !(Identifier.isLetter(UInt8(scalar.value)) && scalar != "_")
            if isPunctuation, scalar.value > 0x20 { return scalar.value }
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
