import CSystem

/// The sealed chunks of one series, oldest first. Never written to after it was made.
///
/// A single chunk is its own list: then the pointer is the chunk's, with its lowest bit set. More
/// than one have a block of their own:
///
///     birth, number of chunks (4 bytes each), samples in all of them (8 bytes)
///     pointers to the chunks (8 bytes each)
///
/// Sendable although it holds a pointer: see `SeriesMemory`.
struct ChunkList: @unchecked Sendable {
    private let tagged: UnsafeMutableRawPointer

    private static let headerSize = 16
    private static let tag = 1

    init(_ single: SampleChunk) { tagged = single.block + Self.tag }

    /// The chunks of `other` from `start` up to `end`, then `last`; at least two altogether.
    private init(
        _ other: ChunkList, from start: Int, to end: Int, then last: SampleChunk?, birth: UInt32
    ) {
        let count = end - start + (last == nil ? 0 : 1)
        let block = SeriesMemory.allocate(Self.headerSize + count * 8)
        block.storeBytes(of: birth, as: UInt32.self)
        block.storeBytes(of: UInt32(count), toByteOffset: 4, as: UInt32.self)
        var samples = 0
        for index in 0..<count {
            let chunk = start + index < end ? other[start + index] : last ?? other[end - 1]
            samples += chunk.count
            block.storeBytes(
                of: chunk, toByteOffset: Self.headerSize + index * 8, as: SampleChunk.self)
        }
        block.storeBytes(of: samples, toByteOffset: 8, as: Int.self)
        tagged = block
    }

    /// - Returns: the list without its oldest `dropped` and newest `removed` chunks and with `last`
    ///   behind the rest; nil when nothing is left.
    func changed(
        dropping dropped: Int = 0, removing removed: Int = 0, appending last: SampleChunk? = nil,
        birth: UInt32
    ) -> ChunkList? {
        let end = count - removed
        switch end - dropped + (last == nil ? 0 : 1) {
        case 0: return nil
        case 1: return ChunkList(last ?? self[dropped])
        default: return ChunkList(self, from: dropped, to: end, then: last, birth: birth)
        }
    }

    @inline(__always)
    private var isSingle: Bool { UInt(bitPattern: tagged) & UInt(Self.tag) != 0 }

    /// The block of the list itself, its birth and its size; nil when it has none.
    var own: (block: UnsafeMutableRawPointer, birth: UInt32, size: Int)? {
        if isSingle { return nil }
        return (tagged, tagged.load(as: UInt32.self), Self.headerSize + count * 8)
    }

    @inline(__always)
    var count: Int {
        isSingle ? 1 : Int(tagged.load(fromByteOffset: 4, as: UInt32.self))
    }

    var sampleCount: Int {
        isSingle ? self[0].count : tagged.load(fromByteOffset: 8, as: Int.self)
    }

    @inline(__always)
    subscript(index: Int) -> SampleChunk {
        if isSingle { return SampleChunk(block: tagged - Self.tag) }
        return tagged.load(fromByteOffset: Self.headerSize + index * 8, as: SampleChunk.self)
    }

    /// Asks for the beginning of the chunk, or of the list, ahead of its use. What is asked for may
    /// lie behind the end: nothing is read by that.
    @inline(__always)
    func prefetch() {
        let start = tagged - (isSingle ? Self.tag : 0)
        csystem_prefetch_for_read(start)
        csystem_prefetch_for_read(start + 64)
        csystem_prefetch_for_read(start + 128)
        csystem_prefetch_for_read(start + 192)
    }

    /// The first chunk that ends after `time`; `count` when there is none.
    func firstIndex(endingAfter time: Int64) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].lastTime > time { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// What list and chunks take of the heap.
    var footprint: Int {
        var bytes = own.map { SeriesMemory.footprint($0.size) } ?? 0
        for index in 0..<count { bytes += self[index].footprint }
        return bytes
    }
}
