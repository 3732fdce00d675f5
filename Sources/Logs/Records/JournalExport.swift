import Basics

/// journald's export format (systemd.io/JOURNAL_EXPORT_FORMATS): one field a line, records begin
/// with their cursor; a field that is no plain text has its name alone in a line, then its length
/// in eight bytes and its value.
struct JournalExport: Sendable {
    private var isOpen = false
    private var expectsValue = false
    private var isMessage = false
    /// Bytes of a value with a length that are still to come.
    private var left = 0
    /// The record has a name better than its unit's.
    private var isNamed = false

    /// The field that the line holds; nil when it is none.
    @inline(__always)
    mutating func field(_ line: Span<UInt8>) -> ParsedLine? {
        guard isOpen || ByteScan.at(line, 0) == 0x5F else { return nil }
        return read(line)
    }

    private mutating func read(_ line: Span<UInt8>) -> ParsedLine? {
        if ByteScan.has(line, "__CURSOR=", at: 0) {
            self = JournalExport()
            isOpen = true
            var parsed = ParsedLine(format: .journal, body: .range(0..<0))
            parsed.time = Self.cursorTime(line)
            return parsed
        }
        guard isOpen else { return nil }
        var parsed = ParsedLine(format: .journal, body: .range(0..<0))
        parsed.continues = true
        if expectsValue {
            expectsValue = false
            value(line, into: &parsed)
            return parsed
        }
        var end = 0
        while end < line.count, Self.isNameByte(line[end]) { end += 1 }
        if left > 0 || end == 0 || end < line.count && line[end] != 0x3D {
            guard left > 0 || isMessage else {
                isOpen = false
                return nil
            }
            left -= line.count + 1
            if isMessage { parsed.body = .range(0..<line.count) }
            return parsed
        }
        isMessage = end == 7 && ByteScan.has(line, "MESSAGE", at: 0)
        if end == line.count {
            expectsValue = true
        } else {
            take(line, name: end, into: &parsed)
        }
        return parsed
    }

    /// The first line of a value. Its length's zero bytes were left out and the others sanitised on
    /// the way here: `^Q`, `\\x95`, or the character itself; a length of 10 or 13 ended a line.
    private mutating func value(_ line: Span<UInt8>, into parsed: inout ParsedLine) {
        var start = 0
        var length = Self.unit(line, &start)
        if line.count == 10 || line.count == 13, length != line.count - 1 {
            start = 0
            length = line.count
        } else if ByteScan.at(line, start) == 0x5E,
            (0x41...0x50).contains(ByteScan.at(line, start + 1))
        {
            length += Self.unit(line, &start) << 8
        }
        left = length - (line.count - start) - 1
        if isMessage { parsed.body = .range(start..<line.count) }
    }

    private static func unit(_ line: Span<UInt8>, _ index: inout Int) -> Int {
        let byte = ByteScan.at(line, index)
        let next = ByteScan.at(line, index + 1)
        if byte == 0x5E, next >= 0x3F, next <= 0x5F {
            index += 2
            return Int(next ^ 0x40)
        }
        if byte == 0x5C, next == 0x78, let value = hex(line, index + 2..<index + 4) {
            index += 4
            return Int(value)
        }
        index += 1
        return Int(byte)
    }

    private mutating func take(_ line: Span<UInt8>, name end: Int, into parsed: inout ParsedLine) {
        let start = end + 1
        let value = start..<line.count
        switch end {
        case 5 where ByteScan.has(line, "_COMM", at: 0),
            13 where ByteScan.has(line, "_SYSTEMD_UNIT", at: 0):
            if !isNamed { parsed.service = RecordParser.name(line, value) }
            if end == 13 { isNamed = true }
        case 7 where isMessage: parsed.body = .range(value)
        case 8 where ByteScan.has(line, "PRIORITY", at: 0):
            parsed.level = ByteScan.number(line, start, value.count).flatMap(LevelScanner.syslog)
        case 9 where ByteScan.has(line, "_HOSTNAME", at: 0):
            parsed.host = RecordParser.name(line, value)
        case 17 where ByteScan.has(line, "SYSLOG_IDENTIFIER", at: 0):
            parsed.service = RecordParser.name(line, value)
            isNamed = true
        case 20 where ByteScan.has(line, "__REALTIME_TIMESTAMP", at: 0):
            if let microseconds = ByteScan.number(line, start, value.count) {
                parsed.time = Self.time(Int64(microseconds))
            }
        default: break
        }
    }

    /// The microseconds in the cursor's `;t=`.
    private static func cursorTime(_ line: Span<UInt8>) -> Timestamp? {
        var index = 9
        while let mark = ByteScan.find(line, 0x3B, from: index) {
            index = mark + 1
            guard ByteScan.has(line, "t=", at: index) else { continue }
            let end = ByteScan.find(line, 0x3B, from: index) ?? line.count
            return hex(line, index + 2..<end).flatMap(time)
        }
        return nil
    }

    private static func time(_ microseconds: Int64) -> Timestamp? {
        let (nanoseconds, overflow) = microseconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? nil : Timestamp(nanoseconds: nanoseconds)
    }

    private static func hex(_ line: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        guard !range.isEmpty, range.count < 16, range.upperBound <= line.count else { return nil }
        return Int64(ByteScan.text(line, range), radix: 16)
    }

    /// Capital letters, digits and underscores.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        ByteScan.isUpper(byte) || ByteScan.isDigit(byte) || byte == 0x5F
    }
}
