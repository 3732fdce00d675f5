extension Evaluator {
    func binary(
        _ plan: QueryPlan, _ node: Expression.Binary, _ grid: Grid
    ) throws(QueryError) -> NodeValue {
        if node.op == .trimUpper || node.op == .trimLower {
            return .vector(try trimmed(plan, node, grid))
        }
        let left = try evaluate(plan.inputs[0], grid)
        let right = try evaluate(plan.inputs[1], grid)
        switch (left, right) {
        case (.scalar(.constant(let one)), .scalar(.constant(let two))):
            return .scalar(.constant(Arithmetic.scalar(node.op, one, two)))
        case (.scalar(let one), .scalar(let two)):
            return .scalar(
                .each((0..<grid.count).map { Arithmetic.scalar(node.op, one[$0], two[$0]) }))
        case (.vector(let rows), .scalar(let number)):
            return .vector(try combine(rows, number, node, scalarIsLeft: false))
        case (.scalar(let number), .vector(let rows)):
            return .vector(try combine(rows, number, node, scalarIsLeft: true))
        case (.vector(let one), .vector(let two)):
            return .vector(try combine(one, two, node))
        default: throw .execution("binary expression must contain only scalar and instant vector")
        }
    }

    /// `</` and `>/` trim native histograms; every sample here is a float, which they leave out.
    private func trimmed(
        _ plan: QueryPlan, _ node: Expression.Binary, _ grid: Grid
    ) throws(QueryError) -> Rows {
        let left = try evaluate(plan.inputs[0], grid)
        let right = try evaluate(plan.inputs[1], grid)
        var isTried = false
        if case .vector(let rows) = left { isTried = rows.sampleCount > 0 }
        if case .vector(let rows) = right { isTried = isTried && rows.sampleCount > 0 }
        if isTried {
            notes.info(
                "incompatible sample types encountered for binary operator "
                    + "\"\(node.op.rawValue)\": float \(node.op.rawValue) float", at: plan.range)
        }
        return Rows(.none(), steps: grid.count)
    }

    // MARK: Vector and scalar

    private func combine(
        _ rows: Rows, _ number: ScalarSteps, _ node: Expression.Binary, scalarIsLeft: Bool
    ) throws(QueryError) -> Rows {
        var rows = rows
        rows.makeOwn()
        let steps = rows.steps
        let (op, returnsBool, isComparison) = (node.op, node.returnsBool, node.op.isComparison)
        rows.withValues { values in
            var step = 0
            for index in 0..<rows.count * steps {
                let value = values[index]
                let scalar = number[step]
                step = step + 1 == steps ? 0 : step + 1
                guard Absent.isPresent(value) else { continue }
                let (left, right) = scalarIsLeft ? (scalar, value) : (value, scalar)
                if !isComparison {
                    values[index] = Arithmetic.compute(op, left, right)
                } else if returnsBool {
                    values[index] = Arithmetic.holds(op, left, right) ? 1 : 0
                } else if !Arithmetic.holds(op, left, right) {
                    values[index] = Absent.value
                }
            }
        }
        if isComparison, !returnsBool { return rows }
        return try rows.merged(under: rows.table.bare)
    }

    // MARK: Vector and vector

    private func combine(
        _ left: Rows, _ right: Rows, _ node: Expression.Binary
    ) throws(QueryError) -> Rows {
        let result: VectorMatch.Kind.Result =
            node.op.isSet
            ? .set : !node.op.isComparison ? .arithmetic : node.returnsBool ? .zeroOrOne : .filter
        let match = workspace.match(
            left.table, right.table,
            VectorMatch.Kind(matching: node.matching ?? .none, result: result))
        if node.op.isSet { return try combineSets(left, right, node.op, match) }
        guard let pairs = match.pairs else {
            return try combineByStep(left, right, node, match)
        }
        try budget.checkRoom(rows: pairs.table.count, steps: left.steps)
        let rows = Rows(pairs.table, steps: left.steps)
        let (many, one) = match.isSwapped ? (right, left) : (left, right)
        let steps = left.steps
        rows.withValues { into in
            many.withValues { many in
                one.withValues { one in
                    for row in 0..<pairs.many.count {
                        let first = many + Int(pairs.many[row]) * steps
                        let second = one + Int(pairs.one[row]) * steps
                        let (left, right) = match.isSwapped ? (second, first) : (first, second)
                        Self.combine(left, right, node, steps, into: into + row * steps)
                    }
                }
            }
        }
        return try rows.merged(under: rows.table)
    }

    private static func combine(
        _ left: UnsafeMutablePointer<Double>, _ right: UnsafeMutablePointer<Double>,
        _ node: Expression.Binary, _ steps: Int, into: UnsafeMutablePointer<Double>
    ) {
        for step in 0..<steps {
            into[step] =
                Absent.isPresent(left[step]) && Absent.isPresent(right[step])
                ? result(left[step], right[step], node) : Absent.value
        }
    }

    /// Of two numbers; absent when a comparison does not hold.
    private static func result(
        _ left: Double, _ right: Double, _ node: Expression.Binary
    ) -> Double {
        guard node.op.isComparison else { return Arithmetic.compute(node.op, left, right) }
        let holds = Arithmetic.holds(node.op, left, right)
        if node.returnsBool { return holds ? 1 : 0 }
        return holds ? left : Absent.value
    }

    /// When the labels leave open which rows belong together, every step decides for itself.
    private func combineByStep(
        _ left: Rows, _ right: Rows, _ node: Expression.Binary, _ match: VectorMatch
    ) throws(QueryError) -> Rows {
        var combination = StepCombination(match, left, right)
        for step in 0..<left.steps {
            try budget.tick(left.count + right.count)
            try combination.combine(step) { Self.result($0, $1, node) }
        }
        return try combination.result()
    }

    // MARK: Sets

    private func combineSets(
        _ left: Rows, _ right: Rows, _ op: BinaryOperator, _ match: VectorMatch
    ) throws(QueryError) -> Rows {
        try budget.checkRoom(rows: match.keyCount, steps: left.steps)
        guard op == .or else {
            let isThere = presence(right, match.rightKeys, match.keyCount)
            return filtered(left, match.leftKeys, isThere, keeps: op == .and)
        }
        let isThere = presence(left, match.leftKeys, match.keyCount)
        let added = filtered(right, match.rightKeys, isThere, keeps: false)
        let steps = left.steps
        try budget.checkRoom(rows: left.count + right.count, steps: steps)
        let rows = Rows(match.union, steps: steps)
        rows.withValues { into in
            left.withValues { into.update(from: $0, count: left.count * steps) }
            added.withValues {
                (into + left.count * steps).update(from: $0, count: right.count * steps)
            }
        }
        return try rows.merged(under: rows.table)
    }

    /// For each key and step whether a row with the key has a value.
    private func presence(_ rows: Rows, _ keys: [Int32], _ keyCount: Int) -> [Bool] {
        var isThere = [Bool](repeating: false, count: keyCount * rows.steps)
        rows.withValues { values in
            for row in 0..<rows.count {
                let base = Int(keys[row]) * rows.steps
                for step in 0..<rows.steps
                where Absent.isPresent(values[row * rows.steps + step]) {
                    isThere[base + step] = true
                }
            }
        }
        return isThere
    }

    private func filtered(
        _ rows: Rows, _ keys: [Int32], _ isThere: [Bool], keeps: Bool
    ) -> Rows {
        var rows = rows
        rows.makeOwn()
        rows.withValues { values in
            for row in 0..<rows.count {
                let base = Int(keys[row]) * rows.steps
                for step in 0..<rows.steps where isThere[base + step] != keeps {
                    values[row * rows.steps + step] = Absent.value
                }
            }
        }
        return rows
    }
}

