import Basics

/// Times of a query in milliseconds; `step` is 0 for an instant query.
struct QuerySpan: Hashable, Sendable {
    var start: Int64
    var end: Int64
    var step: Int64
}

/// One element while evaluating. Its time is the step's.
struct Element {
    var labels: Labels
    var value: Double
}

/// The samples of one series within a range selector's window, stale markers left out.
struct Window {
    var labels: Labels
    var samples: ArraySlice<Sample>
}

/// What a node evaluates to at one step.
enum StepValue {
    case scalar(Double)
    case vector([Element])
    case matrix([Window])
    case string(ByteText)
}

/// Evaluates one query. Every node is evaluated step by step; series are selected once per query.
///
/// Not shared between threads: it lives for one call.
final class Evaluator {
    let snapshot: SeriesSnapshot
    let options: EngineOptions
    let span: QuerySpan
    let lookback: Int64
    var notes = Notes(lineBreaks: [])
    var projections = LabelProjections()
    private(set) var statistics = QueryAnswer.Statistics()
    private var selections: [[LabelMatcher]: [Series]] = [:]
    private var subqueryMemos: [PositionRange: SubqueryMemo] = [:]
    /// Samples in memory now: results of earlier steps and what this step has read.
    private var liveSamples = 0

    init(snapshot: SeriesSnapshot, options: EngineOptions, span: QuerySpan) {
        self.snapshot = snapshot
        self.options = options
        self.span = span
        lookback = options.lookback.inMilliseconds
    }

    // MARK: Queries

    func instant(_ expression: Expression) throws(QueryError) -> QueryAnswer {
        notes = Notes(lineBreaks: expression.lineBreaks)
        let t = span.start
        let value: QueryValue
        switch try evaluate(expression, at: t) {
        case .scalar(let number): value = .scalar(t: t, number)
        case .string(let text): value = .string(t: t, text.string)
        case .vector(let elements):
            value = .vector(elements.map { VectorSample(labels: $0.labels, t: t, v: $0.value) })
        case .matrix(let windows):
            let series = windows.map { MatrixSeries(labels: $0.labels, samples: Array($0.samples)) }
            value = .matrix(series.sorted { $0.labels < $1.labels })
        }
        return answer(value)
    }

    func range(_ expression: Expression) throws(QueryError) -> QueryAnswer {
        notes = Notes(lineBreaks: expression.lineBreaks)
        var slots: [Labels: Int] = [:]
        var series: [MatrixSeries] = []
        var resultSamples = 0
        var t = span.start
        while t <= span.end {
            liveSamples = resultSamples
            let elements: [Element] =
                switch try evaluate(expression, at: t) {
                case .scalar(let number): [Element(labels: .empty, value: number)]
                case .vector(let vector): vector
                case .matrix, .string: []
                }
            for element in elements {
                let slot = slots[element.labels] ?? series.count
                if slot == series.count {
                    slots[element.labels] = slot
                    series.append(MatrixSeries(labels: element.labels, samples: []))
                }
                series[slot].samples.append(Sample(t: t, v: element.value))
            }
            resultSamples += elements.count
            t += span.step
        }
        return answer(.matrix(series.sorted { $0.labels < $1.labels }))
    }

    private func answer(_ value: QueryValue) -> QueryAnswer {
        QueryAnswer(
            value: value, warnings: notes.warnings, infos: notes.infos, statistics: statistics)
    }

    // MARK: Nodes

    func evaluate(_ expression: Expression, at t: Int64) throws(QueryError) -> StepValue {
        switch expression.node {
        case .number(let literal): return .scalar(literal.value)
        case .string(let text): return .string(text)
        case .parentheses(let inner): return try evaluate(inner, at: t)
        case .unary(let isNegative, let inner):
            return try unary(inner, isNegative: isNegative, at: t)
        case .binary(let node): return try binary(node, at: t)
        case .aggregate(let node): return .vector(try aggregate(node, at: t))
        case .call(let node): return try call(node, range: expression.range, at: t)
        case .vectorSelector(let selector):
            return .vector(
                try select(selector, at: t).map { Element(labels: $0.labels, value: $0.sample.v) })
        case .matrixSelector(let matrix): return .matrix(try windows(matrix, at: t))
        case .subquery(let subquery):
            return .matrix(try windows(subquery, range: expression.range, at: t))
        }
    }

