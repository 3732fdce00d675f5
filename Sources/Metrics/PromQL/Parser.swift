/// Parses PromQL (Prometheus 3.14 with the features that are on by default).
///
/// A recursive descent over one token of look-ahead, which is read only where the grammar has to
/// see it: errors are listed in the order in which the reference finds them, and that includes an
/// error in the next token. Syntax errors end the parse; the first of all errors is the one that
/// people see. Types and matching are checked while the expression grows (`ExpressionCheck`) and
/// count only when the syntax is right.
struct Parser {
    /// The text breaks the grammar at the token ahead.
    enum Stop: Error {
        /// The construct around it says what it expected.
        case unreported
        case reported
    }

    /// An expression that is being put together.
    struct Operand {
        var expression: Expression
        /// What is wrong with its types and matching.
        var problems: [ParseError] = []
        /// A range of something that has none.
        var isRangeOfNothing = false
    }

    /// Parentheses, calls, signs and right-hand sides within each other. A level takes 6 KB of
    /// stack in a debug build, and a worker thread has 512 KB.
    static let nestingMax = 64
    /// Further errors are not listed.
    private static let errorsMax = 20_000

    let bytes: [UInt8]
    private var lexer: Lexer
    private var ahead: Token?
    /// End of the last token read that may close an expression.
    private(set) var lastClosing = 0
    private var nesting = 0
    private var tooHigh: PositionRange?
    private(set) var errors: [ParseError] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        lexer = Lexer(bytes)
    }

    /// The expression, or every error in the reference's order.
    mutating func parse() -> Result<Expression, ParseErrors> {
        do throws(Stop) {
            if peek().kind == .endOfInput {
                fail("no expression found in input", PositionRange(0, 0))
                throw .reported
            }
            let operand = try expression(minimum: 0)
            guard peek().kind == .endOfInput else { throw .unreported }
            if errors.isEmpty { errors = operand.problems }
            if let tooHigh, errors.isEmpty { failTooHigh(tooHigh) }
            if errors.isEmpty { return .success(operand.expression) }
        } catch {
            _ = report(error)
        }
        return .failure(ParseErrors(list: errors))
    }

    // MARK: Tokens

    /// The token ahead. Reading it records an error of the text in it.
    mutating func peek() -> Token {
        if let ahead { return ahead }
        var token = lexer.next()
        while token.kind == .comment { token = lexer.next() }
        switch token.kind {
        case .error(let message): fail(message, PositionRange(token.position, bytes.count))
        case .rightBrace, .rightParenthesis, .rightBracket, .duration, .number:
            lastClosing = token.end
        default: break
        }
        ahead = token
        return token
    }

    @discardableResult
    mutating func take() -> Token {
        let token = peek()
        ahead = nil
        return token
    }

    mutating func expect(_ kind: Token.Kind) throws(Stop) -> Token {
        guard peek().kind == kind else { throw .unreported }
        return take()
    }

    // MARK: Errors

    mutating func fail(_ message: String, _ range: PositionRange) {
        if errors.count < Self.errorsMax { errors.append(ParseError(message, range)) }
    }

    /// Says that the token ahead is out of place, unless an inner construct or the text said so.
    mutating func report(_ stop: Stop, in context: String = "", expected: String = "") -> Stop {
        guard case .unreported = stop else { return stop }
        let token = peek()
        if case .error = token.kind { return .reported }
        var message = "unexpected " + token.description
        if !context.isEmpty { message += " in " + context }
        if !expected.isEmpty { message += ", expected " + expected }
        fail(message, token.range)
        return .reported
    }

    mutating func enter() throws(Stop) {
        nesting += 1
        guard nesting <= Self.nestingMax else {
            fail(
                "the expression nests more than \(Self.nestingMax) levels deep; split it into "
                    + "recording rules or smaller queries", peek().range)
            throw .reported
        }
    }

    mutating func leave() { nesting -= 1 }

    private mutating func failTooHigh(_ range: PositionRange) {
        fail(
            "the expression has more than \(Expression.heightMax) levels; shorten the chain of "
                + "operators or split it", range)
    }

    /// Replaces what became too high by something flat of the same type, so that its errors can
    /// still be listed; the parse fails in the end.
    mutating func limit(_ operand: inout Operand) {
        guard operand.expression.height > Expression.heightMax else { return }
        if tooHigh == nil { tooHigh = operand.expression.range }
        operand.expression = operand.expression.flattened
    }

    // MARK: Operators

    mutating func expression(minimum: Int) throws(Stop) -> Operand {
        try enter()
        defer { leave() }
        var left = try unary()
        while case .binary(let op) = peek().kind, op.precedence >= minimum {
            take()
            let modifiers = try modifiers()
            let isRightAssociative = op == .power
            let right = try expression(minimum: op.precedence + (isRightAssociative ? 0 : 1))
            combine(&left, op, right, modifiers)
            limit(&left)
        }
        return left
    }

    private struct Modifiers {
        var returnsBool = false
        var fills = false
        var matching = Expression.VectorMatching(
            cardinality: .oneToOne, labels: [], isOn: false, include: [], isExplicit: false)
    }

    /// Joins `right` to `left`; in place, because a chain carries its problems along.
    private mutating func combine(
        _ left: inout Operand, _ op: BinaryOperator, _ right: Operand, _ modifiers: Modifiers
    ) {
        var matching = modifiers.matching
        if op.isSet, matching.cardinality == .oneToOne { matching.cardinality = .manyToMany }
        let node = Expression.Binary(
            op: op, left: left.expression, right: right.expression,
            returnsBool: modifiers.returnsBool, matching: matching)
        let range = PositionRange(left.expression.range.start, right.expression.range.end)
        if modifiers.fills {
            fail("binop fill modifiers are experimental and not enabled", range)
        }
        left.problems += right.problems
        ExpressionCheck(bytes).check(node, range, &left.problems)
        left.expression = Expression(node: .binary(node), range: range)
        left.isRangeOfNothing = false
    }

    /// `bool`, `on (…)`, `ignoring (…)`, `group_left (…)`, `group_right (…)`, `fill (…)`.
    private mutating func modifiers() throws(Stop) -> Modifiers {
        var modifiers = Modifiers()
        if peek().kind == .keyword(.bool) {
            modifiers.returnsBool = true
            take()
        }
        if case .keyword(let keyword) = peek().kind, keyword == .on || keyword == .ignoring {
            take()
            modifiers.matching.isOn = keyword == .on
            modifiers.matching.isExplicit = true
            modifiers.matching.labels = try grouping()
            if case .keyword(let side) = peek().kind, side == .groupLeft || side == .groupRight {
                take()
                modifiers.matching.cardinality = side == .groupLeft ? .manyToOne : .oneToMany
                if peek().kind == .leftParenthesis { modifiers.matching.include = try grouping() }
            }
        }
        while case .keyword(let keyword) = peek().kind,
            [.fill, .fillLeft, .fillRight].contains(keyword)
        {
            take()
            try fillValue()
            modifiers.fills = true
        }
        return modifiers
    }

    private mutating func fillValue() throws(Stop) {
        _ = try expect(.leftParenthesis)
        if case .binary(let op) = peek().kind, op == .add || op == .subtract { take() }
        guard peek().kind == .number || peek().kind == .duration else { throw .unreported }
        _ = numberLiteral()
        _ = try expect(.rightParenthesis)
    }

    private mutating func unary() throws(Stop) -> Operand {
        guard case .binary(let op) = peek().kind, op == .add || op == .subtract else {
            var operand = try primary()
            try postfix(&operand)
            return operand
        }
        let start = take().position
        var inner = try expression(minimum: BinaryOperator.unaryPrecedence + 1)
        let range = PositionRange(start, inner.expression.range.end)
        if case .number(var literal) = inner.expression.node {
            if op == .subtract { literal.value = -literal.value }
            inner.expression = Expression(node: .number(literal), range: range)
            return inner
        }
        ExpressionCheck(bytes).check(unary: inner.expression, range, &inner.problems)
        inner.expression = Expression(
            node: .unary(isNegative: op == .subtract, inner.expression), range: range)
        limit(&inner)
        return inner
    }
}
