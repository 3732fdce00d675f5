import CSystem

extension ExpositionScanner {
    /// Checks a label list that begins with the brace at `open`, 64 bytes at a time.
    ///
    /// Bit i of every mask speaks of byte i of a block. Inside quotes everything but escapes and line
    /// ends may stand. Outside, each byte is bound to the one before it: `{` and `,` are followed by
    /// the first letter of a name or by `}`, a name by `=`, `=` by a quote, a closing quote by `,` or
    /// `}`. Together these say exactly `{name="value",…}` with an optional last comma.
    /// - Returns: the byte behind the closing brace, or nil when the list is not of that form (which
    ///   does not make it wrong: the long way decides).
    @inline(__always)
    mutating func quickLabels(_ start: Int, open: Int) -> Int? {
        var block = open >> 6
        var range = UInt64.max << UInt64(open & 63)
        var brace: UInt64 = 1 << UInt64(open & 63)
        var carry = Carry()
        var high: UInt64 = 0
        while true {
            if block >= window.end {
                guard window.move(to: start, base, count: count), block < window.end else {
                    return nil
                }
            }
            let masks = window.blocks[block &- window.first]
            let inside = Self.prefixXor(masks.quote & range) ^ carry.inside
            var outside = ~inside & range
            let closers = masks.close & outside
            let last = closers & (0 &- closers)
            // Everything up to the closing brace; all ones when there is none.
            let upTo = last ^ (last &- 1)
            let reach = range & upTo
            outside &= upTo
            let quotes = masks.quote & reach
            high |= masks.high & reach

            let equals = masks.equals & outside
            let closing = quotes & ~inside
            let separators = (masks.comma & outside) | brace
            let afterClosing = closing << 1 | carry.closing
            let afterSeparator = separators << 1 | carry.separators
            var wrong = (masks.newline | masks.backslash) & reach
            wrong |= (quotes & inside) ^ (equals << 1 | carry.equals)
            wrong |= equals & ~(masks.word << 1 | carry.word)
            wrong |= (separators ^ brace) & ~afterClosing
            wrong |= afterSeparator & ~(masks.start | last)
            wrong |= afterClosing & ~(separators | last)
            wrong |= last & ~(afterClosing | afterSeparator)
            wrong |= outside & ~(masks.word | equals | separators | closing | last)
            guard wrong == 0 else { return nil }
            if last != 0 {
                let end = block << 6 &+ last.trailingZeroBitCount &+ 1
                guard high == 0 || ByteScan.isUTF8(base, from: open, end: end) else { return nil }
                return end
            }
            carry.inside = UInt64(bitPattern: Int64(bitPattern: inside) >> 63)
            carry.equals = equals >> 63
            carry.word = masks.word >> 63
            carry.closing = closing >> 63
            carry.separators = separators >> 63
            brace = 0
            range = .max
            block &+= 1
        }
    }

    /// What the last byte of a block means for the first one of the next.
    private struct Carry {
        /// All ones when it is inside quotes.
        var inside: UInt64 = 0
        var equals: UInt64 = 0
        var word: UInt64 = 0
        var closing: UInt64 = 0
        var separators: UInt64 = 0
    }

    /// Bit i of the result is the parity of the bits 0…i: ones from each opening quote up to the byte
    /// before its closing one.
    @inline(__always)
    private static func prefixXor(_ bits: UInt64) -> UInt64 {
        var bits = bits
        bits ^= bits << 1
        bits ^= bits << 2
        bits ^= bits << 4
        bits ^= bits << 8
        bits ^= bits << 16
        bits ^= bits << 32
        return bits
    }
}
