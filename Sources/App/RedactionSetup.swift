import Basics
import Metrics
import Playbooks
import SafeText

#if canImport(Glibc)
    import Glibc
#endif

/// What removes credentials in one run of the program, and what has to be said about it.
package struct RedactionSetup: Sendable {
    package var redactor: Redactor
    /// What could not be read, and what follows from that; sentences for people.
    package var notes: [String] = []
    /// Where exact values came from: words, never a value.
    package var origins: [String] = []

    /// Shortest value from the environment or a configuration that is looked for everywhere; a
    /// shorter one, and a word, would blank harmless text. Beside a name they are found anyway.
    private static let valueBytesMin = 8
    private static let fileBytesMax = 64 * 1024

    /// The built-in rules, what the configuration adds, and all values that this program holds:
    /// variables of the environment whose names announce a secret, the values in the files that
    /// `redaction.values_from` names, and what stands as a secret in the configuration itself.
    /// - Parameter stateDirectory: holds the key of the tags, so that rooms and recorders of one
    ///   state directory give equal secrets equal tags.
    package init(_ configuration: Configuration, stateDirectory: String) {
        var rules = RedactionRules()
        let entry = configuration.redaction
        rules.names = entry.names
        rules.prefixes = entry.prefixes
        rules.exceptions = Set(entry.exceptions)
        rules.patterns = entry.patterns.compactMap(Self.compiled)
        var notes: [String] = []
        var origins: [String] = []
        func take(_ values: [String], _ origin: String) {
            guard !values.isEmpty else { return }
            rules.values += values
            origins.append("\(values.count) from \(origin)")
        }
        take(Self.environmentValues(), "the environment")
        take(configuration.files.flatMap(Self.ownValues), "the configuration")
        for path in entry.valueFiles {
            do throws(Failure) {
                take(try Self.values(of: path), path)
            } catch {
                notes.append("NOT REDACTED: the values in \(path): \(error.why)")
            }
        }
        let (key, problem) = TagKeyFile.key(in: stateDirectory)
        if let problem { notes.append(problem) }
        redactor = Redactor(rules, key: key)
        self.notes = notes
        self.origins = origins
    }

    /// What is wrong with the files that `redaction.values_from` names.
    package static func unreadable(_ configuration: Configuration) -> [String] {
        configuration.redaction.valueFiles.compactMap { path in
            do throws(Failure) {
                return try values(of: path).isEmpty ? "\(path) holds no value to redact" : nil
            } catch {
                return "the values in \(path) cannot be read: \(error.why)"
            }
        }
    }

    private static func compiled(_ entry: RedactionEntry.Pattern) -> RedactionRules.Pattern? {
        // The first group is the secret; without one it is the whole match.
        guard
            let pattern = try? RegexPattern(
                anchored: Array("(\(entry.expression))(?s:.*)".utf8))
        else { return nil }
        return RedactionRules.Pattern(literal: entry.literal) { bytes in
            guard let groups = pattern.captures(Array(bytes)), groups.count > 1 else { return nil }
            guard let found = (groups.count > 2 ? groups[2] : nil) ?? groups[1] else { return nil }
            return bytes.startIndex + found.lowerBound..<bytes.startIndex + found.upperBound
        }
    }

    /// Values of variables such as `DB_PASSWORD`.
    private static func environmentValues() -> [String] {
        var values: [String] = []
        var place = environ
        while let pointer = place.pointee {
            values += secrets(in: String(cString: pointer))
            place += 1
        }
        return values
    }

    /// What stands as a secret in a configuration file, by the built-in rules.
    private static func ownValues(_ path: String) -> [String] {
        guard let bytes = try? read(path) else { return [] }
        return String(decoding: bytes, as: UTF8.self)
            .split(whereSeparator: \.isNewline).flatMap { secrets(in: String($0)) }
    }

    private static func secrets(in line: String) -> [String] {
        Redactor.standard.secrets(in: line).filter { value in
            guard value.utf8.count >= valueBytesMin else { return false }
            let isWord = value.utf8.allSatisfy { $0 >= 0x61 && $0 <= 0x7A || $0 == 0x2D }
            let isNumber = value.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            return !isWord && !isNumber
        }
    }

    /// The lines of a file, and of a line `NAME=VALUE` its value; `#` begins a comment.
    private static func values(of path: String) throws(Failure) -> [String] {
        let text = String(decoding: try read(path), as: UTF8.self)
        var values: [String] = []
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let value = line.trimmingBlanks
            guard value.utf8.count >= Redactor.valueBytesMin else { continue }
            values.append(value)
            guard let mark = value.firstIndex(of: "=") else { continue }
            let name = value[..<mark]
            let part = String(value[value.index(after: mark)...]).trimmingQuotes
            let isName =
                !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
            if isName, part.utf8.count >= Redactor.valueBytesMin { values.append(part) }
        }
        return values
    }

    private static func read(_ path: String) throws(Failure) -> [UInt8] {
        func unreadable(_ why: String) -> Failure {
            Failure("redaction.unreadable", "Values not readable", subject: path, why: why)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable("\(SystemError.current)") }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: fileBytesMax + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable("\(SystemError.current)") }
            if count == 0 { break }
            filled += count
        }
        guard filled <= fileBytesMax else {
            throw unreadable("it is longer than \(fileBytesMax >> 10) KiB")
        }
        return Array(bytes[..<filled])
    }
}

