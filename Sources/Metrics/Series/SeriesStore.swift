import Basics

/// What became of one sample.
package enum AppendOutcome: Hashable, Sendable {
    case stored
    /// The newest sample has the same time and the same value, bit for bit: nothing to do.
    case duplicate
    /// The newest sample has the same time and another value: refused, the first one stands.
    case conflicting
    /// Older than the newest sample of its series, whatever is stored at that time: refused.
    case outOfOrder
    /// Older than the retention reaches: refused.
    case tooOld
    /// A new series beyond `seriesMax`, or beyond `bytesMax` when nothing can be dropped: refused.
    case seriesLimit
}

/// How much a store may keep.
package struct SeriesLimits: Hashable, Sendable {
    /// How long a sample is kept, counted from the newest reading time.
    package var retention: Duration
    /// Series at most; 200,000 unless set.
    package var seriesMax: Int
    /// Samples of one series at most, at least 2; beyond it the oldest go. 20,000 unless set: 83 h
    /// at one in 15 s.
    package var samplesPerSeriesMax: Int
    /// Bytes of samples, labels and index at most, as `SeriesStatistics.bytes` counts them; beyond
    /// it the oldest data goes first, then new series are refused. No limit unless set.
    package var bytesMax: Int?

    package init(
        retention: Duration, seriesMax: Int = 200_000, samplesPerSeriesMax: Int = 20_000,
        bytesMax: Int? = nil
    ) {
        self.retention = retention
        self.seriesMax = seriesMax
        self.samplesPerSeriesMax = samplesPerSeriesMax
        self.bytesMax = bytesMax
    }
}

/// What a store holds and what it turned away. Bytes are of the heap, with what the allocator adds.
package struct SeriesStatistics: Hashable, Sendable {
    package var series = 0
    package var samples = 0
    /// Of `samples`, those in sealed chunks.
    package var sealedSamples = 0
    package var outOfOrder = 0
    package var conflicting = 0
    package var duplicates = 0
    package var tooOld = 0
    /// Samples refused because their series would have been one too many.
    package var seriesRefused = 0
    /// Samples dropped by `samplesPerSeriesMax` or `bytesMax` before their retention ended.
    package var samplesDropped = 0
    /// Everything below together.
    package var bytes = 0
    /// Raw samples and slots.
    package var hotBytes = 0
    /// Sealed chunks.
    package var coldBytes = 0
    package var labelBytes = 0
    package var indexBytes = 0
    /// What only snapshots still need.
    package var snapshotBytes = 0
    package var newest: Int64?
}

/// All series of the process, in memory. Safe to use from any thread; readers take a snapshot and
/// never hold up a writer.
package final class SeriesStore: Sendable {
    private let state: OrderedMutex<SeriesState>

    package init(limits: SeriesLimits) { state = OrderedMutex(SeriesState(limits: limits)) }

    package convenience init(
        retention: Duration, seriesMax: Int = 200_000, samplesPerSeriesMax: Int = 20_000,
        bytesMax: Int? = nil
    ) {
        self.init(
            limits: SeriesLimits(
                retention: retention, seriesMax: seriesMax,
                samplesPerSeriesMax: samplesPerSeriesMax, bytesMax: bytesMax))
    }

    /// Adds one sample.
    /// - Parameter t: milliseconds since the epoch.
    @discardableResult
    package func append(_ labels: Labels, t: Int64, v: Double) -> AppendOutcome {
        state.withLock { state in
            defer { state.tidy() }
            guard let reference = state.reference(for: labels) else { return state.refuseSeries() }
            return state.append(to: reference, t: t, v: v)
        }
    }

    /// Adds many samples under one lock.
    package func write<Result: Sendable>(
        _ body: (inout SeriesWriter) -> sending Result
    ) -> sending Result {
        state.withLock { state in
            defer { state.tidy() }
            return withUnsafeMutablePointer(to: &state) { state in
                var writer = SeriesWriter(state: state)
                return body(&writer)
            }
        }
    }

    /// Everything held now. Cost: eight bytes copied for each 256 series, and indexing of the
    /// series that came since the last one; the next append to each 256 series copies their 8 KiB
    /// of slots, never their samples.
    package func snapshot() -> SeriesSnapshot { state.withLock { $0.snapshot() } }

    package var statistics: SeriesStatistics { state.withLock { $0.statistics } }

    package var metricNames: [String] { snapshot().metricNames }

    package func labelValues(_ name: String) -> [String] { snapshot().labelValues(name) }

    /// Removes samples older than the retention and series that have none left. A sealed chunk goes
    /// when its newest sample does, so that up to one chunk of a series outlives the retention.
    /// - Parameter now: milliseconds since the epoch.
    package func prune(now: Int64) { state.withLock { $0.prune(now: now) } }
}

/// A place in the store. It stays valid while the series is kept.
package struct SeriesReference: Hashable, Sendable {
    private let place: UInt32
    let id: UInt32

    init(slot: Int, id: UInt32) {
        place = UInt32(slot)
        self.id = id
    }

    @inline(__always)
    var slot: Int { Int(place) }
}

/// Access for one writer that holds the store's lock.
package struct SeriesWriter: ~Copyable {
    /// Valid while `SeriesStore.write` runs: the writer cannot be copied, and is lent for that
    /// call.
    private let state: UnsafeMutablePointer<SeriesState>

    fileprivate init(state: UnsafeMutablePointer<SeriesState>) { self.state = state }

    /// The series with these labels, created when it is new, or nil beyond `seriesMax`.
    package mutating func reference(for labels: Labels) -> SeriesReference? {
        state.pointee.reference(for: labels)
    }

    /// Whether the series is still kept.
    @inline(__always)
    package func isValid(_ reference: SeriesReference) -> Bool {
        state.pointee.isValid(reference)
    }

    @inline(__always)
    package mutating func append(
        to reference: SeriesReference, t: Int64, v: Double
    ) -> AppendOutcome {
        state.pointee.append(to: reference, t: t, v: v)
    }

    /// Tells the store the reading time; retention counts from it.
    package mutating func advance(to now: Int64) { state.pointee.advance(to: now) }

    /// Counts a sample whose series could not be created.
    package mutating func refuseSeries() { _ = state.pointee.refuseSeries() }
}
