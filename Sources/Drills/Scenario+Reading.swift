import Basics
import Documents

extension Scenario {
    /// Reads a scenario file. The failure names every problem with its position.
    package static func load(text: String, file: String) throws(Failure) -> Scenario {
        let root = try YAMLReader.parse(text, file: file)
        let reader = ScenarioReader(context: YAMLDecoderContext())
        let scenario = reader.scenario(root)
        if let failure = reader.context.failure("drill.scenario", "Scenario not usable") {
            throw failure
        }
        return scenario
    }
}

/// Decodes the parts of a scenario and checks what they say about each other.
private struct ScenarioReader {
    let context: YAMLDecoderContext

    func scenario(_ root: YAMLNode) -> Scenario {
        let reader = MappingReader(root, in: context, what: "a scenario")
        let services = reader.namedMappings("services").map { service($0.name, $0.reader) }
        if reader.require("services"), services.isEmpty {
            context.report(root, "services is empty", expected: "at least one service")
        }
        let scenario = Scenario(
            name: name(reader), title: reader.requiredString("title"),
            summary: reader.string("summary") ?? "", region: reader.requiredString("region"),
            services: services, traffic: traffic(reader.mapping("traffic")),
            fault: fault(required("fault", reader)), decoys: decoys(reader.mapping("decoys")),
            right: right(required("right", reader)), truth: truth(required("truth", reader)))
        reader.finish()
        checkReferences(reader)
        if context.problems.isEmpty {
            checkFault(scenario, reader)
            checkDeploys(scenario, reader)
        }
        return scenario
    }

