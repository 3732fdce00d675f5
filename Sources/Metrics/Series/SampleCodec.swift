/// Samples as bytes, exactly: every time, every bit of every value (staleness markers, other NaNs,
/// -0, infinities), in any order of time.
///
///     version      1
///     count        varint, at most `countMax`
///     times        `IntegerPacking`; a regular step takes a few bytes altogether
///     scheme       decimal exponent 0…15, or 31 for bit patterns; 0x80 added when exceptions
///     follow
///     exceptions   varint number, then each: places since the last one (varint), 8 bytes of bits
///     values       `IntegerPacking` of value × 10^exponent, or of the bit patterns
///
/// A decimal exponent is taken only when dividing gives back the same bits for every value that is
/// not listed as an exception (as in Afroozeh, Kuffo and Boncz, "ALP: Adaptive Lossless
/// Floating-Point Compression", 2023). There is no checksum: whoever stores the bytes adds one.
package enum SampleCodec {
    /// Samples in one encoding at most: what bounds the memory that hostile bytes can ask for.
    package static let countMax = 65_536
    static let version: UInt8 = 1
    static let bitPatterns = 31
    static let exceptionsFlag: UInt8 = 0x80

    /// Why bytes are no samples.
    package enum DecodingError: Error, Hashable, Sendable {
        case truncated
        case malformed
        /// Written by another version.
        case unknownVersion(UInt8)
        /// More than `countMax` samples.
        case tooMany
        /// Bytes are left over behind the last value.
        case trailingBytes
    }

    /// The most bytes that `count` samples can take.
    package static func bytesMax(count: Int) -> Int {
        32 + 2 * IntegerPacking.bytesMax(count: count) + (count / exceptionShare + 2) * 13
    }

    /// - Precondition: at most `countMax` samples.
    package static func encode(_ samples: [Sample]) -> [UInt8] {
        precondition(samples.count <= countMax, "more samples than one encoding may hold")
        return samples.withUnsafeBufferPointer { samples in
            [UInt8](unsafeUninitializedCapacity: bytesMax(count: samples.count)) { buffer, count in
                count = encode(samples, into: buffer)
            }
        }
    }

    package static func decode(_ bytes: [UInt8]) throws(DecodingError) -> [Sample] {
        try decode(bytes[...])
    }

    /// Takes memory for at most `countMax` samples, whatever the bytes are.
    package static func decode(_ bytes: ArraySlice<UInt8>) throws(DecodingError) -> [Sample] {
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(DecodingError) in try decode(bytes) }
        }.get()
    }

    package static func decode(_ bytes: UnsafeRawBufferPointer) throws(DecodingError) -> [Sample] {
        var source = try ByteSource(bytes)
        let count = try readCount(&source)
        var samples = [Sample](repeating: Sample(t: 0, v: 0), count: count)
        try samples.withUnsafeMutableBufferPointer { (samples) throws(DecodingError) in
            guard let base = samples.baseAddress, count > 0 else { return }
            try decodeBody(&source, count: count, into: base)
        }
        guard source.rest == 0 else { throw .trailingBytes }
        return samples
    }

    static func readCount(_ source: inout ByteSource) throws(DecodingError) -> Int {
        let found = try source.byte()
        guard found == version else { throw .unknownVersion(found) }
        let count = try source.varint()
        guard count <= countMax else { throw .tooMany }
        return Int(count)
    }

    // MARK: Unsafe forms

    /// - Parameter buffer: at least `bytesMax(count:)` bytes.
    /// - Returns: how many bytes were written.
    static func encode(
        _ samples: UnsafeBufferPointer<Sample>, into buffer: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        var sink = ByteSink(buffer)
        sink.append(version)
        sink.appendVarint(UInt64(samples.count))
        guard !samples.isEmpty else { return sink.count }
        encodeBody(samples, into: &sink)
        return sink.count
    }

    /// The times of at least one sample, alone.
    static func encodeTimes(
        _ samples: UnsafeBufferPointer<Sample>, into buffer: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        var sink = ByteSink(buffer)
        encodeBody(samples, values: false, into: &sink)
        return sink.count
    }

    /// The values of at least one sample, alone.
    static func encodeValues(
        _ samples: UnsafeBufferPointer<Sample>, into buffer: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        var sink = ByteSink(buffer)
        encodeBody(samples, times: false, into: &sink)
        return sink.count
    }

    private static func encodeBody(
        _ samples: UnsafeBufferPointer<Sample>, times: Bool = true, values: Bool = true,
        into sink: inout ByteSink
    ) {
        // Lent for this call only, and initialised before it is read.
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: samples.count * 2) { room in
            guard let integers = room.baseAddress else { return }
            let scratch = integers + samples.count
            if times {
                for index in samples.indices { integers[index] = samples[index].t }
                IntegerPacking.encode(
                    integers, count: samples.count, scratch: scratch, into: &sink)
            }
            if values {
                encodeValues(samples, integers: integers, scratch: scratch, into: &sink)
            }
        }
    }

    /// - Parameter target: room for `count` samples, initialised.
    static func decodeBody(
        _ source: inout ByteSource, count: Int, into target: UnsafeMutablePointer<Sample>
    ) throws(DecodingError) {
        // A sample is 16 bytes: its time, then its value. Both are 64-bit integers here; the
        // value's bits are read back as a `Double` below.
        let words = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Int64.self)
        try IntegerPacking.decode(from: &source, count: count, into: words)
        try decodeValues(&source, count: count, into: words)
    }

    /// - Parameters:
    ///   - places: of the values that are wanted; all when nil. Then `source` need not stay behind
    ///     the values.
    ///   - last: the last of all values, when it is known: it makes late places quick.
    ///   - words: times and values in turn; the values are written.
    static func decodeValues(
        _ source: inout ByteSource, count: Int, places: Range<Int>? = nil, last: Double? = nil,
        into words: UnsafeMutablePointer<Int64>
    ) throws(DecodingError) {
        let scheme = try source.byte()
        let exponent = Int(scheme & ~exceptionsFlag)
        guard exponent < powers.count || exponent == bitPatterns else { throw .malformed }
        var exceptions = source
        var exceptionCount = 0
        if scheme & exceptionsFlag != 0 {
            let stored = try source.varint()
            guard stored <= UInt64(count) else { throw .malformed }
            exceptionCount = Int(stored)
            exceptions = source
            for _ in 0..<exceptionCount {
                _ = try source.varint()
                _ = try source.word()
            }
        }
        if let places {
            let known = exceptionCount > 0 ? nil : last.flatMap { integer($0, exponent) }
            try IntegerPacking.decode(
                from: &source, count: count, places: places, last: known, into: words + 1)
        } else {
            try IntegerPacking.decode(from: &source, count: count, into: words + 1)
        }
        restore(places ?? 0..<count, exponent, of: words + 1)
        var place: UInt64 = 0
        for _ in 0..<exceptionCount {
            place &+= try exceptions.varint()
            let bits = try exceptions.word()
            guard place < count else { throw .malformed }
            words[Int(place) * 2 + 1] = Int64(bitPattern: bits)
        }
    }

    /// The integer that stands for a value; nil when it takes an exception.
    private static func integer(_ value: Double, _ exponent: Int) -> Int64? {
        if exponent == bitPatterns { return Int64(bitPattern: value.bitPattern) }
        return scaled(value, powers[exponent])
    }

    /// Makes values of integers, at every second place.
    private static func restore(
        _ places: Range<Int>, _ exponent: Int, of words: UnsafeMutablePointer<Int64>
    ) {
        if exponent == bitPatterns { return }
        if exponent == 0 {
            for index in places {
                let value = Double(words[index * 2])
                words[index * 2] = Int64(bitPattern: value.bitPattern)
            }
        } else {
            let power = powers[exponent]
            for index in places {
                let value = Double(words[index * 2]) / power
                words[index * 2] = Int64(bitPattern: value.bitPattern)
            }
        }
    }
}

