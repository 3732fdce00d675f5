import Testing

@testable import Safety

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Guarded rollback")
struct GuardedRollbackTests {
    typealias Minute = GuardedRollback.Minute

    private func minutes(_ pairs: [(Double, Double)], from first: Int = 1) -> [Minute] {
        pairs.enumerated().map {
            Minute(index: first + $0.offset, errors: $0.element.0, requests: $0.element.1)
        }
    }
    private func base(_ errors: Double, _ requests: Double, count: Int = 30) -> [Minute] {
        (0..<count).map { Minute(index: $0 - count, errors: errors, requests: requests) }
    }
    private func isWorse(_ after: [Minute], base: [Minute]) -> Bool {
        if case .worse = GuardedRollback.verdict(before: base, after: after) { return true }
        return false
    }

    @Test func aRealRegressionIsWorse() {
        #expect(isWorse(minutes([(15, 300), (15, 300)]), base: base(3, 300)))
        #expect(isWorse(minutes([(40, 300), (45, 300)]), base: base(3, 300)))
    }

    /// An incident that merely goes on is no reason: the baseline is what was before the step.
    @Test func whatWasBadBeforeIsNotWorse() {
        #expect(!isWorse(minutes([(150, 300), (155, 300)]), base: base(150, 300)))
    }

    /// The literal rule holds here and chance explains it: ask, do not act.
    @Test func tenPercentOverByChanceAsks() {
        let verdict = GuardedRollback.verdict(
            before: base(1, 60), after: minutes([(2, 60), (2, 60)]))
        guard case .ask = verdict else {
            Issue.record("\(verdict)")
            return
        }
    }

    /// N60: none of these triggers.
    @Test func doubtfulMinutesNeverTrigger() {
        let good = base(3, 300)
        let cases: [[Minute]] = [
            [], minutes([(100, 300)]), minutes([(100, 300), (3, 300)]),
            minutes([(100, 300), (3, 300), (100, 300)]),
            minutes([(.nan, 300), (100, 300)]), minutes([(.infinity, 300), (100, 300)]),
            minutes([(-5, 300), (100, 300)]), minutes([(400, 300), (400, 300)]),
            minutes([(20, 40), (20, 40)]), minutes([(0, 0), (0, 0)]),
            [
                Minute(index: 1, errors: 100, requests: 300),
                Minute(index: 3, errors: 100, requests: 300),
            ],
            [
                Minute(index: 0, errors: 100, requests: 300),
                Minute(index: 1, errors: 100, requests: 300),
            ],
            [
                Minute(index: 1, errors: 100, requests: 300),
                Minute(index: 2, errors: 100, requests: 300, isComplete: false),
            ],
        ]
        for (number, after) in cases.enumerated() {
            #expect(!isWorse(after, base: good), "case \(number)")
        }
        #expect(!isWorse(minutes([(100, 300), (100, 300)]), base: base(3, 300, count: 4)))
        #expect(!isWorse(minutes([(100, 300), (100, 300)]), base: base(1, 20)))
    }

    /// N61.
    @Test func vanishedTrafficAsks() {
        let verdict = GuardedRollback.verdict(
            before: base(3, 300), after: minutes([(0, 0), (0, 0)]))
        guard case .ask = verdict else {
            Issue.record("\(verdict)")
            return
        }
    }

    /// Against exact sums.
    @Test(arguments: [(3.0, 10.0, 0.2), (1, 5, 0.01), (30, 120, 0.2), (120, 120, 0.99)])
    func theTailIsExact(_ x: Double, _ n: Double, _ p: Double) {
        var sum = 0.0
        for k in Int(x)...Int(n) {
            var term = 1.0
            for i in 0..<k { term *= (n - Double(i)) / Double(k - i) * p }
            sum += term * pow(1 - p, n - Double(k))
        }
        #expect(abs(Binomial.tail(atLeast: x, of: n, p: p) - sum) < 1e-9 * max(1, sum))
    }

    @Test func theBoundIsOneSided95Percent() {
        // Zero of n: 1 − 0.05^(1/n).
        #expect(abs(Binomial.upperBound(of: 0, in: 100) - (1 - pow(0.05, 0.01))) < 1e-9)
        let bound = Binomial.upperBound(of: 5, in: 100)
        #expect(abs(1 - Binomial.tail(atLeast: 6, of: 100, p: bound) - 0.05) < 1e-9)
    }
}
