/// Any sequence of 64-bit integers in few bytes, exactly.
///
///     mode byte    order (2 bits, highest) and shift (6 bits)
///     first        signed varint
///     step         signed varint; orders `linear` and `second` only
///     blocks       up to 32 residuals each; none for `linear`
///
/// With `y[i] = (x[i] - first) >> shift` (the shift drops low bits that are zero in every `y`) the
/// residuals are `y[i]` (order `zeroth`, noise around a level), `y[i] - y[i-1]` (`first`, counters)
/// or the difference of those (`second`, steady slopes). A block holds them less their minimum,
/// each in the same number of bits; the few that would need many more keep their high bits in a
/// list behind ("patches", as in Lemire and Boytsov, "Decoding billions of integers per second",
/// 2012).
///
///     block        width (7 bits) and whether patches follow (highest bit)
///                  minimum, signed varint
///                  number of patches, one byte, when they follow
///                  residuals, lowest bit first, padded to whole bytes
///                  patches: position byte, high bits as varint
///
/// All arithmetic wraps, so that every pattern of bits comes back.
enum IntegerPacking {
    static let blockCount = 32

    enum Order: UInt8 {
        case zeroth, first, second, linear
    }

    /// The most bytes that `count` integers can take.
    static func bytesMax(count: Int) -> Int {
        let blocks = count / blockCount + 1
        return 21 + count * 8 + blocks * 12
    }

    // MARK: Encoding

    /// - Parameters:
    ///   - values: `count` integers, at least one.
    ///   - scratch: room for `count` integers.
    static func encode(
        _ values: UnsafePointer<Int64>, count: Int, scratch: UnsafeMutablePointer<Int64>,
        into sink: inout ByteSink
    ) {
        let first = values[0]
        var union: UInt64 = 0
        for index in 0..<count { union |= UInt64(bitPattern: values[index] &- first) }
        let shift = union == 0 ? 0 : Int64(union.trailingZeroBitCount)
        for index in 0..<count { scratch[index] = (values[index] &- first) >> shift }
        let order = union == 0 ? .linear : bestOrder(scratch, count: count)
        sink.append(order.rawValue << 6 | UInt8(shift))
        sink.appendSigned(first)
        var start = 1
        switch order {
        case .linear:
            sink.appendSigned(count > 1 ? scratch[1] : 0)
            return
        case .zeroth: break
        case .first: differentiate(scratch, count: count, from: 1)
        case .second:
            sink.appendSigned(scratch[1])
            differentiate(scratch, count: count, from: 1)
            differentiate(scratch, count: count, from: 2)
            start = 2
        }
        while start < count {
            let length = min(blockCount, count - start)
            encodeBlock(scratch + start, count: length, into: &sink)
            start += length
        }
    }

    /// Replaces elements by their difference to the one before, from index `start` on.
    private static func differentiate(
        _ values: UnsafeMutablePointer<Int64>, count: Int, from start: Int
    ) {
        var index = count - 1
        while index >= start {
            values[index] &-= values[index - 1]
            index -= 1
        }
    }

    private struct Range64 {
        var low = Int64.max
        var high = Int64.min

        @inline(__always)
        mutating func add(_ value: Int64) {
            low = min(low, value)
            high = max(high, value)
        }

        var width: Int {
            low > high ? 0 : 64 - UInt64(bitPattern: high &- low).leadingZeroBitCount
        }
    }

    /// The order whose blocks have the smallest ranges.
    private static func bestOrder(_ values: UnsafePointer<Int64>, count: Int) -> Order {
        var widths = (0, 0, 0)
        var isLinear = true
        var previous = values[0]
        var slope = count > 1 ? values[1] &- values[0] : 0
        let steadySlope = slope
        var start = 1
        while start < count {
            let end = min(start + blockCount, count)
            var zeroth = Range64()
            var first = Range64()
            var second = Range64()
            for index in start..<end {
                let value = values[index]
                let difference = value &- previous
                zeroth.add(value)
                first.add(difference)
                second.add(difference &- slope)
                isLinear = isLinear && difference == steadySlope
                slope = difference
                previous = value
            }
            widths.0 += zeroth.width
            widths.1 += first.width
            widths.2 += second.width
            start = end
        }
        if isLinear { return .linear }
        if widths.2 < widths.1, widths.2 < widths.0 { return .second }
        return widths.1 <= widths.0 ? .first : .zeroth
    }

