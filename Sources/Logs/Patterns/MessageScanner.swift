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

    private(set) var tokens: [Token] = []
    /// Of all tokens: lines that differ in values alone share it.
    private(set) var hash: UInt64 = 0
    private let classes = ByteClasses()

    init() { tokens.reserveCapacity(Self.tokensMax + 8) }

    mutating func scan(_ line: Span<UInt8>) {
        tokens.removeAll(keepingCapacity: true)
        let end = min(line.count, Self.bytesMax)
        var index = 0
        while index < end, tokens.count < Self.tokensMax {
            let kind = classes[line[index]]
            if kind & ByteClasses.blank != 0 {
                index += 1
            } else if kind & ByteClasses.mark != 0 {
                mark(line, &index, end)
            } else {
                chunk(line, &index, end)
            }
        }
        var value = Self.seed
        for index in tokens.indices {
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
            tokens.removeLast(2)
        } else {
            if byte == 0x29 || byte == 0x5D || byte == 0x7D { closeList() }
            appendDelimiter(line, index, stop)
        }
        index = stop
    }

    /// `[TERM, HUP` before `]`: single words between commas are one value, however many they are.
    private mutating func closeList() {
        var index = tokens.count - 1
        var items = 0
        while index >= 0, tokens[index].kind != .delimiter {
            items += 1
            index -= 1
            guard index >= 0, tokens[index].hash == Self.commaHash else { break }
            index -= 1
        }
        guard items >= 2, index >= 0, tokens[index].kind == .delimiter,
            Self.openHashes.contains(tokens[index].hash)
        else { return }
        var value = tokens[index + 1]
        value.hash = Self.valueHash
        value.kind = .value
        value.valueClass = .text
        value.end = tokens[tokens.count - 1].end
        tokens.removeLast(tokens.count - 1 - index)
        tokens.append(value)
    }

    private static let commaHash = (seed ^ 0x2C) &* 0x100_0000_01B3
    private static let openHashes: [UInt64] = [0x28, 0x5B, 0x7B].map {
        (seed ^ $0) &* 0x100_0000_01B3
    }

    /// `10542 bytes (10.2 KB`: the parenthesis says the same again.
    private func isAside() -> Bool {
        let last = tokens.count - 1
        return last >= 2 && tokens[last].kind == .value && tokens[last].valueClass == .quantity
            && tokens[last - 1].hash == Self.openHash && tokens[last - 2].kind == .value
    }

    private static let openHash = (seed ^ 0x28) &* 0x100_0000_01B3

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
        guard index > 0, line[index - 1] == 0x3D, tokens.count >= 2 else { return false }
        let name = tokens[tokens.count - 2]
        guard name.kind == .word, name.range.count <= 8 else { return true }
        return !ShortWords.isMessage(
            ByteScan.packedWord(line, Int(name.start), name.range.count))
    }

    // MARK: - Runs between marks

    private mutating func chunk(_ line: Span<UInt8>, _ index: inout Int, _ end: Int) {
        let start = index
        var seen: UInt8 = 0
        var specials = 0
        var stop = start
        while stop < end {
            let kind = classes[line[stop]]
            if kind & (ByteClasses.blank | ByteClasses.mark) != 0 {
                guard line[stop] == 0x27, stop > start, ByteScan.isLetter(line[stop - 1]),
                    ByteScan.isLetter(ByteScan.at(line, stop + 1))
                else { break }
            }
            seen |= kind
            specials += Int(kind >> 7)
            stop += 1
        }
        index = stop
        var last = stop
        while last > start, ByteScan.isStop(line[last - 1]) { last -= 1 }
        if last > start {
            if specials == stop - last, seen & (ByteClasses.digit | ByteClasses.letter) != 0 {
                plain(line, start, last, seen)
            } else {
                general(line, start, last)
            }
        }
        while last < stop {
            var next = last + 1
            while next < stop, line[next] == line[last] { next += 1 }
            appendDelimiter(line, last, next)
            last = next
        }
    }

    /// A chunk with letters or digits, without `: . / \ ! ?`.
    private mutating func plain(_ line: Span<UInt8>, _ start: Int, _ end: Int, _ seen: UInt8) {
        if seen & ByteClasses.digit == 0 {
            appendWord(line, start, end)
        } else if seen & ByteClasses.letter == 0 {
            appendValue(.number, start, end)
        } else {
            appendMixed(line, start, end)
        }
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
        while let last = tokens.last, last.isMonth { tokens.removeLast() }
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
            if let last = tokens.last, last.kind == .value {
                if last.valueClass == .number || last.valueClass == .quantity,
                    ShortWords.isUnit(word)
                {
                    tokens[tokens.count - 1].valueClass = .quantity
                    tokens[tokens.count - 1].end = UInt32(end)
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
        guard let last = tokens.last, last.kind == .delimiter, last.hash == Self.equalsHash
        else { return false }
        if Int(last.end) == start { return true }
        return tokens.count >= 2 && tokens[tokens.count - 2].end < last.start
    }

    private static let equalsHash = (seed ^ 0x3D) &* 0x100_0000_01B3

    /// Appends and takes back a unit that repeats the one before it.
    private mutating func append(_ token: Token) {
        tokens.append(token)
        let count = tokens.count
        var length = 1
        while length <= Self.unitMax, 2 * length <= count {
            if tokens[count - 1 - length].hash == token.hash, isRepeated(length) {
                tokens.removeLast(length)
                tokens[tokens.count - 1].isRepeated = true
                return
            }
            length += 1
        }
    }

    private func isRepeated(_ length: Int) -> Bool {
        let count = tokens.count
        var hasValue = false
        for index in count - length..<count {
            guard tokens[index].hash == tokens[index - length].hash else { return false }
            if tokens[index].isVariable { hasValue = true }
        }
        return hasValue
    }

    static func hash(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> UInt64 {
        var value = seed
        for index in start..<end { value = (value ^ UInt64(line[index])) &* 0x100_0000_01B3 }
        return value
    }
}
