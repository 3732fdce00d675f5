import Basics
import Metrics

#if canImport(Glibc)
    import Glibc
#endif

/// What reading a recording gave.
package struct RecordingReport: Sendable {
    package var segments = 0
    /// Samples that went into the store.
    package var samples = 0
    /// Samples the store had already or refused.
    package var refused = 0
    /// Milliseconds since the epoch; nil without any sample.
    package var oldest: Int64?
    package var newest: Int64?
    package var metricNames: Set<String> = []
    /// What could not be used, a sentence each.
    package var notes: [String] = []
    /// The newest sample of each series in the first folder.
    package var ownNewest: [Labels: Int64] = [:]

    package init() {}

    fileprivate mutating func take(_ samples: ArraySlice<Sample>) {
        guard let first = samples.first, let last = samples.last else { return }
        oldest = min(oldest ?? first.t, first.t)
        newest = max(newest ?? last.t, last.t)
    }
}

/// Reads recordings into a store.
package struct RecordedSignals {
    private let store: SeriesStore
    private let from: Int64
    private let through: Int64
    private var report = RecordingReport()
    /// Series whose labels were blanked, and their newest samples.
    private var blanked: [Labels: Int64] = [:]

    /// Samples further from the epoch (125,000 years) are not read, so that no sum can overflow.
    private static let timeMax: Int64 = 4_000_000_000_000_000

    /// Stretches without samples of a room's own that are worth looking for elsewhere.
    private static let gapMin: Int64 = 60_000

    /// Whether `path` is a folder of recorded samples.
    package static func isRecording(_ path: String) -> Bool {
        !((try? SignalSegment.list(path)) ?? []).isEmpty
    }

    /// Loads `folder` and, for the times that it does not cover, `earlier`.
    /// - Parameters: milliseconds since the epoch.
    package static func load(
        _ folder: String, earlier: String? = nil, from: Int64 = .min, through: Int64 = .max,
        into store: SeriesStore
    ) -> RecordingReport {
        var reading = RecordedSignals(store: store, from: from, through: through)
        reading.load(folder, earlier)
        return reading.report
    }

    private init(store: SeriesStore, from: Int64, through: Int64) {
        self.store = store
        self.from = max(from, -Self.timeMax)
        self.through = min(through, Self.timeMax)
    }

    private mutating func load(_ folder: String, _ earlier: String?) {
        let others = earlier.map { segments($0) } ?? []
        var position = from
        for segment in segments(folder) {
            guard let reading = read(segment) else { continue }
            guard let span = reading.span else { continue }
            if span.lowerBound > position, span.lowerBound - position > Self.gapMin {
                fill(position...(span.lowerBound - 1), others)
            }
            take(reading, from...through, isOwn: true)
            position = max(position, span.upperBound &+ 1)
        }
        if position <= through { fill(position...through, others) }
        endBlanked()
    }

    private mutating func segments(_ folder: String) -> [SignalSegment] {
        do throws(SystemError) {
            return try SignalSegment.list(folder)
        } catch {
            if error.code != ENOENT { report.notes.append("\(folder): not readable (\(error))") }
            return []
        }
    }

    /// - Returns: nil for segments that are older than what is wanted or cannot be read.
    private mutating func read(_ segment: SignalSegment) -> SegmentReading? {
        if let header = SignalSegment.Header(segment), header.isPacked,
            header.last < from || header.first > through
        {
            return nil
        }
        switch SegmentReading.read(segment.path) {
        case .success(let reading):
            report.notes += reading.notes
            return reading
        case .failure(let failure):
            report.notes.append(failure.description)
            return nil
        }
    }

    /// Takes from another recording what lies in a gap of the first one.
    private mutating func fill(_ gap: ClosedRange<Int64>, _ segments: [SignalSegment]) {
        for segment in segments where segment.modified >= gap.lowerBound {
            guard let header = SignalSegment.Header(segment) else { continue }
            if header.isPacked, header.last < gap.lowerBound || header.first > gap.upperBound {
                continue
            }
            guard case .success(let reading) = SegmentReading.read(segment.path) else { continue }
            take(reading, gap, isOwn: false)
        }
    }

    private mutating func take(
        _ reading: SegmentReading, _ wanted: ClosedRange<Int64>, isOwn: Bool
    ) {
        report.segments += 1
        var result = report
        var blanked = self.blanked
        store.write { writer in
            var references: [Int: SeriesReference?] = [:]
            let lost = reading.forEach(wanted) { index, labels, samples in
                let part = Self.part(of: samples, wanted)
                guard let last = part.last else { return }
                let reference: SeriesReference?
                if let known = references[index] {
                    reference = known
                } else {
                    reference = writer.reference(for: labels)
                    references[index] = reference
                    result.metricNames.insert(labels.name ?? "")
                    if LabelRedaction.isRedacted(labels) { blanked[labels] = last.t }
                }
                guard let reference else {
                    result.refused += part.count
                    return
                }
                if isOwn {
                    result.ownNewest[labels] = max(result.ownNewest[labels] ?? last.t, last.t)
                }
                if blanked[labels] != nil { blanked[labels] = last.t }
                result.take(part)
                for sample in part {
                    switch writer.append(to: reference, t: sample.t, v: sample.v) {
                    case .stored: result.samples += 1
                    default: result.refused += 1
                    }
                }
            }
            if lost > 0 {
                result.notes.append("some samples belong to series whose labels were damaged")
            }
        }
        self.blanked = blanked
        report = result
    }

    private static func part(
        of samples: ArraySlice<Sample>, _ wanted: ClosedRange<Int64>
    ) -> ArraySlice<Sample> {
        guard let first = samples.first, let last = samples.last,
            first.t < wanted.lowerBound || last.t > wanted.upperBound
        else { return samples }
        return samples.drop { $0.t < wanted.lowerBound }.prefix { $0.t <= wanted.upperBound }
    }

    /// A series whose labels were blanked goes on under these labels only where the tags are made
    /// with the same key: it ends here, or sums would count it twice for as long as its last sample
    /// is fresh.
    private mutating func endBlanked() {
        for (labels, time) in blanked {
            _ = store.append(labels, t: time &+ 1, v: StaleMarker.value)
        }
    }
}
