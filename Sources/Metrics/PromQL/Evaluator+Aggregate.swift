extension Evaluator {
    func aggregate(
        _ plan: QueryPlan, _ node: Expression.Aggregate, _ grid: Grid
    ) throws(QueryError) -> Rows {
        switch node.op {
        case .countValues: return try countValues(plan, node, grid)
        case .topk, .bottomk: return try ranked(plan, node, grid)
        case .quantile: return try quantile(plan, node, grid)
        case .limitk, .limitRatio:
            throw .execution("\(node.op.rawValue)() is experimental and not evaluated")
        case .sum, .avg, .count, .min, .max, .group, .stddev, .stdvar:
            return try folded(plan.inputs[0], node, grid)
        }
    }

    private static func choice(_ node: Expression.Aggregate) -> LabelChoice {
        node.isWithout
            ? LabelChoice(dropping: node.grouping + [LabelName.metricName])
            : LabelChoice(keeping: node.grouping)
    }

    /// The groups of `rows`, as the aggregation names them.
    func grouping(_ table: LabelTable, _ node: Expression.Aggregate) -> LabelTable.Grouping {
        table.grouping(Self.choice(node))
    }

    // MARK: Folding

    private func folded(
        _ input: QueryPlan, _ node: Expression.Aggregate, _ grid: Grid
    ) throws(QueryError) -> Rows {
        if case .window(let kernel) = input.function, !grid.isSingle, !input.isFixed,
            input.identity.map(workspace.isShared) != true
        {
            let producer = try windowProducer(input, kernel, grid)
            if !producer.mayCollide { return try folded(producer, node, grid) }
        }
        let rows = try vector(input, grid)
        let grouping = grouping(rows.table, node)
        try budget.checkRoom(rows: grouping.table.count, steps: grid.count)
        var fold = GroupFold(node.op, grouping.table, steps: grid.count)
        try rows.withValues { (values) throws(QueryError) in
            for row in 0..<rows.count {
                fold.add(values + row * grid.count, to: Int(grouping.groups[row]))
                try budget.tick()
            }
        }
        return fold.result()
    }

    /// Adds up each row as it is made.
    private func folded(
        _ producer: WindowProducer, _ node: Expression.Aggregate, _ grid: Grid
    ) throws(QueryError) -> Rows {
        var producer = producer
        let grouping = grouping(producer.table, node)
        try budget.checkRoom(rows: grouping.table.count, steps: grid.count)
        var fold = GroupFold(node.op, grouping.table, steps: grid.count)
        let row = Rows(.unlabelled(), steps: grid.count)
        try row.withValues { (values) throws(QueryError) in
            for index in 0..<producer.count {
                let present = try producer.write(index, to: values, self)
                try budget.hold(present)
                if present > 0 { fold.add(values, to: Int(grouping.groups[index])) }
            }
        }
        producer.finish(self)
        return fold.result()
    }

    func parameter(
        _ plan: QueryPlan, _ node: Expression.Aggregate, _ grid: Grid
    ) throws(QueryError) -> (steps: ScalarSteps, range: PositionRange) {
        guard plan.inputs.count > 1 else {
            throw .execution("\(node.op.rawValue) needs a parameter")
        }
        return (try scalar(plan.inputs[1], grid), plan.inputs[1].range)
    }
}

/// Adds rows to the rows of their groups.
struct GroupFold {
    private let op: Aggregation
    private let rows: Rows
    /// Beside the value: what compensates the sum's rounding, or the mean.
    private let second: ValueBlock
    private let counts: ValueBlock
    private let steps: Int
    /// For averages whose sum left the range of a double.
    private var means: [CompensatedMean?] = []

    init(_ op: Aggregation, _ table: LabelTable, steps: Int) {
        self.op = op
        self.steps = steps
        rows = Rows(table, steps: steps)
        // Adding negative zero changes no number, so that sums need no look at what is there.
        rows.fill(op == .sum ? -0.0 : Absent.value)
        let needsMore: Bool
        switch op {
        case .sum, .avg, .stddev, .stdvar: needsMore = true
        default: needsMore = false
        }
        let size = needsMore ? table.count * steps : 0
        second = ValueBlock(count: size)
        second.values.update(repeating: 0, count: size)
        counts = ValueBlock(count: size)
        counts.values.update(repeating: 0, count: size)
        if op == .avg { means = Array(repeating: nil, count: table.count * steps) }
    }

