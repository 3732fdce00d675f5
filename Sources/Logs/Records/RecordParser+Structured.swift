import Basics

// Lines that are objects or pairs: JSON, logfmt, and the envelopes of container runtimes.
extension RecordParser {
    static func json(
        _ line: Span<UInt8>, from start: Int, context: TimeContext, depth: Int
    ) -> ParsedLine? {
        guard let found = JSONLine.scan(line, from: start) else { return nil }
        if found.isDocker, depth == 0, let log = found.message, log.key == .dockerLog {
            var parsed = inner(JSONLine.unescaped(line, log.range), context)
            parsed.isCut = !ByteScan.has(line, "\\n", at: log.range.upperBound - 2)
            if let time = found.time, let outer = self.time(line, time, context) {
                parsed.time = outer.time
                parsed.assumes = outer.assumes
            }
            return parsed
        }
        var parsed = ParsedLine(format: .json, body: .range(0..<line.count))
        if let time = found.time, let read = self.time(line, time, context) {
            parsed.time = read.time
            parsed.assumes = read.assumes
            if let nanos = found.nanoseconds,
                let value = ByteScan.number(line, nanos.range.lowerBound, nanos.range.count),
                value < 1_000_000_000
            {
                parsed.time = read.time + .nanoseconds(value)
            }
        }
        takeMembers(line, found, into: &parsed)
        return parsed
    }

    /// Everything but the time.
    static func takeMembers(
        _ line: Span<UInt8>, _ found: JSONLine, into parsed: inout ParsedLine
    ) {
        parsed.level = level(line, found)
        if parsed.service == nil { parsed.service = found.service.flatMap { name(line, $0.range) } }
        if parsed.host == nil { parsed.host = found.host.flatMap { name(line, $0.range) } }
        parsed.traceID = found.trace.flatMap { name(line, $0.range) }
        parsed.spanID = found.span.flatMap { name(line, $0.range) }
        parsed.logger = found.logger.flatMap { name(line, $0.range) }
        if let message = found.message, !message.isString {
            if let bytes = JSONLine.byteArray(line, message.range) {
                parsed.body = .bytes(bytes)
            } else if let first = JSONLine.firstString(line, message.range) {
                parsed.body = .bytes(JSONLine.unescaped(line, first))
            } else {
                parsed.body = .range(message.range)
            }
        } else if let message = found.message {
            parsed.body =
                ByteScan.find(
                    line, 0x5C, from: message.range.lowerBound, limit: message.range.count)
                    == nil ? .range(message.range) : .bytes(JSONLine.unescaped(line, message.range))
        }
    }

    /// The named level; else OTLP's number, the word or the HTTP status in `status`, or what the
    /// format says a record without one has.
    private static func level(_ line: Span<UInt8>, _ found: JSONLine) -> LogLevel? {
        if let value = found.level, let level = level(line, value, isGELF: found.isGELF) {
            return level
        }
        if let number = found.severityNumber?.range {
            return ByteScan.number(line, number.lowerBound, number.count)
                .flatMap(LevelScanner.otlp)
        }
        if let status = found.status?.range {
            if let code = ByteScan.number(line, status.lowerBound, status.count) {
                return LevelScanner.http(code)
            }
            return LevelScanner.level(named: ByteScan.bytes(line, status))
        }
        // https://clef-json.org: "absence implies informational".
        return found.level == nil && found.time?.key == .clefTime ? .info : nil
    }

    /// Parses the line inside an envelope; what it leaves out is taken from the envelope.
    private static func inner(_ bytes: [UInt8], _ context: TimeContext) -> ParsedLine {
        var text = bytes
        while text.last == 0x0A || text.last == 0x0D { text.removeLast() }
        var parsed = header(text.span, context: context, depth: 1)
        parsed.format = .container
        if case .range(let range) = parsed.body { parsed.body = .bytes(Array(text[range])) }
        return parsed
    }

    /// CRI: `2026-…Z stdout F message`. The inner line's own header is read, its time is not.
    static func container(
        _ line: Span<UInt8>, after found: FoundTime, _ context: TimeContext, depth: Int
    ) -> ParsedLine? {
        guard depth == 0, found.start == 0,
            ByteScan.has(line, " stdout ", at: found.end)
                || ByteScan.has(line, " stderr ", at: found.end)
        else { return nil }
        let flag = ByteScan.at(line, found.end + 8)
        guard flag == 0x46 || flag == 0x50, ByteScan.at(line, found.end + 9) == 0x20 else {
            return nil
        }
        var parsed = inner(ByteScan.bytes(line, found.end + 10..<line.count), context)
        parsed.time = found.time
        parsed.assumes = found.assumes
        parsed.isCut = flag == 0x50
        return parsed
    }

