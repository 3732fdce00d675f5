/// What is wrong in an expression, and where.
struct ParseError: Error, Hashable {
    var message: String
    var range: PositionRange

    init(_ message: String, _ range: PositionRange) {
        self.message = message
        self.range = range
    }

    /// With the position before it, `1:5: parse error: …`: line and column, both 1-based, the
    /// column in bytes.
    func queryError(in text: [UInt8]) -> QueryError {
        var place = "unknown position"
        if !text.isEmpty {
            let (line, column) = TextPosition.lineAndColumn(of: range.start, in: text)
            place = "\(line):\(column)"
        }
        return QueryError(.parse(range), place + ": parse error: " + message)
    }
}

/// Everything that is wrong in an expression, in the reference's order. People see the first.
struct ParseErrors: Error {
    var list: [ParseError]
}

/// Turns offsets into lines and columns.
enum TextPosition {
    static func lineAndColumn(of offset: Int, in text: [UInt8]) -> (line: Int, column: Int) {
        var line = 1
        var lineStart = 0
        for index in 0..<min(offset, text.count) where text[index] == 0x0A {
            line += 1
            lineStart = index + 1
        }
        return (line, offset - lineStart + 1)
    }
}

/// Why a query has no answer.
package struct QueryError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// Malformed; where in the expression, in bytes.
        case parse(PositionRange)
        /// A time, a step or a type that such a query cannot have.
        case invalid
        /// The evaluation failed: ambiguous matching, an invalid parameter.
        case execution
        /// It would read more samples than allowed, or take longer.
        case limit
    }

    package var kind: Kind
    /// Complete, as it is shown: `1:5: parse error: unexpected …`.
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    static func execution(_ message: String) -> QueryError { QueryError(.execution, message) }

    package var description: String { message }
}
