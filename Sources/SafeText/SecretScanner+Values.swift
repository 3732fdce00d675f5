/// `key=value` in its many forms.
extension SecretScanner {
    /// A key's place and what it says about its value.
    struct Key {
        var range: Range<Int>
        var kind: SecretWords.Kind
    }

    /// What stands at `=` or `:`.
    func separator(at index: Int) -> Match? {
        if bytes[index] == 0x3A, byte(index + 1) == 0x2F, byte(index + 2) == 0x2F {
            return userInfo(at: index)
        }
        if byte(index + 1) == bytes[index] || byte(index - 1) == bytes[index] { return nil }
        guard let key = key(before: index) else { return nil }
        // `pass=12 fail=1` counts.
        if bytes[key.range].count == 4, hasText("pass", at: key.range.lowerBound) {
            let digits = end(from: skipSpaces(index + 1), while: ByteClass.isDigit)
            let count = digits - skipSpaces(index + 1)
            if count > 0, count <= 4, !ByteClass.isWord(byte(digits)) { return nil }
            // `PASS: TestLogin`.
            let word = end(from: skipSpaces(index + 1), while: ByteClass.isLetter)
            if bytes[index] == 0x3A, ByteClass.isSpace(byte(index + 1)),
                word > skipSpaces(index + 1), !ByteClass.isAlphanumeric(byte(word))
            {
                return nil
            }
        }
        // `arn:aws:secretsmanager:eu-west-1:123456789012:secret:name`.
        if bytes[index] == 0x3A, byte(key.range.lowerBound - 1) == 0x3A, isPart(index + 1) {
            return nil
        }
        // An OAuth code stands in a query; anywhere else a code is a status.
        if case .code = key.kind, !isQuery(key.range.lowerBound) { return nil }
        var start = index + 1
        if bytes[index] == 0x3D, byte(start) == 0x3E { start += 1 }
        if bytes[index] == 0x3A, byte(start) == 0x3D { start += 1 }
        return value(of: key, at: start)
    }

    /// Whether a part of an identifier begins at `index`.
    private func isPart(_ index: Int) -> Bool {
        ByteClass.isLetter(byte(index))
            && end(from: index, limit: 64, while: ByteClass.isLetter)
                < end(
                    from: index, limit: 64, while: ByteClass.isKey)
    }

    /// `"name":"DB_PASSWORD","value":"…"` and its XML sibling; `"--password", "…"`.
    ///
    /// - Parameter next: the first byte behind the name, its quote and blanks.
    func namedValue(_ name: Range<Int>, _ next: Int) -> Match? {
        let isFlag = byte(name.lowerBound) == 0x2D
        guard let kind = kind(of: bytes[name]) else { return nil }
        if byte(next) == 0x3E, !isFlag { return content(next, kind) }
        var index = byte(next) == 0x2C ? skipSpaces(next + 1) : next
        if byte(index) == 0x5C, byte(index + 1) == 0x6E {
            index = skipSpaces(index + 2, limit: Self.alignmentMax)
        }
        if isFlag {
            guard index > next else { return nil }
        } else {
            if ByteClass.isQuote(byte(index)) { index += 1 }
            guard hasText("value", at: index) else { return nil }
            index += 5
            if ByteClass.isQuote(byte(index)) { index += 1 }
            index = skipSpaces(index)
            guard byte(index) == 0x3A || byte(index) == 0x3D else { return nil }
            index += 1
        }
        return value(of: Key(range: name, kind: kind), at: index)
    }

    /// `%3D` or `%3A`: the same inside a percent-encoded text.
    func encodedSeparator(at index: Int) -> Match? {
        guard hasText("%3d", at: index) || hasText("%3a", at: index) else { return nil }
        let end = hasText("%22", at: index - 3) ? index - 3 : index
        guard let key = key(endingAt: end) else { return nil }
        var start = index + 3
        if hasText("%22", at: start) { start += 3 }
        let stop = self.end(from: start) {
            ByteClass.isAlphanumeric($0) || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
        }
        return accepted(start..<stop, key.kind)
    }

