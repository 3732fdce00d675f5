/// Moves samples from a series' raw buffer into chunks, and keeps count of the bytes of both.
///
/// A raw buffer grows 4, 8, 16, 32, 96. When 96 samples are there the oldest 64 are sealed and 32
/// stay raw, directly addressable. The very first time a series is sealed earlier, at a count that
/// depends on its slot: series that began together would otherwise all be sealed by the same read.
/// Sealed samples go into the newest chunk as long as that stays within 256 samples, so that there
/// is one small chunk at most.
struct ChunkSealer: ~Copyable {
    static let rawMax = 96
    private static let rawKept = 32
    private static let firstCapacity = 4
    /// Samples in a chunk at most, but for those that are all alike.
    private static let chunkMax = 256

    private let samplesPerSeriesMax: Int
    private let rawLimit: Int
    private(set) var hotBytes = 0
    private(set) var coldBytes = 0
    private(set) var sealedSamples = 0
    private var times = TimeBlocks()
    /// Room for one encoded chunk and for the samples that are merged.
    private let room: UnsafeMutableBufferPointer<UInt8>
    private let scratch: UnsafeMutableBufferPointer<Sample>

    init(samplesPerSeriesMax: Int) {
        self.samplesPerSeriesMax = samplesPerSeriesMax
        rawLimit = min(Self.rawMax, max(2, samplesPerSeriesMax))
        room = .allocate(capacity: SampleCodec.bytesMax(count: Self.chunkMax))
        scratch = .allocate(capacity: Self.chunkMax)
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

    /// Seals the oldest `count` samples of the raw buffer.
    /// - Returns: how many samples were dropped because of `samplesPerSeriesMax`.
    private mutating func seal(
        _ record: UnsafeMutablePointer<SlotRecord>, count: Int, memory: SeriesMemory,
        birth: UInt32
    ) -> Int {
        guard let samples = record.pointee.samples else { return 0 }
        var dropped = count
        // Below one chunk and one raw buffer nothing can be sealed.
        if rawLimit + count <= samplesPerSeriesMax {
            let sealed = UnsafeBufferPointer(start: samples, count: count)
            let known = record.pointee.sealed
            let sealedMax = samplesPerSeriesMax - rawLimit - count
            dropped = 0
            var surplus = 0
            if let known, known.sampleCount > sealedMax {
                while known.sampleCount - dropped > sealedMax {
                    dropped += known[surplus].count
                    surplus += 1
                }
                _ = dropChunks(surplus, record, memory: memory, birth: birth)
            }
            add(sealed, to: record, memory: memory, birth: birth)
            sealedSamples += count
        }
        dropRaw(count, record, memory: memory, birth: birth)
        return dropped
    }

    private mutating func add(
        _ samples: UnsafeBufferPointer<Sample>, to record: UnsafeMutablePointer<SlotRecord>,
        memory: SeriesMemory, birth: UInt32
    ) {
        guard let list = record.pointee.sealed else {
            let chunk = chunk(of: samples, birth: birth)
            record.pointee.sealed = ChunkList(chunk)
            coldBytes += chunk.footprint
            return
        }
        let last = list[list.count - 1]
        let merged = last.extended(by: samples, birth: birth) ?? merged(last, samples, birth)
        let added = merged ?? chunk(of: samples, birth: birth)
        let changed = list.changed(
            removing: merged == nil ? 0 : 1, appending: added, birth: birth)
        coldBytes += added.footprint
        replace(list, by: changed, in: record, memory: memory)
        if merged != nil { retire(last, memory) }
    }

    /// `last` and the samples behind it as one chunk, when that is not too long.
    private mutating func merged(
        _ last: SampleChunk, _ samples: UnsafeBufferPointer<Sample>, _ birth: UInt32
    ) -> SampleChunk? {
        let count = last.count
        guard count + samples.count <= Self.chunkMax, let target = scratch.baseAddress,
            let start = samples.baseAddress
        else { return nil }
        last.decode(into: target)
        (target + count).update(from: start, count: samples.count)
        return chunk(
            of: UnsafeBufferPointer(start: target, count: count + samples.count), birth: birth)
    }

    private mutating func chunk(
        of samples: UnsafeBufferPointer<Sample>, birth: UInt32
    ) -> SampleChunk {
        let room = room
        return SampleChunk(sealing: samples, birth: birth, room: room) {
            let key = TimeBlocks.key(samples)
            if let known = times.use(key, equalTo: samples) { return known }
            let block = TimeBlock(samples, key: key, birth: birth, room: room)
            coldBytes += block.footprint
            times.add(block)
            return block
        }
    }

    private mutating func retire(_ chunk: SampleChunk, _ memory: SeriesMemory) {
        coldBytes -= chunk.footprint
        if let block = chunk.header.times, times.drop(block) {
            coldBytes -= block.footprint
            memory.retire(block)
        }
        memory.retire(chunk)
    }

    /// Gives back all memory of one series and takes it off the books.
    mutating func release(_ record: SlotRecord, memory: SeriesMemory) {
        if record.samples != nil { hotBytes -= SeriesMemory.footprint(Self.size(record.capacity)) }
        if let list = record.sealed {
            sealedSamples -= list.sampleCount
            coldBytes -= list.footprint
            for index in 0..<list.count {
                if let block = list[index].header.times, times.drop(block) {
                    coldBytes -= block.footprint
                    memory.retire(block)
                }
            }
        }
        retire(record, memory)
    }

    /// Gives back the memory of one series, but for the times of its chunks.
    func retire(_ record: SlotRecord, _ memory: SeriesMemory) {
        if let samples = record.samples {
            memory.retire(samples, birth: record.birth, size: Self.size(record.capacity))
        }
        guard let list = record.sealed else { return }
        for index in 0..<list.count { memory.retire(list[index]) }
        memory.retire(list)
    }

    /// Gives back the times of all chunks.
    func retireTimes(_ memory: SeriesMemory) { times.forEach { memory.retire($0) } }

    /// Keeps count of the lists' own bytes.
    private mutating func replace(
        _ old: ChunkList, by new: ChunkList?, in record: UnsafeMutablePointer<SlotRecord>,
        memory: SeriesMemory
    ) {
        if let own = old.own { coldBytes -= SeriesMemory.footprint(own.size) }
        if let own = new?.own { coldBytes += SeriesMemory.footprint(own.size) }
        record.pointee.sealed = new
        memory.retire(old)
    }

    /// Drops the oldest `count` chunks.
    /// - Returns: how many samples they had.
    mutating func dropChunks(
        _ count: Int, _ record: UnsafeMutablePointer<SlotRecord>, memory: SeriesMemory,
        birth: UInt32
    ) -> Int {
        guard let list = record.pointee.sealed, count > 0 else { return 0 }
        let before = list.sampleCount
        let dropped = (0..<count).map { list[$0] }
        replace(
            list, by: list.changed(dropping: count, birth: birth), in: record, memory: memory)
        let samples = before - (record.pointee.sealed?.sampleCount ?? 0)
        sealedSamples -= samples
        for chunk in dropped { retire(chunk, memory) }
        return samples
    }
}
