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
        let common = min(left.count, right.count)
        let result = left.withUnsafeBytes { first -> Int32 in
            right.withUnsafeBytes { second -> Int32 in
                guard let one = first.baseAddress, let two = second.baseAddress else { return 0 }
                return memcmp(one, two, common)
            }
        }
        return result != 0 ? Int(result) : left.count - right.count
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