    /// `<password>value</password>`.
    func element(at index: Int) -> Match? {
        guard let key = key(endingAt: index), isElement(key.range.lowerBound) else { return nil }
        return content(index, key.kind)
    }

    /// `<ns:Password Type="PasswordText">value</ns:Password>`; `name` is the element's.
    func attributed(_ name: Range<Int>) -> Match? {
        guard isElement(name.lowerBound), let kind = kind(of: bytes[name]) else { return nil }
        let close = end(from: name.upperBound, limit: 200) { $0 != 0x3E && $0 != 0x3C }
        guard byte(close) == 0x3E, byte(close - 1) != 0x2F else { return nil }
        return content(close, kind)
    }

    /// Whether an element's name begins at `index`, with or without the name of its space.
    private func isElement(_ index: Int) -> Bool {
        guard byte(index - 1) == 0x3A else { return byte(index - 1) == 0x3C }
        var start = index - 1
        while start > 0, index - start < 16, ByteClass.isAlphanumeric(bytes[start - 1]) {
            start -= 1
        }
        return byte(start - 1) == 0x3C
    }

    /// What stands between the `>` at `index` and the element's end.
    private func content(_ index: Int, _ kind: SecretWords.Kind) -> Match? {
        let stop = end(from: index + 1) { $0 != 0x3C }
        return byte(stop + 1) == 0x2F ? accepted(index + 1..<stop, kind) : nil
    }

    private func isQuery(_ start: Int) -> Bool {
        byte(start - 1) == 0x3F || byte(start - 1) == 0x26
    }

    /// The key before a separator, past blanks, quotes and the backslashes of nested quoting.
    private func key(before index: Int) -> Key? {
        var end = index
        while end > 0, index - end < Self.alignmentMax, ByteClass.isSpace(bytes[end - 1]) {
            end -= 1
        }
        if end > 0, ByteClass.isQuote(bytes[end - 1]) || bytes[end - 1] == 0x5D { end -= 1 }
        if end > 0, ByteClass.isQuote(bytes[end - 1]) { end -= 1 }
        let quoted = end
        while end > 0, quoted - end < 12, bytes[end - 1] == 0x5C { end -= 1 }
        return key(endingAt: end)
    }

    private func key(endingAt end: Int) -> Key? {
        guard end > 0, ByteClass.isAlphanumeric(bytes[end - 1]) else { return nil }
        var start = end
        let limit = max(0, end - SecretWords.keyBytesMax)
        while start > limit, ByteClass.isKey(bytes[start - 1]) { start -= 1 }
        return kind(of: bytes[start..<end]).map { Key(range: start..<end, kind: $0) }
    }

    /// The value that begins at or after `index`.
    private func value(of key: Key, at index: Int) -> Match? {
        var start = skipSpaces(index)
        let isSpaced = start > index
        if byte(start) == 0x21 || hasText("string(", at: start) { start = behindType(start) }
        let backslashes = end(from: start, limit: 8) { $0 == 0x5C }
        var quote: UInt8?
        if ByteClass.isQuote(byte(backslashes)) {
            quote = bytes[backslashes]
            start = backslashes + 1
        }
        switch key.kind {
        case .authorization: return authorization(at: start)
        case .cookie: return cookie(at: start)
        default: break
        }
        if quote == nil, byte(start) == 0x5B {
            // A mark that something follows is a part of the value.
            let mark = Mark.end(bytes[start...])
            let isPart = mark.map { ByteClass.isAlphanumeric(byte($0)) } ?? false
            return isPart ? accepted(plainValue(start), key.kind) : listed(key, at: start + 1)
        }
        var range = quote.map { quotedValue(start, $0) } ?? plainValue(start)
        // `"old" -> "new"`.
        if let quote, byte(range.upperBound) == quote, hasText(" -> ", at: range.upperBound + 1),
            byte(range.upperBound + 5) == quote
        {
            range = range.lowerBound..<quotedValue(range.upperBound + 6, quote).upperBound
        }
        if isSpaced, quote == nil, bytes[index - 1] == 0x3A, isProse(range, key) { return nil }
        return accepted(range, key.kind)
    }

