import Basics
import Documents

/// One finding of the lint of the files people write.
package struct LintProblem: Sendable, Hashable, CustomStringConvertible {
    package enum Severity: String, Sendable, CaseIterable {
        /// Wrong: what stands there is not used.
        case error
        /// Right as it stands, but worth knowing.
        case note
    }
    package var severity: Severity
    /// `file:line:column`.
    package var position: String
    package var what: String
    package var expected: String
    /// The nearest valid name.
    package var suggestion: String?

    package init(
        _ severity: Severity, position: String, what: String, expected: String = "",
        suggestion: String? = nil
    ) {
        self.severity = severity
        self.position = position
        self.what = what
        self.expected = expected
        self.suggestion = suggestion
    }

    init(_ problem: Problem) {
        self.init(
            .error, position: problem.position, what: problem.what, expected: problem.expected,
            suggestion: problem.suggestion)
    }

    package var isError: Bool { severity == .error }

    /// `warroom.yaml:12:7: unknown key "promlq"; expected one of promql. Did you mean promql?`
    package var description: String {
        let problem = Problem(
            position: position, what: what, expected: expected, suggestion: suggestion)
        return severity == .note ? "\(problem) (note)" : "\(problem)"
    }
}

extension [LintProblem] {
    /// One failure that lists every error, or nil when there is none.
    package var failure: Failure? {
        let errors = filter(\.isError)
        guard let first = errors.first else { return nil }
        return Failure(
            "configuration.invalid", "The configuration has errors",
            subject: ([first] + errors.dropFirst()).map(\.description).joined(separator: "\n"),
            why: errors.count == 1 ? "1 problem" : "\(errors.count) problems",
            unchanged: "Nothing was opened and nothing was run",
            next: "Correct the file; `warroom check` lists everything again", exit: .finding)
    }
}
