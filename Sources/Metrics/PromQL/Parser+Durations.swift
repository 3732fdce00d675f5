/// A duration as it was written.
struct DurationOperand {
    /// Of a literal: seconds. Of arithmetic, which is refused: 0.
    var seconds: Double
    /// A number or duration with signs before it.
    var isLiteral: Bool
    /// As it is printed; empty for arithmetic.
    var text: String
    var range: PositionRange

    static func arithmetic(_ range: PositionRange) -> DurationOperand {
        DurationOperand(seconds: 0, isLiteral: false, text: "", range: range)
    }

    /// Milliseconds, cut off as the reference does, which counts nanoseconds.
    var milliseconds: Int64 {
        let nanoseconds = (seconds * 1e9).rounded()
        let whole = Int64(exactly: nanoseconds) ?? (nanoseconds < 0 ? .min : .max)
        return whole / 1_000_000
    }
}

/// Durations in brackets and behind `offset`.
///
/// Arithmetic on them is read in order to name the place, and refused: it is experimental in the
/// reference. Only a literal between parentheses behind a sign is let through, as there.
extension Parser {
    mutating func positiveDuration() throws(Stop) -> DurationOperand {
        let duration = try duration(minimum: 0)
        if duration.isLiteral, duration.seconds <= 0 {
            fail("duration must be greater than 0", duration.range)
        }
        return duration
    }

    /// What follows `offset`. A sign and a literal end it: `foo offset -1 ^ 2` raises `foo`.
    mutating func offsetDuration() throws(Stop) -> DurationOperand {
        try enter()
        defer { leave() }
        let first = peek()
        switch first.kind {
        case .number, .duration: return literalDuration()
        case .keyword(.step), .keyword(.range), .keyword(.minOf), .keyword(.maxOf):
            return refused(try durationCall())
        case .binary(.add), .binary(.subtract): break
        default: return try duration(minimum: 0)
        }
        take()
        let isNegative = first.kind == .binary(.subtract)
        switch peek().kind {
        case .number, .duration:
            let literal = literalDuration()
            return signed(literal, first, isNegative)
        case .keyword(.step), .keyword(.range), .keyword(.minOf), .keyword(.maxOf):
            return refused(signed(try durationCall(), first, isNegative))
        case .leftParenthesis:
            take()
            let inner = try duration(minimum: 0)
            _ = try expect(.rightParenthesis)
            return wrapped(inner, first, isNegative)
        default:
            let inner = try duration(minimum: BinaryOperator.unaryPrecedence + 1)
            return try durationArithmetic(signed(inner, first, isNegative), minimum: 0)
        }
    }

    private mutating func wrapped(
        _ inner: DurationOperand, _ sign: Token, _ isNegative: Bool
    ) -> DurationOperand {
        var result = inner
        result.isLiteral = false
        result.range.start = sign.position
        guard inner.isLiteral else { return result }
        result.text = isNegative ? "-(\(inner.text))" : "(\(inner.text))"
        result.seconds = isNegative ? -inner.seconds : inner.seconds
        return result
    }

    private func signed(
        _ inner: DurationOperand, _ sign: Token, _ isNegative: Bool
    ) -> DurationOperand {
        var result = inner
        result.range.start = sign.position
        if isNegative { result.seconds = -inner.seconds }
        if isNegative, inner.isLiteral {
            let isDouble = inner.text.hasPrefix("-")
            result.text = isDouble ? String(inner.text.dropFirst()) : "-" + inner.text
        }
        return result
    }

    @discardableResult
    private mutating func refused(_ operand: DurationOperand) -> DurationOperand {
        fail("experimental duration expression is not enabled", operand.range)
        return operand
    }

    // MARK: Arithmetic

    private mutating func duration(minimum: Int) throws(Stop) -> DurationOperand {
        try enter()
        defer { leave() }
        let first = peek()
        let left: DurationOperand
        switch first.kind {
        case .number, .duration: left = literalDuration()
        case .binary(.add), .binary(.subtract):
            take()
            let inner = try duration(minimum: BinaryOperator.unaryPrecedence + 1)
            left = signed(inner, first, first.kind == .binary(.subtract))
        case .keyword(.step), .keyword(.range), .keyword(.minOf), .keyword(.maxOf):
            left = refused(try durationCall())
        case .leftParenthesis:
            take()
            var inner = refused(try duration(minimum: 0))
            _ = try expect(.rightParenthesis)
            inner.isLiteral = false
            left = inner
        default: throw .unreported
        }
        return try durationArithmetic(left, minimum: minimum)
    }

    private mutating func durationArithmetic(
        _ first: DurationOperand, minimum: Int
    ) throws(Stop) -> DurationOperand {
        var left = first
        while case .binary(let op) = peek().kind, op.isArithmetic, op.precedence >= minimum {
            let token = take()
            let right = try duration(minimum: op.precedence + (op == .power ? 0 : 1))
            refused(left)
            let isByZero = right.isLiteral && right.seconds == 0
            if isByZero, op == .divide || op == .modulo {
                fail(op == .divide ? "division by zero" : "modulo by zero", token.range)
                left = DurationOperand(
                    seconds: 0, isLiteral: true, text: "0", range: PositionRange(0, 0))
            } else {
                left = .arithmetic(PositionRange(left.range.start, right.range.end))
            }
        }
        return left
    }

    /// `step()`, `range()`, `min_of(a, b)`, `max_of(a, b)`.
    private mutating func durationCall() throws(Stop) -> DurationOperand {
        let name = take()
        _ = try expect(.leftParenthesis)
        if name.kind == .keyword(.step) || name.kind == .keyword(.range) {
            let end = try expect(.rightParenthesis).end
            return .arithmetic(PositionRange(name.position, end))
        }
        let left = try duration(minimum: 0)
        _ = try expect(.comma)
        let right = try duration(minimum: 0)
        _ = try expect(.rightParenthesis)
        return .arithmetic(PositionRange(left.range.start, right.range.end))
    }

    /// The reference keeps durations in nanoseconds in 64 bits: 292 years.
    private mutating func literalDuration() -> DurationOperand {
        let range = peek().range
        let literal = numberLiteral()
        guard abs(literal.value) <= 0x1p63 / 1e9 else {
            fail("duration out of range", range)
            return DurationOperand(
                seconds: 0, isLiteral: true, text: "0", range: PositionRange(0, 0))
        }
        return DurationOperand(
            seconds: literal.value, isLiteral: true, text: literal.text, range: range)
    }
}

extension BinaryOperator {
    fileprivate var isArithmetic: Bool {
        switch self {
        case .add, .subtract, .multiply, .divide, .modulo, .power: true
        default: false
        }
    }
}
