/// The series of one source, as its last readings saw them, in the order in which they stood there.
///
/// A series is known by the hash of its text alone: 48 bytes, and 4 to 8 in the table, whatever its
/// labels are. A class, because its arrays have a fixed place while a dump is read.
final class SeriesCache {
    struct Entry {
        var hash: TextHash
        var reference: SeriesReference
        /// Bytes of the series' text.
        var length: Int32
        /// The entry that stood behind this one when it was read last.
        var next: Int32
        /// The metric's name, as a position in `IngestMemory.names`.
        var name: Int32
        /// The read that saw it last; 0 when it ended.
        var generation: UInt16
        var state: State
    }

    struct State: OptionSet {
        let rawValue: UInt8
        /// Its last sample said its own time; such a series gets no staleness marker.
        static let hasOwnTimestamp = State(rawValue: 1)
        /// It was missing from a later read, and ended there.
        static let isEnded = State(rawValue: 2)
        /// The store had no room for it; its reference means nothing.
        static let isRefused = State(rawValue: 4)
    }

    /// Entries that ended are kept until they are so many, and more than a quarter of all: a series
    /// that comes back is recognised.
    private static let endedMin = 1024

    private(set) var entries: UnsafeMutablePointer<Entry>
    private(set) var count = 0
    private var capacity: Int
    /// Positions of entries by hash, -1 where free; its size is a power of two.
    private var table: UnsafeMutablePointer<Int32>
    private var tableSize: Int

    init() {
        capacity = 64
        entries = .allocate(capacity: capacity)
        tableSize = 256
        table = .allocate(capacity: tableSize)
        table.initialize(repeating: -1, count: tableSize)
    }

    deinit {
        entries.deallocate()
        table.deallocate()
    }

    /// The position of the entry with `hash`, or -1.
    func find(_ hash: TextHash) -> Int {
        var slot = Int(truncatingIfNeeded: hash.low) & (tableSize - 1)
        while table[slot] >= 0 {
            let position = Int(table[slot])
            if entries[position].hash == hash { return position }
            slot = (slot + 1) & (tableSize - 1)
        }
        return -1
    }

    /// Adds an entry that is not there yet.
    /// - Returns: its position.
    func insert(_ entry: Entry) -> Int {
        if count == capacity { grow() }
        if (count + 1) * 2 > tableSize { rebuildTable(size: tableSize * 2) }
        let position = count
        (entries + position).initialize(to: entry)
        count += 1
        place(position)
        return position
    }

    /// Removes what ended when that is much.
    /// - Returns: whether it did; positions have changed then.
    func compact(ended: Int) -> Bool {
        guard ended >= Self.endedMin, ended * 4 > count else { return false }
        var kept = 0
        for position in 0..<count where !entries[position].state.contains(.isEnded) {
            entries[kept] = entries[position]
            entries[kept].next = Int32(kept + 1)
            kept += 1
        }
        count = kept
        if kept > 0 { entries[kept - 1].next = 0 }
        rebuildTable(size: tableSize)
        return true
    }

    private func place(_ position: Int) {
        var slot = Int(truncatingIfNeeded: entries[position].hash.low) & (tableSize - 1)
        while table[slot] >= 0 { slot = (slot + 1) & (tableSize - 1) }
        table[slot] = Int32(position)
    }

    private func grow() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: entries, count: count)
        entries.deallocate()
        entries = larger
        capacity *= 2
    }

    private func rebuildTable(size: Int) {
        table.deallocate()
        tableSize = size
        table = .allocate(capacity: size)
        table.initialize(repeating: -1, count: size)
        for position in 0..<count { place(position) }
    }
}
