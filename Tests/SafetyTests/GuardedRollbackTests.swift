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
    private func word(_ after: [Minute], base: [Minute]) -> String {
        switch GuardedRollback.verdict(before: base, after: after) {
        case .worse: "worse"
        case .ask: "ask"
        case .inconclusive: "inconclusive"
        case .notWorse: "not worse"
        case .undecided: "undecided"
        }
    }

    @Test func aRealRegressionIsWorse() {
        #expect(word(minutes([(15, 300), (15, 300)]), base: base(3, 300)) == "worse")
        #expect(word(minutes([(40, 300), (45, 300)]), base: base(3, 300)) == "worse")
        // Later in the watch as well.
        let late = minutes([(3, 300), (2, 300), (4, 300), (16, 300), (15, 300)])
        #expect(word(late, base: base(3, 300)) == "worse")
    }

    /// An incident that merely goes on is no reason: the baseline is what was before the step.
    @Test func whatWasBadBeforeIsNotWorse() {
        #expect(word(minutes([(150, 300), (155, 300)]), base: base(150, 300)) == "not worse")
    }

    /// Each line of the rule, with the last count that does not satisfy it and the first that does.
    @Test(arguments: [
        // The ratio must exceed base + 1 pp in both minutes.
        (1.0, 1_000.0, 110.0, 110.0, 10_000.0, "ask"),
        (10, 1_000, 210, 210, 10_000, "worse"),
        (10, 1_000, 200, 210, 10_000, "ask"),
        (10, 1_000, 210, 200, 10_000, "ask"),
        // ... and 1.10 × base, where that is more.
        (200, 1_000, 2_200, 2_200, 10_000, "not worse"),
        (200, 1_000, 2_300, 2_300, 10_000, "worse"),
        // Ten points over the base need no test of chance.
        (0, 50, 5, 5, 50, "worse"),
        (10, 100, 20, 20, 100, "worse"),
        (10, 100, 20, 19, 100, "worse"),
        // Over the limit, and chance explains it.
        (3, 300, 7, 7, 300, "ask"),
        (1, 60, 2, 2, 60, "ask"),
    ])
    func theRuleToTheLine(
        _ before: Double, _ of: Double, _ first: Double, _ second: Double, _ requests: Double,
        _ expected: String
    ) {
        let found = word(
            minutes([(first, requests), (second, requests)]), base: base(before, of))
        #expect(found == expected)
    }

    /// The upper bound of the base counts, not the base: a short baseline says less.
    @Test func aShortBaselineNeedsMore() {
        let after = minutes([(17, 300), (17, 300)])
        #expect(word(after, base: base(2, 100, count: 30)) == "worse")
        #expect(word(after, base: base(2, 100, count: 5)) == "ask")
    }

    @Test(
        "N60: no data, NaN, infinity, negative counts, too few requests or a gap trigger nothing")
    func doubtfulMinutesNeverTrigger() {
        let good = base(3, 300)
        let cases: [(after: [Minute], word: String)] = [
            ([], "undecided"), (minutes([(100, 300)]), "undecided"),
            (minutes([(100, 300), (3, 300)]), "not worse"),
            (minutes([(100, 300), (3, 300), (100, 300)]), "not worse"),
            (minutes([(.nan, 300), (100, 300)]), "undecided"),
            (minutes([(100, .nan), (100, 300)]), "undecided"),
            (minutes([(.infinity, 300), (100, 300)]), "undecided"),
            (minutes([(100, .infinity), (100, 300)]), "undecided"),
            (minutes([(-5, 300), (100, 300)]), "undecided"),
            (minutes([(400, 300), (400, 300)]), "inconclusive"),
            (minutes([(20, 40), (20, 40)]), "ask"), (minutes([(0, 40), (0, 40)]), "ask"),
            (
                [
                    Minute(index: 1, errors: 100, requests: 300),
                    Minute(index: 3, errors: 100, requests: 300),
                ], "undecided"
            ),
            (
                [
                    Minute(index: 0, errors: 100, requests: 300),
                    Minute(index: 1, errors: 100, requests: 300),
                ], "undecided"
            ),
            (
                [
                    Minute(index: 1, errors: 100, requests: 300),
                    Minute(index: 2, errors: 100, requests: 300, isComplete: false),
                    Minute(index: 3, errors: 100, requests: 300),
                ], "undecided"
            ),
            (
                [
                    Minute(index: 1, errors: 100, requests: 300, isComplete: false),
                    Minute(index: 2, errors: 100, requests: 300, isComplete: false),
                ], "inconclusive"
            ),
        ]
        for (number, one) in cases.enumerated() {
            #expect(word(one.after, base: good) == one.word, "case \(number)")
        }
    }

    @Test("N60: fewer than five valid minutes of baseline judge nothing")
    func aBaselineThatIsTooShort() {
        let after = minutes([(100, 300), (100, 300)])
        #expect(word(after, base: base(3, 300, count: 4)) == "inconclusive")
        #expect(word(after, base: base(3, 300, count: 5)) == "worse")
        #expect(word(after, base: base(1, 49)) == "inconclusive")
        // What lies further back than 30 minutes is no baseline, however valid.
        let old = (0..<30).map { Minute(index: $0 - 60, errors: 3, requests: 300) }
        #expect(word(after, base: old) == "inconclusive")
        // Invalid minutes among them are left out, and do not end it.
        var holes = base(3, 300)
        for index in stride(from: 0, to: 30, by: 2) { holes[index].isComplete = false }
        #expect(word(after, base: holes) == "worse")
    }

    @Test("N61: requests that vanish after the change are a question, not a rollback")
    func vanishedTrafficAsks() {
        #expect(word(minutes([(0, 0), (0, 0)]), base: base(3, 300)) == "ask")
        #expect(word(minutes([(1, 149), (1, 149)]), base: base(3, 300)) == "ask")
        #expect(word(minutes([(1, 150), (1, 150)]), base: base(3, 300)) == "not worse")
        // One minute of it is a restart.
        #expect(word(minutes([(0, 0), (3, 300)]), base: base(3, 300)) == "undecided")
        // Fewer requests that fail all the same are harm, and no mere question.
        #expect(word(minutes([(70, 140), (70, 140)]), base: base(3, 300)) == "worse")
    }

    /// Minutes that cannot be judged ask after the second one, also when others lie between them.
    @Test(arguments: [
        ("v i", "undecided"), ("i v", "undecided"), ("i v i", "inconclusive"),
        ("v v i", "undecided"), ("v v i v", "undecided"), ("v v i v i", "inconclusive"),
        ("i i", "inconclusive"), ("i i v", "inconclusive"), ("i i v v", "not worse"),
        ("i i v v i", "undecided"),
    ])
    func doubtAddsUp(_ pattern: String, _ expected: String) {
        let after = pattern.split(separator: " ").enumerated().map { place, word in
            Minute(index: place + 1, errors: 3, requests: 300, isComplete: word == "v")
        }
        #expect(word(after, base: base(3, 300)) == expected)
    }

    /// The rule as it was stated, where the guarded one cannot fire: too few requests to judge by.
    @Test func theLiteralRuleAsksBelowTheFloor() {
        #expect(word(minutes([(20, 40), (30, 300)]), base: base(3, 70)) == "ask")
        #expect(word(minutes([(0, 40), (0, 40)]), base: base(1, 70)) == "inconclusive")
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
        for (errors, requests) in [(5.0, 100.0), (1_800, 36_000), (9_000, 180_000)] {
            let bound = Binomial.upperBound(of: errors, in: requests)
            #expect(
                abs(1 - Binomial.tail(atLeast: errors + 1, of: requests, p: bound) - 0.05) < 1e-6)
        }
    }
}