    private func name(_ reader: MappingReader) -> String {
        let name = reader.requiredString("name")
        let allowed = name.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
        }
        if !allowed, let node = reader.node("name") {
            context.report(
                node, "the name is \"\(name)\"", expected: "lower-case letters, digits, hyphens")
        }
        return name
    }

    // MARK: Services

    private func service(_ name: String, _ reader: MappingReader) -> Scenario.Service {
        if !isPlainName(name) {
            context.report(
                reader.node, "a service is named \"\(name)\"",
                expected: "lower-case letters, digits, hyphens")
        }
        let calls = reader.mapping("calls")
        var shares: [String: Double] = [:]
        for key in calls?.keys ?? [] { shares[key] = calls.flatMap { share(key, $0) } ?? 0 }
        let service = Scenario.Service(
            name: name,
            tier: required("tier", reader) { $0.choice("tier", of: Self.tiers) } ?? "backend",
            calls: shares, customers: share("customers", reader) ?? 1,
            onCall: reader.string("on_call") ?? "\(name)-oncall",
            zones: reader.strings("zones"), version: reader.requiredString("version"),
            requestsPerSecond: positive("requests_per_second", reader),
            errorRatio: share("error_ratio", reader) ?? 0, latency: latency(reader),
            method: reader.string("method") ?? "GET", pool: pool(reader.mapping("pool")),
            queue: queue(reader.mapping("queue")), logs: logs(required("logs", reader)))
        if service.zones.isEmpty {
            context.report(reader.node, "\(name) has no zones", expected: "a zone per instance")
        }
        reader.finish()
        return service
    }

    private static let tiers = ["edge", "middleware", "backend"]

    private func latency(_ parent: MappingReader) -> Scenario.Latency {
        let fallback = Scenario.Latency(p50: .milliseconds(50), p99: .milliseconds(300))
        guard let reader = required("latency", parent) else { return fallback }
        let latency = Scenario.Latency(
            p50: span("p50", reader) ?? fallback.p50, p99: span("p99", reader) ?? fallback.p99)
        if latency.p50 <= .zero || latency.p99 <= latency.p50 {
            context.report(
                reader.node, "p99 is not above p50", expected: "0 < p50 < p99")
        }
        reader.finish()
        return latency
    }

    private func pool(_ reader: MappingReader?) -> Scenario.Pool? {
        guard let reader else { return nil }
        defer { reader.finish() }
        let pool = Scenario.Pool(max: count("max", reader), inUse: count("in_use", reader))
        if pool.inUse > pool.max, let node = reader.node("in_use") {
            context.report(node, "in_use is above max", expected: "at most \(pool.max)")
        }
        return pool
    }

    private func queue(_ reader: MappingReader?) -> Scenario.Queue? {
        guard let reader else { return nil }
        defer { reader.finish() }
        return Scenario.Queue(
            name: reader.requiredString("name"), depth: count("depth", reader))
    }

    private func logs(_ reader: MappingReader?) -> Scenario.Logs {
        let names = Scenario.Logs.Format.allCases.map(\.rawValue)
        guard let reader else {
            return Scenario.Logs(
                format: .json, linesPerSecond: 1, messages: [], errorMessage: "")
        }
        defer { reader.finish() }
        let format = required("format", reader) { $0.choice("format", of: names) }
        let messages = reader.strings("messages")
        if messages.isEmpty {
            context.report(reader.node, "messages is empty", expected: "at least one text")
        }
        return Scenario.Logs(
            format: format.flatMap(Scenario.Logs.Format.init) ?? .json,
            linesPerSecond: min(50, positive("lines_per_second", reader)),
            messages: messages, errorMessage: reader.requiredString("error"))
    }

    // MARK: Load, fault, decoys

    private func traffic(_ reader: MappingReader?) -> Scenario.Traffic {
        guard let reader else {
            return Scenario.Traffic(swing: 0, period: .seconds(86_400), noise: 0.02)
        }
        defer { reader.finish() }
        let traffic = Scenario.Traffic(
            swing: share("swing", reader) ?? 0,
            period: reader.duration("period") ?? .seconds(86_400),
            noise: share("noise", reader) ?? 0.02)
        if traffic.period < .seconds(60) {
            context.report(reader.node, "period is too short", expected: "60s or more")
        }
        return traffic
    }

    private func fault(_ reader: MappingReader?) -> Scenario.Fault {
        let source = reader ?? MappingReader(Self.nothing, in: YAMLDecoderContext())
        defer { source.finish() }
        let kinds = Scenario.Fault.Kind.allCases.map(\.rawValue)
        let kind = required("kind", source) { $0.choice("kind", of: kinds) }
        return Scenario.Fault(
            kind: kind.flatMap(Scenario.Fault.Kind.init) ?? .badDeploy,
            service: source.requiredString("service"), at: requiredSpan("at", source),
            version: source.requiredString("version"),
            previous: source.requiredString("previous"),
            errorRatio: requiredShare("error_ratio", source),
            latencyFactor: source.double("latency_factor").map { $0.clamped(to: 1...1000) } ?? 1,
            rollout: source.duration("rollout") ?? .seconds(10),
            ramp: source.duration("ramp") ?? .seconds(10),
            recovery: source.duration("recovery") ?? .seconds(75),
            instances: share("instances", source) ?? 1, canary: canary(source.mapping("canary")),
            message: source.requiredString("message"))
    }

    private static let nothing = YAMLNode(.mapping([]), file: "", line: 1, column: 1)

    private func canary(_ reader: MappingReader?) -> Scenario.Canary? {
        guard let reader else { return nil }
        defer { reader.finish() }
        return Scenario.Canary(
            instance: count("instance", reader), since: requiredSpan("since", reader))
    }

    private func decoys(_ reader: MappingReader?) -> Scenario.Decoys {
        guard let reader else { return Scenario.Decoys(changes: [], jobs: [], noise: []) }
        defer { reader.finish() }
        return Scenario.Decoys(
            changes: reader.mappings("changes").map(change),
            jobs: reader.mappings("jobs").map(job), noise: reader.mappings("noise").map(noise))
    }

    private func change(_ reader: MappingReader) -> Scenario.Decoys.Change {
        defer { reader.finish() }
        let kind = required("kind", reader) { $0.choice("kind", of: ["deploy", "flag", "config"]) }
        return Scenario.Decoys.Change(
            kind: kind ?? "config", service: reader.requiredString("service"), at: moment(reader),
            version: reader.requiredString("version"), previous: reader.string("previous"),
            summary: reader.string("summary") ?? "")
    }

    private func job(_ reader: MappingReader) -> Scenario.Decoys.Job {
        defer { reader.finish() }
        return Scenario.Decoys.Job(
            service: reader.requiredString("service"), at: moment(reader),
            lasts: requiredSpan("lasts", reader),
            cores: reader.double("cores").map { $0.clamped(to: 0...64) } ?? 0.2,
            message: reader.requiredString("message"))
    }

    private func noise(_ reader: MappingReader) -> Scenario.Decoys.Noise {
        defer { reader.finish() }
        let every = requiredSpan("every", reader)
        if every < .seconds(1), let node = reader.node("every") {
            context.report(node, "every is too short", expected: "1s or more")
        }
        return Scenario.Decoys.Noise(
            service: reader.requiredString("service"), every: max(every, .seconds(1)),
            level: reader.choice("level", of: ["info", "warn"]) ?? "info",
            message: reader.requiredString("message"))
    }

    private func right(_ reader: MappingReader?) -> Scenario.RightAction {
        defer { reader?.finish() }
        return Scenario.RightAction(
            action: reader?.requiredString("action") ?? "",
            target: reader?.requiredString("target") ?? "")
    }

    private func truth(_ reader: MappingReader?) -> Scenario.Truth {
        defer { reader?.finish() }
        return Scenario.Truth(
            hypothesis: reader?.requiredString("hypothesis") ?? "",
            service: reader?.requiredString("service") ?? "")
    }

    // MARK: What the parts say about each other

    /// Every service that is named must exist.
    private func checkReferences(_ root: MappingReader) {
        let known = root.node["services"]?.entries?.compactMap(\.key.text) ?? []
        for entry in root.node["services"]?.entries ?? [] {
            for call in entry.value["calls"]?.entries ?? [] { check(call.key, in: known) }
        }
        var places: [YAMLNode?] = [
            root.node["fault"]?["service"], root.node["truth"]?["service"],
            root.node["right"]?["target"],
        ]
        for list in ["changes", "jobs", "noise"] {
            places += (root.node["decoys"]?[list]?.items ?? []).map { $0["service"] }
        }
        for case let place? in places { check(place, in: known) }
    }

    private func check(_ node: YAMLNode, in known: [String]) {
        guard let name = node.text, !known.contains(name) else { return }
        context.report(
            node, "there is no service \"\(name)\"",
            expected: "one of " + known.joined(separator: ", "))
    }

    /// The recorded history grows with every instance and must stay quick to read.
    private static let instancesMax = 40

    private func checkFault(_ scenario: Scenario, _ root: MappingReader) {
        let node = root.node["fault"] ?? root.node
        let fault = scenario.fault
        guard let service = scenario.service(fault.service) else { return }
        if fault.previous != service.version {
            context.report(
                node["previous"] ?? node, "previous is \"\(fault.previous)\"",
                expected: "\(service.version), the version that \(service.name) runs")
        }
        if fault.version == fault.previous {
            context.report(
                node["version"] ?? node, "version and previous are the same",
                expected: "two versions")
        }
        if let canary = fault.canary, !(1...service.zones.count).contains(canary.instance) {
            context.report(
                node["canary"] ?? node, "the canary is instance \(canary.instance)",
                expected: "1 to \(service.zones.count)")
        }
        let instances = scenario.services.reduce(0) { $0 + $1.zones.count }
        if instances > Self.instancesMax {
            context.report(
                root.node["services"] ?? root.node, "there are \(instances) instances",
                expected: "at most \(Self.instancesMax)")
        }
        if let cycle = Fleet.cycle(scenario.services) {
            context.report(
                root.node["services"] ?? root.node, "\(cycle) calls itself through others",
                expected: "calls without a circle")
        }
    }

    /// The last harmless deploy before the opening must lead to what runs at the opening.
    private func checkDeploys(_ scenario: Scenario, _ root: MappingReader) {
        let nodes = root.node["decoys"]?["changes"]?.items ?? []
        for (change, node) in zip(scenario.decoys.changes, nodes) where change.kind == "deploy" {
            if change.previous == nil {
                context.report(node, "the deploy has no previous", expected: "a version")
            }
            guard change.at < .zero, let service = scenario.service(change.service) else {
                continue
            }
            let isLast = !scenario.decoys.changes.contains {
                $0.kind == "deploy" && $0.service == change.service && $0.at < .zero
                    && $0.at > change.at
            }
            if isLast, change.version != service.version {
                context.report(
                    node["version"] ?? node, "the deploy brings \(change.version)",
                    expected: "\(service.version), what \(service.name) runs at the opening")
            }
        }
    }

    // MARK: Values

    private func required(_ key: String, _ reader: MappingReader) -> MappingReader? {
        reader.require(key) ? reader.mapping(key) : nil
    }

    private func required<Value>(
        _ key: String, _ reader: MappingReader, _ read: (MappingReader) -> Value?
    ) -> Value? {
        reader.require(key) ? read(reader) : nil
    }

    private func share(_ key: String, _ reader: MappingReader) -> Double? {
        guard let value = reader.ratio(key) else { return nil }
        if !(0...1).contains(value), let node = reader.node(key) {
            context.report(node, "\(key) is out of range", expected: "0% to 100%")
        }
        return value.isFinite ? value.clamped(to: 0...1) : 0
    }

    private func requiredShare(_ key: String, _ reader: MappingReader) -> Double {
        reader.require(key) ? share(key, reader) ?? 0 : 0
    }

    private func positive(_ key: String, _ reader: MappingReader) -> Double {
        guard reader.require(key), let value = reader.double(key) else { return 1 }
        if !(value > 0 && value <= 100_000), let node = reader.node(key) {
            context.report(node, "\(key) is out of range", expected: "above 0, at most 100000")
        }
        return value.clamped(to: 0.001...100_000)
    }

    private func count(_ key: String, _ reader: MappingReader) -> Int {
        guard reader.require(key), let value = reader.int(key) else { return 1 }
        if !(1...1_000_000).contains(value), let node = reader.node(key) {
            context.report(node, "\(key) is out of range", expected: "1 to 1000000")
        }
        return value.clamped(to: 1...1_000_000)
    }

    private func span(_ key: String, _ reader: MappingReader) -> Duration? {
        reader.require(key) ? reader.duration(key) : nil
    }

    private func requiredSpan(_ key: String, _ reader: MappingReader) -> Duration {
        span(key, reader) ?? .zero
    }

    /// `before: 6m` or `after: 2m`, counted from the opening.
    private func moment(_ reader: MappingReader) -> Duration {
        let before = reader.duration("before")
        let after = reader.duration("after")
        if (before == nil) == (after == nil) {
            context.report(
                reader.node, "the time is not clear", expected: "either before or after")
        }
        return after ?? .zero - (before ?? .zero)
    }

    private func isPlainName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
            }
    }
}
