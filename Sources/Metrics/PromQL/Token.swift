/// Where something stands in an expression, in bytes from its start.
package struct PositionRange: Hashable, Sendable {
    package var start: Int
    package var end: Int

    package init(_ start: Int, _ end: Int) {
        self.start = start
        self.end = end
    }
}

/// One token of PromQL.
struct Token: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case endOfInput
        case identifier
        /// An identifier with a colon: only a metric name.
        case metricIdentifier
        case number
        case duration
        case string
        case comma, colon
        case leftParenthesis, rightParenthesis
        case leftBrace, rightBrace
        case leftBracket, rightBracket
        case equal, matches, notMatches
        case at
        case binary(BinaryOperator)
        case aggregation(Aggregation)
        case keyword(Keyword)
        /// What is wrong; nothing useful follows.
        case error(String)
        case comment
        /// Only in the notation of series: a run of blanks, `_`, `x`, `{{`, `}}`, `sum`.
        case space, blank, times, openHistogram, closeHistogram, descriptor
    }

    enum Keyword: String, Hashable, Sendable, CaseIterable {
        case offset, by, without, on, ignoring
        case groupLeft = "group_left"
        case groupRight = "group_right"
        case fill
        case fillLeft = "fill_left"
        case fillRight = "fill_right"
        case bool
        case start, end, step, range
        case anchored, smoothed
        case maxOf = "max_of"
        case minOf = "min_of"
    }

    var kind: Kind
    var text: ByteText
    /// Byte offset of its first byte.
    var position: Int

    var end: Int { position + text.count }
    var range: PositionRange { PositionRange(position, end) }

    /// How messages name it: `"="`, `identifier "foo"`, `<op:==>`, `end of input`.
    var description: String {
        switch kind {
        case .endOfInput: "end of input"
        case .identifier: "identifier \(QuotedText.goQuote(text.bytes))"
        case .metricIdentifier: "metric identifier \(QuotedText.goQuote(text.bytes))"
        case .number: "number \(shortened)"
        case .duration: "duration \(shortened)"
        case .string: "string \(shortened)"
        case .binary, .at, .matches, .notMatches: "<op:\(text)>"
        case .aggregation: "<aggr:\(text)>"
        case .keyword(let keyword) where !keyword.standsForTime: "<\(text)>"
        default: shortened
        }
    }

    /// Quoted; of a long one the first ten characters.
    private var shortened: String {
        guard text.count > 10 else { return QuotedText.goQuote(text.bytes) }
        let characters = text.string.unicodeScalars.prefix(10)
        return QuotedText.goQuote(Array(String(String.UnicodeScalarView(characters)).utf8)) + "..."
    }

    /// Whether it may stand where a label name is expected: identifiers and most keywords.
    var isLabelName: Bool {
        switch kind {
        case .identifier, .metricIdentifier, .aggregation: true
        case .keyword(let keyword): keyword != .without
        case .binary(let op): op.isSet || op == .atan2
        default: false
        }
    }

    /// Whether it may stand where a metric name is expected: all but the words that say how vectors
    /// match.
    var isMetricName: Bool {
        switch kind {
        case .identifier, .metricIdentifier, .aggregation: true
        case .keyword(let keyword): !keyword.saysHowToMatch
        case .binary(let op): op.isSet
        default: false
        }
    }

    /// Whether a parenthesis behind it makes it the name of a function.
    var isFunctionName: Bool {
        switch kind {
        case .identifier: true
        case .keyword(let keyword): keyword.standsForTime
        default: false
        }
    }

    /// Whether an expression may begin with it.
    var startsExpression: Bool {
        switch kind {
        case .number, .duration, .string, .leftParenthesis, .leftBrace: true
        case .binary(.add), .binary(.subtract): true
        default: isMetricName
        }
    }
}

extension Token.Keyword {
    /// Words that are also functions: `start`, `step`, `max_of`.
    fileprivate var standsForTime: Bool {
        switch self {
        case .start, .end, .step, .range, .maxOf, .minOf: true
        default: false
        }
    }

    fileprivate var saysHowToMatch: Bool {
        switch self {
        case .bool, .on, .ignoring, .groupLeft, .groupRight, .fill, .fillLeft, .fillRight: true
        default: false
        }
    }
}

/// Operators between two expressions.
package enum BinaryOperator: String, Hashable, Sendable, CaseIterable {
    case or, and, unless
    case equal = "=="
    case notEqual = "!="
    case lessOrEqual = "<="
    case less = "<"
    case greaterOrEqual = ">="
    case greater = ">"
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case atan2
    case power = "^"
    /// Cuts a native histogram above a value.
    case trimUpper = "</"
    /// Cuts a native histogram below a value.
    case trimLower = ">/"

    /// Higher binds tighter.
    var precedence: Int {
        switch self {
        case .or: 1
        case .and, .unless: 2
        case .equal, .notEqual, .lessOrEqual, .less, .greaterOrEqual, .greater, .trimUpper,
            .trimLower:
            3
        case .add, .subtract: 4
        case .multiply, .divide, .modulo, .atan2: 5
        case .power: 6
        }
    }

    /// The precedence of unary plus and minus.
    static let unaryPrecedence = 5

    package var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .lessOrEqual, .less, .greaterOrEqual, .greater: true
        default: false
        }
    }

    package var isSet: Bool { self == .and || self == .or || self == .unless }
}

/// Operators over the elements of one vector.
package enum Aggregation: String, Hashable, Sendable, CaseIterable {
    case sum, avg, count, min, max, group, stddev, stdvar, topk, bottomk
    case countValues = "count_values"
    case quantile
    case limitk
    case limitRatio = "limit_ratio"

    /// Whether it takes a parameter before the vector.
    package var takesParameter: Bool {
        switch self {
        case .topk, .bottomk, .countValues, .quantile, .limitk, .limitRatio: true
        default: false
        }
    }

    var isExperimental: Bool { self == .limitk || self == .limitRatio }
}
