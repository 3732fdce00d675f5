import Basics

/// What a query has read and holds, against what it may.
struct QueryBudget {
    private let sampleLimit: Int
    private let deadline: ContinuousClock.Instant?
    private var untilClock = Self.rowsPerClock
    /// Samples in memory now.
    private(set) var live = 0

    /// The clock is read once per so many rows.
    private static let rowsPerClock = 256

    init(_ options: EngineOptions) {
        sampleLimit = options.sampleLimit
        deadline = options.timeLimit.map { ContinuousClock.now.advanced(by: $0) }
    }

    mutating func hold(_ samples: Int) throws(QueryError) {
        live += samples
        if live > sampleLimit { throw Self.tooMany }
    }

    /// Whether `samples` more would fit for a moment.
    func check(_ samples: Int) throws(QueryError) {
        if live + samples > sampleLimit { throw Self.tooMany }
    }

    /// Results take room for every step, also for those without a value.
    func checkRoom(rows: Int, steps: Int) throws(QueryError) {
        let (cells, overflow) = rows.multipliedReportingOverflow(by: steps)
        if overflow || cells > max(sampleLimit, 10_000_000) { throw Self.tooMany }
    }

    mutating func reset(to live: Int) { self.live = live }

    /// Called once per row, so that no query outlives its time by much.
    mutating func tick(_ rows: Int = 1) throws(QueryError) {
        untilClock -= rows
        guard untilClock <= 0, deadline != nil else { return }
        untilClock = Self.rowsPerClock
        if isLate { throw Self.late }
    }

    /// Whether the query has taken longer than it may.
    var isLate: Bool { deadline.map { ContinuousClock.now >= $0 } ?? false }

    static var late: QueryError {
        QueryError(.limit, "query timed out in expression evaluation")
    }

    private static var tooMany: QueryError {
        QueryError(
            .limit, "query processing would load too many samples into memory in query execution")
    }
}

/// Evaluates one query, node by node, each over all steps at once.
///
/// Not shared between threads: it lives for one call.
final class Evaluator {
    let options: EngineOptions
    /// The whole query, for `@ start()` and `@ end()`.
    let span: Grid
    let lookback: Int64
    let workspace: QueryWorkspace
    var notes: Notes
    var budget: QueryBudget
    var statistics = QueryAnswer.Statistics()
    var scratch = SampleScratch()
    var countedSelections: Set<[LabelMatcher]> = []

    init(
        _ workspace: QueryWorkspace, options: EngineOptions, span: Grid, lineBreaks: [Int]
    ) {
        self.workspace = workspace
        self.options = options
        self.span = span
        lookback = options.lookback.inMilliseconds
        notes = Notes(lineBreaks: lineBreaks)
        budget = QueryBudget(options)
    }

    // MARK: Queries

    /// The answer at every step of the grid; of one step only when it is an instant query.
    func answer(_ plan: QueryPlan, isInstant: Bool) throws(QueryError) -> QueryAnswer {
        let value: QueryValue
        switch plan.expression.type {
        case .matrix: value = .matrix(try allWindows(plan))
        case .scalar, .vector, .string:
            switch try evaluate(plan, span) {
            case .string(let text): value = .string(t: span.start, text.string)
            case .scalar(let steps):
                value =
                    isInstant
                    ? .scalar(t: span.start, steps[0])
                    : .matrix([series(.empty, steps.all(span.count))])
            case .vector(let rows): value = isInstant ? vector(rows) : matrix(rows)
            }
        }
        return QueryAnswer(
            value: value, warnings: notes.warnings, infos: notes.infos, statistics: statistics)
    }

    private func vector(_ rows: Rows) -> QueryValue {
        var samples: [VectorSample] = []
        samples.reserveCapacity(rows.count)
        rows.withValues { values in
            for row in 0..<rows.count where Absent.isPresent(values[row * rows.steps]) {
                samples.append(
                    VectorSample(
                        labels: rows.table[row], t: span.start, v: values[row * rows.steps]))
            }
        }
        return .vector(samples)
    }

    private func matrix(_ rows: Rows) -> QueryValue {
        var result: [MatrixSeries] = []
        rows.withValues { values in
            for row in 0..<rows.count {
                let values = UnsafeBufferPointer(
                    start: values + row * rows.steps, count: rows.steps)
                if !values.contains(where: Absent.isPresent) { continue }
                result.append(series(rows.table[row], values))
            }
        }
        return .matrix(result.sorted { $0.labels < $1.labels })
    }

    private func series(_ labels: Labels, _ values: some Collection<Double>) -> MatrixSeries {
        var samples: [Sample] = []
        samples.reserveCapacity(values.count)
        for (step, value) in values.enumerated() where Absent.isPresent(value) {
            samples.append(Sample(t: span.time(step), v: value))
        }
        return MatrixSeries(labels: labels, samples: samples)
    }

