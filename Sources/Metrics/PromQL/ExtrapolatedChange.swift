/// `rate`, `increase`, `delta` of one series at every step: the change from the first to the last
/// sample of the window, extended to the window's edges as far as the spacing of the samples makes
/// plausible.
struct ExtrapolatedChange {
    let windows: Windows
    let kind: WindowKernel.Extrapolation
    /// Positions at which the counter fell, of the samples at hand.
    private var resets: [Int] = []

    init(_ windows: Windows, _ kind: WindowKernel.Extrapolation) {
        self.windows = windows
        self.kind = kind
    }

    /// What of the result depends on times only. Samples mostly come at a regular pace, so that it
    /// stays the same from window to window.
    struct Spacing {
        private var inside = Int64.min
        private var before: Int64 = 0
        private var after: Int64 = 0
        private var gaps = 0
        /// Seconds between the first and the last sample.
        private var sampled = 0.0
        /// Seconds by which the result is extended to either side.
        private var toStart = 0.0
        private var toEnd = 0.0
        /// What the change is multiplied by, unless a counter began inside the window.
        private(set) var factor = 0.0
        /// A counter whose first value is more than so many times its change began before.
        private var farFromZero = 0.0
        private let seconds: Double
        private let isRate: Bool

        /// - Parameter length: of the window, in milliseconds.
        init(length: Int64, isRate: Bool) {
            seconds = Double(length) / 1000
            self.isRate = isRate
        }

        private func factor(toStart: Double) -> Double {
            let factor = (sampled + toStart + toEnd) / sampled
            return isRate ? factor / seconds : factor
        }

        /// Milliseconds between the samples, before and after them, and how many gaps they have.
        @inline(__always)
        mutating func set(_ inside: Int64, _ before: Int64, _ after: Int64, _ gaps: Int) {
            if inside != self.inside || before != self.before || after != self.after
                || gaps != self.gaps
            {
                change(inside, before, after, gaps)
            }
        }

        @inline(never)
        private mutating func change(
            _ inside: Int64, _ before: Int64, _ after: Int64, _ gaps: Int
        ) {
            (self.inside, self.before, self.after, self.gaps) = (inside, before, after, gaps)
            sampled = Double(inside) / 1000
            let average = sampled / Double(gaps)
            let threshold = average * 1.1
            toStart = Double(before) / 1000
            toEnd = Double(after) / 1000
            if toStart >= threshold { toStart = average / 2 }
            if toEnd >= threshold { toEnd = average / 2 }
            factor = factor(toStart: toStart)
            // A little more than exact, because of rounding: what lies between is computed.
            farFromZero = toStart / sampled * 1.00001
        }

        /// A counter cannot have been below zero: it began no earlier than where its line meets it.
        @inline(__always)
        func counterFactor(first: Double, change: Double) -> Double {
            first > change * farFromZero ? factor : nearZero(first, change)
        }

        @inline(never)
        private func nearZero(_ first: Double, _ change: Double) -> Double {
            guard change > 0, first >= 0 else { return factor }
            let toZero = sampled * (first / change)
            return toZero < toStart ? factor(toStart: toZero) : factor
        }
    }

    /// Writes a value for every step whose window holds two samples or more.
    /// - Returns: how many samples were read, over all steps, and how many values written.
    mutating func write(
        _ samples: UnsafeBufferPointer<Sample>, to values: UnsafeMutablePointer<Double>
    ) -> (read: Int, present: Int) {
        guard let base = samples.baseAddress else { return (0, 0) }
        findResets(samples)
        let (count, isCounter, hasResets) = (samples.count, kind.isCounter, !resets.isEmpty)
        let (length, pace, steps) = (windows.length, windows.ends.step, windows.ends.count)
        var spacing = Spacing(length: length, isRate: kind == .rate)
        var end = windows.ends.start
        var (low, high, read, present) = (0, 0, 0, 0)
        for step in 0..<steps {
            while high < count, base[high].t <= end { high += 1 }
            let start = end &- length
            while low < high, base[low].t <= start { low += 1 }
            read &+= high &- low
            if high &- low >= 2 {
                let (first, last) = (base[low], base[high - 1])
                var change = last.v - first.v
                if hasResets { change = corrected(change, base, low, high) }
                spacing.set(
                    last.t &- first.t, first.t &- start, end &- last.t, high &- low &- 1)
                values[step] =
                    change
                    * (isCounter
                        ? spacing.counterFactor(first: first.v, change: change)
                        : spacing.factor)
                present &+= 1
            }
            end &+= pace
        }
        return (read, present)
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
