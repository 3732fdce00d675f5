/// Functions that turn the samples of one window into one number.
enum WindowFunctions {
    struct Entry: Sendable {
        var keepsName = false
        /// Nil when the window has too few samples for an answer.
        var value: @Sendable (ArraySlice<Sample>) -> Double?
    }

    static let table: [String: Entry] = [
        "avg_over_time": Entry(value: average),
        "changes": Entry(value: changes),
        "count_over_time": Entry { Double($0.count) },
        "deriv": Entry(value: derivative),
        "first_over_time": Entry(keepsName: true) { $0.first?.v },
        "idelta": Entry { instantChange($0, isRate: false) },
        "irate": Entry { instantChange($0, isRate: true) },
        "last_over_time": Entry(keepsName: true) { $0.last?.v },
        "max_over_time": Entry { samples in
            samples.first.map { first in
                samples.reduce(first.v) { $0 < $1.v || $0.isNaN ? $1.v : $0 }
            }
        },
        "min_over_time": Entry { samples in
            samples.first.map { first in
                samples.reduce(first.v) { $0 > $1.v || $0.isNaN ? $1.v : $0 }
            }
        },
        "present_over_time": Entry { _ in 1 },
        "resets": Entry(value: resets),
        "stddev_over_time": Entry { variance($0).squareRoot() },
        "stdvar_over_time": Entry(value: variance),
        "sum_over_time": Entry(value: sum),
    ]

    @Sendable private static func sum(_ samples: ArraySlice<Sample>) -> Double? {
        var sum = CompensatedSum()
        for sample in samples { sum.add(sample.v) }
        return sum.sum.isInfinite ? sum.sum : sum.value
    }

    @Sendable private static func average(_ samples: ArraySlice<Sample>) -> Double? {
        var mean = CompensatedMean()
        for sample in samples { mean.add(sample.v) }
        return mean.value
    }

    @Sendable private static func variance(_ samples: ArraySlice<Sample>) -> Double {
        var variance = RunningVariance()
        for sample in samples { variance.add(sample.v) }
        return variance.variance
    }

    /// How often the value differs from the one before; NaN after NaN is no change.
    @Sendable private static func changes(_ samples: ArraySlice<Sample>) -> Double? {
        guard var previous = samples.first?.v else { return nil }
        var count = 0.0
        for sample in samples.dropFirst() {
            if sample.v != previous, !(sample.v.isNaN && previous.isNaN) { count += 1 }
            previous = sample.v
        }
        return count
    }

    @Sendable private static func resets(_ samples: ArraySlice<Sample>) -> Double? {
        guard var previous = samples.first?.v else { return nil }
        var count = 0.0
        for sample in samples.dropFirst() {
            if sample.v < previous { count += 1 }
            previous = sample.v
        }
        return count
    }

    @Sendable private static func derivative(_ samples: ArraySlice<Sample>) -> Double? {
        guard samples.count >= 2, let first = samples.first else { return nil }
        return LinearRegression(samples, origin: first.t).slope
    }

    /// From the last two samples; for a rate a drop counts as a restart from zero.
    private static func instantChange(_ samples: ArraySlice<Sample>, isRate: Bool) -> Double? {
        guard samples.count >= 2, let last = samples.last else { return nil }
        let previous = samples[samples.endIndex - 2]
        let interval = last.t - previous.t
        guard interval > 0 else { return nil }
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
    init(_ samples: ArraySlice<Sample>, origin: Int64) {
        var (x, y, xy, xx) = (
            CompensatedSum(), CompensatedSum(), CompensatedSum(), CompensatedSum()
        )
        let first = samples.first?.v ?? 0
        var isConstant = true
        for sample in samples {
            if sample.v != first { isConstant = false }
            let seconds = Double(sample.t - origin) / 1000
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
