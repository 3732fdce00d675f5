/// Parses PromQL (Prometheus 3.14, experimental features off).
///
/// A recursive descent over one token of look-ahead. Syntax errors stop at once; errors of type and
/// matching are found by `ExpressionCheck` afterwards. Messages follow the reference's.
struct Parser {
    let bytes: [UInt8]
    private var lexer: Lexer
    private(set) var token: Token
    /// End of the token before `token`.
    private(set) var lastEnd = 0
    private var depth = 0
    /// Errors that do not stop the parse, in the order found.
    var errors: [ParseError] = []

    init(_ bytes: [UInt8]) throws(ParseError) {
        self.bytes = bytes
        lexer = Lexer(bytes)
        token = try lexer.next()
    }

    mutating func parse() throws(ParseError) -> Expression {
        if token.kind == .endOfInput {
            throw ParseError("no expression found in input", PositionRange(0, 0))
        }
        let expression = try binary(minimum: 0)
        guard token.kind == .endOfInput else { throw unexpected() }
        if let first = errors.first { throw first }
        var check = ExpressionCheck(bytes)
        check.check(expression)
        if let first = check.errors.first { throw first }
        return expression
    }

    // MARK: Tokens

    mutating func advance() throws(ParseError) {
        lastEnd = token.end
        token = try lexer.next()
    }

    func unexpected(in context: String = "", expected: String = "") -> ParseError {
        var message = "unexpected " + token.description
        if !context.isEmpty { message += " in " + context }
        if !expected.isEmpty { message += ", expected " + expected }
        return ParseError(message, token.range)
    }

    mutating func expect(
        _ kind: Token.Kind, in context: String, expected: String
    ) throws(ParseError) {
        guard token.kind == kind else { throw unexpected(in: context, expected: expected) }
        try advance()
    }

    // MARK: Operators

    mutating func binary(minimum: Int) throws(ParseError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Expression.heightMax else { throw tooDeep }
        var left = try unary()
        while case .binary(let op) = token.kind, op.precedence >= minimum {
            try advance()
            let (returnsBool, matching) = try modifiers()
            let isRightAssociative = op == .power
            let right = try binary(minimum: op.precedence + (isRightAssociative ? 0 : 1))
            left = combine(left, op, right, returnsBool: returnsBool, matching: matching)
            guard left.height <= Expression.heightMax else { throw tooDeep }
        }
        return left
    }

    private var tooDeep: ParseError {
        ParseError(
            "the expression has more than \(Expression.heightMax) levels; shorten the chain of "
                + "operators or split it", token.range)
    }

    private func combine(
        _ left: Expression, _ op: BinaryOperator, _ right: Expression, returnsBool: Bool,
        matching: Expression.VectorMatching
    ) -> Expression {
        var matching = matching
        if op.isSet, matching.cardinality == .oneToOne { matching.cardinality = .manyToMany }
        let node = Expression.Binary(
            op: op, left: left, right: right, returnsBool: returnsBool, matching: matching)
        return Expression(
            node: .binary(node), range: PositionRange(left.range.start, right.range.end))
    }

    /// `bool`, `on (…)`, `ignoring (…)`, `group_left (…)`, `group_right (…)`.
    private mutating func modifiers() throws(ParseError) -> (Bool, Expression.VectorMatching) {
        var returnsBool = false
        if token.kind == .keyword(.bool) {
            returnsBool = true
            try advance()
        }
        var matching = Expression.VectorMatching(
            cardinality: .oneToOne, labels: [], isOn: false, include: [], isExplicit: false)
        if case .keyword(let keyword) = token.kind, keyword == .on || keyword == .ignoring {
            try advance()
            matching.isOn = keyword == .on
            matching.isExplicit = true
            matching.labels = try grouping()
            if case .keyword(let side) = token.kind, side == .groupLeft || side == .groupRight {
                try advance()
                matching.cardinality = side == .groupLeft ? .manyToOne : .oneToMany
                if token.kind == .leftParenthesis { matching.include = try grouping() }
            }
        }
        try refuseFill()
        return (returnsBool, matching)
    }

    /// `fill (0)` is a modifier; `fill` alone is a metric.
    private mutating func refuseFill() throws(ParseError) {
        guard case .keyword(let keyword) = token.kind,
            [.fill, .fillLeft, .fillRight].contains(keyword)
        else { return }
        var lookahead = lexer
        if try lookahead.next().kind == .leftParenthesis {
            throw .notImplemented(keyword.rawValue, token.range)
        }
    }

    private mutating func unary() throws(ParseError) -> Expression {
        guard case .binary(let op) = token.kind, op == .add || op == .subtract else {
            return try postfix(primary())
        }
        let start = token.position
        try advance()
        let inner = try binary(minimum: BinaryOperator.unaryPrecedence + 1)
        let range = PositionRange(start, inner.range.end)
        if case .number(var literal) = inner.node {
            if op == .subtract { literal.value = -literal.value }
            return Expression(node: .number(literal), range: range)
        }
        return Expression(node: .unary(isNegative: op == .subtract, inner), range: range)
    }

