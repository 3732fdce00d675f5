import Basics
import Diagnosis
import Testing

@Suite struct HoldTimerTests {
    private let interval = Duration.seconds(15)
    private let bad = Reading.bad(value: "7 %", target: "1 %")

    private func at(_ seconds: Double) -> Timestamp { Timestamp(seconds: 1000 + seconds) }

    private func run(_ readings: [(Double, Reading)], hold: Double = 60) -> HoldTimer {
        var timer = HoldTimer(hold: .seconds(hold))
        for (second, reading) in readings {
            timer.evaluated(reading, at: at(second), interval: interval)
        }
        return timer
    }

    private func good(_ range: StrideThrough<Double>) -> [(Double, Reading)] {
        range.map { ($0, .good()) }
    }

    @Test func `nothing evaluated is unknown`() {
        #expect(HoldTimer(hold: .seconds(60)).state == .unknown(reason: "not evaluated yet"))
    }

    @Test func `good holds, then is met`() {
        #expect(run(good(stride(from: 0, through: 45, by: 15))).state == .holding(since: at(0)))
        #expect(run(good(stride(from: 0, through: 60, by: 15))).state == .met(since: at(0)))
    }

    @Test func `one bad evaluation does not lose a met condition, two do`() {
        let met = good(stride(from: 0, through: 60, by: 15))
        #expect(run(met + [(75, bad)]).state == .met(since: at(0)))
        #expect(run(met + [(75, bad), (90, .good())]).state == .met(since: at(0)))
        #expect(
            run(met + [(75, bad), (90, bad)]).state == .notMet(value: "7 %", target: "1 %"))
    }

    @Test func `ticks between two readings of the source count once`() {
        let met = good(stride(from: 0, through: 60, by: 15))
        let ticks = (61...74).map { (Double($0), bad) }
        #expect(run(met + ticks).state == .met(since: at(0)))
        #expect(run(met + ticks + [(76, bad)]).state == .notMet(value: "7 %", target: "1 %"))
    }

    @Test func `a bad evaluation while holding starts over`() {
        let timer = run(
            good(stride(from: 0, through: 45, by: 15)) + [(50, bad)]
                + good(stride(from: 60, through: 105, by: 15)))
        #expect(timer.state == .holding(since: at(60)))
        #expect(timer.badSince == nil)
    }

    @Test func `unknown takes a met condition away at once and restarts the hold`() {
        let met = good(stride(from: 0, through: 60, by: 15))
        let unknown = Reading.unknown(reason: "silent")
        #expect(run(met + [(75, unknown)]).state == .unknown(reason: "silent"))
        #expect(run(met + [(75, unknown), (90, .good())]).state == .holding(since: at(90)))
    }

    @Test func `two intervals without an evaluation restart the hold`() {
        let met = good(stride(from: 0, through: 60, by: 15))
        #expect(run(met + [(90, .good())]).state == .met(since: at(0)))
        #expect(run(met + [(91, .good())]).state == .holding(since: at(91)))
    }

    @Test func `a clock that steps back restarts the hold`() {
        let met = good(stride(from: 0, through: 60, by: 15))
        #expect(run(met + [(10, .good())]).state == .holding(since: at(10)))
    }

    @Test func `good from an event counts from the event, never from before it was watched`() {
        #expect(run([(0, .good(from: at(-500)))]).state == .holding(since: at(0)))
        let watched: [(Double, Reading)] = stride(from: 0.0, through: 90, by: 15).map { second in
            (second, Reading.good(from: second >= 40 ? at(40) : nil))
        }
        #expect(run(watched).state == .holding(since: at(40)))
    }

    /// Whatever comes, met needs a whole hold of good evaluations without a gap right before it.
    @Test(arguments: 0..<200)
    func `no data is never a pass`(seed: Int) {
        var random = SplitMix(state: UInt64(seed) &* 0x9E37_79B9 &+ 1)
        var timer = HoldTimer(hold: .seconds(60))
        var time = 0.0
        var goodSince: Double?
        var lastTime: Double?
        for _ in 0..<200 {
            time += Double(1 + random.next() % 20) + (random.next() % 12 == 0 ? 40 : 0)
            let isGap = lastTime.map { time - $0 > 30 } ?? false
            if isGap { goodSince = nil }
            lastTime = time
            let kind = random.next() % 16
            let reading: Reading
            switch kind {
            case 0:
                reading = .unknown(reason: "gap")
                goodSince = nil
            default:
                reading = .good()
                goodSince = goodSince ?? time
            }
            timer.evaluated(reading, at: at(time), interval: interval)
            let mayBeMet = goodSince.map { time - $0 >= 60 } ?? false
            if case .met = timer.state { #expect(mayBeMet) }
            if case .unknown = timer.state { #expect(kind == 0) }
        }
    }
}

/// A seeded generator, so that a failure can be repeated.
struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
