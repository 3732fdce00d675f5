extension Evaluator {
    /// `topk` and `bottomk`: the elements themselves, best first within each group, NaN last.
    func ranked(
        _ plan: QueryPlan, _ node: Expression.Aggregate, _ grid: Grid
    ) throws(QueryError) -> Rows {
        let wanted = try parameter(plan, node, grid).steps.all(grid.count)
        let input = try vector(plan.inputs[0], grid)
        try Self.checkCounts(wanted)
        let grouping = grouping(input.table, node)
        let isTop = node.op == .topk
        guard !grid.isSingle else {
            guard let wanted = wanted.first, wanted >= 1 else {
                return Rows(.none(), steps: 1)
            }
            let heaps = heaps(input, grouping, at: 0, wanted, isTop)
            return input.picked(heaps.flatMap { $0?.ordered ?? [] })
        }
        let result = Rows(input.table, steps: grid.count)
        result.fill(Absent.value)
        try result.withValues { (values) throws(QueryError) in
            for step in 0..<grid.count where wanted[step] >= 1 {
                try budget.tick(input.count)
                for heap in heaps(input, grouping, at: step, wanted[step], isTop) {
                    for item in heap?.items ?? [] {
                        values[item.row * grid.count + step] = item.value
                    }
                }
            }
        }
        return result
    }

    /// Counts below one select nothing; others must be integers of 64 bits.
    private static func checkCounts(_ wanted: [Double]) throws(QueryError) {
        if wanted.contains(where: \.isNaN) { throw .execution("Parameter value is NaN") }
        guard let lowest = wanted.min(), let highest = wanted.max(), highest >= 1 else { return }
        if lowest <= -0x1p63 {
            throw .execution(
                "Scalar value \(GoNumber.format(lowest, .g)) underflows int64")
        }
        if highest >= 0x1p63 {
            throw .execution("Scalar value \(GoNumber.format(highest, .g)) overflows int64")
        }
    }

    private func heaps(
        _ rows: Rows, _ grouping: LabelTable.Grouping, at step: Int, _ wanted: Double,
        _ isTop: Bool
    ) -> [BestHeap?] {
        let limit = Swift.min(Int(wanted), rows.count)
        var heaps = [BestHeap?](repeating: nil, count: grouping.table.count)
        rows.withValues { values in
            for row in 0..<rows.count {
                let value = values[row * rows.steps + step]
                guard Absent.isPresent(value) else { continue }
                let group = Int(grouping.groups[row])
                if heaps[group] == nil { heaps[group] = BestHeap(limit: limit, isTop: isTop) }
                heaps[group]?.add(RankedValue(row: row, value: value))
            }
        }
        return heaps
    }

    func quantile(
        _ plan: QueryPlan, _ node: Expression.Aggregate, _ grid: Grid
    ) throws(QueryError) -> Rows {
        let (parameter, range) = try parameter(plan, node, grid)
        let input = try vector(plan.inputs[0], grid)
        let wanted = parameter.all(grid.count)
        if wanted.contains(where: \.isNaN) { warnAboutQuantile(.nan, at: range) }
        let numbers = wanted.filter { !$0.isNaN }
        if let highest = numbers.max(), highest > 1 { warnAboutQuantile(highest, at: range) }
        if let lowest = numbers.min(), lowest < 0 { warnAboutQuantile(lowest, at: range) }
        let grouping = grouping(input.table, node)
        let result = Rows(grouping.table, steps: grid.count)
        result.fill(Absent.value)
        var groups = [[Double]](repeating: [], count: grouping.table.count)
        try result.withValues { (into) throws(QueryError) in
            try input.withValues { (values) throws(QueryError) in
                for step in 0..<grid.count {
                    try budget.tick(input.count)
                    for group in groups.indices { groups[group].removeAll(keepingCapacity: true) }
                    for row in 0..<input.count {
                        let value = values[row * grid.count + step]
                        guard Absent.isPresent(value) else { continue }
                        groups[Int(grouping.groups[row])].append(value)
                    }
                    for group in groups.indices where !groups[group].isEmpty {
                        into[group * grid.count + step] = groups[group]
                            .withUnsafeMutableBufferPointer { Quantile.of($0, wanted[step]) }
                    }
                }
            }
        }
        return result
    }

    func warnAboutQuantile(_ q: Double, at range: PositionRange) {
        guard q.isNaN || q < 0 || q > 1 else { return }
        notes.warn(
            "quantile value should be between 0 and 1, got \(GoNumber.format(q, .g))", at: range)
    }

    /// How many elements of each group have each value; the value becomes a label.
    func countValues(
        _ plan: QueryPlan, _ node: Expression.Aggregate, _ grid: Grid
    ) throws(QueryError) -> Rows {
        guard plan.inputs.count > 1 else {
            throw .execution("count_values needs a parameter")
        }
        let name = try string(plan.inputs[1])
        guard !name.isEmpty, UTF8Check.isValid(name.bytes) else {
            throw .execution("invalid label name \(QuotedText.goQuote(name.bytes))")
        }
        let input = try vector(plan.inputs[0], grid)
        let choice =
            node.isWithout
            ? LabelChoice(dropping: node.grouping + [LabelName.metricName])
            : LabelChoice(keeping: node.grouping + [name])
        var index = KeyIndex()
        var key: [UInt8] = []
        var counts: [[Double]] = []
        try input.withValues { (values) throws(QueryError) in
            for row in 0..<input.count {
                let labels = input.table[row]
                for step in 0..<grid.count {
                    let value = values[row * grid.count + step]
                    guard Absent.isPresent(value) else { continue }
                    try budget.tick()
                    let text = ByteText(GoNumber.format(value, .f))
                    key.removeAll(keepingCapacity: true)
                    choice.append(labels.setting(name, to: text), to: &key)
                    let number = index.number(of: key)
                    if number == counts.count {
                        try budget.checkRoom(rows: counts.count + 1, steps: grid.count)
                        counts.append(Array(repeating: 0, count: grid.count))
                    }
                    counts[number][step] += 1
                }
            }
        }
        let table = LabelTable(index.keys.map { Labels(encoded: $0) }, isUnique: true)
        let result = Rows(table, steps: grid.count)
        result.withValues { into in
            for (row, counts) in counts.enumerated() {
                for (step, count) in counts.enumerated() {
                    into[row * grid.count + step] = count > 0 ? count : Absent.value
                }
            }
        }
        return result
    }
}
