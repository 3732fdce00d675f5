import Basics
import CSystem

/// The contents of a store, without the lock.
///
/// Sendable although it holds pointers: it is only touched under the store's lock, and what
/// snapshots share is described in `SeriesMemory`.
struct SeriesState: ~Copyable, @unchecked Sendable {
    let limits: SeriesLimits
    let memory = SeriesMemory()
    var slots = SlotTable()
    /// The number of the newest snapshot; the birth of what is made now.
    var version: UInt32 = 0
    var catalog = SeriesCatalog()
    var counters = SeriesStatistics()
    /// The newest sample time, or `Int64.min`.
    private(set) var newestTime = Int64.min
    /// Samples before it are refused; `Int64.min` while no reading time is known.
    private var oldestTime = Int64.min
    /// The newest reading time anybody told the store. Retention counts from it and never from the
    /// samples' own times, so that one sample dated years ahead cannot empty the store.
    private(set) var now: Int64?
    var lastPrune: Int64?
    /// Above so many bytes the oldest data is dropped next.
    var trimAbove: Int
    var sealer: ChunkSealer

    init(limits: SeriesLimits) {
        self.limits = limits
        trimAbove = limits.bytesMax ?? .max
        sealer = ChunkSealer(samplesPerSeriesMax: limits.samplesPerSeriesMax)
    }

    deinit {
        for slot in 0..<slots.count {
            sealer.retire(slots.record(slot).pointee, memory)
        }
        sealer.retireTimes(memory)
        for page in 0..<slots.pageCount {
            let page = slots.pages[page]
            memory.retire(page.block, birth: page.birth, size: SlotPage.size)
        }
        slots.freeTable()
    }

    // MARK: Series

    @inline(__always)
    func isValid(_ reference: SeriesReference) -> Bool {
        reference.id != 0 && reference.slot < slots.count
            && slots.record(reference.slot).pointee.id == reference.id
    }

    mutating func reference(for labels: Labels) -> SeriesReference? {
        if let slot = catalog.slot(of: labels) {
            return SeriesReference(slot: slot, id: slots.record(slot).pointee.id)
        }
        guard catalog.seriesCount < limits.seriesMax, !isOverBytes else { return nil }
        let slot = slots.count
        if slot == slots.pageCount * SlotPage.slots { slots.append(SlotPage(birth: version)) }
        slots.count += 1
        let id = catalog.insert(labels, slot: slot)
        writableRecord(slot).pointee.id = id
        return SeriesReference(slot: slot, id: id)
    }

    mutating func refuseSeries() -> AppendOutcome {
        counters.seriesRefused += 1
        return .seriesLimit
    }

    /// The record of a slot on a page that no snapshot can see.
    mutating func writableRecord(_ slot: Int) -> UnsafeMutablePointer<SlotRecord> {
        let page = slots.pages[slot / SlotPage.slots]
        if page.birth != version {
            if memory.isShared(birth: page.birth) {
                let copy = SlotPage(copying: page, birth: version)
                slots.pages[slot / SlotPage.slots] = copy
                memory.retire(page.block, birth: page.birth, size: SlotPage.size)
            } else {
                page.birth = version
            }
        }
        return slots.record(slot)
    }

    // MARK: Appending

    @inline(__always)
    mutating func append(to reference: SeriesReference, t: Int64, v: Double) -> AppendOutcome {
        guard reference.slot < slots.count else { return refuseSeries() }
        let page = slots.pages[reference.slot / SlotPage.slots]
        let record = page.records + reference.slot % SlotPage.slots
        guard record.pointee.id == reference.id else { return refuseSeries() }
        let count = Int(record.pointee.count)
        guard t >= oldestTime, count > 0, let samples = record.pointee.samples,
            t > samples[count - 1].t, count < record.pointee.limit, page.birth == version
        else { return appendSlowly(reference, Sample(t: t, v: v)) }
        samples[count] = Sample(t: t, v: v)
        record.pointee.count = UInt16(truncatingIfNeeded: count &+ 1)
        counters.samples &+= 1
        if t > newestTime { newestTime = t }
        prefetch(reference.slot &+ Self.prefetchDistance)
        return .stored
    }

