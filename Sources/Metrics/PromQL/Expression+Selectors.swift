extension Expression {
    /// Every selector in the expression, in the order of the text.
    package var selectors: [VectorSelector] {
        switch node {
        case .number, .string: []
        case .parentheses(let inner), .unary(_, let inner): inner.selectors
        case .binary(let binary): binary.left.selectors + binary.right.selectors
        case .aggregate(let aggregate):
            (aggregate.parameter?.selectors ?? []) + aggregate.expression.selectors
        case .call(let call): call.arguments.flatMap(\.selectors)
        case .vectorSelector(let selector): [selector]
        case .matrixSelector(let matrix): [matrix.selector]
        case .subquery(let subquery): subquery.expression.selectors
        }
    }

    /// The names of the metrics it reads, each once, sorted. A selector without one fixed name
    /// (`{__name__=~"…"}`) adds none.
    package var metricNames: [String] {
        var names = Set<String>()
        for selector in selectors {
            for matcher in selector.matchers
            where matcher.kind == .equal && matcher.name == LabelName.metricName {
                names.insert(matcher.value.string)
            }
        }
        return names.sorted()
    }
}

/// The same type under a name that no other module uses: `Expression` alone is ambiguous in a file
/// that also imports FoundationEssentials.
package typealias PromQLExpression = Expression
