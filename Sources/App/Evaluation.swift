import Basics
import Metrics

/// One query that was evaluated, with what `--explain` tells about it.
package struct Evaluation {
    package let outcome: EvalCommand.Outcome
    /// Sentences for people: the expression as it was understood, what it read, how long it took.
    package let explanation: [String]

    package static func run(
        _ line: QueryLine, on engine: some QueryEngine, now: Int64
    ) -> Evaluation {
        let begin = ContinuousClock.now
        let parsed: Expression
        do throws(QueryError) {
            parsed = try Expression.parse(line.expression)
        } catch {
            return Evaluation(outcome: .failure(error), explanation: [])
        }
        let middle = ContinuousClock.now
        let outcome = evaluate(parsed, line.when, on: engine, now: now)
        let end = ContinuousClock.now
        var lines = ["query      \(parsed)", "time       " + times(line.when, now: now)]
        if case .success(let answer) = outcome { lines += touched(answer.statistics) }
        lines.append(
            "took       \(milliseconds(middle - begin)) to read the query, "
                + "\(milliseconds(end - middle)) to evaluate it")
        return Evaluation(outcome: outcome, explanation: lines)
    }

    private static func evaluate(
        _ expression: Expression, _ when: QueryLine.When, on engine: some QueryEngine, now: Int64
    ) -> EvalCommand.Outcome {
        do throws(QueryError) {
            switch when {
            case .instant(let time):
                return .success(try engine.instant(expression, at: time ?? now))
            case .range(let start, let end, let step):
                return .success(try engine.range(expression, start: start, end: end, step: step))
            }
        } catch {
            return .failure(error)
        }
    }

    private static func times(_ when: QueryLine.When, now: Int64) -> String {
        switch when {
        case .instant(let time): return time.map(text) ?? text(now) + " (the newest sample's)"
        case .range(let start, let end, let step):
            return "\(text(start)) to \(text(end)), step \(PromQLDuration.format(step))"
        }
    }

    private static func touched(_ statistics: QueryAnswer.Statistics) -> [String] {
        let newest = statistics.newestSample.map { "newest sample \(text($0))" }
        return [
            "touched    \(statistics.seriesTouched) series, \(statistics.samplesTouched) samples, "
                + (newest ?? "no sample")
        ]
    }

    private static func text(_ t: Int64) -> String {
        let limit = Int64.max / 1_000_000
        guard t.magnitude < limit else { return "\(EvalCommand.time(t)) s" }
        return TimeText.rfc3339(
            Timestamp(milliseconds: t), fractionDigits: t % 1000 == 0 ? 0 : 3)
    }

    private static func milliseconds(_ duration: Duration) -> String {
        let rounded = (duration.inSeconds * 1e6).rounded() / 1e3
        return "\(rounded) ms"
    }
}
