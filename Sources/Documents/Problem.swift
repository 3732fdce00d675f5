import Basics

/// One thing that is wrong in a file a person wrote.
package struct Problem: Hashable, Sendable, CustomStringConvertible {
    /// `file:line:column`.
    package var position: String
    /// What is wrong: `unknown key "promlq"`.
    package var what: String
    /// What would have been right: `one of promql, unit, harm`. May be empty.
    package var expected: String
    /// The nearest valid name, when one is close.
    package var suggestion: String?

    package init(position: String, what: String, expected: String = "", suggestion: String? = nil) {
        self.position = position
        self.what = what
        self.expected = expected
        self.suggestion = suggestion
    }

    /// `warroom.yaml:12:7: unknown key "promlq"; expected one of promql, unit. Did you mean
    /// promql?`
    package var description: String {
        var text = position + ": " + what
        if !expected.isEmpty { text += "; expected " + expected }
        if let suggestion { text += ". Did you mean \(suggestion)?" }
        return text
    }
}

/// Collects every problem of one decoding, so that a person sees all of them at once.
package final class YAMLDecoderContext {
    /// In the order they were found.
    package private(set) var problems: [Problem] = []

    package init() {}

    package func report(_ problem: Problem) { problems.append(problem) }

    package func report(
        _ node: YAMLNode, _ what: String, expected: String = "", suggestion: String? = nil
    ) {
        report(
            Problem(
                position: node.position, what: what, expected: expected, suggestion: suggestion))
    }

    /// One failure that lists every problem, or nil when there is none.
    package func failure(_ code: String, _ what: String) -> Failure? {
        guard let first = problems.first else { return nil }
        let more = problems.dropFirst().map { "\n" + $0.description }.joined()
        return Failure(
            code, what, subject: first.description + more,
            why: problems.count == 1 ? "1 problem" : "\(problems.count) problems",
            unchanged: "Nothing of the file was used", next: "Correct the file and try again",
            exit: .finding)
    }
}