    mutating func add(_ values: UnsafeMutablePointer<Double>, to group: Int) {
        let offset = group * steps
        let (second, counts) = (second.values + offset, counts.values + offset)
        rows.withValues { all in
            let totals = all + offset
            switch op {
            case .sum: Self.sum(values, totals, second, counts, steps)
            case .avg: average(values, totals, second, counts, offset)
            case .count:
                for step in 0..<steps where Absent.isPresent(values[step]) {
                    totals[step] = Absent.isPresent(totals[step]) ? totals[step] + 1 : 1
                }
            case .group:
                for step in 0..<steps where Absent.isPresent(values[step]) { totals[step] = 1 }
            case .min:
                for step in 0..<steps where Absent.isPresent(values[step]) {
                    // An absent total is a NaN too.
                    if totals[step] > values[step] || totals[step].isNaN {
                        totals[step] = values[step]
                    }
                }
            case .max:
                for step in 0..<steps where Absent.isPresent(values[step]) {
                    if totals[step] < values[step] || totals[step].isNaN {
                        totals[step] = values[step]
                    }
                }
            default: Self.deviate(values, totals, second, counts, steps)
            }
        }
    }

    /// Kahan's sum as Neumaier improved it. The error of one addition is exact, so that it does not
    /// matter which way it is computed; this way needs no branch (Knuth).
    private static func sum(
        _ values: UnsafeMutablePointer<Double>, _ totals: UnsafeMutablePointer<Double>,
        _ lost: UnsafeMutablePointer<Double>, _ seen: UnsafeMutablePointer<Double>, _ steps: Int
    ) {
        for step in 0..<steps {
            let isPresent = Absent.isPresent(values[step])
            let value = isPresent ? values[step] : -0.0
            let sum = totals[step]
            let total = sum + value
            let taken = total - sum
            let error = (sum - (total - taken)) + (value - taken)
            lost[step] = total.magnitude == .infinity ? 0 : lost[step] + error
            totals[step] = total
            seen[step] = isPresent ? 1 : seen[step]
        }
    }

    private mutating func average(
        _ values: UnsafeMutablePointer<Double>, _ totals: UnsafeMutablePointer<Double>,
        _ lost: UnsafeMutablePointer<Double>, _ counts: UnsafeMutablePointer<Double>,
        _ offset: Int
    ) {
        for step in 0..<steps where Absent.isPresent(values[step]) {
            counts[step] += 1
            if means[offset + step] != nil {
                means[offset + step]?.add(values[step])
                continue
            }
            if counts[step] == 1 {
                totals[step] = values[step]
                continue
            }
            var sum = CompensatedSum(totals[step], compensation: lost[step])
            sum.add(values[step])
            if sum.sum.isInfinite {
                var mean = CompensatedMean(
                    CompensatedSum(totals[step], compensation: lost[step]),
                    count: counts[step] - 1)
                mean.add(values[step])
                means[offset + step] = mean
            } else {
                totals[step] = sum.sum
                lost[step] = sum.compensation
            }
        }
    }

    /// Population variance in one pass (Welford).
    private static func deviate(
        _ values: UnsafeMutablePointer<Double>, _ totals: UnsafeMutablePointer<Double>,
        _ means: UnsafeMutablePointer<Double>, _ counts: UnsafeMutablePointer<Double>,
        _ steps: Int
    ) {
        for step in 0..<steps where Absent.isPresent(values[step]) {
            let value = values[step]
            counts[step] += 1
            if counts[step] == 1 {
                means[step] = value
                totals[step] = value.isFinite ? 0 : .ordinaryNaN
                continue
            }
            let delta = value - means[step]
            means[step] += delta / counts[step]
            totals[step] += delta * (value - means[step])
        }
    }

    /// The groups' results.
    func result() -> Rows {
        rows.withValues { totals in
            let (second, counts) = (second.values, counts.values)
            if op == .sum {
                for index in 0..<rows.count * steps where counts[index] == 0 {
                    totals[index] = Absent.value
                }
            }
            for index in 0..<rows.count * steps where Absent.isPresent(totals[index]) {
                switch op {
                case .sum: totals[index] += second[index]
                case .avg:
                    totals[index] =
                        means[index]?.value
                        ?? totals[index] / counts[index] + second[index] / counts[index]
                case .stdvar: totals[index] /= counts[index]
                case .stddev: totals[index] = (totals[index] / counts[index]).squareRoot()
                default: break
                }
            }
        }
        return rows
    }
}
