#if canImport(Glibc)
    import Glibc
#endif

/// Where one series' samples are. Plain memory: pages of them are copied byte by byte. Sendable
/// although it holds a pointer: see `SeriesMemory`.
struct SlotRecord: @unchecked Sendable {
    /// The newest samples, oldest first; nil while there are none.
    var samples: UnsafeMutablePointer<Sample>?
    /// The sealed chunks; nil while there are none.
    var sealed: ChunkList?
    /// Names the series; 0 when the slot is not in use.
    var id: UInt32
    /// The birth of `samples`.
    var birth: UInt32
    /// How many samples there are in `samples`.
    var count: UInt16
    /// How many may be there before something has to be done.
    var limit: UInt16
    /// For how many there is room.
    var capacity: UInt16

    static let unused = SlotRecord(
        samples: nil, sealed: nil, id: 0, birth: 0, count: 0, limit: 0, capacity: 0)

    @inline(__always)
    var newest: Sample? {
        guard count > 0, let samples else { return nil }
        return samples[Int(count) - 1]
    }

    /// All samples, sealed ones too.
    var sampleCount: Int { Int(count) + (sealed?.sampleCount ?? 0) }

    var isUsed: Bool { id != 0 }
}

/// 256 slots, with the number of the newest snapshot when the page was made or last found unshared.
struct SlotPage {
    let block: UnsafeMutableRawPointer

    static let slots = 256
    private static let headerSize = 64
    static let size = headerSize + slots * MemoryLayout<SlotRecord>.stride

    init(birth: UInt32) {
        block = SeriesMemory.allocateAligned(Self.size)
        block.storeBytes(of: birth, as: UInt32.self)
        for index in 0..<Self.slots { (records + index).initialize(to: .unused) }
    }

    init(copying other: SlotPage, birth: UInt32) {
        block = SeriesMemory.allocateAligned(Self.size)
        block.copyMemory(from: other.block, byteCount: Self.size)
        block.storeBytes(of: birth, as: UInt32.self)
    }

    @inline(__always)
    var birth: UInt32 {
        get { block.load(as: UInt32.self) }
        nonmutating set { block.storeBytes(of: newValue, as: UInt32.self) }
    }

    @inline(__always)
    var records: UnsafeMutablePointer<SlotRecord> {
        (block + Self.headerSize).assumingMemoryBound(to: SlotRecord.self)
    }
}

/// The pages of a store, or of a snapshot. Sendable although it holds pointers: see `SeriesMemory`.
struct SlotTable: @unchecked Sendable {
    private(set) var pages: UnsafeMutablePointer<SlotPage>
    private(set) var pageCount = 0
    private var capacity: Int
    /// Slots ever given out; those behind are unused.
    var count = 0

    init(capacity: Int = 16) {
        self.capacity = capacity
        pages = .allocate(capacity: capacity)
    }

    /// A table of its own over the same pages.
    func copy() -> SlotTable {
        var copy = SlotTable(capacity: max(1, pageCount))
        copy.pages.update(from: pages, count: pageCount)
        copy.pageCount = pageCount
        copy.count = count
        return copy
    }

    func freeTable() { pages.deallocate() }

    mutating func append(_ page: SlotPage) {
        if pageCount == capacity {
            let larger = UnsafeMutablePointer<SlotPage>.allocate(capacity: capacity * 2)
            larger.update(from: pages, count: pageCount)
            pages.deallocate()
            pages = larger
            capacity *= 2
        }
        pages[pageCount] = page
        pageCount += 1
    }

    /// - Precondition: `slot` is below `count`.
    @inline(__always)
    func record(_ slot: Int) -> UnsafeMutablePointer<SlotRecord> {
        pages[slot / SlotPage.slots].records + slot % SlotPage.slots
    }

    var byteCount: Int { pageCount * SlotPage.size + capacity * MemoryLayout<SlotPage>.stride }
}
