extension Evaluator {
    func call(_ plan: QueryPlan, _ grid: Grid) throws(QueryError) -> NodeValue {
        guard let function = plan.function else {
            throw .execution("this function is not evaluated")
        }
        switch function {
        case .pi: return .scalar(.constant(.pi))
        case .time:
            return .scalar(.each((0..<grid.count).map { Double(grid.time($0)) / 1000 }))
        case .scalar: return .scalar(try scalarOfVector(try vector(plan.inputs[0], grid)))
        default: return .vector(try vectorCall(plan, function, grid))
        }
    }

    private func vectorCall(
        _ plan: QueryPlan, _ function: FunctionKind, _ grid: Grid
    ) throws(QueryError) -> Rows {
        let inputs = plan.inputs
        switch function {
        case .map(let change): return try mapped(try vector(inputs[0], grid), change)
        case .window(let kernel): return try windowCall(plan, kernel, grid)
        case .date(let part): return try dates(plan, part, grid)
        case .vector: return unlabelled(try scalar(inputs[0], grid), grid)
        case .timestamp: return try timestamps(inputs[0], grid)
        case .absent: return try absent(inputs[0], grid)
        case .absentOverTime: return try absentOverTime(inputs[0], grid)
        case .sort(let isAscending): return try sorted(plan, grid, isAscending: isAscending)
        case .round: return try round(inputs, grid)
        case .clamp(let hasLow, let hasHigh):
            return try clamp(inputs, grid, hasLow: hasLow, hasHigh: hasHigh)
        case .labelReplace: return try labelReplace(inputs, grid)
        case .labelJoin: return try labelJoin(inputs, grid)
        case .histogramQuantile: return try histogramQuantile(inputs, grid)
        case .histogramFraction: return try histogramFraction(inputs, grid)
        case .nativeHistogram:
            _ = try vector(inputs[0], grid)
            return Rows(.none(), steps: grid.count)
        case .pi, .time, .scalar: throw typeError(plan, "instant vector")
        }
    }

    /// What produces the results of a function over windows.
    func windowProducer(
        _ plan: QueryPlan, _ kernel: WindowKernel, _ grid: Grid
    ) throws(QueryError) -> WindowProducer {
        let inputs = plan.inputs
        var parameter: [Double] = []
        var source = inputs[0]
        var parameterPlan = inputs[0]
        switch kernel {
        case .quantile:
            source = inputs[1]
            parameter = try scalar(parameterPlan, grid).all(grid.count)
        case .predictLinear:
            parameterPlan = inputs[1]
            parameter = try scalar(parameterPlan, grid).all(grid.count)
        default: break
        }
        return WindowProducer(
            try windows(source, grid), kernel, grid, parameter: parameter,
            range: Self.notedRange(source.expression.unwrapped), parameterRange: parameterPlan.range
        )
    }

    /// Where a note on a range stands. Of a subquery the reference knows only the results, so that
    /// its notes stand at the beginning.
    private static func notedRange(_ source: Expression) -> PositionRange {
        if case .subquery = source.node { return PositionRange(0, 0) }
        return source.range
    }

    func mapped(_ rows: Rows, _ change: (Double) -> Double) throws(QueryError) -> Rows {
        var rows = rows
        rows.change(change)
        return try rows.merged(under: rows.table.bare)
    }

    /// A vector of one element without labels.
    private func unlabelled(_ steps: ScalarSteps, _ grid: Grid) -> Rows {
        let rows = Rows(.unlabelled(), steps: grid.count)
        rows.withValues { values in
            for step in 0..<grid.count { values[step] = steps[step] }
        }
        return rows
    }

    /// The one value of a vector; NaN unless there is exactly one.
    private func scalarOfVector(_ rows: Rows) throws(QueryError) -> ScalarSteps {
        var numbers = [Double](repeating: .ordinaryNaN, count: rows.steps)
        var counts = [Int](repeating: 0, count: rows.steps)
        rows.withValues { values in
            for row in 0..<rows.count {
                for step in 0..<rows.steps {
                    let value = values[row * rows.steps + step]
                    guard Absent.isPresent(value) else { continue }
                    counts[step] += 1
                    numbers[step] = counts[step] == 1 ? value : .ordinaryNaN
                }
            }
        }
        return .each(numbers)
    }

    private func dates(
        _ plan: QueryPlan, _ part: @escaping (DateParts) -> Int, _ grid: Grid
    ) throws(QueryError) -> Rows {
        guard let argument = plan.inputs.first else {
            let parts = (0..<grid.count).map {
                Double(part(DateParts(seconds: grid.time($0) / 1000)))
            }
            return unlabelled(.each(parts), grid)
        }
        return try mapped(try vector(argument, grid)) {
            Double(part(DateParts(seconds: DateParts.whole($0))))
        }
    }

    // MARK: Simple functions

    /// A bare selector gives the samples' own times, everything else the evaluation time.
    private func timestamps(_ argument: QueryPlan, _ grid: Grid) throws(QueryError) -> Rows {
        if case .vectorSelector(let selector) = argument.expression.node {
            let rows = try newest(selector, grid) { Double($0.t) / 1000 }
            return try rows.merged(under: rows.table.bare)
        }
        var rows = try vector(argument, grid)
        rows.makeOwn()
        rows.withValues { values in
            for index in 0..<rows.count * grid.count where Absent.isPresent(values[index]) {
                values[index] = Double(grid.time(index % grid.count)) / 1000
            }
        }
        return try rows.merged(under: rows.table.bare)
    }

