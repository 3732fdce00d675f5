/// Cuts a message into words and writes `<num>`, `<ip>`, `<host>`, `<hex>`, `<uuid>`, `<time>`,
/// `<str>` or `<id>` where values stand. Reused from line to line, so that it allocates nothing.
struct Masker {
    struct Token {
        var range: Range<Int>
        var hash: UInt64
        var isMasked: Bool
    }

    /// Words behind this many are one.
    static let tokensMax = 96
    /// Bytes of a message that are looked at.
    static let bytesMax = 2048

    private(set) var masked: [UInt8] = []
    private(set) var tokens: [Token] = []
    /// Of the whole masked text.
    private(set) var hash: UInt64 = 0
    private var tokenIsMasked = false

    mutating func run(_ line: Span<UInt8>) {
        masked.removeAll(keepingCapacity: true)
        tokens.removeAll(keepingCapacity: true)
        hash = Self.seed
        let end = min(line.count, Self.bytesMax)
        var index = 0
        while index < end, tokens.count < Self.tokensMax {
            index = ByteScan.skipBlanks(line, index)
            guard index < end else { break }
            token(line, &index, end)
        }
    }

    private static let seed: UInt64 = 0xCBF2_9CE4_8422_2325

    private mutating func token(_ line: Span<UInt8>, _ index: inout Int, _ end: Int) {
        let start = masked.count
        tokenIsMasked = false
        var previous: UInt8 = 0x20
        while index < end, !ByteScan.isBlank(line[index]) {
            let byte = line[index]
            if !ByteScan.isWord(byte) {
                if isQuote(byte, previous), let close = closing(line, index, end) {
                    write("<str>")
                    index = close + 1
                    previous = byte
                    continue
                }
                if byte == 0x2D, isSign(line, index, previous) {
                    index += 1
                    continue
                }
                masked.append(byte)
                previous = byte
                index += 1
                continue
            }
            if !ByteScan.isWord(previous), let close = hostEnd(line, index, end) {
                write("<host>")
                index = close
                previous = 0x30
                continue
            }
            previous = 0x30
            word(line, &index, end)
        }
        var value = Self.seed
        for position in start..<masked.count {
            value = (value ^ UInt64(masked[position])) &* 0x100_0000_01B3
        }
        hash = (hash ^ value) &* 0x9E37_79B9_7F4A_7C15
        tokens.append(Token(range: start..<masked.count, hash: value, isMasked: tokenIsMasked))
    }

    private mutating func write(_ mask: StaticString) {
        tokenIsMasked = true
        mask.withUTF8Buffer { masked.append(contentsOf: $0) }
    }

    private func isQuote(_ byte: UInt8, _ previous: UInt8) -> Bool {
        (byte == 0x22 || byte == 0x27) && (!ByteScan.isWord(previous) || previous == 0x20)
    }

    private func closing(_ line: Span<UInt8>, _ index: Int, _ end: Int) -> Int? {
        guard let close = ByteScan.find(line, line[index], from: index + 1, limit: end - index - 1),
            close > index + 1, !ByteScan.isWord(ByteScan.at(line, close + 1))
        else { return nil }
        return close
    }

    /// A minus that belongs to the number behind it.
    private func isSign(_ line: Span<UInt8>, _ index: Int, _ previous: UInt8) -> Bool {
        ByteScan.isDigit(ByteScan.at(line, index + 1)) && !ByteScan.isWord(previous)
    }

    /// What a run of letters and digits is made of.
    private struct Run {
        var stop: Int
        var length = 0
        var digits = 0
        var hex = 0
        /// How often letters and digits take turns.
        var changes = 0

        init(_ line: Span<UInt8>, _ start: Int, _ end: Int) {
            stop = start
            var wasDigit = false
            while stop < end, ByteScan.isWord(line[stop]) {
                let isDigit = ByteScan.isDigit(line[stop])
                if isDigit { digits += 1 }
                if ByteScan.isHex(line[stop]) { hex += 1 }
                if stop > start, isDigit != wasDigit { changes += 1 }
                wasDigit = isDigit
                stop += 1
            }
            length = stop - start
        }

        var isHex: Bool { hex == length }
    }

    /// The run of letters and digits at `index`, or a longer value that starts there.
    private mutating func word(_ line: Span<UInt8>, _ index: inout Int, _ end: Int) {
        let run = Run(line, index, end)
        if run.isHex, run.length == 8, let close = uuidEnd(line, index, end) {
            write("<uuid>")
            index = close
        } else if run.isHex, run.length <= 4, let close = colonHexEnd(line, index, end) {
            write("<ip>")
            index = close
        } else if run.digits > 0, run.digits == run.length {
            number(line, &index, run.stop, end)
        } else {
            mixedWord(line, index, run)
            index = run.stop
        }
    }

