extension Evaluator {
    /// `rate`, `increase`, `delta`: the change between the first and the last sample, extended to
    /// the window's edges as far as the spacing of the samples makes plausible.
    func extrapolated(_ call: Expression.Call, at t: Int64) throws(QueryError) -> [Element] {
        let argument = call.arguments[0]
        guard let bounds = windowBounds(argument, at: t) else {
            throw .notImplemented(call.function.name + " of this argument")
        }
        let isCounter = call.function.name != "delta"
        let windows = try matrix(argument, at: t)
        if isCounter { noteOtherThanCounters(windows, at: argument.range) }
        var result: [Element] = []
        for window in windows {
            guard
                let change = Self.extrapolatedChange(
                    window.samples, bounds: bounds, isCounter: isCounter)
            else { continue }
            let seconds = Double(bounds.end - bounds.start) / 1000
            let value =
                call.function.name == "rate"
                ? change.value * (change.factor / seconds)
                : change.value * change.factor
            result.append(Element(labels: projections.bare.of(window.labels), value: value))
        }
        return try unique(result)
    }

    /// The window that a range selector or subquery looks at, in milliseconds, open on the left.
    private func windowBounds(
        _ argument: Expression, at t: Int64
    ) -> (start: Int64, end: Int64)? {
        let (shift, window): (Expression.TimeShift, Int64)
        switch argument.unwrapped.node {
        case .matrixSelector(let matrix): (shift, window) = (matrix.selector.shift, matrix.window)
        case .subquery(let subquery): (shift, window) = (subquery.shift, subquery.window)
        default: return nil
        }
        let end = reference(shift, at: t)
        return (end &- window, end)
    }

    private func noteOtherThanCounters(_ windows: [Window], at range: PositionRange) {
        for window in windows where !window.samples.isEmpty {
            guard let name = window.labels.name, !name.isEmpty else { continue }
            let isNamedAsCounter = ["_total", "_sum", "_count", "_bucket"].contains {
                name.hasSuffix($0)
            }
            if isNamedAsCounter { continue }
            notes.info(
                "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
                    + QuotedText.goQuote(Array(name.utf8)), at: range)
        }
    }

    /// The change between the samples and the factor that extends it to the window; nil for fewer
    /// than two samples.
    static func extrapolatedChange(
        _ samples: ArraySlice<Sample>, bounds: (start: Int64, end: Int64), isCounter: Bool
    ) -> (value: Double, factor: Double)? {
        guard samples.count >= 2, let first = samples.first, let last = samples.last else {
            return nil
        }
        var change = last.v - first.v
        if isCounter {
            var previous = first.v
            for sample in samples.dropFirst() {
                if sample.v < previous { change += previous }
                previous = sample.v
            }
        }
        let sampled = Double(last.t - first.t) / 1000
        let average = sampled / Double(samples.count - 1)
        let threshold = average * 1.1
        var toStart = Double(first.t - bounds.start) / 1000
        var toEnd = Double(bounds.end - last.t) / 1000
        if toStart >= threshold { toStart = average / 2 }
        if isCounter, change > 0, first.v >= 0 {
            // A counter cannot have been below zero: it began no earlier than this.
            toStart = min(toStart, sampled * (first.v / change))
        }
        if toEnd >= threshold { toEnd = average / 2 }
        return (change, (sampled + toStart + toEnd) / sampled)
    }
}
