/// Reads a dump in one pass over its bytes.
///
/// It follows the parser of the reference's scrape path with these decisions: a leading blank is
/// skipped, a timestamp may be negative or carry a `+`, a last line needs no line end, and a bad
/// line is skipped and reported with its number and reason instead of losing the dump. OpenMetrics
/// differs in its strict blanks, in timestamps in seconds, and in that a dump without `# EOF` ends
/// with `.cutOff`: it is still being written or was cut, and nothing of it may be used.
package struct ExpositionParser {
    package enum Event: Hashable, Sendable {
        /// A sample; its labels come from `labels(of:)`.
        case sample(RawSample)
        case type(name: ByteText, MetricType)
        case help(name: ByteText, text: ByteText)
        case unit(name: ByteText, text: ByteText)
        case comment(ByteText)
        case skipped(SkippedLine)
        /// OpenMetrics only: the dump does not end with `# EOF`.
        case cutOff
    }

    let bytes: [UInt8]
    /// The format being read; never `.automatic`.
    package let format: ExpositionFormat
    var index = 0
    /// Byte after the last line end that was counted, and how many were.
    private var countedTo = 0
    private var line = 1
    private var isFinished = false
    private var sawEOF = false
    /// Type of the metric that the last TYPE line named, and its name.
    private(set) var currentType: MetricType?
    /// Label ranges of the sample that was read last.
    var labelRanges: [LabelRange] = []
    var nameRange = TextRange(start: 0, end: 0, hasEscapes: false)

    package init(_ bytes: [UInt8], format: ExpositionFormat = .automatic) {
        self.bytes = bytes
        self.format = format == .automatic ? ExpositionFormat.detect(bytes) : format
    }

    /// The next event, or nil at the end.
    package mutating func next() -> Event? {
        while !isFinished {
            guard index < bytes.count else { return finish() }
            let start = index
            do throws(LineError) {
                if let event = try element() { return event }
            } catch {
                let skipped = SkippedLine(line: lineNumber(at: start), reason: error.reason)
                index = endOfLine(from: start)
                return .skipped(skipped)
            }
        }
        return nil
    }

    /// The newest time that a sample of the dump says itself, in milliseconds; nil when none does.
    package static func newestTimestamp(
        _ bytes: [UInt8], format: ExpositionFormat = .automatic
    ) -> Int64? {
        var parser = ExpositionParser(bytes, format: format)
        var newest: Int64?
        while let event = parser.next() {
            guard case .sample(let sample) = event, let time = sample.timestamp else { continue }
            newest = max(newest ?? time, time)
        }
        return newest
    }

    /// Whether the dump may be used: OpenMetrics must end with `# EOF`.
    package var isComplete: Bool {
        format != .openMetrics || ExpositionFormat.endsWithEOF(bytes)
    }

    /// The 1-based line a sample begins on. Cost: one pass over the bytes before it.
    package func lineNumber(of sample: RawSample) -> Int {
        bytes[..<sample.offset].reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    }

    private mutating func finish() -> Event? {
        isFinished = true
        return format == .openMetrics && !sawEOF ? .cutOff : nil
    }

    private mutating func lineNumber(at position: Int) -> Int {
        if position < countedTo {
            countedTo = 0
            line = 1
        }
        while countedTo < position {
            if bytes[countedTo] == 0x0A { line += 1 }
            countedTo += 1
        }
        return line
    }

    /// The index behind the next line end.
    private func endOfLine(from position: Int) -> Int {
        var end = position
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        return min(end + 1, bytes.count)
    }

    // MARK: Lines

    /// Reads one line. Nil for a line without content.
    private mutating func element() throws(LineError) -> Event? {
        if sawEOF, format == .openMetrics {
            throw LineError("text after # EOF")
        }
        if format == .text { skipBlanks() }
        guard index < bytes.count else { return nil }
        switch bytes[index] {
        case 0x0A:
            if format == .openMetrics { throw LineError("empty line") }
            index += 1
            return nil
        case 0x23: return try hashLine()
        default: return .sample(try sample())
        }
    }

    /// `# HELP`, `# TYPE`, `# UNIT`, `# EOF` or a comment.
    private mutating func hashLine() throws(LineError) -> Event? {
        let start = index
        let end = contentEnd(from: start)
        index = start + 1
        let isMetadata =
            format == .openMetrics
            ? index < end && bytes[index] == 0x20 : index < end && isBlank(bytes[index])
        if isMetadata {
            if format == .openMetrics { index += 1 } else { skipBlanks() }
            for keyword in Keyword.allCases where follows(keyword, before: end) {
                return try metadata(keyword, end: end)
            }
        }
        if format == .openMetrics {
            if bytes[start..<end].elementsEqual("# EOF".utf8) {
                sawEOF = true
                index = min(end + 1, bytes.count)
                return nil
            }
            throw LineError("a comment must be HELP, TYPE, UNIT or EOF")
        }
        index = min(end + 1, bytes.count)
        return .comment(ByteText(bytes[start..<end]))
    }

    private enum Keyword: String, CaseIterable {
        case help = "HELP"
        case type = "TYPE"
        case unit = "UNIT"
    }

    private mutating func follows(_ keyword: Keyword, before end: Int) -> Bool {
        if keyword == .unit, format == .text { return false }
        let after = index + 4
        guard after < end, bytes[index..<after].elementsEqual(keyword.rawValue.utf8) else {
            return false
        }
        return format == .openMetrics ? bytes[after] == 0x20 : isBlank(bytes[after])
    }

    private mutating func metadata(_ keyword: Keyword, end: Int) throws(LineError) -> Event? {
        index += 5
        if format == .text { skipBlanks() }
        let name = try metadataName(end: end)
        // A quoted name may hold a line end.
        let end = index > end ? contentEnd(from: index) : end
        guard index < end else {
            if keyword == .help, format == .text {
                index = min(end + 1, bytes.count)
                return .help(name: name, text: .empty)
            }
            throw LineError("expected text in \(keyword.rawValue)")
        }
        if format == .openMetrics, bytes[index] != 0x20 {
            throw LineError("expected a blank after the metric name")
        }
        let text = bytes[min(index + 1, end)..<end]
        index = min(end + 1, bytes.count)
        switch keyword {
        case .help:
            guard UTF8Check.isValid(text) else { throw LineError("help text is not valid UTF-8") }
            return .help(name: name, text: ByteText(text))
        case .unit:
            guard text.isEmpty || name.bytes.reversed().starts(with: text.reversed() + [0x5F])
            else { throw LineError("the unit is not the end of the metric's name") }
            return .unit(name: name, text: ByteText(text))
        case .type:
            guard let type = metricType(text) else {
                let shown = QuotedText.goQuote(Array(text.prefix(40)))
                throw LineError("invalid metric type \(shown)")
            }
            currentType = type
            return .type(name: name, type)
        }
    }

    private func metricType(_ text: ArraySlice<UInt8>) -> MetricType? {
        guard let type = MetricType(rawValue: String(decoding: text, as: UTF8.self)) else {
            return nil
        }
        switch type {
        case .counter, .gauge, .histogram, .summary: return type
        case .untyped: return format == .text ? type : nil
        case .unknown, .info, .stateset, .gaugehistogram:
            return format == .openMetrics ? type : nil
        }
    }

    private mutating func metadataName(end: Int) throws(LineError) -> ByteText {
        if index < end, bytes[index] == 0x22 {
            let range = try quoted()
            return ByteText(unescaped(range))
        }
        let start = index
        while index < end, isNameByte(bytes[index], first: index == start, colon: true) {
            index += 1
        }
        guard index > start else { throw LineError("expected metric name") }
        return ByteText(bytes[start..<index])
    }

    // MARK: Bytes

    func contentEnd(from position: Int) -> Int {
        var end = position
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        return end
    }

    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    mutating func skipBlanks() {
        while index < bytes.count, isBlank(bytes[index]) { index += 1 }
    }

    func isNameByte(_ byte: UInt8, first: Bool, colon: Bool) -> Bool {
        Identifier.isLetter(byte) || (colon && byte == 0x3A)
            || (!first && Identifier.isDigit(byte))
    }
}

/// A line that was not used, and why.
package struct SkippedLine: Hashable, Sendable {
    /// 1-based.
    package var line: Int
    package var reason: String

    package init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }
}

/// Why a line cannot be used.
struct LineError: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// A stretch of the dump, without its quotes.
struct TextRange: Hashable, Sendable {
    var start: Int
    var end: Int
    var hasEscapes: Bool
}

struct LabelRange: Hashable, Sendable {
    var name: TextRange
    var value: TextRange
}

/// One sample line. Its ranges refer to the parser's bytes and to the labels it read last.
package struct RawSample: Hashable, Sendable {
    package var value: Double
    /// Milliseconds since the epoch, or nil when the line gives none.
    package var timestamp: Int64?
    /// Where the series stands in the dump, name and labels as written.
    package var series: Range<Int>
    /// Where the line begins, for its number.
    package var offset: Int
}
