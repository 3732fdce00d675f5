/// A histogram made of `_bucket` series: cumulative counts by upper bound.
struct ClassicHistogram {
    struct Bucket {
        var upperBound: Double
        var count: Double
    }

    private(set) var buckets: [Bucket] = []

    var isEmpty: Bool { buckets.isEmpty }

    mutating func removeAll() { buckets.removeAll(keepingCapacity: true) }

    /// Adds a bucket. Bounds must ascend; buckets of equal bounds become one.
    mutating func append(upperBound: Double, count: Double) {
        if let last = buckets.last, last.upperBound == upperBound {
            buckets[buckets.count - 1].count += count
        } else {
            buckets.append(Bucket(upperBound: upperBound, count: count))
        }
    }

    private var hasInfiniteBucket: Bool { buckets.last?.upperBound == .infinity }

    /// How counts were raised so that they grow from bucket to bucket.
    struct Repair {
        var lowestBound: Double
        var highestBound: Double
        var largestRaise: Double

        mutating func join(_ other: Repair) {
            lowestBound = min(lowestBound, other.lowestBound)
            highestBound = max(highestBound, other.highestBound)
            largestRaise = max(largestRaise, other.largestRaise)
        }
    }

    /// The `q`-quantile, interpolated linearly within its bucket.
    /// - Parameter repair: set to what had to be raised, if anything.
    mutating func quantile(_ q: Double, _ repair: inout Repair?) -> Double {
        if q.isNaN { return .ordinaryNaN }
        if q < 0 { return -.infinity }
        if q > 1 { return .infinity }
        guard hasInfiniteBucket else { return .ordinaryNaN }
        repair = makeMonotonic()
        guard buckets.count >= 2, let total = buckets.last?.count, total != 0 else {
            return .ordinaryNaN
        }
        let rank = q * total
        let position = firstBucket(reaching: rank)
        if position == buckets.count - 1 { return buckets[position - 1].upperBound }
        let bucket = buckets[position]
        if position == 0, bucket.upperBound <= 0 { return bucket.upperBound }
        let start = position > 0 ? buckets[position - 1].upperBound : 0
        let below = position > 0 ? buckets[position - 1].count : 0
        let share = (rank - below) / (bucket.count - below)
        return start + (bucket.upperBound - start) * share
    }

    /// By bisection, which decides what comes out when counts are NaN; the last one when none does.
    private func firstBucket(reaching rank: Double) -> Int {
        var low = 0
        var high = buckets.count - 1
        while low < high {
            let middle = (low + high) / 2
            if buckets[middle].count >= rank { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Differences up to this share are rounding, not disorder.
    private static let tolerance = 1e-12

    private mutating func makeMonotonic() -> Repair? {
        var repair: Repair?
        var previous = buckets.first?.count ?? 0
        for position in buckets.indices.dropFirst() {
            let current = buckets[position].count
            if current == previous { continue }
            if Self.areAlmostEqual(current, previous, Self.tolerance) {
                buckets[position].count = previous
                continue
            }
            guard current < previous else {
                previous = current
                continue
            }
            let bound = buckets[position].upperBound
            let raise = Repair(
                lowestBound: bound, highestBound: bound, largestRaise: previous - current)
            if repair == nil { repair = raise } else { repair?.join(raise) }
            buckets[position].count = previous
        }
        return repair
    }

    /// Relative comparison; NaN equals NaN.
    private static func areAlmostEqual(
        _ one: Double, _ two: Double, _ tolerance: Double
    ) -> Bool {
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
        guard hasInfiniteBucket, let total = buckets.last?.count, total != 0, !lower.isNaN,
            !upper.isNaN
        else { return .ordinaryNaN }
        if lower >= upper { return 0 }
        let (below, above) = (rank(of: lower), rank(of: upper))
        return ((above > total ? total : above) - (below > total ? total : below)) / total
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
        return buckets.last?.count ?? below
    }
}
