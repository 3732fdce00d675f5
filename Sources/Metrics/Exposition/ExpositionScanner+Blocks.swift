import CSystem

extension ExpositionScanner {
    /// Checks a label list that begins with the brace at `open`, 64 bytes at a time.
    ///
    /// Bit i of every mask speaks of byte i of a block. Inside quotes everything but escapes and
    /// line ends may stand. Outside stand names, `=`, `,`, closing quotes and the braces alone, and
    /// each is bound to the byte before it: quotes open behind `=` and nowhere else, and every `=`
    /// opens one; behind `{` and `,` begins a name, or the list ends; `,` stands behind a closing
    /// quote and nowhere else, and a closing quote is followed by `,` or the end. So a name can be
    /// followed by `=` alone, and the list is exactly `{name="value",…}` with an optional last
    /// comma.
    /// - Returns: the byte behind the closing brace, or nil when the list is not of that form
    ///   (which does not make it wrong: the long way decides).
    @inline(__always)
    mutating func quickLabels(line: Int, open: Int) -> Int? {
        var masks = window.blocks + (open >> 6 &- window.first)
        var range = UInt64.max << UInt64(open & 63)
        var brace: UInt64 = 1 << UInt64(open & 63)
        var carry = Carry()
        var isASCII = true
        while true {
            var quotes = masks.pointee.quote & range
            let inside = Self.prefixXor(quotes) ^ carry.inside
            var outside = ~inside & range
            let closers = masks.pointee.close & outside
            let last = closers & (0 &- closers)
            // Everything up to the closing brace; all ones when there is none.
            let upTo = last ^ (last &- 1)
            outside &= upTo
            quotes &= upTo
            let equals = masks.pointee.equals & outside
            let commas = masks.pointee.comma & outside
            let closing = quotes & ~inside
            let afterSeparator = (commas | brace) << 1 | carry.separators
            var wrong = outside & ~(masks.pointee.word | equals | commas | closing | last | brace)
            wrong |= (quotes & inside) ^ (equals << 1 | carry.equals)
            wrong |= (closing << 1 | carry.closing) ^ commas ^ (last & ~afterSeparator)
            wrong |= afterSeparator & ~(masks.pointee.letter | last)
            let unusual = masks.pointee.unusual & range & upTo
            if wrong | unusual != 0 {
                guard wrong == 0, isHighOnly(unusual, start(of: masks)) else { return nil }
                isASCII = false
            }
            if last != 0 {
                let end = start(of: masks) &+ last.trailingZeroBitCount &+ 1
                guard isASCII || ByteScan.isUTF8(base, from: open, end: end) else { return nil }
                return end
            }
            carry.inside = UInt64(bitPattern: Int64(bitPattern: inside) >> 63)
            carry.equals = equals >> 63
            carry.closing = closing >> 63
            carry.separators = (commas | brace) >> 63
            brace = 0
            range = .max
            masks += 1
            if masks == window.endOfBlocks {
                let block = start(of: masks) >> 6
                guard window.move(to: line, base, count: count), block < window.end else {
                    return nil
                }
                masks = window.blocks + (block &- window.first)
            }
        }
    }

    /// The first byte that a block of the window speaks of.
    @inline(__always)
    private func start(of masks: UnsafeMutablePointer<csystem_text_block>) -> Int {
        ((masks - window.blocks) &+ window.first) << 6
    }

    /// What the last byte of a block means for the first one of the next.
    private struct Carry {
        /// All ones when it is inside quotes.
        var inside: UInt64 = 0
        var equals: UInt64 = 0
        var closing: UInt64 = 0
        var separators: UInt64 = 0
    }

    /// Whether the bytes that `bits` names, counted from `start`, are all 0x80 or above.
    @inline(never)
    private func isHighOnly(_ bits: UInt64, _ start: Int) -> Bool {
        var bits = bits
        while bits != 0 {
            if base[start &+ bits.trailingZeroBitCount] < 0x80 { return false }
            bits &= bits &- 1
        }
        return true
    }

    /// Bit i of the result is the parity of the bits 0…i: ones from each opening quote up to the
    /// byte before its closing one.
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
