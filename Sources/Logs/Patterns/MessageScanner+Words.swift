extension MessageScanner {
    /// What a run of bytes is made of.
    private struct Makeup {
        var digits = 0
        var letters = 0
        var slashes = 0
        var backslashes = 0
        var uppers = 0
        var dots = 0
        var colons = 0
        /// Of digits.
        var runs = 0
        var colon: Int?
        /// Where two dots stand side by side.
        var ellipsis: Int?
        var isHex = true

        init(_ line: Span<UInt8>, _ start: Int, _ end: Int) {
            var wasDigit = false
            for index in start..<end {
                let byte = line[index]
                let isDigit = ByteScan.isDigit(byte)
                if isDigit {
                    digits += 1
                    if !wasDigit { runs += 1 }
                } else if ByteScan.isLetter(byte) || byte >= 0x80 {
                    letters += 1
                    if !ByteScan.isHex(byte) { isHex = false }
                    if ByteScan.isUpper(byte) { uppers += 1 }
                } else if byte == 0x2F {
                    slashes += 1
                } else if byte == 0x5C {
                    backslashes += 1
                } else if byte == 0x3A {
                    colons += 1
                    colon = colon ?? index
                } else if byte == 0x2E {
                    dots += 1
                    if ellipsis == nil, index + 1 < end, line[index + 1] == 0x2E {
                        ellipsis = index
                    }
                }
                wasDigit = isDigit
            }
        }
    }

    /// Any chunk: split at colons and dots that join parts, then told by its characters.
    mutating func general(_ line: Span<UInt8>, _ start: Int, _ end: Int) {
        var start = start
        while start < end {
            let makeup = Makeup(line, start, end)
            guard makeup.digits + makeup.letters > 0 else {
                return noLetters(line, start, end)
            }
            if makeup.slashes >= 2, let colon = makeup.colon,
                ByteScan.has(line, "://", at: colon)
            {
                return appendValue(.url, start, end)
            }
            if let colon = makeup.colon, colon > start, colon < end - 1 {
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
            guard let ellipsis = makeup.ellipsis else {
                return single(line, start, end, makeup)
            }
            var next = ellipsis
            while next < end, line[next] == 0x2E { next += 1 }
            if ellipsis > start {
                single(line, start, ellipsis, Makeup(line, start, ellipsis))
            }
            appendDelimiter(line, ellipsis, next)
            start = next
        }
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
        let name = Makeup(line, start, colon)
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
        let makeup = Makeup(line, start, colon)
        guard makeup.digits == 0, ByteScan.isLetter(line[start]) else { return nil }
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

    private func isPath(_ line: Span<UInt8>, _ start: Int, _ makeup: Makeup) -> Bool {
        if makeup.slashes + makeup.backslashes == 0 { return false }
        let first = line[start]
        return first == 0x2F || makeup.backslashes > 0 || makeup.slashes >= 2 || makeup.dots > 0
            || (first == 0x2E || first == 0x7E) && ByteScan.at(line, start + 1) == 0x2F
    }

    private mutating func single(
        _ line: Span<UInt8>, _ start: Int, _ end: Int, _ makeup: Makeup
    ) {
        if makeup.digits == 0 {
            appendWord(line, start, end)
        } else if makeup.letters == 0 {
            let isAddress = makeup.dots == 3 && makeup.runs >= 4
            appendValue(isAddress ? .address : .number, start, end)
        } else {
            mixed(line, start, end, makeup)
        }
    }

    /// A chunk of letters and digits without `: . / \`.
    mutating func appendMixed(_ line: Span<UInt8>, _ start: Int, _ end: Int) {
        mixed(line, start, end, Makeup(line, start, end))
    }

    private mutating func mixed(
        _ line: Span<UInt8>, _ start: Int, _ end: Int, _ makeup: Makeup
    ) {
        let isPrefixed = line[start] == 0x30 && ByteScan.at(line, start + 1) | 0x20 == 0x78
        if isPrefixed || makeup.isHex && makeup.digits + makeup.letters >= 4 {
            return appendValue(makeup.colon == nil ? .hex : .address, start, end)
        }
        if isNumberWithUnit(line, start, end) { return appendValue(.quantity, start, end) }
        guard makeup.runs == 1 else { return appendValue(.identifier, start, end) }
        var first = start
        while !ByteScan.isDigit(line[first]) { first += 1 }
        var next = first
        while next < end, ByteScan.isDigit(line[next]) { next += 1 }
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