    /// How many slots ahead of the one that is appended to: the time memory takes to answer.
    private static let prefetchDistance = 12

    /// Fetches the place of the next sample of a slot. Dumps are read in the same order again and
    /// again, and every series' samples lie somewhere else.
    @inline(__always)
    private func prefetch(_ slot: Int) {
        guard slot < slots.count else { return }
        let record = slots.record(slot)
        guard let samples = record.pointee.samples else { return }
        csystem_prefetch_for_write(samples + Int(record.pointee.count))
    }

    /// When there is no room, when a snapshot shares the page, or when the sample is refused.
    @inline(never)
    private mutating func appendSlowly(
        _ reference: SeriesReference, _ sample: Sample
    ) -> AppendOutcome {
        if sample.t < oldestTime {
            counters.tooOld += 1
            return .tooOld
        }
        if let last = slots.record(reference.slot).pointee.newest, sample.t <= last.t {
            return refuse(sample, last: last)
        }
        guard isValid(reference) else { return refuseSeries() }
        var record = writableRecord(reference.slot)
        if record.pointee.count == record.pointee.limit {
            if byteCount > trimAbove {
                trim()
                // The series may have been among those that went.
                guard isValid(reference) else { return refuseSeries() }
                record = writableRecord(reference.slot)
            }
            makeRoom(slot: reference.slot, record)
        }
        guard let samples = record.pointee.samples else { return refuseSeries() }
        samples[Int(record.pointee.count)] = sample
        record.pointee.count += 1
        counters.samples += 1
        newestTime = max(newestTime, sample.t)
        return .stored
    }

    private mutating func refuse(_ sample: Sample, last: Sample) -> AppendOutcome {
        if sample.t < last.t {
            counters.outOfOrder += 1
            return .outOfOrder
        }
        if sample.v.bitPattern == last.v.bitPattern {
            counters.duplicates += 1
            return .duplicate
        }
        counters.conflicting += 1
        return .conflicting
    }

    /// Tells the store the time without removing anything yet.
    mutating func advance(to now: Int64) {
        let newest = max(now, self.now ?? now)
        self.now = newest
        let (oldest, overflows) = newest.subtractingReportingOverflow(
            limits.retention.inMilliseconds)
        oldestTime = overflows ? .min : oldest + 1
    }

    // MARK: Statistics

    /// Bytes of samples, slots, labels and index.
    var byteCount: Int {
        sealer.hotBytes + sealer.coldBytes + slots.byteCount + catalog.labelBytes
            + catalog.indexBytes
    }

    var isOverBytes: Bool {
        guard let bytesMax = limits.bytesMax else { return false }
        return byteCount > bytesMax
    }

    var statistics: SeriesStatistics {
        var result = counters
        result.series = catalog.seriesCount
        result.newest = newestTime == .min ? nil : newestTime
        result.hotBytes = sealer.hotBytes + slots.byteCount
        result.coldBytes = sealer.coldBytes
        result.sealedSamples = sealer.sealedSamples
        result.labelBytes = catalog.labelBytes
        result.indexBytes = catalog.indexBytes
        result.snapshotBytes = memory.waitingBytes
        result.bytes = byteCount + result.snapshotBytes
        return result
    }

    // MARK: Snapshots

    mutating func snapshot() -> SeriesSnapshot {
        catalog.prepareForSnapshot()
        // 2^32 snapshots are 136 years of one per second.
        version += 1
        memory.begin(reader: version)
        let owner = SnapshotOwner(slots: slots.copy(), memory: memory, number: version)
        return SeriesSnapshot(
            owner: owner, names: catalog.labels, index: catalog.index,
            generation: catalog.generation)
    }
}
