import Basics
import Documents

/// A command that is read as a log, as people write it: a program and its arguments, never a line
/// for a shell.
package enum CommandWords {
    /// Bytes of all words of a command.
    private static let bytesMax = 32 * 1024

    /// The words of a command line's option: a JSON array of texts, or words split at blanks.
    ///
    /// The second form knows no quotes and no other sign of a shell, so that nothing looks as if
    /// it were quoted, expanded or piped and is not; the first takes every text as it is.
    package static func parse(_ text: String) throws(Failure) -> [String] {
        let words = text.utf8.first == 0x5B ? try array(text) : try plain(text)
        if let defect = defect(of: words) { throw refused(text, defect) }
        return words
    }

    /// Why these words are no command, or nil.
    package static func defect(of words: [String]) -> String? {
        guard let program = words.first, !program.isEmpty else { return "no program is named" }
        if words.contains(where: { $0.utf8.contains(0) }) { return "a word contains a NUL byte" }
        if words.reduce(0, { $0 + $1.utf8.count }) > bytesMax {
            return "it is longer than \(bytesMax / 1024) KiB"
        }
        guard program.utf8.first == 0x2F || !program.utf8.contains(0x2F) else {
            return "\"\(program)\" is neither an absolute path nor a name alone"
        }
        return nil
    }

    /// What is worth knowing about a command that can be run, or nil.
    package static func advice(on words: [String]) -> String? {
        guard let program = words.first?.split(separator: "/").last.map(String.init) else {
            return nil
        }
        let options = words.dropFirst()
        if shells.contains(program) {
            return "a shell is started here: what it is given is not checked by anybody"
        }
        let isMissing =
            switch program {
            case "journalctl", "kubectl", "docker", "podman":
                !options.contains { isShort("f", in: $0) || $0.hasPrefix("--follow") }
            case "tail":
                !options.contains {
                    isShort("f", in: $0) || isShort("F", in: $0) || $0.hasPrefix("--follow")
                }
            default: false
            }
        guard isMissing else { return nil }
        return "\(program) ends by itself without -f: it would be started again and again"
    }

    private static let shells = ["sh", "bash", "dash", "zsh", "ksh", "busybox", "fish"]

    /// Whether `word` is a group of one-letter options with this one.
    private static func isShort(_ letter: Character, in word: String) -> Bool {
        word.hasPrefix("-") && !word.hasPrefix("--") && word.contains(letter)
    }

    private static func array(_ text: String) throws(Failure) -> [String] {
        let node: YAMLNode
        do throws(Failure) {
            node = try YAMLReader.parse(text, file: "command")
        } catch {
            throw refused(text, "this is no JSON array (\(error.why))")
        }
        let words = (node.items ?? []).map { $0.isNull ? nil : $0.text }
        guard !words.isEmpty, !words.contains(nil) else {
            throw refused(text, "this is no JSON array of texts")
        }
        return words.compactMap { $0 }
    }

    private static func plain(_ text: String) throws(Failure) -> [String] {
        if let sign = text.first(where: { "'\"`\\$|&;<>(){}*?~#\n".contains($0) }) {
            throw refused(
                text,
                "no shell reads it, so \(sign == "\n" ? "a new line" : "\(sign)") "
                    + "would mean nothing special")
        }
        return text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    }

    private static func refused(_ text: String, _ why: String) -> Failure {
        Failure(
            "command.refused", "This command cannot be read", subject: text, why: why,
            unchanged: "Nothing was started",
            next:
                #"Give words with blanks between them, or a JSON array: ["tail", "-F", "a b.log"]"#,
            exit: .usage)
    }
}

extension ConfigurationReader {
    /// The words of `command:`, or nil after a problem was noted.
    func commandWords(_ node: YAMLNode) -> [String]? {
        let words = node.items?.compactMap { $0.isNull ? nil : $0.text }
        guard let words, words.count == node.items?.count else {
            context.report(
                node, "\(node.kindName) stands here",
                expected: "a list of words such as [journalctl, -f, -o, json, -u, checkout]")
            return nil
        }
        if let defect = CommandWords.defect(of: words) {
            context.report(
                node, defect, expected: "a program's name or full path, then its arguments")
            return nil
        }
        if let advice = CommandWords.advice(on: words) {
            notes.append(LintProblem(.note, position: node.position, what: advice))
        }
        return words
    }
}
