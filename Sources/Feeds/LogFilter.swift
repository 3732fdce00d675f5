import Basics
import Logs
import Metrics

/// Which log records are wanted: what the screen, `warroom logs` and the search of older lines ask
/// for alike. Every part that is set must hold.
package struct LogFilter: Sendable, Hashable {
    /// Text that the message or the line holds; ASCII letters in any case. Empty: any.
    package var text: String
    /// Texts of which none may stand there, in any case.
    package var excluded: [String]
    /// A regular expression (RE2) that matches anywhere in the message or the line. Empty: any.
    package var expression: String
    /// Records at this level or above it; a record that names no level is left out.
    package var leastLevel: LogLevel?
    /// The service by its whole name, or by its beginning with a `*` at the end; in any case.
    package var service: String?
    /// Text that the source's name holds, in any case.
    package var source: String?
    package var pattern: PatternID?
    /// Patterns whose records are left out.
    package var excludedPatterns: [PatternID]
    /// Records at or after this time.
    package var since: Timestamp?
    /// Records before this time.
    package var until: Timestamp?

    /// Bytes of a regular expression: a longer one takes too long to prepare at every key.
    package static let expressionBytesMax = 1_000

    package init(
        text: String = "", excluded: [String] = [], expression: String = "",
        leastLevel: LogLevel? = nil, service: String? = nil, source: String? = nil,
        pattern: PatternID? = nil, excludedPatterns: [PatternID] = [], since: Timestamp? = nil,
        until: Timestamp? = nil
    ) {
        self.text = text
        self.excluded = excluded
        self.expression = expression
        self.leastLevel = leastLevel
        self.service = service
        self.source = source
        self.pattern = pattern
        self.excludedPatterns = excludedPatterns
        self.since = since
        self.until = until
    }

    /// Whether every record is wanted.
    package var isEmpty: Bool { self == LogFilter() }

    /// Where the regular expression matches a text first, in bytes; nil without one that can be
    /// used.
    package var firstMatch: (@Sendable (String) -> Range<Int>?)? {
        guard !expression.isEmpty, let search = try? RegexSearch(Array(expression.utf8)) else {
            return nil
        }
        return { search.firstMatch(in: Array($0.utf8)) }
    }

    /// The filter ready to be asked about many records.
    /// - Throws: `logs.expression` when the regular expression is none.
    package func compiled() throws(Failure) -> Matcher { try Matcher(self) }
}

