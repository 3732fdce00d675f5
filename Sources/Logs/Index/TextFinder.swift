/// Finds a text in bytes, ASCII letters in any case, eight places at a time.
package struct TextFinder: Sendable {
    /// In small letters as far as ASCII goes.
    private let needle: [UInt8]
    private let first: UInt64
    private let last: UInt64

    /// `text` holds at least one byte.
    package init(_ text: String) {
        needle = text.utf8.map(Self.folded)
        let ones: UInt64 = 0x0101_0101_0101_0101
        first = ones &* UInt64(needle.first ?? 0)
        last = ones &* UInt64(needle.last ?? 0)
    }

    /// Hands the start of each occurrence in `bytes` to `body`, until it says false.
    package func each(in bytes: UnsafeRawBufferPointer, _ body: (Int) -> Bool) {
        guard let shift = needle.indices.last, bytes.count > shift else { return }
        let end = bytes.count - shift
        let high: UInt64 = 0x8080_8080_8080_8080
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        // Letters differ from their capitals by this bit; what else does is sorted out below.
        let bit: UInt64 = 0x2020_2020_2020_2020
        var offset = 0
        while offset + 8 <= end {
            let one = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let two = bytes.loadUnaligned(fromByteOffset: offset + shift, as: UInt64.self)
            let difference = ((one ^ first) | (two ^ last)) & ~bit
            // The high bit of each byte of `difference` that is zero.
            var zero = ~((difference & low) &+ low | difference | low) & high
            while zero != 0 {
                let place = offset + zero.trailingZeroBitCount / 8
                if stands(bytes, place), !body(place) { return }
                zero &= zero - 1
            }
            offset += 8
        }
        while offset < end {
            if stands(bytes, offset), !body(offset) { return }
            offset += 1
        }
    }

    private func stands(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> Bool {
        for index in needle.indices where Self.folded(bytes[place + index]) != needle[index] {
            return false
        }
        return true
    }

    /// The start of the last occurrence, as an index of `bytes`.
    func last(in bytes: ArraySlice<UInt8>) -> Int? {
        var found: Int?
        bytes.withUnsafeBytes { raw in
            each(in: raw) { place in
                found = bytes.startIndex + place
                return true
            }
        }
        return found
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }
}
