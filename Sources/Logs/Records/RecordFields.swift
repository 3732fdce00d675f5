/// The named values of a record beyond those every record has: members of a JSON object, pairs of a
/// logfmt line or of a message, RFC 5424's structured data, the parts of an access line.
enum RecordFields {
    struct Value {
        var bytes: ArraySlice<UInt8>
        /// A JSON number, true, false or null, to be written as it stands.
        var isLiteral: Bool
        /// Escapes were resolved: what they hid was not seen by sanitiser and redactor before.
        var isUnescaped = false
    }

    /// Most fields of one record.
    static let countMax = 64
    private static let keyBytesMax = 64
    private static let depthMax = 3

    /// Calls `body` with each name and value, in the order of the line.
    static func each(
        _ record: JoinedRecord, _ body: (_ key: ArraySlice<UInt8>, _ value: Value) -> Void
    ) {
        var left = countMax
        func hand(_ key: ArraySlice<UInt8>, _ value: Value) {
            guard left > 0, !key.isEmpty else { return }
            left -= 1
            body(key, value)
        }
        switch record.parsed.format {
        case .json: members(record.head.span, hand)
        case .logfmt: pairs(record.head[...], skipsKnown: true, hand)
        case .access: access(record.head.span, hand)
        case .syslog:
            structuredData(record.head.span, hand)
            pairs(record.message, skipsKnown: false, hand)
        default: pairs(record.message, skipsKnown: false, hand)
        }
    }

    // MARK: JSON

    private static func members(
        _ line: Span<UInt8>, _ hand: (_ key: ArraySlice<UInt8>, _ value: Value) -> Void
    ) {
        guard let start = ByteScan.find(line, 0x7B, from: 0) else { return }
        var index = start
        _ = object(line, &index, prefix: [], parent: nil, depth: 0, hand)
    }

    private static func object(
        _ line: Span<UInt8>, _ index: inout Int, prefix: [UInt8], parent: JSONKey?, depth: Int,
        _ hand: (_ key: ArraySlice<UInt8>, _ value: Value) -> Void
    ) -> Bool {
        index += 1
        while true {
            index = JSONLine.skipSpace(line, index)
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
            guard let keyRange = JSONLine.string(line, &index) else { return false }
            index = JSONLine.skipSpace(line, index)
            guard ByteScan.at(line, index) == 0x3A else { return false }
            index = JSONLine.skipSpace(line, index + 1)
            var known = JSONKey(line, keyRange, parent: parent)
            // These only stand in for what the record lacks: they stay fields.
            if known == .status || known == .weakService || known == .envelope { known = nil }
            let name = ByteScan.bytes(
                line, keyRange.lowerBound..<min(keyRange.upperBound, keyRange.lowerBound + 64))
            let key = prefix.isEmpty ? name : prefix + [0x2E] + name
            let start = index
            switch ByteScan.at(line, index) {
            case 0x22:
                guard let range = JSONLine.string(line, &index) else { return false }
                if known == nil || known?.isParent == true && parent == nil && !isTaken(known) {
                    hand(key[...], unescaped(line, range))
                }
            case 0x7B where depth < depthMax:
                guard
                    object(
                        line, &index, prefix: key, parent: known, depth: depth + 1, hand)
                else { return false }
            case 0x7B, 0x5B:
                guard JSONLine.skipNested(line, &index) else { return false }
                if known == nil {
                    hand(
                        key[...],
                        Value(bytes: ByteScan.bytes(line, start..<index)[...], isLiteral: false))
                }
            default:
                while index < line.count, !",}] \t".utf8.contains(line[index]) { index += 1 }
                guard index > start else { return false }
                let bytes = ByteScan.bytes(line, start..<index)
                if known == nil {
                    hand(key[...], Value(bytes: bytes[...], isLiteral: isLiteral(bytes)))
                }
            }
        }
    }

    /// Members that the record's own parts come from.
    private static func isTaken(_ key: JSONKey?) -> Bool {
        switch key {
        case .fieldsParent, nil: false
        default: true
        }
    }

    private static func unescaped(_ line: Span<UInt8>, _ range: Range<Int>) -> Value {
        guard ByteScan.find(line, 0x5C, from: range.lowerBound, limit: range.count) != nil else {
            return Value(bytes: ByteScan.bytes(line, range)[...], isLiteral: false)
        }
        return Value(
            bytes: JSONLine.unescaped(line, range)[...], isLiteral: false, isUnescaped: true)
    }

    /// `true`, `false`, `null`, or a number as JSON writes it.
    static func isLiteral(_ bytes: [UInt8]) -> Bool {
        if ["true", "false", "null"].contains(where: { bytes.elementsEqual($0.utf8) }) {
            return true
        }
        var index = bytes.first == 0x2D ? 1 : 0
        func digits() -> Int {
            let start = index
            while index < bytes.count, ByteScan.isDigit(bytes[index]) { index += 1 }
            return index - start
        }
        let leadingZero = index < bytes.count && bytes[index] == 0x30
        let whole = digits()
        guard whole > 0, !(leadingZero && whole > 1) else { return false }
        if index < bytes.count, bytes[index] == 0x2E {
            index += 1
            guard digits() > 0 else { return false }
        }
        if index < bytes.count, bytes[index] | 0x20 == 0x65 {
            index += 1
            if index < bytes.count, bytes[index] == 0x2B || bytes[index] == 0x2D { index += 1 }
            guard digits() > 0 else { return false }
        }
        return index == bytes.count
    }

    // MARK: key=value