    func vector(_ expression: Expression, at t: Int64) throws(QueryError) -> [Element] {
        switch try evaluate(expression, at: t) {
        case .vector(let elements): return elements
        case .scalar, .matrix, .string: throw typeError(expression, "instant vector")
        }
    }

    func scalar(_ expression: Expression, at t: Int64) throws(QueryError) -> Double {
        switch try evaluate(expression, at: t) {
        case .scalar(let number): return number
        case .vector, .matrix, .string: throw typeError(expression, "scalar")
        }
    }

    func string(_ expression: Expression, at t: Int64) throws(QueryError) -> ByteText {
        switch try evaluate(expression, at: t) {
        case .string(let text): return text
        case .vector, .matrix, .scalar: throw typeError(expression, "string")
        }
    }

    func matrix(_ expression: Expression, at t: Int64) throws(QueryError) -> [Window] {
        switch try evaluate(expression, at: t) {
        case .matrix(let windows): return windows
        case .vector, .scalar, .string: throw typeError(expression, "range vector")
        }
    }

    /// Cannot happen for a parsed expression, whose types were checked.
    private func typeError(_ expression: Expression, _ wanted: String) -> QueryError {
        .execution("expected \(wanted), got \(expression.type.description)")
    }

    private func unary(
        _ inner: Expression, isNegative: Bool, at t: Int64
    ) throws(QueryError) -> StepValue {
        let value = try evaluate(inner, at: t)
        guard isNegative else { return value }
        switch value {
        case .scalar(let number): return .scalar(-number)
        case .vector(let elements):
            let negated = elements.map {
                Element(labels: projections.bare.of($0.labels), value: -$0.value)
            }
            return .vector(try unique(negated))
        case .matrix, .string: throw typeError(inner, "scalar or instant vector")
        }
    }

    /// `elements`, unless two carry the same labels.
    func unique(_ elements: [Element]) throws(QueryError) -> [Element] {
        guard elements.count > 1 else { return elements }
        var seen = Set<Labels>(minimumCapacity: elements.count)
        for element in elements where !seen.insert(element.labels).inserted {
            throw .execution("vector cannot contain metrics with the same labelset")
        }
        return elements
    }

    // MARK: Selecting

    private func series(_ matchers: [LabelMatcher]) -> [Series] {
        if let known = selections[matchers] { return known }
        let found = snapshot.select(matchers)
        selections[matchers] = found
        statistics.seriesTouched += found.count
        return found
    }

    /// The time a selector looks at when the step is at `t`.
    func reference(_ shift: Expression.TimeShift, at t: Int64) -> Int64 {
        let base: Int64 =
            switch shift.at {
            case .time(let time):
                time.clamped(to: -EmbeddedEngine.timeMax...EmbeddedEngine.timeMax)
            case .start: span.start
            case .end: span.end
            case nil: t
            }
        return base &- shift.offset
    }

    private func noteRead(_ sample: Sample) {
        statistics.newestSample = max(statistics.newestSample ?? sample.t, sample.t)
    }

    private func count(_ samples: Int) throws(QueryError) {
        statistics.samplesTouched += samples
        liveSamples += samples
        if liveSamples > options.sampleLimit {
            throw QueryError(
                .limit,
                "query processing would load too many samples into memory in query execution")
        }
    }

