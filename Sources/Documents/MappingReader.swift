import Basics

/// Reads the keys of one mapping, notes what is wrong in the context, and finally names keys that
/// nobody asked for.
///
/// A value that is missing or wrong reads as nil (or, for the required ones, as an empty value
/// after a problem was noted), so that decoding goes on and finds everything.
package final class MappingReader {
    package let node: YAMLNode
    package let context: YAMLDecoderContext
    private var asked: [String] = []

    /// `what` names the thing in messages: "a signal".
    package init(_ node: YAMLNode, in context: YAMLDecoderContext, what: String = "a mapping") {
        self.node = node
        self.context = context
        if node.entries == nil, !node.isNull {
            context.report(node, "\(node.kindName) stands here", expected: "\(what) with keys")
        }
    }

    /// The keys, in the order of the file.
    package var keys: [String] { (node.entries ?? []).compactMap(\.key.text) }

    /// The value of `key`; nil when it is absent or nothing.
    package func node(_ key: String) -> YAMLNode? {
        asked.append(key)
        return node[key].flatMap { $0.isNull ? nil : $0 }
    }

    package func string(_ key: String) -> String? {
        node(key).flatMap { value in
            if value.text == nil { wrong(value, key, "a text") }
            return value.text
        }
    }

    package func requiredString(_ key: String) -> String {
        require(key) ? string(key) ?? "" : ""
    }

    /// One of `names`, compared byte by byte.
    package func choice(_ key: String, of names: [String]) -> String? {
        guard let value = node(key), let text = string(key) else { return nil }
        if names.contains(where: { $0.utf8.elementsEqual(text.utf8) }) { return text }
        context.report(
            value, "\(key) is \"\(text)\"", expected: "one of " + names.joined(separator: ", "),
            suggestion: nearest(text, in: names))
        return nil
    }

    package func int(_ key: String) -> Int? {
        scalar(key, "a whole number") { Int($0) }
    }

    package func double(_ key: String) -> Double? {
        scalar(key, "a number") { text in
            guard text.utf8.first.map({ $0 < 0x3A }) ?? false else { return nil }
            return Double(text).flatMap { $0.isFinite ? $0 : nil }
        }
    }

    /// A share: `31%`, `99.9 %` or `0.31`.
    package func ratio(_ key: String) -> Double? {
        scalar(key, "a share such as 31% or 0.31") { text in
            guard text.utf8.first.map({ $0 < 0x3A }) ?? false else { return nil }
            guard text.hasSuffix("%") else { return Double(text) }
            var number = text.dropLast()
            while number.last == " " { number.removeLast() }
            return Double(number).map { $0 / 100 }
        }
    }

    /// `true` or `false`, unquoted.
    package func bool(_ key: String) -> Bool? {
        scalar(key, "true or false") { text in
            switch text {
            case "true", "True", "TRUE": true
            case "false", "False", "FALSE": false
            default: nil
            }
        }
    }

    /// A span with units: `15s`, `5m`, `1h30m`, `500ms`, `30d`.
    package func duration(_ key: String) -> Duration? {
        scalar(key, "a duration such as 15s, 5m or 1h30m", quotedToo: true, DurationText.parse)
    }

    /// A list of texts; a single text counts as a list of one. Absent: empty.
    package func strings(_ key: String) -> [String] {
        guard let value = node(key) else { return [] }
        if let text = value.text { return [text] }
        guard let items = value.items else {
            wrong(value, key, "a list of texts")
            return []
        }
        return items.compactMap { item in
            if item.text == nil || item.isNull { wrong(item, "an item of " + key, "a text") }
            return item.isNull ? nil : item.text
        }
    }

    /// A list. Absent: empty.
    package func sequence(_ key: String) -> [YAMLNode] {
        guard let value = node(key) else { return [] }
        if value.items == nil { wrong(value, key, "a list") }
        return value.items ?? []
    }

    package func mapping(_ key: String) -> MappingReader? {
        node(key).map { MappingReader($0, in: context, what: key) }
    }

    /// A list of mappings. Absent: empty.
    package func mappings(_ key: String) -> [MappingReader] {
        sequence(key).map { MappingReader($0, in: context, what: "an item of " + key) }
    }

    /// A mapping from names to mappings, in the order of the file: `services: {checkout: {…}}`.
    package func namedMappings(_ key: String) -> [(name: String, reader: MappingReader)] {
        guard let reader = mapping(key) else { return [] }
        return (reader.node.entries ?? []).compactMap { entry in
            entry.key.text.map {
                ($0, MappingReader(entry.value, in: context, what: "\(key).\($0)"))
            }
        }
    }

    /// Notes a problem when `key` is absent or nothing.
    @discardableResult
    package func require(_ key: String) -> Bool {
        if node(key) != nil { return true }
        context.report(
            node[key] ?? node, "\(key) is missing", expected: "a value for \(key)")
        return false
    }

    /// Notes every key that was neither asked for nor is in `also`.
    package func finish(also known: [String] = []) {
        var names: [String] = []
        for name in asked + known where !names.contains(name) { names.append(name) }
        for entry in node.entries ?? [] {
            guard let key = entry.key.text, !names.contains(where: { same($0, key) }) else {
                continue
            }
            context.report(
                entry.key, "unknown key \"\(key)\"",
                expected: names.isEmpty ? "" : "one of " + names.joined(separator: ", "),
                suggestion: nearest(key, in: names))
        }
    }

    private func same(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8)
    }

    private func scalar<Value>(
        _ key: String, _ expected: String, quotedToo: Bool = false, _ read: (String) -> Value?
    ) -> Value? {
        guard let value = node(key) else { return nil }
        if case .scalar(let text, let quoted) = value.kind, !quoted || quotedToo,
            let result = read(text)
        {
            return result
        }
        wrong(value, key, expected)
        return nil
    }

    private func wrong(_ value: YAMLNode, _ key: String, _ expected: String) {
        let found: String
        if case .scalar(let text, let quoted) = value.kind {
            found = quoted ? "\"\(text)\" in quotes" : "\"\(text)\""
        } else {
            found = value.kindName
        }
        context.report(value, "\(key) is \(found)", expected: expected)
    }
}

/// Spans as people write them.
package enum DurationText {
    /// Reads `15s`, `5m`, `1h30m`, `500ms`, `30d`, `1w`: whole numbers with units, largest first.
    package static func parse(_ text: String) -> Duration? {
        let units: [(name: String, milliseconds: Int64)] = [
            ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000),
            ("s", 1000), ("ms", 1),
        ]
        var rest = Substring(text)
        var total: Int64 = 0
        var nextUnit = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard let count = Int64(digits), count <= 1_000_000_000,
                let unit = units[nextUnit...].firstIndex(where: { $0.name == name })
            else { return nil }
            total += count * units[unit].milliseconds
            nextUnit = unit + 1
        }
        return .milliseconds(total)
    }
}
