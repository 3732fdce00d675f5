import Basics
import Synchronization

/// What became of one sample.
package enum AppendOutcome: Hashable, Sendable {
    case stored
    /// The newest sample has the same time and the same value: nothing to do.
    case duplicate
    /// The newest sample has the same time and another value: refused, the first one stands.
    case conflicting
    /// Older than the newest sample of its series: refused.
    case outOfOrder
    /// Older than the retention reaches: refused.
    case tooOld
    /// A new series beyond `seriesMax`: refused.
    case seriesLimit
}

/// How much a store may keep.
package struct SeriesLimits: Hashable, Sendable {
    /// How long a sample is kept, counted from the newest reading time.
    package var retention: Duration
    /// Series at most; 200,000 unless set.
    package var seriesMax: Int
    /// Samples of one series at most; beyond it the oldest go. 20,000 unless set.
    package var samplesPerSeriesMax: Int

    package init(
        retention: Duration, seriesMax: Int = 200_000, samplesPerSeriesMax: Int = 20_000
    ) {
        self.retention = retention
        self.seriesMax = seriesMax
        self.samplesPerSeriesMax = samplesPerSeriesMax
    }
}

/// What a store holds and what it turned away.
package struct SeriesStatistics: Hashable, Sendable {
    package var series = 0
    package var samples = 0
    package var outOfOrder = 0
    package var conflicting = 0
    package var duplicates = 0
    package var tooOld = 0
    /// Samples refused because their series would have been one too many.
    package var seriesRefused = 0
    /// Samples dropped by `samplesPerSeriesMax` before their retention ended.
    package var samplesDropped = 0
    /// An estimate of the heap that samples, labels and index take.
    package var bytes = 0
    package var newest: Int64?
}

/// All series of the process, in memory. Safe to use from any thread; readers take a snapshot and
/// never hold up a writer.
package final class SeriesStore: Sendable {
    private let state: Mutex<SeriesState>

    package init(limits: SeriesLimits) { state = Mutex(SeriesState(limits: limits)) }

    package convenience init(
        retention: Duration, seriesMax: Int = 200_000, samplesPerSeriesMax: Int = 20_000
    ) {
        self.init(
            limits: SeriesLimits(
                retention: retention, seriesMax: seriesMax,
                samplesPerSeriesMax: samplesPerSeriesMax))
    }

    /// Adds one sample.
    /// - Parameter t: milliseconds since the epoch.
    @discardableResult
    package func append(_ labels: Labels, t: Int64, v: Double) -> AppendOutcome {
        state.withLock { state in
            switch state.reference(for: labels) {
            case .some(let reference): state.append(to: reference, Sample(t: t, v: v))
            case .none: state.refuseSeries()
            }
        }
    }

    /// Adds many samples under one lock.
    package func write<Result: Sendable>(
        _ body: (inout SeriesWriter) -> sending Result
    ) -> sending Result {
        state.withLock { state in
            var writer = SeriesWriter(state: state)
            // The writer must hold the only reference, or every append would copy the arrays.
            state = SeriesState(limits: writer.state.limits)
            let result = body(&writer)
            state = writer.state
            return result
        }
    }

    /// Everything held now. Cost: one reference count; the next append copies what it touches.
    package func snapshot() -> SeriesSnapshot {
        state.withLock { SeriesSnapshot(series: $0.series, index: $0.index) }
    }

    package var statistics: SeriesStatistics { state.withLock { $0.statistics } }

    package var metricNames: [String] { snapshot().metricNames }

    package func labelValues(_ name: String) -> [String] { snapshot().labelValues(name) }

    /// Removes samples older than the retention and series that have none left.
    /// - Parameter now: milliseconds since the epoch.
    package func prune(now: Int64) { state.withLock { $0.prune(now: now) } }
}

/// A place in the store. It stays valid while the series is kept.
package struct SeriesReference: Hashable, Sendable {
    let slot: Int
    let id: Int
}

/// Access for one writer that holds the store's lock.
package struct SeriesWriter {
    fileprivate(set) var state: SeriesState

    /// The series with these labels, created when it is new, or nil beyond `seriesMax`.
    package mutating func reference(for labels: Labels) -> SeriesReference? {
        state.reference(for: labels)
    }

    /// Whether the series is still kept.
    package func isValid(_ reference: SeriesReference) -> Bool { state.isValid(reference) }

    package mutating func append(
        to reference: SeriesReference, t: Int64, v: Double
    ) -> AppendOutcome {
        state.append(to: reference, Sample(t: t, v: v))
    }

    /// Tells the store the reading time; retention counts from it.
    package mutating func advance(to now: Int64) { state.advance(to: now) }

    /// Counts a sample whose series could not be created.
    package mutating func refuseSeries() { _ = state.refuseSeries() }
}
