/// A regular expression in RE2 syntax that must match the whole text, in time linear in the text.
///
/// The engine is our own: a simulated automaton (Thompson; captures as in Pike's VM) over Unicode
/// scalars; a byte that is not UTF-8 counts as U+FFFD. Swift's `Regex` and the C library's go back
/// over the text, so that one dashboard's `(a*)*b` could hold up a room, and neither reads RE2's
/// syntax; linking RE2 itself would bring a C++ library into a program that ships alone. The
/// syntax, its limits (counts up to 1000) and its errors are those of Go's `regexp/syntax`. `.`
/// matches a line end too, as PromQL wraps every expression in `^(?s:…)$`.
///
/// What RE2 has and this has not is an error, never another meaning: groups nest 64 deep, not 1000,
/// and `\p{…}` knows all categories but only the common scripts (`UnicodeScripts`). Look-around,
/// back-references and `\C` exist in neither.
package final class RegexPattern: Sendable {
    package struct SyntaxError: Error, Hashable, Sendable {
        /// Why, in the words of the reference: "error parsing regexp: missing closing ): `a(b`".
        package var message: String
    }

    /// The texts it matches when these are few and known, as in `a|b|c`; nil otherwise. Never more
    /// than some 20,000.
    package let literals: [ByteText]?
    /// What every text that matches begins with; may be empty.
    package let literalPrefix: ByteText

    let program: PatternProgram
    private let shortcut: Shortcut?

    /// Expressions that need no automaton.
    private enum Shortcut: Sendable {
        case anything
        case nonEmpty
        case oneOf(Set<ByteText>)
        /// `abc.*`
        case beginning
        /// `.*abc`
        case end(ByteText)
        /// `.*abc.*`
        case containing(ByteText)
    }

    package init(anchored bytes: [UInt8]) throws(SyntaxError) {
        var parser = try PatternParser(bytes)
        let node = try parser.parse()
        program = try PatternProgram(node, captureNames: parser.captureNames)
        literals = node.literals
        literalPrefix = node.literalPrefix
        shortcut = Self.shortcut(for: node, literals)
    }

    private static func shortcut(for node: PatternNode, _ literals: [ByteText]?) -> Shortcut? {
        if let literals { return .oneOf(Set(literals)) }
        if node.isAnything { return .anything }
        if case .repetition(.set(let set), 1, nil, _) = node, set == .all { return .nonEmpty }
        guard case .concatenation(var parts) = node else { return nil }
        let isOpenAtEnd = parts.last?.isAnything ?? false
        let isOpenAtStart = parts.first?.isAnything ?? false
        if isOpenAtEnd { parts.removeLast() }
        if isOpenAtStart { parts.removeFirst() }
        guard let words = PatternNode.concatenation(parts).literals, words.count == 1 else {
            return nil
        }
        switch (isOpenAtStart, isOpenAtEnd) {
        case (true, true): return .containing(words[0])
        case (true, false): return .end(words[0])
        case (false, true): return .beginning
        case (false, false): return nil
        }
    }

    package func matches(_ text: [UInt8]) -> Bool {
        switch shortcut {
        case .anything: return true
        case .nonEmpty: return !text.isEmpty
        case .oneOf(let words): return words.contains(ByteText(text))
        case .beginning: return text.starts(with: literalPrefix.bytes)
        case .end(let word): return text.suffix(word.count).elementsEqual(word.bytes)
        case .containing(let word): return Self.contains(text, word.bytes)
        case nil:
            guard text.starts(with: literalPrefix.bytes) else { return false }
            var matcher = PatternMatcher(program)
            return matcher.matches(text)
        }
    }

    /// A word's first byte begins a character, so that a match never starts inside of one.
    private static func contains(_ text: [UInt8], _ word: [UInt8]) -> Bool {
        guard let first = word.first else { return true }
        var start = 0
        while let place = text[start...].firstIndex(of: first) {
            if text.count - place < word.count { return false }
            if text[place..<place + word.count].elementsEqual(word) { return true }
            start = place + 1
        }
        return false
    }

    /// How many instructions the automaton looks at for `text`, for tests of the bound.
    func steps(_ text: [UInt8]) -> Int {
        var matcher = PatternMatcher(program)
        _ = matcher.captures(text)
        return matcher.steps
    }

    /// The byte ranges of group 0 (everything) and of each group, nil for a group that took no
    /// part; nil when the text does not match.
    ///
    /// - Parameter start: where to begin; what stands before it counts for `^` and `\b` only.
    package func captures(_ text: [UInt8], from start: Int = 0) -> [Range<Int>?]? {
        var matcher = PatternMatcher(program)
        return matcher.captures(text, from: start)
    }

    /// Replaces `$1`, `${1}`, `$name` and `$$` in `template` by what the groups matched.
    ///
    /// As Go's `Regexp.Expand`: the longest run of letters, digits and underscores is the name; a
    /// name that is no group gives nothing.
    /// - Parameter firstGroup: which group stands first in `captures`.
    package func expand(
        _ template: [UInt8], text: [UInt8], captures: [Range<Int>?], firstGroup: Int = 0
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
            for group in groups(called: name, firstGroup) {
                guard group < captures.count, let range = captures[group] else { continue }
                out += text[range]
                break
            }
        }
        return out
    }

    private func groups(called name: [UInt8], _ first: Int) -> [Int] {
        let text = String(decoding: name, as: UTF8.self)
        if name.allSatisfy(Identifier.isDigit), let number = Int(text) { return [number] }
        return (program.captureNames[text] ?? []).map { $0 - first }
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