    private static func encodeBlock(
        _ values: UnsafePointer<Int64>, count: Int, into sink: inout ByteSink
    ) {
        var range = Range64()
        for index in 0..<count { range.add(values[index]) }
        let minimum = range.low
        let width = bestWidth(values, count: count, minimum: minimum, widest: range.width)
        let patches =
            width >= range.width
            ? 0 : patchCount(values, count: count, minimum: minimum, width: width)
        sink.append(UInt8(width) | (patches > 0 ? 0x80 : 0))
        sink.appendSigned(minimum)
        if patches > 0 { sink.append(UInt8(patches)) }
        pack(values, count: count, minimum: minimum, width: width, into: &sink)
        guard patches > 0 else { return }
        for index in 0..<count {
            let high = UInt64(bitPattern: values[index] &- minimum) >> UInt64(width)
            if high != 0 {
                sink.append(UInt8(index))
                sink.appendVarint(high)
            }
        }
    }

    private static func patchCount(
        _ values: UnsafePointer<Int64>, count: Int, minimum: Int64, width: Int
    ) -> Int {
        var patches = 0
        for index in 0..<count
        where UInt64(bitPattern: values[index] &- minimum) >> UInt64(width) != 0 {
            patches += 1
        }
        return patches
    }

    /// Widths from 58 to 63 do not exist: 57 bits and an offset of 7 still fit one 64-bit load.
    private static func bestWidth(
        _ values: UnsafePointer<Int64>, count: Int, minimum: Int64, widest: Int
    ) -> Int {
        let plain = widest > 57 ? 64 : widest
        guard widest > 2 else { return plain }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 65) { counts in
            counts.initialize(repeating: 0)
            for index in 0..<count {
                let value = UInt64(bitPattern: values[index] &- minimum)
                counts[64 - value.leadingZeroBitCount] += 1
            }
            var best = plain
            var bestBytes = (count * plain + 7) / 8
            // Patches below a width: how many, and how many bits they have beyond it.
            var patches = 0
            var excessBits = 0
            var width = widest
            while width > 0 {
                patches += Int(counts[width])
                width -= 1
                excessBits += patches
                if width > 57 { continue }
                // A patch takes its position and its high bits, seven a byte; rounded up by 6/7.
                let bytes = (count * width + 7) / 8 + 1 + patches * 2 + excessBits / 7
                if bytes < bestBytes {
                    bestBytes = bytes
                    best = width
                }
                if patches * 2 > bestBytes { break }
            }
            return best
        }
    }

    private static func pack(
        _ values: UnsafePointer<Int64>, count: Int, minimum: Int64, width: Int,
        into sink: inout ByteSink
    ) {
        guard width > 0 else { return }
        if width == 64 {
            for index in 0..<count {
                sink.appendWord(UInt64(bitPattern: values[index] &- minimum))
            }
            return
        }
        let mask = (UInt64(1) << UInt64(width)) &- 1
        var word: UInt64 = 0
        var filled = 0
        for index in 0..<count {
            let value = UInt64(bitPattern: values[index] &- minimum) & mask
            word |= value << UInt64(filled)
            filled += width
            if filled >= 64 {
                sink.appendWord(word)
                filled -= 64
                word = filled > 0 ? value >> UInt64(width - filled) : 0
            }
        }
        if filled > 0 { sink.appendWord(word, bytes: (filled + 7) / 8) }
    }

    // MARK: Decoding

    /// Writes `count` integers to every second place from `target` on: the layout of the times, or
    /// of the values, in an array of samples.
    /// - Parameter end: no integer is wanted from this index on; `source` then stays somewhere
    ///   within the integers.
    static func decode(
        from source: inout ByteSource, count: Int, before end: Int = .max,
        into target: UnsafeMutablePointer<Int64>
    ) throws(SampleCodec.DecodingError) {
        guard count > 0 else { return }
        let end = min(end, count)
        let mode = try source.byte()
        guard let order = Order(rawValue: mode >> 6) else { throw .malformed }
        let shift = Int64(mode & 0x3F)
        let first = try source.signed()
        target[0] = first
        var step: Int64 = 0
        var start = 1
        if order == .linear || order == .second {
            step = try source.signed()
            if order == .linear {
                let increment = step &<< shift
                for index in 1..<max(end, 1) {
                    target[index * 2] = target[index * 2 - 2] &+ increment
                }
                return
            }
            if count > 1 { target[2] = first &+ step &<< shift }
            start = 2
        }
        var level = order == .second ? step : 0
        var block = Block()
        while start < end {
            let length = min(blockCount, count - start)
            try decodeBlock(from: &source, count: length, into: &block)
            let output = target + start * 2
            block.withResiduals { residuals in
                switch order {
                case .zeroth:
                    for index in 0..<length {
                        output[index * 2] = first &+ residuals[index] &<< shift
                    }
                case .first, .linear:
                    for index in 0..<length {
                        level &+= residuals[index]
                        output[index * 2] = first &+ level &<< shift
                    }
                case .second:
                    for index in 0..<length {
                        step &+= residuals[index]
                        level &+= step
                        output[index * 2] = first &+ level &<< shift
                    }
                }
            }
            start += length
        }
    }

    /// Room for the residuals of one block.
    struct Block {
        private var storage = InlineArray<32, Int64>(repeating: 0)

        @inline(__always)
        mutating func withResiduals(_ body: (UnsafeMutablePointer<Int64>) -> Void) {
            var span = storage.mutableSpan
            span.withUnsafeMutableBufferPointer { buffer in
                if let base = buffer.baseAddress { body(base) }
            }
        }

        @inline(__always)
        subscript(position: Int) -> Int64 {
            get { storage[position] }
            set { storage[position] = newValue }
        }
    }

    static func decodeBlock(
        from source: inout ByteSource, count: Int, into block: inout Block
    ) throws(SampleCodec.DecodingError) {
        let head = try source.byte()
        let width = Int(head & 0x7F)
        guard width <= 57 || width == 64 else { throw .malformed }
        let minimum = try source.signed()
        let patches = head & 0x80 == 0 ? 0 : try source.byte()
        let length = (count * width + 7) / 8
        guard source.rest >= length else { throw .truncated }
        let bytes = source.base + source.position
        let available = source.rest
        block.withResiduals { residuals in
            unpack(
                bytes, available: available, width: width, count: count, minimum: minimum,
                into: residuals)
        }
        source.position += length
        for _ in 0..<patches {
            let position = Int(try source.byte())
            let high = try source.varint()
            guard position < count, width < 64 else { throw .malformed }
            block[position] &+= Int64(bitPattern: high << UInt64(width))
        }
    }

    /// - Parameter available: bytes that may be read from `bytes` on; at least the packed ones.
    @inline(__always)
    private static func unpack(
        _ bytes: UnsafeRawPointer, available: Int, width: Int, count: Int, minimum: Int64,
        into residuals: UnsafeMutablePointer<Int64>
    ) {
        if width == 0 {
            for index in 0..<count { residuals[index] = minimum }
            return
        }
        let mask = width == 64 ? UInt64.max : (UInt64(1) << UInt64(width)) &- 1
        // Whole loads as long as eight bytes are there, single bytes for the last few.
        let wholeLoads = available < 8 ? 0 : min(count, (available - 8) * 8 / width + 1)
        var bit = 0
        for index in 0..<wholeLoads {
            let word = UInt64(
                littleEndian: bytes.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self))
            residuals[index] = minimum &+ Int64(bitPattern: word &>> UInt64(bit & 7) & mask)
            bit &+= width
        }
        for index in wholeLoads..<max(count, wholeLoads) {
            var word: UInt64 = 0
            for position in 0..<min(8, available - bit >> 3) {
                let byte = bytes.load(fromByteOffset: bit >> 3 + position, as: UInt8.self)
                word |= UInt64(byte) << UInt64(position * 8)
            }
            residuals[index] = minimum &+ Int64(bitPattern: word &>> UInt64(bit & 7) & mask)
            bit &+= width
        }
    }
}
