/// One condition on a label: `name="value"`, `!=`, `=~`, `!~`. A label that a series does not have
/// counts as empty.
package struct LabelMatcher: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case equal = "="
        case notEqual = "!="
        case matches = "=~"
        case notMatches = "!~"
    }

    package let kind: Kind
    package let name: ByteText
    package let value: ByteText
    private let pattern: RegexPattern?
    private let shape: PatternShape?
    /// Whether series without the label satisfy it.
    package let matchesEmpty: Bool

    /// - Throws: `RegexPattern.SyntaxError` when the value of a regular-expression matcher is none.
    package init(_ kind: Kind, name: ByteText, value: ByteText) throws(RegexPattern.SyntaxError) {
        self.kind = kind
        self.name = name
        self.value = value
        switch kind {
        case .equal, .notEqual:
            pattern = nil
            shape = nil
            matchesEmpty = (kind == .equal) == value.isEmpty
        case .matches, .notMatches:
            let pattern = try RegexPattern(anchored: value.bytes)
            self.pattern = pattern
            shape = PatternShape(value.bytes)
            matchesEmpty = (kind == .matches) == pattern.matches([])
        }
    }

    /// A condition that cannot be malformed.
    package init(equal name: ByteText, _ value: ByteText) {
        kind = .equal
        self.name = name
        self.value = value
        pattern = nil
        shape = nil
        matchesEmpty = value.isEmpty
    }

    package func matches(_ value: ByteText) -> Bool {
        switch kind {
        case .equal: value == self.value
        case .notEqual: value != self.value
        case .matches: pattern?.matches(value.bytes) ?? false
        case .notMatches: !(pattern?.matches(value.bytes) ?? true)
        }
    }

    /// The values of `column` that the text or the expression names, whether the matcher wants them
    /// or not: runs of positions, ascending. An expression is evaluated once for each value, and
    /// not at all when it is a list of words or a prefix.
    func named(in column: LabelColumn) -> [Range<Int>] {
        switch shape {
        case nil:
            if value.isEmpty { return [] }
            return column.position(of: value.bytes).map { [$0..<$0 + 1] } ?? []
        case .words(let words):
            return words.compactMap { column.position(of: $0) }.map { $0..<$0 + 1 }
        case .prefix(let prefix, let needsMore):
            var run = column.positions(prefix: prefix)
            // The prefix itself stands first.
            if needsMore, let first = run.first, column.textRange(first).count == prefix.count {
                run = first + 1..<run.upperBound
            }
            return run.isEmpty ? [] : [run]
        case .pattern(let prefix):
            var found: [Range<Int>] = []
            for position in column.positions(prefix: prefix)
            where pattern?.matches(column.value(position).bytes) ?? false {
                if let last = found.last, last.upperBound == position {
                    found[found.count - 1] = last.lowerBound..<position + 1
                } else {
                    found.append(position..<position + 1)
                }
            }
            return found
        }
    }

    /// Whether the values that it names are the ones that it wants.
    var wantsNamed: Bool { kind == .equal || kind == .matches }

    package static func == (left: LabelMatcher, right: LabelMatcher) -> Bool {
        left.kind == right.kind && left.name == right.name && left.value == right.value
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(name)
        hasher.combine(value)
    }
}

/// What can be said about an expression without running it.
private enum PatternShape: Sendable {
    /// One of these words, ascending.
    case words([[UInt8]])
    /// Anything that begins so, and goes on when `needsMore`.
    case prefix([UInt8], needsMore: Bool)
    /// Begins so; the expression says the rest.
    case pattern(prefix: [UInt8])

    init(_ expression: [UInt8]) {
        let words = expression.split(separator: 0x7C, omittingEmptySubsequences: false)
        if words.allSatisfy({ $0.allSatisfy(Self.isLiteral) }) {
            self = .words(
                Set(words.filter { !$0.isEmpty }.map { ByteText($0) }).sorted().map(\.bytes))
            return
        }
        guard words.count == 1 else {
            self = .pattern(prefix: [])
            return
        }
        let prefix = Array(expression.prefix(while: Self.isLiteral))
        switch expression[prefix.count...] {
        case [0x2E, 0x2A]: self = .prefix(prefix, needsMore: false)
        case [0x2E, 0x2B]: self = .prefix(prefix, needsMore: true)
        case let rest:
            // What stands before `*`, `?` or `{` may be there or not.
            let isOptional = rest.first.map { [0x2A, 0x3F, 0x7B].contains($0) } ?? false
            self = .pattern(prefix: Array(isOptional ? prefix.dropLast() : prefix[...]))
        }
    }

    /// Bytes that mean themselves: ASCII only, so that dropping one never cuts a character.
    private static func isLiteral(_ byte: UInt8) -> Bool {
        Identifier.isLetter(byte) || Identifier.isDigit(byte)
            || [0x2D, 0x2F, 0x3A, 0x20].contains(byte)
    }
}
