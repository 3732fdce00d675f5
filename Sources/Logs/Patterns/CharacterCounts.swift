/// How many characters of each kind a run of bytes holds: eight counts of eight bits, so that one
/// addition counts a byte. Right up to `lengthMax` bytes.
struct CharacterCounts {
    static let lengthMax = 240
    /// Bytes that part words; control bytes do, they are never part of a template.
    static let blank = UInt64.max
    /// Bytes that end a run and are tokens of their own.
    static let mark = UInt64.max - 1

    var lanes: UInt64 = 0

    init() {}

    /// Of the bytes in `start..<end`, none of which is a blank or a mark but `'`.
    init(_ line: Span<UInt8>, _ start: Int, _ end: Int) {
        let table = Self.table
        for index in start..<end {
            let counts = table[Int(line[index])]
            if counts < Self.mark { lanes &+= counts }
        }
    }

    var digits: Int { lane(0) }
    var letters: Int { lane(1) }
    var uppers: Int { lane(3) }
    var slashes: Int { lane(4) }
    var backslashes: Int { lane(5) }
    var colons: Int { lane(6) }
    var dots: Int { lane(7) }
    /// No letter but `a` to `f`.
    var isHex: Bool { lane(2) == 0 }
    /// Holds slashes, colons or dots.
    var hasJoints: Bool { lanes >> 32 != 0 }

    private func lane(_ index: UInt64) -> Int { Int(lanes >> (8 * index) & 0xFF) }

    /// What each byte counts as.
    static let table: [UInt64] = (UInt8.min...UInt8.max).map { byte in
        if byte <= 0x20 || byte == 0x7F { return blank }
        if "=,;()[]{}<>|\"'#`".utf8.contains(byte) { return mark }
        func one(_ lane: UInt64) -> UInt64 { 1 << (8 * lane) }
        if ByteScan.isDigit(byte) { return one(0) }
        if ByteScan.isLetter(byte) || byte >= 0x80 {
            return one(1) + (ByteScan.isHex(byte) ? 0 : one(2))
                + (ByteScan.isUpper(byte) ? one(3) : 0)
        }
        return switch byte {
        case 0x2F: one(4)
        case 0x5C: one(5)
        case 0x3A: one(6)
        case 0x2E: one(7)
        default: 0
        }
    }
}
