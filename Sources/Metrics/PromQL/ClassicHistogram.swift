/// A histogram made of `_bucket` series: cumulative counts by upper bound.
struct ClassicHistogram {
    struct Bucket {
        var upperBound: Double
        var count: Double
    }

    private(set) var buckets: [Bucket]

    /// Sorts by bound and adds up buckets of equal bounds.
    init(_ unsorted: [Bucket]) {
        buckets = []
        for bucket in unsorted.sorted(by: { $0.upperBound < $1.upperBound }) {
            if let last = buckets.last, last.upperBound == bucket.upperBound {
                buckets[buckets.count - 1].count += bucket.count
            } else {
                buckets.append(bucket)
            }
        }
    }

    private var hasInfiniteBucket: Bool { buckets.last?.upperBound == .infinity }

    /// The `q`-quantile, interpolated linearly within its bucket, and whether counts had to be
    /// raised to grow from bucket to bucket.
    mutating func quantile(_ q: Double) -> (value: Double, wasFixed: Bool) {
        if q.isNaN { return (.ordinaryNaN, false) }
        if q < 0 { return (-.infinity, false) }
        if q > 1 { return (.infinity, false) }
        guard hasInfiniteBucket else { return (.ordinaryNaN, false) }
        let wasFixed = makeMonotonic()
        guard buckets.count >= 2, let total = buckets.last?.count, total != 0, !total.isNaN else {
            return (.ordinaryNaN, wasFixed)
        }
        let rank = q * total
        let position = buckets.dropLast().firstIndex { $0.count >= rank } ?? buckets.count - 1
        if position == buckets.count - 1 { return (buckets[position - 1].upperBound, wasFixed) }
        let bucket = buckets[position]
        if position == 0, bucket.upperBound <= 0 { return (bucket.upperBound, wasFixed) }
        let start = position > 0 ? buckets[position - 1].upperBound : 0
        let below = position > 0 ? buckets[position - 1].count : 0
        let share = (rank - below) / (bucket.count - below)
        return (start + (bucket.upperBound - start) * share, wasFixed)
    }

    /// Differences up to this share are rounding, not disorder.
    private static let tolerance = 1e-12

    private mutating func makeMonotonic() -> Bool {
        var wasFixed = false
        var previous = buckets.first?.count ?? 0
        for position in buckets.indices.dropFirst() {
            let current = buckets[position].count
            if current == previous { continue }
            if Self.areAlmostEqual(current, previous, Self.tolerance) {
                buckets[position].count = previous
                continue
            }
            if current < previous {
                buckets[position].count = previous
                wasFixed = true
            } else {
                previous = current
            }
        }
        return wasFixed
    }

    /// Relative comparison; NaN equals NaN.
    static func areAlmostEqual(_ one: Double, _ two: Double, _ tolerance: Double) -> Bool {
        if one.isNaN && two.isNaN { return true }
        if one == two { return true }
        let sum = abs(one) + abs(two)
        let difference = abs(one - two)
        if one == 0 || two == 0 || sum < .leastNormalMagnitude {
            return difference < tolerance * .leastNormalMagnitude
        }
        return difference / min(sum, .greatestFiniteMagnitude) < tolerance
    }

    /// The share of observations between `lower` and `upper`.
    func fraction(lower: Double, upper: Double) -> Double {
        guard hasInfiniteBucket, let total = buckets.last?.count, total != 0, !total.isNaN,
            !lower.isNaN, !upper.isNaN
        else { return .ordinaryNaN }
        if lower >= upper { return 0 }
        return (min(rank(of: upper), total) - min(rank(of: lower), total)) / total
    }

    /// How many observations lie below `value`.
    private func rank(of value: Double) -> Double {
        var below = 0.0
        for (position, bucket) in buckets.enumerated() {
            var start = -Double.infinity
            if position > 0 {
                start = buckets[position - 1].upperBound
            } else if bucket.upperBound > 0 {
                start = 0
            }
            if start >= value { return below }
            if bucket.upperBound > value {
                // A bucket without a lower end cannot be divided: all of it counts as below.
                if start == -.infinity { return bucket.count }
                return below
                    + (bucket.count - below) * (value - start) / (bucket.upperBound - start)
            }
            below = bucket.count
        }
        return below
    }
}

extension Evaluator {
    /// Buckets by their labels without `le`; one whose `le` is no number is left out and noted.
    private func histograms(
        _ argument: Expression, at t: Int64
    ) throws(QueryError) -> [(labels: Labels, buckets: [ClassicHistogram.Bucket])] {
        var slots: [Labels: Int] = [:]
        var found: [(labels: Labels, buckets: [ClassicHistogram.Bucket])] = []
        for element in try vector(argument, at: t) {
            let text = element.labels.value(of: LabelName.upperBound) ?? .empty
            guard let bound = GoNumber.parseFloat(text.bytes) else {
                let name = QuotedText.goQuote(Array((element.labels.name ?? "").utf8))
                notes.warn(
                    "bucket label \"le\" is missing or has a malformed value of "
                        + "\(QuotedText.goQuote(text.bytes)) for metric name \(name)",
                    at: argument.range)
                continue
            }
            let key = element.labels.dropping([LabelName.upperBound])
            let slot = slots[key] ?? found.count
            if slot == found.count {
                slots[key] = slot
                found.append((key, []))
            }
            found[slot].buckets.append(
                ClassicHistogram.Bucket(upperBound: bound, count: element.value))
        }
        return found
    }

    func histogramQuantile(
        _ arguments: [Expression], at t: Int64
    ) throws(QueryError) -> [Element] {
        let q = try scalar(arguments[0], at: t)
        warnAboutQuantile(q, at: arguments[0].range)
        var result: [Element] = []
        for (labels, buckets) in try histograms(arguments[1], at: t) {
            var histogram = ClassicHistogram(buckets)
            let (value, wasFixed) = histogram.quantile(q)
            if wasFixed {
                let name = QuotedText.goQuote(Array((labels.name ?? "").utf8))
                notes.info(
                    "input to histogram_quantile needed to be fixed for monotonicity (see "
                        + "https://prometheus.io/docs/prometheus/latest/querying/functions/"
                        + "#histogram_quantile) for metric name \(name)", at: arguments[1].range)
            }
            result.append(Element(labels: projections.bare.of(labels), value: value))
        }
        return try unique(result)
    }

    func histogramFraction(
        _ arguments: [Expression], at t: Int64
    ) throws(QueryError) -> [Element] {
        let lower = try scalar(arguments[0], at: t)
        let upper = try scalar(arguments[1], at: t)
        let result = try histograms(arguments[2], at: t).map { labels, buckets in
            Element(
                labels: projections.bare.of(labels),
                value: ClassicHistogram(buckets).fraction(lower: lower, upper: upper))
        }
        return try unique(result)
    }
}
