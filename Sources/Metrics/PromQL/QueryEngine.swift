import Basics

/// Answers PromQL, from text or from a parsed expression (parse once, evaluate each tick).
///
/// A type that conforms implements the pair of methods that suits it, text or expression; the other
/// pair then follows.
package protocol QueryEngine: Sendable {
    /// Evaluates at one moment.
    /// - Parameter t: milliseconds since the epoch.
    func instant(_ expression: String, at t: Int64) throws(QueryError) -> QueryAnswer

    /// Evaluates at `start`, `start + step`, … up to and including `end`.
    /// - Parameters: milliseconds since the epoch; `step` in milliseconds, more than 0.
    func range(
        _ expression: String, start: Int64, end: Int64, step: Int64
    ) throws(QueryError) -> QueryAnswer

    func instant(_ expression: Expression, at t: Int64) throws(QueryError) -> QueryAnswer

    func range(
        _ expression: Expression, start: Int64, end: Int64, step: Int64
    ) throws(QueryError) -> QueryAnswer
}

extension QueryEngine {
    package func instant(
        _ expression: String, at t: Int64
    ) throws(QueryError) -> QueryAnswer {
        try instant(Expression.parse(expression), at: t)
    }

    package func range(
        _ expression: String, start: Int64, end: Int64, step: Int64
    ) throws(QueryError) -> QueryAnswer {
        try range(Expression.parse(expression), start: start, end: end, step: step)
    }

    package func instant(
        _ expression: Expression, at t: Int64
    ) throws(QueryError) -> QueryAnswer {
        try instant(expression.description, at: t)
    }

    package func range(
        _ expression: Expression, start: Int64, end: Int64, step: Int64
    ) throws(QueryError) -> QueryAnswer {
        try range(expression.description, start: start, end: end, step: step)
    }
}

/// What a query evaluated to, and what the reader must know beside it.
package struct QueryAnswer: Sendable {
    package var value: QueryValue
    /// Complete sentences with the position in the expression, each once: the answer may be wrong.
    package var warnings: [String]
    /// As `warnings`: the query is probably not what was meant.
    package var infos: [String]
    package var statistics: Statistics

    package struct Statistics: Hashable, Sendable {
        /// Series read, counted once per selector.
        package var seriesTouched = 0
        /// Samples read, over all steps.
        package var samplesTouched = 0
        /// The time of the newest sample that was read, in milliseconds: how old the answer is. Nil
        /// when none was read, or when the engine does not tell.
        package var newestSample: Int64?

        package init(
            seriesTouched: Int = 0, samplesTouched: Int = 0, newestSample: Int64? = nil
        ) {
            self.seriesTouched = seriesTouched
            self.samplesTouched = samplesTouched
            self.newestSample = newestSample
        }
    }

    package init(
        value: QueryValue, warnings: [String] = [], infos: [String] = [],
        statistics: Statistics = Statistics()
    ) {
        self.value = value
        self.warnings = warnings
        self.infos = infos
        self.statistics = statistics
    }
}

package enum QueryValue: Sendable, Hashable {
    case scalar(t: Int64, Double)
    case vector([VectorSample])
    /// Sorted by labels for a range query.
    case matrix([MatrixSeries])
    case string(t: Int64, String)
}

/// One element of an instant vector.
package struct VectorSample: Sendable, Hashable {
    package var labels: Labels
    /// The evaluation time in milliseconds, not the sample's own.
    package var t: Int64
    package var v: Double

    package init(labels: Labels, t: Int64, v: Double) {
        self.labels = labels
        self.t = t
        self.v = v
    }
}

/// One series of a matrix, oldest sample first.
package struct MatrixSeries: Sendable, Hashable {
    package var labels: Labels
    package var samples: [Sample]

    package init(labels: Labels, samples: [Sample]) {
        self.labels = labels
        self.samples = samples
    }
}

/// How the embedded engine evaluates.
package struct EngineOptions: Sendable, Hashable {
    /// How old the newest sample of a series may be to count as its value now. Default 5 min.
    package var lookback: Duration
    /// Samples that may be in memory at one step. Default 50,000,000, as in the reference.
    package var sampleLimit: Int
    /// The step of a subquery that names none. Default 1 min.
    package var subqueryStep: Duration
    /// How long one query may take; nil for as long as it wants. Default 2 min, as in the
    /// reference.
    package var timeLimit: Duration?

    package init(
        lookback: Duration = .seconds(300), sampleLimit: Int = 50_000_000,
        subqueryStep: Duration = .seconds(60), timeLimit: Duration? = .seconds(120)
    ) {
        self.lookback = lookback
        self.sampleLimit = sampleLimit
        self.subqueryStep = subqueryStep
        self.timeLimit = timeLimit
    }
}

/// Evaluates over a snapshot, in process. A value: what it answers never changes.
package struct EmbeddedEngine: QueryEngine {
    private let snapshot: SeriesSnapshot
    private let options: EngineOptions
    private let standing: StandingQueries?
    private let state: StandingQueries.State?

    /// Steps of one range query at most, as the HTTP API of the reference.
    package static let stepsMax = 11_000

    /// Times and steps beyond this many milliseconds from the epoch (125,000 years) are refused, so
    /// that no sum of them can overflow.
    static let timeMax: Int64 = 4_000_000_000_000_000

    private func check(_ times: Int64...) throws(QueryError) {
        guard times.allSatisfy({ $0.magnitude <= Self.timeMax }) else {
            throw .execution("a query time is out of range")
        }
    }

    /// - Parameter standing: what earlier engines of the same store found out, when the same
    ///   queries come again and again.
    package init(
        snapshot: SeriesSnapshot, options: EngineOptions = EngineOptions(),
        standing: StandingQueries? = nil
    ) {
        self.snapshot = snapshot
        self.options = options
        self.standing = standing
        state = standing?.newState()
    }

    private func answer(
        _ expression: Expression, _ span: Grid, isInstant: Bool
    ) throws(QueryError) -> QueryAnswer {
        if let standing, let state {
            return try standing.answer(
                expression, span, isInstant: isInstant, snapshot: snapshot, state: state.number,
                options: options)
        }
        let evaluator = Evaluator(
            QueryWorkspace(snapshot), options: options, span: span,
            lineBreaks: expression.lineBreaks)
        return try evaluator.answer(QueryPlan(expression), isInstant: isInstant)
    }

    package func instant(
        _ expression: Expression, at t: Int64
    ) throws(QueryError) -> QueryAnswer {
        try check(t)
        return try answer(expression, Grid(start: t, step: 1, count: 1), isInstant: true)
    }

    package func range(
        _ expression: Expression, start: Int64, end: Int64, step: Int64
    ) throws(QueryError) -> QueryAnswer {
        try check(start, end, step)
        guard step > 0 else {
            throw QueryError(
                .invalid,
                "zero or negative query resolution step widths are not accepted. Try a positive "
                    + "step")
        }
        guard expression.type == .scalar || expression.type == .vector else {
            throw QueryError(
                .invalid,
                "invalid expression type \"\(expression.type.description)\" for range query, must "
                    + "be Scalar or instant Vector")
        }
        guard end >= start else {
            throw QueryError(
                .invalid,
                "invalid parameter \"end\": end timestamp must not be before start time")
        }
        guard (end - start) / step <= Self.stepsMax else {
            throw QueryError(
                .invalid,
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the "
                    + "query resolution (?step=XX)")
        }
        let span = Grid(start: start, step: step, count: Int((end - start) / step) + 1)
        return try answer(expression, span, isInstant: false)
    }
}
