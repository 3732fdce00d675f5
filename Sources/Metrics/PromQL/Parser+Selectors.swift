extension Parser {
    // MARK: Selectors

    /// `name{matchers}`, with the cursor behind the name.
    mutating func selector(name: Token?, start: Int) throws(ParseError) -> Expression {
        var matchers: [LabelMatcher] = []
        if token.kind == .leftBrace { matchers = try self.matchers() }
        if let name { matchers.append(LabelMatcher(equal: LabelName.metricName, name.text)) }
        let node = Expression.VectorSelector(
            name: name?.text ?? .empty, matchers: matchers, shift: Expression.TimeShift(),
            hasOffset: false)
        return Expression(
            node: .vectorSelector(node), range: PositionRange(start, lastEnd))
    }

    private mutating func matchers() throws(ParseError) -> [LabelMatcher] {
        let context = "label matching"
        try advance()
        var matchers: [LabelMatcher] = []
        while token.kind != .rightBrace {
            let nameToken = token
            switch token.kind {
            case .identifier:
                try advance()
                matchers.append(try matcher(nameToken.text))
            case .string:
                let text = try string()
                if token.kind == .comma || token.kind == .rightBrace {
                    matchers.append(LabelMatcher(equal: LabelName.metricName, text))
                } else {
                    matchers.append(try matcher(text))
                }
            default: throw unexpected(in: context, expected: "identifier or \"}\"")
            }
            if token.kind == .comma {
                try advance()
                if token.kind == .comma {
                    throw unexpected(in: context, expected: "identifier or \"}\"")
                }
            } else if token.kind != .rightBrace {
                throw unexpected(in: context, expected: "\",\" or \"}\"")
            }
        }
        try advance()
        return matchers
    }

    private mutating func matcher(_ name: ByteText) throws(ParseError) -> LabelMatcher {
        let kind: LabelMatcher.Kind
        switch token.kind {
        case .equal: kind = .equal
        case .binary(.notEqual): kind = .notEqual
        case .matches: kind = .matches
        case .notMatches: kind = .notMatches
        default: throw unexpected(in: "label matching", expected: "label matching operator")
        }
        try advance()
        guard token.kind == .string else {
            throw unexpected(in: "label matching", expected: "string")
        }
        let range = token.range
        let value = try string()
        do throws(RegexPattern.SyntaxError) {
            return try LabelMatcher(kind, name: name, value: value)
        } catch {
            throw ParseError(error.message, range)
        }
    }

    // MARK: Suffixes

    /// `[5m]`, `[5m:1m]`, `offset 5m`, `@ 1234` behind an expression, in any number.
    mutating func postfix(_ expression: Expression) throws(ParseError) -> Expression {
        var result = expression
        while true {
            switch token.kind {
            case .leftBracket: result = try bracketed(result)
            case .keyword(.offset): result = try offset(result)
            case .at: result = try atModifier(result)
            case .keyword(.anchored), .keyword(.smoothed):
                throw .notImplemented(token.text.string.lowercased(), token.range)
            default: return result
            }
        }
    }

    private static let durationHint = "number, duration, step(), or range()"

    private mutating func bracketed(_ inner: Expression) throws(ParseError) -> Expression {
        let open = token.position
        try advance()
        let window = try positiveDuration(
            in: "subquery or range selector", expected: Self.durationHint)
        if token.kind == .colon {
            try advance()
            var step: Int64 = 0
            if token.kind != .rightBracket {
                step = try positiveDuration(
                    in: "subquery selector", expected: Self.durationHint + " or \"]\"")
            }
            try expect(.rightBracket, in: "subquery selector", expected: "\"]\"")
            let node = Expression.Subquery(
                expression: inner, window: window, step: step, shift: Expression.TimeShift(),
                hasOffset: false)
            return Expression(
                node: .subquery(node), range: PositionRange(inner.range.start, lastEnd))
        }
        try expect(
            .rightBracket, in: "subquery or range selector", expected: "\":\" or \"]\"")
        let range = PositionRange(open, lastEnd)
        guard case .vectorSelector(let selector) = inner.node else {
            throw ParseError("ranges only allowed for vector selectors", range)
        }
        if selector.shift.offset != 0 {
            throw ParseError("no offset modifiers allowed before range", range)
        }
        if selector.shift.at != nil {
            throw ParseError("no @ modifiers allowed before range", range)
        }
        let node = Expression.MatrixSelector(
            selector: selector, selectorRange: inner.range, window: window)
        return Expression(
            node: .matrixSelector(node), range: PositionRange(inner.range.start, lastEnd))
    }

    private mutating func offset(_ inner: Expression) throws(ParseError) -> Expression {
        try advance()
        var isNegative = false
        if case .binary(let op) = token.kind, op == .add || op == .subtract {
            isNegative = op == .subtract
            try advance()
        }
        let magnitude = try duration(in: "offset", expected: Self.durationHint)
        let offset = isNegative ? -magnitude : magnitude
        var result = inner
        result.range.end = lastEnd
        let twice = ParseError("offset may not be set multiple times", inner.range)
        switch inner.node {
        case .vectorSelector(var selector):
            guard !selector.hasOffset else { throw twice }
            selector.shift.offset = offset
            selector.hasOffset = true
            result.node = .vectorSelector(selector)
        case .matrixSelector(var matrix):
            guard !matrix.selector.hasOffset else { throw twice }
            matrix.selector.shift.offset = offset
            matrix.selector.hasOffset = true
            result.node = .matrixSelector(matrix)
        case .subquery(var subquery):
            guard !subquery.hasOffset else { throw twice }
            subquery.shift.offset = offset
            subquery.hasOffset = true
            result.node = .subquery(subquery)
        default: throw misplaced("offset modifier", inner)
        }
        return result
    }

    private mutating func atModifier(_ inner: Expression) throws(ParseError) -> Expression {
        try advance()
        let time = try atTime(inner)
        var result = inner
        result.range.end = lastEnd
        let twice = ParseError("@ <timestamp> may not be set multiple times", inner.range)
        switch inner.node {
        case .vectorSelector(var selector):
            guard selector.shift.at == nil else { throw twice }
            selector.shift.at = time
            result.node = .vectorSelector(selector)
        case .matrixSelector(var matrix):
            guard matrix.selector.shift.at == nil else { throw twice }
            matrix.selector.shift.at = time
            result.node = .matrixSelector(matrix)
        case .subquery(var subquery):
            guard subquery.shift.at == nil else { throw twice }
            subquery.shift.at = time
            result.node = .subquery(subquery)
        default: throw misplaced("@ modifier", inner)
        }
        return result
    }

    private func misplaced(_ what: String, _ inner: Expression) -> ParseError {
        ParseError(
            "\(what) must be preceded by an instant vector selector or range vector selector or a "
                + "subquery", inner.range)
    }

    private mutating func atTime(_ inner: Expression) throws(ParseError)
        -> Expression.AtModifier
    {
        if case .keyword(let keyword) = token.kind, keyword == .start || keyword == .end {
            try advance()
            try expect(.leftParenthesis, in: "@", expected: "\"(\"")
            try expect(.rightParenthesis, in: "@", expected: "\")\"")
            return keyword == .start ? .start : .end
        }
        var isNegative = false
        if case .binary(let op) = token.kind, op == .add || op == .subtract {
            isNegative = op == .subtract
            try advance()
        }
        guard token.kind == .number || token.kind == .duration else {
            throw unexpected(in: "@", expected: "timestamp")
        }
        let literal = try numberLiteral()
        let seconds = isNegative ? -literal.value : literal.value
        guard seconds.isFinite, abs(seconds) < 9.2e15 else {
            throw ParseError(
                "timestamp out of bounds for @ modifier: \(GoNumber.fixed(seconds, 6))",
                inner.range)
        }
        return .time(Int64((seconds * 1000).rounded()))
    }

    // MARK: Durations

    private mutating func positiveDuration(
        in context: String, expected: String
    ) throws(ParseError) -> Int64 {
        let start = token.position
        var isNegative = false
        if case .binary(let op) = token.kind, op == .add || op == .subtract {
            isNegative = op == .subtract
            try advance()
        }
        let value = try duration(in: context, expected: expected)
        let range = PositionRange(start, lastEnd)
        if case .binary = token.kind { throw experimentalDuration(range) }
        guard !isNegative, value > 0 else {
            throw ParseError("duration must be greater than 0", range)
        }
        return value
    }

    private func experimentalDuration(_ range: PositionRange) -> ParseError {
        ParseError("experimental duration expression is not enabled", range)
    }

    /// A number of seconds or a duration, in milliseconds.
    private mutating func duration(
        in context: String, expected: String
    ) throws(ParseError) -> Int64 {
        let range = token.range
        switch token.kind {
        case .number, .duration: break
        case .leftParenthesis:
            try advance()
            throw experimentalDuration(token.range)
        case .keyword(let keyword) where [.step, .range, .maxOf, .minOf].contains(keyword):
            let start = token.position
            try advance()
            guard token.kind == .leftParenthesis else {
                throw unexpected(in: context, expected: expected)
            }
            try advance()
            throw experimentalDuration(PositionRange(start, token.end))
        default: throw unexpected(in: context, expected: expected)
        }
        let literal = try numberLiteral()
        // The reference keeps durations in nanoseconds in 64 bits: 292 years.
        guard literal.value.isFinite, abs(literal.value) < 9_223_372_036 else {
            throw ParseError("duration out of range", range)
        }
        return Int64((literal.value * 1000).rounded())
    }

    mutating func numberLiteral() throws(ParseError) -> Expression.NumberLiteral {
        let current = token
        if current.kind == .duration {
            guard let milliseconds = PromQLDuration.parse(current.text.bytes) else {
                throw ParseError(
                    "not a valid duration string: \(QuotedText.goQuote(current.text.bytes))",
                    current.range)
            }
            try advance()
            return Expression.NumberLiteral(
                value: Double(milliseconds) / 1000, isDuration: true)
        }
        guard let value = NumberText.parse(current.text.bytes) else {
            let shown = QuotedText.goQuote(current.text.bytes)
            throw ParseError(
                "error parsing number: strconv.ParseFloat: parsing \(shown): value out of range",
                current.range)
        }
        try advance()
        return Expression.NumberLiteral(value: value, isDuration: false)
    }

    mutating func string() throws(ParseError) -> ByteText {
        let current = token
        let text: [UInt8]
        do throws(StringLiteral.Problem) {
            text = try StringLiteral.decode(current.text.bytes)
        } catch {
            throw ParseError(error.message, PositionRange(current.position, bytes.count))
        }
        try advance()
        return ByteText(text)
    }
}
