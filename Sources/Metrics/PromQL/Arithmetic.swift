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

    /// The larger of two numbers; NaN when one is NaN, but infinity beats it.
    static func maximum(_ one: Double, _ two: Double) -> Double {
        if one == .infinity || two == .infinity { return .infinity }
        if one.isNaN || two.isNaN { return .ordinaryNaN }
        if one == 0, two == 0 { return one.sign == .minus ? two : one }
        return one > two ? one : two
    }

    /// The smaller of two numbers; NaN when one is NaN, but negative infinity beats it.
    static func minimum(_ one: Double, _ two: Double) -> Double {
        if one == -.infinity || two == -.infinity { return -.infinity }
        if one.isNaN || two.isNaN { return .ordinaryNaN }
        if one == 0, two == 0 { return one.sign == .minus ? one : two }
        return one < two ? one : two
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

    init() {}

    /// - Parameter count: of the values that make up `total` already.
    init(_ total: CompensatedSum, count: Double) {
        self.total = total
        self.count = count
    }

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
    /// The `q`-quantile of `values`, interpolated linearly between neighbours; the values change
    /// their places. NaN when there are none or `q` is NaN; below 0 and above 1 it is an infinity.
    /// NaN counts as less than everything.
    /// - Parameter isSorted: whether they are known to ascend.
    static func of(
        _ values: UnsafeMutableBufferPointer<Double>, _ q: Double, isSorted: Bool = false
    ) -> Double {
        if values.isEmpty || q.isNaN { return .ordinaryNaN }
        if q < 0 { return -.infinity }
        if q > 1 { return .infinity }
        let rank = q * Double(values.count - 1)
        let lower = max(0, Int(rank.rounded(.down)))
        let upper = min(values.count - 1, lower + 1)
        let weight = rank - rank.rounded(.down)
        var next = values[upper]
        if !isSorted {
            arrange(values, around: lower)
            next = values[upper]
            for index in upper..<values.count where values[index] < next { next = values[index] }
        }
        return values[lower] * (1 - weight) + next * weight
    }

    /// Puts the value that belongs at `place` there, smaller ones before it, larger ones behind.
    private static func arrange(_ values: UnsafeMutableBufferPointer<Double>, around place: Int) {
        var low = 0
        var isSorted = true
        for index in values.indices {
            if values[index].isNaN {
                values.swapAt(index, low)
                low += 1
                isSorted = false
            } else if index > 0, values[index] < values[index - 1] {
                isSorted = false
            }
        }
        if isSorted || place < low { return }
        var high = values.count - 1
        while low < high {
            let pivot = median(values[low], values[(low + high) / 2], values[high])
            var left = low
            var right = high
            while left <= right {
                while values[left] < pivot { left += 1 }
                while pivot < values[right] { right -= 1 }
                if left <= right {
                    values.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if place <= right {
                high = right
            } else if place >= left {
                low = left
            } else {
                return
            }
        }
    }

    private static func median(_ one: Double, _ two: Double, _ three: Double) -> Double {
        max(min(one, two), min(max(one, two), three))
    }
}