    /// A word with at least one letter.
    private mutating func mixedWord(_ line: Span<UInt8>, _ start: Int, _ run: Run) {
        let isPrefixed =
            line[start] == 0x30 && ByteScan.at(line, start + 1) | 0x20 == 0x78
            && run.hex == run.length - 1
        if run.digits == 0 {
            if run.isHex, run.length >= 16 { return write("<hex>") }
            for position in start..<run.stop { masked.append(line[position]) }
        } else if isPrefixed || (run.isHex && run.length >= 6) {
            write("<hex>")
        } else if run.length >= 8, run.changes >= 3 {
            write("<id>")
        } else {
            mixed(line, start..<run.stop)
        }
    }

    /// Letters stay, each run of digits becomes `<num>`.
    private mutating func mixed(_ line: Span<UInt8>, _ range: Range<Int>) {
        var inDigits = false
        for position in range {
            let byte = line[position]
            if ByteScan.isDigit(byte) {
                if !inDigits { write("<num>") }
                inDigits = true
            } else {
                masked.append(byte)
                inDigits = false
            }
        }
    }

    /// All digits: a number with its fraction, an address, a date or a time of day.
    private mutating func number(
        _ line: Span<UInt8>, _ index: inout Int, _ stop: Int, _ end: Int
    ) {
        if let close = addressEnd(line, index, end) {
            write("<ip>")
            index = close
            return
        }
        if let close = timeEnd(line, index, stop, end) {
            write("<time>")
            index = close
            return
        }
        write("<num>")
        index = stop
        while index + 1 < end, line[index] == 0x2E || line[index] == 0x2C,
            ByteScan.isDigit(line[index + 1])
        {
            index += 1
            index += ByteScan.digitRun(line, index)
        }
    }

    /// The end of `a.b.c.d` with an optional port or mask, or nil.
    private func addressEnd(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var index = start
        for part in 0..<4 {
            let run = ByteScan.digitRun(line, index, limit: 4)
            guard run >= 1, run <= 3 else { return nil }
            index += run
            if part < 3 {
                guard ByteScan.at(line, index) == 0x2E else { return nil }
                index += 1
            }
        }
        guard index <= end, !ByteScan.isLetter(ByteScan.at(line, index)) else { return nil }
        let mark = ByteScan.at(line, index)
        if mark == 0x3A || mark == 0x2F {
            let run = ByteScan.digitRun(line, index + 1, limit: 6)
            if run > 0, run <= 5 { return min(end, index + 1 + run) }
        }
        return index
    }

    /// The end of `10:00:00.123`, `2026-08-21` or both, or nil.
    private func timeEnd(_ line: Span<UInt8>, _ start: Int, _ stop: Int, _ end: Int) -> Int? {
        let mark = ByteScan.at(line, stop)
        if stop - start == 2, mark == 0x3A {
            return TimeScanner.clock(line, start).map { min($0.end, end) }
        }
        guard stop - start == 4, mark == 0x2D || mark == 0x2F,
            ByteScan.digitRun(line, stop + 1) == 2, ByteScan.at(line, stop + 3) == mark,
            ByteScan.digitRun(line, stop + 4) == 2
        else { return nil }
        let dateEnd = stop + 6
        let joint = ByteScan.at(line, dateEnd)
        guard joint == 0x54 || joint == 0x5F || joint == 0x20,
            let clock = TimeScanner.clock(line, dateEnd + 1)
        else { return min(dateEnd, end) }
        return min(TimeScanner.zone(line, clock.end)?.end ?? clock.end, end)
    }

    /// The end of `name.domain:port`, or nil.
    private func hostEnd(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        guard ByteScan.isLetter(line[start]) else { return nil }
        var index = start
        var dots = 0
        while index < end {
            let byte = line[index]
            guard ByteScan.isWord(byte) || byte == 0x2E || byte == 0x2D else { break }
            if byte == 0x2E { dots += 1 }
            index += 1
        }
        guard dots > 0, index < end, line[index] == 0x3A else { return nil }
        let run = ByteScan.digitRun(line, index + 1, limit: 6)
        let close = index + 1 + run
        return run >= 1 && run <= 5 && !ByteScan.isWord(ByteScan.at(line, close))
            ? min(close, end) : nil
    }

    private func uuidEnd(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var index = start + 8
        for length in [4, 4, 4, 12] {
            guard ByteScan.at(line, index) == 0x2D, index + 1 + length <= end else { return nil }
            for position in index + 1...index + length where !ByteScan.isHex(line[position]) {
                return nil
            }
            index += 1 + length
        }
        return ByteScan.isWord(ByteScan.at(line, index)) ? nil : index
    }

    /// The end of an IPv6 or hardware address: hex groups with at least four colons.
    private func colonHexEnd(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var index = start
        var colons = 0
        while index < end, ByteScan.isHex(line[index]) || line[index] == 0x3A {
            if line[index] == 0x3A { colons += 1 }
            index += 1
        }
        if index > start, line[index - 1] == 0x3A { index -= 1 }
        return colons >= 4 && !ByteScan.isWord(ByteScan.at(line, index)) ? index : nil
    }
}
