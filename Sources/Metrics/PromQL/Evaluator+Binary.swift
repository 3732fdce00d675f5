extension Evaluator {
    func binary(_ node: Expression.Binary, at t: Int64) throws(QueryError) -> StepValue {
        if node.op == .trimUpper || node.op == .trimLower {
            throw .notImplemented(node.op.rawValue)
        }
        let left = try evaluate(node.left, at: t)
        let right = try evaluate(node.right, at: t)
        switch (left, right) {
        case (.scalar(let one), .scalar(let two)):
            return .scalar(Arithmetic.scalar(node.op, one, two))
        case (.vector(let elements), .scalar(let number)):
            return .vector(try combine(elements, number, node, scalarIsLeft: false))
        case (.scalar(let number), .vector(let elements)):
            return .vector(try combine(elements, number, node, scalarIsLeft: true))
        case (.vector(let one), .vector(let two)):
            let matching = node.matching ?? .none
            if node.op.isSet { return .vector(combineSets(one, two, node.op, matching)) }
            return .vector(try combine(one, two, node, matching))
        default: throw .execution("binary expression must contain only scalar and instant vector")
        }
    }

    // MARK: Vector and scalar

    private func combine(
        _ elements: [Element], _ number: Double, _ node: Expression.Binary, scalarIsLeft: Bool
    ) throws(QueryError) -> [Element] {
        var result: [Element] = []
        for element in elements {
            let (left, right) =
                scalarIsLeft ? (number, element.value) : (element.value, number)
            if !node.op.isComparison {
                let value = Arithmetic.compute(node.op, left, right)
                result.append(Element(labels: projections.bare.of(element.labels), value: value))
            } else if node.returnsBool {
                let value: Double = Arithmetic.holds(node.op, left, right) ? 1 : 0
                result.append(Element(labels: projections.bare.of(element.labels), value: value))
            } else if Arithmetic.holds(node.op, left, right) {
                result.append(element)
            }
        }
        let keepsNames = node.op.isComparison && !node.returnsBool
        return keepsNames ? result : try unique(result)
    }

    /// The labels by which elements of two vectors find each other.
    private func signature(_ matching: Expression.VectorMatching) -> LabelProjection {
        matching.isOn
            ? projections.keeping(matching.labels)
            : projections.droppingWithMetricName(matching.labels)
    }

    // MARK: Sets

    private func combineSets(
        _ left: [Element], _ right: [Element], _ op: BinaryOperator,
        _ matching: Expression.VectorMatching
    ) -> [Element] {
        let signature = signature(matching)
        switch op {
        case .or:
            let known = Set(left.map { signature.of($0.labels) })
            return left + right.filter { !known.contains(signature.of($0.labels)) }
        case .and:
            let known = Set(right.map { signature.of($0.labels) })
            return left.filter { known.contains(signature.of($0.labels)) }
        default:
            let known = Set(right.map { signature.of($0.labels) })
            return left.filter { !known.contains(signature.of($0.labels)) }
        }
    }

    // MARK: Vector and vector

    private func combine(
        _ left: [Element], _ right: [Element], _ node: Expression.Binary,
        _ matching: Expression.VectorMatching
    ) throws(QueryError) -> [Element] {
        guard !left.isEmpty, !right.isEmpty else { return [] }
        let signature = signature(matching)
        let isSwapped = matching.cardinality == .oneToMany
        let (many, one) = isSwapped ? (right, left) : (left, right)
        let partners = try index(one, signature, matching, side: isSwapped ? "left" : "right")
        var matched: Set<Labels> = []
        var emitted: Set<Labels> = []
        var result: [Element] = []
        for element in many {
            let key = signature.of(element.labels)
            guard let partner = partners[key] else { continue }
            if matching.cardinality == .oneToOne, !matched.insert(key).inserted {
                throw .execution(
                    "multiple matches for labels: many-to-one matching must be explicit "
                        + "(group_left/group_right)")
            }
            let (first, second) =
                isSwapped ? (partner.value, element.value) : (element.value, partner.value)
            let value: Double
            if !node.op.isComparison {
                value = Arithmetic.compute(node.op, first, second)
            } else if node.returnsBool {
                value = Arithmetic.holds(node.op, first, second) ? 1 : 0
            } else {
                guard Arithmetic.holds(node.op, first, second) else { continue }
                value = first
            }
            let labels = resultLabels(element.labels, partner.labels, node, matching)
            if matching.cardinality != .oneToOne, !emitted.insert(labels).inserted {
                throw .execution(
                    "multiple matches for labels: grouping labels must ensure unique matches")
            }
            result.append(Element(labels: labels, value: value))
        }
        return try unique(result)
    }

    /// The elements of the "one" side by signature.
    private func index(
        _ elements: [Element], _ signature: LabelProjection, _ matching: Expression.VectorMatching,
        side: String
    ) throws(QueryError) -> [Labels: Element] {
        var partners: [Labels: Element] = [:]
        for element in elements {
            let key = signature.of(element.labels)
            if let earlier = partners.updateValue(element, forKey: key) {
                let pair = [element.labels, earlier.labels].sorted()
                throw .execution(
                    "found duplicate series for the match group \(key.bracedDescription) on the "
                        + "\(side) hand-side of the operation: [\(pair[0].bracedDescription), "
                        + "\(pair[1].bracedDescription)];many-to-many matching not allowed: "
                        + "matching labels must be unique on one side")
            }
        }
        return partners
    }

    private func resultLabels(
        _ many: Labels, _ one: Labels, _ node: Expression.Binary,
        _ matching: Expression.VectorMatching
    ) -> Labels {
        var labels = many
        if !node.op.isComparison || node.returnsBool { labels = projections.bare.of(labels) }
        if matching.cardinality == .oneToOne {
            let names = Set(matching.labels)
            labels = matching.isOn ? labels.keeping(names) : labels.dropping(names)
        }
        for name in matching.include {
            labels = labels.setting(name, to: one.value(of: name) ?? .empty)
        }
        return labels
    }
}

extension Expression.VectorMatching {
    /// Matching on all labels, one to one.
    static let none = Self(
        cardinality: .oneToOne, labels: [], isOn: false, include: [], isExplicit: false)
}
