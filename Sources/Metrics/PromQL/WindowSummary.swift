/// What functions that need no single samples want to know about one window.
struct WindowSummary {
    /// Samples, staleness markers not counted.
    private(set) var count = 0
    private(set) var first = Sample(t: 0, v: 0)
    private(set) var last = Sample(t: 0, v: 0)
    private(set) var minimum = 0.0
    private(set) var maximum = 0.0
    /// What a counter lost at its falls, each fall added to the change in turn, as the reference
    /// does.
    private var falls: [Double] = []

    /// Which of it is wanted.
    enum Part {
        case ends, falls, extremes
    }

    private let part: Part

    init(_ part: Part) { self.part = part }

    mutating func reset() {
        count = 0
        if !falls.isEmpty { falls.removeAll(keepingCapacity: true) }
    }

    mutating func add(_ piece: SeriesPiece) {
        switch piece {
        case .samples(let samples): add(samples)
        case .summary(let chunk): add(chunk)
        }
    }

    /// The usual case, without a branch per sample: no NaN among them and no fall.
    private mutating func addPlain(_ samples: UnsafeBufferPointer<Sample>) -> Bool {
        guard part != .extremes, let base = samples.baseAddress, samples.count > 0 else {
            return false
        }
        var previous = count > 0 ? last.v : base[0].v
        var odd = 0
        for index in 0..<samples.count {
            let value = base[index].v
            // False for markers too, which are NaN.
            odd &+= value >= previous ? 0 : 1
            previous = value
        }
        guard odd == 0 else { return false }
        if count == 0 { first = base[0] }
        last = base[samples.count - 1]
        count += samples.count
        return true
    }

    private mutating func add(_ samples: UnsafeBufferPointer<Sample>) {
        if addPlain(samples) { return }
        var previous = last.v
        var seen = count
        var newest = last
        for sample in samples where !StaleMarker.isStale(sample.v) {
            if seen == 0 {
                first = sample
                minimum = sample.v
                maximum = sample.v
            } else if part == .falls {
                if sample.v < previous { falls.append(previous) }
            } else if part == .extremes {
                if sample.v < minimum || minimum.isNaN { minimum = sample.v }
                if sample.v > maximum || maximum.isNaN { maximum = sample.v }
            }
            previous = sample.v
            newest = sample
            seen += 1
        }
        last = newest
        count = seen
    }

    private mutating func add(_ chunk: ChunkSummary) {
        if count == 0 {
            first = chunk.first
            minimum = chunk.min
            maximum = chunk.max
        } else {
            if chunk.first.v < last.v { falls.append(last.v) }
            if chunk.min < minimum || minimum.isNaN { minimum = chunk.min }
            if chunk.max > maximum || maximum.isNaN { maximum = chunk.max }
        }
        if chunk.resetCorrection != 0 { falls.append(chunk.resetCorrection) }
        last = chunk.last
        count += chunk.count
    }

    /// The change from the first to the last sample; of a counter also across its falls.
    func change(isCounter: Bool) -> Double {
        var change = last.v - first.v
        if isCounter { for fall in falls { change += fall } }
        return change
    }
}

extension WindowKernel {
    /// What the function wants to know about a window when it needs no single samples.
    var summaryPart: WindowSummary.Part? {
        switch self {
        case .extrapolated(let kind): kind.isCounter ? .falls : .ends
        case .count, .present, .first, .last: .ends
        case .minimum, .maximum: .extremes
        case .reduce, .predictLinear, .quantile: nil
        }
    }
}
