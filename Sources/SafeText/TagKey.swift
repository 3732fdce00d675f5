/// What makes the tags of removed credentials: with the same key equal secrets have equal tags,
/// and without it a tag says nothing about its secret.
///
/// The tag is the beginning of SipHash-2-4 (Aumasson and Bernstein, 2012), a keyed hash made for
/// short inputs.
package struct TagKey: Sendable, Hashable {
    private let first: UInt64
    private let second: UInt64

    package init(_ first: UInt64, _ second: UInt64) {
        self.first = first
        self.second = second
    }

    /// A key nobody else has.
    package static func random() -> TagKey {
        TagKey(.random(in: .min ... .max), .random(in: .min ... .max))
    }

    /// As it lies in a file: 32 hexadecimal digits.
    package var text: String { Self.digits(first, 16) + Self.digits(second, 16) }

    /// - Returns: nil when the text is no key.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 32, bytes.allSatisfy(ByteClass.isHexadecimal),
            let first = UInt64(text.prefix(16), radix: 16),
            let second = UInt64(text.dropFirst(16), radix: 16)
        else { return nil }
        self.init(first, second)
    }

    /// Four hexadecimal digits.
    func tag(_ secret: some Collection<UInt8>) -> String {
        Self.digits(hash(secret) >> 48, 4)
    }

    private static func digits(_ value: UInt64, _ count: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }

    /// SipHash-2-4 of the bytes.
    package func hash(_ bytes: some Collection<UInt8>) -> UInt64 {
        var state = SipState(first, second)
        var word: UInt64 = 0
        var count = 0
        for byte in bytes {
            word |= UInt64(byte) << UInt64(8 * (count & 7))
            count += 1
            if count & 7 == 0 {
                state.take(word)
                word = 0
            }
        }
        state.take(word | UInt64(count & 255) << 56)
        return state.finished()
    }
}

private struct SipState {
    private var v0, v1, v2, v3: UInt64

    init(_ first: UInt64, _ second: UInt64) {
        v0 = first ^ 0x736f_6d65_7073_6575
        v1 = second ^ 0x646f_7261_6e64_6f6d
        v2 = first ^ 0x6c79_6765_6e65_7261
        v3 = second ^ 0x7465_6462_7974_6573
    }

    mutating func take(_ word: UInt64) {
        v3 ^= word
        for _ in 0..<2 { round() }
        v0 ^= word
    }

    mutating func finished() -> UInt64 {
        v2 ^= 0xFF
        for _ in 0..<4 { round() }
        return v0 ^ v1 ^ v2 ^ v3
    }

    private mutating func round() {
        func turned(_ value: UInt64, _ bits: UInt64) -> UInt64 {
            value << bits | value >> (64 - bits)
        }
        v0 = v0 &+ v1
        v2 = v2 &+ v3
        v1 = turned(v1, 13) ^ v0
        v3 = turned(v3, 16) ^ v2
        v0 = turned(v0, 32)
        v2 = v2 &+ v1
        v0 = v0 &+ v3
        v1 = turned(v1, 17) ^ v2
        v3 = turned(v3, 21) ^ v0
        v2 = turned(v2, 32)
    }
}
