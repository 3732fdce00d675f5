/// `rate`, `increase`, `delta` of one series at every step: the change from the first to the last
/// sample of the window, extended to the window's edges as far as the spacing of the samples makes
/// plausible.
struct ExtrapolatedChange {
    let windows: Windows
    let kind: WindowKernel.Extrapolation
    /// Positions at which the counter fell, of the samples at hand.
    private var resets: [Int] = []
    /// The windows of the series before, which mostly was sampled at the same times.
    private var pattern = SamplingPattern()

    init(_ windows: Windows, _ kind: WindowKernel.Extrapolation) {
        self.windows = windows
        self.kind = kind
    }

    /// What of the result depends on times only. Samples mostly come at a regular pace, so that it
    /// stays the same from window to window.
    struct Spacing {
        /// Seconds between the first and the last sample.
        private let sampled: Double
        /// Seconds by which the result is extended to either side.
        private let toStart: Double
        private let toEnd: Double
        /// What the change is divided by at last: the seconds of the window, or 1.
        private let seconds: Double
        /// What the change is multiplied by, unless a counter began inside the window.
        let factor: Double
        /// A counter whose first value is more than so many times its change began before. A little
        /// more than exact, because of rounding.
        let farFromZero: Double

        /// - Parameters: in milliseconds: between the samples, before and after them, of the window
        ///   when the result is per second; how many gaps the samples have.
        init(inside: Int64, before: Int64, after: Int64, gaps: Int, perWindow length: Int64?) {
            sampled = Double(inside) / 1000
            let average = sampled / Double(gaps)
            let threshold = average * 1.1
            let (before, after) = (Double(before) / 1000, Double(after) / 1000)
            toStart = before >= threshold ? average / 2 : before
            toEnd = after >= threshold ? average / 2 : after
            seconds = length.map { Double($0) / 1000 } ?? 1
            factor = (sampled + toStart + toEnd) / sampled / seconds
            farFromZero = toStart / sampled * 1.00001
        }

        /// A counter cannot have been below zero: it began no earlier than where its line meets it.
        @inline(never)
        func factorNearZero(_ first: Double, _ change: Double) -> Double {
            guard change > 0, first >= 0 else { return factor }
            let toZero = sampled * (first / change)
            return toZero < toStart ? (sampled + toZero + toEnd) / sampled / seconds : factor
        }
    }

    /// Writes a value for every step whose window holds two samples or more.
    /// - Returns: how many samples were read, over all steps, and how many values written.
    mutating func write(
        _ samples: UnsafeBufferPointer<Sample>, to values: UnsafeMutablePointer<Double>
    ) -> (read: Int, present: Int) {
        guard let base = samples.baseAddress else { return (0, 0) }
        findResets(samples)
        if windows.ends.count >= 8, pattern.isWorthIt {
            if !pattern.fits(samples) { makePattern(samples) }
            return write(base, to: values)
        }
        let (count, isCounter, hasResets) = (samples.count, kind.isCounter, !resets.isEmpty)
        let (length, pace, steps) = (windows.length, windows.ends.step, windows.ends.count)
        var spacing = Spacing(inside: 1, before: 0, after: 0, gaps: 1, perWindow: nil)
        var (inside, before, after, gaps) = (Int64.min, Int64(0), Int64(0), 0)
        var (factor, farFromZero) = (0.0, 0.0)
        var end = windows.ends.start
        var (low, high, read, present) = (0, 0, 0, 0)
        for step in 0..<steps {
            while high < count, base[high].t <= end { high &+= 1 }
            let start = end &- length
            while low < high, base[low].t <= start { low &+= 1 }
            read &+= high &- low
            if high &- low >= 2 {
                let (first, last) = (base[low], base[high &- 1])
                let (newInside, newBefore) = (last.t &- first.t, first.t &- start)
                if newInside != inside || newBefore != before || end &- last.t != after
                    || high &- low &- 1 != gaps
                {
                    (inside, before) = (newInside, newBefore)
                    (after, gaps) = (end &- last.t, high &- low &- 1)
                    spacing = spacingOf(inside, before, after, gaps)
                    (factor, farFromZero) = (spacing.factor, spacing.farFromZero)
                }
                var change = last.v - first.v
                if hasResets { change = corrected(change, base, low, high) }
                let isFar = !isCounter || first.v > change * farFromZero
                values[step] =
                    change * (isFar ? factor : spacing.factorNearZero(first.v, change))
                present &+= 1
            }
            end &+= pace
        }
        return (read, present)
    }