    /// A range selector or subquery as the answer itself.
    private func allWindows(_ plan: QueryPlan) throws(QueryError) -> [MatrixSeries] {
        let windows = try windows(plan, span)
        var result: [MatrixSeries] = []
        for row in 0..<windows.source.table.count {
            try budget.tick()
            var samples: [Sample] = []
            windows.withSamples(ofRow: row, &scratch) { samples = Array($0) }
            guard let last = samples.last else { continue }
            if case .series = windows.source { try noteRead(samples.count, newest: last.t) }
            result.append(MatrixSeries(labels: windows.source.table[row], samples: samples))
        }
        return result.sorted { $0.labels < $1.labels }
    }

    private func noteRead(_ count: Int, newest: Int64) throws(QueryError) {
        statistics.samplesTouched += count
        statistics.newestSample = max(statistics.newestSample ?? newest, newest)
        try budget.hold(count)
    }

    // MARK: Nodes

    func evaluate(_ plan: QueryPlan, _ grid: Grid) throws(QueryError) -> NodeValue {
        try budget.tick()
        guard let identity = plan.identity, workspace.isShared(identity) else {
            return try evaluateSteps(plan, grid)
        }
        if let memo = workspace.memo(identity, grid) {
            statistics.add(memo.statistics)
            if case .vector(let rows) = memo.value { try budget.hold(rows.sampleCount) }
            return memo.value
        }
        let before = statistics
        let noted = notes.count
        statistics = QueryAnswer.Statistics()
        let value = try evaluateSteps(plan, grid)
        let own = statistics
        statistics = before
        statistics.add(own)
        // A note carries the position of the text that was evaluated.
        if notes.count == noted {
            workspace.remember(identity, grid, QueryWorkspace.Memo(value: value, statistics: own))
        }
        return value
    }

    /// What `@` fixes is evaluated once and repeated.
    private func evaluateSteps(_ plan: QueryPlan, _ grid: Grid) throws(QueryError) -> NodeValue {
        let held = budget.live
        guard plan.isFixed, !grid.isSingle else {
            let value = try evaluateNode(plan, grid)
            // What led to the result is let go.
            if case .vector(let rows) = value {
                let count = rows.sampleCount
                try budget.check(count - (budget.live - held))
                budget.reset(to: held + count)
            }
            return value
        }
        switch try evaluateNode(plan, grid.first) {
        case .vector(let rows):
            try budget.checkRoom(rows: rows.count, steps: grid.count)
            try budget.hold(rows.sampleCount * (grid.count - 1))
            return .vector(rows.repeated(grid.count))
        case .scalar(let steps): return .scalar(.constant(steps[0]))
        case .string(let text): return .string(text)
        }
    }

    private func evaluateNode(_ plan: QueryPlan, _ grid: Grid) throws(QueryError) -> NodeValue {
        switch plan.expression.node {
        case .number(let literal): return .scalar(.constant(literal.value))
        case .string(let text): return .string(text)
        case .parentheses: return try evaluate(plan.inputs[0], grid)
        case .unary(let isNegative, _):
            let value = try evaluate(plan.inputs[0], grid)
            return isNegative ? try negated(value, grid) : value
        case .binary(let node): return try binary(plan, node, grid)
        case .aggregate(let node): return .vector(try aggregate(plan, node, grid))
        case .call: return try call(plan, grid)
        case .vectorSelector(let selector): return .vector(try select(selector, grid))
        case .matrixSelector, .subquery: throw typeError(plan, "instant vector")
        }
    }

    func vector(_ plan: QueryPlan, _ grid: Grid) throws(QueryError) -> Rows {
        guard case .vector(let rows) = try evaluate(plan, grid) else {
            throw typeError(plan, "instant vector")
        }
        return rows
    }

    func scalar(_ plan: QueryPlan, _ grid: Grid) throws(QueryError) -> ScalarSteps {
        guard case .scalar(let steps) = try evaluate(plan, grid) else {
            throw typeError(plan, "scalar")
        }
        return steps
    }

    func string(_ plan: QueryPlan) throws(QueryError) -> ByteText {
        guard case .string(let text) = plan.expression.node else {
            throw typeError(plan, "string")
        }
        return text
    }

    /// Cannot happen for a parsed expression, whose types were checked.
    func typeError(_ plan: QueryPlan, _ wanted: String) -> QueryError {
        .execution("expected \(wanted), got \(plan.expression.type.description)")
    }

    private func negated(_ value: NodeValue, _ grid: Grid) throws(QueryError) -> NodeValue {
        switch value {
        case .scalar(.constant(let number)): return .scalar(.constant(-number))
        case .scalar(.each(let numbers)): return .scalar(.each(numbers.map { -$0 }))
        case .vector(var rows):
            rows.change { -$0 }
            return .vector(try rows.merged(under: rows.table.bare))
        case .string: throw .execution("expected scalar or instant vector, got string")
        }
    }
}

extension QueryAnswer.Statistics {
    mutating func add(_ other: Self) {
        seriesTouched += other.seriesTouched
        samplesTouched += other.samplesTouched
        if let newest = other.newestSample {
            newestSample = max(newestSample ?? newest, newest)
        }
    }
}
