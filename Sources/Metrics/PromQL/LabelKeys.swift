#if canImport(Glibc)
    import Glibc
#endif

/// Which labels of a series go into a key: those with one of the names, or all others.
struct LabelChoice: Hashable, Sendable {
    /// Ascending, each once.
    let names: [ByteText]
    let isKeeping: Bool

    init(keeping names: some Sequence<ByteText>) {
        self.names = Set(names).sorted()
        isKeeping = true
    }

    init(dropping names: some Sequence<ByteText>) {
        self.names = Set(names).sorted()
        isKeeping = false
    }

    /// The same choice from labels that have lost their reserved names before.
    var withoutReserved: LabelChoice {
        isKeeping
            ? LabelChoice(keeping: Set(names).subtracting(LabelName.reserved))
            : LabelChoice(dropping: Set(names).union(LabelName.reserved))
    }

    /// Drops what names the metric.
    static let bare = LabelChoice(dropping: LabelName.reserved)

    /// Appends the chosen pairs of `labels` (see `Labels.withEncoded`) to `key`.
    func append(_ labels: Labels, to key: inout [UInt8]) {
        if isKeeping, names.isEmpty { return }
        labels.withEncoded { bytes in
            var offset = 0
            var candidate = 0
            while offset < bytes.count {
                let start = offset
                let name = Self.text(in: bytes, &offset)
                _ = Self.text(in: bytes, &offset)
                var isNamed = false
                while candidate < names.count {
                    let order = Self.order(names[candidate].bytes, bytes, name)
                    if order > 0 { break }
                    candidate += 1
                    if order == 0 {
                        isNamed = true
                        break
                    }
                }
                if isNamed == isKeeping {
                    key.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<offset]))
                }
            }
        }
    }

    /// Reads one length and its text; moves `offset` behind them.
    @inline(__always)
    private static func text(
        in bytes: UnsafeBufferPointer<UInt8>, _ offset: inout Int
    ) -> Range<Int> {
        var length = 0
        var shift = 0
        while true {
            let byte = bytes[offset]
            offset += 1
            length |= Int(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        offset += length
        return offset - length..<offset
    }

    /// Negative, zero or positive, as `memcmp`; a prefix sorts before what it begins.
    @inline(__always)
    private static func order(
        _ name: [UInt8], _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> Int {
        let common = min(name.count, range.count)
        for position in 0..<common {
            let (one, two) = (name[position], bytes[range.lowerBound + position])
            if one != two { return Int(one) - Int(two) }
        }
        return name.count - range.count
    }
}

/// Numbers byte strings in the order in which they first come.
struct KeyIndex {
    private(set) var keys: [[UInt8]] = []
    private var hashes: [UInt64] = []
    /// Numbers plus one; 0 is empty. A power of two.
    private var slots: [Int32]

    init(expected: Int = 16) {
        var size = 32
        while size < expected * 2 { size *= 2 }
        slots = Array(repeating: 0, count: size)
    }

    /// The number of `key`, a new one when it is new.
    mutating func number(of key: [UInt8]) -> Int {
        let hash = Self.hash(key)
        var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[place] != 0 {
            let number = Int(slots[place]) - 1
            if hashes[number] == hash, ByteText.areEqual(keys[number], key) { return number }
            place = (place + 1) & (slots.count - 1)
        }
        keys.append(key)
        hashes.append(hash)
        slots[place] = Int32(keys.count)
        if keys.count * 2 > slots.count { grow() }
        return keys.count - 1
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for (number, hash) in hashes.enumerated() {
            var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[place] != 0 { place = (place + 1) & (slots.count - 1) }
            slots[place] = Int32(number + 1)
        }
    }

    private static func hash(_ key: [UInt8]) -> UInt64 {
        key.withUnsafeBytes { bytes in
            var hash = UInt64(truncatingIfNeeded: bytes.count) &* 0x9E37_79B9_7F4A_7C15
            var offset = 0
            while offset + 8 <= bytes.count {
                hash = mix(hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset += 8
            }
            var rest: UInt64 = 0
            while offset < bytes.count {
                rest = rest << 8 | UInt64(bytes[offset])
                offset += 1
            }
            hash = mix(hash ^ rest)
            return hash ^ hash >> 32
        }
    }

    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.low ^ product.high
    }
}
