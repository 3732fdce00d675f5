#if canImport(Glibc)
    import Glibc
#endif

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