// MARK: - Values

extension SampleCodec {
    /// One exception for so many values at most, and two always.
    private static let exceptionShare = 16

    /// Powers of ten that a `Double` holds exactly.
    static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ]

    /// Scaled values stay below it, so that rounding by adding is exact.
    private static let scaledMax = 0x1p51
    /// Adding it moves the integer part of a `Double` below 2^51 into the lowest bits.
    private static let rounder = 0x1.8p52

    /// `value` × `power` as an integer, when dividing it again gives the very same bits.
    @inline(__always)
    private static func scaled(_ value: Double, _ power: Double) -> Int64? {
        let product = value * power
        guard abs(product) < scaledMax else { return nil }
        let integer =
            Int64(bitPattern: (product + rounder).bitPattern)
            &- Int64(bitPattern: rounder.bitPattern)
        return (Double(integer) / power).bitPattern == value.bitPattern ? integer : nil
    }

    private static func encodeValues(
        _ samples: UnsafeBufferPointer<Sample>, integers: UnsafeMutablePointer<Int64>,
        scratch: UnsafeMutablePointer<Int64>, into sink: inout ByteSink
    ) {
        let exceptionsMax = samples.count / exceptionShare + 1
        if let exponent = decimalExponent(samples, exceptionsMax: exceptionsMax) {
            var exceptions = 0
            var previous: Int64 = 0
            let power = powers[exponent]
            for index in samples.indices {
                if let integer = scaled(samples[index].v, power) {
                    if exceptions == index { backfill(integers, count: index, integer) }
                    previous = integer
                } else {
                    exceptions += 1
                }
                integers[index] = previous
            }
            if exceptions <= exceptionsMax {
                sink.append(UInt8(exponent) | (exceptions > 0 ? exceptionsFlag : 0))
                if exceptions > 0 {
                    appendExceptions(samples, power: power, count: exceptions, into: &sink)
                }
                IntegerPacking.encode(
                    integers, count: samples.count, scratch: scratch, into: &sink)
                return
            }
        }
        sink.append(UInt8(bitPatterns))
        for index in samples.indices {
            integers[index] = Int64(bitPattern: samples[index].v.bitPattern)
        }
        IntegerPacking.encode(integers, count: samples.count, scratch: scratch, into: &sink)
    }

    /// Exceptions at the very beginning take the first ordinary value, so that they make no jump.
    private static func backfill(
        _ integers: UnsafeMutablePointer<Int64>, count: Int, _ value: Int64
    ) {
        for index in 0..<count { integers[index] = value }
    }

    private static func appendExceptions(
        _ samples: UnsafeBufferPointer<Sample>, power: Double, count: Int,
        into sink: inout ByteSink
    ) {
        sink.appendVarint(UInt64(count))
        var last = 0
        for index in samples.indices where scaled(samples[index].v, power) == nil {
            sink.appendVarint(UInt64(index - last))
            sink.appendWord(samples[index].v.bitPattern)
            last = index
        }
    }

    /// The smallest exponent that fits all values but the exceptions; nil when there is none.
    private static func decimalExponent(
        _ samples: UnsafeBufferPointer<Sample>, exceptionsMax: Int
    ) -> Int? {
        var exponent = 0
        var exceptions = 0
        for sample in samples {
            if scaled(sample.v, powers[exponent]) != nil { continue }
            var larger = sample.v.isFinite ? exponent + 1 : powers.count
            while larger < powers.count, scaled(sample.v, powers[larger]) == nil { larger += 1 }
            if larger < powers.count {
                exponent = larger
            } else {
                exceptions += 1
                if exceptions > exceptionsMax { return nil }
            }
        }
        return exponent
    }
}
