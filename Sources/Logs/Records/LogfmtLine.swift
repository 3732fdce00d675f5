/// The members of a logfmt line (`time=… level=info msg="…"`) that matter to a log record.
struct LogfmtLine {
    var time: Range<Int>?
    var level: Range<Int>?
    var message: Range<Int>?
    var messageIsQuoted = false
    var service: Range<Int>?
    var host: Range<Int>?
    var trace: Range<Int>?
    var span: Range<Int>?
    var logger: Range<Int>?

    /// Scans the pairs from `start`; nil unless the line starts with one and names a time, a level
    /// or a message.
    static func scan(_ line: Span<UInt8>, from start: Int) -> LogfmtLine? {
        var result = LogfmtLine()
        var index = start
        while index < line.count {
            index = ByteScan.skipBlanks(line, index)
            let keyStart = index
            while index < line.count, isKeyByte(line[index]) { index += 1 }
            guard index > keyStart, ByteScan.at(line, index) == 0x3D else {
                if keyStart == start { return nil }
                while index < line.count, !ByteScan.isBlank(line[index]) { index += 1 }
                continue
            }
            let key = keyStart..<index
            index += 1
            let value = value(line, &index)
            result.take(line, key, value.range, quoted: value.quoted)
        }
        // auditd's time stands in `msg=audit(…)`.
        if let message = result.message, ByteScan.has(line, "audit(", at: message.lowerBound) {
            return nil
        }
        guard result.time != nil || result.level != nil || result.message != nil else {
            return nil
        }
        return result
    }

    /// Whether a record's own parts come from the pair of this name.
    static func isKnown(_ name: String) -> Bool {
        switch name {
        case "ts", "time", "timestamp", "t", "@timestamp", "level", "lvl", "severity", "loglevel",
            "msg", "message", "service", "app", "host", "hostname", "trace_id", "traceId",
            "traceID", "trace.id", "trace", "dd.trace_id", "span_id", "spanId", "spanID", "span.id",
            "span", "logger", "component", "caller":
            true
        default: false
        }
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        ByteScan.isWord(byte) || byte == 0x5F || byte == 0x2E || byte == 0x40 || byte == 0x2D
    }

    private static func value(_ line: Span<UInt8>, _ index: inout Int)
        -> (range: Range<Int>, quoted: Bool)
    {
        guard ByteScan.at(line, index) == 0x22 else {
            let start = index
            while index < line.count, !ByteScan.isBlank(line[index]) { index += 1 }
            return (start..<index, false)
        }
        let start = index + 1
        index = start
        while index < line.count, line[index] != 0x22 {
            index += line[index] == 0x5C ? 2 : 1
        }
        let end = min(index, line.count)
        index = min(end + 1, line.count)
        return (start..<end, true)
    }

    private mutating func take(
        _ line: Span<UInt8>, _ key: Range<Int>, _ value: Range<Int>, quoted: Bool
    ) {
        guard key.count <= 12 else { return }
        switch ByteScan.text(line, key) {
        case "ts", "time", "timestamp", "t", "@timestamp": if time == nil { time = value }
        case "level", "lvl", "severity", "loglevel": if level == nil { level = value }
        case "at":  // Heroku's router
            if level == nil, LevelScanner.level(named: ByteScan.bytes(line, value)) != nil {
                level = value
            }
        case "msg", "message":
            if message == nil {
                message = value
                messageIsQuoted = quoted
            }
        case "service", "app": if service == nil { service = value }
        case "host", "hostname": if host == nil { host = value }
        case "trace_id", "traceId", "traceID", "trace.id", "trace", "dd.trace_id":
            if trace == nil { trace = value }
        case "span_id", "spanId", "spanID", "span.id", "span": if span == nil { span = value }
        case "logger", "component", "caller": if logger == nil { logger = value }
        default: break
        }
    }
}
