import CSystem

/// The series that a selector reads.
struct Selection {
    let series: [Series]
    let table: LabelTable

    /// Series lie anywhere in memory, so that their samples are asked for some rows ahead.
    private static let prefetchDistance = 8

    /// Fetches the newest samples of a row that comes soon, and what is sealed when there are
    /// fewer.
    @inline(__always)
    func prefetch(after row: Int, samples: Int) {
        let next = row &+ Self.prefetchDistance
        guard next < series.count, let raw = series[next].raw else { return }
        let count = series[next].rawCount
        if samples > count { series[next].sealed?.prefetch() }
        var index = count &- 1
        let end = max(0, count &- min(samples, 96))
        while index >= end {
            csystem_prefetch_for_read(raw + index)
            // Four samples are a cache line.
            index &-= 4
        }
    }
}

/// Where windows come from: stored samples, or the results of a subquery.
enum WindowSource {
    case series(Selection)
    case results(Rows, Grid)

    var table: LabelTable {
        switch self {
        case .series(let selection): selection.table
        case .results(let rows, _): rows.table
        }
    }
}

/// The windows of a range selector or subquery at every step: `(T - length, T]`.
struct Windows {
    let source: WindowSource
    /// T at every step, offset and `@` applied.
    let ends: Grid
    /// Milliseconds.
    let length: Int64
}

/// Room for samples that is used again from series to series.
struct SampleScratch {
    var unpacked: [Sample] = []
    var cleaned: [Sample] = []
}

extension Windows {
    /// Calls `body` with the samples of one row that lie in any window, oldest first, without
    /// staleness markers. The pointer is valid during the call only.
    @inline(__always)
    func withSamples(
        ofRow row: Int, _ scratch: inout SampleScratch,
        _ body: (UnsafeBufferPointer<Sample>) -> Void
    ) {
        switch source {
        case .series(let selection):
            let cleaned = selection.series[row].withSamples(
                after: ends.start &- length, through: ends.last, scratch: &scratch.unpacked
            ) { (samples) -> [Sample]? in
                if let clean = Self.withoutMarkers(samples) { return clean }
                body(samples)
                return nil
            }
            if let cleaned { cleaned.withUnsafeBufferPointer(body) }
        case .results(let rows, let grid):
            scratch.cleaned.removeAll(keepingCapacity: true)
            rows.withValues { values in
                let values = values + row * rows.steps
                for step in 0..<rows.steps where Absent.isPresent(values[step]) {
                    scratch.cleaned.append(Sample(t: grid.time(step), v: values[step]))
                }
            }
            scratch.cleaned.withUnsafeBufferPointer(body)
        }
    }

    /// The samples without staleness markers; nil when there is no marker among them.
    @inline(__always)
    private static func withoutMarkers(_ samples: UnsafeBufferPointer<Sample>) -> [Sample]? {
        var markers = 0
        for index in 0..<samples.count {
            markers &+= samples[index].v.bitPattern == StaleMarker.bits ? 1 : 0
        }
        if markers == 0 { return nil }
        return samples.filter { !StaleMarker.isStale($0.v) }
    }

    /// Calls `body` with each step and the range of `samples` in its window, where there are any.
    @inline(__always)
    func forEachWindow(
        _ samples: UnsafeBufferPointer<Sample>, _ body: (Int, Int, Int) -> Void
    ) {
        let count = samples.count
        var low = 0
        var high = 0
        var end = ends.start
        for step in 0..<ends.count {
            while high < count, samples[high].t <= end { high += 1 }
            let start = end &- length
            while low < high, samples[low].t <= start { low += 1 }
            if low < high { body(step, low, high) }
            end &+= ends.step
        }
    }
}
