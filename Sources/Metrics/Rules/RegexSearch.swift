/// Finds a regular expression anywhere in a text, as Go's `regexp` does: the leftmost match, and
/// `.` stops at line ends.
package struct RegexSearch: Sendable {
    /// Group 1 is the match.
    private let pattern: RegexPattern
    private let automaton: SearchAutomaton

    /// - Throws: `RegexPattern.SyntaxError` in the reference's words when `bytes` is no expression.
    package init(_ bytes: [UInt8]) throws(RegexPattern.SyntaxError) {
        // What is wrong is said about the expression alone.
        _ = try RegexPattern(anchored: bytes)
        pattern = try RegexPattern(
            anchored: Array("(?s:.*?)((?-s:".utf8) + bytes + Array("))(?s:.*)".utf8))
        automaton = SearchAutomaton(
            try RegexPattern(anchored: Array("(?-s:".utf8) + bytes + Array(")".utf8)).program)
    }

    func matches(_ text: [UInt8]) -> Bool { pattern.matches(text) }

    /// Whether it matches anywhere in `text`. Time is linear in the text.
    package func matches(_ text: Span<UInt8>) -> Bool {
        automaton.matches(text) ?? pattern.matches(text.withUnsafeBufferPointer { Array($0) })
    }

    /// Where it matches first, in bytes.
    package func firstMatch(in text: [UInt8]) -> Range<Int>? { pattern.captures(text)?[1] }

    /// Replaces every match, from left to right, by the template with its groups filled in.
    func replacing(in text: [UInt8], with template: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var start = 0
        var lastEnd = -1
        while start <= text.count, let groups = pattern.captures(text, from: start),
            let match = groups[1]
        {
            out += text[start..<match.lowerBound]
            // An empty match right behind another one is none.
            if match.upperBound > lastEnd {
                out += pattern.expand(
                    template, text: text, captures: Array(groups.dropFirst()), firstGroup: 1)
            }
            lastEnd = match.upperBound
            start = match.upperBound
            guard match.isEmpty else { continue }
            // Nothing was matched: one character on.
            guard start < text.count else { return out }
            var reader = UTF8ScalarReader(text, from: start)
            _ = reader.next()
            out += text[start..<reader.offset]
            start = reader.offset
        }
        return out + text[min(start, text.count)...]
    }
}
