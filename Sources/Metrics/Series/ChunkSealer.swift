/// Moves samples from a series' raw buffer into chunks, and keeps count of the bytes of both.
///
/// A raw buffer grows 4, 8, 16, 32, 96. When 96 samples are there the oldest 64 are sealed and 32
/// stay raw, directly addressable. The very first time a series is sealed earlier, at a count that
/// depends on its slot: series that began together would otherwise all be sealed by the same read.
/// Small chunks are merged into one as soon as together they have 256 samples.
struct ChunkSealer: ~Copyable {
    static let rawMax = 96
    private static let rawKept = 32
    private static let firstCapacity = 4
    /// Chunks of fewer samples are merged with their neighbours.
    private static let smallMax = 192
    /// Merged chunks have at least so many samples; at most twice as many.
    private static let mergedMin = 256

    private let samplesPerSeriesMax: Int
    private let rawLimit: Int
    private(set) var hotBytes = 0
    private(set) var coldBytes = 0
    private(set) var sealedSamples = 0
    /// Room for one encoded chunk and for the samples that are merged.
    private let room: UnsafeMutableBufferPointer<UInt8>
    private let scratch: UnsafeMutableBufferPointer<Sample>

    init(samplesPerSeriesMax: Int) {
        self.samplesPerSeriesMax = samplesPerSeriesMax
        rawLimit = min(Self.rawMax, max(2, samplesPerSeriesMax))
        let most = Self.mergedMin * 2
        room = .allocate(capacity: SampleCodec.bytesMax(count: most))
        scratch = .allocate(capacity: most)
        scratch.initialize(repeating: Sample(t: 0, v: 0))
    }

    deinit {
        room.deallocate()
        scratch.deallocate()
    }

    /// Bytes of a raw buffer.
    static func size(_ capacity: UInt16) -> Int { Int(capacity) * MemoryLayout<Sample>.stride }

    // MARK: The raw buffer

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Sample> {
        SeriesMemory.allocate(capacity * MemoryLayout<Sample>.stride)
            .bindMemory(to: Sample.self, capacity: capacity)
    }

    /// Makes room for one more sample; the record is full.
    /// - Returns: how many samples were dropped because of `samplesPerSeriesMax`.
    mutating func makeRoom(
        slot: Int, _ record: UnsafeMutablePointer<SlotRecord>, memory: SeriesMemory, birth: UInt32
    ) -> Int {
        let count = Int(record.pointee.count)
        if count < rawLimit, record.pointee.capacity < Self.rawMax {
            let capacity: Int =
                switch count {
                case 0: Self.firstCapacity
                case ..<32: min(count * 2, 32)
                default: Self.rawMax
                }
            replaceBuffer(record, capacity: capacity, dropping: 0, memory: memory, birth: birth)
            // A multiplicative hash spreads neighbouring slots over 64 places.
            let phase = Int((UInt32(truncatingIfNeeded: slot) &* 0x9E37_79B1) >> 26)
            let limit = capacity == Self.rawMax ? Self.rawKept + 1 + phase : capacity
            record.pointee.limit = UInt16(min(limit, rawLimit))
            return 0
        }
        let kept = min(Self.rawKept, rawLimit / 2)
        let dropped = seal(record, count: count - kept, memory: memory, birth: birth)
        record.pointee.limit = UInt16(min(Int(record.pointee.capacity), rawLimit))
        return dropped
    }

    private mutating func replaceBuffer(
        _ record: UnsafeMutablePointer<SlotRecord>, capacity: Int, dropping dropped: Int,
        memory: SeriesMemory, birth: UInt32
    ) {
        let buffer = Self.allocate(capacity)
        let count = Int(record.pointee.count) - dropped
        if let old = record.pointee.samples {
            buffer.initialize(from: old + dropped, count: count)
            let size = Self.size(record.pointee.capacity)
            memory.retire(old, birth: record.pointee.birth, size: size)
            hotBytes -= SeriesMemory.footprint(size)
        }
        hotBytes += SeriesMemory.footprint(capacity * MemoryLayout<Sample>.stride)
        record.pointee.samples = buffer
        record.pointee.birth = birth
        record.pointee.count = UInt16(count)
        record.pointee.capacity = UInt16(capacity)
    }

    /// Drops the oldest `count` samples of the raw buffer.
    mutating func dropRaw(
        _ count: Int, _ record: UnsafeMutablePointer<SlotRecord>, memory: SeriesMemory,
        birth: UInt32
    ) {
        guard let samples = record.pointee.samples else { return }
        if memory.isShared(birth: record.pointee.birth) {
            replaceBuffer(
                record, capacity: Int(record.pointee.capacity), dropping: count, memory: memory,
                birth: birth)
        } else {
            let rest = Int(record.pointee.count) - count
            samples.update(from: samples + count, count: rest)
            record.pointee.count = UInt16(rest)
            record.pointee.birth = birth
        }
    }

