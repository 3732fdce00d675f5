/// Functions over the samples of a window.
enum WindowKernel {
    /// The change between the first and the last sample, extended to the window's edges.
    case extrapolated(Extrapolation)
    case count, present, last, first
    /// Turns at least one sample into a number, or `Absent.value`.
    case reduce(@Sendable (UnsafeBufferPointer<Sample>) -> Double)
    case predictLinear, quantile

    enum Extrapolation {
        case rate, increase, delta
        var isCounter: Bool { self != .delta }
    }

    init?(_ name: String) {
        guard let kernel = Self.table[name] else { return nil }
        self = kernel
    }

    /// The result is a sample of the series itself, so it keeps its name.
    var keepsName: Bool {
        switch self {
        case .first, .last: true
        default: false
        }
    }

    private static let table: [String: WindowKernel] = [
        "avg_over_time": .reduce(average), "changes": .reduce(changes),
        "count_over_time": .count, "delta": .extrapolated(.delta), "deriv": .reduce(derivative),
        "first_over_time": .first, "idelta": .reduce { instantChange($0, isRate: false) },
        "increase": .extrapolated(.increase),
        "irate": .reduce { instantChange($0, isRate: true) }, "last_over_time": .last,
        "max_over_time": .reduce(maximum), "min_over_time": .reduce(minimum),
        "predict_linear": .predictLinear, "present_over_time": .present,
        "quantile_over_time": .quantile, "rate": .extrapolated(.rate),
        "resets": .reduce(resets), "stddev_over_time": .reduce { variance($0).squareRoot() },
        "stdvar_over_time": .reduce(variance), "sum_over_time": .reduce(sum),
    ]

    @Sendable private static func maximum(_ samples: UnsafeBufferPointer<Sample>) -> Double {
        var best = samples[0].v
        for sample in samples where sample.v > best || best.isNaN { best = sample.v }
        return best
    }

    @Sendable private static func minimum(_ samples: UnsafeBufferPointer<Sample>) -> Double {
        var best = samples[0].v
        for sample in samples where sample.v < best || best.isNaN { best = sample.v }
        return best
    }

    @Sendable private static func sum(_ samples: UnsafeBufferPointer<Sample>) -> Double {
        var sum = CompensatedSum()
        for sample in samples { sum.add(sample.v) }
        return sum.sum.isInfinite ? sum.sum : sum.value
    }

    @Sendable private static func average(_ samples: UnsafeBufferPointer<Sample>) -> Double {
        var mean = CompensatedMean()
        for sample in samples { mean.add(sample.v) }
        return mean.value
    }

    @Sendable private static func variance(_ samples: UnsafeBufferPointer<Sample>) -> Double {
        var variance = RunningVariance()
        for sample in samples { variance.add(sample.v) }
        return variance.variance
    }

    /// How often the value differs from the one before; NaN after NaN is no change.
    @Sendable private static func changes(_ samples: UnsafeBufferPointer<Sample>) -> Double {
        var count = 0
        for index in 1..<max(1, samples.count) {
            let (previous, current) = (samples[index - 1].v, samples[index].v)
            if current != previous, !(current.isNaN && previous.isNaN) { count += 1 }
        }
        return Double(count)
    }

    @Sendable private static func resets(_ samples: UnsafeBufferPointer<Sample>) -> Double {
        var count = 0
        for index in 1..<max(1, samples.count) where samples[index].v < samples[index - 1].v {
            count += 1
        }
        return Double(count)
    }

    @Sendable private static func derivative(_ samples: UnsafeBufferPointer<Sample>) -> Double {
        guard samples.count >= 2 else { return Absent.value }
        return LinearRegression(samples, origin: samples[0].t).slope
    }

    /// From the last two samples; for a rate a drop counts as a restart from zero.
    private static func instantChange(
        _ samples: UnsafeBufferPointer<Sample>, isRate: Bool
    ) -> Double {
        guard samples.count >= 2 else { return Absent.value }
        let last = samples[samples.count - 1]
        let previous = samples[samples.count - 2]
        let interval = last.t &- previous.t
        guard interval > 0 else { return Absent.value }
        let change = isRate && last.v < previous.v ? last.v : last.v - previous.v
        return isRate ? change / (Double(interval) / 1000) : change
    }
}

/// The line through samples by least squares; x in seconds since `origin`.
struct LinearRegression {
    /// Per second.
    let slope: Double
    /// At `origin`.
    let intercept: Double

