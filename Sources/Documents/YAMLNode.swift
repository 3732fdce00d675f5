/// A value of a YAML document and where it stands.
package struct YAMLNode: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// A text as written. `quoted` is true for every style but the plain one: only plain
        /// scalars can be numbers, truth values or nothing.
        case scalar(String, quoted: Bool)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    /// A key and its value, in the order of the file. Keys are unique.
    package struct Entry: Hashable, Sendable {
        package var key: YAMLNode
        package var value: YAMLNode

        package init(key: YAMLNode, value: YAMLNode) {
            self.key = key
            self.value = value
        }
    }

    package var kind: Kind
    /// The file's name as the person gave it.
    package var file: String
    /// From 1.
    package var line: Int
    /// From 1, in Unicode scalars.
    package var column: Int

    package init(_ kind: Kind, file: String, line: Int, column: Int) {
        self.kind = kind
        self.file = file
        self.line = line
        self.column = column
    }

    /// `file:line:column`.
    package var position: String { "\(file):\(line):\(column)" }

    /// A scalar's text.
    package var text: String? {
        if case .scalar(let text, _) = kind { text } else { nil }
    }

    /// The items of a sequence.
    package var items: [YAMLNode]? {
        if case .sequence(let items) = kind { items } else { nil }
    }

    /// The entries of a mapping.
    package var entries: [Entry]? {
        if case .mapping(let entries) = kind { entries } else { nil }
    }

    /// Whether it is an unquoted nothing: empty, `~` or `null`.
    package var isNull: Bool {
        guard case .scalar(let text, quoted: false) = kind else { return false }
        return text.isEmpty || text == "~" || text == "null" || text == "Null" || text == "NULL"
    }

    /// The value of `key` in a mapping. Keys compare byte by byte.
    package subscript(key: String) -> YAMLNode? {
        entries?.first { entry in
            entry.key.text.map { $0.utf8.elementsEqual(key.utf8) } ?? false
        }?.value
    }

    /// What it is, for messages: "a text", "a list", "a mapping", "nothing".
    package var kindName: String {
        if isNull { return "nothing" }
        switch kind {
        case .scalar: return "a text"
        case .sequence: return "a list"
        case .mapping: return "a mapping"
        }
    }
}
