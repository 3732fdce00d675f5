/// Finds errors of type, matching and arity in a parsed expression. The messages and their order
/// are the reference's.
struct ExpressionCheck {
    private let bytes: [UInt8]
    private(set) var errors: [ParseError] = []

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private mutating func fail(_ message: String, _ range: PositionRange) {
        errors.append(ParseError(message, range))
    }

    mutating func check(_ expression: Expression) {
        switch expression.node {
        case .number, .string: break
        case .parentheses(let inner): check(inner)
        case .unary(_, let inner):
            check(inner)
            if inner.type != .scalar, inner.type != .vector {
                fail(
                    "unary expression only allowed on expressions of type scalar or instant "
                        + "vector, got \"\(inner.type.description)\"", expression.range)
            }
        case .binary(let binary): check(binary, expression.range)
        case .aggregate(let aggregate): check(aggregate)
        case .call(let call): check(call, expression.range)
        case .vectorSelector(let selector): check(selector, expression.range)
        case .matrixSelector(let matrix): check(matrix.selector, matrix.selectorRange)
        case .subquery(let subquery):
            check(subquery.expression)
            if subquery.expression.type != .vector {
                fail(
                    "subquery is only allowed on instant vector, got "
                        + "\(subquery.expression.type.rawValue) instead", expression.range)
            }
        }
    }

    private mutating func expect(_ type: ValueType, _ expression: Expression, in context: String) {
        check(expression)
        if expression.type != type {
            fail(
                "expected type \(type.description) in \(context), got "
                    + expression.type.description, expression.range)
        }
    }

    private mutating func check(_ aggregate: Expression.Aggregate) {
        expect(.vector, aggregate.expression, in: "aggregation expression")
        guard let parameter = aggregate.parameter else { return }
        let type: ValueType = aggregate.op == .countValues ? .string : .scalar
        expect(type, parameter, in: "aggregation parameter")
    }

    private mutating func check(_ call: Expression.Call, _ range: PositionRange) {
        let function = call.function
        let wanted = function.arguments.count
        let got = call.arguments.count
        let tail = "argument(s) in call to \"\(function.name)\", got \(got)"
        if function.variadic == 0 {
            if wanted != got { fail("expected \(wanted) \(tail)", range) }
        } else if wanted - 1 > got {
            fail("expected at least \(wanted - 1) \(tail)", range)
        } else if function.variadic > 0, wanted - 1 + function.variadic < got {
            fail("expected at most \(wanted - 1 + function.variadic) \(tail)", range)
        }
        for (position, argument) in call.arguments.enumerated() {
            if position >= wanted, function.variadic == 0 { break }
            guard wanted > 0 else { break }
            let type = function.arguments[min(position, wanted - 1)]
            expect(type, argument, in: "call to function \"\(function.name)\"")
        }
    }

    private mutating func check(_ selector: Expression.VectorSelector, _ range: PositionRange) {
        if !selector.name.isEmpty {
            for matcher in selector.matchers.dropLast() where matcher.name == LabelName.metricName {
                fail(
                    "metric name must not be set twice: "
                        + "\(QuotedText.goQuote(selector.name.bytes)) or "
                        + QuotedText.goQuote(matcher.value.bytes), range)
            }
        } else if selector.matchers.allSatisfy(\.matchesEmpty) {
            fail("vector selector must contain at least one non-empty matcher", range)
        }
    }

    // MARK: Binary operators

    private mutating func check(_ binary: Expression.Binary, _ range: PositionRange) {
        check(binary.left)
        check(binary.right)
        let (left, right) = (binary.left.type, binary.right.type)
        if binary.returnsBool, !binary.op.isComparison {
            fail(
                "bool modifier can only be used on comparison operators", operatorRange(binary))
        }
        if binary.op.isComparison, !binary.returnsBool, left == .scalar, right == .scalar {
            fail("comparisons between scalars must use BOOL modifier", operatorRange(binary))
        }
        if let matching = binary.matching, matching.isOn {
            for label in matching.labels where matching.include.contains(label) {
                fail(
                    "label \(QuotedText.goQuote(label.bytes)) must not occur in ON and GROUP clause"
                        + " at once", operatorRange(binary))
            }
        }
        for side in [binary.left, binary.right] where side.type != .scalar && side.type != .vector {
            fail(
                "binary expression must contain only scalar and instant vector types", side.range)
        }
        if left != .vector || right != .vector {
            if !(binary.matching?.labels.isEmpty ?? true) {
                fail("vector matching only allowed between instant vectors", range)
            }
        } else if binary.op.isSet, binary.matching?.cardinality != .manyToMany {
            fail("no grouping allowed for \"\(binary.op.rawValue)\" operation", range)
        }
        if left == .scalar || right == .scalar, binary.op.isSet {
            fail(
                "set operator \"\(binary.op.rawValue)\" not allowed in binary scalar expression",
                range)
        }
    }

    /// From the operator to the last byte before the right side that is not blank.
    private func operatorRange(_ binary: Expression.Binary) -> PositionRange {
        var start = binary.left.range.end
        while start < bytes.count, isBlank(bytes[start]) { start += 1 }
        var end = binary.right.range.start - 1
        while end > start, isBlank(bytes[end]) { end -= 1 }
        return PositionRange(start, end)
    }

    private func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}

extension Expression {
    /// Parses `text`.
    /// - Throws: `.parse` with the position, or `.notImplemented`.
    package static func parse(_ text: String) throws(QueryError) -> Expression {
        try parse(bytes: Array(text.utf8))
    }

    package static func parse(bytes: [UInt8]) throws(QueryError) -> Expression {
        do throws(ParseError) {
            var parser = try Parser(bytes)
            var expression = try parser.parse()
            expression.lineBreaks = bytes.indices.filter { bytes[$0] == 0x0A }
            return expression
        } catch {
            throw error.queryError(in: bytes)
        }
    }
}
