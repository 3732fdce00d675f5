/// Finds errors of type, matching and arity in a node whose parts were checked before. The messages
/// and their order are the reference's.
struct ExpressionCheck {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func check(
        unary inner: Expression, _ range: PositionRange, _ problems: inout [ParseError]
    ) {
        guard inner.type != .scalar, inner.type != .vector else { return }
        problems.append(
            ParseError(
                "unary expression only allowed on expressions of type scalar or instant vector, "
                    + "got \"\(inner.type.description)\"", range))
    }

    func check(
        _ subquery: Expression.Subquery, _ range: PositionRange, _ problems: inout [ParseError]
    ) {
        guard subquery.expression.type != .vector else { return }
        problems.append(
            ParseError(
                "subquery is only allowed on instant vector, got "
                    + "\(subquery.expression.type.rawValue) instead", range))
    }

    func check(
        _ selector: Expression.VectorSelector, _ range: PositionRange,
        _ problems: inout [ParseError]
    ) {
        if !selector.name.isEmpty {
            for matcher in selector.matchers.dropLast() where matcher.name == LabelName.metricName {
                problems.append(
                    ParseError(
                        "metric name must not be set twice: "
                            + "\(QuotedText.goQuote(selector.name.bytes)) or "
                            + QuotedText.goQuote(matcher.value.bytes), range))
            }
        } else if selector.matchers.allSatisfy(\.matchesEmpty) {
            problems.append(
                ParseError(
                    "vector selector must contain at least one non-empty matcher", range))
        }
    }

    // MARK: Calls and aggregations

    private func problems(
        of operand: Parser.Operand, wanting type: ValueType, in context: String
    ) -> [ParseError] {
        let expression = operand.expression
        guard expression.type != type else { return operand.problems }
        let problem = ParseError(
            "expected type \(type.description) in \(context), got \(expression.type.description)",
            expression.range)
        return operand.problems + [problem]
    }

    /// The vector comes before the parameter, as the reference looks at them.
    func check(_ aggregation: Aggregation, _ operands: [Parser.Operand]) -> [ParseError] {
        guard let vector = operands.last else { return [] }
        var problems = problems(of: vector, wanting: .vector, in: "aggregation expression")
        if operands.count > 1 {
            problems += self.problems(
                of: operands[0], wanting: aggregation == .countValues ? .string : .scalar,
                in: "aggregation parameter")
        }
        return problems
    }

    func check(
        _ function: PromQLFunction, _ arguments: [Parser.Operand], _ range: PositionRange
    ) -> [ParseError] {
        var problems: [ParseError] = []
        let wanted = function.arguments.count
        let got = arguments.count
        func fail(_ count: String) {
            problems.append(
                ParseError(
                    "expected \(count) argument(s) in call to \"\(function.name)\", got \(got)",
                    range))
        }
        if function.variadic == 0 {
            if wanted != got { fail("\(wanted)") }
        } else if wanted - 1 > got {
            fail("at least \(wanted - 1)")
        } else if function.variadic > 0, wanted - 1 + function.variadic < got {
            fail("at most \(wanted - 1 + function.variadic)")
        }
        for (position, argument) in arguments.enumerated() {
            if position >= wanted, function.variadic == 0 { break }
            let type = function.arguments[min(position, wanted - 1)]
            problems += self.problems(
                of: argument, wanting: type, in: "call to function \"\(function.name)\"")
        }
        return problems
    }

    // MARK: Binary operators

    func check(
        _ binary: Expression.Binary, _ range: PositionRange, _ problems: inout [ParseError]
    ) {
        let (left, right) = (binary.left.type, binary.right.type)
        checkOperator(binary, &problems)
        for side in [binary.left, binary.right] where side.type != .scalar && side.type != .vector {
            problems.append(
                ParseError(
                    "binary expression must contain only scalar and instant vector types",
                    side.range))
        }
        if left != .vector || right != .vector {
            if !(binary.matching?.labels.isEmpty ?? true) {
                problems.append(
                    ParseError("vector matching only allowed between instant vectors", range))
            }
        } else if binary.op.isSet, binary.matching?.cardinality != .manyToMany {
            problems.append(
                ParseError("no grouping allowed for \"\(binary.op.rawValue)\" operation", range))
            problems.append(ParseError("set operations must always be many-to-many", range))
        }
        if left == .scalar || right == .scalar, binary.op.isSet {
            problems.append(
                ParseError(
                    "set operator \"\(binary.op.rawValue)\" not allowed in binary scalar "
                        + "expression", range))
        }
    }

    /// What is wrong with the words between the sides.
    private func checkOperator(_ binary: Expression.Binary, _ problems: inout [ParseError]) {
        if binary.returnsBool, !binary.op.isComparison {
            problems.append(
                ParseError(
                    "bool modifier can only be used on comparison operators",
                    operatorRange(binary)))
        }
        if binary.op.isComparison, !binary.returnsBool, binary.left.type == .scalar,
            binary.right.type == .scalar
        {
            problems.append(
                ParseError(
                    "comparisons between scalars must use BOOL modifier", operatorRange(binary)))
        }
        guard let matching = binary.matching, matching.isOn, !matching.include.isEmpty else {
            return
        }
        let included = Set(matching.include)
        for label in matching.labels where included.contains(label) {
            problems.append(
                ParseError(
                    "label \(QuotedText.goQuote(label.bytes)) must not occur in ON and GROUP clause"
                        + " at once", operatorRange(binary)))
        }
    }

    /// From the operator to the last byte before the right side that is not blank.
    private func operatorRange(_ binary: Expression.Binary) -> PositionRange {
        var start = binary.left.range.end
        while start < bytes.count, Lexer.isSpace(bytes[start]) { start += 1 }
        var end = binary.right.range.start - 1
        while end > start, Lexer.isSpace(bytes[end]) { end -= 1 }
        return PositionRange(start, end)
    }
}
