import Metrics

/// Compares one evaluation with what the suite expects. Nil means: as expected.
struct SuiteCheck {
    let command: SuiteCommand

    init(_ command: SuiteCommand) { self.command = command }

    func check(
        _ expression: Expression, _ engine: EmbeddedEngine
    ) throws(QueryError) -> String? {
        let answer: QueryAnswer
        if command.kind == "range" {
            answer = try engine.range(
                expression, start: command.startMs ?? 0, end: command.endMs ?? 0,
                step: command.stepMs ?? 1)
        } else {
            answer = try engine.instant(expression, at: command.tMs ?? 0)
        }
        if command.expect?["fail"] != nil { return "should fail" }
        return notes(answer) ?? compare(answer.value)
    }

    private func notes(_ answer: QueryAnswer) -> String? {
        for (kind, found) in [("warn", answer.warnings), ("info", answer.infos)] {
            if let patterns = command.expect?[kind] {
                if found.isEmpty { return "no \(kind)" }
                for text in found where !patterns.contains(where: { $0.accepts(text) }) {
                    return "unexpected \(kind): \(text)"
                }
                for pattern in patterns where !found.contains(where: pattern.accepts) {
                    return "missing \(kind)"
                }
            }
            if command.expect?["no_" + kind] != nil, let text = found.first {
                return "unexpected \(kind): \(text)"
            }
        }
        return nil
    }

    private func compare(_ value: QueryValue) -> String? {
        switch value {
        case .scalar(_, let number):
            guard let wanted = command.expectScalar else { return "a scalar \(number)" }
            return SuiteNumber.areEqual(number, SuiteNumber.parse(wanted))
                ? nil : "\(number), expected \(wanted)"
        case .string(_, let text):
            // The data leaves an expected empty string out.
            return text == command.expectString ?? "" ? nil : "a string \(text)"
        case .vector(let samples):
            if command.expectScalar != nil || command.expectString != nil {
                return "a vector"
            }
            return compare(samples)
        case .matrix(let series): return compare(series)
        }
    }

    private func compare(_ samples: [VectorSample]) -> String? {
        let expected = command.expected ?? []
        let shown = samples.map { "\($0.labels.bracedDescription) \($0.v)" }
            .joined(separator: ", ")
        guard samples.count == expected.count else {
            return "\(samples.count) elements, expected \(expected.count): \(shown)"
        }
        for (position, sample) in samples.enumerated() {
            guard let wanted = expected.first(where: { Labels($0.metric) == sample.labels }) else {
                return "unexpected \(sample.labels.bracedDescription): \(shown)"
            }
            if command.expect?["ordered"] != nil, wanted.pos != position + 1 {
                return "wrong order: \(shown)"
            }
            let value = SuiteNumber.parse((wanted.values.first ?? nil) ?? "")
            if !SuiteNumber.areEqual(sample.v, value) {
                return "\(sample.labels.bracedDescription) \(sample.v), expected \(value)"
            }
        }
        return nil
    }

    private func compare(_ series: [MatrixSeries]) -> String? {
        let expected = command.expected ?? []
        let shown = series.map {
            "\($0.labels.bracedDescription) \($0.samples.map { "\($0.v)@\($0.t)" })"
        }.joined(separator: ", ")
        guard series.count == expected.count else {
            return "\(series.count) series, expected \(expected.count): \(shown)"
        }
        guard series.map(\.labels) == series.map(\.labels).sorted() else { return "not sorted" }
        let start = command.rangeVector?.startMs ?? command.startMs ?? 0
        let step = command.rangeVector?.stepMs ?? command.stepMs ?? 1
        for one in series {
            guard let wanted = expected.first(where: { Labels($0.metric) == one.labels }) else {
                return "unexpected \(one.labels.bracedDescription)"
            }
            var points: [Int64: String] = [:]
            for (position, value) in wanted.values.enumerated() {
                if let value { points[start + Int64(position) * step] = value }
            }
            guard points.count == one.samples.count else { return "wrong points: \(shown)" }
            for sample in one.samples {
                guard let value = points[sample.t],
                    SuiteNumber.areEqual(sample.v, SuiteNumber.parse(value))
                else { return "\(shown), expected \(wanted.values)" }
            }
        }
        return nil
    }
}

/// The suite's own second looks at each instant evaluation: with `@` on every selector at other
/// times, and as the middle of a range query.
struct SuiteReruns {
    private let command: SuiteCommand

    init(_ command: SuiteCommand) { self.command = command }

