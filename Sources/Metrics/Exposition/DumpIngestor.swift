import Basics
import Synchronization

/// Reads the dumps of one source again and again. It remembers the series of the last read, so that
/// an unchanged label set costs one hash and a missing series ends with a staleness marker.
///
/// A dump of up to `samplesPerWriteMax` samples reaches the store under one lock: who takes a
/// snapshot sees all of it or nothing. A larger one is written in pieces, in the order of its
/// lines, so that nobody waits longer than one piece takes; in between, series further down still
/// end with their last sample, which lookback answers with as it does between two reads. Staleness
/// markers come with the last piece.
package final class DumpIngestor: Sendable {
    /// Lines listed in a report at most.
    package static let skippedLinesListedMax = 100
    /// Exemplars listed in a report at most.
    package static let exemplarsListedMax = 1000
    /// Metric families of one source whose type, help and unit are kept.
    package static let familiesMax = 20_000
    /// Bytes of a help text that are kept.
    package static let helpBytesMax = 1024
    /// How far ahead of the reading time a sample may be dated.
    package static let futureMax: Duration = .seconds(600)
    /// Lines with samples that are stored under one lock.
    package static let samplesPerWriteMax = 65_536

    private let format: ExpositionFormat
    private let filter: LabelFilter?
    private let memory = Mutex(IngestMemory())

    /// - Parameter filter: sees every series once, before it reaches the store.
    package init(format: ExpositionFormat = .automatic, filter: LabelFilter? = nil) {
        self.format = format
        self.filter = filter
    }

    /// Puts the samples of a dump into `store`.
    /// - Parameters:
    ///   - readAt: milliseconds since the epoch; the time of samples that say none.
    ///   - extraLabels: set on every series that does not have them (`job`, `instance`).
    package func ingest(
        _ bytes: [UInt8], readAt: Int64, extraLabels: [String: String] = [:],
        into store: SeriesStore
    ) -> IngestReport {
        memory.withLock { memory in
            let format = format == .automatic ? ExpositionFormat.detect(bytes) : format
            if format == .openMetrics, !ExpositionFormat.endsWithEOF(bytes) {
                var report = IngestReport()
                report.error =
                    "the dump does not end with # EOF: it is still being written or was cut"
                return report
            }
            memory.begin(extraLabels, format)
            let extra = extraLabels.map {
                Labels.Entry(name: ByteText($0.key), value: ByteText($0.value))
            }
            return ExpositionParser.withScanner(bytes, format: format) { scanner in
                var reading = IngestReading(
                    readAt: readAt, extra: extra, filter: filter)
                var isDone = false
                while !isDone {
                    isDone = store.write { writer in
                        writer.advance(to: readAt)
                        let isDone = reading.readPiece(&scanner, &memory, &writer)
                        if isDone { reading.endVanished(&memory, &writer) }
                        return isDone
                    }
                }
                return reading.report
            }
        }
    }

    /// The names of the metrics that the last read held.
    package var metricNames: Set<String> {
        memory.withLock { $0.metricNames }
    }

    /// How many names are remembered, those of ended series included.
    package var namesRemembered: Int {
        memory.withLock { $0.names.count }
    }

    /// What the last read said about each metric family, by name.
    package var metadata: [ByteText: MetricMetadata] {
        memory.withLock { $0.families }
    }

    /// Ends every series of this source, because the source itself is gone.
    /// - Returns: how many staleness markers were written.
    package func sourceVanished(at time: Int64, in store: SeriesStore) -> Int {
        memory.withLock { memory in
            memory.advanceGeneration()
            return store.write { writer in
                writer.advance(to: time)
                var reading = IngestReading(readAt: time, extra: [], filter: nil)
                reading.endVanished(&memory, &writer)
                return reading.report.vanished
            }
        }
    }
}

/// Changes labels before a series is stored.
package struct LabelFilter: Sendable {
    /// Whether a series' text, as it stands in the dump, may need a change; asked often.
    let mayChange: @Sendable (UnsafeBufferPointer<UInt8>) -> Bool
    let change: @Sendable (Labels) -> Labels

    package init(
        mayChange: @escaping @Sendable (UnsafeBufferPointer<UInt8>) -> Bool,
        change: @escaping @Sendable (Labels) -> Labels
    ) {
        self.mayChange = mayChange
        self.change = change
    }
}
