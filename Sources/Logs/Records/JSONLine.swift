/// The members of one JSON object line that matter to a log record, found by bytes.
///
/// Tolerant: a line that was cut short gives the members before the cut.
struct JSONLine {
    /// Where the values lie in the line; strings without their quotes.
    struct Value {
        var range: Range<Int>
        var isString: Bool
        var key: JSONKey
    }

    var time: Value?
    /// Behind a time in whole seconds.
    var nanoseconds: Value?
    var level: Value?
    var severityNumber: Value?
    var status: Value?
    var message: Value?
    var service: Value?
    var host: Value?
    var trace: Value?
    var span: Value?
    var logger: Value?
    /// docker's json-file: the inner line stands in `log` and `stream` is present.
    var isDocker = false
    /// GELF counts levels as syslog does.
    var isGELF = false

    /// Scans the object that starts at `start`; nil when there is none.
    static func scan(_ line: Span<UInt8>, from start: Int) -> JSONLine? {
        guard ByteScan.at(line, start) == 0x7B else { return nil }
        var result = JSONLine()
        var index = start
        guard result.object(line, &index, parent: nil, depth: 0) else {
            return result.isEmpty ? nil : result
        }
        return result.isEmpty ? nil : result
    }

    private var isEmpty: Bool { time == nil && level == nil && message == nil }

    /// Reads one object; false when the line ends inside it.
    private mutating func object(
        _ line: Span<UInt8>, _ index: inout Int, parent: JSONKey?, depth: Int
    ) -> Bool {
        index += 1
        while true {
            index = Self.skipSpace(line, index)
            switch ByteScan.at(line, index) {
            case 0x7D:
                index += 1
                return true
            case 0x2C:
                index += 1
                continue
            case 0x22: break
            default: return false
            }
            guard let keyRange = Self.string(line, &index) else { return false }
            index = Self.skipSpace(line, index)
            guard ByteScan.at(line, index) == 0x3A else { return false }
            index = Self.skipSpace(line, index + 1)
            let key = JSONKey(line, keyRange, parent: parent)
            guard value(line, &index, key: key, parent: parent, depth: depth) else { return false }
        }
    }

    private mutating func value(
        _ line: Span<UInt8>, _ index: inout Int, key: JSONKey?, parent: JSONKey?, depth: Int
    ) -> Bool {
        switch ByteScan.at(line, index) {
        case 0x22:
            guard let range = Self.string(line, &index) else { return false }
            if let key { take(Value(range: range, isString: true, key: key)) }
            return true
        case 0x7B where depth < 2 && key?.isParent == true:
            return object(line, &index, parent: key, depth: depth + 1)
        case 0x7B where depth < 8 && key == .envelope:
            return object(line, &index, parent: key, depth: depth + 1)
        case 0x7B where parent == .envelope && key?.isParent == true:
            return object(line, &index, parent: key, depth: depth + 1)
        case 0x5B where depth < 8 && key == .envelope:
            return firstElement(line, &index, depth: depth)
        case 0x5B where key == .attributes:
            attributes(line, index)
            return Self.skipNested(line, &index)
        case 0x7B, 0x5B:
            let start = index
            guard Self.skipNested(line, &index) else { return false }
            // journald writes what is not UTF-8 as an array of bytes.
            if key == .message, line[start] == 0x5B {
                take(Value(range: start..<index, isString: false, key: .message))
            }
            return true
        default:
            let start = index
            while index < line.count, !",}] \t".utf8.contains(line[index]) { index += 1 }
            if let key, index > start {
                take(Value(range: start..<index, isString: false, key: key))
            }
            return index < line.count
        }
    }

    /// A line holds one record: the first of a batch speaks for it.
    private mutating func firstElement(
        _ line: Span<UInt8>, _ index: inout Int, depth: Int
    ) -> Bool {
        var inside = Self.skipSpace(line, index + 1)
        if ByteScan.at(line, inside) == 0x7B {
            _ = object(line, &inside, parent: .envelope, depth: depth + 1)
        }
        return Self.skipNested(line, &index)
    }

    /// `[{"key":"service.name","value":{"stringValue":"cart"}}, …]`, service and host of it.
    private mutating func attributes(_ line: Span<UInt8>, _ start: Int) {
        var index = start + 1
        var key: JSONKey?
        while index < line.count, line[index] != 0x5D {
            guard line[index] == 0x22 else {
                index += 1
                continue
            }
            guard let name = Self.string(line, &index) else { return }
            let after = Self.skipSpace(line, index)
            guard ByteScan.at(line, after) == 0x3A else { continue }
            index = Self.skipSpace(line, after + 1)
            guard ByteScan.at(line, index) == 0x22 else { continue }
            guard let text = Self.string(line, &index) else { return }
            if name.count == 3, ByteScan.has(line, "key", at: name.lowerBound) {
                key = JSONKey(line, text, parent: nil)
            } else if let known = key, known == .service || known == .host,
                ByteScan.has(line, "stringValue", at: name.lowerBound)
            {
                take(Value(range: text, isString: true, key: known))
            }
        }
    }

