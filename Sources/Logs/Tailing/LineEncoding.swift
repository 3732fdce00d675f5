/// How the bytes of a log stand for characters, as its byte order mark says. Everything without a
/// mark counts as UTF-8 or as bytes of an unknown code, which `SafeText` makes visible.
enum LineEncoding: Hashable, Sendable {
    case utf8
    case utf16LittleEndian
    case utf16BigEndian

    /// The longest mark, in bytes.
    static let markBytesMax = 3

    /// What the first bytes of a file say, and how many of them are its mark.
    static func of(head: some RandomAccessCollection<UInt8>) -> (LineEncoding, markBytes: Int) {
        if head.starts(with: [0xEF, 0xBB, 0xBF]) { return (.utf8, 3) }
        if head.starts(with: [0xFF, 0xFE]) { return (.utf16LittleEndian, 2) }
        if head.starts(with: [0xFE, 0xFF]) { return (.utf16BigEndian, 2) }
        return (.utf8, 0)
    }

    /// Whether so few first bytes leave open what mark they begin.
    static func isUndecided(head: some RandomAccessCollection<UInt8>) -> Bool {
        guard let first = head.first else { return true }
        if first == 0xEF { return head.count < 3 && [0xEF, 0xBB, 0xBF].starts(with: head) }
        return (first == 0xFF || first == 0xFE) && head.count < 2
    }

    /// Bytes of the smallest unit: lines of a file begin at multiples of it.
    var unitBytes: Int { self == .utf8 ? 1 : 2 }

    func unit(_ first: UInt8, _ second: UInt8) -> UInt16 {
        self == .utf16BigEndian
            ? UInt16(first) << 8 | UInt16(second) : UInt16(second) << 8 | UInt16(first)
    }

    /// Where the first line feed of `block` is, which stands at `offset` in its file, and where it
    /// ends: in the block, in bytes.
    func lineFeed(in block: [UInt8], at offset: Int64) -> Range<Int>? {
        guard self != .utf8 else {
            return block.firstIndex(of: 0x0A).map { $0..<$0 + 1 }
        }
        var index = Int(offset & 1)
        while index + 1 < block.count {
            if unit(block[index], block[index + 1]) == 0x0A { return index..<index + 2 }
            index += 2
        }
        return nil
    }
}

/// Makes UTF-8 of UTF-16, unit by unit, across reads: a unit and a pair may be cut anywhere.
struct UTF16Decoder {
    enum Step {
        /// Half a pair, or a NUL that is left out.
        case nothing
        case lineFeed
        case carriageReturn
        case scalar(Unicode.Scalar)
    }

    /// The first byte of a unit whose second was not read yet.
    var half: UInt8?
    private var high: UInt16?
    /// Units of halves without their other half, each of which became U+FFFD.
    private(set) var isPairOpen = false

    mutating func reset() { self = UTF16Decoder() }

    /// - Returns: what stands before the unit (a half pair that nothing completed) and the unit.
    mutating func take(_ unit: UInt16) -> (before: Unicode.Scalar?, Step) {
        let open = high
        high = nil
        isPairOpen = false
        if let open, 0xDC00...0xDFFF ~= unit {
            let value = 0x10000 + (UInt32(open & 0x3FF) << 10 | UInt32(unit & 0x3FF))
            return (nil, Unicode.Scalar(value).map { .scalar($0) } ?? .nothing)
        }
        let before: Unicode.Scalar? = open == nil ? nil : "\u{FFFD}"
        switch unit {
        case 0: return (before, .nothing)
        case 0x0A: return (before, .lineFeed)
        case 0x0D: return (before, .carriageReturn)
        case 0xD800...0xDBFF:
            high = unit
            isPairOpen = true
            return (before, .nothing)
        default: return (before, .scalar(Unicode.Scalar(unit) ?? "\u{FFFD}"))
        }
    }
}