extension LogFilter {
    /// A filter that is ready to be asked. Time is linear in the record's text.
    package struct Matcher: Sendable {
        package let filter: LogFilter
        private let text: TextSearch?
        private let excluded: [TextSearch]
        private let expression: RegexSearch?
        private let service: String?
        private let servicePrefix: String?
        private let source: TextSearch?

        fileprivate init(_ filter: LogFilter) throws(Failure) {
            self.filter = filter
            text = filter.text.isEmpty ? nil : TextSearch(filter.text)
            excluded = filter.excluded.filter { !$0.isEmpty }.map(TextSearch.init)
            expression = filter.expression.isEmpty ? nil : try Self.search(filter.expression)
            let name = filter.service?.lowercased()
            let isPrefix = name?.hasSuffix("*") ?? false
            service = isPrefix ? nil : name
            servicePrefix = isPrefix ? name.map { String($0.dropLast()) } : nil
            source = filter.source.map(TextSearch.init)
        }

        private static func search(_ expression: String) throws(Failure) -> RegexSearch {
            guard expression.utf8.count <= LogFilter.expressionBytesMax else {
                throw LogFilter.unusable(
                    expression, "it is longer than \(LogFilter.expressionBytesMax) bytes")
            }
            do throws(RegexPattern.SyntaxError) {
                return try RegexSearch(Array(expression.utf8))
            } catch {
                throw LogFilter.unusable(expression, error.message)
            }
        }

        package func matches(_ record: LogRecord) -> Bool {
            guard
                holds(
                    time: record.time, level: record.level, service: record.service,
                    source: record.source, pattern: record.pattern)
            else { return false }
            guard looksAtText else { return true }
            let message = record.message.utf8Span.span
            guard let raw = record.raw else { return textHolds(message, Span()) }
            // The whole line holds the message, unless further lines were joined to it.
            return record.message.utf8.contains(0x0A)
                ? textHolds(message, raw.utf8Span.span) : textHolds(raw.utf8Span.span, Span())
        }

        /// The same for a record of a file that is read from its beginning: its path is its source,
        /// its pattern is the caller's to know.
        package func matches(_ record: JoinedRecord, pattern: PatternID?) -> Bool {
            guard
                holds(
                    time: record.time, level: record.level, service: record.parsed.service,
                    source: record.source, pattern: pattern)
            else { return false }
            guard looksAtText else { return true }
            guard let text = record.text else { return textHolds(record.head.span, Span()) }
            return textHolds(text.span, record.head.span)
        }

        /// Whether records of the source, or the file, are wanted at all.
        package func wantsSource(_ name: String) -> Bool {
            source?.isFound(in: name.utf8Span.span) ?? true
        }

        /// Whether the text has to be read at all.
        package var looksAtText: Bool {
            text != nil || expression != nil || !excluded.isEmpty
        }

        private func holds(
            time: Timestamp, level: LogLevel?, service name: String?, source path: String,
            pattern: PatternID?
        ) -> Bool {
            if let since = filter.since, time < since { return false }
            if let until = filter.until, time >= until { return false }
            if let least = filter.leastLevel, level.map({ $0 < least }) ?? true { return false }
            if let wanted = filter.pattern, pattern != wanted { return false }
            if let pattern, filter.excludedPatterns.contains(pattern) { return false }
            if let service, name?.lowercased() != service { return false }
            if let servicePrefix, !(name?.lowercased().hasPrefix(servicePrefix) ?? false) {
                return false
            }
            return wantsSource(path)
        }

        /// Whether one of two texts holds what is wanted, and neither what is not.
        private func textHolds(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Bool {
            let hasSecond = second.count > 0
            if let text, !text.isFound(in: first), !hasSecond || !text.isFound(in: second) {
                return false
            }
            for text in excluded {
                if text.isFound(in: first) || hasSecond && text.isFound(in: second) { return false }
            }
            guard let expression else { return true }
            return expression.matches(first) || hasSecond && expression.matches(second)
        }
    }

    fileprivate static func unusable(_ expression: String, _ why: String) -> Failure {
        Failure(
            "logs.expression", "The regular expression cannot be used", subject: expression,
            why: why,
            next: "Write it in RE2 syntax; a special character is taken literally behind \\",
            exit: .usage)
    }
}

/// Finds a text in bytes, ASCII letters in any case.
struct TextSearch: Sendable {
    /// Spellings, in lower case as far as ASCII goes: of other letters as typed, small and capital.
    private let needles: [[UInt8]]

    init(_ text: String) {
        var needles = [Self.folded(text)]
        if !text.utf8.allSatisfy({ $0 < 0x80 }) {
            for spelling in [text.lowercased(), text.uppercased()].map(Self.folded)
            where !needles.contains(spelling) {
                needles.append(spelling)
            }
        }
        self.needles = needles
    }

    func isFound(in text: Span<UInt8>) -> Bool {
        for needle in needles where Self.isFound(needle.span, in: text) { return true }
        return false
    }

    private static func isFound(_ needle: Span<UInt8>, in text: Span<UInt8>) -> Bool {
        guard needle.count > 0 else { return true }
        let first = needle[0]
        var start = 0
        let last = text.count - needle.count
        while start <= last {
            if folded(text[start]) == first {
                var length = 1
                while length < needle.count, folded(text[start + length]) == needle[length] {
                    length += 1
                }
                if length == needle.count { return true }
            }
            start += 1
        }
        return false
    }

    private static func folded(_ text: String) -> [UInt8] { text.utf8.map(folded) }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }
}
