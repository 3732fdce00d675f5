/// Integers as a recording writes them: fixed ones lowest byte first, lengths as LEB128.
extension [UInt8] {
    mutating func appendVarint(_ value: Int) {
        precondition(value >= 0, "a length is never negative")
        var rest = UInt64(value)
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func appendFixed<Integer: FixedWidthInteger>(_ value: Integer) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}

/// Reads what was appended above; nil beyond the end, and for what no writer writes.
struct SignalCursor {
    let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var isAtEnd: Bool { position >= bytes.endIndex }
    var rest: ArraySlice<UInt8> { bytes[position...] }

    mutating func varint() -> Int? {
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

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= bytes.endIndex - position else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func fixed<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer? {
        guard let part = take(MemoryLayout<Integer>.size) else { return nil }
        var value: Integer = 0
        for (place, byte) in part.enumerated() {
            value |= Integer(truncatingIfNeeded: byte) << (place * 8)
        }
        return value
    }
}
