/// Selectors, and what may follow an expression: `[5m]`, `[5m:1m]`, `offset 5m`, `@ 1234`.
extension Parser {
    // MARK: Selectors

    /// `name{matchers}`, with the name already taken.
    mutating func selector(name: Token?, start: Int) throws(Stop) -> Operand {
        var matchers: [LabelMatcher] = []
        var end = name?.end ?? start
        if peek().kind == .leftBrace {
            matchers = try self.matchers()
            end = lastClosing
        }
        if let name { matchers.append(LabelMatcher(equal: LabelName.metricName, name.text)) }
        let node = Expression.VectorSelector(
            name: name?.text ?? .empty, matchers: matchers, shift: Expression.TimeShift())
        return Operand(
            expression: Expression(node: .vectorSelector(node), range: PositionRange(start, end)))
    }

    private static let matching = "label matching"

    private mutating func matchers() throws(Stop) -> [LabelMatcher] {
        take()
        var matchers: [LabelMatcher] = []
        while peek().kind != .rightBrace {
            let name = peek()
            switch name.kind {
            case .identifier:
                take()
                guard let kind = peek().matcherKind else {
                    throw report(
                        .unreported, in: Self.matching, expected: "label matching operator")
                }
                if let matcher = try matcher(name, name.text, kind) { matchers.append(matcher) }
            case .string:
                let text = string()
                if let kind = peek().matcherKind {
                    if let matcher = try matcher(name, text, kind) { matchers.append(matcher) }
                } else {
                    matchers.append(LabelMatcher(equal: LabelName.metricName, text))
                }
            default:
                throw report(.unreported, in: Self.matching, expected: "identifier or \"}\"")
            }
            if peek().kind == .comma {
                take()
            } else if peek().kind != .rightBrace {
                throw report(.unreported, in: Self.matching, expected: "\",\" or \"}\"")
            }
        }
        take()
        return matchers
    }

    /// Nil after an error in the regular expression.
    private mutating func matcher(
        _ token: Token, _ name: ByteText, _ kind: LabelMatcher.Kind
    ) throws(Stop) -> LabelMatcher? {
        take()
        guard peek().kind == .string else {
            throw report(.unreported, in: Self.matching, expected: "string")
        }
        let end = peek().end
        let value = string()
        do throws(RegexPattern.SyntaxError) {
            return try LabelMatcher(kind, name: name, value: value)
        } catch {
            fail(error.message, PositionRange(token.position, end))
            return nil
        }
    }

    // MARK: Suffixes

    mutating func postfix(_ operand: inout Operand) throws(Stop) {
        while true {
            switch peek().kind {
            case .leftBracket: try bracketed(&operand)
            case .keyword(.offset): try offset(&operand)
            case .at: try atModifier(&operand)
            case .keyword(let keyword) where keyword == .anchored || keyword == .smoothed:
                take()
                fail(
                    "\(keyword.rawValue) modifier is experimental and not enabled",
                    operand.expression.range)
            default:
                finish(&operand)
                return
            }
        }
    }

    /// Checks what nothing can be added to any more.
    private func finish(_ operand: inout Operand) {
        switch operand.expression.node {
        case .vectorSelector(let selector):
            ExpressionCheck(bytes).check(selector, operand.expression.range, &operand.problems)
        case .subquery(let subquery):
            ExpressionCheck(bytes).check(subquery, operand.expression.range, &operand.problems)
        default: break
        }
    }

    private mutating func bracketed(_ operand: inout Operand) throws(Stop) {
        let open = take().position
        let window: DurationOperand
        do throws(Stop) {
            window = try positiveDuration()
        } catch {
            throw report(
                error, in: "subquery or range selector",
                expected: "number, duration, step(), or range()")
        }
        switch peek().kind {
        case .rightBracket:
            take()
            matrix(&operand, window, PositionRange(open, lastClosing))
        case .colon:
            take()
            try subquery(&operand, window)
        default:
            throw report(
                .unreported, in: "subquery or range", expected: "\":\" or \"]\"")
        }
    }

    private mutating func subquery(
        _ operand: inout Operand, _ window: DurationOperand
    ) throws(Stop) {
        var step: Int64 = 0
        if peek().kind != .rightBracket {
            do throws(Stop) {
                step = try positiveDuration().milliseconds
            } catch {
                throw report(
                    error, in: "subquery selector",
                    expected: "number, duration, step(), range(), or \"]\"")
            }
            guard peek().kind == .rightBracket else {
                throw report(.unreported, in: "subquery selector", expected: "\"]\"")
            }
        }
        let end = take().end
        finish(&operand)
        let inner = operand.expression
        let node = Expression.Subquery(
            expression: inner, window: window.milliseconds, step: step,
            shift: Expression.TimeShift())
        operand.expression = Expression(
            node: .subquery(node), range: PositionRange(inner.range.start, end))
        operand.isRangeOfNothing = false
        limit(&operand)
    }

