/// 128 bits that stand for a text: two texts with the same value are taken for the same.
struct TextHash: Hashable, Sendable {
    var low: UInt64
    var high: UInt64
}

/// Hashes texts with a secret of its own.
///
/// Each step multiplies two words of the text, both mixed with the state, to 128 bits and folds the
/// product back into all 128 bits of the state, so that a difference anywhere reaches the whole
/// result. Among a million series of one source the odds that any two collide are about 10^12 /
/// 2^129, or one in 10^26; that is why no copy of the texts is kept. The secret is random per
/// process: whoever writes a dump cannot prepare texts that collide.
struct TextHasher: Sendable {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    init() {
        first = .random(in: .min ... .max)
        second = .random(in: .min ... .max)
        third = .random(in: .min ... .max)
        fourth = .random(in: .min ... .max)
    }

    /// The hash of `count` bytes; `variant` tells apart uses of the same text.
    @inline(__always)
    func hash(_ base: UnsafePointer<UInt8>, count: Int, variant: UInt64) -> TextHash {
        let bytes = UnsafeRawPointer(base)
        // Two states that take turns, because one multiplication waits for the one before it.
        var one = State(low: first, high: second)
        var two = State(low: third, high: fourth)
        if count >= 16 {
            var offset = 0
            while offset &+ 32 <= count {
                one.take(Self.word(bytes, offset), Self.word(bytes, offset &+ 8))
                two.take(Self.word(bytes, offset &+ 16), Self.word(bytes, offset &+ 24))
                offset &+= 32
            }
            if offset &+ 16 <= count {
                one.take(Self.word(bytes, offset), Self.word(bytes, offset &+ 8))
            }
            // The last 16 bytes, some of them for the second time: a loop over a rest costs more.
            two.take(Self.word(bytes, count &- 16), Self.word(bytes, count &- 8))
        } else if count >= 8 {
            one.take(Self.word(bytes, 0), Self.word(bytes, count &- 8))
        } else {
            var rest: UInt64 = 0
            for offset in 0..<count { rest = rest << 8 | UInt64(base[offset]) }
            one.take(rest, 0)
        }
        one.take(two.low, two.high)
        // Length and variant come last, where no byte of the text can make up for them.
        one.take(third ^ UInt64(truncatingIfNeeded: count), fourth ^ variant)
        return TextHash(low: one.low, high: one.high)
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    private struct State {
        var low: UInt64
        var high: UInt64

        @inline(__always)
        mutating func take(_ one: UInt64, _ two: UInt64) {
            let left = low ^ one
            let right = high ^ two
            let product = left.multipliedFullWidth(by: right)
            low = left ^ product.low
            high = right ^ product.high
        }
    }
}