    private mutating func take(_ value: Value) {
        switch value.key {
        case .time, .journalTime, .nanoTime, .clefTime: if time == nil { time = value }
        case .nanoseconds: if nanoseconds == nil { nanoseconds = value }
        case .severityNumber: if severityNumber == nil { severityNumber = value }
        case .status: if status == nil { status = value }
        case .level, .priority: if level == nil || level?.key == .severityLetter { level = value }
        case .severityLetter: if level == nil { level = value }
        case .message: if message == nil || message?.key != .message { message = value }
        case .weakMessage: if message == nil { message = value }
        case .dockerLog: if message == nil || message?.key == .weakMessage { message = value }
        case .service: if service == nil || service?.key == .weakService { service = value }
        case .weakService: if service == nil { service = value }
        case .host: if host == nil { host = value }
        case .trace: if trace == nil { trace = value }
        case .span: if span == nil { span = value }
        case .logger: if logger == nil { logger = value }
        case .stream: isDocker = true
        case .gelf:
            isGELF = true
            message = value
        case .fieldsParent, .envelope, .attributes: break
        }
    }

    /// The bytes of a JSON array of numbers below 256, or nil.
    static func byteArray(_ line: Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        var out: [UInt8] = []
        var index = range.lowerBound + 1
        while index < range.upperBound - 1 {
            let run = ByteScan.digitRun(line, index)
            if run > 0 {
                guard let value = ByteScan.number(line, index, run), value < 256 else { return nil }
                out.append(UInt8(value))
                index += run
            } else if line[index] == 0x2C || ByteScan.isBlank(line[index]) {
                index += 1
            } else {
                return nil
            }
        }
        return out
    }

    /// The inside of the first string of a JSON array, or nil.
    static func firstString(_ line: Span<UInt8>, _ range: Range<Int>) -> Range<Int>? {
        var index = skipSpace(line, range.lowerBound + 1)
        return ByteScan.at(line, index) == 0x22 ? string(line, &index) : nil
    }

    static func skipSpace(_ line: Span<UInt8>, _ index: Int) -> Int {
        var end = index
        while end < line.count, line[end] == 0x20 || line[end] == 0x09 || line[end] == 0x0D {
            end += 1
        }
        return end
    }

    /// The inside of the string at `index`, which moves behind it; nil when it does not end.
    static func string(_ line: Span<UInt8>, _ index: inout Int) -> Range<Int>? {
        let start = index + 1
        var end = start
        while end < line.count {
            switch line[end] {
            case 0x5C: end += 2
            case 0x22:
                index = end + 1
                return start..<end
            default: end += 1
            }
        }
        return nil
    }

    static func skipNested(_ line: Span<UInt8>, _ index: inout Int) -> Bool {
        var depth = 0
        while index < line.count {
            switch line[index] {
            case 0x7B, 0x5B: depth += 1
            case 0x7D, 0x5D: depth -= 1
            case 0x22:
                guard string(line, &index) != nil else { return false }
                continue
            default: break
            }
            index += 1
            if depth == 0 { return true }
        }
        return false
    }

    /// The bytes of a JSON string's inside with its escapes resolved; wrong ones stay as written.
    static func unescaped(_ line: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = line[index]
            guard byte == 0x5C, index + 1 < range.upperBound else {
                out.append(byte)
                index += 1
                continue
            }
            index += 2
            switch line[index - 1] {
            case 0x6E: out.append(0x0A)
            case 0x74: out.append(0x09)
            case 0x72: out.append(0x0D)
            case 0x62: out.append(0x08)
            case 0x66: out.append(0x0C)
            case 0x75:
                guard let scalar = scalar(line, &index, end: range.upperBound) else {
                    out += [0x5C, 0x75]
                    continue
                }
                out += Array(String(Character(scalar)).utf8)
            case let other: out.append(other)
            }
        }
        return out
    }

    /// The scalar of the four hex digits at `index`, with a low surrogate that follows.
    private static func scalar(_ line: Span<UInt8>, _ index: inout Int, end: Int)
        -> Unicode.Scalar?
    {
        guard let high = hex4(line, index, end) else { return nil }
        index += 4
        if (0xD800..<0xDC00).contains(high), index + 6 <= end, line[index] == 0x5C,
            line[index + 1] == 0x75, let low = hex4(line, index + 2, end),
            (0xDC00..<0xE000).contains(low)
        {
            index += 6
            return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        }
        return Unicode.Scalar(high) ?? "\u{FFFD}"
    }

    private static func hex4(_ line: Span<UInt8>, _ index: Int, _ end: Int) -> UInt32? {
        guard index + 4 <= end else { return nil }
        var value: UInt32 = 0
        for position in index..<index + 4 {
            let byte = line[position]
            guard ByteScan.isHex(byte) else { return nil }
            let digit = ByteScan.isDigit(byte) ? byte - 0x30 : (byte | 0x20) - 0x57
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
