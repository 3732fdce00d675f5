import Basics
import Documents
import Incidents

/// Turns the root of `warroom.yaml` into a configuration, noting everything that is wrong.
final class ConfigurationReader {
    let context = YAMLDecoderContext()
    var notes: [LintProblem] = []
    let directory: String
    var result = Configuration()
    /// Where each service's and action's name stands, for the checks that need all of them.
    var servicePositions: [String: YAMLNode] = [:]
    var actionNodes: [String: YAMLNode] = [:]
    var spanNodes: [String: YAMLNode] = [:]
    private let root: YAMLNode
    private let readsPlaybooks: Bool

    init(_ root: YAMLNode, directory: String, readsPlaybooks: Bool) {
        self.root = root
        self.directory = directory
        self.readsPlaybooks = readsPlaybooks
    }

    func read() -> (Configuration, [LintProblem]) {
        result.files = [root.file]
        let reader = MappingReader(root, in: context, what: "a configuration")
        readEnvironment(reader)
        readSources(reader)
        readSignals(reader)
        readServices(reader)
        readActions(reader)
        readObjective(reader)
        readStopFiles(reader)
        readNotify(reader)
        readSafety(reader)
        readRedaction(reader)
        _ = reader.choice("severity_policy", of: ["default"])
        let paths = reader.sequence("playbooks")
        reader.finish()
        if readsPlaybooks { readPlaybooks(paths) }
        checkServices()
        checkActions()
        checkPlaybooks()
        return (result, context.problems.map(LintProblem.init) + notes)
    }

    private func readEnvironment(_ reader: MappingReader) {
        let names = DeploymentEnvironment.allCases.map(\.rawValue)
        if let name = reader.choice("environment", of: names),
            let environment = DeploymentEnvironment(exactly: name)
        {
            result.environment = environment
            result.environmentIsDeclared = true
        }
        readTickets(reader)
        result.hasOnCall = reader.bool("on_call") ?? true
    }

    // MARK: Sources

    private func readSources(_ reader: MappingReader) {
        guard let sources = reader.mapping("sources") else { return }
        for item in sources.mappings("logs") { readSource(item, .logs, "path") }
        for item in sources.mappings("metrics") { readSource(item, .metrics, "path") }
        for item in sources.mappings("alerts") { readSource(item, .rules, "rules") }
        for item in sources.mappings("changes") { readSource(item, .changes, "path") }
        sources.finish()
    }

    private func readSource(_ reader: MappingReader, _ kind: SourceEntry.Kind, _ key: String) {
        if reader.node("url") != nil {
            notes.append(
                LintProblem(
                    .note, position: reader.node.position,
                    what: "sources by url are not read yet, this one is left out"))
            return
        }
        var command: [String] = []
        if kind == .logs, let node = reader.node("command") {
            guard let words = commandWords(node) else { return }
            command = words
            if let path = reader.node(key) {
                context.report(path, "a path beside a command", expected: "one of the two")
            }
        }
        let path = command.isEmpty ? reader.requiredString(key) : ""
        let every = kind == .metrics ? reader.duration("every") : nil
        if let every, every <= .zero, let node = reader.node("every") {
            context.report(node, "every is zero", expected: "a duration such as 15s")
        }
        let service = reader.string("service")
        if let service, let node = reader.node("service"), !NameRule.isServiceName(service) {
            reportName(node, service)
        }
        var labels: [String: String] = [:]
        if let mapping = reader.mapping("labels") {
            for name in mapping.keys { labels[name] = mapping.string(name) }
        }
        reader.finish()
        guard !path.isEmpty || !command.isEmpty else { return }
        result.sources.append(
            SourceEntry(
                kind: kind, path: path.isEmpty ? "" : resolve(path), command: command,
                service: service, every: every, labels: labels, position: reader.node.position))
    }

    func resolve(_ path: String) -> String {
        ConfigurationLoader.resolve(path, against: directory)
    }

    func reportName(_ node: YAMLNode, _ name: String) {
        context.report(
            node, "\"\(name)\" is not a service name",
            expected: "2 to 64 of a-z A-Z 0-9 . _ - beginning with a letter or digit")
    }

    // MARK: Objective, emergency stop, escalation

    private func readObjective(_ reader: MappingReader) {
        guard let slo = reader.mapping("slo") else { return }
        let objective = slo.require("objective") ? slo.ratio("objective") : nil
        let window = slo.duration("window") ?? .seconds(30 * 86_400)
        let budget = slo.ratio("budget_left")
        if let objective, !(objective > 0 && objective < 1), let node = slo.node("objective") {
            context.report(
                node, "objective is \(UnitText.percent(objective))",
                expected: "a share below 100 %, such as 99.9%")
        } else if let objective {
            result.slo = ServiceObjective(
                objective: objective, window: window, budgetLeft: budget)
        }
        slo.finish()
    }

    private func readStopFiles(_ reader: MappingReader) {
        for node in reader.sequence("stop_files") {
            guard let path = node.text, path.utf8.first == 0x2F else {
                context.report(
                    node, "a stop file must be found from anywhere",
                    expected: "an absolute path such as /run/warroom/EMERGENCY_STOP")
                continue
            }
            result.stopFiles.append(path)
        }
    }

    private func readNotify(_ reader: MappingReader) {
        for node in reader.sequence("notify") {
            guard let argv = argv(node) else { continue }
            let known = ["contact", "text"]
            let unknown = argv.flatMap(SlotNames.inArgument).filter { name in
                !known.contains { NameRule.same($0, name) }
            }
            for name in unknown {
                context.report(
                    node, "{\(name)} is no slot of a notification",
                    expected: "{contact} or {text}", suggestion: nearest(name, in: known))
            }
            if unknown.isEmpty { result.notify.append(argv) }
        }
    }

    /// One argv list with an absolute program, or nil after a problem was noted.
    func argv(_ node: YAMLNode) -> [String]? {
        guard let items = node.items, !items.isEmpty else {
            context.report(
                node, "\(node.kindName) stands here",
                expected: "a list of arguments such as [/usr/bin/kubectl, get, pods]")
            return nil
        }
        let texts = items.compactMap { item -> String? in
            if item.text == nil { context.report(item, "not a text", expected: "one argument") }
            return item.text
        }
        guard texts.count == items.count, let program = texts.first else { return nil }
        guard program.utf8.first == 0x2F, !SlotNames.appear(in: program) else {
            context.report(
                items[0], "\"\(program)\" is not an absolute path",
                expected: "the program's full path: nothing is searched for and no slot may "
                    + "choose it")
            return nil
        }
        return texts
    }
}

/// `{slot}` in argv templates.
enum SlotNames {
    /// The placeholders of an argument: lower-case letters, digits, `_` and `-` in braces,
    /// beginning with a letter; other braces (JSON bodies) are text.
    static func inArgument(_ argument: String) -> [String] {
        var names: [String] = []
        let bytes = Array(argument.utf8)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == 0x7B else {
                index += 1
                continue
            }
            var end = index + 1
            while end < bytes.count, isNameByte(bytes[end], first: end == index + 1) { end += 1 }
            if end > index + 1, end < bytes.count, bytes[end] == 0x7D {
                names.append(String(decoding: bytes[(index + 1)..<end], as: UTF8.self))
                index = end
            }
            index += 1
        }
        return names
    }

    static func appear(in argument: String) -> Bool { !inArgument(argument).isEmpty }

    private static func isNameByte(_ byte: UInt8, first: Bool) -> Bool {
        if (0x61...0x7A).contains(byte) { return true }
        return !first && ((0x30...0x39).contains(byte) || byte == 0x5F || byte == 0x2D)
    }
}