    // MARK: Primaries

    private mutating func primary() throws(ParseError) -> Expression {
        let start = token
        switch token.kind {
        case .number, .duration:
            let literal = try numberLiteral()
            return Expression(node: .number(literal), range: start.range)
        case .string:
            let text = try string()
            return Expression(node: .string(text), range: start.range)
        case .leftParenthesis:
            try advance()
            let inner = try binary(minimum: 0)
            guard token.kind == .rightParenthesis else { throw unexpected() }
            try advance()
            return Expression(
                node: .parentheses(inner), range: PositionRange(start.position, lastEnd))
        case .leftBrace: return try selector(name: nil, start: start.position)
        case .aggregation(let aggregation):
            try advance()
            switch token.kind {
            case .leftParenthesis, .keyword(.by), .keyword(.without):
                return try aggregate(aggregation, start: start)
            default: return try selector(name: start, start: start.position)
            }
        default:
            guard start.isMetricName else { throw unexpected() }
            try advance()
            if token.kind == .leftParenthesis, start.kind != .metricIdentifier {
                return try call(start)
            }
            return try selector(name: start, start: start.position)
        }
    }

    private mutating func call(_ name: Token) throws(ParseError) -> Expression {
        guard let function = PromQLFunction.all[name.text.string] else {
            throw ParseError(
                "unknown function with name \(QuotedText.goQuote(name.text.bytes))", name.range)
        }
        guard !function.isExperimental else {
            throw ParseError(
                "function \(QuotedText.goQuote(name.text.bytes)) is not enabled", name.range)
        }
        let arguments = try arguments()
        return Expression(
            node: .call(Expression.Call(function: function, arguments: arguments)),
            range: PositionRange(name.position, lastEnd))
    }

    private mutating func arguments() throws(ParseError) -> [Expression] {
        try expect(.leftParenthesis, in: "function call", expected: "\"(\"")
        var arguments: [Expression] = []
        if token.kind == .rightParenthesis {
            try advance()
            return arguments
        }
        while true {
            arguments.append(try binary(minimum: 0))
            let comma = token
            if token.kind == .rightParenthesis {
                try advance()
                return arguments
            }
            guard token.kind == .comma else { throw unexpected() }
            try advance()
            if token.kind == .rightParenthesis {
                throw ParseError("trailing commas not allowed in function call args", comma.range)
            }
        }
    }

    private mutating func aggregate(
        _ aggregation: Aggregation, start: Token
    ) throws(ParseError) -> Expression {
        var modifier = try aggregateModifier()
        let arguments = try arguments()
        if modifier == nil { modifier = try aggregateModifier() }
        let range = PositionRange(start.position, lastEnd)
        if aggregation.isExperimental {
            throw .notImplemented(aggregation.rawValue, start.range)
        }
        guard !arguments.isEmpty else {
            throw ParseError("no arguments for aggregate expression provided", range)
        }
        let wanted = aggregation.takesParameter ? 2 : 1
        guard arguments.count == wanted, let expression = arguments.last else {
            throw ParseError(
                "wrong number of arguments for aggregate expression provided, expected \(wanted), "
                    + "got \(arguments.count)", range)
        }
        let node = Expression.Aggregate(
            op: aggregation, expression: expression,
            parameter: aggregation.takesParameter ? arguments[0] : nil,
            grouping: modifier?.labels ?? [], isWithout: modifier?.isWithout ?? false)
        return Expression(node: .aggregate(node), range: range)
    }

    private mutating func aggregateModifier() throws(ParseError) -> (
        labels: [ByteText], isWithout: Bool
    )? {
        switch token.kind {
        case .keyword(.by):
            try advance()
            return (try grouping(), false)
        case .keyword(.without):
            try advance()
            return (try grouping(), true)
        default: return nil
        }
    }

    /// `(label, "quoted label", …)`; a trailing comma is allowed.
    private mutating func grouping() throws(ParseError) -> [ByteText] {
        let context = "grouping opts"
        try expect(.leftParenthesis, in: context, expected: "\"(\"")
        var labels: [ByteText] = []
        while token.kind != .rightParenthesis {
            if token.kind == .string {
                labels.append(try string())
            } else {
                guard token.isLabelName else { throw unexpected(in: context, expected: "label") }
                labels.append(token.text)
                try advance()
            }
            if token.kind == .comma {
                try advance()
                if token.kind == .comma { throw unexpected(in: context, expected: "label") }
            } else if token.kind != .rightParenthesis {
                throw unexpected(in: context, expected: "\",\" or \")\"")
            }
        }
        try advance()
        return labels
    }
}
