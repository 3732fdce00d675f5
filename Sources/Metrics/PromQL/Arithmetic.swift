#if canImport(Glibc)
    import Glibc
#endif

/// What the operators do to two numbers.
enum Arithmetic {
    /// The result of an operator between two scalars; comparisons give 0 or 1.
    static func scalar(_ op: BinaryOperator, _ left: Double, _ right: Double) -> Double {
        if op.isComparison { return holds(op, left, right) ? 1 : 0 }
        return compute(op, left, right)
    }

    static func compute(_ op: BinaryOperator, _ left: Double, _ right: Double) -> Double {
        switch op {
        case .add: left + right
        case .subtract: left - right
        case .multiply: left * right
        case .divide: left / right
        case .modulo: fmod(left, right)
        case .power: pow(left, right)
        case .atan2: Glibc.atan2(left, right)
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .and, .or,
            .unless, .trimUpper, .trimLower:
            .ordinaryNaN
        }
    }

    static func holds(_ op: BinaryOperator, _ left: Double, _ right: Double) -> Bool {
        switch op {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        default: false
        }
    }
}

/// A sum that keeps the bits an ordinary one loses (Kahan's, improved by Neumaier).
struct CompensatedSum {
    private(set) var sum: Double
    private(set) var compensation: Double

    init(_ sum: Double = 0, compensation: Double = 0) {
        self.sum = sum
        self.compensation = compensation
    }

    mutating func add(_ value: Double) {
        let total = sum + value
        if total.isInfinite {
            compensation = 0
        } else if abs(sum) >= abs(value) {
            compensation += (sum - total) + value
        } else {
            compensation += (value - total) + sum
        }
        sum = total
    }

    /// `(sum, compensation)` times a factor.
    func scaled(by factor: Double) -> CompensatedSum {
        CompensatedSum(sum * factor, compensation: compensation * factor)
    }

    var value: Double { sum + compensation }
}

/// The arithmetic mean; it goes on as a running mean when the sum leaves the range of a double.
struct CompensatedMean {
    private var total = CompensatedSum()
    private var mean = CompensatedSum()
    private var isIncremental = false
    private(set) var count = 0.0

    mutating func add(_ value: Double) {
        count += 1
        if !isIncremental {
            var next = total
            next.add(value)
            if count == 1 || !next.sum.isInfinite {
                total = next
                return
            }
            isIncremental = true
            mean = CompensatedSum(
                total.sum / (count - 1), compensation: total.compensation / (count - 1))
        }
        mean = mean.scaled(by: (count - 1) / count)
        mean.add(value / count)
    }

    var value: Double {
        isIncremental ? mean.value : total.sum / count + total.compensation / count
    }
}

/// Population variance in one pass (Welford), with compensated sums.
struct RunningVariance {
    private var count = 0.0
    private var mean = CompensatedSum()
    private var squares = CompensatedSum()

    mutating func add(_ value: Double) {
        count += 1
        let delta = value - mean.value
        mean.add(delta / count)
        squares.add(delta * (value - mean.value))
    }

    var variance: Double { squares.value / count }
}

enum Quantile {
    /// The `q`-quantile of `values`, interpolated linearly between neighbours. NaN when there are
    /// no values or `q` is NaN; below 0 and above 1 it is an infinity.
    static func of(_ values: [Double], _ q: Double) -> Double {
        if values.isEmpty || q.isNaN { return .ordinaryNaN }
        if q < 0 { return -.infinity }
        if q > 1 { return .infinity }
        // NaN sorts before everything, as in the reference.
        let sorted = values.sorted { $0 < $1 || ($0.isNaN && !$1.isNaN) }
        let rank = q * Double(sorted.count - 1)
        let lower = max(0, Int(rank.rounded(.down)))
        let upper = min(sorted.count - 1, lower + 1)
        let weight = rank - rank.rounded(.down)
        return sorted[lower] * (1 - weight) + sorted[upper] * weight
    }
}
