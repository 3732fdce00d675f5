extension Evaluator {
    func call(
        _ call: Expression.Call, range: PositionRange, at t: Int64
    ) throws(QueryError) -> StepValue {
        let name = call.function.name
        if let change = ScalarFunctions.table[name] {
            return .vector(
                try mapped(try vector(call.arguments[0], at: t), change))
        }
        if let reduce = WindowFunctions.table[name] {
            return .vector(try reduced(call, reduce, at: t))
        }
        if let part = DateParts.table[name] { return .vector(try dates(call, part, at: t)) }
        switch name {
        case "pi": return .scalar(.pi)
        case "time": return .scalar(Double(t) / 1000)
        case "scalar":
            let elements = try vector(call.arguments[0], at: t)
            return .scalar(elements.count == 1 ? elements[0].value : .ordinaryNaN)
        default: return .vector(try vectorCall(call, range: range, at: t))
        }
    }

    private func vectorCall(
        _ call: Expression.Call, range: PositionRange, at t: Int64
    ) throws(QueryError) -> [Element] {
        let arguments = call.arguments
        switch call.function.name {
        case "vector":
            return [Element(labels: .empty, value: try scalar(arguments[0], at: t))]
        case "timestamp": return try timestamps(arguments[0], at: t)
        case "absent": return try absent(arguments[0], at: t)
        case "absent_over_time": return try absentOverTime(arguments[0], at: t)
        case "sort": return try sorted(call, range: range, at: t, isAscending: true)
        case "sort_desc": return try sorted(call, range: range, at: t, isAscending: false)
        case "round": return try round(arguments, at: t)
        case "clamp", "clamp_min", "clamp_max": return try clamp(call, at: t)
        case "rate", "increase", "delta": return try extrapolated(call, at: t)
        case "predict_linear": return try predictLinear(arguments, at: t)
        case "quantile_over_time": return try quantileOverTime(arguments, at: t)
        case "label_replace": return try labelReplace(arguments, at: t)
        case "label_join": return try labelJoin(arguments, at: t)
        case "histogram_quantile": return try histogramQuantile(arguments, at: t)
        case "histogram_fraction": return try histogramFraction(arguments, at: t)
        case "histogram_avg", "histogram_count", "histogram_sum", "histogram_stddev",
            "histogram_stdvar":
            // These read native histograms and skip every other sample; the text formats carry
            // none, so the answer is empty.
            _ = try vector(arguments[0], at: t)
            return []
        default: throw .notImplemented(call.function.name)
        }
    }

    private func mapped(
        _ elements: [Element], _ change: (Double) -> Double
    ) throws(QueryError) -> [Element] {
        try unique(
            elements.map {
                Element(labels: projections.bare.of($0.labels), value: change($0.value))
            })
    }

    private func reduced(
        _ call: Expression.Call, _ reduce: WindowFunctions.Entry, at t: Int64
    ) throws(QueryError) -> [Element] {
        var result: [Element] = []
        for window in try matrix(call.arguments[0], at: t) {
            guard let value = reduce.value(window.samples) else { continue }
            let labels = reduce.keepsName ? window.labels : projections.bare.of(window.labels)
            result.append(Element(labels: labels, value: value))
        }
        return try unique(result)
    }

    private func dates(
        _ call: Expression.Call, _ part: @escaping (DateParts) -> Int, at t: Int64
    ) throws(QueryError) -> [Element] {
        let change = { (seconds: Double) in
            DateParts(seconds: seconds).map { Double(part($0)) } ?? .ordinaryNaN
        }
        guard let argument = call.arguments.first else {
            return [Element(labels: .empty, value: change(Double(t / 1000)))]
        }
        return try mapped(try vector(argument, at: t), change)
    }

    // MARK: Simple functions

    /// A bare selector gives the samples' own times, everything else the evaluation time.
    private func timestamps(_ argument: Expression, at t: Int64) throws(QueryError) -> [Element] {
        guard case .vectorSelector(let selector) = argument.unwrapped.node else {
            return try mapped(try vector(argument, at: t)) { _ in Double(t) / 1000 }
        }
        return try unique(
            select(selector, at: t).map {
                Element(
                    labels: projections.bare.of($0.labels), value: Double($0.sample.t) / 1000)
            })
    }

    private func sorted(
        _ call: Expression.Call, range: PositionRange, at t: Int64, isAscending: Bool
    ) throws(QueryError) -> [Element] {
        let elements = try vector(call.arguments[0], at: t)
        if span.step > 0 {
            notes.warn(
                "sort is ineffective for range queries since results are always ordered by labels",
                at: range)
        }
        return elements.enumerated().sorted { one, two in
            let (first, second) = (one.element.value, two.element.value)
            if first.isNaN || second.isNaN {
                return first.isNaN == second.isNaN ? one.offset < two.offset : second.isNaN
            }
            if first == second { return one.offset < two.offset }
            return isAscending ? first < second : first > second
        }.map(\.element)
    }

    private func round(
        _ arguments: [Expression], at t: Int64
    ) throws(QueryError) -> [Element] {
        let step = arguments.count > 1 ? try scalar(arguments[1], at: t) : 1
        let inverse = 1 / step
        return try mapped(try vector(arguments[0], at: t)) {
            ($0 * inverse + 0.5).rounded(.down) / inverse
        }
    }

    private func clamp(_ call: Expression.Call, at t: Int64) throws(QueryError) -> [Element] {
        let first = try scalar(call.arguments[1], at: t)
        let isBoth = call.function.name == "clamp"
        let second = isBoth ? try scalar(call.arguments[2], at: t) : 0
        let low = call.function.name == "clamp_max" ? -Double.infinity : first
        let high =
            isBoth ? second : call.function.name == "clamp_max" ? first : Double.infinity
        let elements = try vector(call.arguments[0], at: t)
        if low > high { return [] }
        return try mapped(elements) { value in
            if value.isNaN || low.isNaN || high.isNaN { return .ordinaryNaN }
            return max(low, min(high, value))
        }
    }

    // MARK: Absence

    private func absent(_ argument: Expression, at t: Int64) throws(QueryError) -> [Element] {
        guard try vector(argument, at: t).isEmpty else { return [] }
        return [Element(labels: absentLabels(argument), value: 1)]
    }

    private func absentOverTime(
        _ argument: Expression, at t: Int64
    ) throws(QueryError) -> [Element] {
        guard try matrix(argument, at: t).isEmpty else { return [] }
        return [Element(labels: absentLabels(argument), value: 1)]
    }

    /// What `=` matchers say about the series that is missing; a label named twice says nothing.
    private func absentLabels(_ argument: Expression) -> Labels {
        let matchers: [LabelMatcher]
        switch argument.unwrapped.node {
        case .vectorSelector(let selector): matchers = selector.matchers
        case .matrixSelector(let matrix): matchers = matrix.selector.matchers
        default: return .empty
        }
        var values: [ByteText: ByteText] = [:]
        for matcher in matchers where matcher.name != LabelName.metricName {
            let isFirst = values[matcher.name] == nil
            values[matcher.name] = matcher.kind == .equal && isFirst ? matcher.value : .empty
        }
        return Labels(entries: values.map { Labels.Entry(name: $0.key, value: $0.value) })
    }

    // MARK: Windows with a parameter

    private func predictLinear(
        _ arguments: [Expression], at t: Int64
    ) throws(QueryError) -> [Element] {
        let ahead = try scalar(arguments[1], at: t)
        var result: [Element] = []
        for window in try matrix(arguments[0], at: t) {
            guard window.samples.count >= 2 else { continue }
            let line = LinearRegression(window.samples, origin: t)
            result.append(
                Element(
                    labels: projections.bare.of(window.labels),
                    value: line.slope * ahead + line.intercept))
        }
        return try unique(result)
    }

    private func quantileOverTime(
        _ arguments: [Expression], at t: Int64
    ) throws(QueryError) -> [Element] {
        let q = try scalar(arguments[0], at: t)
        let windows = try matrix(arguments[1], at: t)
        if !windows.isEmpty { warnAboutQuantile(q, at: arguments[0].range) }
        return try unique(
            windows.map {
                Element(
                    labels: projections.bare.of($0.labels),
                    value: Quantile.of($0.samples.map(\.v), q))
            })
    }
}
