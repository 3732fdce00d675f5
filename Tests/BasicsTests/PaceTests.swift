import Basics
import Testing

@Suite struct PaceTests {
    /// How often work of `weight` is done in `seconds` when it is always wanted.
    private func count(weight: Double, seconds: Int) -> Int {
        var pace = Pace(gap: .milliseconds(30), interval: .milliseconds(500))
        var count = 0
        for step in 0..<seconds * 1_000 {
            let now = BootTime(nanoseconds: Int64(step) * 1_000_000)
            guard pace.wait(weight: weight, now: now) == .zero else { continue }
            pace.spend(weight: weight, now: now)
            count += 1
        }
        return count
    }

    @Test("Work without weight needs the gap alone")
    func light() { #expect(count(weight: 0, seconds: 3) == 100) }

    @Test("Work of full weight comes in a burst, then at the interval")
    func heavy() {
        #expect((5...6).contains(count(weight: 1, seconds: 1)))
        #expect((23...25).contains(count(weight: 1, seconds: 10)))
    }

    @Test("What is to be waited is enough, and no more than the interval")
    func waits() {
        var pace = Pace(gap: .milliseconds(30), interval: .milliseconds(500), burst: 1)
        let start = BootTime(nanoseconds: 5_000_000_000)
        #expect(pace.wait(weight: 1, now: start) == .zero)
        pace.spend(weight: 1, now: start)
        #expect(pace.wait(weight: 0, now: start) == .milliseconds(30))
        #expect(pace.wait(weight: 1, now: start) == .milliseconds(500))
        #expect(pace.wait(weight: 1, now: start + .milliseconds(500)) == .zero)
    }
}