/// Combines two vectors step by step.
private struct StepCombination {
    private let match: VectorMatch
    private let many: Rows
    private let one: Rows
    private var pairs: [UInt64: Int] = [:]
    private var labels: [Labels] = []
    private var values: [[Double]] = []

    init(_ match: VectorMatch, _ left: Rows, _ right: Rows) {
        self.match = match
        many = match.isSwapped ? right : left
        one = match.isSwapped ? left : right
    }

    mutating func combine(
        _ step: Int, _ body: (Double, Double) -> Double
    ) throws(QueryError) {
        let steps = many.steps
        let manyPresent = many.ranking(of: 0..<many.count, at: step)
        let onePresent = one.ranking(of: 0..<one.count, at: step)
        if manyPresent.isEmpty || onePresent.isEmpty { return }
        var partners: [Int32: RankedValue] = [:]
        for item in onePresent {
            if let earlier = partners.updateValue(item, forKey: match.oneKeys[item.row]) {
                throw duplicate(item.row, earlier.row)
            }
        }
        var matched: Set<Int32> = []
        var emitted: Set<VectorMatch.EmittedLabels> = []
        let isOneToOne = match.kind.matching.cardinality == .oneToOne
        for item in manyPresent {
            let key = match.manyKeys[item.row]
            guard let partner = partners[key] else { continue }
            let pair = pair(item.row, partner.row, steps)
            if isOneToOne, !matched.insert(key).inserted {
                throw .execution(
                    "multiple matches for labels: many-to-one matching must be explicit "
                        + "(group_left/group_right)")
            }
            let result = VectorMatch.EmittedLabels(key: key, labels: labels[pair])
            if !isOneToOne, !emitted.insert(result).inserted {
                throw .execution(
                    "multiple matches for labels: grouping labels must ensure unique matches")
            }
            values[pair][step] =
                match.isSwapped
                ? body(partner.value, item.value) : body(item.value, partner.value)
        }
    }

    private mutating func pair(_ manyRow: Int, _ oneRow: Int, _ steps: Int) -> Int {
        let key = UInt64(manyRow) << 32 | UInt64(oneRow)
        if let known = pairs[key] { return known }
        pairs[key] = labels.count
        labels.append(match.resultLabels(match.many[manyRow], match.one[oneRow]))
        values.append(Array(repeating: Absent.value, count: steps))
        return labels.count - 1
    }

    private func duplicate(_ row: Int, _ earlier: Int) -> QueryError {
        let pair = [match.one[row], match.one[earlier]].sorted()
        return .execution(
            "found duplicate series for the match group "
                + "\(match.sharedLabels(match.one[row]).bracedDescription) on the "
                + "\(match.isSwapped ? "left" : "right") hand-side of the operation: "
                + "[\(pair[0].bracedDescription), \(pair[1].bracedDescription)];"
                + "many-to-many matching not allowed: matching labels must be unique on one side")
    }

    func result() throws(QueryError) -> Rows {
        let rows = Rows(LabelTable(labels, isUnique: false), steps: many.steps)
        rows.withValues { into in
            for (row, values) in values.enumerated() {
                for (step, value) in values.enumerated() {
                    into[row * many.steps + step] = value
                }
            }
        }
        return try rows.merged(under: rows.table)
    }
}

extension Expression.VectorMatching {
    /// Matching on all labels, one to one.
    static let none = Self(
        cardinality: .oneToOne, labels: [], isOn: false, include: [], isExplicit: false)
}
