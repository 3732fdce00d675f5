/// A function of PromQL: its name and signature.
package struct PromQLFunction: Sendable, Hashable {
    package let name: String
    package let arguments: [ValueType]
    package let returns: ValueType
    /// 0: exactly `arguments`; n > 0: the last n may be left out (or, where the signature repeats,
    /// up to n more may follow); -1: any number of the last one.
    package let variadic: Int
    package let isExperimental: Bool

    private init(
        _ name: String, _ arguments: [ValueType], _ returns: ValueType, variadic: Int = 0,
        isExperimental: Bool = false
    ) {
        self.name = name
        self.arguments = arguments
        self.returns = returns
        self.variadic = variadic
        self.isExperimental = isExperimental
    }

    package static let all: [String: PromQLFunction] = {
        var table: [String: PromQLFunction] = [:]
        for function in vectorToVector + overTime + dates + others + experimental {
            table[function.name] = function
        }
        return table
    }()

    private static let vectorToVector: [PromQLFunction] = [
        "abs", "absent", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh",
        "deg", "exp", "floor", "histogram_avg", "histogram_count", "histogram_stddev",
        "histogram_stdvar", "histogram_sum", "ln", "log10", "log2", "rad", "sgn", "sin", "sinh",
        "sort", "sort_desc", "sqrt", "tan", "tanh", "timestamp",
    ].map { PromQLFunction($0, [.vector], .vector) }

    private static let overTime: [PromQLFunction] = [
        "absent_over_time", "avg_over_time", "changes", "count_over_time", "delta", "deriv",
        "first_over_time", "idelta", "increase", "irate", "last_over_time", "max_over_time",
        "min_over_time", "present_over_time", "rate", "resets", "stddev_over_time",
        "stdvar_over_time", "sum_over_time",
    ].map { PromQLFunction($0, [.matrix], .vector) }

    private static let dates: [PromQLFunction] = [
        "day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month",
        "year",
    ].map { PromQLFunction($0, [.vector], .vector, variadic: 1) }

    private static let others: [PromQLFunction] = [
        PromQLFunction("clamp", [.vector, .scalar, .scalar], .vector),
        PromQLFunction("clamp_max", [.vector, .scalar], .vector),
        PromQLFunction("clamp_min", [.vector, .scalar], .vector),
        PromQLFunction("histogram_fraction", [.scalar, .scalar, .vector], .vector),
        PromQLFunction("histogram_quantile", [.scalar, .vector], .vector),
        PromQLFunction("label_join", [.vector, .string, .string, .string], .vector, variadic: -1),
        PromQLFunction("label_replace", [.vector, .string, .string, .string, .string], .vector),
        PromQLFunction("pi", [], .scalar),
        PromQLFunction("predict_linear", [.matrix, .scalar], .vector),
        PromQLFunction("quantile_over_time", [.scalar, .matrix], .vector),
        PromQLFunction("round", [.vector, .scalar], .vector, variadic: 1),
        PromQLFunction("scalar", [.vector], .scalar),
        PromQLFunction("time", [], .scalar),
        PromQLFunction("vector", [.scalar], .vector),
    ]

    private static let experimental: [PromQLFunction] = [
        PromQLFunction(
            "double_exponential_smoothing", [.matrix, .scalar, .scalar], .vector,
            isExperimental: true),
        PromQLFunction("end", [], .scalar, isExperimental: true),
        PromQLFunction(
            "histogram_quantiles", [.vector, .string, .scalar, .scalar], .vector, variadic: 9,
            isExperimental: true),
        PromQLFunction("info", [.vector, .vector], .vector, variadic: 1, isExperimental: true),
        PromQLFunction("mad_over_time", [.matrix], .vector, isExperimental: true),
        PromQLFunction("max_of", [.scalar, .scalar], .scalar, isExperimental: true),
        PromQLFunction("min_of", [.scalar, .scalar], .scalar, isExperimental: true),
        PromQLFunction("range", [], .scalar, isExperimental: true),
        PromQLFunction(
            "sort_by_label", [.vector, .string], .vector, variadic: -1, isExperimental: true),
        PromQLFunction(
            "sort_by_label_desc", [.vector, .string], .vector, variadic: -1, isExperimental: true),
        PromQLFunction("start", [], .scalar, isExperimental: true),
        PromQLFunction("start_timestamp", [.vector], .vector, isExperimental: true),
        PromQLFunction("step", [], .scalar, isExperimental: true),
        PromQLFunction("ts_of_first_over_time", [.matrix], .vector, isExperimental: true),
        PromQLFunction("ts_of_last_over_time", [.matrix], .vector, isExperimental: true),
        PromQLFunction("ts_of_max_over_time", [.matrix], .vector, isExperimental: true),
        PromQLFunction("ts_of_min_over_time", [.matrix], .vector, isExperimental: true),
    ]
}
