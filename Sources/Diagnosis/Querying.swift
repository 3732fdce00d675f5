import Basics
import Metrics

/// Evaluates expressions that were parsed once and remembers what went wrong.
struct Querying: Sendable {
    private var parsed: [String: Result<Expression, QueryError>] = [:]
    /// Complete sentences, each once per tick.
    private(set) var problems: [String] = []

    mutating func beginTick() { problems = [] }

    mutating func note(_ problem: String) {
        if problems.count < 20, !problems.contains(problem) { problems.append(problem) }
    }

    mutating func expression(_ text: String) -> Expression? {
        if parsed[text] == nil {
            if parsed.count > 2000 { parsed = [:] }
            do { parsed[text] = .success(try Expression.parse(text)) } catch {
                parsed[text] = .failure(error)
            }
        }
        switch parsed[text] {
        case .success(let expression): return expression
        case .failure(let error):
            note("\"\(text)\" cannot be evaluated: \(error.message).")
            return nil
        case nil: return nil
        }
    }

    /// The one value of an expression: a scalar or a vector of one; nil for none, NaN or infinity.
    mutating func value(_ expression: Expression, _ engine: any QueryEngine, at time: Timestamp)
        -> Double?
    {
        guard let value = answer(expression, engine, at: time) else { return nil }
        switch value {
        case .scalar(_, let number): return number.isFinite ? number : nil
        case .vector(let samples):
            guard let first = samples.first else { return nil }
            guard samples.count == 1 else {
                note("A signal has \(samples.count) values; aggregate it to one, with sum or max.")
                return nil
            }
            return first.v.isFinite ? first.v : nil
        case .matrix, .string: return nil
        }
    }

    mutating func value(_ text: String, _ engine: any QueryEngine, at time: Timestamp) -> Double? {
        expression(text).flatMap { value($0, engine, at: time) }
    }

    mutating func vector(_ expression: Expression, _ engine: any QueryEngine, at time: Timestamp)
        -> [VectorSample]
    {
        guard case .vector(let samples)? = answer(expression, engine, at: time) else { return [] }
        return samples
    }

    /// Whether the expression has a result; nil when it cannot be evaluated.
    mutating func holds(_ text: String, _ engine: any QueryEngine, at time: Timestamp) -> Bool? {
        guard let expression = expression(text),
            let value = answer(expression, engine, at: time)
        else { return nil }
        switch value {
        case .scalar(_, let number): return number != 0 && !number.isNaN
        case .vector(let samples): return !samples.isEmpty
        case .matrix, .string: return nil
        }
    }

    /// The values of an expression with one series, at every step that has one.
    mutating func history(
        _ expression: Expression, _ engine: any QueryEngine, from start: Timestamp,
        to end: Timestamp, step: Duration
    ) -> [SignalHistory.Point] {
        let step = max(1000, step.inMilliseconds)
        do {
            let answer = try engine.range(
                expression, start: start.milliseconds / step * step, end: end.milliseconds,
                step: step)
            guard case .matrix(let series) = answer.value, series.count == 1 else { return [] }
            return series[0].samples.compactMap { sample in
                sample.v.isFinite
                    ? SignalHistory.Point(
                        time: Timestamp(milliseconds: sample.t), value: sample.v) : nil
            }
        } catch {
            note("History cannot be evaluated: \(error.message).")
            return []
        }
    }

    private mutating func answer(
        _ expression: Expression, _ engine: any QueryEngine, at time: Timestamp
    ) -> QueryValue? {
        do { return try engine.instant(expression, at: time.milliseconds).value } catch {
            note("An expression cannot be evaluated: \(error.message).")
            return nil
        }
    }
}
