import Basics
import SafeText

/// Writes records as JSON lines or as lines for people. Appends to a buffer of bytes; one per
/// stream, because the text of the last second is kept.
package struct RecordText {
    private var second = Int64.min
    /// `2026-08-21T10:00:00` of `second`.
    private var clock: [UInt8] = []
    /// The last record's source as it was named, and as it is written.
    private var source = ""
    private var sourceBytes: [UInt8] = []

    private let redactor: Redactor

    package init(redactor: Redactor = .standard) { self.redactor = redactor }

    /// One JSON object and a line feed. Members that a record lacks are null or left out.
    package mutating func appendJSON(_ record: JoinedRecord, to out: inout [UInt8]) {
        Self.append("{\"time\":\"", to: &out)
        appendTime(record.time, to: &out)
        out +=
            record.timeIsRead
            ? "\",\"time_read\":\"read\"".utf8 : "\",\"time_read\":\"assumed\"".utf8
        if record.timeIsRead { out += Self.assumed[Int(record.parsed.assumes.rawValue & 15)] }
        member("level", record.parsed.level?.word, to: &out)
        member("service", record.parsed.service, to: &out)
        if let host = record.parsed.host { member("host", host, to: &out) }
        if let logger = record.parsed.logger { member("logger", logger, to: &out) }
        if let trace = record.parsed.traceID { member("trace_id", trace, to: &out) }
        if let span = record.parsed.spanID { member("span_id", span, to: &out) }
        Self.append(",\"message\":\"", to: &out)
        Self.appendEscaped(record.message, to: &out)
        Self.append("\",\"fields\":{", to: &out)
        var isFirst = true
        RecordFields.each(record) { key, value in
            if !isFirst { out.append(0x2C) }
            isFirst = false
            out.append(0x22)
            Self.appendEscaped(key, to: &out)
            Self.append("\":", to: &out)
            if value.isLiteral {
                out += value.bytes
            } else {
                out.append(0x22)
                Self.appendEscaped(
                    value.isUnescaped ? cleaned(value.bytes) : value.bytes, to: &out)
                out.append(0x22)
            }
        }
        out.append(0x7D)
        if record.lines > 1 {
            Self.append(",\"lines\":", to: &out)
            Self.appendNumber(Int64(record.lines), to: &out)
        }
        Self.append(",\"source\":\"", to: &out)
        Self.appendEscaped(cleaned(record.source)[...], to: &out)
        Self.append("\",\"offset\":", to: &out)
        Self.appendNumber(record.offset, to: &out)
        Self.append(",\"line\":", to: &out)
        Self.appendNumber(Int64(record.number), to: &out)
        out += [0x7D, 0x0A]
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
        if showsSource {
            out += cleaned(record.source)
            out.append(0x20)
        }
        if let service = record.parsed.service {
            out += service.utf8
            Self.append(": ", to: &out)
        }
        if record.lines == 1, record.text == nil {
            out += record.message
        } else {
            for byte in record.message {
                out.append(byte)
                if byte == 0x0A { Self.append("    ", to: &out) }
            }
        }
        out.append(0x0A)
    }

    /// The member that says what times leave out, by their `rawValue`.
    private static let assumed: [[UInt8]] = (0..<16).map { value in
        let words = TimeAssumptions(rawValue: UInt8(value)).words.map { "\"\($0)\"" }
        return words.isEmpty
            ? [] : Array((",\"time_assumes\":[" + words.joined(separator: ",") + "]").utf8)
    }

    private mutating func cleaned(_ name: String) -> [UInt8] {
        if name != source || sourceBytes.isEmpty {
            source = name
            sourceBytes = Array(redactor.clean(name).utf8)
        }
        return sourceBytes
    }

    /// Text that was escaped, line by line.
    private func cleaned(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var out: [UInt8] = []
        var cleaner = LineCleaner(redactor: redactor)
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if !out.isEmpty { out.append(0x0A) }
            _ = line.withUnsafeBufferPointer { cleaner.append($0, to: &out) }
        }
        return out[...]
    }

    private static func append(_ text: StaticString, to out: inout [UInt8]) {
        text.withUTF8Buffer { out.append(contentsOf: $0) }
    }

    private static func appendNumber(_ number: Int64, to out: inout [UInt8]) {
        if number < 10 {
            out.append(0x30 + UInt8(max(0, number)))
            return
        }
        var divisor: Int64 = 1
        while divisor <= number / 10 { divisor *= 10 }
        while divisor > 0 {
            out.append(0x30 + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    private func member(_ name: StaticString, _ value: String?, to out: inout [UInt8]) {
        Self.append(",\"", to: &out)
        name.withUTF8Buffer { out.append(contentsOf: $0) }
        guard let value else {
            Self.append("\":null", to: &out)
            return
        }
        Self.append("\":\"", to: &out)
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
        text.withUnsafeBufferPointer { bytes in
            var start = 0
            for index in 0..<bytes.count {
                let byte = bytes[index]
                guard byte < 0x20 || byte == 0x22 || byte == 0x5C else { continue }
                out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index]))
                start = index + 1
                switch byte {
                case 0x0A: out += [0x5C, 0x6E]
                case 0x22, 0x5C: out += [0x5C, byte]
                default: out.append(0x20)
                }
            }
            out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start...]))
        }
    }
}