extension StringProtocol {
    fileprivate var trimmingBlanks: String {
        var text = Substring(self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        return String(text)
    }

    fileprivate var trimmingQuotes: String {
        guard count >= 2, let first, first == last, first == "\"" || first == "'" else {
            return String(self)
        }
        return String(dropFirst().dropLast())
    }
}

/// The key of the tags, which lies in the state directory and nowhere else.
///
/// A tag in a report says nothing about its secret to who has not got the key, so the file is its
/// owner's alone and is never copied into a record or an export.
enum TagKeyFile {
    static let name = "redaction.key"

    /// The key, and what must be said when it lasts only as long as this process.
    static func key(in stateDirectory: String) -> (TagKey, problem: String?) {
        let path = stateDirectory + "/" + name
        // Another process may make it at the same time: whose link is first, is read by both.
        for _ in 0..<2 {
            switch read(path) {
            case .key(let key): return (key, nil)
            case .bad(let why): return (.random(), sentence(path, why))
            case .absent: break
            }
            if let why = make(path, in: stateDirectory) { return (.random(), sentence(path, why)) }
        }
        return (.random(), sentence(path, "it was not there after it was written"))
    }

    private static func sentence(_ path: String, _ why: String) -> String {
        "Tags of redacted secrets hold for this run only: \(path) \(why)"
    }

    private enum Found {
        case key(TagKey)
        case absent
        case bad(String)
    }

    private static func read(_ path: String) -> Found {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            return errno == ENOENT
                ? .absent : .bad("cannot be read (\(SystemError.current))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return .bad("is no file")
        }
        guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
            return .bad("is not its owner's alone (mode 0600)")
        }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)).prefix(32), as: UTF8.self)
        return TagKey(text: text).map { .key($0) } ?? .bad("holds no key")
    }

    /// - Returns: why it could not be made, or nil.
    private static func make(_ path: String, in directory: String) -> String? {
        var end = directory.index(after: directory.startIndex)
        while let slash = directory[end...].firstIndex(of: "/") {
            mkdir(String(directory[..<slash]), 0o700)
            end = directory.index(after: slash)
        }
        mkdir(directory, 0o700)
        let temporary = path + ".\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return "cannot be made (\(SystemError.current))" }
        defer { unlink(temporary) }
        let text = Array((TagKey.random().text + "\n").utf8)
        let isWritten = write(descriptor, text, text.count) == text.count && fsync(descriptor) == 0
        let error = SystemError.current
        close(descriptor)
        guard isWritten else { return "cannot be written (\(error))" }
        // A link, not a rename: a key that is there already stays.
        guard link(temporary, path) == 0 || errno == EEXIST else {
            return "cannot be made (\(SystemError.current))"
        }
        return nil
    }
}
