import Basics
import Incidents
import Processes

#if canImport(Glibc)
    import Glibc
#endif

/// A kubeconfig can name a program to fetch credentials with; such a file runs anything, unless the
/// program is one that the configuration allows (`policy: kubeconfig_exec:`).
enum Kubeconfig {
    private static let bytesMax = 1024 * 1024

    /// Why this kubeconfig must not be handed to a child, or nil. In doubt it must not.
    ///
    /// - Parameter allowed: absolute paths of programs that it may name under `exec:`.
    static func defect(of path: String, allowing allowed: [String] = []) -> String? {
        guard path.utf8.first == 0x2F, !path.utf8.contains(0x3A) else {
            return "the kubeconfig \(JSONText.quoted(path)) is not one absolute path"
        }
        do throws(Failure) {
            try FileTrust.check(path, links: true)
        } catch {
            return "the kubeconfig \(path) cannot be trusted: \(error.why)"
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            return "the kubeconfig \(path) cannot be read (\(SystemError.current))"
        }
        defer { close(descriptor) }
        guard let text = FileBytes.read(descriptor, atMost: bytesMax) else {
            return "the kubeconfig \(path) cannot be read whole"
        }
        guard mayRunAProgram(text) else { return nil }
        let why = KubeconfigPrograms.defect(of: text, allowing: allowed)
        return why.map {
            "the kubeconfig \(path) may run a program to get credentials: \($0)"
        }
    }

    /// Any spelling of the keys counts: block or flow YAML, JSON, quoted or not. Escapes and tags
    /// could spell them in other letters, and so could an encoding that is not ASCII's.
    private static func mayRunAProgram(_ text: [UInt8]) -> Bool {
        if text.contains(where: { $0 == 0x5C || $0 == 0x21 || $0 == 0 }) { return true }
        if text.starts(with: [0xFE, 0xFF]) || text.starts(with: [0xFF, 0xFE]) { return true }
        return KubeconfigPrograms.words(text).contains {
            $0.elementsEqual("exec".utf8) || $0.elementsEqual("auth-provider".utf8)
        }
    }
}

/// Reads the `exec:` entries of a kubeconfig in the one form in which `kubectl config` writes them;
/// a file in another form is not understood, and therefore refused.
///
/// No YAML reader has to agree with this one: there are exactly as many words `exec` and `command`
/// in the whole file, wherever they stand, as lines `exec:` and `command: PROGRAM`. Whatever a
/// reader makes of the file, it finds no other program in it.
enum KubeconfigPrograms {
    /// Why these bytes may run something that is not `allowed`, or nil.
    static func defect(of text: [UInt8], allowing allowed: [String]) -> String? {
        guard !allowed.isEmpty else { return "none is allowed by policy: kubeconfig_exec:" }
        let words = words(text)
        func count(_ word: String) -> Int {
            words.lazy.filter { $0.elementsEqual(word.utf8) }.count
        }
        if count("auth-provider") > 0 { return "auth-provider is never allowed" }
        if let why = form(text) { return why }
        let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).map(Line.init)
            .filter { !$0.text.isEmpty && $0.text.first != 0x23 }
        let execs = lines.indices.filter { lines[$0].text.elementsEqual("exec:".utf8) }
        guard execs.count == count("exec"), execs.count == count("command") else {
            return "it does not name one command: under each exec: in the plain form"
        }
        for exec in execs {
            if let why = program(in: lines[(exec + 1)...], below: lines[exec].indent, allowed) {
                return why
            }
        }
        return variable(text).map { "its \($0) would change which code runs" }
    }

    /// Words of letters, digits and hyphens, in lower case.
    static func words(_ text: [UInt8]) -> [[UInt8]] {
        text.split { !(NameRule.isAlphanumeric($0) || $0 == 0x2D) }.map { word in
            word.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        }
    }

    private struct Line {
        var indent: Int
        /// Without the blanks around it.
        var text: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>) {
            let start = bytes.firstIndex { $0 != 0x20 } ?? bytes.endIndex
            let end = bytes.lastIndex { $0 != 0x20 }.map { $0 + 1 } ?? start
            indent = start - bytes.startIndex
            text = bytes[start..<max(start, end)]
        }
    }

    /// Flow style, aliases, tags, escapes and the line breaks that only some readers know could
    /// hide or repeat an entry.
    private static func form(_ text: [UInt8]) -> String? {
        let isPlain = text.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) }
        guard isPlain else { return "it is not plain ASCII text in lines" }
        var text = text[...]
        // What `kubectl config` writes for an empty mapping or list.
        while let pair = text.indices.dropLast().first(where: {
            (text[$0] == 0x7B && text[$0 + 1] == 0x7D) || (text[$0] == 0x5B && text[$0 + 1] == 0x5D)
        }) {
            text.replaceSubrange(pair...(pair + 1), with: [0x20, 0x20])
        }
        let refused = text.first { "\\!&*{}[]?|>".utf8.contains($0) }
        return refused.map {
            "its form is not the plain one (\"\(String(UnicodeScalar($0)))\" stands in it)"
        }
    }

    /// Looks for the one `command:` among the direct entries of an `exec:` at `indent`.
    private static func program(
        in lines: ArraySlice<Line>, below indent: Int, _ allowed: [String]
    ) -> String? {
        let block = lines.prefix { $0.indent > indent }
        guard let own = block.first?.indent else { return "an exec: has no command:" }
        let key = Array("command: ".utf8)
        for (index, line) in zip(block.indices, block)
        where line.indent == own && line.text.starts(with: key) {
            // A deeper line, or an item, would be more of the same value.
            let next = lines[(index + 1)...].first
            if let next, next.indent > own || (next.indent == own && next.text.first == 0x2D) {
                return "its command: goes on in the next line"
            }
            return program(named: line.text.dropFirst(key.count), allowed)
        }
        return "an exec: has no command: in its own entries"
    }

    private static func program(named value: ArraySlice<UInt8>, _ allowed: [String]) -> String? {
        let name = String(decoding: value, as: UTF8.self)
        guard allowed.contains(where: { NameRule.same($0, name) }) else {
            return "\(JSONText.quoted(name)) is not one of policy: kubeconfig_exec:"
        }
        do throws(Failure) {
            _ = try ExecutableCheck.pin(name)
            return nil
        } catch {
            return "\(name) is not safe to run: \(error.why)"
        }
    }

    /// A variable that an entry could hand to its program, and must not.
    private static func variable(_ text: [UInt8]) -> String? {
        text.split { !(NameRule.isAlphanumeric($0) || $0 == 0x5F) }.lazy
            .filter { word in
                !word.contains { (0x61...0x7A).contains($0) } || word.contains(0x5F)
            }
            .map { String(decoding: $0, as: UTF8.self) }
            .first { ChildEnvironment.isForbidden($0) }
    }
}