    // MARK: Chunks

    private mutating func seal(
        _ record: UnsafeMutablePointer<SlotRecord>, count: Int, memory: SeriesMemory,
        birth: UInt32
    ) -> Int {
        guard let samples = record.pointee.samples else { return 0 }
        var dropped = 0
        if rawLimit + count > samplesPerSeriesMax {
            // The limit is below one chunk and one raw buffer: nothing can be sealed.
            dropped = count
        } else {
            let sealed = UnsafeBufferPointer(start: samples, count: count)
            let chunk = SampleChunk(sealing: sealed, birth: birth, room: room)
            var chunks = record.pointee.sealed?.chunks ?? []
            var retired: [SampleChunk] = []
            add(chunk, to: &chunks, retired: &retired, birth: birth)
            var total = chunks.reduce(0) { $0 + $1.count }
            sealedSamples += count
            var surplus = 0
            while total + rawLimit > samplesPerSeriesMax, surplus < chunks.count {
                total -= chunks[surplus].count
                dropped += chunks[surplus].count
                surplus += 1
            }
            sealedSamples -= dropped
            retired += chunks[..<surplus]
            chunks.removeFirst(surplus)
            replaceList(record, chunks, retired: retired, memory: memory, birth: birth)
        }
        dropRaw(count, record, memory: memory, birth: birth)
        return dropped
    }

    private mutating func add(
        _ chunk: SampleChunk, to chunks: inout [SampleChunk], retired: inout [SampleChunk],
        birth: UInt32
    ) {
        coldBytes += SeriesMemory.footprint(chunk.size)
        if let last = chunks.last, let extended = last.extended(by: chunk, birth: birth) {
            coldBytes += SeriesMemory.footprint(extended.size)
            chunks[chunks.count - 1] = extended
            retired += [last, chunk]
            return
        }
        chunks.append(chunk)
        var start = chunks.count
        var total = 0
        while start > 0, chunks[start - 1].count < Self.smallMax, total < Self.mergedMin {
            start -= 1
            total += chunks[start].count
        }
        guard total >= Self.mergedMin else { return }
        guard let target = scratch.baseAddress else { return }
        var filled = 0
        for small in chunks[start...] {
            small.decode(into: target + filled)
            filled += small.count
        }
        let merged = SampleChunk(
            sealing: UnsafeBufferPointer(start: target, count: filled), birth: birth, room: room)
        coldBytes += SeriesMemory.footprint(merged.size)
        retired += chunks[start...]
        chunks.replaceSubrange(start..., with: [merged])
    }

    private mutating func replaceList(
        _ record: UnsafeMutablePointer<SlotRecord>, _ chunks: [SampleChunk],
        retired: [SampleChunk], memory: SeriesMemory, birth: UInt32
    ) {
        for chunk in retired {
            coldBytes -= SeriesMemory.footprint(chunk.size)
            memory.retire(chunk.block, birth: chunk.header.birth, size: chunk.size)
        }
        if let old = record.pointee.sealed {
            coldBytes -= SeriesMemory.footprint(old.size)
            memory.retire(old.block, birth: old.birth, size: old.size)
        }
        guard !chunks.isEmpty else {
            record.pointee.sealed = nil
            return
        }
        let list = ChunkList(chunks, birth: birth)
        coldBytes += SeriesMemory.footprint(list.size)
        record.pointee.sealed = list
    }

    /// Drops the oldest `count` chunks.
    /// - Returns: how many samples they had.
    mutating func dropChunks(
        _ count: Int, _ record: UnsafeMutablePointer<SlotRecord>, memory: SeriesMemory,
        birth: UInt32
    ) -> Int {
        guard let list = record.pointee.sealed, count > 0 else { return 0 }
        let chunks = list.chunks
        let dropped = Array(chunks.prefix(count))
        let samples = dropped.reduce(0) { $0 + $1.count }
        replaceList(
            record, Array(chunks.dropFirst(count)), retired: dropped, memory: memory, birth: birth)
        sealedSamples -= samples
        return samples
    }

    /// Takes a series that is removed off the books.
    mutating func forget(_ record: SlotRecord) {
        if record.samples != nil { hotBytes -= SeriesMemory.footprint(Self.size(record.capacity)) }
        guard let list = record.sealed else { return }
        coldBytes -= SeriesMemory.footprint(list.size)
        sealedSamples -= list.sampleCount
        for chunk in list.chunks { coldBytes -= SeriesMemory.footprint(chunk.size) }
    }
}
