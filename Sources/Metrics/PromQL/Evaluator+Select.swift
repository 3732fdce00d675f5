import Basics

extension Evaluator {
    func selection(_ matchers: [LabelMatcher]) -> Selection {
        let selection = workspace.selection(matchers)
        if countedSelections.insert(matchers).inserted {
            statistics.seriesTouched += selection.series.count
        }
        return selection
    }

    /// The time a selector looks at, at every step.
    func reference(_ shift: Expression.TimeShift, _ grid: Grid) -> Grid {
        let time: Int64
        switch shift.at {
        case .time(let fixed):
            time = fixed.clamped(to: -EmbeddedEngine.timeMax...EmbeddedEngine.timeMax)
        case .start: time = span.start
        case .end: time = span.last
        case nil:
            return Grid(start: grid.start &- shift.offset, step: grid.step, count: grid.count)
        }
        return Grid(start: time &- shift.offset, step: 0, count: grid.count)
    }

    /// Each series' newest sample in `(T - lookback, T]`, unless that one says "stale".
    func select(
        _ selector: Expression.VectorSelector, _ grid: Grid
    ) throws(QueryError) -> Rows {
        try newest(selector, grid) { $0.v }
    }

    /// What `part` takes from each series' newest sample.
    func newest(
        _ selector: Expression.VectorSelector, _ grid: Grid, _ part: (Sample) -> Double
    ) throws(QueryError) -> Rows {
        let selection = selection(selector.matchers)
        let times = reference(selector.shift, grid)
        try budget.checkRoom(rows: selection.series.count, steps: grid.count)
        let rows = Rows(selection.table, steps: grid.count)
        var newest = Int64.min
        try rows.withValues { (values) throws(QueryError) in
            for row in 0..<selection.series.count {
                let before = statistics.samplesTouched
                let into = values + row * grid.count
                if grid.isSingle {
                    selection.prefetch(after: row, samples: 1)
                    into[0] = Absent.value
                    if let sample = selection.series[row].newest(atOrBefore: times.start),
                        sample.t > times.start &- lookback, !StaleMarker.isStale(sample.v)
                    {
                        into[0] = part(sample)
                        newest = max(newest, sample.t)
                        statistics.samplesTouched += 1
                    }
                } else {
                    fill(into, selection.series[row], times, &newest, part)
                }
                try budget.hold(statistics.samplesTouched - before)
                try budget.tick()
            }
        }
        noteNewest(newest)
        return rows
    }

    private func fill(
        _ into: UnsafeMutablePointer<Double>, _ series: Series, _ times: Grid,
        _ newest: inout Int64, _ part: (Sample) -> Double
    ) {
        let lookback = lookback
        series.withSamples(
            after: times.start &- lookback, through: times.last, scratch: &scratch.unpacked
        ) { samples in
            var high = 0
            var present = 0
            for step in 0..<times.count {
                let time = times.time(step)
                while high < samples.count, samples[high].t <= time { high += 1 }
                into[step] = Absent.value
                guard high > 0 else { continue }
                let sample = samples[high - 1]
                guard sample.t > time &- lookback, !StaleMarker.isStale(sample.v) else { continue }
                into[step] = part(sample)
                newest = max(newest, sample.t)
                present += 1
            }
            statistics.samplesTouched += present
        }
    }

    func noteNewest(_ time: Int64) {
        guard time != .min else { return }
        statistics.newestSample = max(statistics.newestSample ?? time, time)
    }

    // MARK: Windows

    /// The windows of a range selector or subquery.
    func windows(_ plan: QueryPlan, _ grid: Grid) throws(QueryError) -> Windows {
        switch plan.expression.node {
        case .parentheses: return try windows(plan.inputs[0], grid)
        case .matrixSelector(let matrix):
            return Windows(
                source: .series(selection(matrix.selector.matchers)),
                ends: reference(matrix.selector.shift, grid), length: matrix.window)
        case .subquery(let subquery): return try windows(plan, subquery, grid)
        default: throw typeError(plan, "range vector")
        }
    }

    /// Times at which one subquery may be evaluated.
    private static let subqueryStepsMax: Int64 = 10_000_000

    private func windows(
        _ plan: QueryPlan, _ subquery: Expression.Subquery, _ grid: Grid
    ) throws(QueryError) -> Windows {
        let step =
            subquery.step > 0 ? subquery.step : max(1, options.subqueryStep.inMilliseconds)
        let ends = reference(subquery.shift, grid)
        let lower = ends.start &- subquery.window
        var start = step * (lower / step)
        if start <= lower { start += step }
        let count = ends.last < start ? 0 : (ends.last - start) / step + 1
        guard count <= Self.subqueryStepsMax else {
            throw QueryError(
                .limit, "the subquery has more than \(Self.subqueryStepsMax) steps")
        }
        let inner = Grid(start: start, step: step, count: Int(count))
        guard count > 0 else {
            let none = Rows(.none(), steps: 0)
            return Windows(source: .results(none, inner), ends: ends, length: subquery.window)
        }
        let rows = try vector(plan.inputs[0], inner)
        return Windows(source: .results(rows, inner), ends: ends, length: subquery.window)
    }

    // MARK: Functions of windows

    /// The results of a function over each window. Rows may be empty.
    func windowCall(
        _ plan: QueryPlan, _ kernel: WindowKernel, _ grid: Grid
    ) throws(QueryError) -> Rows {
        let producer = try windowProducer(plan, kernel, grid)
        try budget.checkRoom(rows: producer.count, steps: grid.count)
        let rows = Rows(producer.table, steps: grid.count)
        var isEmpty = [Bool](repeating: false, count: producer.mayCollide ? producer.count : 0)
        try rows.withValues { (values) throws(QueryError) in
            var producer = producer
            for row in 0..<producer.count {
                let present = try producer.write(row, to: values + row * grid.count, self)
                if !isEmpty.isEmpty { isEmpty[row] = present == 0 }
                try budget.hold(present)
            }
            producer.finish(self)
        }
        guard let merge = producer.table.merge else { return rows }
        // Here the reference compares whole series, not the values at each step.
        var seen = Set<Int32>()
        for row in isEmpty.indices where !isEmpty[row] {
            if !seen.insert(merge.rows[row]).inserted { throw .duplicateLabels }
        }
        return try rows.merged(under: producer.table)
    }
}
