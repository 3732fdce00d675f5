import Basics
import Documents
import Metrics

extension ConfigurationReader {
    /// `redaction: {names: […], prefixes: […], patterns: […], values_from: […], except: […]}`.
    func readRedaction(_ reader: MappingReader) {
        guard let redaction = reader.mapping("redaction") else { return }
        var entry = RedactionEntry()
        entry.names = texts(redaction, "names", bytesMin: 3, "a word of 3 letters or more") {
            $0.utf8.allSatisfy { Self.isNameByte($0) }
        }
        entry.prefixes = texts(
            redaction, "prefixes", bytesMin: 4, "4 letters, digits or marks or more",
            accepts: { $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } })
        entry.exceptions = texts(redaction, "except", bytesMin: 1, "a name or a value") { _ in true
        }
        entry.valueFiles = texts(redaction, "values_from", bytesMin: 1, "a path") { _ in true }
            .map(resolve)
        for node in limited(redaction.sequence("patterns"), "patterns") {
            if let pattern = pattern(node) { entry.patterns.append(pattern) }
        }
        redaction.finish()
        result.redaction = entry
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x39)
            || byte == 0x5F || byte == 0x2D || byte == 0x2E
    }

    private func texts(
        _ reader: MappingReader, _ key: String, bytesMin: Int, _ expected: String,
        accepts: (String) -> Bool
    ) -> [String] {
        limited(reader.sequence(key), key).compactMap { node in
            guard let text = node.text, text.utf8.count >= bytesMin, accepts(text) else {
                context.report(node, "no use for redaction", expected: expected)
                return nil
            }
            return text
        }
    }

    private func limited(_ nodes: [YAMLNode], _ key: String) -> ArraySlice<YAMLNode> {
        if nodes.count > RedactionEntry.entriesMax, let node = nodes.last {
            context.report(
                node, "\(nodes.count) \(key)",
                expected: "at most \(RedactionEntry.entriesMax): each is looked for in every line")
        }
        return nodes.prefix(RedactionEntry.entriesMax)
    }

    /// An expression that begins with a literal: only where that stands is it tried.
    private func pattern(_ node: YAMLNode) -> RedactionEntry.Pattern? {
        guard let text = node.text, text.utf8.count <= RedactionEntry.expressionBytesMax else {
            context.report(
                node, "no expression",
                expected: "a regular expression (RE2) of at most "
                    + "\(RedactionEntry.expressionBytesMax) bytes")
            return nil
        }
        do {
            _ = try RegexPattern(anchored: Array(text.utf8))
        } catch {
            context.report(
                node, "\"\(text)\" cannot be read: \(error.message)",
                expected: "a regular expression (RE2)")
            return nil
        }
        let literal = RedactionEntry.literal(of: text)
        guard literal.utf8.count >= 3, !Self.hasChoice(text) else {
            context.report(
                node, "\"\(text)\" may begin with anything",
                expected: "3 letters, digits or marks at its beginning that all matches have, "
                    + "such as ORD-[0-9]{8}; a choice stands in parentheses behind them")
            return nil
        }
        return RedactionEntry.Pattern(expression: text, literal: literal)
    }

    /// Whether `|` stands outside of all parentheses and classes.
    private static func hasChoice(_ text: String) -> Bool {
        var depth = 0
        var isEscaped = false
        var isClass = false
        for character in text {
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if isClass {
                isClass = character != "]"
            } else if character == "[" {
                isClass = true
            } else if character == "(" {
                depth += 1
            } else if character == ")" {
                depth -= 1
            } else if character == "|", depth == 0 {
                return true
            }
        }
        return false
    }
}
