extension Expression {
    /// Parses `text`.
    /// - Throws: `.parse` with the position and the first error's text.
    package static func parse(_ text: String) throws(QueryError) -> Expression {
        try parse(bytes: Array(text.utf8))
    }

    package static func parse(bytes: [UInt8]) throws(QueryError) -> Expression {
        var parser = Parser(bytes)
        switch parser.parse() {
        case .success(var expression):
            expression.lineBreaks = bytes.indices.filter { bytes[$0] == 0x0A }
            return expression
        case .failure(let errors):
            guard let first = errors.list.first else {
                throw QueryError(.execution, "the expression has an error that has no text")
            }
            throw first.queryError(in: bytes)
        }
    }

    /// Something flat of a type, to go on with after an error.
    static func placeholder(_ type: ValueType, _ range: PositionRange) -> Expression {
        let node: Node =
            switch type {
            case .scalar: .number(NumberLiteral(value: 0, isDuration: false))
            case .string: .string(.empty)
            case .vector: .parentheses(selector(range))
            case .matrix:
                .subquery(
                    Subquery(
                        expression: selector(range), window: 1, step: 0, shift: TimeShift()))
            }
        return Expression(node: node, range: range)
    }

    private static func selector(_ range: PositionRange) -> Expression {
        let node = VectorSelector(name: "x", matchers: [], shift: TimeShift())
        return Expression(node: .vectorSelector(node), range: range)
    }

    /// Something flat that behaves alike in what is said about it.
    var flattened: Expression {
        guard case .subquery(var subquery) = node else { return .placeholder(type, range) }
        subquery.expression = .placeholder(subquery.expression.type, subquery.expression.range)
        return Expression(node: .subquery(subquery), range: range)
    }
}

extension Expression.VectorSelector {
    mutating func setOffset(_ duration: DurationOperand) {
        shift.offset = duration.milliseconds
        writtenOffset = duration.isLiteral ? nil : duration.text
    }

    /// Whether an offset other than zero was given.
    var hasOffset: Bool { shift.offset != 0 || writtenOffset != nil }
}

extension Expression.Subquery {
    mutating func setOffset(_ duration: DurationOperand) {
        shift.offset = duration.milliseconds
        writtenOffset = duration.isLiteral ? nil : duration.text
    }

    /// Whether an offset other than zero was given.
    var hasOffset: Bool { shift.offset != 0 || writtenOffset != nil }
}
