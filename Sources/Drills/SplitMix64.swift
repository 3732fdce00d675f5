import Glibc

/// A small pseudo-random generator: the same seed gives the same numbers on every machine.
///
/// SplitMix64 of Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
struct SplitMix64: Sendable, Hashable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A generator whose numbers do not depend on how much `self` was used for other things.
    static func stream(_ seed: UInt64, _ name: String) -> SplitMix64 {
        // FNV-1a, 64 bits.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var mixer = SplitMix64(seed: seed ^ hash)
        return SplitMix64(seed: mixer.next())
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    /// 0 ≤ value < 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// 0 ≤ value < `limit`; the bias of the remainder does not matter here.
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(1, limit))) }

    /// Mean 0, standard deviation 1 (Box–Muller).
    mutating func normal() -> Double {
        let radius = sqrt(-2 * log(1 - unit()))
        return radius * cos(2 * Double.pi * unit())
    }

    /// How many of rare independent things happen when `mean` are expected.
    mutating func poisson(_ mean: Double) -> Int {
        guard mean > 0 else { return 0 }
        if mean > 30 { return max(0, Int((mean + sqrt(mean) * normal()).rounded())) }
        let limit = exp(-mean)
        var count = 0
        var product = unit()
        while product > limit {
            count += 1
            product *= unit()
        }
        return count
    }
}
