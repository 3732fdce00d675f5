import Canvas
import SafeText

/// A piece of text with the token it is drawn in.
package struct Span: Hashable, Sendable {
    package var text: String
    package var token: Token

    package init(_ text: String, _ token: Token = .text) {
        self.text = text
        self.token = token
    }

    var width: Int { CellWidth.of(text) }
}

/// One row of a pane: spans from the left and spans that keep to the right edge.
///
/// When both do not fit, the right side loses its last spans down to `trailingKept`, then the left
/// side is cut with `…`; the right side goes before the left one shrinks below half of the row.
package struct TextLine: Hashable, Sendable {
    package var spans: [Span]
    package var trailing: [Span]
    /// How many spans of the right side stay while the left side is cut.
    package var trailingKept: Int

    package init(_ spans: [Span] = [], trailing: [Span] = [], trailingKept: Int = .max) {
        self.spans = spans
        self.trailing = trailing
        self.trailingKept = trailingKept
    }

    package init(_ text: String, _ token: Token = .text) {
        self.init([Span(text, token)])
    }

    package static let blank = TextLine()

    /// Both sides' text, for tests and for searching.
    package var text: String { (spans + trailing).map(\.text).joined() }

    var width: Int { spans.reduce(0) { $0 + $1.width } }

    /// The same line moved right by `columns`.
    func indented(_ columns: Int) -> TextLine {
        TextLine(
            [Span(String(repeating: " ", count: columns))] + spans, trailing: trailing,
            trailingKept: trailingKept)
    }
}

extension Array where Element == Span {
    /// Spans cut to at most `width` cells, with `…` in the last one when something was cut.
    func truncated(to width: Int) -> [Span] {
        guard reduce(0, { $0 + $1.width }) > width else { return self }
        var result: [Span] = []
        var left = width
        for span in self {
            guard left > 0 else { break }
            let isCut = span.width >= left
            let text = isCut ? CellWidth.truncated(span.text + " ", to: left) : span.text
            result.append(Span(text, span.token))
            left -= CellWidth.of(text)
            if isCut { break }
        }
        return result
    }
}
