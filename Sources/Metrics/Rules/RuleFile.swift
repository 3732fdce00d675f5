import Basics
import Documents

/// A Prometheus rule file: groups of alerting and recording rules.
package struct RuleFile: Sendable, Hashable {
    package var groups: [RuleGroup]
    /// What is right as it stands, but worth knowing: keys that are ignored, rules given twice.
    package var notes: [Note]

    package struct Note: Sendable, Hashable {
        /// `file:line:column`.
        package var position: String
        package var what: String
    }

    package init(groups: [RuleGroup], notes: [Note] = []) {
        self.groups = groups
        self.notes = notes
    }

    /// Reads the YAML of a rule file and checks it as `promtool check rules` does.
    /// - Throws: one failure that names every problem with `file:line:column`.
    package static func load(text: String, file: String) throws(Failure) -> RuleFile {
        let root = try YAMLReader.parse(text, file: file)
        let context = YAMLDecoderContext()
        let notes = YAMLDecoderContext()
        let reader = MappingReader(root, in: context, what: "a rule file")
        var groups: [RuleGroup] = []
        var names = Set<String>()
        for item in reader.mappings("groups") {
            let group = RuleGroup(item, notes: notes)
            if !group.name.isEmpty, !names.insert(group.name).inserted {
                context.report(
                    item.node["name"] ?? item.node, "the group \"\(group.name)\" is given twice",
                    expected: "a name that is used once in the file")
            }
            groups.append(group)
        }
        reader.finish()
        if let failure = context.failure("rules.invalid", "Rule file not usable") { throw failure }
        noteDuplicates(groups, notes)
        return RuleFile(
            groups: groups,
            notes: notes.problems.map { Note(position: $0.position, what: $0.what) })
    }

    /// Two rules that give the same series: which of them is seen is chance.
    private static func noteDuplicates(_ groups: [RuleGroup], _ notes: YAMLDecoderContext) {
        struct Identity: Hashable {
            var kind: Rule.Kind
            var labels: [String: String]
        }
        var first: [Identity: String] = [:]
        for rule in groups.flatMap(\.rules) {
            let identity = Identity(kind: rule.kind, labels: rule.labels)
            if let position = first[identity] {
                notes.report(
                    Problem(
                        position: rule.position,
                        what: "the rule \(rule.name) is given twice with the same labels, first "
                            + "at \(position)"))
            } else {
                first[identity] = rule.position
            }
        }
    }
}

/// Rules that are evaluated together, in order.
package struct RuleGroup: Sendable, Hashable {
    package var name: String
    /// How often; nil to evaluate whenever asked.
    package var interval: Duration?
    /// How far back the rules look.
    package var queryOffset: Duration
    /// The most series that a recording rule, or alerts that an alerting rule may give; nil for any
    /// number.
    package var limit: Int?
    package var rules: [Rule]

    package init(
        name: String, interval: Duration? = nil, queryOffset: Duration = .zero, limit: Int? = nil,
        rules: [Rule]
    ) {
        self.name = name
        self.interval = interval
        self.queryOffset = queryOffset
        self.limit = limit
        self.rules = rules
    }

    /// Keys of systems that evaluate rules for many tenants; here there is one.
    private static let ignored = ["source_tenants", "partial_response_strategy"]

    fileprivate init(_ reader: MappingReader, notes: YAMLDecoderContext) {
        name = reader.requiredString("name")
        interval = reader.promQLDuration("interval").flatMap { $0 > .zero ? $0 : nil }
        queryOffset = reader.promQLDuration("query_offset") ?? .zero
        limit = reader.int("limit").flatMap { $0 > 0 ? $0 : nil }
        let labels = reader.labels("labels")
        rules = reader.mappings("rules").compactMap { Rule($0, groupLabels: labels) }
        for key in Self.ignored {
            if let node = reader.node(key) { notes.report(node, "\(key) is ignored here") }
        }
        reader.finish()
    }
}

/// One rule: an alert to raise or a series to record.
package struct Rule: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case alert(String)
        case record(String)
    }

    package var kind: Kind
    /// The expression as written.
    package var expressionText: String
    package var expression: Expression
    /// How long the expression must hold before the alert fires.
    package var holdDuration: Duration
    /// How long the alert keeps firing after the expression stopped holding.
    package var keepFiringFor: Duration
    package let labels: [String: String]
    package let annotations: [String: String]
    /// `labels` and `annotations` as templates, by name.
    let labelTemplates: [(name: String, template: AlertTemplate)]
    let annotationTemplates: [(name: String, template: AlertTemplate)]
    /// `file:line:column` of the rule.
    package var position: String

    /// A rule built in the program.
    /// - Throws: the parse error of `expression`.
    package init(
        _ kind: Kind, expression: String, for holdDuration: Duration = .zero,
        keepFiringFor: Duration = .zero, labels: [String: String] = [:],
        annotations: [String: String] = [:], position: String = ""
    ) throws(QueryError) {
        self.init(
            kind, expression, try Expression.parse(expression), labels, annotations, position)
        self.holdDuration = holdDuration
        self.keepFiringFor = keepFiringFor
    }

    private init(
        _ kind: Kind, _ text: String, _ expression: Expression, _ labels: [String: String],
        _ annotations: [String: String], _ position: String
    ) {
        self.kind = kind
        expressionText = text
        self.expression = expression
        holdDuration = .zero
        keepFiringFor = .zero
        self.labels = labels
        self.annotations = annotations
        self.position = position
        let alert = kind.name
        func templates(_ texts: [String: String]) -> [(name: String, template: AlertTemplate)] {
            texts.sorted { $0.key < $1.key }.map {
                (name: $0.key, template: AlertTemplate($0.value, alert: alert))
            }
        }
        labelTemplates = templates(labels)
        annotationTemplates = templates(annotations)
    }

    /// The name of the alert or of the recorded series.
    package var name: String { kind.name }

    package static func == (left: Rule, right: Rule) -> Bool {
        left.kind == right.kind && left.expression == right.expression
            && left.holdDuration == right.holdDuration
            && left.keepFiringFor == right.keepFiringFor && left.labels == right.labels
            && left.annotations == right.annotations && left.position == right.position
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(expressionText)
        hasher.combine(position)
    }
}

