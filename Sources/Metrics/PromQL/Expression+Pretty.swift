extension Expression {
    /// What is longer on one line, in bytes, is split.
    private static let lineLengthMax = 100

    /// The canonical form on as many lines as it takes: operands, arguments and what stands between
    /// parentheses go to lines of their own, two blanks further in, where the whole is longer than
    /// 100 bytes.
    package var pretty: String { pretty(level: 0) }

    private var isSplit: Bool { description.utf8.count > Self.lineLengthMax }

    private func pretty(level: Int) -> String {
        let indent = String(repeating: "  ", count: level)
        switch node {
        case .number, .string, .vectorSelector, .matrixSelector: return indent + description
        case .unary(let isNegative, let inner):
            let text = inner.pretty(level: level).drop { $0 == " " }
            return indent + (isNegative ? "-" : "+") + text
        case .subquery(let subquery):
            // Unsplit it is not indented: the reference forgets to.
            guard isSplit else { return description }
            return subquery.expression.pretty(level: level) + subquery.suffix
        default: break
        }
        guard isSplit else { return indent + description }
        switch node {
        case .parentheses(let inner): return split(level, "(", [inner])
        case .aggregate(let aggregate):
            return split(
                level, aggregate.heading + "(",
                [aggregate.parameter, aggregate.expression].compactMap { $0 })
        case .call(let call): return split(level, call.function.name + "(", call.arguments)
        case .binary(let binary):
            return binary.left.pretty(level: level + 1) + "\n" + indent + binary.infix + "\n"
                + binary.right.pretty(level: level + 1)
        default: return indent + description
        }
    }

    private func split(_ level: Int, _ heading: String, _ parts: [Expression]) -> String {
        let indent = String(repeating: "  ", count: level)
        let lines = parts.map { $0.pretty(level: level + 1) }
        return indent + heading + "\n" + lines.joined(separator: ",\n") + "\n" + indent + ")"
    }
}