    /// - Parameter brackets: where the brackets stand.
    private mutating func matrix(
        _ operand: inout Operand, _ window: DurationOperand, _ brackets: PositionRange
    ) {
        let inner = operand.expression.range
        let range = PositionRange(inner.start, brackets.end)
        guard case .vectorSelector(let selector) = operand.expression.node else {
            fail("ranges only allowed for vector selectors", brackets)
            operand.expression = .placeholder(.matrix, range)
            operand.isRangeOfNothing = true
            return
        }
        if selector.hasOffset {
            fail("no offset modifiers allowed before range", brackets)
        } else if selector.shift.at != nil {
            fail("no @ modifiers allowed before range", brackets)
        }
        finish(&operand)
        let node = Expression.MatrixSelector(
            selector: selector, selectorRange: inner, window: window.milliseconds)
        operand.expression = Expression(node: .matrixSelector(node), range: range)
    }

    // MARK: offset

    private mutating func offset(_ operand: inout Operand) throws(Stop) {
        take()
        let duration: DurationOperand
        do throws(Stop) {
            duration = try offsetDuration()
        } catch {
            throw report(
                error, in: "offset", expected: "number, duration, step(), or range()")
        }
        // The reference looks at the next token first, which may close something.
        _ = peek()
        let range = operand.expression.range
        if operand.isRangeOfNothing {
            fail("ranges only allowed for vector selectors", range)
            return
        }
        operand.expression.range.end = lastClosing
        var isTwice = false
        switch operand.expression.node {
        case .vectorSelector(var selector):
            isTwice = selector.hasOffset
            selector.setOffset(duration)
            operand.expression.node = .vectorSelector(selector)
        case .matrixSelector(var matrix):
            isTwice = matrix.selector.hasOffset
            matrix.selector.setOffset(duration)
            operand.expression.node = .matrixSelector(matrix)
        case .subquery(var subquery):
            isTwice = subquery.hasOffset
            subquery.setOffset(duration)
            operand.expression.node = .subquery(subquery)
        default:
            fail(Self.misplaced("offset modifier"), range)
            operand.expression.range = range
        }
        if isTwice { fail("offset may not be set multiple times", range) }
    }

    private static func misplaced(_ what: String) -> String {
        "\(what) must be preceded by an instant vector selector or range vector selector or a "
            + "subquery"
    }

    // MARK: @

    private mutating func atModifier(_ operand: inout Operand) throws(Stop) {
        take()
        let time: Expression.AtModifier
        do throws(Stop) {
            time = try atTime(operand.expression.range)
        } catch {
            throw report(error, in: "@", expected: "timestamp")
        }
        let range = operand.expression.range
        if operand.isRangeOfNothing {
            fail("ranges only allowed for vector selectors", range)
            return
        }
        operand.expression.range.end = lastClosing
        var isTwice = false
        switch operand.expression.node {
        case .vectorSelector(var selector):
            isTwice = selector.shift.at != nil
            selector.shift.at = time
            operand.expression.node = .vectorSelector(selector)
        case .matrixSelector(var matrix):
            isTwice = matrix.selector.shift.at != nil
            matrix.selector.shift.at = time
            operand.expression.node = .matrixSelector(matrix)
        case .subquery(var subquery):
            isTwice = subquery.shift.at != nil
            subquery.shift.at = time
            operand.expression.node = .subquery(subquery)
        default:
            operand.expression.range = range
            fail(Self.misplaced("@ modifier"), range)
        }
        if isTwice {
            operand.expression.range = range
            fail("@ <timestamp> may not be set multiple times", range)
        }
    }

    private mutating func atTime(_ range: PositionRange) throws(Stop) -> Expression.AtModifier {
        if case .keyword(let keyword) = peek().kind, keyword == .start || keyword == .end {
            take()
            _ = try expect(.leftParenthesis)
            _ = try expect(.rightParenthesis)
            return keyword == .start ? .start : .end
        }
        var isNegative = false
        if case .binary(let op) = peek().kind, op == .add || op == .subtract {
            isNegative = op == .subtract
            take()
        }
        guard peek().kind == .number || peek().kind == .duration else { throw .unreported }
        let literal = numberLiteral()
        let seconds = isNegative ? -literal.value : literal.value
        guard seconds.isFinite, abs(seconds) < 9.2e15 else {
            fail(
                "timestamp out of bounds for @ modifier: \(GoNumber.fixed(seconds, 6))", range)
            return .time(0)
        }
        return .time(Int64((seconds * 1000).rounded()))
    }
}

extension Token {
    /// Which condition on a label it stands for.
    fileprivate var matcherKind: LabelMatcher.Kind? {
        switch kind {
        case .equal: .equal
        case .binary(.notEqual): .notEqual
        case .matches: .matches
        case .notMatches: .notMatches
        default: nil
        }
    }
}
