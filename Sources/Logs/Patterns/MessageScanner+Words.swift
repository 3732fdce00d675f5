extension MessageScanner {
    /// Any chunk: split at colons and dots that join parts, then told by its characters.
    mutating func general(_ line: Span<UInt8>, _ start: Int, _ end: Int) {
        var start = start
        while start < end {
            let makeup = CharacterCounts(line, start, end)
            guard makeup.digits + makeup.letters > 0 else {
                return noLetters(line, start, end)
            }
            if makeup.colons > 0, let colon = ByteScan.find(line, 0x3A, from: start),
                colon > start, colon < end - 1
            {
                if ByteScan.has(line, "://", at: colon) {
                    return appendValue(.url, start, end)
                }
                if makeup.isHex, makeup.colons >= (makeup.digits > 0 ? 2 : 5) {
                    return appendValue(.address, start, end)
                }
                if named(line, start, colon, end) { return }
                if let next = split(line, start, colon, end) {
                    start = next
                    continue
                }
            }
            if isPath(line, start, makeup) { return appendValue(.path, start, end) }
            guard makeup.dots > 1, let ellipsis = ellipsis(line, start, end) else {
                return single(line, start, end, makeup)
            }
            var next = ellipsis
            while next < end, line[next] == 0x2E { next += 1 }
            if ellipsis > start {
                single(line, start, ellipsis, CharacterCounts(line, start, ellipsis))
            }
            appendDelimiter(line, ellipsis, next)
            start = next
        }
    }

    /// Where two dots stand side by side.
    private func ellipsis(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        for index in start..<end - 1 where line[index] == 0x2E && line[index + 1] == 0x2E {
            return index
        }
        return nil
    }

    /// `****` is what a field too narrow for its value prints.
    private mutating func noLetters(_ line: Span<UInt8>, _ start: Int, _ end: Int) {
        var stars = 0
        for index in start..<end where line[index] == 0x2A { stars += 1 }
        if stars == end - start, stars > 1 {
            appendValue(.text, start, end)
        } else {
            appendDelimiter(line, start, end)
        }
    }

    /// `C:\…`, `host.domain:80`, `host:80`: appended, or false.
    private mutating func named(_ line: Span<UInt8>, _ start: Int, _ colon: Int, _ end: Int)
        -> Bool
    {
        let next = line[colon + 1]
        if colon == start + 1, ByteScan.isLetter(line[start]), next == 0x5C || next == 0x2F {
            appendValue(.path, start, end)
            return true
        }
        let digits = ByteScan.digitRun(line, colon + 1, limit: 6)
        guard digits >= 1, digits <= 5, colon + 1 + digits == end else { return false }
        let name = CharacterCounts(line, start, colon)
        guard name.digits == 0, ByteScan.isLetter(line[start]) else { return false }
        if name.dots > 0 {
            appendValue(.host, start, end)
            return true
        }
        guard digits >= 2, name.uppers == 0 else { return false }
        appendLetters(Self.hash(line, start, colon) ^ 0x3A30, start, end)
        return true
    }

    /// Appends the word before the colon and the colon; returns where the rest starts, or nil
    /// when what stands before the colon is no word.
    private mutating func split(_ line: Span<UInt8>, _ start: Int, _ colon: Int, _ end: Int)
        -> Int?
    {
        let makeup = CharacterCounts(line, start, colon)
        // `driver2::start` is two names, `fe80::1` an address.
        let isScope = ByteScan.at(line, colon + 1) == 0x3A && !makeup.isHex
        guard makeup.digits == 0 || isScope, ByteScan.isLetter(line[start]) else { return nil }
        var next = colon
        while next < end, line[next] == 0x3A { next += 1 }
        if isPath(line, start, makeup) {
            appendValue(.path, start, colon)
        } else {
            single(line, start, colon, makeup)
        }
        appendDelimiter(line, colon, next)
        return next
    }

    private func isPath(_ line: Span<UInt8>, _ start: Int, _ makeup: CharacterCounts) -> Bool {
        if makeup.slashes + makeup.backslashes == 0 { return false }
        let first = line[start]
        return first == 0x2F || makeup.backslashes > 0 || makeup.slashes >= 2 || makeup.dots > 0
            || (first == 0x2E || first == 0x7E) && ByteScan.at(line, start + 1) == 0x2F
    }

    /// A chunk without colons, slashes and rows of dots.
    mutating func single(
        _ line: Span<UInt8>, _ start: Int, _ end: Int, _ makeup: CharacterCounts
    ) {
        if makeup.digits == 0 {
            // No word is written with so many of these six letters alone.
            if makeup.isHex, makeup.letters >= 8, makeup.letters == end - start {
                return appendValue(.hex, start, end)
            }
            appendWord(line, start, end)
        } else if makeup.letters == 0 {
            let isAddress = makeup.dots == 3 && makeup.digits >= 4
            appendValue(isAddress ? .address : .number, start, end)
        } else {
            mixed(line, start, end, makeup)
        }
    }

    private mutating func mixed(
        _ line: Span<UInt8>, _ start: Int, _ end: Int, _ makeup: CharacterCounts
    ) {
        let isPrefixed = line[start] == 0x30 && ByteScan.at(line, start + 1) | 0x20 == 0x78
        if isPrefixed || makeup.isHex && makeup.digits + makeup.letters >= 4 {
            return appendValue(makeup.colons == 0 ? .hex : .address, start, end)
        }
        if isNumberWithUnit(line, start, end) { return appendValue(.quantity, start, end) }
        var first = start
        while !ByteScan.isDigit(line[first]) { first += 1 }
        var next = first
        while next < end, ByteScan.isDigit(line[next]) { next += 1 }
        guard makeup.digits == next - first else { return appendValue(.identifier, start, end) }
        if next == end { return appendLetters(skeleton(line, start, first, end, end), start, end) }
        let after = line[next]
        if first > start, next - first <= 2, isWordLike(line, start, end) {
            if ByteScan.isLetter(after), next - first == 1 { return appendWord(line, start, end) }
            if after == 0x5F {
                return appendLetters(skeleton(line, start, first, next, end), start, end)
            }
        }
        appendValue(.identifier, start, end)
    }

    /// Letters, digits, `_` and `-` alone.
    private func isWordLike(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        for index in start..<end {
            let byte = line[index]
            guard ByteScan.isWord(byte) || byte == 0x5F || byte == 0x2D else { return false }
        }
        return true
    }

    /// `10ms`, `-1.5KB`, `99%`.
    private func isNumberWithUnit(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var index = start
        if line[index] == 0x2D || line[index] == 0x2B { index += 1 }
        let first = index
        while index < end,
            ByteScan.isDigit(line[index]) || line[index] == 0x2E || line[index] == 0x2C
        {
            index += 1
        }
        guard index > first else { return false }
        while index < end, ByteScan.isLetter(line[index]) || line[index] == 0x25 { index += 1 }
        return index == end
    }

    /// The hash of a word without its number in `first..<next` and without the sign before it.
    private func skeleton(
        _ line: Span<UInt8>, _ start: Int, _ first: Int, _ next: Int, _ end: Int
    ) -> UInt64 {
        var first = first
        while first > start, line[first - 1] == 0x2D { first -= 1 }
        let head = (Self.hash(line, start, first) ^ 0x30) &* 0x100_0000_01B3
        return next == end ? head : head ^ Self.hash(line, next, end)
    }
}
