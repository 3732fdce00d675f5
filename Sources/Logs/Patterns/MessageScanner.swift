/// Cuts a message into tokens and tells values from words by their characters alone.
///
/// A message is cut at blanks and at the marks that writers put between parts (`= , ; ( ) [ ]` and
/// so on). Numbers, addresses, hex, paths, URLs, quantities, times and what stands behind `=` are
/// values: all alike to the miner, whatever they hold. Words with one trailing number keep their
/// letters (`blk_7` and `eth0` stay different in name, near in cost). Repetitions of a unit that
/// holds a value count once, so that lists of any length are one pattern.
///
/// Reused from line to line, so that it allocates nothing; one pass over the bytes.
struct MessageScanner {
    enum Kind: UInt8 {
        case word, mixed, value, delimiter
    }

    /// What a value looks like; for display only.
    enum ValueClass: UInt8 {
        case number, quantity, hex, address, host, path, url, string, identifier, text
    }

    struct Token {
        /// Of the text of a word or delimiter, of the letters of a mixed word, one for all values.
        var hash: UInt64
        var start: UInt32
        var end: UInt32
        var kind: Kind
        var valueClass: ValueClass = .number
        var isMonth = false
        /// The unit that ends here stood there more than once.
        var isRepeated = false

        var range: Range<Int> { Int(start)..<Int(end) }
        var isVariable: Bool { kind == .value || kind == .mixed }
    }

    /// Bytes of a message that are looked at.
    static let bytesMax = 4096
    /// Tokens of a message that are looked at; what follows has no say in its pattern.
    static let tokensMax = 128
    /// Longest quoted value.
    private static let quoteMax = 200
    /// Longest repeated unit, in tokens.
    private static let unitMax = 6

    static let seed: UInt64 = 0xCBF2_9CE4_8422_2325
    static let valueHash: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// The first `count` are the message's.
    private(set) var tokens = [Token](
        repeating: Token(hash: 0, start: 0, end: 0, kind: .word), count: tokensMax + 250)
    private(set) var count = 0
    /// Of all tokens: lines that differ in values alone share it.
    private(set) var hash: UInt64 = 0
    /// One bit for each of the tokens' hashes: most words stand in a message once.
    private var seen: UInt64 = 0
    private let bytes = CharacterCounts.table

    mutating func scan(_ line: Span<UInt8>) {
        count = 0
        seen = 0
        let end = min(line.count, Self.bytesMax)
        var index = 0
        while index < end, count < Self.tokensMax {
            switch bytes[Int(line[index])] {
            case CharacterCounts.blank: index += 1
            case CharacterCounts.mark: mark(line, &index, end)
            default: chunk(line, &index, end)
            }
        }
        var value = Self.seed
        for index in 0..<count {
            value = (value ^ tokens[index].hash) &* 0x9E37_79B9_7F4A_7C15
            value ^= value >> 29
        }
        hash = value
    }

    // MARK: - Marks between parts

    private mutating func mark(_ line: Span<UInt8>, _ index: inout Int, _ end: Int) {
        let byte = line[index]
        if byte == 0x22 || byte == 0x27, let close = closing(line, index, end) {
            if ByteScan.at(line, close + 1) == 0x3A {
                appendDelimiter(line, index, close + 1)
            } else {
                appendValue(.string, index, close + 1)
            }
            index = close + 1
            return
        }
        // `<1 sec` is a quantity.
        if byte == 0x3C, ByteScan.isDigit(ByteScan.at(line, index + 1)) {
            index += 1
            return
        }
        var stop = index + 1
        if byte == 0x3D || byte == 0x23 || byte == 0x3C || byte == 0x3E || byte == 0x7C {
            while stop < end, line[stop] == byte { stop += 1 }
        }
        if byte == 0x29, isAside() {
            count -= 2
        } else {
            if byte == 0x29 || byte == 0x5D || byte == 0x7D { closeList() }
            appendDelimiter(line, index, stop)
        }
        index = stop
    }

