/// Reads a dump in one pass over its bytes.
///
/// It follows the parser of the reference's scrape path with these decisions: a leading blank is
/// skipped, a timestamp may be negative or carry a `+`, a last line needs no line end, and a bad
/// line is skipped and reported with its number and reason instead of losing the dump. OpenMetrics
/// differs in its strict blanks, in timestamps in seconds, and in that a dump without `# EOF` ends
/// with `.cutOff`: it is still being written or was cut, and nothing of it may be used. `_created`
/// samples are samples like any other, as on the scrape path.
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
    /// Its pointer is set anew at every use.
    private var scanner: ExpositionScanner

    package init(_ bytes: [UInt8], format: ExpositionFormat = .automatic) {
        self.bytes = bytes
        let format = format == .automatic ? ExpositionFormat.detect(bytes) : format
        self.format = format
        scanner = bytes.withUnsafeBufferPointer {
            ExpositionScanner($0, format: format, window: BlockWindow())
        }
    }

    /// Reads a dump in place: the quickest way. The scanner is valid during the call only.
    static func withScanner<Result>(
        _ bytes: [UInt8], format: ExpositionFormat,
        _ body: (inout ExpositionScanner) -> Result
    ) -> Result {
        bytes.withUnsafeBufferPointer { buffer in
            var scanner = ExpositionScanner(buffer, format: format, window: BlockWindow())
            return body(&scanner)
        }
    }

    private mutating func use<Result>(
        _ body: (inout ExpositionScanner) -> Result
    ) -> Result {
        let bytes = bytes
        return bytes.withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress { scanner.base = base }
            return body(&scanner)
        }
    }

    /// The next event, or nil at the end.
    package mutating func next() -> Event? {
        use { scanner in
            switch scanner.step() {
            case .sample: .sample(scanner.rawSample)
            case .metadata: scanner.metadataEvent
            case .comment: .comment(ByteText(scanner.bytes(scanner.text)))
            case .skipped: .skipped(scanner.skippedLine())
            case .cutOff: .cutOff
            case .end: nil
            }
        }
    }

    /// The labels of a sample, with `le` and `quantile` in canonical form when its type is
    /// histogram or summary.
    package mutating func labels(of sample: RawSample) -> Labels {
        use { $0.labels(in: sample.series, normalised: sample.normalisesBounds) }
    }

    /// The metric's name alone, which costs less than all labels.
    package mutating func metricName(of sample: RawSample) -> ByteText {
        let text = bytes[sample.series]
        let name = text.prefix { $0 != 0x7B && $0 != 0x20 && $0 != 0x09 }
        if !name.isEmpty { return ByteText(name) }
        return labels(of: sample).value(of: LabelName.metricName) ?? .empty
    }

    /// What the sample's line says after `#`, or nil.
    package mutating func exemplar(of sample: RawSample) -> Exemplar? {
        guard let raw = sample.exemplar else { return nil }
        return use {
            Exemplar(
                series: $0.labels(in: sample.series, normalised: sample.normalisesBounds),
                labels: $0.labels(of: raw), value: raw.value, timestamp: raw.timestamp)
        }
    }

    /// The 1-based line a sample begins on. Cost: the bytes since the last question.
    package mutating func lineNumber(of sample: RawSample) -> Int {
        use { $0.lineNumber(at: sample.offset) }
    }

    /// Whether the dump may be used: OpenMetrics must end with `# EOF`.
    package var isComplete: Bool {
        format != .openMetrics || ExpositionFormat.endsWithEOF(bytes)
    }

    /// The newest time that a sample of the dump says itself, in milliseconds; nil when none does.
    package static func newestTimestamp(
        _ bytes: [UInt8], format: ExpositionFormat = .automatic
    ) -> Int64? {
        var newest: Int64?
        let format = format == .automatic ? ExpositionFormat.detect(bytes) : format
        withScanner(bytes, format: format) { scanner in
            while true {
                switch scanner.step() {
                case .sample:
                    guard scanner.hasTimestamp else { continue }
                    newest = max(newest ?? scanner.timestamp, scanner.timestamp)
                case .end: return
                case .metadata, .comment, .skipped, .cutOff: continue
                }
            }
        }
        return newest
    }

    /// Reads everything and keeps nothing but sums: what a measurement or a fuzzer calls.
    package static func summary(
        of bytes: [UInt8], format: ExpositionFormat = .automatic
    ) -> ExpositionSummary {
        var summary = ExpositionSummary()
        let format = format == .automatic ? ExpositionFormat.detect(bytes) : format
        withScanner(bytes, format: format) { scanner in
            while true {
                switch scanner.step() {
                case .sample:
                    summary.samples += 1
                    summary.seriesBytes &+= scanner.seriesEnd - scanner.seriesStart
                    summary.bits ^= scanner.value.bitPattern
                case .metadata: summary.metadata += 1
                case .skipped: summary.skipped += 1
                case .comment: continue
                case .cutOff: summary.isCutOff = true
                case .end: return
                }
            }
        }
        return summary
    }
}

/// What a dump holds, in numbers.
package struct ExpositionSummary: Hashable, Sendable {
    package var samples = 0
    /// HELP, TYPE and UNIT lines.
    package var metadata = 0
    package var skipped = 0
    /// Bytes of all names and labels.
    package var seriesBytes = 0
    /// All values' bits, exclusive or: ties a measurement to the work it measures.
    package var bits: UInt64 = 0
    package var isCutOff = false

    package init() {}
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

/// One sample line. Its ranges refer to the parser's bytes.
package struct RawSample: Hashable, Sendable {
    package var value: Double
    /// Milliseconds since the epoch, or nil when the line gives none.
    package var timestamp: Int64?
    /// Where the series stands in the dump, name and labels as written.
    package var series: Range<Int>
    /// Where the line begins, for its number.
    package var offset: Int
    /// Whether its `le` and `quantile` labels are rewritten.
    package var normalisesBounds: Bool
    package var exemplar: RawExemplar?
}

/// An exemplar, as it stands in the dump.
package struct RawExemplar: Hashable, Sendable {
    /// The label list with its braces.
    var labels: Range<Int>
    package var value: Double
    /// Milliseconds since the epoch, or nil.
    package var timestamp: Int64?
}

/// One observation that an OpenMetrics dump attaches to a sample, such as a request with its trace.
package struct Exemplar: Hashable, Sendable {
    /// The series it belongs to.
    package var series: Labels
    /// What it says of itself (`trace_id`).
    package var labels: Labels
    package var value: Double
    /// Milliseconds since the epoch, or nil.
    package var timestamp: Int64?
}

extension ExpositionScanner {
    var rawSample: RawSample {
        RawSample(
            value: value, timestamp: hasTimestamp ? timestamp : nil,
            series: seriesStart..<seriesEnd, offset: lineStart,
            normalisesBounds: normalisesBounds, exemplar: hasExemplar ? exemplar : nil)
    }

    fileprivate var metadataEvent: ExpositionParser.Event {
        let name = ByteText(unescaped(metadata.name))
        switch metadata.kind {
        case .type(let type): return .type(name: name, type)
        case .help: return .help(name: name, text: ByteText(bytes(metadata.text)))
        case .unit: return .unit(name: name, text: ByteText(bytes(metadata.text)))
        }
    }
}
