import Basics
import Incidents
import Metrics
import Playbooks

/// One instance's share of requests and failures.
struct InstanceState: Sendable, Hashable {
    var name: String
    var service: String?
    var zone: String?
    var region: String?
    var version: String?
    /// Requests per second.
    var requests: Double
    /// Failed requests per second.
    var failures: Double
    var ratio: Double { requests > 0 ? failures / requests : 0 }
}

/// What an instance runs, by the series that are still written.
enum PresentVersion: Sendable, Hashable {
    case one(String)
    /// Without an end marker the old series is there for two intervals more: neither is claimed.
    case several
}

/// Labels that exporters and agents use for the same thing, the first present wins.
enum IdentityLabels {
    static let instance = ["instance", "pod", "host", "hostname", "node", "server"]
    static let service = ["service", "service_name", "app", "job", "backend", "proxy"]
    static let zone = ["zone", "availability_zone", "az", "topology_kubernetes_io_zone"]
    static let region = ["region", "topology_kubernetes_io_region"]
    static let version = [
        "version", "service_version", "app_version", "release", "revision", "image_tag",
    ]
    static let all = instance + service + zone + region + version

    static func first(_ names: [String], in labels: Labels) -> String? {
        for name in names {
            if let value = labels[name], !value.isEmpty { return value }
        }
        return nil
    }
}

/// What is known of the parts of the fleet, refreshed every few seconds.
struct ScopeTracker: Sendable {
    var instances: [InstanceState] = []
    /// Names of instances that are affected now.
    var affected: Set<String> = []
    /// The service the trouble comes from; it stays after recovery.
    var service: String?
    var readAt: Timestamp?
    /// Error ratios by service shortly before the onset, and ten minutes earlier.
    var early: [String: Double] = [:]
    var reference: [String: Double] = [:]
    var comparedAt: Timestamp?

    /// Error ratio by service.
    static func ratios(_ instances: [InstanceState]) -> [String: Double] {
        var requests: [String: Double] = [:]
        var failures: [String: Double] = [:]
        for instance in instances {
            guard let service = instance.service else { continue }
            requests[service, default: 0] += instance.requests
            failures[service, default: 0] += instance.failures
        }
        return requests.reduce(into: [:]) { result, entry in
            guard entry.value > 0 else { return }
            result[entry.key] = (failures[entry.key] ?? 0) / entry.value
        }
    }

    var ratios: [String: Double] { Self.ratios(instances) }

    /// Whether `ratio` is out of what was usual for `service`.
    func isBad(_ ratio: Double, service: String) -> Bool {
        let usual = reference[service] ?? 0
        return ratio > max(3 * usual, usual + 0.01)
    }
}

extension Diagnoser {
    mutating func readScope(_ input: DiagnosisInput) {
        if let last = scope.readAt, input.now >= last, input.now - last < .seconds(5) { return }
        scope.readAt = input.now
        guard let tracker = main(.errorRatio), let expression = tracker.expression else { return }
        scope.instances = breakdown(expression, input, at: input.now)
        let running = runningVersions(tracker, input)
        for index in scope.instances.indices {
            if let version = running[scope.instances[index].name] {
                scope.instances[index].version = version
            }
        }
        compareWithOnset(expression, input)
        guard tracker.gap.isEmpty else { return }
        scope.affected = affectedInstances(tracker)
        if let service = culprit(input) { scope.service = service }
    }

