/// What a person is told when something could not be done: five answers in a fixed order.
///
/// Every module throws this one shape, so that every message is complete and reads alike.
package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable name for tests and for `--format json`, for example `journal.locked`.
    package var code: String
    /// What happened: "Journal not writable".
    package var what: String
    /// To what: a path, a setting, a position (`warroom.yaml:12:7`).
    package var subject: String
    /// Why: errno, a parser's position, a rule.
    package var why: String
    /// What stays as it was: "No action was run". Empty when there is nothing to reassure about.
    package var unchanged: String
    /// What to do next.
    package var next: String
    /// The process's exit code when this ends it.
    package var exit: ExitStatus

    package init(
        _ code: String, _ what: String, subject: String = "", why: String = "",
        unchanged: String = "", next: String = "", exit: ExitStatus = .environment
    ) {
        self.code = code
        self.what = what
        self.subject = subject
        self.why = why
        self.unchanged = unchanged
        self.next = next
        self.exit = exit
    }

    /// `what: subject (why). unchanged. next.` with the empty parts left out.
    package var description: String {
        var text = what
        if !subject.isEmpty { text += ": " + subject }
        if !why.isEmpty { text += " (" + why + ")" }
        text += "."
        for sentence in [unchanged, next] where !sentence.isEmpty {
            text += " " + sentence + (sentence.hasSuffix(".") ? "" : ".")
        }
        return text
    }
}

/// Exit codes of every command.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case ok = 0
    /// The command ran and found something: a broken chain, a lint error, an unresolved drill.
    case finding = 1
    case usage = 2
    case refusedByGate = 3
    case environment = 4
}