    /// Behind a type that stands in front of a value: `!vault x`, `string(14) "x"`.
    private func behindType(_ index: Int) -> Int {
        let stop = end(from: index, limit: 24) { $0 > 0x20 && !ByteClass.isQuote($0) }
        return ByteClass.isSpace(byte(stop)) ? skipSpaces(stop) : index
    }

    /// `[value]` and `["value"]`, as header maps are printed; `[FILTERED]` is a mark.
    private func listed(_ key: Key, at index: Int) -> Match? {
        let start = ByteClass.isQuote(byte(index)) ? index + 1 : index
        let stop = end(from: start, limit: SecretScanner.placeholderBytesMax) {
            $0 > 0x20 && $0 != 0x5D && $0 != 0x2C && $0 != 0x5B && $0 != 0x7B
                && !ByteClass.isQuote($0)
        }
        let value = bytes[start..<stop]
        guard value.contains(where: ByteClass.isDigit), !value.starts(with: Array("REDACTED".utf8))
        else { return nil }
        return accepted(start..<stop, key.kind)
    }

    /// Up to the closing quote; a quote behind a backslash does not close, unless the opening one
    /// stood behind a backslash too.
    private func quotedValue(_ start: Int, _ quote: UInt8) -> Range<Int> {
        let openedEscaped = byte(start - 2) == 0x5C
        var index = start
        while index < bytes.count {
            if bytes[index] == quote {
                if openedEscaped { break }
                if index == start || bytes[index - 1] != 0x5C { break }
            }
            index += 1
        }
        var stop = index
        if openedEscaped { while stop > start, bytes[stop - 1] == 0x5C { stop -= 1 } }
        return start..<stop
    }

    /// Up to a blank, a quote or a separator; closing brackets at the end are not part of it.
    private func plainValue(_ start: Int) -> Range<Int> {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if ByteClass.isSpace(byte) || ByteClass.isQuote(byte) || byte == 0x26 || byte == 0x3B {
                break
            }
            if byte == 0x2C, index == start || endsValue(index) { break }
            if byte == 0x5C, self.byte(index + 1) == 0x6E || ByteClass.isQuote(self.byte(index + 1))
            {
                break
            }
            index += 1
        }
        let closing: Set<UInt8> = [0x29, 0x5D, 0x7D, 0x2E, 0x2C, 0x3A, 0x3E]
        while index > start, closing.contains(bytes[index - 1]) { index -= 1 }
        return start..<index
    }

    /// Whether the comma at `index` separates this value from another `key=`.
    private func endsValue(_ index: Int) -> Bool {
        let next = byte(index + 1)
        if next == 0 || ByteClass.isSpace(next) || ByteClass.isQuote(next) { return true }
        let stop = end(from: index + 1, limit: 40, while: ByteClass.isKey)
        return stop > index + 1 && (byte(stop) == 0x3D || byte(stop) == 0x3A)
    }

    /// Whether an unquoted value after "word: " is the rest of a sentence: `token: expired at 3`.
    private func isProse(_ range: Range<Int>, _ key: Key) -> Bool {
        let isName = bytes[key.range].contains { $0 == 0x5F || $0 == 0x2D || $0 == 0x2E }
        guard !range.isEmpty, !isName else { return false }
        var endsSentence = range.upperBound == bytes.count
        if case .password = key.kind { endsSentence = false }
        guard endsSentence || byte(range.upperBound) == 0x20 else { return false }
        let word = bytes[range].dropFirst()
        guard ByteClass.isLetter(bytes[range.lowerBound]) else { return false }
        return word.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x2D || $0 == 0x27 }
    }

    /// The value as a match, unless it says that there is none.
    func accepted(_ range: Range<Int>, _ kind: SecretWords.Kind) -> Match? {
        guard !range.isEmpty, !isHarmless(bytes[range], kind) else { return nil }
        return Match(range: range, cls: "kv")
    }
}
