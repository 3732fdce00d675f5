/// What an expression evaluates to.
package enum ValueType: String, Hashable, Sendable {
    case scalar, vector, matrix, string

    /// As the reference's messages name it.
    var description: String {
        switch self {
        case .scalar: "scalar"
        case .vector: "instant vector"
        case .matrix: "range vector"
        case .string: "string"
        }
    }
}

/// A parsed PromQL expression. Each node knows where it stands in the text.
package struct Expression: Sendable, Hashable {
    package var node: Node
    package var range: PositionRange
    /// Offsets of the line ends in the text; only on the outermost expression of a text.
    package var lineBreaks: [Int] = []
    /// Nodes on the longest way down, this one included.
    let height: Int

    /// Higher expressions are refused, because parsing, checking and evaluating go down node by
    /// node on the stack of whatever thread they run on.
    package static let heightMax = 200

    init(node: Node, range: PositionRange) {
        self.node = node
        self.range = range
        height =
            switch node {
            case .number, .string, .vectorSelector, .matrixSelector: 1
            case .parentheses(let inner), .unary(_, let inner): inner.height + 1
            case .binary(let binary): max(binary.left.height, binary.right.height) + 1
            case .aggregate(let aggregate):
                max(aggregate.expression.height, aggregate.parameter?.height ?? 0) + 1
            case .call(let call): (call.arguments.map(\.height).max() ?? 0) + 1
            case .subquery(let subquery): subquery.expression.height + 1
            }
    }

    package indirect enum Node: Sendable, Hashable {
        case number(NumberLiteral)
        case string(ByteText)
        case parentheses(Expression)
        case unary(isNegative: Bool, Expression)
        case binary(Binary)
        case aggregate(Aggregate)
        case call(Call)
        case vectorSelector(VectorSelector)
        case matrixSelector(MatrixSelector)
        case subquery(Subquery)
    }

    package struct NumberLiteral: Sendable, Hashable {
        package var value: Double
        /// Written as a duration (`5m`), and printed as one.
        package var isDuration: Bool
    }

    package struct Binary: Sendable, Hashable {
        package var op: BinaryOperator
        package var left: Expression
        package var right: Expression
        package var returnsBool: Bool
        /// Nil unless both sides are vectors.
        package var matching: VectorMatching?
    }

    package struct VectorMatching: Sendable, Hashable {
        package enum Cardinality: Sendable, Hashable {
            case oneToOne, manyToOne, oneToMany, manyToMany
        }
        package var cardinality: Cardinality
        package var labels: [ByteText]
        /// `on` rather than `ignoring`.
        package var isOn: Bool
        /// Labels of the "one" side that `group_left` or `group_right` copies.
        package var include: [ByteText]
        /// Whether matching was written at all.
        var isExplicit: Bool
    }

    package struct Aggregate: Sendable, Hashable {
        package var op: Aggregation
        package var expression: Expression
        package var parameter: Expression?
        package var grouping: [ByteText]
        package var isWithout: Bool
    }

    package struct Call: Sendable, Hashable {
        package var function: PromQLFunction
        package var arguments: [Expression]
    }

    /// The time that `@` fixes.
    package enum AtModifier: Sendable, Hashable {
        /// Milliseconds since the epoch.
        case time(Int64)
        case start, end
    }

    /// What `offset` and `@` say.
    package struct TimeShift: Sendable, Hashable {
        /// Milliseconds; positive looks back.
        package var offset: Int64 = 0
        package var at: AtModifier?

        package init(offset: Int64 = 0, at: AtModifier? = nil) {
            self.offset = offset
            self.at = at
        }
    }

    package struct VectorSelector: Sendable, Hashable {
        /// Empty when the name stands in the braces or nowhere.
        package var name: ByteText
        package var matchers: [LabelMatcher]
        package var shift: TimeShift
        /// The offset as it is printed where that is no plain duration: `-(5)`.
        var writtenOffset: String?
    }

    package struct MatrixSelector: Sendable, Hashable {
        package var selector: VectorSelector
        /// Where the vector selector stands.
        var selectorRange: PositionRange
        /// Milliseconds.
        package var window: Int64
    }

    package struct Subquery: Sendable, Hashable {
        package var expression: Expression
        /// Milliseconds.
        package var window: Int64
        /// Milliseconds; 0 for the default.
        package var step: Int64
        package var shift: TimeShift
        /// The offset as it is printed where that is no plain duration.
        var writtenOffset: String?
    }

    /// What it evaluates to.
    package var type: ValueType {
        switch node {
        case .number: .scalar
        case .string: .string
        case .parentheses(let inner): inner.type
        case .unary(_, let inner): inner.type
        case .binary(let binary):
            binary.left.type == .scalar && binary.right.type == .scalar ? .scalar : .vector
        case .aggregate: .vector
        case .call(let call): call.function.returns
        case .vectorSelector: .vector
        case .matrixSelector, .subquery: .matrix
        }
    }

    /// Without surrounding parentheses.
    package var unwrapped: Expression {
        if case .parentheses(let inner) = node { return inner.unwrapped }
        return self
    }
}
