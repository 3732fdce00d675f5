import Basics

/// A signal's recent values on a fixed grid: for sparkline, trend and the after-side of tests.
package struct SignalHistory: Sendable, Hashable {
    package struct Point: Sendable, Hashable {
        package var time: Timestamp
        /// Nil where there was no fresh data.
        package var value: Double?
        package init(time: Timestamp, value: Double?) {
            self.time = time
            self.value = value
        }
    }

    /// Oldest first.
    package private(set) var points: [Point] = []
    package let step: Duration
    package let pointsMax: Int

    package init(step: Duration = .seconds(15), pointsMax: Int = 480) {
        self.step = step
        self.pointsMax = pointsMax
    }

    /// Takes in the value at `time`: within one step of the newest point it replaces that point's
    /// value, later it begins a new one, and steps nobody evaluated become gaps.
    package mutating func add(_ value: Double?, at time: Timestamp) {
        let cell = time.nanoseconds / step.nanoseconds
        if let last = points.last {
            let lastCell = last.time.nanoseconds / step.nanoseconds
            guard cell >= lastCell else { return }
            if cell == lastCell {
                points[points.count - 1] = Point(time: time, value: value)
                return
            }
            for missing in (lastCell + 1)..<max(lastCell + 1, min(cell, lastCell + 60)) {
                points.append(
                    Point(time: Timestamp(nanoseconds: missing * step.nanoseconds), value: nil))
            }
        }
        points.append(Point(time: time, value: value))
        if points.count > pointsMax { points.removeFirst(points.count - pointsMax) }
    }

    /// The values from `start` (exclusive) to `end` (inclusive), gaps left out.
    package func values(after start: Timestamp, through end: Timestamp) -> [Double] {
        points.lazy.filter { $0.time > start && $0.time <= end }.compactMap(\.value)
    }

    /// The last `count` cells for a sparkline.
    package func spark(_ count: Int = 60) -> [Double?] { points.suffix(count).map(\.value) }

    /// Change per minute over the last `span`, in the signal's unit; nil below three points.
    package func slopePerMinute(over span: Duration, until now: Timestamp) -> Double? {
        let start = now - span
        let recent: [(x: Double, y: Double)] = points.compactMap { point in
            guard point.time > start, let value = point.value else { return nil }
            return ((point.time - start).inSeconds / 60, value)
        }
        return Statistics.slope(recent)
    }
}