    /// Requests and failures by instance; empty when the expression is no ratio of sums.
    private mutating func breakdown(
        _ expression: Expression, _ input: DiagnosisInput, at time: Timestamp
    ) -> [InstanceState] {
        guard let quotient = expression.quotient,
            let failed = quotient.numerator.grouped(by: IdentityLabels.all),
            let all = quotient.denominator.grouped(by: IdentityLabels.all)
        else { return [] }
        var failures: [Labels: Double] = [:]
        for sample in querying.vector(failed, input.engine, at: time) where sample.v.isFinite {
            failures[sample.labels] = sample.v
        }
        var byName: [String: InstanceState] = [:]
        for sample in querying.vector(all, input.engine, at: time) where sample.v.isFinite {
            var state = instance(sample.labels)
            state.requests = sample.v
            state.failures = failures[sample.labels] ?? 0
            if let known = byName[state.name] {
                state.requests += known.requests
                state.failures += known.failures
                if known.requests > sample.v { state.version = known.version }
            }
            byName[state.name] = state
        }
        let builds = buildVersions(input, at: time)
        let present = presentVersions(quotient.denominator, input, at: time)
        return byName.values.map { state in
            var state = state
            switch present[state.name] {
            case .one(let version): state.version = version
            case .several: state.version = nil
            case nil: state.version = state.version ?? builds[state.name]
            }
            return state
        }.sorted { $0.name < $1.name }
    }

    /// The version whose series are still written. A rate over five minutes goes on for that long
    /// after a deploy replaced the process, so it cannot tell what runs now.
    private mutating func presentVersions(
        _ counted: Expression, _ input: DiagnosisInput, at time: Timestamp
    ) -> [String: PresentVersion] {
        guard let name = counted.metricNames.sorted().first else { return [:] }
        let interval = main(.errorRatio)?.interval ?? .seconds(15)
        let window = interval.inMilliseconds * 2 + 1000
        let labels = IdentityLabels.all.joined(separator: ", ")
        let text = "count by (\(labels)) (count_over_time(\(name)[\(window)ms]) and \(name))"
        guard let expression = querying.expression(text) else { return [:] }
        var versions: [String: PresentVersion] = [:]
        for sample in querying.vector(expression, input.engine, at: time) {
            let state = instance(sample.labels)
            guard let version = state.version else { continue }
            versions[state.name] = versions[state.name] == nil ? .one(version) : .several
        }
        return versions
    }

    private func instance(_ labels: Labels) -> InstanceState {
        let service = IdentityLabels.first(IdentityLabels.service, in: labels)
        let name = IdentityLabels.first(IdentityLabels.instance, in: labels)
        return InstanceState(
            name: name ?? service ?? "all", service: service,
            zone: IdentityLabels.first(IdentityLabels.zone, in: labels),
            region: IdentityLabels.first(IdentityLabels.region, in: labels),
            version: IdentityLabels.first(IdentityLabels.version, in: labels), requests: 0,
            failures: 0)
    }

    /// The one version each instance has series of at this moment. A rate looks minutes back and
    /// still sees what ran before a rollout; an instant selector does not, because the old series
    /// have ended.
    private mutating func runningVersions(_ tracker: SignalTracker, _ input: DiagnosisInput)
        -> [String: String]
    {
        var versions: [String: Set<String>] = [:]
        let labels = IdentityLabels.all.joined(separator: ", ")
        for name in tracker.metricNames.sorted().prefix(4) {
            guard
                let expression = querying.expression(
                    "count by (\(labels)) ({__name__=\"\(name)\"})")
            else { continue }
            for sample in querying.vector(expression, input.engine, at: input.now) {
                let state = instance(sample.labels)
                if let version = state.version { versions[state.name, default: []].insert(version) }
            }
        }
        return versions.compactMapValues { $0.count == 1 ? $0.first : nil }
    }

    /// Versions by instance from `*_build_info`, for counters without a version label.
    private mutating func buildVersions(_ input: DiagnosisInput, at time: Timestamp)
        -> [String: String]
    {
        var versions: [String: String] = [:]
        let names = input.metricNames.filter { $0.hasSuffix("build_info") && $0 != "go_build_info" }
        for name in names.sorted().prefix(8) {
            guard let expression = querying.expression(name) else { continue }
            for sample in querying.vector(expression, input.engine, at: time) where sample.v > 0 {
                guard let version = IdentityLabels.first(IdentityLabels.version, in: sample.labels),
                    let instance = IdentityLabels.first(
                        IdentityLabels.instance, in: sample.labels)
                else { continue }
                versions[instance] = version
            }
        }
        return versions
    }

