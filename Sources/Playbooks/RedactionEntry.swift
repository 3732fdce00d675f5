import Basics
import Metrics

/// `redaction:` of the configuration: what is removed from text beside what the built-in rules
/// find. Checked, not yet read from the files it names.
package struct RedactionEntry: Sendable, Hashable {
    /// Ends of names that announce a secret.
    package var names: [String] = []
    /// Beginnings of tokens.
    package var prefixes: [String] = []
    /// Regular expressions (RE2).
    package var patterns: [Pattern] = []
    /// Files that hold exact values, one a line, resolved to absolute paths.
    package var valueFiles: [String] = []
    /// Names and values that the added rules leave alone.
    package var exceptions: [String] = []

    package init() {}

    /// One expression and the literal that all its matches begin with.
    package struct Pattern: Sendable, Hashable {
        package var expression: String
        package var literal: String
    }

    /// Most entries of each list.
    package static let entriesMax = 100
    /// Longest expression, in bytes.
    package static let expressionBytesMax = 200

    /// The literal that an expression begins with, up to its first special character.
    static func literal(of expression: String) -> String {
        var literal: [Character] = []
        for character in expression {
            if "*?{+".contains(character) {
                // What is repeated may be missing.
                literal = literal.dropLast()
                break
            }
            guard character.isASCII, !"\\.^$|()[]".contains(character) else { break }
            literal.append(character)
        }
        return String(literal)
    }
}