    private static func time(
        _ line: Span<UInt8>, _ value: JSONLine.Value, _ context: TimeContext
    ) -> WrittenTime? {
        switch value.key {
        case .journalTime:
            return ByteScan.number(line, value.range.lowerBound, value.range.count)
                .map {
                    WrittenTime(
                        time: Timestamp(nanoseconds: Int64($0).multipliedClamped(by: 1_000)))
                }
        case .nanoTime:
            return Int64(ByteScan.text(line, value.range))
                .map { WrittenTime(time: Timestamp(nanoseconds: $0)) }
        default:
            return writtenTime(line, value.range, context)
        }
    }

    struct WrittenTime {
        var time: Timestamp
        var assumes: TimeAssumptions = []
    }

    /// A time given as the whole of a value: any written shape, or a number whose size tells
    /// seconds from milli-, micro- and nanoseconds.
    static func writtenTime(
        _ line: Span<UInt8>, _ range: Range<Int>, _ context: TimeContext
    ) -> WrittenTime? {
        guard !range.isEmpty else { return nil }
        let run = ByteScan.digitRun(line, range.lowerBound)
        let end = range.lowerBound + run
        if run >= 9, run <= 18, end == range.upperBound || line[end] == 0x2E,
            let whole = ByteScan.number(line, range.lowerBound, run)
        {
            return WrittenTime(
                time: epoch(line, whole, fractionAt: end == range.upperBound ? nil : end + 1))
        }
        // `1.7873064e+09`
        if run == 1, ByteScan.at(line, end) == 0x2E, range.count <= 32,
            let seconds = Double(ByteScan.text(line, range)), seconds >= 946_684_800,
            seconds < 4_102_444_800
        {
            return WrittenTime(time: Timestamp(nanoseconds: Int64(seconds * 1e9)))
        }
        if run == 19, end == range.upperBound {
            return Int64(ByteScan.text(line, range))
                .map { WrittenTime(time: Timestamp(nanoseconds: $0)) }
        }
        return TimeScanner.shape(line, range.lowerBound, previous: 0x20, context)
            .map { WrittenTime(time: $0.time, assumes: $0.assumes) }
    }

    private static func epoch(_ line: Span<UInt8>, _ whole: Int, fractionAt: Int?) -> Timestamp {
        let unit: Int64 =
            whole < 100_000_000_000
            ? 1_000_000_000
            : whole < 100_000_000_000_000 ? 1_000_000 : whole < Int(1e17) ? 1_000 : 1
        var nanoseconds = Int64(whole).multipliedClamped(by: unit)
        if let fractionAt {
            let fraction = TimeScanner.fraction(line, fractionAt).nanoseconds
            nanoseconds += Int64(fraction) / (1_000_000_000 / unit)
        }
        return Timestamp(nanoseconds: nanoseconds)
    }

    private static func level(_ line: Span<UInt8>, _ value: JSONLine.Value, isGELF: Bool)
        -> LogLevel?
    {
        let bytes = ByteScan.bytes(line, value.range)
        if let number = ByteScan.number(line, value.range.lowerBound, value.range.count) {
            if value.key == .priority || isGELF { return LevelScanner.syslog(number) }
            return LevelScanner.bunyan(number) ?? LevelScanner.python(number)
        }
        if value.key == .severityLetter, let first = bytes.first {  // mongodb: I, W, E, F, D1…D5
            return LevelScanner.level(named: [first])
        }
        if let level = LevelScanner.level(named: bytes) { return level }
        // slog's `INFO+2`.
        guard let sign = bytes.firstIndex(where: { $0 == 0x2B || $0 == 0x2D }) else { return nil }
        return LevelScanner.level(named: bytes[..<sign])
    }

    static func logfmt(_ line: Span<UInt8>, from start: Int, context: TimeContext) -> ParsedLine? {
        guard let found = LogfmtLine.scan(line, from: start) else { return nil }
        var parsed = ParsedLine(format: .logfmt, body: .range(start..<line.count))
        if let time = found.time, let read = writtenTime(line, time, context) {
            parsed.time = read.time
            parsed.assumes = read.assumes
        }
        parsed.traceID = found.trace.flatMap { name(line, $0) }
        parsed.spanID = found.span.flatMap { name(line, $0) }
        parsed.logger = found.logger.flatMap { name(line, $0) }
        parsed.level = found.level.flatMap {
            LevelScanner.level(named: ByteScan.bytes(line, $0))
        }
        parsed.service = found.service.flatMap { name(line, $0) }
        parsed.host = found.host.flatMap { name(line, $0) }
        if let message = found.message {
            parsed.body =
                found.messageIsQuoted
                    && ByteScan.find(
                        line, 0x5C, from: message.lowerBound, limit: message.count) != nil
                ? .bytes(JSONLine.unescaped(line, message)) : .range(message)
        }
        return parsed
    }
}

extension Int64 {
    /// The product, or the nearest 64-bit value.
    fileprivate func multipliedClamped(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}
