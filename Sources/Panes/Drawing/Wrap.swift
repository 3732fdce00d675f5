import Canvas
import SafeText

/// Breaks text into rows at spaces; words longer than a row are broken where the row ends.
enum Wrap {
    /// At least one row. Line breaks in `text` stay, spaces at a row's end go.
    static func rows(_ text: String, width: Int) -> [String] {
        guard width > 0 else { return [] }
        return text.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
            paragraph($0, width: width)
        }
    }

    private static func paragraph(_ text: Substring, width: Int) -> [String] {
        if CellWidth.of(String(text)) <= width { return [String(text)] }
        var rows: [String] = []
        var row = ""
        var used = 0
        for word in words(text) {
            let wordWidth = CellWidth.of(word)
            if used + wordWidth <= width {
                row += word
                used += wordWidth
                continue
            }
            if word.allSatisfy({ $0 == " " }) { continue }
            if used > 0 { rows.append(trimmedEnd(row)) }
            var pieces = broken(word, width: width)
            row = pieces.popLast() ?? ""
            rows += pieces
            used = CellWidth.of(row)
        }
        if !row.isEmpty { rows.append(trimmedEnd(row)) }
        return rows.isEmpty ? [""] : rows
    }

    /// Words and the runs of spaces between them.
    private static func words(_ text: Substring) -> [String] {
        var words: [String] = []
        for character in text {
            let isSpace = character == " "
            if let last = words.last?.last, (last == " ") == isSpace {
                words[words.count - 1].append(character)
            } else {
                words.append(String(character))
            }
        }
        return words
    }

    private static func broken(_ word: String, width: Int) -> [String] {
        var pieces: [String] = []
        var piece = ""
        var used = 0
        for cluster in Clusters(word) {
            if used + cluster.width > width, used > 0 {
                pieces.append(piece)
                piece = ""
                used = 0
            }
            piece += cluster.text
            used += cluster.width
        }
        pieces.append(piece)
        return pieces
    }

    private static func trimmedEnd(_ text: String) -> String {
        String(text.reversed().drop { $0 == " " }.reversed())
    }
}

/// Rows made of a label and a value.
enum Fields {
    /// The value wrapped beside its label: rows after the first are indented to the value's column.
    static func wrapped(
        _ label: String, _ value: String, width: Int, labelWidth: Int = 13, token: Token = .text
    ) -> [TextLine] {
        wrapped(label, [Span(value, token)], width: width, labelWidth: labelWidth)
    }

    /// The same with several spans, each wrapped on its own rows.
    static func wrapped(
        _ label: String, _ values: [Span], width: Int, labelWidth: Int = 13
    ) -> [TextLine] {
        let indent = min(labelWidth, max(0, width / 2))
        var lines: [TextLine] = []
        for value in values {
            for row in Wrap.rows(value.text, width: max(1, width - indent)) {
                let head = lines.isEmpty ? label : ""
                lines.append(
                    TextLine([
                        Span(CellWidth.padded(head, to: indent), .textDim), Span(row, value.token),
                    ]))
            }
        }
        return lines
    }

    /// One row: label and spans, cut where the pane ends.
    static func row(_ label: String, _ spans: [Span], labelWidth: Int = 13) -> TextLine {
        TextLine([Span(CellWidth.padded(label, to: labelWidth), .textDim)] + spans)
    }

    /// A heading between groups of rows.
    static func heading(_ text: String) -> TextLine { TextLine(text, .textStrong) }

    /// Wrapped text, every row indented.
    static func text(_ text: String, width: Int, indent: Int = 0, token: Token = .text)
        -> [TextLine]
    {
        Wrap.rows(text, width: max(1, width - indent)).map {
            TextLine($0, token).indented(indent)
        }
    }
}
