import Basics
import Yams

/// Reads YAML text into nodes that know their positions.
package enum YAMLReader {
    /// Largest text accepted, in bytes: configuration is written by people.
    package static let textBytesMax = 4 * 1024 * 1024
    /// Most nodes of one document; a few aliases could otherwise multiply without end.
    package static let nodesMax = 200_000
    /// Deepest nesting.
    package static let depthMax = 64

    /// Reads one document. An empty text is an empty mapping.
    ///
    /// Refused with `file:line:column`: bad syntax, duplicate keys, keys that are not text, more
    /// than one document, and what exceeds the limits above.
    package static func parse(_ text: String, file: String) throws(Failure) -> YAMLNode {
        guard text.utf8.count <= textBytesMax else {
            throw failure(file, "more than \(textBytesMax / 1024 / 1024) MiB")
        }
        try checkNesting(text, file: file)
        let root: Node?
        do {
            // The basic resolver leaves every scalar a text: what it means is decided by who reads
            // it, `1` and "1" are the same key, and no regular expression is compiled at start.
            root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch {
            throw syntaxFailure(error, file: file)
        }
        guard let root else { return YAMLNode(.mapping([]), file: file, line: 1, column: 1) }
        var converter = Converter(file: file)
        return try converter.convert(root, depth: 0)
    }

    /// Refuses flow nesting before the parser, which recurses, sees it.
    private static func checkNesting(_ text: String, file: String) throws(Failure) {
        var depth = 0
        var deepest = 0
        for byte in text.utf8 {
            if byte == 0x5B || byte == 0x7B { depth += 1 }
            if byte == 0x5D || byte == 0x7D { depth = max(0, depth - 1) }
            deepest = max(deepest, depth)
        }
        // Brackets inside texts count too; four times the limit leaves room for them.
        guard deepest <= depthMax * 4 else { throw failure(file, "nested too deeply") }
    }

    fileprivate static func failure(_ position: String, _ why: String) -> Failure {
        Failure(
            "document.invalid", "Not readable as YAML", subject: position, why: why,
            unchanged: "Nothing of the file was used", next: "Correct the file and try again",
            exit: .finding)
    }

    private static func syntaxFailure(_ error: any Error, file: String) -> Failure {
        guard let error = error as? YamlError else { return failure(file, "\(error)") }
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let around = context.map { $0.text.trimmingSpaces + ": " } ?? ""
            return failure("\(file):\(mark.line):\(mark.column)", around + problem)
        case .reader(let problem, let offset, _, let text):
            let place = offset.map { Self.position(ofByte: $0, in: text) }
            return failure(place.map { "\(file):\($0)" } ?? file, problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
            return failure(
                "\(file):\(context.mark.line):\(context.mark.column)",
                "the key \(names) is given twice")
        default: return failure(file, "\(error)")
        }
    }

    private static func position(ofByte offset: Int, in text: String) -> String {
        let before = text.utf8.prefix(offset)
        let line = before.count { $0 == 0x0A } + 1
        let column = before.reversed().prefix { $0 != 0x0A }.count + 1
        return "\(line):\(column)"
    }

    private struct Converter {
        let file: String
        var count = 0

        mutating func convert(_ node: Node, depth: Int) throws(Failure) -> YAMLNode {
            count += 1
            let line = node.mark?.line ?? 1
            let column = node.mark?.column ?? 1
            let position = "\(file):\(line):\(column)"
            guard count <= YAMLReader.nodesMax else {
                throw YAMLReader.failure(position, "more than \(YAMLReader.nodesMax) values")
            }
            guard depth <= YAMLReader.depthMax else {
                throw YAMLReader.failure(
                    position, "nested more than \(YAMLReader.depthMax) levels deep")
            }
            return YAMLNode(
                try kind(of: node, position, depth), file: file, line: line, column: column)
        }

        private mutating func kind(of node: Node, _ position: String, _ depth: Int)
            throws(Failure) -> YAMLNode.Kind
        {
            switch node {
            case .scalar(let scalar):
                let isPlain = scalar.style == .plain || scalar.style == .any
                return .scalar(scalar.string, quoted: !isPlain)
            case .sequence(let sequence):
                var items: [YAMLNode] = []
                for item in sequence { items.append(try convert(item, depth: depth + 1)) }
                return .sequence(items)
            case .mapping(let mapping):
                var entries: [YAMLNode.Entry] = []
                for (key, value) in mapping {
                    let name = try convert(key, depth: depth + 1)
                    guard name.text != nil else {
                        throw YAMLReader.failure(name.position, "a key must be a text")
                    }
                    entries.append(
                        YAMLNode.Entry(key: name, value: try convert(value, depth: depth + 1)))
                }
                return .mapping(entries)
            case .alias:
                throw YAMLReader.failure(position, "an alias without its anchor")
            }
        }
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var text = Substring(self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        return String(text)
    }
}