    /// Each series' newest sample in `(T - lookback, T]`, unless that one says "stale".
    func select(
        _ selector: Expression.VectorSelector, at t: Int64
    ) throws(QueryError) -> [(labels: Labels, sample: Sample)] {
        let time = reference(selector.shift, at: t)
        var found: [(labels: Labels, sample: Sample)] = []
        for one in series(selector.matchers) {
            let end = one.samples.firstIndex(after: time)
            guard end > 0 else { continue }
            let sample = one.samples[end - 1]
            guard sample.t > time &- lookback, !StaleMarker.isStale(sample.v) else { continue }
            found.append((one.labels, sample))
            noteRead(sample)
        }
        try count(found.count)
        return found
    }

    /// Each series' samples in `(T - window, T]`; series without any are left out.
    private func windows(
        _ matrix: Expression.MatrixSelector, at t: Int64
    ) throws(QueryError) -> [Window] {
        let time = reference(matrix.selector.shift, at: t)
        var found: [Window] = []
        for one in series(matrix.selector.matchers) {
            let end = one.samples.firstIndex(after: time)
            let start = one.samples.firstIndex(after: time &- matrix.window)
            guard start < end else { continue }
            var samples = one.samples[start..<end]
            if samples.contains(where: { StaleMarker.isStale($0.v) }) {
                samples = samples.filter { !StaleMarker.isStale($0.v) }[...]
                if samples.isEmpty { continue }
            }
            try count(samples.count)
            if let last = samples.last { noteRead(last) }
            found.append(Window(labels: one.labels, samples: samples))
        }
        return found
    }

    // MARK: Subqueries

    /// Results of a subquery's inner expression by time. Its times are multiples of its step, so
    /// that the windows of neighbouring steps share most of them.
    private struct SubqueryMemo {
        let subquery: Expression.Subquery
        var results: [Int64: [Element]] = [:]
    }

    /// Times at which one subquery may be evaluated per step of its query.
    private static let subqueryStepsMax: Int64 = 1_000_000

    private func windows(
        _ subquery: Expression.Subquery, range: PositionRange, at t: Int64
    ) throws(QueryError) -> [Window] {
        let step =
            subquery.step > 0 ? subquery.step : max(1, options.subqueryStep.inMilliseconds)
        guard subquery.window / step <= Self.subqueryStepsMax else {
            throw QueryError(
                .limit, "the subquery has more than \(Self.subqueryStepsMax) steps")
        }
        let end = reference(subquery.shift, at: t)
        let lower = end &- subquery.window
        var inner = step * (lower / step)
        if inner <= lower { inner += step }
        let oldest = inner
        var slots: [Labels: Int] = [:]
        var found: [Window] = []
        while inner <= end {
            for element in try result(of: subquery, range: range, at: inner) {
                let slot = slots[element.labels] ?? found.count
                if slot == found.count {
                    slots[element.labels] = slot
                    found.append(Window(labels: element.labels, samples: []))
                }
                found[slot].samples.append(Sample(t: inner, v: element.value))
            }
            inner += step
        }
        forgetResults(of: range, before: oldest)
        try count(found.reduce(0) { $0 + $1.samples.count })
        return found
    }

    private func result(
        of subquery: Expression.Subquery, range: PositionRange, at t: Int64
    ) throws(QueryError) -> [Element] {
        let isKnown = subqueryMemos[range].map { $0.subquery == subquery }
        if isKnown == true, let known = subqueryMemos[range]?.results[t] { return known }
        let result = try vector(subquery.expression, at: t)
        if isKnown == nil { subqueryMemos[range] = SubqueryMemo(subquery: subquery) }
        if isKnown != false { subqueryMemos[range]?.results[t] = result }
        return result
    }

    private func forgetResults(of range: PositionRange, before oldest: Int64) {
        guard span.step > 0, let results = subqueryMemos[range]?.results, results.count > 2000
        else { return }
        subqueryMemos[range]?.results = results.filter { $0.key >= oldest }
    }
}

extension [Sample] {
    /// The index of the first sample later than `time`; `count` when there is none.
    func firstIndex(after time: Int64) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].t > time { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
