import CSystem

/// Integers and texts as this program's binary files hold them: fixed integers lowest byte first,
/// lengths as LEB128, texts as a length and UTF-8.
extension [UInt8] {
    package mutating func appendVarint(_ value: Int) {
        precondition(value >= 0, "a length is never negative")
        var rest = UInt64(value)
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    package mutating func appendFixed<Integer: FixedWidthInteger>(_ value: Integer) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    package mutating func appendBlock(_ bytes: [UInt8]) {
        appendVarint(bytes.count)
        append(contentsOf: bytes)
    }

    package mutating func appendText(_ text: String) { appendBlock(Array(text.utf8)) }
}

/// Reads what was appended above; nil beyond the end, and for what no writer writes.
package struct ByteCursor {
    package let bytes: ArraySlice<UInt8>
    package private(set) var position: Int

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    package var isAtEnd: Bool { position >= bytes.endIndex }
    package var rest: ArraySlice<UInt8> { bytes[position...] }

    /// At most 56 bits.
    package mutating func varint() -> Int? {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.endIndex {
            let byte = bytes[position]
            position += 1
            guard shift < 56 else { return nil }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return Int(result) }
            shift += 7
        }
        return nil
    }

    package mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= bytes.endIndex - position else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }

    package mutating func fixed<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer? {
        guard let part = take(MemoryLayout<Integer>.size) else { return nil }
        var value: Integer = 0
        for (place, byte) in part.enumerated() {
            value |= Integer(truncatingIfNeeded: byte) << (place * 8)
        }
        return value
    }

    package mutating func block() -> ArraySlice<UInt8>? {
        guard let count = varint() else { return nil }
        return take(count)
    }

    package mutating func text() -> String? {
        block().map { String(decoding: $0, as: UTF8.self) }
    }
}

extension ArraySlice<UInt8> {
    /// CRC32C.
    package var checksum: UInt32 {
        withUnsafeBytes { csystem_crc32c(0, $0.baseAddress, $0.count) }
    }
}
