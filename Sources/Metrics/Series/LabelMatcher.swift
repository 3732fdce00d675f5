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

    /// - Throws: `RegexPattern.SyntaxError` when the value of a regular-expression matcher is none.
    package init(_ kind: Kind, name: ByteText, value: ByteText) throws(RegexPattern.SyntaxError) {
        self.kind = kind
        self.name = name
        self.value = value
        switch kind {
        case .equal, .notEqual: pattern = nil
        case .matches, .notMatches: pattern = try RegexPattern(anchored: value.bytes)
        }
    }

    /// A condition that cannot be malformed.
    package init(equal name: ByteText, _ value: ByteText) {
        kind = .equal
        self.name = name
        self.value = value
        pattern = nil
    }

    package func matches(_ value: ByteText) -> Bool {
        switch kind {
        case .equal: value == self.value
        case .notEqual: value != self.value
        case .matches: pattern?.matches(value.bytes) ?? false
        case .notMatches: !(pattern?.matches(value.bytes) ?? true)
        }
    }

    /// Whether series without the label satisfy it.
    package var matchesEmpty: Bool { matches(.empty) }

    package static func == (left: LabelMatcher, right: LabelMatcher) -> Bool {
        left.kind == right.kind && left.name == right.name && left.value == right.value
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(name)
        hasher.combine(value)
    }
}
