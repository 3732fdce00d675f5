extension Expression: CustomStringConvertible {
    /// The canonical form; it parses to the same expression.
    package var description: String {
        var text = ""
        write(to: &text)
        return text
    }

    /// Appends the canonical form. Each kind has a function of its own, which keeps the frames on
    /// the stack small: it goes down as far as the expression does.
    fileprivate func write(to text: inout String) {
        switch node {
        case .number(let literal): text += literal.text
        case .string(let value): text += QuotedText.goQuote(value.bytes)
        case .parentheses(let inner):
            text += "("
            inner.write(to: &text)
            text += ")"
        case .unary(let isNegative, let inner):
            text += isNegative ? "-" : "+"
            inner.write(to: &text)
        case .binary(let binary): binary.write(to: &text)
        case .aggregate(let aggregate): aggregate.write(to: &text)
        case .call(let call): call.write(to: &text)
        case .vectorSelector, .matrixSelector: text += selectorText
        case .subquery(let subquery): subquery.write(to: &text)
        }
    }

    private var selectorText: String {
        switch node {
        case .vectorSelector(let selector):
            Self.text(selector) + selector.shift.text(selector.writtenOffset)
        case .matrixSelector(let matrix):
            Self.text(matrix.selector) + "[" + PromQLDuration.format(matrix.window) + "]"
                + matrix.selector.shift.text(matrix.selector.writtenOffset)
        default: ""
        }
    }

    private static func text(_ selector: VectorSelector) -> String {
        let name = selector.name
        var matchers: [String] = []
        for matcher in selector.matchers {
            if !name.isEmpty, matcher == LabelMatcher(equal: LabelName.metricName, name) {
                continue
            }
            matchers.append(
                label(matcher.name) + matcher.kind.rawValue
                    + QuotedText.goQuote(matcher.value.bytes))
        }
        if matchers.isEmpty { return name.string }
        return name.string + "{" + matchers.sorted(by: Self.isBefore).joined(separator: ",") + "}"
    }

    /// Byte by byte, as the reference sorts; `String` goes by its own order.
    private static func isBefore(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    fileprivate static func list(_ labels: [ByteText]) -> String {
        "(" + labels.map(label).joined(separator: ", ") + ")"
    }

    private static func label(_ name: ByteText) -> String {
        Identifier.isLabelName(name.bytes) ? name.string : QuotedText.goQuote(name.bytes)
    }
}

extension Expression.NumberLiteral {
    var text: String {
        guard isDuration else { return GoNumber.format(value, .f) }
        // Cut off to nanoseconds and then to milliseconds, as in the reference: 1.001 s is 1s.
        let nanoseconds = value.magnitude * 1e9
        guard nanoseconds < 0x1p63 else { return GoNumber.format(value, .f) }
        let text = PromQLDuration.format(Int64(nanoseconds) / 1_000_000)
        return value < 0 ? "-" + text : text
    }
}

extension Expression.TimeShift {
    /// ` @ 1.000 offset 5m`
    /// - Parameter written: the offset's text where it is no plain duration.
    fileprivate func text(_ written: String?) -> String {
        var text = ""
        switch at {
        case .time(let time): text += " @ " + GoNumber.fixed(Double(time) / 1000, 3)
        case .start: text += " @ start()"
        case .end: text += " @ end()"
        case nil: break
        }
        if let written {
            text += " offset " + written
        } else if offset != 0 {
            text += " offset " + PromQLDuration.format(offset)
        }
        return text
    }
}

extension Expression.Subquery {
    fileprivate func write(to text: inout String) {
        expression.write(to: &text)
        text += suffix
    }

    /// `[10m:1m] @ 1.000 offset 5m`
    var suffix: String {
        "[" + PromQLDuration.format(window) + ":" + (step > 0 ? PromQLDuration.format(step) : "")
            + "]" + shift.text(writtenOffset)
    }
}

extension Expression.Call {
    fileprivate func write(to text: inout String) {
        text += function.name + "("
        for (position, argument) in arguments.enumerated() {
            if position > 0 { text += ", " }
            argument.write(to: &text)
        }
        text += ")"
    }
}

extension Expression.Aggregate {
    fileprivate func write(to text: inout String) {
        text += heading + "("
        if let parameter {
            parameter.write(to: &text)
            text += ", "
        }
        expression.write(to: &text)
        text += ")"
    }

    /// `sum by (job) `
    var heading: String {
        if isWithout { return op.rawValue + " without " + Expression.list(grouping) + " " }
        return grouping.isEmpty ? op.rawValue : op.rawValue + " by \(Expression.list(grouping)) "
    }
}

extension Expression.Binary {
    fileprivate func write(to text: inout String) {
        left.write(to: &text)
        text += " " + infix + " "
        right.write(to: &text)
    }

    /// What stands between the sides: `== bool on (job) group_left ()`.
    var infix: String {
        var text = op.rawValue + (returnsBool ? " bool" : "")
        guard let matching, left.type == .vector, right.type == .vector else { return text }
        if matching.isOn || !matching.labels.isEmpty || matching.isGrouped {
            text += matching.isOn ? " on " : " ignoring "
            text += Expression.list(matching.labels)
        }
        if matching.isGrouped {
            text += matching.cardinality == .manyToOne ? " group_left " : " group_right "
            text += Expression.list(matching.include)
        }
        return text
    }
}

extension Expression.VectorMatching {
    fileprivate var isGrouped: Bool { cardinality == .manyToOne || cardinality == .oneToMany }
}
