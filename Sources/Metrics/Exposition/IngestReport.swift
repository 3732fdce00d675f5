/// What reading one dump did.
package struct IngestReport: Sendable, Hashable {
    /// Samples that went into the store.
    package var samples = 0
    /// Samples that were there already: same series, time and value.
    package var duplicates = 0
    /// Samples the store refused; `refusals` says why.
    package var refused = 0
    package var refusals = Refusals()
    /// Series the dump holds.
    package var series = 0
    /// The first skipped lines; `skippedCount` has the exact number.
    package var skipped: [SkippedLine] = []
    package var skippedCount = 0
    /// Series of the last read that this one does not have: each got a staleness marker.
    package var vanished = 0
    /// Milliseconds since the epoch; the newest sample time in the dump, or the reading time.
    package var newestTimestamp: Int64?
    /// Whether any sample says its own time.
    package var hasOwnTimestamps = false
    /// The first exemplars; `exemplarCount` has the exact number.
    package var exemplars: [Exemplar] = []
    package var exemplarCount = 0
    /// Why nothing was used, or nil.
    package var error: String?

    package init() {}

    /// Why the store refused samples, and how many each time.
    package struct Refusals: Sendable, Hashable {
        /// Older than the newest sample of their series.
        package var outOfOrder = 0
        /// At the time of a stored sample with another value.
        package var conflicting = 0
        /// Older than the retention reaches.
        package var tooOld = 0
        /// Of new series beyond what the store may hold.
        package var tooManySeries = 0

        package init() {}

        /// `3 out of order, 1 too old`; empty when there is nothing to say.
        package var text: String {
            let parts = [
                (outOfOrder, "out of order"),
                (conflicting, "with another value at a time already stored"),
                (tooOld, "older than the retention"),
                (tooManySeries, "of series beyond the limit"),
            ]
            return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        }
    }

    /// Counts what became of one sample.
    @inline(__always)
    mutating func count(_ outcome: AppendOutcome) {
        switch outcome {
        case .stored: samples &+= 1
        case .duplicate: duplicates &+= 1
        case .conflicting:
            refused += 1
            refusals.conflicting += 1
        case .outOfOrder:
            refused += 1
            refusals.outOfOrder += 1
        case .tooOld:
            refused += 1
            refusals.tooOld += 1
        case .seriesLimit:
            refused += 1
            refusals.tooManySeries += 1
        }
    }
}

/// What a dump says about one metric family.
package struct MetricMetadata: Sendable, Hashable {
    package var type: MetricType?
    package var help: ByteText?
    package var unit: ByteText?

    package init() {}
}
