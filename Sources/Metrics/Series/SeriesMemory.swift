import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Frees what the writer replaced, once no snapshot can read it any more.
///
/// Samples, chunks and slots live in plain memory blocks without reference counts, so that taking a
/// snapshot costs a copy of the page table and nothing per series. Snapshots are numbered; a block
/// remembers the number of the newest snapshot when it was made (its birth). A snapshot can reach a
/// block only when it was taken after the block's birth and before its retirement. Why nothing
/// races:
///
/// - Only the holder of the store's lock writes to blocks, and takes snapshots.
/// - A block that a living snapshot may reach is never written to, but for the samples behind the
///   count that the snapshot remembers, which the snapshot never reads.
/// - `newest` falls only when a snapshot ends, with release order, after its last read; the writer
///   reads it with acquire order before it writes to or frees a block.
final class SeriesMemory: Sendable {
    /// A block out of use. Sendable although it holds a pointer: nobody reads through it any more
    /// but the snapshots it waits for, and it is handed on under the lock.
    private struct Retired: @unchecked Sendable {
        let block: UnsafeMutableRawPointer
        let birth: UInt32
        let size: Int
    }

    /// A living snapshot, with the blocks that wait for it: the newest one that can reach them.
    private struct Reader {
        let number: UInt32
        var waiting: [Retired] = []
    }

    private struct Readers {
        /// Ascending numbers.
        var all: [Reader] = []
        var waitingBytes = 0
    }

    private let readers = OrderedMutex(Readers())
    /// The number of the newest living snapshot; 0 when there is none.
    private let newest = Atomic<UInt32>(0)

    /// Bytes that are kept for snapshots alone.
    var waitingBytes: Int { readers.withLock { $0.waitingBytes } }

    /// Whether a living snapshot may reach a block of that birth.
    func isShared(birth: UInt32) -> Bool { newest.load(ordering: .acquiring) > birth }

    /// - Parameter number: above all earlier ones. Called under the store's lock.
    func begin(reader number: UInt32) {
        readers.withLock { readers in
            readers.all.append(Reader(number: number))
            newest.store(number, ordering: .releasing)
        }
    }

    func end(reader number: UInt32) {
        let freed = readers.withLock { readers -> [Retired] in
            guard let place = readers.all.firstIndex(where: { $0.number == number }) else {
                return []
            }
            let waiting = readers.all.remove(at: place).waiting
            newest.store(readers.all.last?.number ?? 0, ordering: .releasing)
            var freed: [Retired] = []
            for one in waiting {
                if place > 0, readers.all[place - 1].number > one.birth {
                    readers.all[place - 1].waiting.append(one)
                } else {
                    readers.waitingBytes -= one.size
                    freed.append(one)
                }
            }
            return freed
        }
        for one in freed { free(one.block) }
    }

    /// Frees a block that the store does not refer to any more, now or when its readers ended.
    func retire(_ block: UnsafeMutableRawPointer, birth: UInt32, size: Int) {
        guard isShared(birth: birth) else {
            free(block)
            return
        }
        let retired = Retired(block: block, birth: birth, size: size)
        let waits = readers.withLock { readers -> Bool in
            guard let last = readers.all.indices.last, readers.all[last].number > birth else {
                return false
            }
            readers.all[last].waiting.append(retired)
            readers.waitingBytes += size
            return true
        }
        if !waits { free(block) }
    }

    func retire(_ chunk: SampleChunk) {
        retire(chunk.block, birth: chunk.header.birth, size: chunk.size)
    }

    func retire(_ block: TimeBlock) {
        retire(block.block, birth: block.birth, size: block.size)
    }

    /// The list alone, not its chunks.
    func retire(_ list: ChunkList) {
        guard let own = list.own else { return }
        retire(own.block, birth: own.birth, size: own.size)
    }

    // MARK: Blocks

    static func allocate(_ size: Int) -> UnsafeMutableRawPointer {
        guard let block = malloc(size) else { preconditionFailure("out of memory: \(size) bytes") }
        return block
    }

    /// On a cache line of its own.
    static func allocateAligned(_ size: Int) -> UnsafeMutableRawPointer {
        guard let block = aligned_alloc(64, (size + 63) & ~63) else {
            preconditionFailure("out of memory: \(size) bytes")
        }
        return block
    }

    /// What a block of `size` bytes takes of the heap (glibc: eight bytes before it, whole
    /// sixteens).
    static func footprint(_ size: Int) -> Int { max(32, (size + 8 + 15) & ~15) }
}

/// Keeps memory alive for those who read it.
class SampleOwner: @unchecked Sendable {
    // Sendable although a class that is not final: neither it nor its subclasses change after
    // `init`.
    fileprivate init() {}
}

/// What one snapshot holds on to: the slots as they were.
final class SnapshotOwner: SampleOwner, @unchecked Sendable {
    let slots: SlotTable
    private let memory: SeriesMemory
    private let number: UInt32

    /// Takes over `slots`, a copy of the page table that nobody else has.
    init(slots: SlotTable, memory: SeriesMemory, number: UInt32) {
        self.slots = slots
        self.memory = memory
        self.number = number
    }

    deinit {
        slots.freeTable()
        memory.end(reader: number)
    }
}

/// Samples that belong to no store.
final class OwnedSamples: SampleOwner, @unchecked Sendable {
    let samples: UnsafeMutableBufferPointer<Sample>

    init(_ samples: [Sample]) {
        self.samples = .allocate(capacity: samples.count)
        _ = self.samples.initialize(from: samples)
    }

    deinit { samples.deallocate() }
}
