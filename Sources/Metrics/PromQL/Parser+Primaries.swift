/// Literals, parentheses, calls and aggregations.
extension Parser {
    mutating func primary() throws(Stop) -> Operand {
        let start = peek()
        switch start.kind {
        case .number, .duration:
            return Operand(
                expression: Expression(node: .number(numberLiteral()), range: start.range))
        case .string:
            return Operand(expression: Expression(node: .string(string()), range: start.range))
        case .leftParenthesis: return try parentheses()
        case .leftBrace: return try selector(name: nil, start: start.position)
        case .aggregation(let aggregation):
            take()
            switch peek().kind {
            case .leftParenthesis, .keyword(.by), .keyword(.without):
                return try aggregate(aggregation, start: start)
            default: return try selector(name: start, start: start.position)
            }
        default:
            guard start.isMetricName else { throw .unreported }
            take()
            if start.isFunctionName, peek().kind == .leftParenthesis { return try call(start) }
            return try selector(name: start, start: start.position)
        }
    }

    private mutating func parentheses() throws(Stop) -> Operand {
        let start = take().position
        var operand = try expression(minimum: 0)
        let end = try expect(.rightParenthesis).end
        operand.expression = Expression(
            node: .parentheses(operand.expression), range: PositionRange(start, end))
        operand.isRangeOfNothing = false
        limit(&operand)
        return operand
    }

    // MARK: Calls

    private mutating func call(_ name: Token) throws(Stop) -> Operand {
        let arguments = try arguments()
        let range = PositionRange(name.position, lastClosing)
        guard let function = PromQLFunction.all[name.text.string] else {
            fail(
                "unknown function with name \(QuotedText.goQuote(name.text.bytes))", name.range)
            return Operand(expression: .placeholder(.vector, range))
        }
        if function.isExperimental {
            fail("function \(QuotedText.goQuote(name.text.bytes)) is not enabled", name.range)
        }
        let problems = ExpressionCheck(bytes).check(function, arguments, range)
        let node = Expression.Call(function: function, arguments: arguments.map(\.expression))
        var operand = Operand(
            expression: Expression(node: .call(node), range: range), problems: problems)
        limit(&operand)
        return operand
    }

    private mutating func arguments() throws(Stop) -> [Operand] {
        _ = try expect(.leftParenthesis)
        var arguments: [Operand] = []
        if peek().kind == .rightParenthesis {
            take()
            return arguments
        }
        arguments.append(try expression(minimum: 0))
        while peek().kind == .comma {
            let comma = take()
            if peek().startsExpression {
                arguments.append(try expression(minimum: 0))
            } else {
                fail("trailing commas not allowed in function call args", comma.range)
            }
        }
        _ = try expect(.rightParenthesis)
        return arguments
    }

    // MARK: Aggregations

    private typealias Grouping = (labels: [ByteText], isWithout: Bool)

    private mutating func aggregate(
        _ aggregation: Aggregation, start: Token
    ) throws(Stop) -> Operand {
        var modifier: Grouping?
        let operands: [Operand]
        do throws(Stop) {
            modifier = try aggregateModifier()
            operands = try arguments()
        } catch {
            if case .reported = error { throw error }
            let stop = report(error, in: "aggregation")
            fail(
                "no arguments for aggregate expression provided",
                PositionRange(start.position, lastClosing))
            throw stop
        }
        var range = PositionRange(start.position, lastClosing)
        if modifier == nil {
            modifier = try aggregateModifier()
            if modifier != nil { range.end = lastClosing }
        }
        var operand = aggregate(aggregation, operands, modifier, range)
        limit(&operand)
        return operand
    }

    private mutating func aggregate(
        _ aggregation: Aggregation, _ operands: [Operand], _ modifier: Grouping?,
        _ range: PositionRange
    ) -> Operand {
        let placeholder = Operand(expression: .placeholder(.vector, range))
        guard let expression = operands.last?.expression else {
            fail("no arguments for aggregate expression provided", range)
            return placeholder
        }
        if aggregation.isExperimental {
            fail(
                "\(aggregation.rawValue)() is experimental and must be enabled with "
                    + "--enable-feature=promql-experimental-functions", range)
            return placeholder
        }
        let wanted = aggregation.takesParameter ? 2 : 1
        guard operands.count == wanted else {
            fail(
                "wrong number of arguments for aggregate expression provided, expected \(wanted), "
                    + "got \(operands.count)", range)
            return placeholder
        }
        let node = Expression.Aggregate(
            op: aggregation, expression: expression,
            parameter: aggregation.takesParameter ? operands[0].expression : nil,
            grouping: modifier?.labels ?? [], isWithout: modifier?.isWithout ?? false)
        return Operand(
            expression: Expression(node: .aggregate(node), range: range),
            problems: ExpressionCheck(bytes).check(aggregation, operands))
    }

    private mutating func aggregateModifier() throws(Stop) -> Grouping? {
        switch peek().kind {
        case .keyword(.by):
            take()
            return (try grouping(), false)
        case .keyword(.without):
            take()
            return (try grouping(), true)
        default: return nil
        }
    }

    /// `(label, "quoted label", …)`; a trailing comma is allowed.
    mutating func grouping() throws(Stop) -> [ByteText] {
        let context = "grouping opts"
        guard peek().kind == .leftParenthesis else {
            throw report(.unreported, in: context, expected: "\"(\"")
        }
        take()
        var labels: [ByteText] = []
        while peek().kind != .rightParenthesis {
            let token = peek()
            if token.kind == .string {
                labels.append(string())
            } else if token.isLabelName {
                labels.append(take().text)
            } else {
                throw report(.unreported, in: context, expected: "label")
            }
            if labels[labels.count - 1].isEmpty {
                fail("invalid label name for grouping: \"\"", token.range)
            }
            if peek().kind == .comma {
                take()
            } else if peek().kind != .rightParenthesis {
                throw report(.unreported, in: context, expected: "\",\" or \")\"")
            }
        }
        take()
        return labels
    }

    // MARK: Literals

    /// The number or duration ahead. One that cannot be read is an error and counts as zero.
    mutating func numberLiteral() -> Expression.NumberLiteral {
        let token = take()
        let shown = QuotedText.goQuote(token.text.bytes)
        if token.kind == .duration {
            do throws(PromQLDuration.Problem) {
                let milliseconds = try PromQLDuration.read(token.text.bytes)
                return Expression.NumberLiteral(
                    value: Double(milliseconds) / 1000, isDuration: true)
            } catch {
                fail(error.message, token.range)
                return Expression.NumberLiteral(value: 0, isDuration: true)
            }
        }
        switch NumberText.read(token.text.bytes) {
        case .number(let value): return Expression.NumberLiteral(value: value, isDuration: false)
        case .outOfRange:
            fail(
                "error parsing number: strconv.ParseFloat: parsing \(shown): value out of range",
                token.range)
        case .malformed:
            fail(
                "error parsing number: strconv.ParseFloat: parsing \(shown): invalid syntax",
                token.range)
        }
        return Expression.NumberLiteral(value: 0, isDuration: false)
    }

    /// The text of the string ahead.
    mutating func string() -> ByteText {
        ByteText(StringLiteral.decode(take().text.bytes))
    }
}
