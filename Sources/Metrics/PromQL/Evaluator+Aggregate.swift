extension Evaluator {
    func aggregate(
        _ node: Expression.Aggregate, at t: Int64
    ) throws(QueryError) -> [Element] {
        switch node.op {
        case .topk, .bottomk: return try ranked(node, at: t)
        case .countValues: return try countValues(node, at: t)
        case .quantile: return try quantile(node, at: t)
        case .limitk, .limitRatio: throw .notImplemented(node.op.rawValue)
        case .sum, .avg, .count, .min, .max, .group, .stddev, .stdvar:
            let groups = grouped(try vector(node.expression, at: t), node)
            return groups.map { group in
                Element(labels: group.labels, value: Self.fold(group.values, node.op))
            }
        }
    }

    private struct Group {
        var labels: Labels
        var values: [Double]
        var members: [Element]
    }

    /// Groups in the order of their first members.
    private func grouped(_ elements: [Element], _ node: Expression.Aggregate) -> [Group] {
        let projection =
            node.isWithout
            ? projections.droppingWithMetricName(node.grouping)
            : projections.keeping(node.grouping)
        var slots: [Labels: Int] = [:]
        var groups: [Group] = []
        for element in elements {
            let key = projection.of(element.labels)
            let slot = slots[key] ?? groups.count
            if slot == groups.count {
                slots[key] = slot
                groups.append(Group(labels: key, values: [], members: []))
            }
            groups[slot].values.append(element.value)
            groups[slot].members.append(element)
        }
        return groups
    }

    private static func fold(_ values: [Double], _ op: Aggregation) -> Double {
        switch op {
        case .count: return Double(values.count)
        case .group: return 1
        case .sum:
            var sum = CompensatedSum(values[0])
            for value in values.dropFirst() { sum.add(value) }
            return sum.value
        case .avg:
            var mean = CompensatedMean()
            for value in values { mean.add(value) }
            return mean.value
        case .min:
            return values.dropFirst().reduce(values[0]) { $0 > $1 || $0.isNaN ? $1 : $0 }
        case .max:
            return values.dropFirst().reduce(values[0]) { $0 < $1 || $0.isNaN ? $1 : $0 }
        default:
            var variance = RunningVariance()
            for value in values { variance.add(value) }
            return op == .stddev ? variance.variance.squareRoot() : variance.variance
        }
    }

    private func parameter(
        _ node: Expression.Aggregate, at t: Int64
    ) throws(QueryError) -> (Double, PositionRange) {
        guard let parameter = node.parameter else {
            throw .execution("\(node.op.rawValue) needs a parameter")
        }
        return (try scalar(parameter, at: t), parameter.range)
    }

    // MARK: With parameter

    /// `topk` and `bottomk`: the elements themselves, best first within each group, NaN last.
    private func ranked(
        _ node: Expression.Aggregate, at t: Int64
    ) throws(QueryError) -> [Element] {
        let (wanted, _) = try parameter(node, at: t)
        if wanted.isNaN { throw .execution("Parameter value is NaN") }
        guard wanted > -9.2e18, wanted < 9.2e18 else {
            let direction = wanted < 0 ? "underflows" : "overflows"
            throw .execution("Scalar value \(GoNumber.format(wanted, .g)) \(direction) int64")
        }
        let elements = try vector(node.expression, at: t)
        let count = min(Int(wanted), elements.count)
        guard count >= 1 else { return [] }
        return grouped(elements, node).flatMap { group in
            group.members.enumerated().sorted { one, two in
                let (first, second) = (one.element.value, two.element.value)
                if first.isNaN || second.isNaN {
                    if first.isNaN == second.isNaN { return one.offset < two.offset }
                    return second.isNaN
                }
                if first == second { return one.offset < two.offset }
                return node.op == .topk ? first > second : first < second
            }.prefix(count).map(\.element)
        }
    }

    private func quantile(
        _ node: Expression.Aggregate, at t: Int64
    ) throws(QueryError) -> [Element] {
        let (q, range) = try parameter(node, at: t)
        warnAboutQuantile(q, at: range)
        return grouped(try vector(node.expression, at: t), node).map { group in
            Element(labels: group.labels, value: Quantile.of(group.values, q))
        }
    }

    func warnAboutQuantile(_ q: Double, at range: PositionRange) {
        guard q.isNaN || q < 0 || q > 1 else { return }
        notes.warn(
            "quantile value should be between 0 and 1, got \(GoNumber.format(q, .g))", at: range)
    }

    private func countValues(
        _ node: Expression.Aggregate, at t: Int64
    ) throws(QueryError) -> [Element] {
        guard let parameter = node.parameter else {
            throw .execution("count_values needs a parameter")
        }
        let name = try string(parameter, at: t)
        guard !name.isEmpty, UTF8Check.isValid(name.bytes) else {
            throw .execution("invalid label name \(QuotedText.goQuote(name.bytes))")
        }
        var counts: [Element] = []
        var slots: [Labels: Int] = [:]
        for group in grouped(try vector(node.expression, at: t), node) {
            for value in group.values {
                let text = ByteText(GoNumber.format(value, .f))
                let labels = group.labels.setting(name, to: text)
                let slot = slots[labels] ?? counts.count
                if slot == counts.count {
                    slots[labels] = slot
                    counts.append(Element(labels: labels, value: 0))
                }
                counts[slot].value += 1
            }
        }
        return counts
    }
}
