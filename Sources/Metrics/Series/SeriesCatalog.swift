import Synchronization

/// Which series a store has: labels by slot, slots by labels, and the index.
struct SeriesCatalog {
    private(set) var labels = PagedLabels()
    private(set) var index = LabelIndex()
    private(set) var seriesCount = 0
    private(set) var labelBytes = 0
    /// Changes whenever a series comes or goes; never the same in two stores.
    private(set) var generation = Self.newGeneration()
    private var table = SlotHashTable()
    private var nextID: UInt32 = 1
    private var isGenerationUsed = true

    /// New series are indexed at the next snapshot, or when so many wait at the end of a write.
    static let pendingMax = 256

    private static let generations = Atomic<UInt64>(0)

    private static func newGeneration() -> UInt64 {
        generations.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// Slots given out, used or not.
    var slotCount: Int { labels.count }
    var indexBytes: Int { index.byteCount + table.byteCount }

    func slot(of labels: Labels) -> Int? {
        table.find(labels.hash) { self.labels[$0] == labels }
    }

    /// - Returns: the id of the new series.
    mutating func insert(_ labels: Labels, slot: Int) -> UInt32 {
        self.labels.append(labels)
        table.insert(labels.hash, slot: slot)
        labelBytes += labels.footprint
        seriesCount += 1
        noteChange()
        let id = nextID
        nextID = nextID == .max ? 1 : nextID + 1
        return id
    }

    mutating func remove(slot: Int) {
        let removed = labels[slot]
        table.remove(removed.hash, slot: slot)
        labelBytes -= removed.footprint
        labels.clear(slot)
        seriesCount -= 1
        noteChange()
    }

    /// Forgets which slots there were; `kept` become slots 0, 1, 2, …
    mutating func renumber(keeping kept: [Int]) {
        var renumbered = PagedLabels()
        table = SlotHashTable()
        for slot in kept {
            let one = labels[slot]
            table.insert(one.hash, slot: renumbered.count)
            renumbered.append(one)
        }
        labels = renumbered
        index = LabelIndex()
        noteChange()
    }

    private mutating func noteChange() {
        guard isGenerationUsed else { return }
        isGenerationUsed = false
        generation = Self.newGeneration()
    }

    /// Indexes the series that are not yet, when there are so many.
    mutating func indexPending(atLeast count: Int) {
        guard slotCount - index.slotCount >= count else { return }
        index.append(labels, slots: index.slotCount..<slotCount)
    }

    /// Indexes all series, and gives the next change another generation.
    mutating func prepareForSnapshot() {
        indexPending(atLeast: 1)
        isGenerationUsed = true
    }

    /// Bytes that the labels of a series take.
    func footprint(slot: Int) -> Int { labels[slot].footprint }
}

/// Labels by slot, in pages: a change after a snapshot copies one page.
struct PagedLabels: Sendable {
    private static let pageSize = 1024
    private var pages: [[Labels]] = []
    private(set) var count = 0

    subscript(slot: Int) -> Labels { pages[slot / Self.pageSize][slot % Self.pageSize] }

    mutating func append(_ labels: Labels) {
        if count % Self.pageSize == 0 { pages.append([]) }
        pages[pages.count - 1].append(labels)
        count += 1
    }

    mutating func clear(_ slot: Int) {
        pages[slot / Self.pageSize][slot % Self.pageSize] = .empty
    }
}

/// Slots by the hash of their labels: open addressing, a power of two of places, at most two thirds
/// full. A place holds the upper half of the hash and the slot, so that growing reads no labels.
struct SlotHashTable {
    private static let free = UInt64.max
    private static let removed = UInt64.max - 1
    private var places: [UInt64] = Array(repeating: Self.free, count: 64)
    /// Places that are not free, removed ones too.
    private var taken = 0

    var byteCount: Int { places.count * 8 }

    private static func entry(_ hash: UInt64, slot: Int) -> UInt64 {
        hash & 0xFFFF_FFFF_0000_0000 | UInt64(UInt32(slot))
    }

    /// The place to look at first, from the upper half, which is all that is kept.
    private func start(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: ((hash >> 32) &* 0x9E37_79B9_7F4A_7C15) >> 20) & (places.count - 1)
    }

    func find(_ hash: UInt64, where isIt: (Int) -> Bool) -> Int? {
        var place = start(hash)
        while places[place] != Self.free {
            let entry = places[place]
            if entry >> 32 == hash >> 32, entry != Self.removed {
                let slot = Int(UInt32(truncatingIfNeeded: entry))
                if isIt(slot) { return slot }
            }
            place = (place + 1) & (places.count - 1)
        }
        return nil
    }

    mutating func insert(_ hash: UInt64, slot: Int) {
        if (taken + 1) * 3 > places.count * 2 { grow() }
        place(Self.entry(hash, slot: slot))
    }

    private mutating func place(_ entry: UInt64) {
        var place = start(entry)
        while places[place] != Self.free { place = (place + 1) & (places.count - 1) }
        places[place] = entry
        taken += 1
    }

    mutating func remove(_ hash: UInt64, slot: Int) {
        let wanted = Self.entry(hash, slot: slot)
        var place = start(hash)
        while places[place] != Self.free {
            if places[place] == wanted {
                places[place] = Self.removed
                return
            }
            place = (place + 1) & (places.count - 1)
        }
    }

    private mutating func grow() {
        let entries = places.filter { $0 != Self.free && $0 != Self.removed }
        let capacity = entries.count * 3 > places.count ? places.count * 2 : places.count
        places = Array(repeating: Self.free, count: capacity)
        taken = 0
        for entry in entries { place(entry) }
    }
}
