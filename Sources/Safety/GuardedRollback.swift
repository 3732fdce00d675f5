#if canImport(Glibc)
    import Glibc
#endif

/// Judges from counts whether a remediation made things worse. Bare ratios fire on noise: at 1 % of
/// 1,000 requests a minute, "10 % over the base" is true by chance most of the time.
///
/// Baseline here is what was *before the remediation*, so an incident that merely goes on does not
/// undo a harmless step.
package enum GuardedRollback {
    /// One minute of traffic, as counts.
    package struct Minute: Sendable, Hashable {
        /// Minutes since the remediation; the one in which it happened is 0 and never judged.
        package var index: Int
        package var errors: Double
        package var requests: Double
        /// Whether the minute was seen whole: complete, scraped, no reset, nothing stale.
        package var isComplete: Bool

        package init(index: Int, errors: Double, requests: Double, isComplete: Bool = true) {
            self.index = index
            self.errors = errors
            self.requests = requests
            self.isComplete = isComplete
        }

        var isPlausible: Bool {
            isComplete && errors.isFinite && requests.isFinite && errors >= 0 && errors <= requests
        }
        /// Enough to judge by: a handful of requests says nothing.
        var isValid: Bool { isPlausible && requests >= GuardedRollback.requestsMin }
        var ratio: Double { errors / requests }
    }

    package enum Verdict: Sendable, Hashable {
        /// Roll back: two adjacent bad minutes that chance does not explain.
        case worse(String)
        /// Ask the operator at once.
        case ask(String)
        /// Nothing can be said; after two such minutes the operator decides.
        case inconclusive(String)
        case notWorse
    }

    package static let requestsMin = 50.0
    /// Minutes of baseline at most, and how many of them must be valid.
    package static let baselineMinutesMax = 30
    package static let baselineMinutesMin = 5
    static let chanceMax = 0.001

    /// Judges the newest two minutes of `after` against `before`, both in time order.
    package static func verdict(before: [Minute], after: [Minute]) -> Verdict {
        let base = before.suffix(baselineMinutesMax).filter(\.isValid)
        guard base.count >= baselineMinutesMin else {
            return .inconclusive(
                "the baseline has \(base.count) valid minutes, \(baselineMinutesMin) are needed")
        }
        let judged = after.filter { $0.index > 0 }
        guard judged.count >= 2 else { return .notWorse }
        let pair = Array(judged.suffix(2))
        let usual = base.map(\.requests).reduce(0, +) / Double(base.count)
        if pair.allSatisfy({ $0.isPlausible && $0.requests < usual / 2 }) {
            return .ask("requests fell to less than half: a dead service has no errors")
        }
        guard pair.allSatisfy(\.isValid), pair[1].index == pair[0].index + 1 else {
            return pair.contains(where: \.isValid)
                ? .notWorse : .inconclusive("two minutes without enough data")
        }
        return judge(pair, base)
    }

    private static func judge(_ pair: [Minute], _ base: [Minute]) -> Verdict {
        let errors = base.map(\.errors).reduce(0, +)
        let requests = base.map(\.requests).reduce(0, +)
        let ratio = errors / requests
        if pair.allSatisfy({ $0.ratio >= ratio + 0.10 }) {
            return .worse("10 percentage points over the baseline for two minutes")
        }
        if pair.allSatisfy({ $0.ratio > max(1.10 * ratio, ratio + 0.01) }) {
            let seen = pair.map(\.errors).reduce(0, +)
            let of = pair.map(\.requests).reduce(0, +)
            let chance = Binomial.tail(
                atLeast: seen, of: of, p: Binomial.upperBound(of: errors, in: requests))
            if chance < chanceMax {
                return .worse("over the baseline for two minutes, and not by chance")
            }
        }
        if pair.allSatisfy({ $0.ratio > 1.10 * ratio }) {
            return .ask("more than 10 % over the baseline for two minutes, perhaps by chance")
        }
        return .notWorse
    }
}

/// The two figures of the binomial distribution that the rule needs.
enum Binomial {
    /// One-sided upper 95 % bound of a ratio (Clopper and Pearson 1934), by bisection of the tail.
    static func upperBound(of successes: Double, in trials: Double) -> Double {
        var low = successes / trials
        var high = 1.0
        for _ in 0..<60 {
            let middle = (low + high) / 2
            // The chance of at most `successes`.
            let below = 1 - tail(atLeast: successes + 1, of: trials, p: middle)
            if below > 0.05 { low = middle } else { high = middle }
        }
        return high
    }

    /// P(X ≥ x) for X ~ Bin(n, p): the regularised incomplete beta function I_p(x, n − x + 1).
    static func tail(atLeast x: Double, of n: Double, p: Double) -> Double {
        if x <= 0 { return 1 }
        if x > n || p <= 0 { return 0 }
        if p >= 1 { return 1 }
        return incompleteBeta(p, x, n - x + 1)
    }

    /// By Lentz's continued fraction (DLMF 8.17.22), on the side where it converges.
    private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
        let front =
            exp(
                logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log(1 - x)) / a
        let tiny = 1e-300
        var fraction = 1.0
        var c = 1.0
        var d = 0.0
        for step in 0..<10_000 {
            let m = Double(step / 2)
            let numerator: Double
            if step == 0 {
                numerator = 1
            } else if step.isMultiple(of: 2) {
                numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            } else {
                numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            }
            d = 1 + numerator * d
            d = 1 / (abs(d) < tiny ? tiny : d)
            c = 1 + numerator / c
            if abs(c) < tiny { c = tiny }
            fraction *= c * d
            if abs(1 - c * d) < 1e-13 { break }
        }
        return front * (fraction - 1)
    }

    /// Lanczos' approximation (g = 7, nine terms), within 1e-13 for positive arguments. The C
    /// library's lgamma writes a global.
    private static func logGamma(_ x: Double) -> Double {
        let terms = [
            676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
            12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
            1.5056327351493116e-7,
        ]
        let shifted = x - 1
        var sum = 0.99999999999980993
        for (index, term) in terms.enumerated() { sum += term / (shifted + Double(index + 1)) }
        let t = shifted + 7.5
        return 0.5 * log(2 * Double.pi) + (shifted + 0.5) * log(t) - t + log(sum)
    }
}