    /// In a query of one step the elements in order; in others the order is lost.
    private func sorted(
        _ plan: QueryPlan, _ grid: Grid, isAscending: Bool
    ) throws(QueryError) -> Rows {
        let rows = try vector(plan.inputs[0], grid)
        guard grid.isSingle else {
            notes.warn(
                "sort is ineffective for range queries since results are always ordered by labels",
                at: plan.range)
            return rows
        }
        var ranking: [RankedValue] = rows.ranking(of: 0..<rows.count, at: 0)
        ranking.sortAsReference { one, two in
            isAscending ? two.isAbove(one) : two.isBelow(one)
        }
        return rows.picked(ranking)
    }

    private func round(_ inputs: [QueryPlan], _ grid: Grid) throws(QueryError) -> Rows {
        var rows = try vector(inputs[0], grid)
        let steps = inputs.count > 1 ? try scalar(inputs[1], grid) : .constant(1)
        rows.makeOwn()
        rows.withValues { values in
            for index in 0..<rows.count * grid.count where Absent.isPresent(values[index]) {
                let inverse = 1 / steps[index % grid.count]
                values[index] = (values[index] * inverse + 0.5).rounded(.down) / inverse
            }
        }
        return try rows.merged(under: rows.table.bare)
    }

    private func clamp(
        _ inputs: [QueryPlan], _ grid: Grid, hasLow: Bool, hasHigh: Bool
    ) throws(QueryError) -> Rows {
        var rows = try vector(inputs[0], grid)
        let low = hasLow ? try scalar(inputs[1], grid) : .constant(-.infinity)
        let high = hasHigh ? try scalar(inputs[hasLow ? 2 : 1], grid) : .constant(.infinity)
        rows.makeOwn()
        rows.withValues { values in
            for index in 0..<rows.count * grid.count where Absent.isPresent(values[index]) {
                let (low, high) = (low[index % grid.count], high[index % grid.count])
                values[index] =
                    high < low
                    ? Absent.value
                    : Arithmetic.maximum(low, Arithmetic.minimum(high, values[index]))
            }
        }
        return try rows.merged(under: rows.table.bare)
    }

    // MARK: Absence

    private func absent(_ argument: QueryPlan, _ grid: Grid) throws(QueryError) -> Rows {
        let rows = try vector(argument, grid)
        let result = absence(argument, grid)
        result.withValues { into in
            rows.withValues { values in
                for index in 0..<rows.count * grid.count where Absent.isPresent(values[index]) {
                    into[index % grid.count] = Absent.value
                }
            }
        }
        return result
    }

    private func absentOverTime(_ argument: QueryPlan, _ grid: Grid) throws(QueryError) -> Rows {
        let windows = try windows(argument, grid)
        var producer = WindowProducer(
            windows, .last, grid, parameter: [], range: argument.range,
            parameterRange: argument.range)
        let result = absence(argument, grid)
        let row = Rows(.unlabelled(), steps: grid.count)
        try result.withValues { (into) throws(QueryError) in
            try row.withValues { (values) throws(QueryError) in
                for index in 0..<producer.count {
                    guard try producer.write(index, to: values, self) > 0 else { continue }
                    for step in 0..<grid.count where Absent.isPresent(values[step]) {
                        into[step] = Absent.value
                    }
                }
            }
        }
        producer.finish(self)
        return result
    }

    /// 1 at every step.
    private func absence(_ argument: QueryPlan, _ grid: Grid) -> Rows {
        let rows = Rows(
            LabelTable([Self.absentLabels(argument.expression)], isUnique: true),
            steps: grid.count)
        rows.fill(1)
        return rows
    }

    /// What `=` matchers say about the series that is missing; a label named twice says nothing.
    ///
    /// Matchers that only take series away (negative ones that an absent label satisfies) count
    /// after the others: the reference's index puts them last, and its `absent` sees that order.
    private static func absentLabels(_ argument: Expression) -> Labels {
        let matchers: [LabelMatcher]
        switch argument.node {
        case .vectorSelector(let selector): matchers = selector.matchers
        case .matrixSelector(let matrix): matchers = matrix.selector.matchers
        default: return .empty
        }
        func isNegative(_ matcher: LabelMatcher) -> Bool {
            matcher.kind == .notEqual || matcher.kind == .notMatches
        }
        var values: [ByteText: ByteText] = [:]
        var isSet: Set<ByteText> = []
        let required = Set(matchers.filter { !$0.matchesEmpty }.map(\.name))
        let subtracts = matchers.map {
            !required.contains($0.name) || isNegative($0) && $0.matchesEmpty
        }
        let ordered =
            zip(matchers, subtracts).filter { !$0.1 }.map(\.0)
            + zip(matchers, subtracts).filter(\.1).map(\.0)
        for matcher in ordered where matcher.name != LabelName.metricName {
            if matcher.kind == .equal, isSet.insert(matcher.name).inserted {
                values[matcher.name] = matcher.value
            } else {
                values[matcher.name] = .empty
            }
        }
        return Labels(entries: values.map { Labels.Entry(name: $0.key, value: $0.value) })
    }
}
