#if canImport(Glibc)
    import Glibc
#endif

/// Robust figures over small samples. NaN and infinities never enter: callers drop them first.
package enum Statistics {
    /// The middle value, or the mean of the two middle ones; nil for no values.
    package static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1
            ? sorted[middle] : sorted[middle - 1] / 2 + sorted[middle] / 2
    }

    /// Median absolute deviation from the median, not scaled; nil for no values.
    package static func mad(_ values: [Double]) -> Double? {
        guard let centre = median(values) else { return nil }
        return median(values.map { abs($0 - centre) })
    }

    /// Half the width of the band around a median:
    /// max(3 × 1.4826 × MAD, 10 % of the median, `floor`), in the signal's unit.
    package static func bandHalfWidth(median: Double, mad: Double, floor: Double) -> Double {
        max(3 * 1.4826 * mad, 0.1 * abs(median), floor)
    }

    /// The Theil–Sen slope: the median of the slopes of all pairs; nil below three points.
    /// - Parameter points: (x, y) with at most a few hundred entries; the work is quadratic.
    package static func slope(_ points: [(x: Double, y: Double)]) -> Double? {
        guard points.count >= 3 else { return nil }
        var slopes: [Double] = []
        slopes.reserveCapacity(points.count * (points.count - 1) / 2)
        for left in points.indices {
            for right in points.indices.dropFirst(left + 1)
            where points[right].x != points[left].x {
                slopes.append(
                    (points[right].y - points[left].y) / (points[right].x - points[left].x))
            }
        }
        return median(slopes)
    }

    /// The comparison of two samples by rank.
    package struct RankTest: Sendable, Hashable {
        /// One-sided: the probability of an `after` at least this much larger by chance alone.
        package var pGreater: Double
        /// One-sided the other way.
        package var pLess: Double
        /// Cliff's delta, -1…1: how much more often `after` exceeds `before` than the reverse.
        package var delta: Double
    }

    /// Mann and Whitney's U test with the normal approximation, corrected for ties and continuity.
    ///
    /// Nil below ten points a side, where the approximation and any conclusion cannot be trusted.
    package static func mannWhitney(before: [Double], after: [Double]) -> RankTest? {
        guard before.count >= 10, after.count >= 10 else { return nil }
        let ranked = ranks(before + after)
        let first = Double(before.count)
        let second = Double(after.count)
        let rankSum = ranked.ranks[before.count...].reduce(0, +)
        let larger = rankSum - second * (second + 1) / 2
        let delta = 2 * larger / (first * second) - 1
        let total = first + second
        let variance =
            first * second / 12 * ((total + 1) - ranked.tieTerm / (total * (total - 1)))
        guard variance > 0 else { return RankTest(pGreater: 1, pLess: 1, delta: 0) }
        let deviation = larger - first * second / 2
        let scale = variance.squareRoot()
        return RankTest(
            pGreater: upperTail((deviation - 0.5) / scale),
            pLess: upperTail((-deviation - 0.5) / scale), delta: delta)
    }

    /// Mean ranks from 1, and Σ(t³ − t) over groups of ties.
    private static func ranks(_ values: [Double]) -> (ranks: [Double], tieTerm: Double) {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var tieTerm = 0.0
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            let rank = Double(start + end) / 2 + 1
            for index in start...end { ranks[order[index]] = rank }
            let size = Double(end - start + 1)
            tieTerm += size * size * size - size
            start = end + 1
        }
        return (ranks, tieTerm)
    }

    /// The standard normal distribution's upper tail.
    private static func upperTail(_ z: Double) -> Double {
        min(1, 0.5 * erfc(z / 2.0.squareRoot()))
    }
}
