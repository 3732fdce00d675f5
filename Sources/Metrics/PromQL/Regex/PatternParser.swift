/// Parses RE2 syntax as Go's `regexp/syntax` does, errors included. Flags: `i`, `m`, `s`, `U`; the
/// expression starts with `s` on.
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
    private(set) var captureNames: [String: [Int]] = [:]

    /// RE2's own bound.
    private static let repetitionMax = 1000
    /// RE2 goes to 1000; here the stack of a worker thread, 512 KB, sets the limit.
    static let nestingMax = 64

    init(_ bytes: [UInt8]) throws(RegexPattern.SyntaxError) {
        source = String(decoding: bytes, as: UTF8.self)
        scalars = Array(source.unicodeScalars)
        guard UTF8Check.isValid(bytes) else { throw fail("invalid UTF-8: `\(source)`") }
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
        guard depth <= Self.nestingMax else {
            throw fail("expression nests too deeply: `\(source)`")
        }
        var branches = [try concatenation()]
        while take("|") { branches.append(try concatenation()) }
        return branches.count == 1 ? branches[0] : .alternation(branches)
    }

    private mutating func concatenation() throws(RegexPattern.SyntaxError) -> PatternNode {
        var parts: [PatternNode] = []
        /// Where the repetition before the cursor begins.
        var repetitionStart: Int?
        while let scalar = next, scalar != "|", scalar != ")" {
            let start = index
            if let (low, high) = try repetitionOperator() {
                let isGreedy = take("?") == flags.isUngreedy
                if let repetitionStart {
                    throw fail(
                        "invalid nested repetition operator: `\(text(from: repetitionStart))`")
                }
                guard let last = parts.popLast() else {
                    throw fail(
                        "missing argument to repetition operator: `\(text(from: start))`")
                }
                let node = PatternNode.repetition(last, min: low, max: high, isGreedy: isGreedy)
                guard node.copies <= Self.repetitionMax else {
                    throw fail("invalid repeat count: `\(text(from: start))`")
                }
                parts.append(node)
                repetitionStart = start
            } else {
                repetitionStart = nil
                try atom(&parts)
            }
        }
        if parts.isEmpty { return .empty }
        return parts.count == 1 ? parts[0] : .concatenation(parts)
    }

    // MARK: Repetition

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

    private mutating func atom(_ parts: inout [PatternNode]) throws(RegexPattern.SyntaxError) {
        guard let scalar = next else { return }
        switch scalar {
        case "(": if let group = try group() { parts.append(group) }
        case "[": parts.append(.set(try bracket()))
        case ".":
            index += 1
            parts.append(.set(flags.dotMatchesNewline ? .all : ScalarSet(0x0A).inverted))
        case "^":
            index += 1
            parts.append(.assertion(flags.isMultiline ? .lineStart : .textStart))
        case "$":
            index += 1
            parts.append(.assertion(flags.isMultiline ? .lineEnd : .textEnd))
        case "\\": try escape(&parts)
        default:
            index += 1
            parts.append(.set(folded(ScalarSet(scalar.value))))
        }
    }

    func folded(_ set: ScalarSet) -> ScalarSet { flags.ignoresCase ? set.foldingCase : set }

    /// Returns nil for `(?i)`, which only changes the flags of what follows.
    private mutating func group() throws(RegexPattern.SyntaxError) -> PatternNode? {
        let start = index
        index += 1
        let outer = flags
        var number: Int?
        if take("?") {
            if isNamedGroup {
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

    /// Behind `(?`: whether `P<` or `<` follows, with something behind it.
    private var isNamedGroup: Bool {
        if next == "<" { return index + 1 < scalars.count }
        return next == "P" && index + 2 < scalars.count && scalars[index + 1] == "<"
    }

    /// A name may be given to several groups; the first that matched counts.
    private mutating func namedGroup(start: Int) throws(RegexPattern.SyntaxError) -> Int {
        _ = take("P")
        _ = take("<")
        let nameStart = index
        while next != nil, next != ">" { index += 1 }
        let name = text(from: nameStart)
        guard take(">"), !name.isEmpty, name.utf8.allSatisfy(Lexer.isWordByte) else {
            throw fail("invalid named capture: `\(text(from: start))`")
        }
        groupCount += 1
        captureNames[name, default: []].append(groupCount)
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
            case ")" where value || sawFlag: return true
            default: throw fail("invalid or unsupported Perl syntax: `\(text(from: start))`")
            }
            sawFlag = true
        }
        throw fail("missing closing ): `\(source)`")
    }
}