    /// `name=value` and `name="value"` between blanks, in the first line.
    private static func pairs(
        _ text: ArraySlice<UInt8>, skipsKnown: Bool,
        _ hand: (_ key: ArraySlice<UInt8>, _ value: Value) -> Void
    ) {
        var index = text.startIndex
        let end = text.firstIndex(of: 0x0A) ?? text.endIndex
        guard text[..<end].contains(0x3D) else { return }
        while index < end {
            let start = index
            while index < end, isKeyByte(text[index]) { index += 1 }
            guard index > start, index < end, text[index] == 0x3D, index - start <= keyBytesMax,
                index + 1 < end, ByteScan.isLetter(text[start]) || text[start] == 0x40
            else {
                while index < end, !ByteScan.isBlank(text[index]) { index += 1 }
                while index < end, !isKeyByte(text[index]) { index += 1 }
                continue
            }
            let key = text[start..<index]
            let value = value(text, index + 1, end)
            index = value.end
            if skipsKnown, LogfmtLine.isKnown(String(decoding: key, as: UTF8.self)) { continue }
            guard !value.range.isEmpty else { continue }
            var bytes = text[value.range]
            if value.isEscaped { bytes = unquoted(Array(bytes))[...] }
            hand(key, Value(bytes: bytes, isLiteral: false, isUnescaped: value.isEscaped))
        }
    }

    private static func value(_ text: ArraySlice<UInt8>, _ start: Int, _ end: Int)
        -> (range: Range<Int>, end: Int, isEscaped: Bool)
    {
        var index = start
        guard text[start] == 0x22 else {
            while index < end, !ByteScan.isBlank(text[index]) { index += 1 }
            var last = index
            while last > start, isClosing(text[last - 1], text[start]) { last -= 1 }
            return (start..<last, index, false)
        }
        index += 1
        var isEscaped = false
        while index < end, text[index] != 0x22 {
            if text[index] == 0x5C {
                isEscaped = true
                index += 1
            }
            index += 1
        }
        let last = min(index, end)
        return (start + 1..<max(start + 1, last), min(last + 1, end), isEscaped)
    }

    /// Whether a last byte belongs to the text around a value that begins with `first`.
    private static func isClosing(_ last: UInt8, _ first: UInt8) -> Bool {
        switch last {
        case 0x2C, 0x3B: true
        case 0x29: first != 0x28
        case 0x5D: first != 0x5B
        default: false
        }
    }

    private static func unquoted(_ bytes: [UInt8]) -> [UInt8] {
        JSONLine.unescaped(bytes.span, 0..<bytes.count)
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        ByteScan.isWord(byte) || byte == 0x5F || byte == 0x2E || byte == 0x40 || byte == 0x2D
    }

    // MARK: syslog and access lines

    /// `[id name="value" …]` behind RFC 5424's header.
    private static func structuredData(
        _ line: Span<UInt8>, _ hand: (_ key: ArraySlice<UInt8>, _ value: Value) -> Void
    ) {
        guard ByteScan.at(line, 0) == 0x3C,
            let close = ByteScan.find(line, 0x3E, from: 0, limit: 5),
            ByteScan.has(line, "1 ", at: close + 1)
        else { return }
        var index = close + 3
        var tokens: [Range<Int>] = []
        for _ in 0..<5 where index < line.count {
            let end = RecordParser.tokenEnd(line, index)
            tokens.append(index..<end)
            index = end + 1
        }
        guard tokens.count == 5 else { return }
        for (name, range) in [("pid", tokens[3]), ("msgid", tokens[4])]
        where !(range.count == 1 && line[range.lowerBound] == 0x2D) {
            hand(
                Array(name.utf8)[...],
                Value(bytes: ByteScan.bytes(line, range)[...], isLiteral: false))
        }
        guard ByteScan.at(line, index) == 0x5B else { return }
        let end = RecordParser.structuredDataEnd(line, index)
        pairs(
            ByteScan.bytes(line, index + 1..<max(index + 1, end - 1))[...], skipsKnown: false, hand)
    }

    /// client, method, path, status and bytes of the common log format.
    private static func access(
        _ line: Span<UInt8>, _ hand: (_ key: ArraySlice<UInt8>, _ value: Value) -> Void
    ) {
        func text(_ name: String, _ range: Range<Int>) {
            guard !range.isEmpty, !(range.count == 1 && line[range.lowerBound] == 0x2D) else {
                return
            }
            let bytes = ByteScan.bytes(line, range)
            hand(Array(name.utf8)[...], Value(bytes: bytes[...], isLiteral: isLiteral(bytes)))
        }
        text("client", 0..<RecordParser.tokenEnd(line, 0))
        guard let open = ByteScan.find(line, 0x22, from: 0),
            let close = ByteScan.find(line, 0x22, from: open + 1)
        else { return }
        let method = RecordParser.tokenEnd(line, open + 1)
        if method < close {
            text("method", open + 1..<method)
            text("path", method + 1..<min(close, RecordParser.tokenEnd(line, method + 1)))
        }
        var index = ByteScan.skipBlanks(line, close + 1)
        for name in ["status", "bytes"] {
            let end = RecordParser.tokenEnd(line, index)
            if ByteScan.digitRun(line, index) == end - index { text(name, index..<end) }
            index = ByteScan.skipBlanks(line, end)
        }
        for name in ["referer", "agent"] where ByteScan.at(line, index) == 0x22 {
            guard let end = ByteScan.find(line, 0x22, from: index + 1) else { return }
            text(name, index + 1..<end)
            index = ByteScan.skipBlanks(line, end + 1)
        }
    }
}
