/// Spaces out work that every change asks for, such as drawing: at once after a quiet time, seldom
/// while changes come without end.
///
/// Each piece of work has a weight between 0 and 1. Up to `burst` of full weight may follow one
/// another at the least gap; after that one comes every `interval`. Light work needs the gap alone.
package struct Pace: Sendable {
    /// Least time between two pieces of work.
    package let gap: Duration
    /// Time in which one piece of full weight is earned.
    package let interval: Duration
    /// Pieces of full weight that can be saved up.
    package let burst: Double

    private var credit: Double
    private var last: BootTime?

    package init(gap: Duration, interval: Duration, burst: Double = 4) {
        self.gap = gap
        self.interval = interval
        self.burst = burst
        credit = burst
    }

    /// How long work of this weight has to wait; zero when it may be done now.
    package func wait(weight: Double, now: BootTime) -> Duration {
        guard let last else { return .zero }
        let passed = now - last
        let missing = min(weight, burst) - earned(passed)
        return max(.zero, gap - passed, missing > 0 ? interval * missing : .zero)
    }

    /// Notes that work of this weight was done.
    package mutating func spend(weight: Double, now: BootTime) {
        if let last { credit = earned(now - last) }
        credit = max(0, credit - weight)
        last = now
    }

    private func earned(_ passed: Duration) -> Double {
        min(burst, credit + max(0, passed.inSeconds / interval.inSeconds))
    }
}