    /// As `write` of samples whose times are those of the pattern.
    private func write(
        _ base: UnsafePointer<Sample>, to values: UnsafeMutablePointer<Double>
    ) -> (read: Int, present: Int) {
        let (isCounter, hasResets) = (kind.isCounter, !resets.isEmpty)
        pattern.windows.withUnsafeBufferPointer { windows in
            for window in windows {
                let (first, last) = (base[Int(window.first)].v, base[Int(window.last)].v)
                var change = last - first
                if hasResets {
                    change = corrected(
                        change, base, Int(window.first), Int(window.last) + 1)
                }
                let isFar = !isCounter || first > change * window.farFromZero
                let factor =
                    isFar
                    ? window.factor
                    : pattern.spacings[Int(window.spacing)].factorNearZero(first, change)
                values[Int(window.step)] = change * factor
            }
        }
        return (pattern.read, pattern.windows.count)
    }

    private mutating func makePattern(_ samples: UnsafeBufferPointer<Sample>) {
        pattern.begin(samples)
        windows.forEachWindow(samples) { step, low, high in
            pattern.read += high - low
            guard high - low >= 2 else { return }
            let (first, last) = (samples[low].t, samples[high - 1].t)
            let end = windows.ends.time(step)
            let spacing = spacingOf(
                last &- first, first &- (end &- windows.length), end &- last, high - low - 1)
            pattern.spacings.append(spacing)
            pattern.windows.append(
                SamplingPattern.Window(
                    first: Int32(low), last: Int32(high - 1), step: Int32(step),
                    spacing: Int32(pattern.spacings.count - 1), factor: spacing.factor,
                    farFromZero: spacing.farFromZero))
        }
    }

    @inline(never)
    private func spacingOf(
        _ inside: Int64, _ before: Int64, _ after: Int64, _ gaps: Int
    ) -> Spacing {
        Spacing(
            inside: inside, before: before, after: after, gaps: gaps,
            perWindow: kind == .rate ? windows.length : nil)
    }

    /// Of one window; absent when it has fewer than two samples.
    func value(_ summary: WindowSummary) -> Double {
        guard summary.count >= 2 else { return Absent.value }
        let (first, last) = (summary.first, summary.last)
        let end = windows.ends.start
        let spacing = spacingOf(
            last.t &- first.t, first.t &- (end &- windows.length), end &- last.t,
            summary.count - 1)
        let change = summary.change(isCounter: kind.isCounter)
        let isFar = !kind.isCounter || first.v > change * spacing.farFromZero
        return change * (isFar ? spacing.factor : spacing.factorNearZero(first.v, change))
    }

    /// Adds what the counter lost at each fall inside the window.
    private func corrected(
        _ change: Double, _ base: UnsafePointer<Sample>, _ low: Int, _ high: Int
    ) -> Double {
        var change = change
        for position in resets where position > low && position < high {
            change += base[position - 1].v
        }
        return change
    }

    private mutating func findResets(_ samples: UnsafeBufferPointer<Sample>) {
        resets.removeAll(keepingCapacity: true)
        guard kind.isCounter, samples.count > 1 else { return }
        var falls = 0
        for index in 1..<samples.count {
            falls &+= samples[index].v < samples[index - 1].v ? 1 : 0
        }
        if falls == 0 { return }
        for index in 1..<samples.count where samples[index].v < samples[index - 1].v {
            resets.append(index)
        }
    }
}

/// Where the windows of a series begin and end, kept for the next one: whatever is read together is
/// sampled at the same times.
private struct SamplingPattern {
    struct Window {
        var first: Int32
        var last: Int32
        var step: Int32
        var spacing: Int32
        var factor: Double
        var farFromZero: Double
    }

    /// Those of two samples or more.
    var windows: [Window] = []
    var spacings: [ExtrapolatedChange.Spacing] = []
    /// Samples in all windows.
    var read = 0
    private var times: [Int64] = []
    private var hits = 0
    private var misses = 0

    /// Not when every series goes its own way.
    var isWorthIt: Bool { misses < 16 || hits > misses }

    mutating func fits(_ samples: UnsafeBufferPointer<Sample>) -> Bool {
        guard samples.count == times.count else { return false }
        let difference = times.withUnsafeBufferPointer { times in
            var difference: Int64 = 0
            for index in 0..<samples.count { difference |= samples[index].t ^ times[index] }
            return difference
        }
        if difference == 0 { hits += 1 }
        return difference == 0
    }

    mutating func begin(_ samples: UnsafeBufferPointer<Sample>) {
        misses += 1
        windows.removeAll(keepingCapacity: true)
        spacings.removeAll(keepingCapacity: true)
        read = 0
        times.removeAll(keepingCapacity: true)
        for sample in samples { times.append(sample.t) }
    }
}
