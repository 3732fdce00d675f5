#if canImport(Glibc)
    import Glibc
#endif

/// What is known about a whole chunk without unpacking it. There is one only when every value is a
/// number: no staleness marker and no other NaN among them.
package struct ChunkSummary: Hashable, Sendable {
    package var first: Sample
    package var last: Sample
    /// Samples in the chunk, the first and the last counted.
    package var count: Int
    package var min: Double
    package var max: Double
    /// The sum of the values that were followed by a smaller one: what a counter lost to resets
    /// within the chunk. The step from the chunk before is not in it.
    package var resetCorrection: Double
    /// Whether no value is smaller than the one before it.
    package var isMonotone: Bool
    /// Whether all values have the same bits.
    package var isConstant: Bool
}

/// Sealed samples: a header, what the header's flags say, and `SampleCodec`'s values. The times are
/// regular, or they stand in a block that other series share.
///
///     header     56 bytes: times, birth, count, payload size, flags, first and last sample
///     extremes   minimum, maximum, reset correction; only when flag `extremes` is set
///     payload    none when the values are constant
///
/// Never written to after it was made. Sendable although it holds a pointer: see `SeriesMemory`.
struct SampleChunk: @unchecked Sendable {
    struct Flags: OptionSet {
        let rawValue: UInt32
        /// All steps in time are the same: no block of times.
        static let regular = Flags(rawValue: 1)
        static let numbersOnly = Flags(rawValue: 2)
        static let monotone = Flags(rawValue: 4)
        static let extremes = Flags(rawValue: 8)
        static let constant = Flags(rawValue: 16)
    }

    struct Header {
        /// Nil when the times are regular.
        var times: TimeBlock?
        var birth: UInt32
        var count: UInt32
        var payload: UInt32
        var flags: Flags
        var first: Sample
        var last: Sample
    }

    private struct Extremes {
        var min: Double
        var max: Double
        var resetCorrection: Double
    }

    let block: UnsafeMutableRawPointer

    @inline(__always)
    var header: Header { block.load(as: Header.self) }
    @inline(__always)
    var firstTime: Int64 { header.first.t }
    @inline(__always)
    var lastTime: Int64 { header.last.t }
    @inline(__always)
    var count: Int { Int(header.count) }

    private static let headerSize = MemoryLayout<Header>.stride
    private static let extremesSize = MemoryLayout<Extremes>.stride

    var size: Int {
        let header = header
        return Self.headerSize + Int(header.payload)
            + (header.flags.contains(.extremes) ? Self.extremesSize : 0)
    }

    /// What it takes of the heap.
    var footprint: Int { SeriesMemory.footprint(size) }

    /// Nil when a value is no number.
    var summary: ChunkSummary? {
        let header = header
        guard header.flags.contains(.numbersOnly) else { return nil }
        var extremes = Extremes(
            min: header.first.v, max: header.last.v, resetCorrection: 0)
        if header.flags.contains(.extremes) {
            extremes = block.load(fromByteOffset: Self.headerSize, as: Extremes.self)
        }
        return ChunkSummary(
            first: header.first, last: header.last, count: Int(header.count), min: extremes.min,
            max: extremes.max, resetCorrection: extremes.resetCorrection,
            isMonotone: header.flags.contains(.monotone),
            isConstant: header.flags.contains(.constant))
    }

    // MARK: Sealing

