#if canImport(Glibc)
    import Glibc
#endif

/// Text compared byte by byte.
///
/// `String` treats canonically equivalent text as equal ("é" in one scalar or in two); label names
/// and values are different series when their bytes differ, so they never live in a `String`.
package struct ByteText: Hashable, Comparable, Sendable, CustomStringConvertible,
    ExpressibleByStringLiteral
{
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }
    package init(_ text: String) { bytes = Array(text.utf8) }
    package init(stringLiteral text: String) { bytes = Array(text.utf8) }

    package static let empty = ByteText([UInt8]())

    package var isEmpty: Bool { bytes.isEmpty }
    package var count: Int { bytes.count }
    /// The text, with U+FFFD for what is not UTF-8.
    package var string: String { String(decoding: bytes, as: UTF8.self) }
    package var description: String { string }

    package static func == (left: ByteText, right: ByteText) -> Bool {
        areEqual(left.bytes, right.bytes)
    }

    package static func < (left: ByteText, right: ByteText) -> Bool {
        order(left.bytes[...], right.bytes[...]) < 0
    }

    /// Whether these are its bytes.
    @inline(__always)
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == other.count else { return false }
        guard let two = other.baseAddress else { return true }
        return bytes.withUnsafeBytes { mine in
            guard let one = mine.baseAddress else { return true }
            return memcmp(one, two, other.count) == 0
        }
    }

    package func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { first in
            right.withUnsafeBytes { second in
                guard let one = first.baseAddress, let two = second.baseAddress else { return true }
                return memcmp(one, two, first.count) == 0
            }
        }
    }

    /// Negative, zero or positive, as `memcmp`; a prefix sorts before what it begins.
    static func order(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
        left.withUnsafeBytes { first in right.withUnsafeBytes { order(first, $0) } }
    }

    static func order(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        guard let one = left.baseAddress, let two = right.baseAddress else {
            return left.count - right.count
        }
        let result = memcmp(one, two, min(left.count, right.count))
        return result != 0 ? Int(result) : left.count - right.count
    }
}

/// Hashes of bytes for tables within one run of the program: eight bytes at a time, each multiplied
/// to 128 bits and folded (as in wyhash). A seed of the run keeps anybody from choosing label
/// values that collide.
enum ByteHash {
    private static let seed = UInt64.random(in: 1...UInt64.max)

    @inline(__always)
    private static func fold(_ one: UInt64, _ two: UInt64) -> UInt64 {
        let product = one.multipliedFullWidth(by: two)
        return product.high ^ product.low
    }

    /// A running hash with one more number in it.
    @inline(__always)
    static func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        fold(hash ^ word, 0xA076_1D64_78BD_642F) &+ 0x9E37_79B9_7F4A_7C15
    }

    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: bytes.count) &* 0x9E37_79B9_7F4A_7C15
        var offset = 0
        while offset + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            hash = fold(hash ^ word, 0xA076_1D64_78BD_642F)
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < bytes.count {
            rest = rest << 8 | UInt64(bytes[offset])
            offset += 1
        }
        return fold(hash ^ rest, 0xE703_7ED1_A0B4_28DB ^ seed)
    }
}

/// Label names with a meaning of their own.
enum LabelName {
    static let metricName: ByteText = "__name__"
    static let type: ByteText = "__type__"
    static let unit: ByteText = "__unit__"
    static let upperBound: ByteText = "le"
    static let quantile: ByteText = "quantile"

    /// The labels that describe the metric rather than the thing measured; every operation that
    /// changes what a value means removes them.
    static let reserved: Set<ByteText> = [metricName, type, unit]
}
