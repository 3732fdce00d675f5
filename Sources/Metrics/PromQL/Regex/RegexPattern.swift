/// A regular expression in RE2 syntax that must match the whole text, in time linear in the text.
///
/// A simulated automaton (Thompson; captures as in Pike's VM) over Unicode scalars; a byte that is
/// not UTF-8 counts as U+FFFD. `.` matches a line end too, as PromQL wraps every expression in
/// `^(?s:…)$`. Syntax that is not supported is an error, never another meaning: look-around and
/// back-references do not exist in RE2; `\C` and most `\p{…}` classes are refused here.
package final class RegexPattern: Sendable {
    package struct SyntaxError: Error, Hashable, Sendable {
        /// Why, in the words of the reference: "missing closing ): `a(b`".
        package var message: String
    }

    private let program: PatternProgram
    private let shortcut: Shortcut?

    /// Expressions that need no automaton.
    private enum Shortcut: Sendable {
        case anything
        case nonEmpty
        case oneOf(Set<ByteText>)
    }

    package init(anchored bytes: [UInt8]) throws(SyntaxError) {
        var parser = PatternParser(bytes)
        let node = try parser.parse()
        program = try PatternProgram(node, captureNames: parser.captureNames)
        shortcut =
            switch bytes {
            case Array(".*".utf8): .anything
            case Array(".+".utf8): .nonEmpty
            default: node.literals.map { .oneOf(Set($0)) }
            }
    }

    package func matches(_ text: [UInt8]) -> Bool {
        switch shortcut {
        case .anything: return true
        case .nonEmpty: return !text.isEmpty
        case .oneOf(let words): return words.contains(ByteText(text))
        case nil: return PatternMatcher(program).matches(text)
        }
    }

    /// The byte ranges of group 0 (everything) and of each group, nil for a group that took no
    /// part; nil when the text does not match.
    package func captures(_ text: [UInt8]) -> [Range<Int>?]? {
        PatternMatcher(program).captures(text)
    }

    /// Replaces `$1`, `${1}`, `$name` and `$$` in `template` by what the groups matched.
    ///
    /// As Go's `Regexp.Expand`: the longest run of letters, digits and underscores is the name; a
    /// name that is no group gives nothing.
    package func expand(
        _ template: [UInt8], text: [UInt8], captures: [Range<Int>?]
    ) -> [UInt8] {
        var out: [UInt8] = []
        var index = 0
        while index < template.count {
            let byte = template[index]
            index += 1
            guard byte == 0x24 else {
                out.append(byte)
                continue
            }
            if index < template.count, template[index] == 0x24 {
                out.append(0x24)
                index += 1
                continue
            }
            guard let (name, end) = Self.reference(in: template, at: index) else {
                out.append(0x24)
                continue
            }
            index = end
            if let group = group(called: name), group < captures.count, let range = captures[group]
            {
                out += text[range]
            }
        }
        return out
    }

    private func group(called name: [UInt8]) -> Int? {
        if name.allSatisfy(Identifier.isDigit) {
            return Int(String(decoding: name, as: UTF8.self))
        }
        return program.captureNames[String(decoding: name, as: UTF8.self)]
    }

    private static func reference(in template: [UInt8], at start: Int) -> (name: [UInt8], end: Int)?
    {
        var index = start
        let isBraced = index < template.count && template[index] == 0x7B
        if isBraced { index += 1 }
        let nameStart = index
        while index < template.count,
            Identifier.isLetter(template[index]) || Identifier.isDigit(template[index])
        {
            index += 1
        }
        guard index > nameStart else { return nil }
        let name = Array(template[nameStart..<index])
        guard isBraced else { return (name, index) }
        guard index < template.count, template[index] == 0x7D else { return nil }
        return (name, index + 1)
    }
}