    /// - Parameters:
    ///   - samples: ascending in time, at least one, at most `SampleCodec.countMax`.
    ///   - room: at least `SampleCodec.bytesMax` bytes.
    ///   - times: gives the block of the times; called when they are not regular.
    init(
        sealing samples: UnsafeBufferPointer<Sample>, birth: UInt32,
        room: UnsafeMutableBufferPointer<UInt8>, times: () -> TimeBlock
    ) {
        var header = Header(
            times: nil, birth: birth, count: UInt32(samples.count), payload: 0, flags: [],
            first: samples[0], last: samples[samples.count - 1])
        var extremes = Extremes(min: samples[0].v, max: samples[0].v, resetCorrection: 0)
        header.flags = Self.survey(samples, &extremes)
        let needsExtremes =
            header.flags.contains(.numbersOnly) && !header.flags.contains(.monotone)
        if needsExtremes { header.flags.insert(.extremes) }
        var payload = 0
        if !header.flags.contains(.regular) { header.times = times() }
        if !header.flags.contains(.constant) {
            payload = SampleCodec.encodeValues(samples, into: room)
        }
        header.payload = UInt32(payload)
        let start = Self.headerSize + (needsExtremes ? Self.extremesSize : 0)
        block = SeriesMemory.allocate(start + payload)
        block.storeBytes(of: header, as: Header.self)
        if needsExtremes {
            block.storeBytes(of: extremes, toByteOffset: Self.headerSize, as: Extremes.self)
        }
        if payload > 0, let bytes = room.baseAddress {
            (block + start).copyMemory(from: bytes, byteCount: payload)
        }
    }

    init(block: UnsafeMutableRawPointer) { self.block = block }

    private static func survey(
        _ samples: UnsafeBufferPointer<Sample>, _ extremes: inout Extremes
    ) -> Flags {
        var flags: Flags = [.numbersOnly, .monotone, .constant]
        let first = samples[0]
        let (step, overflows) =
            samples.count > 1
            ? samples[1].t.subtractingReportingOverflow(first.t) : (0, false)
        var isRegular = !overflows && !Self.spanOverflows(first, samples[samples.count - 1])
        var previous = first
        if first.v.isNaN { flags.remove(.numbersOnly) }
        for index in 1..<max(1, samples.count) {
            let sample = samples[index]
            isRegular = isRegular && sample.t &- previous.t == step
            if sample.v.bitPattern != previous.v.bitPattern {
                flags.remove(.constant)
                if sample.v.isNaN { flags.remove(.numbersOnly) }
                if !(sample.v > previous.v) { flags.remove(.monotone) }
                if sample.v < previous.v { extremes.resetCorrection += previous.v }
                // Of -0 and 0 the one that came first stays, as in a comparison sample by sample.
                if sample.v < extremes.min { extremes.min = sample.v }
                if sample.v > extremes.max { extremes.max = sample.v }
            }
            previous = sample
        }
        if !flags.contains(.numbersOnly) { flags.remove(.monotone) }
        if isRegular { flags.insert(.regular) }
        return flags
    }

    /// Whether the time from one to the other is no 64-bit number.
    private static func spanOverflows(_ first: Sample, _ last: Sample) -> Bool {
        last.t.subtractingReportingOverflow(first.t).overflow
    }

    /// This chunk and the samples behind it as one, when it is regular and constant and they go on
    /// in the same way.
    func extended(by samples: UnsafeBufferPointer<Sample>, birth: UInt32) -> SampleChunk? {
        var header = header
        guard header.flags.isSuperset(of: [.regular, .constant]), header.count > 1,
            let last = samples.last,
            Int(header.count) + samples.count <= SampleCodec.countMax,
            !Self.spanOverflows(header.first, last)
        else { return nil }
        let step = (header.last.t &- header.first.t) / Int64(header.count - 1)
        var time = header.last.t
        for sample in samples {
            time &+= step
            guard sample.t == time, sample.v.bitPattern == header.first.v.bitPattern else {
                return nil
            }
        }
        header.birth = birth
        header.count += UInt32(samples.count)
        header.last = last
        let longer = SampleChunk(block: SeriesMemory.allocate(Self.headerSize))
        longer.block.storeBytes(of: header, as: Header.self)
        return longer
    }

    // MARK: Unpacking

    /// Writes all samples to `target`, which has room for `count` of them, initialised.
    func decode(into target: UnsafeMutablePointer<Sample>) {
        writeTimes(to: target)
        writeValues(0..<count, to: target)
    }

    /// Writes the samples in `(after, through]` to `target`, each to its own place; others may be
    /// written too.
    /// - Parameters:
    ///   - after: earlier than the last sample; nil for all from the first.
    ///   - through: not earlier than the first sample.
    ///   - target: room for `count` samples, initialised.
    /// - Returns: the places.
    func decode(
        after: Int64?, through: Int64, into target: UnsafeMutablePointer<Sample>
    ) -> Range<Int> {
        writeTimes(to: target)
        let places = places(after: after, through: through, target)
        writeValues(places, to: target)
        return places
    }

