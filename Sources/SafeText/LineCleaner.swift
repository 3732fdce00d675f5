/// Makes the lines of one source safe to keep: sanitised, then redacted, with private keys that span
/// lines followed from line to line.
package struct LineCleaner: Sendable {
    private let redactor: Redactor

    package init(redactor: Redactor = .standard) { self.redactor = redactor }

    /// One line without its end; a trailing carriage return is dropped.
    package mutating func clean(_ bytes: some Collection<UInt8>)
        -> (text: String, findings: [Redactor.Finding])
    {
        redactor.redact(Sanitiser.clean(bytes))
    }
}

/// Text that people typed or programs gave, made safe to keep and to show.
package enum Clean {
    /// Sanitised and redacted with the standard rules.
    package static func text(_ text: String) -> String {
        Redactor.standard.redact(Sanitiser.clean(text)).text
    }
}
