import Basics
import Documents

/// A Prometheus rule file: groups of alerting and recording rules.
package struct RuleFile: Sendable, Hashable {
    package var groups: [RuleGroup]

    package init(groups: [RuleGroup]) { self.groups = groups }

    /// Reads the YAML of a rule file.
    /// - Throws: one failure that names every problem with `file:line:column`.
    package static func load(text: String, file: String) throws(Failure) -> RuleFile {
        let root = try YAMLReader.parse(text, file: file)
        let context = YAMLDecoderContext()
        let reader = MappingReader(root, in: context, what: "a rule file")
        var groups: [RuleGroup] = []
        var names = Set<String>()
        for item in reader.mappings("groups") {
            let group = RuleGroup(item)
            if !names.insert(group.name).inserted {
                context.report(item.node, "the group \"\(group.name)\" is given twice")
            }
            groups.append(group)
        }
        reader.finish()
        if let failure = context.failure("rules.invalid", "Rule file not usable") { throw failure }
        return RuleFile(groups: groups)
    }
}

/// Rules that are evaluated together, in order.
package struct RuleGroup: Sendable, Hashable {
    package var name: String
    /// How often; nil to evaluate whenever asked.
    package var interval: Duration?
    /// How far back the rules look.
    package var queryOffset: Duration
    package var rules: [Rule]

    package init(
        name: String, interval: Duration? = nil, queryOffset: Duration = .zero, rules: [Rule]
    ) {
        self.name = name
        self.interval = interval
        self.queryOffset = queryOffset
        self.rules = rules
    }

    fileprivate init(_ reader: MappingReader) {
        name = reader.requiredString("name")
        interval = reader.promQLDuration("interval")
        queryOffset = reader.promQLDuration("query_offset") ?? .zero
        let labels = reader.texts("labels")
        rules = reader.mappings("rules").compactMap { Rule($0, groupLabels: labels) }
        reader.finish(also: ["limit", "partial_response_strategy"])
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
    /// Nil when it uses a part of the language that is not evaluated yet; `problem` says which.
    package var expression: Expression?
    package var problem: QueryError?
    /// How long the expression must hold before the alert fires.
    package var holdDuration: Duration
    /// How long the alert keeps firing after the expression stopped holding.
    package var keepFiringFor: Duration
    package var labels: [String: String]
    package var annotations: [String: String]
    /// `file:line:column` of the rule.
    package var position: String

    /// A rule built in the program.
    /// - Throws: the parse error of `expression`.
    package init(
        _ kind: Kind, expression: String, for holdDuration: Duration = .zero,
        keepFiringFor: Duration = .zero, labels: [String: String] = [:],
        annotations: [String: String] = [:], position: String = ""
    ) throws(QueryError) {
        self.kind = kind
        expressionText = expression
        self.expression = try Expression.parse(expression)
        self.holdDuration = holdDuration
        self.keepFiringFor = keepFiringFor
        self.labels = labels
        self.annotations = annotations
        self.position = position
    }

    /// The name of the alert or of the recorded series.
    package var name: String {
        switch kind {
        case .alert(let name), .record(let name): name
        }
    }

    /// Nil after a problem was noted that leaves nothing to keep.
    fileprivate init?(_ reader: MappingReader, groupLabels: [String: String]) {
        let alert = reader.string("alert")
        let record = reader.string("record")
        expressionText = reader.requiredString("expr")
        holdDuration = reader.promQLDuration("for") ?? .zero
        keepFiringFor = reader.promQLDuration("keep_firing_for") ?? .zero
        labels = groupLabels.merging(reader.texts("labels")) { $1 }
        annotations = reader.texts("annotations")
        position = reader.node.position
        reader.finish()
        switch (alert, record) {
        case (let name?, nil): kind = .alert(name)
        case (nil, let name?):
            kind = .record(name)
            if holdDuration > .zero || keepFiringFor > .zero || !annotations.isEmpty {
                reader.context.report(
                    reader.node, "a recording rule has \"for\", \"keep_firing_for\" or annotations")
            }
        default:
            reader.context.report(
                reader.node, "a rule is an alert or a record",
                expected: "exactly one of alert and record")
            return nil
        }
        guard !expressionText.isEmpty else { return nil }
        do throws(QueryError) {
            expression = try Expression.parse(expressionText)
        } catch {
            if case .notImplemented = error.kind {
                problem = error
            } else {
                reader.context.report(
                    reader.node["expr"] ?? reader.node, "expr of \(name): \(error.message)")
            }
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
