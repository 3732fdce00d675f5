import Basics
import Synchronization

/// What reading one dump did.
package struct IngestReport: Sendable, Hashable {
    /// Samples that went into the store.
    package var samples = 0
    /// Samples that were there already: same series, time and value.
    package var duplicates = 0
    /// Samples the store refused: out of order, conflicting, too old, too many series.
    package var refused = 0
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
    /// Why nothing was used, or nil.
    package var error: String?

    package init() {}
}

/// Reads the dumps of one source again and again. It remembers the series of the last read, so that
/// an unchanged label set costs one look-up and a missing series ends with a staleness marker.
package final class DumpIngestor: Sendable {
    /// Lines listed in a report at most.
    package static let skippedLinesListedMax = 100
    /// How far ahead of the reading time a sample may be dated.
    package static let futureMax: Duration = .seconds(600)

    private let format: ExpositionFormat
    private let memory = Mutex(Memory())

    private struct Known {
        var labels: Labels
        var reference: SeriesReference
        /// The read that saw it last.
        var generation: Int
        /// Whether its last sample said its own time; such a series gets no staleness marker.
        var hasOwnTimestamp: Bool
    }

    private struct Memory {
        /// By the series as written in the dump, and whether bounds were normalised there.
        var known: [SeriesKey: Known] = [:]
        var generation = 0
        var extraLabels: [String: String] = [:]
    }

    private struct SeriesKey: Hashable {
        var text: ByteText
        var isNormalised: Bool
    }

    package init(format: ExpositionFormat = .automatic) { self.format = format }

    /// Puts the samples of a dump into `store`.
    /// - Parameters:
    ///   - readAt: milliseconds since the epoch; the time of samples that say none.
    ///   - extraLabels: set on every series that does not have them (`job`, `instance`).
    package func ingest(
        _ bytes: [UInt8], readAt: Int64, extraLabels: [String: String] = [:],
        into store: SeriesStore
    ) -> IngestReport {
        memory.withLock { memory in
            if memory.extraLabels != extraLabels {
                memory.known = [:]
                memory.extraLabels = extraLabels
            }
            var parser = ExpositionParser(bytes, format: format)
            if parser.format == .openMetrics, !parser.isComplete {
                var report = IngestReport()
                report.error =
                    "the dump does not end with # EOF: it is still being written or was cut"
                return report
            }
            let extra = extraLabels.map {
                Labels.Entry(name: ByteText($0.key), value: ByteText($0.value))
            }
            memory.generation += 1
            return store.write { writer in
                writer.advance(to: readAt)
                var reading = Reading(readAt: readAt, extra: extra)
                while let event = parser.next() {
                    reading.take(event, parser, &memory, &writer)
                }
                reading.endVanished(&memory, &writer)
                return reading.report
            }
        }
    }

    /// Ends every series of this source, because the source itself is gone.
    /// - Returns: how many staleness markers were written.
    package func sourceVanished(at time: Int64, in store: SeriesStore) -> Int {
        memory.withLock { memory in
            memory.generation += 1
            return store.write { writer in
                writer.advance(to: time)
                var reading = Reading(readAt: time, extra: [])
                reading.endVanished(&memory, &writer)
                return reading.report.vanished
            }
        }
    }

    /// One pass over one dump.
    private struct Reading {
        let readAt: Int64
        let extra: [Labels.Entry]
        var report = IngestReport()

        mutating func take(
            _ event: ExpositionParser.Event, _ parser: ExpositionParser, _ memory: inout Memory,
            _ writer: inout SeriesWriter
        ) {
            switch event {
            case .sample(let sample): store(sample, parser, &memory, &writer)
            case .skipped(let line): skip { line }
            case .cutOff, .type, .help, .unit, .comment: break
            }
        }

        /// Counts a line; `line` is asked for only while the list has room, because finding its
        /// number takes a pass over the dump.
        private mutating func skip(_ line: () -> SkippedLine) {
            report.skippedCount += 1
            if report.skipped.count < DumpIngestor.skippedLinesListedMax {
                report.skipped.append(line())
            }
        }

        private mutating func store(
            _ sample: RawSample, _ parser: ExpositionParser, _ memory: inout Memory,
            _ writer: inout SeriesWriter
        ) {
            let time = sample.timestamp ?? readAt
            if time > readAt + DumpIngestor.futureMax.inMilliseconds {
                skip {
                    SkippedLine(
                        line: parser.lineNumber(of: sample),
                        reason: "the sample is dated more than 10 minutes ahead")
                }
                return
            }
            let key = SeriesKey(
                text: ByteText(parser.bytes[sample.series]), isNormalised: parser.normalisesBounds)
            guard let reference = reference(key, sample, parser, &memory, &writer) else {
                writer.refuseSeries()
                report.refused += 1
                return
            }
            if sample.timestamp != nil { report.hasOwnTimestamps = true }
            report.newestTimestamp = max(report.newestTimestamp ?? time, time)
            switch writer.append(to: reference, t: time, v: sample.value) {
            case .stored: report.samples += 1
            case .duplicate: report.duplicates += 1
            case .conflicting, .outOfOrder, .tooOld, .seriesLimit: report.refused += 1
            }
        }

        private mutating func reference(
            _ key: SeriesKey, _ sample: RawSample, _ parser: ExpositionParser,
            _ memory: inout Memory, _ writer: inout SeriesWriter
        ) -> SeriesReference? {
            let hasOwn = sample.timestamp != nil
            if let known = memory.known[key], writer.isValid(known.reference) {
                if known.generation != memory.generation { report.series += 1 }
                memory.known[key]?.generation = memory.generation
                memory.known[key]?.hasOwnTimestamp = hasOwn
                return known.reference
            }
            var labels = parser.labels(of: sample)
            for entry in extra where labels.value(of: entry.name) == nil {
                labels = labels.setting(entry.name, to: entry.value)
            }
            guard let reference = writer.reference(for: labels) else { return nil }
            memory.known[key] = Known(
                labels: labels, reference: reference, generation: memory.generation,
                hasOwnTimestamp: hasOwn)
            report.series += 1
            return reference
        }

        /// Two spellings of one series (`a{b="1"}` and `a{ b="1" }`) count as one: a marker is
        /// written only when none of them was in this read.
        mutating func endVanished(_ memory: inout Memory, _ writer: inout SeriesWriter) {
            var present = Set<SeriesReference>()
            for known in memory.known.values where known.generation == memory.generation {
                present.insert(known.reference)
            }
            for (key, known) in memory.known where known.generation != memory.generation {
                memory.known[key] = nil
                guard !known.hasOwnTimestamp, !present.contains(known.reference),
                    writer.isValid(known.reference)
                else { continue }
                let outcome = writer.append(to: known.reference, t: readAt, v: StaleMarker.value)
                if outcome == .stored { report.vanished += 1 }
            }
        }
    }
}
