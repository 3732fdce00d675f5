import Basics
import Processes
import SafeText

#if canImport(Glibc)
    import Glibc
#endif

/// A command that is read, as people see it and as it is started.
package enum CommandLineText {
    /// Characters of a command that are shown.
    private static let charactersMax = 200

    /// The words with blanks between them, sanitised and redacted: what names the source. A word
    /// that holds blanks stands in quotes.
    package static func name(_ words: [String]) -> String {
        let quoted = words.map { word in
            word.isEmpty || word.contains(where: \.isWhitespace) ? "\"\(word)\"" : word
        }
        let text = Clean.text(quoted.joined(separator: " "))
        return text.count > charactersMax ? text.prefix(charactersMax - 1) + "…" : text
    }

    /// The words with the program's absolute path in front.
    /// - Throws: `executable.missing` or `executable.refused`.
    package static func resolved(_ words: [String]) throws(Failure) -> [String] {
        guard let program = words.first else {
            throw Failure("command.empty", "A command without a program", exit: .usage)
        }
        return [try ExecutableCheck.find(program)] + words.dropFirst()
    }

    /// What a command that is read gets as its environment: fixed variables, and those by which
    /// programs find the user's own credentials and clusters. Everything else of the room's
    /// environment stays with the room.
    static func environment() -> [String: String] {
        var variables = [
            "PATH": ExecutableCheck.searchPath.joined(separator: ":"), "LC_ALL": "C.UTF-8",
            "TERM": "dumb", "PAGER": "cat", "SYSTEMD_PAGER": "cat", "NO_COLOR": "1",
        ]
        for name in passedOn {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        return variables
    }

    private static let passedOn = [
        "HOME", "USER", "LOGNAME", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK", "KUBECONFIG", "TZ",
    ]
}
