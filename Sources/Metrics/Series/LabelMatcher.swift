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
    private let scope: PatternScope?
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
            scope = nil
            matchesEmpty = (kind == .equal) == value.isEmpty
        case .matches, .notMatches:
            let pattern = try RegexPattern(anchored: value.bytes)
            self.pattern = pattern
            scope = PatternScope(value.bytes, pattern)
            matchesEmpty = (kind == .matches) == pattern.matches([])
        }
    }

    /// A condition that cannot be malformed.
    package init(equal name: ByteText, _ value: ByteText) {
        kind = .equal
        self.name = name
        self.value = value
        pattern = nil
        scope = nil
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
        switch scope {
        case nil:
            if value.isEmpty { return [] }
            return column.position(of: value.bytes).map { [$0..<$0 + 1] } ?? []
        case .everything: return column.count == 0 ? [] : [0..<column.count]
        case .words(let words):
            return words.compactMap { column.position(of: $0.bytes) }.map { $0..<$0 + 1 }
        case .prefix(let prefix):
            var found: [Range<Int>] = []
            for position in column.positions(prefix: prefix.bytes)
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

/// Among which values an expression has to be tried.
private enum PatternScope: Sendable {
    /// It takes every value that is not empty.
    case everything
    /// It takes just these, ascending.
    case words([ByteText])
    /// It takes only some of those that begin so.
    case prefix(ByteText)

    init(_ expression: [UInt8], _ pattern: RegexPattern) {
        if expression == [0x2E, 0x2A] || expression == [0x2E, 0x2B] {
            self = .everything
        } else if let literals = pattern.literals {
            self = .words(Set(literals).sorted())
        } else {
            self = .prefix(pattern.literalPrefix)
        }
    }
}
