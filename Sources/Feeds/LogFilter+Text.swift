import Basics
import Logs

/// The filter as people type it.
///
/// Words apart from each other by spaces, each of them a part that must hold:
///
/// - `level:error`: at this level or above; the beginning of the word will do
/// - `service:checkout`, `service:check*`, `source:app.log`, `pattern:5be0a1c2`
/// - `since:-15m`, `until:14:02`: times as `Timestamp(typed:now:)` reads them
/// - `-healthz`, `-"two words"`: lines that do not hold this; `-pattern:5be0a1c2` leaves one out
/// - `~upstream timeout after \d+ ms`: a regular expression (RE2), to the end of the line
/// - everything else is one text that the line holds; in quotation marks it is taken as it stands
extension LogFilter {
    /// - Throws: `logs.filter` with what is wrong; `logs.expression` for the regular expression.
    package init(typed: String, now: Timestamp) throws(Failure) {
        self.init()
        var reader = Words(typed)
        var texts: [String] = []
        while let word = reader.next() {
            if word.isExpression {
                expression = word.text
            } else if let key = word.name {
                try take(key, word.text, isExcluded: word.isExcluded, now: now)
            } else if word.isExcluded {
                excluded.append(word.text)
            } else {
                texts.append(word.text)
            }
        }
        text = texts.joined(separator: " ")
        _ = try compiled()
    }

    /// What can stand before a colon.
    package enum Key: String, CaseIterable, Sendable {
        case level, service, source, pattern, since, until
    }

    private mutating func take(
        _ key: Key, _ value: String, isExcluded: Bool, now: Timestamp
    ) throws(Failure) {
        guard !isExcluded || key == .pattern else {
            throw Self.wrong("-\(key.rawValue):", "only texts and patterns can be left out")
        }
        switch key {
        case .level: leastLevel = try Self.level(value)
        case .service: service = try Self.filled(key, value)
        case .source: source = try Self.filled(key, value)
        case .pattern:
            guard let id = PatternReport.id(value) else {
                throw Self.wrong("pattern:\(value)", "it needs an id of eight hexadecimal digits")
            }
            if isExcluded { excludedPatterns.append(id) } else { pattern = id }
        case .since: since = try Self.time(key, value, now)
        case .until: until = try Self.time(key, value, now)
        }
    }

    private static func filled(_ key: Key, _ value: String) throws(Failure) -> String {
        guard !value.isEmpty else { throw wrong("\(key.rawValue):", "nothing stands behind it") }
        return value
    }

    /// A level by its word or the beginning of it.
    package static func level(_ word: String) throws(Failure) -> LogLevel {
        let word = word.lowercased()
        let level = LogLevel.allCases.first { !word.isEmpty && $0.word.hasPrefix(word) }
        guard let level else {
            throw wrong(
                "level:\(word)",
                "it needs one of " + LogLevel.allCases.map(\.word).joined(separator: ", "))
        }
        return level
    }

    private static func time(_ key: Key, _ value: String, _ now: Timestamp) throws(Failure)
        -> Timestamp
    {
        guard let time = Timestamp(typed: value, now: now) else {
            throw wrong(
                "\(key.rawValue):\(value)",
                "it needs a time such as 14:02, -15m or \(TimeText.rfc3339(now))")
        }
        return time
    }

    private static func wrong(_ subject: String, _ why: String) -> Failure {
        Failure(
            "logs.filter", "The filter cannot be used", subject: subject, why: why,
            next: "Correct it, or put it in quotation marks to look for it as text", exit: .usage)
    }
}

extension LogFilter {
    /// The parts as they are typed, so that reading them gives this filter again; the regular
    /// expression is the last one.
    package var parts: [String] {
        var parts: [String] = []
        if !text.isEmpty { parts.append(Self.phrase(text)) }
        if let leastLevel { parts.append("level:\(leastLevel.word)") }
        if let service { parts.append("service:" + Self.word(service)) }
        if let source { parts.append("source:" + Self.word(source)) }
        if let pattern { parts.append("pattern:" + PatternReport.name(pattern)) }
        if let since { parts.append("since:" + Self.typed(since)) }
        if let until { parts.append("until:" + Self.typed(until)) }
        parts += excluded.map { "-" + Self.word($0) }
        parts += excludedPatterns.map { "-pattern:" + PatternReport.name($0) }
        if !expression.isEmpty { parts.append("~" + expression) }
        return parts
    }

    /// The parts in one line; empty when every record is wanted.
    package var typed: String { parts.joined(separator: " ") }

    private static func typed(_ time: Timestamp) -> String {
        let isWhole = time.nanoseconds % 1_000_000_000 == 0
        return TimeText.rfc3339(time, fractionDigits: isWhole ? 0 : 9)
    }

    /// Words that read as themselves stay as they are; otherwise all of it is quoted.
    private static func phrase(_ text: String) -> String {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        return words.allSatisfy(isPlain) ? text : quoted(text)
    }

    private static func word(_ text: String) -> String {
        text.contains(" ") || text.hasPrefix("\"") ? quoted(text) : text
    }

    private static func isPlain(_ word: Substring) -> Bool {
        guard let first = word.first, first != "-" || word.count == 1, first != "~", first != "\""
        else { return false }
        return Key(rawValue: String(word.prefix { $0 != ":" })) == nil || !word.contains(":")
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
    }
}

/// Cuts a typed filter into its words.
private struct Words {
    struct Word {
        /// What stands before the colon, when it is one of the known names.
        var name: LogFilter.Key?
        var text: String
        var isExcluded = false
        var isExpression = false
    }

    private var rest: Substring

    init(_ typed: String) { rest = Substring(typed.trimmed) }

    mutating func next() -> Word? {
        rest = rest.drop { $0 == " " }
        guard let first = rest.first else { return nil }
        if first == "~" {
            defer { rest = "" }
            return Word(text: String(rest.dropFirst()), isExpression: true)
        }
        var word = Word(text: "")
        if first == "-", let second = rest.dropFirst().first, second != " " {
            word.isExcluded = true
            rest = rest.dropFirst()
        }
        let name = rest.prefix { $0.isLetter }
        if rest.dropFirst(name.count).first == ":",
            let key = LogFilter.Key(rawValue: name.lowercased())
        {
            word.name = key
            rest = rest.dropFirst(name.count + 1)
        }
        word.text = value()
        return word
    }

    private mutating func value() -> String {
        guard rest.first == "\"" else {
            let text = rest.prefix { $0 != " " }
            rest = rest.dropFirst(text.count)
            return String(text)
        }
        rest = rest.dropFirst()
        var text = ""
        var isEscaped = false
        while let character = rest.popFirst() {
            if isEscaped || character != "\"" && character != "\\" {
                text.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                break
            }
        }
        return text
    }
}

extension String {
    /// Without spaces at either end.
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
