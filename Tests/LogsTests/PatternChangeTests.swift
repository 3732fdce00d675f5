import Basics
import Testing

@testable import Logs

@Suite("What changed since the incident began")
struct PatternChangeTests {
    private static let begin = Timestamp(seconds: 1_800_000_000)
    private static let incident = begin + .seconds(30 * 60)

    /// `before` lines in each of the 30 minutes before the incident, `after` in each of the 6
    /// since.
    private func judge(
        before: [Int], after: [Int], firstSeen: Timestamp = begin
    ) -> PatternChange? {
        var minutes = MinuteCounts()
        for minute in 0..<30 {
            for _ in 0..<before[minute % before.count] {
                minutes.add(at: Self.begin + .seconds(Double(minute) * 60 + 20))
            }
        }
        for minute in 0..<6 {
            for _ in 0..<after[minute % after.count] {
                minutes.add(at: Self.incident + .seconds(Double(minute) * 60 + 20))
            }
        }
        return PatternChange.judge(
            minutes, firstSeen: firstSeen, now: Self.incident + .seconds(6 * 60),
            incidentStart: Self.incident, coverage: Self.begin)
    }

    @Test("First seen since the incident, while lines from before were read")
    func new() {
        #expect(
            judge(before: [0], after: [1], firstSeen: Self.incident + .seconds(20)) == .new)
        let minutes = MinuteCounts()
        #expect(
            PatternChange.judge(
                minutes, firstSeen: Self.incident + .seconds(9), now: Self.incident + .seconds(60),
                incidentStart: Self.incident, coverage: Self.incident + .seconds(5)) == nil,
            "nothing from before was read, so nothing can be called new")
    }

    @Test("A rate far above what it was")
    func spiking() {
        guard case .spiking(let now, let usual)? = judge(before: [4, 6], after: [40]) else {
            return #expect(Bool(false), "no spike")
        }
        #expect(now > 30 && now <= 40)
        #expect(abs(usual - 5) < 0.2)
    }

    @Test("A rate that fell to nothing")
    func vanished() {
        guard case .vanished(let usual)? = judge(before: [4, 6], after: [0]) else {
            return #expect(Bool(false), "not vanished")
        }
        #expect(abs(usual - 5) < 0.2)
    }

    @Test(
        "Noise is no change",
        arguments: [
            ([5, 6, 4], [7, 9, 3]), ([0, 0, 0, 0, 0, 1], [1, 2]), ([0, 0, 0, 1], [0]), ([1], [3]),
            // Bursts of sixty every tenth minute: neither a burst nor a pause means anything.
            ([60, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0]), ([60, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 60]),
        ])
    func noise(before: [Int], after: [Int]) {
        #expect(judge(before: before, after: after) == nil)
    }

    @Test("Counts of merged patterns add up, minute by minute")
    func minutes() {
        var left = MinuteCounts()
        var right = MinuteCounts()
        for minute in [0, 1, 1, 50] { left.add(at: Self.begin + .seconds(Double(minute) * 60)) }
        for minute in [1, 70] { right.add(at: Self.begin + .seconds(Double(minute) * 60)) }
        left.take(right)
        let zero = MinuteCounts.minute(of: Self.begin)
        #expect(left[zero + 70] == 1)
        #expect(left[zero + 50] == 1)
        #expect(left[zero + 1] == 0, "more than an hour before the newest")
        var single = MinuteCounts()
        single.add(at: Self.begin)
        left.take(single)
        #expect(left[zero] == 0)
        single.take(single)
        #expect(single[zero] == 2)
    }
}
