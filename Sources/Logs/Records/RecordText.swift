import Basics
import SafeText

/// Writes records as JSON lines or as lines for people. Appends to a buffer of bytes; one per
/// stream, because the text of the last second is kept.
package struct RecordText {
    private var second = Int64.min
    /// `2026-08-21T10:00:00` of `second`.
    private var clock: [UInt8] = []

    package init() {}

    /// One JSON object and a line feed. Members that a record lacks are null or left out.
    package mutating func appendJSON(_ record: JoinedRecord, to out: inout [UInt8]) {
        out += "{\"time\":\"".utf8
        appendTime(record.time, to: &out)
        out +=
            record.timeIsRead
            ? "\",\"time_read\":\"read\"".utf8 : "\",\"time_read\":\"assumed\"".utf8
        let assumed = record.parsed.assumes.words
        if record.timeIsRead, !assumed.isEmpty {
            out += ",\"time_assumes\":[".utf8
            out += assumed.map { "\"\($0)\"" }.joined(separator: ",").utf8
            out.append(0x5D)
        }
        member("level", record.parsed.level?.word, to: &out)
        member("service", record.parsed.service, to: &out)
        if let host = record.parsed.host { member("host", host, to: &out) }
        if let logger = record.parsed.logger { member("logger", logger, to: &out) }
        if let trace = record.parsed.traceID { member("trace_id", trace, to: &out) }
        if let span = record.parsed.spanID { member("span_id", span, to: &out) }
        out += ",\"message\":\"".utf8
        Self.appendEscaped(record.message[...], to: &out)
        out += "\",\"fields\":{".utf8
        var isFirst = true
        RecordFields.each(record) { key, value in
            if !isFirst { out.append(0x2C) }
            isFirst = false
            out.append(0x22)
            Self.appendEscaped(key[...], to: &out)
            out += "\":".utf8
            if value.isLiteral {
                out += value.bytes
            } else {
                out.append(0x22)
                Self.appendEscaped(value.bytes[...], to: &out)
                out.append(0x22)
            }
        }
        out.append(0x7D)
        if record.lines > 1 { out += ",\"lines\":\(record.lines)".utf8 }
        member("source", Clean.text(record.source), to: &out)
        out += ",\"offset\":\(record.offset),\"line\":\(record.number)}\n".utf8
    }

    /// `time level source service: message` and a line feed; an assumed time begins with `~`, and
    /// lines that follow are indented.
    package mutating func appendLine(
        _ record: JoinedRecord, showsSource: Bool, to out: inout [UInt8]
    ) {
        if !record.timeIsRead { out.append(0x7E) }
        appendTime(record.time, to: &out)
        out.append(0x20)
        let level = Array((record.parsed.level?.word ?? "-").utf8)
        out += level
        for _ in level.count..<max(level.count, 8) { out.append(0x20) }
        out.append(0x20)
        if showsSource { out += (Clean.text(record.source) + " ").utf8 }
        if let service = record.parsed.service { out += (service + ": ").utf8 }
        for byte in record.message {
            out.append(byte)
            if byte == 0x0A { out += "    ".utf8 }
        }
        out.append(0x0A)
    }

    private func member(_ name: StaticString, _ value: String?, to out: inout [UInt8]) {
        out += ",\"".utf8
        name.withUTF8Buffer { out.append(contentsOf: $0) }
        guard let value else {
            out += "\":null".utf8
            return
        }
        out += "\":\"".utf8
        Self.appendEscaped(Array(value.utf8)[...], to: &out)
        out.append(0x22)
    }

    /// RFC 3339 in UTC with as many digits as the time has: three, six or nine.
    private mutating func appendTime(_ time: Timestamp, to out: inout [UInt8]) {
        let nanoseconds = time.nanoseconds
        var whole = nanoseconds / 1_000_000_000
        var rest = nanoseconds % 1_000_000_000
        if rest < 0 {
            whole -= 1
            rest += 1_000_000_000
        }
        if whole != second {
            second = whole
            clock = Array(TimeText.rfc3339(time).utf8.dropLast())
        }
        out += clock
        out.append(0x2E)
        let digits = rest % 1_000_000 == 0 ? 3 : rest % 1_000 == 0 ? 6 : 9
        var divisor: Int64 = 100_000_000
        for _ in 0..<digits {
            out.append(UInt8(rest / divisor % 10) + 0x30)
            divisor /= 10
        }
        out.append(0x5A)
    }

    /// Sanitised text holds no control bytes but the line feeds between lines.
    private static func appendEscaped(_ text: ArraySlice<UInt8>, to out: inout [UInt8]) {
        for byte in text {
            switch byte {
            case 0x22, 0x5C:
                out.append(0x5C)
                out.append(byte)
            case 0x0A:
                out.append(0x5C)
                out.append(0x6E)
            case 0..<0x20:
                out.append(0x20)
            default: out.append(byte)
            }
        }
    }
}