extension Rule.Kind {
    package var name: String {
        switch self {
        case .alert(let name), .record(let name): name
        }
    }
}

// MARK: Reading

extension Rule {
    /// Nil after a problem was noted that leaves nothing to keep.
    fileprivate init?(_ reader: MappingReader, groupLabels: [String: String]) {
        let alert = reader.string("alert")
        let record = reader.string("record")
        let text = reader.requiredString("expr")
        let hold = reader.promQLDuration("for")
        let keep = reader.promQLDuration("keep_firing_for")
        let labels = groupLabels.merging(reader.labels("labels")) { $1 }
        let annotations = reader.texts("annotations")
        reader.finish()
        let kind: Kind
        switch (alert, record) {
        case (let name?, nil): kind = .alert(name)
        case (nil, let name?): kind = .record(name)
        default:
            reader.context.report(
                reader.node, "a rule is an alert or a record",
                expected: "exactly one of alert and record")
            return nil
        }
        Self.check(kind, reader)
        guard !text.isEmpty else { return nil }
        do throws(QueryError) {
            self.init(
                kind, text, try Expression.parse(text), labels, annotations,
                reader.node.position)
            holdDuration = hold ?? .zero
            keepFiringFor = keep ?? .zero
        } catch {
            reader.context.report(
                reader.node["expr"] ?? reader.node, "expr of \(kind.name): \(error.message)")
            return nil
        }
    }

    /// What is wrong with the parts other than the expression.
    private static func check(_ kind: Kind, _ reader: MappingReader) {
        let key = if case .alert = kind { "alert" } else { "record" }
        let node = reader.node[key] ?? reader.node
        if kind.name.isEmpty {
            reader.context.report(node, "\(key) is empty", expected: "a name")
        }
        switch kind {
        case .alert:
            for key in ["labels", "annotations"] { checkTemplates(key, kind.name, reader) }
        case .record(let name):
            if name.contains("{") || name.contains("}") {
                reader.context.report(
                    node, "braces in the name of the recorded series \"\(name)\"",
                    expected: "a metric name; conditions belong into expr")
            }
            for key in ["for", "keep_firing_for", "annotations"] {
                guard let node = reader.node[key], !node.isNull else { continue }
                reader.context.report(
                    node, "a recording rule has no \(key)", expected: "\(key) on alerts only")
            }
        }
    }

    private static func checkTemplates(_ key: String, _ alert: String, _ reader: MappingReader) {
        for entry in reader.node[key]?.entries ?? [] {
            guard let name = entry.key.text, let text = entry.value.text,
                let problem = AlertTemplate.problem(text, alert: alert)
            else { continue }
            let what = key == "labels" ? "label" : "annotation"
            reader.context.report(entry.value, "\(what) \"\(name)\": \(problem)")
        }
    }
}

extension MappingReader {
    /// A duration as Prometheus writes it: `30s`, `1h30m`, `1d`, `0`.
    fileprivate func promQLDuration(_ key: String) -> Duration? {
        guard let node = node(key) else { return nil }
        guard let text = node.text, let value = PromQLDuration.parse(Array(text.utf8)) else {
            context.report(
                node, "\(key) is \"\(node.text ?? node.kindName)\"",
                expected: "a duration such as 30s, 5m or 1h30m")
            return nil
        }
        return .milliseconds(value)
    }

    /// Names with texts, where the names are those of labels.
    fileprivate func labels(_ key: String) -> [String: String] {
        for entry in self.node[key]?.entries ?? [] {
            guard let name = entry.key.text, name.isEmpty || name == "__name__" else { continue }
            context.report(
                entry.key, "\"\(name)\" is no label that a rule may set",
                expected: "a label name other than __name__")
        }
        return texts(key)
    }

    /// A mapping from names to texts; numbers and truth values count as the text they are written
    /// in.
    fileprivate func texts(_ key: String) -> [String: String] {
        guard let node = node(key) else { return [:] }
        guard let entries = node.entries else {
            context.report(node, "\(key) is \(node.kindName)", expected: "names with texts")
            return [:]
        }
        var texts: [String: String] = [:]
        for entry in entries {
            guard let name = entry.key.text, let value = entry.value.text else {
                context.report(
                    entry.value, "a value of \(key) is \(entry.value.kindName)",
                    expected: "a text")
                continue
            }
            texts[name] = value
        }
        return texts
    }
}