    /// - Parameter samples: at least two.
    init(_ samples: UnsafeBufferPointer<Sample>, origin: Int64) {
        var (x, y, xy, xx) = (
            CompensatedSum(), CompensatedSum(), CompensatedSum(), CompensatedSum()
        )
        let first = samples[0].v
        var isConstant = true
        for (index, sample) in samples.enumerated() {
            if index > 0, sample.v != first { isConstant = false }
            let seconds = Double(sample.t &- origin) / 1000
            x.add(seconds)
            y.add(sample.v)
            xy.add(seconds * sample.v)
            xx.add(seconds * seconds)
        }
        if isConstant {
            slope = first.isInfinite ? .ordinaryNaN : 0
            intercept = first.isInfinite ? .ordinaryNaN : first
            return
        }
        let count = Double(samples.count)
        let covariance = xy.value - x.value * y.value / count
        let variance = xx.value - x.value * x.value / count
        slope = covariance / variance
        intercept = y.value / count - slope * x.value / count
    }
}

/// `rate`, `increase`, `delta` of one series at every step.
struct ExtrapolatedChange {
    let windows: Windows
    let kind: WindowKernel.Extrapolation
    /// Positions at which the counter fell, of the samples at hand.
    private var resets: [Int] = []

    init(_ windows: Windows, _ kind: WindowKernel.Extrapolation) {
        self.windows = windows
        self.kind = kind
    }

    /// Parts of the result that depend on times only. Samples mostly come at a regular pace, so that
    /// they stay the same from window to window.
    private struct Spacing {
        var inside: Int64 = .min
        var before: Int64 = 0
        var after: Int64 = 0
        var gaps = 0
        /// Seconds between the first and the last sample.
        var sampled = 0.0
        /// Seconds by which the result is extended to either side.
        var toStart = 0.0
        var toEnd = 0.0
        /// What the change is multiplied by, unless a counter began inside the window.
        var factor = 0.0
        let seconds: Double?

        /// - Parameter seconds: of the window, when the result is per second.
        init(seconds: Double?) { self.seconds = seconds }

        @inline(__always)
        func factor(toStart: Double) -> Double {
            let factor = (sampled + toStart + toEnd) / sampled
            return seconds.map { factor / $0 } ?? factor
        }

        @inline(__always)
        mutating func set(_ inside: Int64, _ before: Int64, _ after: Int64, _ gaps: Int) {
            if inside == self.inside, before == self.before, after == self.after,
                gaps == self.gaps
            {
                return
            }
            (self.inside, self.before, self.after, self.gaps) = (inside, before, after, gaps)
            sampled = Double(inside) / 1000
            let average = sampled / Double(gaps)
            let threshold = average * 1.1
            toStart = Double(before) / 1000
            toEnd = Double(after) / 1000
            if toStart >= threshold { toStart = average / 2 }
            if toEnd >= threshold { toEnd = average / 2 }
            factor = factor(toStart: toStart)
        }

        /// A counter cannot have been below zero: it began no earlier than where its line meets it.
        @inline(__always)
        func counterFactor(first: Double, change: Double) -> Double {
            // Mostly zero is far away; this shows it without a division, rounding allowed for.
            if first * sampled > toStart * change * 1.000001 || !(change > 0 && first >= 0) {
                return factor
            }
            let toZero = sampled * (first / change)
            return toZero < toStart ? factor(toStart: toZero) : factor
        }
    }

    /// Writes a value for every step whose window holds two samples or more.
    /// - Returns: how many samples were read, over all steps, and how many values written.
    mutating func write(
        _ samples: UnsafeBufferPointer<Sample>, to values: UnsafeMutablePointer<Double>
    ) -> (read: Int, present: Int) {
        findResets(samples)
        let isCounter = kind.isCounter
        let (ends, length, resets) = (windows.ends, windows.length, resets)
        let hasResets = !resets.isEmpty
        var spacing = Spacing(
            seconds: kind == .rate ? Double(windows.length) / 1000 : nil)
        var next = 0
        var read = 0
        var present = 0
        windows.forEachWindow(samples) { step, low, high in
            read += high - low
            guard high - low >= 2 else { return }
            let (first, last) = (samples[low], samples[high - 1])
            var change = last.v - first.v
            if hasResets {
                while next < resets.count, resets[next] <= low { next += 1 }
                var index = next
                while index < resets.count, resets[index] < high {
                    change += samples[resets[index] - 1].v
                    index += 1
                }
            }
            let end = ends.time(step)
            spacing.set(
                last.t &- first.t, first.t &- (end &- length), end &- last.t, high - low - 1)
            let factor =
                isCounter
                ? spacing.counterFactor(first: first.v, change: change) : spacing.factor
            values[step] = change * factor
            present += 1
        }
        return (read, present)
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
