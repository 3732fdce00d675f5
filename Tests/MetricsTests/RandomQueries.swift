import Metrics

/// Numbers that are the same on every run.
struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 2 + 1 }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }

    /// From 0 up to, not including, `limit`.
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

    mutating func isOneIn(_ count: Int) -> Bool { below(count) == 0 }
}

/// Series with what makes evaluation hard: gaps, restarts, ends, odd numbers.
enum RandomSeries {
    static let end: Int64 = 1_200_000

    /// - Parameter interval: usual milliseconds between samples.
    static func make(
        _ dice: inout Dice, interval: Int64 = 15_000
    ) -> [(labels: Labels, samples: [Sample])] {
        var all: [(Labels, [Sample])] = []
        for name in ["a", "b_total", "c"] {
            for job in ["x", "y"] {
                for instance in ["1", "2", "3"] where !dice.isOneIn(5) {
                    let labels = Labels(["__name__": name, "job": job, "instance": instance])
                    all.append((labels, samples(&dice, interval, isCounter: name == "b_total")))
                }
            }
        }
        for job in ["x", "y"] {
            for bound in ["0.1", "1", "10", "+Inf", "bad"] where !dice.isOneIn(6) {
                let labels = Labels(["__name__": "h_bucket", "job": job, "le": bound])
                all.append((labels, samples(&dice, interval, isCounter: true)))
            }
        }
        return all
    }

    private static func samples(
        _ dice: inout Dice, _ interval: Int64, isCounter: Bool
    ) -> [Sample] {
        var samples: [Sample] = []
        var t = Int64(dice.below(60_000))
        var value = Double(dice.below(20))
        while t < end {
            if dice.isOneIn(30) {
                samples.append(Sample(t: t, v: StaleMarker.value))
                t += Int64(dice.below(200_000))
            } else {
                if isCounter {
                    value = dice.isOneIn(15) ? 0 : value + Double(dice.below(10))
                } else {
                    value = Double(dice.below(200) - 100) / 4
                    if dice.isOneIn(40) { value = dice.pick([.nan, .infinity, -.infinity, -0.0]) }
                }
                samples.append(Sample(t: t, v: value))
            }
            t += dice.isOneIn(10) ? Int64(1 + dice.below(Int(interval) * 6)) : interval
        }
        return samples
    }
}

/// Expressions of every kind that is evaluated.
struct RandomExpression {
    var dice: Dice
    /// Whether the order in which series are read may show in the result.
    var mayDependOnOrder = true

    mutating func vector(_ depth: Int) -> String {
        if depth == 0 { return selector() }
        switch dice.below(mayDependOnOrder ? 15 : 14) {
        case 0: return "(" + selector() + ")"
        case 1, 2: return windowCall(depth)
        case 3, 4: return aggregate(depth)
        case 5: return "(\(vector(depth - 1))) \(arithmetic()) \(scalar(depth - 1))"
        case 6: return "\(scalar(depth - 1)) \(arithmetic()) (\(vector(depth - 1)))"
        case 7:
            return "(\(vector(depth - 1))) \(arithmetic()) \(matching()) (\(vector(depth - 1)))"
        case 8:
            return "(\(vector(depth - 1))) \(dice.pick(["and", "or", "unless"])) "
                + "\(dice.pick(["", "on (job)", "ignoring (instance)"])) (\(vector(depth - 1)))"
        case 9:
            return dice.pick(["abs", "ceil", "sgn", "sqrt", "timestamp", "absent", "year", "-"])
                + "(\(vector(depth - 1)))"
        case 10:
            return "clamp(\(vector(depth - 1)), \(scalar(0)), \(scalar(0)))"
        case 11:
            return "label_replace(\(vector(depth - 1)), \"job\", \"$1\", \"instance\", \"(.)\")"
        case 12: return "histogram_quantile(\(scalar(0)), \(histogram()))"
        case 13: return "round(\(vector(depth - 1)), 5) or vector(\(scalar(0)))"
        default:
            return "\(dice.pick(["topk", "bottomk"]))(\(1 + dice.below(3)), \(vector(depth - 1)))"
        }
    }

    private mutating func selector() -> String {
        let matchers = dice.pick([
            "", "{job=\"x\"}", "{instance=~\"1|2\"}", "{job!=\"x\"}", "{instance=\"9\"}",
        ])
        return dice.pick(["a", "b_total", "c"]) + matchers + shift()
    }

    private mutating func shift() -> String {
        dice.pick(["", "", "", " offset 1m", " offset -30s", " @ 600", " @ 600 offset 1m"])
    }

    private mutating func range(_ depth: Int) -> String {
        if depth > 1, dice.isOneIn(4) {
            return "(\(vector(depth - 2)))[\(dice.pick(["2m", "5m"])):\(dice.pick(["", "20s"]))]"
                + shift()
        }
        let name = dice.pick(["a", "b_total", "c"])
        return name + dice.pick(["[1m]", "[5m]", "[17s]", "[10m]"]) + shift()
    }

    private mutating func windowCall(_ depth: Int) -> String {
        let names = [
            "rate", "increase", "delta", "irate", "idelta", "deriv", "changes", "resets",
            "avg_over_time", "sum_over_time", "min_over_time", "max_over_time",
            "count_over_time", "last_over_time", "first_over_time", "present_over_time",
            "stddev_over_time", "absent_over_time", "quantile", "predict",
        ]
        let name = dice.pick(names)
        if name == "quantile" { return "quantile_over_time(\(scalar(0)), \(range(depth)))" }
        if name == "predict" { return "predict_linear(\(range(depth)), 60)" }
        return "\(name)(\(range(depth)))"
    }

    private mutating func aggregate(_ depth: Int) -> String {
        let by = dice.pick(["", " by (job)", " without (instance)", " by (instance, job)"])
        switch dice.below(10) {
        case 0: return "quantile\(by) (\(scalar(0)), \(vector(depth - 1)))"
        case 1: return "count_values\(by) (\"v\", \(vector(depth - 1)))"
        default:
            let op = dice.pick(["sum", "avg", "min", "max", "count", "group", "stddev"])
            return "\(op)\(by) (\(vector(depth - 1)))"
        }
    }

    private mutating func histogram() -> String {
        dice.pick(["h_bucket", "sum by (le) (rate(h_bucket[5m]))", "rate(h_bucket[2m])"])
    }

    private mutating func matching() -> String {
        dice.pick([
            "", "on (job, instance)", "ignoring (instance)", "on (job)",
            "on (job) group_left ()", "on (instance) group_right (job)",
        ])
    }

    private mutating func arithmetic() -> String {
        dice.pick(["+", "-", "*", "/", "%", "^", "> bool", "==bool", ">", "<=", "!="])
            .replacing("==bool", "== bool")
    }

    private mutating func scalar(_ depth: Int) -> String {
        if depth > 0, dice.isOneIn(3) { return "scalar(sum(\(vector(depth - 1))))" }
        return dice.pick(["0.5", "2", "-1", "0.9", "time() / 1000", "NaN", "1"])
    }
}

extension String {
    fileprivate func replacing(_ old: String, _ new: String) -> String { self == old ? new : self }
}
