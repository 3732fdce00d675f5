/// What a note says about histograms whose counts did not grow from bucket to bucket.
private struct HistogramRepairs {
    private var repair: ClassicHistogram.Repair?
    private var count = 0
    private var first = Int64.max
    private var last = Int64.min

    mutating func add(_ new: ClassicHistogram.Repair, at time: Int64) {
        if repair == nil { repair = new } else { repair?.join(new) }
        count += 1
        first = min(first, time)
        last = max(last, time)
    }

    var message: String? {
        guard let repair else { return nil }
        return "input to histogram_quantile needed to be fixed for monotonicity (see "
            + "https://prometheus.io/docs/prometheus/latest/querying/functions/"
            + "#histogram_quantile), from buckets \(GoNumber.format(repair.lowestBound, .g)) to "
            + "\(GoNumber.format(repair.highestBound, .g)), with a max diff of "
            + "\(GoNumber.twoDigits(repair.largestRaise)), over \(count) samples from "
            + "\(DateParts(seconds: first / 1000).rfc3339) to "
            + "\(DateParts(seconds: last / 1000).rfc3339)"
    }
}

extension Evaluator {
    /// Buckets by their labels without `le`; a row whose `le` is no number is in none.
    private struct Buckets {
        /// For each row its histogram, or -1.
        var groups: [Int32]
        var bounds: [Double]
        var table: LabelTable
        /// Values of `le` that are no numbers, by row.
        var malformed: [(row: Int, text: ByteText)]
    }

    private func buckets(_ table: LabelTable) -> Buckets {
        let grouping = table.grouping(LabelChoice(dropping: [LabelName.upperBound]))
        var buckets = Buckets(
            groups: grouping.groups, bounds: [], table: grouping.table, malformed: [])
        var parsed: [ByteText: Double?] = [:]
        for row in 0..<table.count {
            let text = table[row].value(of: LabelName.upperBound) ?? .empty
            let bound: Double?
            if let known = parsed[text] {
                bound = known
            } else {
                bound = GoNumber.parseFloat(text.bytes)
                parsed[text] = bound
            }
            if bound == nil {
                buckets.groups[row] = -1
                buckets.malformed.append((row, text))
            }
            buckets.bounds.append(bound ?? .nan)
        }
        return buckets
    }

    func histogramQuantile(_ inputs: [QueryPlan], _ grid: Grid) throws(QueryError) -> Rows {
        let wanted = try scalar(inputs[0], grid)
        for step in 0..<grid.count {
            warnAboutQuantile(wanted[step], at: inputs[0].range)
            if case .constant = wanted { break }
        }
        var repairs = HistogramRepairs()
        let rows = try histograms(inputs[1], grid) { histogram, step in
            var repair: ClassicHistogram.Repair?
            let value = histogram.quantile(wanted[step], &repair)
            if let repair { repairs.add(repair, at: grid.time(step)) }
            return value
        }
        if let message = repairs.message { notes.info(message, at: inputs[1].range) }
        return rows
    }

    func histogramFraction(_ inputs: [QueryPlan], _ grid: Grid) throws(QueryError) -> Rows {
        let lower = try scalar(inputs[0], grid)
        let upper = try scalar(inputs[1], grid)
        return try histograms(inputs[2], grid) { histogram, step in
            histogram.fraction(lower: lower[step], upper: upper[step])
        }
    }

    /// Calls `body` with each histogram at each step.
    private func histograms(
        _ argument: QueryPlan, _ grid: Grid,
        _ body: (inout ClassicHistogram, Int) -> Double
    ) throws(QueryError) -> Rows {
        let input = try vector(argument, grid)
        let buckets = buckets(input.table)
        noteMalformed(buckets, input, argument)
        var members = [[Int]](repeating: [], count: buckets.table.count)
        for row in 0..<input.count where buckets.groups[row] >= 0 {
            members[Int(buckets.groups[row])].append(row)
        }
        // In order of their bounds once, so that each step finds them sorted.
        for group in members.indices {
            members[group].sort { buckets.bounds[$0] < buckets.bounds[$1] }
        }
        try budget.checkRoom(rows: members.count, steps: grid.count)
        let rows = Rows(buckets.table, steps: grid.count)
        var histogram = ClassicHistogram()
        try rows.withValues { (into) throws(QueryError) in
            try input.withValues { (values) throws(QueryError) in
                for group in members.indices {
                    try budget.tick(members[group].count * grid.count)
                    for step in 0..<grid.count {
                        histogram.removeAll()
                        for row in members[group] {
                            let count = values[row * grid.count + step]
                            guard Absent.isPresent(count) else { continue }
                            histogram.append(upperBound: buckets.bounds[row], count: count)
                        }
                        into[group * grid.count + step] =
                            histogram.isEmpty ? Absent.value : body(&histogram, step)
                    }
                }
            }
        }
        return try rows.merged(under: rows.table.bare)
    }

    private func noteMalformed(_ buckets: Buckets, _ input: Rows, _ argument: QueryPlan) {
        for (row, text) in buckets.malformed {
            let isRead = input.withValues { values in
                (0..<input.steps).contains {
                    Absent.isPresent(values[row * input.steps + $0])
                }
            }
            guard isRead else { continue }
            notes.warn(
                "bucket label \"le\" is missing or has a malformed value of "
                    + QuotedText.goQuote(text.bytes), at: argument.range)
        }
    }
}
