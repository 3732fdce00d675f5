import Metrics

/// Samples on their way to the disk, by the places of their series.
struct SignalBatch {
    /// From so many new samples on, a series is written as a column of its own.
    private static let columnSamplesMin = 16
    private static let samplesMax = 4 * SampleCodec.countMax

    private var rowCounts: [(place: Int, count: Int)] = []
    private var rows: [Sample] = []
    private var columns: [(place: Int, samples: [Sample])] = []
    /// The newest sample of each series, in the order of the series.
    private(set) var newest: [(place: Int, time: Int64)] = []
    private(set) var sampleCount = 0

    var isEmpty: Bool { sampleCount == 0 }

    /// Whether the next series might not fit.
    var isFull: Bool {
        rows.count + Self.columnSamplesMin > SampleCodec.countMax || sampleCount >= Self.samplesMax
    }

    mutating func add(_ place: Int, _ samples: UnsafeBufferPointer<Sample>) {
        guard let last = samples.last else { return }
        if samples.count < Self.columnSamplesMin {
            rowCounts.append((place, samples.count))
            rows += samples
        } else {
            columns.append((place, Array(samples)))
        }
        newest.append((place, last.t))
        sampleCount += samples.count
    }

    /// Appends the frames.
    /// - Parameter index: the number of a place in the segment's dictionary.
    func append(to out: inout [UInt8], index: (Int) -> Int) {
        if !rows.isEmpty {
            let counts = rowCounts.map { (index: index($0.place), count: $0.count) }
            var first = Int64.max
            var last = Int64.min
            for sample in rows {
                first = min(first, sample.t)
                last = max(last, sample.t)
            }
            SignalFrame.append(
                .rows, SignalPayload.rows(counts, rows), first: first, last: last, to: &out)
        }
        var frame = SegmentPacker.ColumnFrame()
        for column in columns { frame.add(index(column.place), column.samples, to: &out) }
        frame.finish(&out)
    }
}

/// What of each series is written already.
struct SeriesCursors {
    struct Cursor {
        var labels: Labels
        /// The time of the newest sample that is written.
        var written: Int64
        /// Its number in the segment's dictionary, when `segment` is the present one.
        var index = 0
        var segment = 0
        var isSeen = true
    }

    /// Before every sample.
    private static let never: Int64 = -4_000_000_000_000_000

    private var all: [Cursor] = []
    private var places: [Labels: Int] = [:]
    /// The place of the series at each position of the last snapshot: comparing labels costs less
    /// than hashing them.
    private var hints: [Int] = []
    private var segment = 0

    subscript(place: Int) -> Cursor {
        get { all[place] }
        _modify { yield &all[place] }
    }

    mutating func skip(_ newest: [Labels: Int64]) {
        for (labels, time) in newest {
            let place = place(of: labels)
            all[place].written = max(all[place].written, time)
        }
    }

    mutating func place(of labels: Labels, at position: Int) -> Int {
        if position < hints.count, all[hints[position]].labels == labels {
            all[hints[position]].isSeen = true
            return hints[position]
        }
        let place = place(of: labels)
        if position < hints.count {
            hints[position] = place
        } else {
            hints.append(place)
        }
        all[place].isSeen = true
        return place
    }

    private mutating func place(of labels: Labels) -> Int {
        if let known = places[labels] { return known }
        all.append(Cursor(labels: labels, written: Self.never))
        places[labels] = all.count - 1
        return all.count - 1
    }

    mutating func beginSegment() { segment += 1 }

    func needsIndex(_ place: Int) -> Bool { all[place].segment != segment }

    mutating func give(_ place: Int, index: Int) {
        all[place].index = index
        all[place].segment = segment
    }

    /// Forgets series that the store no longer has, once they are more than those it has.
    mutating func forget(beyond live: Int) {
        guard all.count > 2 * live + 1024 else {
            for place in all.indices { all[place].isSeen = false }
            return
        }
        all = all.filter(\.isSeen)
        hints = []
        places = [:]
        for place in all.indices {
            places[all[place].labels] = place
            all[place].isSeen = false
        }
    }
}
