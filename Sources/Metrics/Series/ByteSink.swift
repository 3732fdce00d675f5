/// Writes integers into memory that the caller made large enough.
///
/// The pointer is never kept beyond the call that lent it. Whoever makes a sink gives it the most
/// bytes its content can need (`SampleCodec.bytesMax`), so writes are checked in debug builds only.
struct ByteSink {
    private let base: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private(set) var count = 0

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
        guard let base = buffer.baseAddress else { preconditionFailure("a sink needs memory") }
        self.base = base
        capacity = buffer.count
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        assert(count < capacity)
        base[count] = byte
        count += 1
    }

    /// LEB128: seven bits a byte, lowest first.
    @inline(__always)
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    @inline(__always)
    mutating func appendSigned(_ value: Int64) { appendVarint(ZigZag.encode(value)) }

    /// The lowest `bytes` bytes of `word`, lowest first.
    @inline(__always)
    mutating func appendWord(_ word: UInt64, bytes: Int = 8) {
        assert(count + bytes <= capacity)
        for position in 0..<bytes {
            base[count + position] = UInt8(truncatingIfNeeded: word >> UInt64(position * 8))
        }
        count += bytes
    }
}

/// Reads what `ByteSink` wrote; every read is checked against the end.
struct ByteSource {
    let base: UnsafeRawPointer
    let end: Int
    var position = 0

    /// The memory must stay valid while the source is used.
    init(_ bytes: UnsafeRawBufferPointer) throws(SampleCodec.DecodingError) {
        guard let base = bytes.baseAddress else { throw .truncated }
        self.base = base
        end = bytes.count
    }

    var rest: Int { end - position }

    @inline(__always)
    mutating func byte() throws(SampleCodec.DecodingError) -> UInt8 {
        guard position < end else { throw .truncated }
        let byte = base.load(fromByteOffset: position, as: UInt8.self)
        position += 1
        return byte
    }

    @inline(__always)
    mutating func varint() throws(SampleCodec.DecodingError) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte()
            guard shift < 63 || byte <= 1 else { throw .malformed }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
            shift += 7
        }
    }

    @inline(__always)
    mutating func signed() throws(SampleCodec.DecodingError) -> Int64 {
        ZigZag.decode(try varint())
    }

    mutating func word() throws(SampleCodec.DecodingError) -> UInt64 {
        guard rest >= 8 else { throw .truncated }
        let word = base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        position += 8
        return UInt64(littleEndian: word)
    }
}

/// Small magnitudes of either sign as small unsigned numbers: 0, -1, 1, -2, … → 0, 1, 2, 3, …
enum ZigZag {
    @inline(__always)
    static func encode(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: (value << 1) ^ (value >> 63))
    }

    @inline(__always)
    static func decode(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}