    /// `[TERM, HUP` before `]`: single words between commas are one value, however many they are.
    private mutating func closeList() {
        var index = count - 1
        var items = 0
        while index >= 0, tokens[index].kind != .delimiter {
            items += 1
            index -= 1
            guard index >= 0, tokens[index].hash == Self.hash(of: 0x2C) else { break }
            index -= 1
        }
        guard items >= 2, index >= 0, tokens[index].kind == .delimiter,
            [0x28, 0x5B, 0x7B].contains(where: { tokens[index].hash == Self.hash(of: $0) })
        else { return }
        let end = tokens[count - 1].end
        count = index + 2
        seen |= Self.bit(Self.valueHash)
        tokens[index + 1] = Token(
            hash: Self.valueHash, start: tokens[index + 1].start, end: end, kind: .value,
            valueClass: .text)
    }

    /// `10542 bytes (10.2 KB`: the parenthesis says the same again.
    private func isAside() -> Bool {
        let last = count - 1
        return last >= 2 && tokens[last].kind == .value && tokens[last].valueClass == .quantity
            && tokens[last - 1].hash == Self.hash(of: 0x28) && tokens[last - 2].kind == .value
    }

    /// The end of a quoted word that starts at `index`: quoted sentences are read like others.
    private func closing(_ line: Span<UInt8>, _ index: Int, _ end: Int) -> Int? {
        if index > 0, ByteScan.isWord(line[index - 1]) { return nil }
        let quote = line[index]
        var close = index + 1
        let limit = min(end, index + Self.quoteMax)
        let isValue = opensValue(line, index)
        while close < limit, line[close] != quote {
            if !isValue, ByteScan.isBlank(line[close]) { return nil }
            close += 1
        }
        guard close < limit, close > index + 1, !ByteScan.isWord(ByteScan.at(line, close + 1))
        else { return nil }
        return close
    }

    /// Whether the quote at `index` stands behind `=` and the name before it is not one of those
    /// that programs give to their messages.
    private func opensValue(_ line: Span<UInt8>, _ index: Int) -> Bool {
        guard index > 0, line[index - 1] == 0x3D, count >= 2 else { return false }
        let name = tokens[count - 2]
        guard name.kind == .word, name.range.count <= 8 else { return true }
        return !ShortWords.isMessage(
            ByteScan.packedWord(line, Int(name.start), name.range.count))
    }

    // MARK: - Runs between marks

    private mutating func chunk(_ line: Span<UInt8>, _ index: inout Int, _ end: Int) {
        let start = index
        var makeup = CharacterCounts()
        var stop = start
        while stop < end {
            let counts = bytes[Int(line[stop])]
            if counts >= CharacterCounts.mark {
                guard line[stop] == 0x27, stop > start, ByteScan.isLetter(line[stop - 1]),
                    ByteScan.isLetter(ByteScan.at(line, stop + 1))
                else { break }
            } else {
                makeup.lanes &+= counts
            }
            stop += 1
        }
        if stop < end, makeup.slashes > 0, let close = locatorEnd(line, start, stop, end) {
            appendValue(line[start] == 0x2F ? .path : .url, start, close)
            index = close
            return
        }
        index = stop
        var last = stop
        while last > start, ByteScan.isStop(line[last - 1]) {
            last -= 1
            makeup.lanes &-= bytes[Int(line[last])]
        }
        if last - start > CharacterCounts.lengthMax {
            // Longer than any word, and than the counts can tell.
            appendValue(.identifier, start, last)
        } else if last > start {
            if makeup.hasJoints || makeup.digits + makeup.letters == 0 {
                general(line, start, last)
            } else {
                single(line, start, last, makeup)
            }
        }
        while last < stop {
            var next = last + 1
            while next < stop, line[next] == line[last] { next += 1 }
            appendDelimiter(line, last, next)
            last = next
        }
    }

    /// The end of a URL, or of a path with a query, that goes on behind the mark at `stop`; nil
    /// when it does not.
    private func locatorEnd(_ line: Span<UInt8>, _ start: Int, _ stop: Int, _ end: Int) -> Int? {
        func goesOn(_ index: Int) -> Bool {
            let byte = line[index]
            return (byte == 0x3D || byte == 0x23 || byte == 0x3B || byte == 0x2C)
                && index + 1 < end && bytes[Int(line[index + 1])] != CharacterCounts.blank
        }
        guard goesOn(stop), isLocator(line, start, stop) else { return nil }
        var close = stop
        while close < end, bytes[Int(line[close])] < CharacterCounts.mark || goesOn(close) {
            close += 1
        }
        return close
    }