    private static let timeDependent = [
        "days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month",
        "year", "time", "timestamp", "predict_linear", "start", "end", "step", "range",
    ]

    func check(
        _ expression: Expression, _ engine: EmbeddedEngine
    ) throws(QueryError) -> String? {
        guard command.kind == "instant", command.expect?["fail"] == nil, let t = command.tMs
        else { return nil }
        if !expression.calls(Self.timeDependent), command.rangeVector == nil {
            let fixed = expression.fixed(at: t)
            let times = t == 0 ? [-1000, 0, 1000] : [-10 * t, 0, t / 5, t, 10 * t]
            for time in times {
                var again = command
                again.tMs = time
                if let why = try SuiteCheck(again).check(fixed, engine) {
                    return "with @ \(t) at \(time): \(why)"
                }
            }
        }
        let isSkipped =
            command.expect?["ordered"] != nil || expression.type == .string
            || expression.type == .matrix || expression.calls(["start", "end", "step", "range"])
        return isSkipped ? nil : try checkAsRange(expression, engine, t)
    }

    private func checkAsRange(
        _ expression: Expression, _ engine: EmbeddedEngine, _ t: Int64
    ) throws(QueryError) -> String? {
        let answer = try engine.range(
            expression, start: t - 60_000, end: t + 60_000, step: 60_000)
        guard case .matrix(let series) = answer.value else { return "as a range: no matrix" }
        var middle: [VectorSample] = []
        for one in series {
            for sample in one.samples where sample.t == t {
                middle.append(VectorSample(labels: one.labels, t: t, v: sample.v))
            }
        }
        var again = command
        again.expect = nil
        if let wanted = command.expectScalar {
            guard middle.count == 1, SuiteNumber.areEqual(middle[0].v, SuiteNumber.parse(wanted))
            else { return "as a range: \(middle), expected \(wanted)" }
            return nil
        }
        return SuiteCheck(again).compareVector(middle).map { "as a range: \($0)" }
    }
}

extension SuiteCheck {
    func compareVector(_ samples: [VectorSample]) -> String? { compare(.vector(samples)) }
}

extension Expression {
    /// Whether one of these functions is called anywhere.
    func calls(_ names: [String]) -> Bool {
        switch node {
        case .number, .string: false
        case .vectorSelector(let selector): selector.shift.at.usesQueryRange(names)
        case .matrixSelector(let matrix): matrix.selector.shift.at.usesQueryRange(names)
        case .parentheses(let inner), .unary(_, let inner): inner.calls(names)
        case .binary(let binary): binary.left.calls(names) || binary.right.calls(names)
        case .aggregate(let aggregate):
            aggregate.expression.calls(names) || (aggregate.parameter?.calls(names) ?? false)
        case .call(let call):
            names.contains(call.function.name) || call.arguments.contains { $0.calls(names) }
        case .subquery(let subquery):
            subquery.expression.calls(names) || subquery.shift.at.usesQueryRange(names)
        }
    }

    /// The same with `@ t` on every selector and subquery that has none; what lies inside a
    /// subquery with `@` stays as it is.
    func fixed(at t: Int64) -> Expression {
        var result = self
        switch node {
        case .number, .string: break
        case .vectorSelector(var selector):
            selector.shift.at = selector.shift.at ?? .time(t)
            result.node = .vectorSelector(selector)
        case .matrixSelector(var matrix):
            matrix.selector.shift.at = matrix.selector.shift.at ?? .time(t)
            result.node = .matrixSelector(matrix)
        case .parentheses(let inner): result.node = .parentheses(inner.fixed(at: t))
        case .unary(let isNegative, let inner):
            result.node = .unary(isNegative: isNegative, inner.fixed(at: t))
        case .binary(var binary):
            binary.left = binary.left.fixed(at: t)
            binary.right = binary.right.fixed(at: t)
            result.node = .binary(binary)
        case .aggregate(var aggregate):
            aggregate.expression = aggregate.expression.fixed(at: t)
            aggregate.parameter = aggregate.parameter?.fixed(at: t)
            result.node = .aggregate(aggregate)
        case .call(var call):
            call.arguments = call.arguments.map { $0.fixed(at: t) }
            result.node = .call(call)
        case .subquery(var subquery):
            subquery.shift.at = subquery.shift.at ?? .time(t)
            result.node = .subquery(subquery)
        }
        return result
    }
}

extension Expression.AtModifier? {
    fileprivate func usesQueryRange(_ names: [String]) -> Bool {
        switch self {
        case .start: names.contains("start")
        case .end: names.contains("end")
        case .time, nil: false
        }
    }
}
