import Basics

/// The contents of a store, without the lock.
struct SeriesState: Sendable {
    let limits: SeriesLimits
    private(set) var series: [Series?] = []
    private(set) var index = LabelIndex()
    private var slots: [Labels: Int] = [:]
    private var nextID = 1
    private var counters = SeriesStatistics()
    private var labelBytes = 0
    /// The newest reading time anybody told the store. Retention counts from it and never from the
    /// samples' own times, so that one sample dated years ahead cannot empty the store.
    private var now: Int64?
    private var appendsUntilPrune = Self.appendsPerPrune

    /// Once a reading time is known, retention is enforced at least once per so many samples.
    private static let appendsPerPrune = 50_000

    init(limits: SeriesLimits) { self.limits = limits }

    var statistics: SeriesStatistics {
        var result = counters
        result.series = slots.count
        // Per series: the record, the entry in the look-up table, four labels in the index.
        let seriesOverhead = 200
        result.bytes =
            result.samples * MemoryLayout<Sample>.stride + labelBytes * 2
            + slots.count * seriesOverhead
        return result
    }

    func isValid(_ reference: SeriesReference) -> Bool {
        reference.slot < series.count && series[reference.slot]?.id == reference.id
    }

    mutating func reference(for labels: Labels) -> SeriesReference? {
        if let slot = slots[labels], let one = series[slot] {
            return SeriesReference(slot: slot, id: one.id)
        }
        guard slots.count < limits.seriesMax else { return nil }
        let slot = series.count
        let id = nextID
        nextID += 1
        series.append(Series(labels: labels, samples: [], id: id))
        slots[labels] = slot
        index.insert(labels, slot: slot)
        labelBytes += labels.byteCount
        return SeriesReference(slot: slot, id: id)
    }

    mutating func refuseSeries() -> AppendOutcome {
        counters.seriesRefused += 1
        return .seriesLimit
    }

    mutating func append(to reference: SeriesReference, _ sample: Sample) -> AppendOutcome {
        guard isValid(reference) else { return refuseSeries() }
        if let now, sample.t <= now - limits.retention.inMilliseconds {
            counters.tooOld += 1
            return .tooOld
        }
        if let last = series[reference.slot]?.samples.last, sample.t <= last.t {
            return refuse(sample, last: last)
        }
        series[reference.slot]?.samples.append(sample)
        counters.samples += 1
        counters.newest = max(counters.newest ?? sample.t, sample.t)
        limitSamples(of: reference.slot)
        appendsUntilPrune -= 1
        if appendsUntilPrune <= 0, let now { prune(now: now) }
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

    /// Drops a tenth at a time, so that moving the rest is paid once per many appends.
    private mutating func limitSamples(of slot: Int) {
        guard let count = series[slot]?.samples.count, count > limits.samplesPerSeriesMax else {
            return
        }
        let excess = min(count, max(count - limits.samplesPerSeriesMax, count / 10))
        series[slot]?.samples.removeFirst(excess)
        counters.samples -= excess
        counters.samplesDropped += excess
    }

    /// Tells the store the time without removing anything yet.
    mutating func advance(to now: Int64) { self.now = max(now, self.now ?? now) }

    mutating func prune(now: Int64) {
        appendsUntilPrune = Self.appendsPerPrune
        advance(to: now)
        let cutoff = now - limits.retention.inMilliseconds
        var removedSeries = false
        for slot in series.indices {
            guard let samples = series[slot]?.samples, let first = samples.first,
                first.t <= cutoff
            else { continue }
            let keepFrom = samples.firstIndex { $0.t > cutoff } ?? samples.count
            counters.samples -= keepFrom
            if keepFrom == samples.count {
                if let labels = series[slot]?.labels {
                    slots[labels] = nil
                    labelBytes -= labels.byteCount
                }
                series[slot] = nil
                removedSeries = true
            } else {
                series[slot]?.samples.removeFirst(keepFrom)
            }
        }
        if removedSeries { compact() }
    }

    /// Rebuilds slots and index without the removed series. Ids keep old references from being
    /// taken for another series.
    private mutating func compact() {
        series = series.filter { $0 != nil }
        index = LabelIndex()
        slots = [:]
        for (slot, one) in series.enumerated() {
            guard let one else { continue }
            slots[one.labels] = slot
            index.insert(one.labels, slot: slot)
        }
    }
}