    private func isLocator(_ line: Span<UInt8>, _ start: Int, _ stop: Int) -> Bool {
        if line[start] == 0x2F {
            return ByteScan.find(line, 0x3F, from: start, limit: stop - start) != nil
        }
        guard let colon = ByteScan.find(line, 0x3A, from: start, limit: stop - start)
        else { return false }
        return ByteScan.has(line, "://", at: colon)
    }

    // MARK: - Appending

    mutating func appendDelimiter(_ line: Span<UInt8>, _ start: Int, _ end: Int) {
        append(
            Token(
                hash: Self.hash(line, start, end), start: UInt32(start), end: UInt32(end),
                kind: .delimiter))
    }

    mutating func appendValue(_ valueClass: ValueClass, _ start: Int, _ end: Int) {
        // `Thu Aug 04`: the names belong to the date.
        while count > 0, tokens[count - 1].isMonth { count -= 1 }
        append(
            Token(
                hash: Self.valueHash, start: UInt32(start), end: UInt32(end), kind: .value,
                valueClass: valueClass))
    }

    mutating func appendLetters(_ hash: UInt64, _ start: Int, _ end: Int) {
        if isValuePlace(start) { return appendValue(.text, start, end) }
        append(Token(hash: hash, start: UInt32(start), end: UInt32(end), kind: .mixed))
    }

    mutating func appendWord(_ line: Span<UInt8>, _ start: Int, _ end: Int) {
        if isValuePlace(start) { return appendValue(.text, start, end) }
        var isMonth = false
        if end - start <= 7 {
            let word = ByteScan.packedWord(line, start, end - start)
            if count > 0, tokens[count - 1].kind == .value {
                let last = tokens[count - 1].valueClass
                if last == .number || last == .quantity, ShortWords.isUnit(word) {
                    tokens[count - 1].valueClass = .quantity
                    tokens[count - 1].end = UInt32(end)
                    return
                }
                if ShortWords.isZone(word) { return }
            }
            if ShortWords.isConstant(word) { return appendValue(.text, start, end) }
            isMonth = ByteScan.isUpper(line[start]) && ShortWords.isMonthOrDay(word)
        }
        append(
            Token(
                hash: Self.hash(line, start, end), start: UInt32(start), end: UInt32(end),
                kind: .word, isMonth: isMonth))
    }

    /// Whether what starts at `start` stands behind `=` and belongs to it: `a=b`, `a = b`; not
    /// `a= b=c`, where the value is empty.
    private func isValuePlace(_ start: Int) -> Bool {
        guard count > 0, tokens[count - 1].hash == Self.hash(of: 0x3D) else { return false }
        if Int(tokens[count - 1].end) == start { return true }
        return count >= 2 && tokens[count - 2].end < tokens[count - 1].start
    }

    /// Appends and takes back a unit that repeats the one before it.
    private mutating func append(_ token: Token) {
        guard count < tokens.count else { return }
        tokens[count] = token
        count += 1
        let bit = Self.bit(token.hash)
        guard seen & bit != 0 else {
            seen |= bit
            return
        }
        var length = 1
        while length <= Self.unitMax, 2 * length <= count {
            if tokens[count - 1 - length].hash == token.hash, isRepeated(length) {
                count -= length
                tokens[count - 1].isRepeated = true
                return
            }
            length += 1
        }
    }

    private static func bit(_ hash: UInt64) -> UInt64 { 1 << (hash >> 58) }

    private func isRepeated(_ length: Int) -> Bool {
        var hasValue = false
        for index in count - length..<count {
            guard tokens[index].hash == tokens[index - length].hash else { return false }
            if tokens[index].isVariable { hasValue = true }
        }
        return hasValue
    }

    /// The hash of a mark of one byte.
    private static func hash(of mark: UInt64) -> UInt64 { (seed ^ mark) &* 0x100_0000_01B3 }

    static func hash(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> UInt64 {
        var value = seed
        for index in start..<end { value = (value ^ UInt64(line[index])) &* 0x100_0000_01B3 }
        return value
    }
}
