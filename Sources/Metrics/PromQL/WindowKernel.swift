/// Functions over the samples of a window.
enum WindowKernel {
    /// The change between the first and the last sample, extended to the window's edges.
    case extrapolated(Extrapolation)
    case count, present, last, first, minimum, maximum
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
        "max_over_time": .maximum, "min_over_time": .minimum,
        "predict_linear": .predictLinear, "present_over_time": .present,
        "quantile_over_time": .quantile, "rate": .extrapolated(.rate),
        "resets": .reduce(resets), "stddev_over_time": .reduce { variance($0).squareRoot() },
        "stdvar_over_time": .reduce(variance), "sum_over_time": .reduce(sum),
    ]

    static func maximum(_ samples: UnsafeBufferPointer<Sample>) -> Double {
        var best = samples[0].v
        for sample in samples where sample.v > best || best.isNaN { best = sample.v }
        return best
    }

    static func minimum(_ samples: UnsafeBufferPointer<Sample>) -> Double {
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
