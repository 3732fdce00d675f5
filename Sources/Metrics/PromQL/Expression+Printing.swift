extension Expression: CustomStringConvertible {
    /// The canonical form; it parses to the same expression.
    package var description: String {
        switch node {
        case .number(let literal): Self.text(literal)
        case .string(let text): QuotedText.goQuote(text.bytes)
        case .parentheses(let inner): "(\(inner))"
        case .unary(let isNegative, let inner): (isNegative ? "-" : "+") + inner.description
        case .binary(let binary): Self.text(binary)
        case .aggregate(let aggregate): Self.text(aggregate)
        case .call(let call):
            call.function.name + "("
                + call.arguments.map(\.description).joined(separator: ", ") + ")"
        case .vectorSelector(let selector): Self.text(selector) + Self.text(selector.shift)
        case .matrixSelector(let matrix):
            Self.text(matrix.selector) + "[" + PromQLDuration.format(matrix.window) + "]"
                + Self.text(matrix.selector.shift)
        case .subquery(let subquery):
            subquery.expression.description + "[" + PromQLDuration.format(subquery.window) + ":"
                + (subquery.step > 0 ? PromQLDuration.format(subquery.step) : "") + "]"
                + Self.text(subquery.shift)
        }
    }

    private static func text(_ literal: NumberLiteral) -> String {
        literal.isDuration
            ? PromQLDuration.format(Int64((literal.value * 1000).rounded()))
            : GoNumber.format(literal.value, .f)
    }

    private static func text(_ binary: Binary) -> String {
        var middle = " " + binary.op.rawValue + (binary.returnsBool ? " bool" : "")
        if let matching = binary.matching, binary.left.type == .vector, binary.right.type == .vector
        {
            if matching.isOn || !matching.labels.isEmpty || matching.isGrouped {
                middle += matching.isOn ? " on " : " ignoring "
                middle += list(matching.labels)
            }
            if matching.isGrouped {
                middle += matching.cardinality == .manyToOne ? " group_left " : " group_right "
                middle += list(matching.include)
            }
        }
        return binary.left.description + middle + " " + binary.right.description
    }

    private static func text(_ aggregate: Aggregate) -> String {
        var text = aggregate.op.rawValue
        if aggregate.isWithout {
            text += " without " + list(aggregate.grouping) + " "
        } else if !aggregate.grouping.isEmpty {
            text += " by " + list(aggregate.grouping) + " "
        }
        let arguments = [aggregate.parameter, aggregate.expression].compactMap { $0?.description }
        return text + "(" + arguments.joined(separator: ", ") + ")"
    }

    private static func text(_ selector: VectorSelector) -> String {
        let name = selector.name
        var matchers: [String] = []
        for matcher in selector.matchers {
            if !name.isEmpty, matcher == LabelMatcher(equal: LabelName.metricName, name) {
                continue
            }
            matchers.append(
                label(matcher.name) + matcher.kind.rawValue
                    + QuotedText.goQuote(matcher.value.bytes))
        }
        if matchers.isEmpty { return name.string }
        return name.string + "{" + matchers.sorted().joined(separator: ",") + "}"
    }

    private static func text(_ shift: TimeShift) -> String {
        var text = ""
        switch shift.at {
        case .time(let time): text += " @ " + GoNumber.fixed(Double(time) / 1000, 3)
        case .start: text += " @ start()"
        case .end: text += " @ end()"
        case nil: break
        }
        if shift.offset != 0 { text += " offset " + PromQLDuration.format(shift.offset) }
        return text
    }

    private static func list(_ labels: [ByteText]) -> String {
        "(" + labels.map(label).joined(separator: ", ") + ")"
    }

    private static func label(_ name: ByteText) -> String {
        Identifier.isLabelName(name.bytes) ? name.string : QuotedText.goQuote(name.bytes)
    }
}

extension Expression.VectorMatching {
    fileprivate var isGrouped: Bool { cardinality == .manyToOne || cardinality == .oneToMany }
}