    /// What is known about the samples in `(after, through]` when no value of the chunk is smaller
    /// than the one before it; nil otherwise, or when there is none. Parameters as for `decode`.
    func summary(
        after: Int64, through: Int64, scratch: UnsafeMutablePointer<Sample>
    ) -> ChunkSummary? {
        let header = header
        guard header.flags.isSuperset(of: [.numbersOnly, .monotone]) else { return nil }
        if header.times != nil { writeTimes(to: scratch) }
        let places = places(after: after, through: through, scratch)
        guard !places.isEmpty else { return nil }
        let first = sample(at: places.lowerBound, scratch)
        let last = places.count == 1 ? first : sample(at: places.upperBound - 1, scratch)
        return ChunkSummary(
            first: first, last: last, count: places.count, min: first.v, max: last.v,
            resetCorrection: 0, isMonotone: true,
            isConstant: header.flags.contains(.constant))
    }

    /// - Parameter scratch: room for all samples; times that are not regular are there already.
    private func sample(at place: Int, _ scratch: UnsafeMutablePointer<Sample>) -> Sample {
        let header = header
        if place == 0 { return header.first }
        if place == Int(header.count) - 1 { return header.last }
        if header.times == nil { scratch[place].t = header.first.t &+ Int64(place) &* step }
        writeValues(place..<place + 1, to: scratch)
        return scratch[place]
    }

    /// Between the samples of a regular chunk.
    private var step: Int64 {
        let header = header
        return header.count > 1
            ? (header.last.t &- header.first.t) / Int64(header.count - 1) : 0
    }

    /// - Parameter samples: their times are there already, unless they are regular.
    private func places(
        after: Int64?, through: Int64, _ samples: UnsafePointer<Sample>
    ) -> Range<Int> {
        let header = header
        let count = Int(header.count)
        let all = UnsafeBufferPointer(start: samples, count: count)
        func index(after time: Int64) -> Int {
            if header.times != nil { return all.firstIndex(after: time) }
            return Int((time &- header.first.t) / step) + 1
        }
        let end = header.last.t <= through ? count : index(after: through)
        guard let after, header.first.t <= after else { return 0..<end }
        let start = index(after: after)
        return start..<max(start, end)
    }

    private func writeTimes(to target: UnsafeMutablePointer<Sample>) {
        let header = header
        let count = Int(header.count)
        if let times = header.times {
            Self.decodeTimes(times.payload, count: count, into: target)
            return
        }
        let step = step
        var time = header.first.t
        for index in 0..<count {
            target[index].t = time
            time &+= step
        }
    }

    private func writeValues(_ places: Range<Int>, to target: UnsafeMutablePointer<Sample>) {
        let header = header
        let count = Int(header.count)
        if header.flags.contains(.constant) {
            for index in places { target[index].v = header.first.v }
            return
        }
        let start =
            Self.headerSize + (header.flags.contains(.extremes) ? Self.extremesSize : 0)
        let payload = UnsafeRawBufferPointer(start: block + start, count: Int(header.payload))
        Self.reading(payload) { (source) throws(SampleCodec.DecodingError) in
            let words = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Int64.self)
            try SampleCodec.decodeValues(
                &source, count: count, places: places, last: header.last.v, into: words)
        }
    }

    /// Writes the times of `count` samples.
    static func decodeTimes(
        _ bytes: UnsafeRawBufferPointer, count: Int, into target: UnsafeMutablePointer<Sample>
    ) {
        reading(bytes) { (source) throws(SampleCodec.DecodingError) in
            let words = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Int64.self)
            try IntegerPacking.decode(from: &source, count: count, into: words)
        }
    }

    private static func reading(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (inout ByteSource) throws(SampleCodec.DecodingError) -> Void
    ) {
        do {
            var source = try ByteSource(bytes)
            try body(&source)
        } catch {
            // The bytes never left the process: only broken memory can bring this about.
            preconditionFailure("a sealed chunk cannot be read: \(error)")
        }
    }
}
