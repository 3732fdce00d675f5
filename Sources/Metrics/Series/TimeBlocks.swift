/// The times of sealed samples when they are not regular, each sequence once.
///
/// All series of a source are read together and so have the same times, which cannot be packed into
/// much less than a byte each when readings come a few milliseconds early or late. A block is never
/// written to after it was made; it is retired with the last chunk that uses it, so that no
/// snapshot reaches a chunk without its times.
///
///     birth, size of the payload (4 bytes each), key (24 bytes), `IntegerPacking` of the times
struct TimeBlocks {
    struct Key: Hashable {
        var first: Int64
        var count: Int
        var hash: UInt64
    }

    private struct Entry {
        let block: TimeBlock
        var users = 0
    }

    private var entries: [Key: Entry] = [:]

    func forEach(_ body: (TimeBlock) -> Void) {
        for entry in entries.values { body(entry.block) }
    }

    /// The block of these times, which counts one more user, or nil when there is none yet.
    mutating func use(_ key: Key, equalTo samples: UnsafeBufferPointer<Sample>) -> TimeBlock? {
        guard let entry = entries[key], entry.block.holds(samples) else { return nil }
        entries[key]?.users += 1
        return entry.block
    }

    /// Takes over a new block with one user. When other times with the same key are there already
    /// they stay, and the new block belongs to its one chunk.
    mutating func add(_ block: TimeBlock) {
        guard entries[block.key] == nil else { return }
        entries[block.key] = Entry(block: block, users: 1)
    }

    /// - Returns: whether nobody uses the block any more; then it is the caller's to retire.
    mutating func drop(_ block: TimeBlock) -> Bool {
        guard let entry = entries[block.key], entry.block.block == block.block else { return true }
        if entry.users == 1 {
            entries[block.key] = nil
            return true
        }
        entries[block.key]?.users -= 1
        return false
    }

    static func key(_ samples: UnsafeBufferPointer<Sample>) -> Key {
        var hash = UInt64(samples.count)
        for sample in samples { hash = ByteHash.mixed(hash, UInt64(bitPattern: sample.t)) }
        return Key(first: samples[0].t, count: samples.count, hash: hash)
    }
}

/// One sequence of times. Sendable although it holds a pointer: see `SeriesMemory`.
struct TimeBlock: @unchecked Sendable {
    let block: UnsafeMutableRawPointer

    private static let headerSize = 32

    /// - Parameter room: at least `IntegerPacking.bytesMax` bytes.
    init(
        _ samples: UnsafeBufferPointer<Sample>, key: TimeBlocks.Key, birth: UInt32,
        room: UnsafeMutableBufferPointer<UInt8>
    ) {
        let size = SampleCodec.encodeTimes(samples, into: room)
        block = SeriesMemory.allocate(Self.headerSize + size)
        block.storeBytes(of: birth, as: UInt32.self)
        block.storeBytes(of: UInt32(size), toByteOffset: 4, as: UInt32.self)
        block.storeBytes(of: key, toByteOffset: 8, as: TimeBlocks.Key.self)
        if let bytes = room.baseAddress {
            (block + Self.headerSize).copyMemory(from: bytes, byteCount: size)
        }
    }

    init(block: UnsafeMutableRawPointer) { self.block = block }

    var birth: UInt32 { block.load(as: UInt32.self) }
    var key: TimeBlocks.Key { block.load(fromByteOffset: 8, as: TimeBlocks.Key.self) }
    var size: Int { Self.headerSize + payload.count }
    var footprint: Int { SeriesMemory.footprint(size) }

    var payload: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: block + Self.headerSize,
            count: Int(block.load(fromByteOffset: 4, as: UInt32.self)))
    }

    func holds(_ samples: UnsafeBufferPointer<Sample>) -> Bool {
        withUnsafeTemporaryAllocation(of: Sample.self, capacity: samples.count) { room in
            room.initialize(repeating: Sample(t: 0, v: 0))
            guard let base = room.baseAddress else { return false }
            SampleChunk.decodeTimes(payload, count: samples.count, into: base)
            for index in samples.indices where room[index].t != samples[index].t { return false }
            return true
        }
    }
}