    /// Reads once how the services stood just before the onset, and ten minutes earlier.
    private mutating func compareWithOnset(_ expression: Expression, _ input: DiagnosisInput) {
        guard let onset = onset(input.incident), scope.comparedAt != onset else { return }
        scope.comparedAt = onset
        scope.early = ScopeTracker.ratios(
            breakdown(expression, input, at: onset - .seconds(30)))
        scope.reference = ScopeTracker.ratios(
            breakdown(expression, input, at: onset - .seconds(600)))
    }

    /// Instances clearly worse than the baseline, and at least a fifth as bad as the worst one.
    private func affectedInstances(_ tracker: SignalTracker) -> Set<String> {
        // Below five requests in five minutes one failure says nothing.
        let serving = scope.instances.filter { $0.requests * 300 >= 5 }
        guard let worst = serving.map(\.ratio).max(), tracker.state.isBad != false else {
            return []
        }
        let usual = tracker.state.baseline?.median ?? 0
        let edge = tracker.state.baseline?.bandEdge ?? 0.02
        let threshold = max(edge, usual + 0.2 * (worst - usual))
        return Set(serving.filter { $0.ratio > threshold }.map(\.name))
    }

    /// The affected service that none of its own dependencies explains.
    private func culprit(_ input: DiagnosisInput) -> String? {
        let affected = scope.instances.filter { scope.affected.contains($0.name) }
        let services = Set(affected.compactMap(\.service))
        guard !services.isEmpty else { return nil }
        let deepest = services.filter { service in
            let dependencies = configuration.services[service]?.dependsOn ?? []
            return !dependencies.contains(where: services.contains)
        }
        let candidates = deepest.isEmpty ? services : deepest
        if let declared = input.incident.service, candidates.contains(declared) { return declared }
        let start = onset(input.incident) ?? input.now
        let changed = candidates.filter { service in
            allChanges(input).contains { change in
                NameRule.same(change.service, service) && change.at <= start + .seconds(30)
                    && start - change.at <= .seconds(3600)
            }
        }
        let failures = { (service: String) in
            affected.filter { $0.service == service }.reduce(0) { $0 + $1.failures }
        }
        return (changed.isEmpty ? candidates : changed).sorted().max {
            failures($0) < failures($1)
        }
    }

    /// Host, zone, region or global, and the words for it.
    func reach(_ service: String?) -> (Situation.Reach, String) {
        let population = scope.instances.filter { service == nil || $0.service == service }
        let all = population.isEmpty ? scope.instances : population
        let affected = all.filter { scope.affected.contains($0.name) }
        guard !affected.isEmpty, let first = affected.first else {
            let isOver = service != nil && !all.isEmpty && worst == nil
            return (.unknown, isOver ? "no instance is affected now" : "")
        }
        let whole = population.isEmpty || service == nil ? "" : (service ?? "") + " "
        let count = "\(affected.count) of \(all.count) \(whole)instances"
        if affected.count == 1, all.count > 1 { return (.host, "\(count): \(first.name)") }
        let zones = Set(affected.compactMap(\.zone))
        let allZones = Set(all.compactMap(\.zone))
        let regions = Set(affected.compactMap(\.region))
        let allRegions = Set(all.compactMap(\.region))
        if zones.count == 1, allZones.count > 1, let zone = zones.first {
            return (.zone, "\(count), \(zone) only")
        }
        if regions.count == 1, let region = regions.first {
            let zonesText = allZones.count > 1 ? ", \(zones.count) of \(allZones.count) zones" : ""
            return (
                .region,
                allRegions.count > 1 ? "\(count), \(region) only" : "\(count)\(zonesText)"
            )
        }
        if allZones.isEmpty, allRegions.isEmpty, affected.count < all.count {
            return (.unknown, "\(count); no zone or region labels")
        }
        if zones.count == 1 || allZones.isEmpty {
            return (.global, count)
        }
        return (.global, "\(count), \(zones.count) of \(allZones.count) zones")
    }
}
