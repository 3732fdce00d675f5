import Metrics

/// Well-formed expressions drawn from an input, evaluated over a small store: an error is fine, a
/// crash is not, and what the instant query finds at the end is what the range query has there.
enum FuzzEvaluation {
    static let end: Int64 = 600_000

    static let engine: EmbeddedEngine = {
        let store = SeriesStore(retention: .seconds(1_000_000_000))
        let odd: [Double] = [
            0, -0.0, 1, -1, .nan, .infinity, -.infinity, 1e308, .leastNonzeroMagnitude, 0.1,
        ]
        for index in 0..<12 {
            let labels = Labels([
                ("__name__", ["a", "b_total", "h_bucket"][index % 3]), ("x", "\(index % 2)"),
                ("le", index % 3 == 2 ? ["0.1", "1", "+Inf", "bad"][index / 3] : ""),
            ])
            for step in 0..<40 where (step + index) % 7 != 0 {
                let isStale = (step * 5 + index) % 23 == 0
                let value = index == 3 ? odd[step % odd.count] : Double((step * index) % 50)
                store.append(
                    labels, t: Int64(step) * 15_000, v: isStale ? StaleMarker.value : value)
            }
        }
        return EmbeddedEngine(
            snapshot: store.snapshot(), options: EngineOptions(sampleLimit: 300_000))
    }()

    static func run(_ bytes: [UInt8]) {
        var generator = ExpressionGenerator(bytes)
        let text = generator.text(.vector, depth: 4)
        let expression: Expression
        do {
            expression = try Expression.parse(text)
        } catch {
            return
        }
        let now = end - Int64(generator.dice.below(40)) * 15_000
        let instant = try? engine.instant(expression, at: now)
        let range = try? engine.range(
            expression, start: now - 60_000, end: now, step: 15_000)
        guard let instant, let range, !text.contains("@ ") else { return }
        compare(instant.value, range.value, at: now, text)
    }

    private static func compare(
        _ instant: QueryValue, _ range: QueryValue, at now: Int64, _ text: String
    ) {
        guard case .vector(let samples) = instant, case .matrix(let series) = range else { return }
        // Which of equal elements a selection takes may differ.
        if text.contains("topk") || text.contains("bottomk") { return }
        let last = series.filter { $0.samples.last?.t == now }
        precondition(
            Set(samples.map(\.labels)) == Set(last.map(\.labels)),
            "instant and range query find the same elements: \(text)")
    }
}

/// Turns bytes into expressions of the right types.
struct ExpressionGenerator {
    var dice: ByteDice

    /// Functions in a fixed order, so that an input means the same in every run.
    private static let functions = PromQLFunction.all.values
        .filter { !$0.isExperimental }.sorted { $0.name < $1.name }

    init(_ bytes: [UInt8]) { dice = ByteDice(bytes) }

    mutating func text(_ type: ValueType, depth: Int) -> String {
        switch type {
        case .scalar: scalar(depth)
        case .matrix: matrix(depth)
        case .string: "\"" + dice.pick(["x", "le", "$1", "(.*)", "", "job", "v-${1}"]) + "\""
        default: vector(depth)
        }
    }

    private mutating func selector() -> String {
        let name = dice.pick(["a", "b_total", "h_bucket", "none", "{__name__=~\".+\"}"])
        guard !name.hasPrefix("{"), dice.below(3) == 0 else { return name }
        return name + dice.pick(["{x=\"0\"}", "{x!=\"1\"}", "{le=~\"0.*|bad\"}", "{x!~\".\"}"])
    }

    private mutating func shift() -> String {
        guard dice.below(5) == 0 else { return "" }
        return dice.pick([
            " offset 1m", " offset -90s", " @ 300", " @ start()", " @ end() offset 15s",
        ])
    }

    private mutating func matrix(_ depth: Int) -> String {
        if depth > 0, dice.below(3) == 0 {
            let inner = text(.vector, depth: depth - 1)
            return "(" + inner + ")[" + dice.pick(["1m", "5m", "20s"]) + ":"
                + dice.pick(["", "15s", "1m", "7s"]) + "]" + shift()
        }
        return selector() + "[" + dice.pick(["15s", "1m", "5m", "1h", "1ms"]) + "]" + shift()
    }

    private mutating func scalar(_ depth: Int) -> String {
        guard depth > 0 else { return dice.pick(["0", "1", "-1.5", "NaN", "Inf", "1e9", "5m"]) }
        switch dice.below(4) {
        case 0: return "time()"
        case 1: return "scalar(" + text(.vector, depth: depth - 1) + ")"
        case 2:
            return "(" + scalar(depth - 1) + dice.pick([" + ", " / ", " % ", " ^ ", " > bool "])
                + scalar(depth - 1) + ")"
        default: return scalar(0)
        }
    }

    private mutating func vector(_ depth: Int) -> String {
        guard depth > 0 else { return selector() + shift() }
        switch dice.below(5) {
        case 0: return selector() + shift()
        case 1: return aggregate(depth - 1)
        case 2: return binary(depth - 1)
        default: return call(depth - 1)
        }
    }

    private mutating func call(_ depth: Int) -> String {
        let function = dice.pick(Self.functions)
        var arguments = function.arguments.map { text($0, depth: depth) }
        if function.variadic != 0, dice.below(2) == 0, !arguments.isEmpty {
            arguments.removeLast()
        }
        let call = function.name + "(" + arguments.joined(separator: ", ") + ")"
        return function.returns == .scalar ? "vector(" + call + ")" : call
    }

    private mutating func aggregate(_ depth: Int) -> String {
        let names = [
            "sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "topk", "bottomk",
            "quantile", "count_values",
        ]
        let name = dice.pick(names)
        let grouping = dice.pick(["", " by (x) ", " without (le) ", " by () ", " without (x, le) "])
        var inner = text(.vector, depth: depth)
        switch name {
        case "topk", "bottomk", "quantile": inner = scalar(depth) + ", " + inner
        case "count_values": inner = "\"v\", " + inner
        default: break
        }
        return name + grouping + "(" + inner + ")"
    }

    private mutating func binary(_ depth: Int) -> String {
        let left = text(dice.below(4) == 0 ? .scalar : .vector, depth: depth)
        let right = text(.vector, depth: depth)
        let operators = [
            " + ", " - ", " * ", " / ", " % ", " ^ ", " atan2 ", " == ", " != ", " > bool ", " <= ",
            " and ", " or ", " unless ", " + on (x) ", " / ignoring (le) group_left () ",
            " == on (x) group_right (le) ", " and on () ", " unless ignoring (x) ",
        ]
        return "(" + left + dice.pick(operators) + right + ")"
    }
}
