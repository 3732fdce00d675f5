import Metrics

extension Expression {
    /// Every metric name it reads.
    var metricNames: Set<String> {
        var names: Set<String> = []
        visit { expression in
            switch expression.node {
            case .vectorSelector(let selector) where !selector.name.isEmpty:
                names.insert(selector.name.string)
            case .matrixSelector(let matrix) where !matrix.selector.name.isEmpty:
                names.insert(matrix.selector.name.string)
            default: break
            }
        }
        return names
    }

    /// Numerator and denominator when it is one division; the part before `or` when it is a choice.
    var quotient: (numerator: Expression, denominator: Expression)? {
        guard case .binary(let binary) = unwrapped.node else { return nil }
        if binary.op == .or { return binary.left.quotient }
        guard binary.op == .divide else { return nil }
        return (binary.left, binary.right)
    }

    /// With every ungrouped `sum` grouped by `labels`; nil when there is none.
    func grouped(by labels: [String]) -> Expression? {
        var found = false
        let result = mapped { expression in
            guard case .aggregate(var aggregate) = expression.node, aggregate.op == .sum,
                aggregate.grouping.isEmpty, !aggregate.isWithout
            else { return nil }
            found = true
            aggregate.grouping = labels.map { ByteText($0) }
            var grouped = expression
            grouped.node = .aggregate(aggregate)
            return grouped
        }
        return found ? result : nil
    }

    /// With every `rate`, `irate` and `increase` replaced by the counter itself: averages since the
    /// process started, right for ratios and quantiles. Nil when there is none.
    var sinceStart: Expression? {
        var found = false
        let result = mapped { expression in
            guard case .call(let call) = expression.node,
                ["rate", "irate", "increase"].contains(call.function.name),
                let argument = call.arguments.first,
                case .matrixSelector(let matrix) = argument.unwrapped.node
            else { return nil }
            found = true
            var counter = expression
            counter.node = .vectorSelector(matrix.selector)
            return counter
        }
        return found ? result : nil
    }

    private func visit(_ body: (Expression) -> Void) {
        body(self)
        switch node {
        case .number, .string, .vectorSelector, .matrixSelector: break
        case .parentheses(let inner), .unary(_, let inner): inner.visit(body)
        case .binary(let binary):
            binary.left.visit(body)
            binary.right.visit(body)
        case .aggregate(let aggregate):
            aggregate.parameter?.visit(body)
            aggregate.expression.visit(body)
        case .call(let call): for argument in call.arguments { argument.visit(body) }
        case .subquery(let subquery): subquery.expression.visit(body)
        }
    }

    /// A copy in which `replace` was applied from the outside in; where it returns a value, the
    /// inside of that value is left alone.
    private func mapped(_ replace: (Expression) -> Expression?) -> Expression {
        if let replaced = replace(self) { return replaced }
        var copy = self
        switch node {
        case .number, .string, .vectorSelector, .matrixSelector: break
        case .parentheses(let inner): copy.node = .parentheses(inner.mapped(replace))
        case .unary(let isNegative, let inner):
            copy.node = .unary(isNegative: isNegative, inner.mapped(replace))
        case .binary(var binary):
            binary.left = binary.left.mapped(replace)
            binary.right = binary.right.mapped(replace)
            copy.node = .binary(binary)
        case .aggregate(var aggregate):
            aggregate.expression = aggregate.expression.mapped(replace)
            copy.node = .aggregate(aggregate)
        case .call(var call):
            call.arguments = call.arguments.map { $0.mapped(replace) }
            copy.node = .call(call)
        case .subquery(var subquery):
            subquery.expression = subquery.expression.mapped(replace)
            copy.node = .subquery(subquery)
        }
        return copy
    }
}
