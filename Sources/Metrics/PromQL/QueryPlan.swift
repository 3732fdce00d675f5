/// An expression made ready to be evaluated many times: functions looked up, what stays the same
/// from step to step marked.
final class QueryPlan {
    let expression: Expression
    let inputs: [QueryPlan]
    /// The same at every step, because `@` fixes every selector in it.
    let isFixed: Bool
    let function: FunctionKind?
    /// Equal for plans that mean the same, wherever they stand; nil when nobody asked.
    let identity: Int?

    init(_ expression: Expression, identities: PlanIdentities? = nil) {
        self.expression = expression
        inputs = Self.inputs(of: expression).map { QueryPlan($0, identities: identities) }
        if case .call(let call) = expression.node {
            function = FunctionKind(call.function.name)
        } else {
            function = nil
        }
        isFixed = Self.isFixed(expression, inputs)
        identity = identities?.identity(of: expression)
    }

    var range: PositionRange { expression.range }

    /// The arguments of calls and the operands of everything else, without parentheses.
    private static func inputs(of expression: Expression) -> [Expression] {
        switch expression.node {
        case .number, .string, .vectorSelector, .matrixSelector: []
        case .parentheses(let inner), .unary(_, let inner): [inner.unwrapped]
        case .binary(let binary): [binary.left.unwrapped, binary.right.unwrapped]
        case .aggregate(let aggregate):
            [aggregate.expression.unwrapped]
                + (aggregate.parameter.map { [$0.unwrapped] } ?? [])
        case .call(let call): call.arguments.map(\.unwrapped)
        case .subquery(let subquery): [subquery.expression.unwrapped]
        }
    }

    /// Functions whose results depend on the time of the step itself.
    private static let timeDependent: Set<String> = [
        "day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month",
        "predict_linear", "time", "timestamp", "year",
    ]

    private static func isFixed(_ expression: Expression, _ inputs: [QueryPlan]) -> Bool {
        switch expression.node {
        case .number, .string: return false
        case .vectorSelector(let selector): return selector.shift.at != nil
        case .matrixSelector(let matrix): return matrix.selector.shift.at != nil
        case .subquery(let subquery): return subquery.shift.at != nil
        case .call(let call) where timeDependent.contains(call.function.name): return false
        case .parentheses, .unary, .binary, .aggregate, .call:
            var hasFixed = false
            for input in inputs {
                switch input.expression.node {
                case .number, .string: continue
                default: break
                }
                if !input.isFixed { return false }
                hasFixed = true
            }
            return hasFixed
        }
    }
}

/// Numbers expressions by their meaning and counts how often each is used.
final class PlanIdentities {
    private var known: [String: Int] = [:]
    private(set) var uses: [Int] = []

    func identity(of expression: Expression) -> Int? {
        switch expression.node {
        case .number, .string, .matrixSelector, .parentheses: return nil
        case .vectorSelector, .unary, .binary, .aggregate, .call, .subquery: break
        }
        let text = expression.description
        let identity = known[text] ?? uses.count
        if identity == uses.count {
            known[text] = identity
            uses.append(0)
        }
        uses[identity] += 1
        return identity
    }

    func isShared(_ identity: Int) -> Bool { uses[identity] > 1 }
}

/// What a function does, found by name once per query.
enum FunctionKind {
    /// Changes each value.
    case map(@Sendable (Double) -> Double)
    /// Turns the samples of a window into a number.
    case window(WindowKernel)
    case date(@Sendable (DateParts) -> Int)
    case pi, time, scalar, vector, timestamp, absent, absentOverTime, round
    case sort(isAscending: Bool)
    case clamp(hasLow: Bool, hasHigh: Bool)
    case labelReplace, labelJoin, histogramQuantile, histogramFraction
    /// Reads native histograms and skips every other sample; the text formats carry none.
    case nativeHistogram

    init?(_ name: String) {
        if let change = ScalarFunctions.table[name] {
            self = .map(change)
        } else if let kernel = WindowKernel(name) {
            self = .window(kernel)
        } else if let part = DateParts.table[name] {
            self = .date(part)
        } else if let other = Self.others[name] {
            self = other
        } else {
            return nil
        }
    }

    private static let others: [String: FunctionKind] = [
        "absent": .absent, "absent_over_time": .absentOverTime,
        "clamp": .clamp(hasLow: true, hasHigh: true),
        "clamp_max": .clamp(hasLow: false, hasHigh: true),
        "clamp_min": .clamp(hasLow: true, hasHigh: false),
        "histogram_avg": .nativeHistogram, "histogram_count": .nativeHistogram,
        "histogram_fraction": .histogramFraction, "histogram_quantile": .histogramQuantile,
        "histogram_stddev": .nativeHistogram, "histogram_stdvar": .nativeHistogram,
        "histogram_sum": .nativeHistogram, "label_join": .labelJoin,
        "label_replace": .labelReplace, "pi": .pi, "round": .round, "scalar": .scalar,
        "sort": .sort(isAscending: true), "sort_desc": .sort(isAscending: false), "time": .time,
        "timestamp": .timestamp, "vector": .vector,
    ]
}
