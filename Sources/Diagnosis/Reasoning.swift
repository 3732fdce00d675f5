import Basics
import Incidents
import Playbooks

/// A hypothesis about one object, made from a playbook's rule or from the data.
struct Candidate: Sendable {
    var id: String
    var statement: String
    /// `playbook:ID` or `data`.
    var origin: String
    var service: String?
    var prior: Double
    var change: ChangeRecorded?
    var dependency: String?
    var rules: [Playbook.Evidence]
    var falsifiedBy: String
    var fastestTest: String
    /// The playbook's hypothesis it was made from: what a mitigation step answers.
    var rule: String
}

/// What a candidate's evidence came to.
struct Weighed: Sendable {
    var items: [RankedHypothesis.Item] = []
    /// One supporting item is about the affected object itself.
    var supportsObject = false
    /// Something was looked at that could have contradicted it.
    var wasTested = false

    mutating func add(_ text: String, _ bits: Double, source: String) {
        items.append(
            RankedHypothesis.Item(text: text, bits: bits, isSilent: false, source: source))
    }

    mutating func silent(_ text: String, source: String) {
        items.append(RankedHypothesis.Item(text: text, bits: 0, isSilent: true, source: source))
    }
}

/// Candidates and their evidence, kept after recovery so that the ranking stays as it was.
struct ReasoningMemory: Sendable {
    var candidates: [Candidate] = []
    var weighed: [String: Weighed] = [:]
    /// Candidates whose change was undone without an effect, already counted against them.
    var disproved: Set<String> = []
    /// Playbooks that applied at some time, in the order of the configuration.
    var playbooks: [String] = []
}

extension Diagnoser {
    mutating func reason(_ input: DiagnosisInput, _ observation: inout Observation) {
        notePlaybooks(input)
        observation.playbooks = reasoning.playbooks
        // After recovery the numbers would say that nothing is wrong: what was seen stays.
        if isTroubled {
            for candidate in candidates(input) { keep(candidate) }
            for candidate in reasoning.candidates { reweigh(candidate, input) }
        }
        observation.hypotheses = ranked(input)
        reportHypotheses(input)
        observation.mitigations = advice(input, observation.hypotheses)
    }

    /// Weighs a candidate anew, unless its change was already undone: then versions and rates tell
    /// of the time after, what was seen before stands, and what counts is whether it helped.
    private mutating func reweigh(_ candidate: Candidate, _ input: DiagnosisInput) {
        guard let change = candidate.change, reasoning.weighed[candidate.id] != nil,
            let undone = undone(change, input)
        else {
            reasoning.weighed[candidate.id] = weigh(candidate, input)
            return
        }
        let minutes = Int((input.now - undone).inSeconds / 60)
        // The rates reach back five minutes, and instances need a while to be replaced.
        guard minutes >= 8, !reasoning.disproved.contains(candidate.id),
            main(.errorRatio)?.state.isBad == true
        else { return }
        reasoning.disproved.insert(candidate.id)
        reasoning.weighed[candidate.id]?.wasTested = true
        reasoning.weighed[candidate.id]?.add(
            "errors go on \(minutes) min after it was undone", -8, source: "metrics")
    }

    /// When the service of a change was changed again after the onset, by whomever.
    private func undone(_ change: ChangeRecorded, _ input: DiagnosisInput) -> Timestamp? {
        let since = max(change.at, onset(input.incident) ?? change.at)
        let incident = input.incident
        let recorded = allChanges(input).filter {
            NameRule.same($0.service, change.service) && $0.at > since
        }.map(\.at)
        let attempts = incident.attempts.filter {
            NameRule.same($0.target, change.service) && $0.startedAt > since
                && $0.outcome != .failed && $0.outcome != .stopped
        }.map(\.startedAt)
        let byHand = incident.manualActions.filter { manual in
            manual.time > since
                && (manual.target.map { NameRule.same($0, change.service) } ?? false)
        }.map(\.time)
        return (recorded + attempts + byHand).max()
    }

    /// Something is out of its band, or departed from what was seen so far where there is none.
    private var isTroubled: Bool {
        worst != nil
            || trackers.contains { tracker in
                tracker.state.isBad == nil && tracker.detector.isDeparted
                    && (tracker.definition.role == .errorRatio
                        || tracker.definition.role == .latency)
            }
    }

    private mutating func keep(_ candidate: Candidate) {
        guard let index = reasoning.candidates.firstIndex(where: { $0.id == candidate.id }) else {
            if reasoning.candidates.count < 24 { reasoning.candidates.append(candidate) }
            return
        }
        reasoning.candidates[index] = candidate
    }

    /// A playbook applies from the first time one of its conditions holds, also before a restart.
    private mutating func notePlaybooks(_ input: DiagnosisInput) {
        for playbook in configuration.playbooks where !reasoning.playbooks.contains(playbook.id) {
            let origin = "playbook:" + playbook.id
            let isJournalled = input.incident.hypotheses.contains { $0.origin == origin }
            var applies = isJournalled
            for condition in playbook.appliesWhen where !applies {
                applies = holds(condition, input)
            }
            if applies { reasoning.playbooks.append(playbook.id) }
        }
    }

    private mutating func holds(_ condition: String, _ input: DiagnosisInput) -> Bool {
        guard case .baseline(let signal, let isAbove)? = PlaybookCondition(condition) else {
            return fill(condition, nil).flatMap {
                querying.holds($0, input.engine, at: input.now)
            } ?? false
        }
        return trackers.contains { tracker in
            guard
                tracker.definition.name == signal
                    || tracker.definition.name.hasPrefix(signal + "."),
                tracker.state.isBad == true
            else { return isDeparted(tracker, signal) }
            return isAbove == (tracker.definition.harm == .up)
        }
    }

    /// Without a baseline, a sustained departure from the values seen so far serves.
    private func isDeparted(_ tracker: SignalTracker, _ signal: String) -> Bool {
        tracker.definition.name == signal && tracker.state.isBad == nil
            && tracker.detector.isDeparted
    }

    // MARK: Candidates

    private func candidates(_ input: DiagnosisInput) -> [Candidate] {
        var result: [Candidate] = []
        for id in reasoning.playbooks {
            guard let playbook = configuration.playbooks.first(where: { $0.id == id }) else {
                continue
            }
            for rule in playbook.hypotheses { result += candidates(rule, playbook, input) }
        }
        if !reasoning.playbooks.isEmpty { result += changeCandidates(input) }
        return result
    }

    private func candidates(
        _ rule: Playbook.Hypothesis, _ playbook: Playbook, _ input: DiagnosisInput
    ) -> [Candidate] {
        let origin = "playbook:" + playbook.id
        let service = scope.service ?? input.incident.service
        if isPerChange(rule) {
            return suspects(input, kinds: [.deploy]).map { change in
                candidate(
                    rule, origin, id: "\(rule.id):\(change.service):\(change.version)",
                    service: change.service, change: change)
            }
        }
        if rule.statement.contains("{dependency}") {
            return dependencies(of: service).map { dependency in
                candidate(
                    rule, origin, id: "\(rule.id):\(service ?? "all"):\(dependency)",
                    service: service, dependency: dependency)
            }
        }
        return [
            candidate(rule, origin, id: "\(rule.id):\(service ?? "all")", service: service)
        ]
    }

    private func isPerChange(_ rule: Playbook.Hypothesis) -> Bool {
        rule.statement.contains("{version}") || rule.statement.contains("{previous}")
    }

    private func candidate(
        _ rule: Playbook.Hypothesis, _ origin: String, id: String, service: String?,
        change: ChangeRecorded? = nil, dependency: String? = nil
    ) -> Candidate {
        var names = [
            "{service}": service ?? "the service",
            "{version}": change?.version ?? "the new version",
            "{previous}": change?.previous ?? "the previous version",
        ]
        names["{dependency}"] = dependency ?? "a dependency"
        return Candidate(
            id: id, statement: Self.substitute(rule.statement, names), origin: origin,
            service: service, prior: rule.prior, change: change, dependency: dependency,
            rules: rule.evidence, falsifiedBy: Self.substitute(rule.falsifiedBy, names),
            fastestTest: Self.substitute(rule.fastestTest, names), rule: rule.id)
    }

    static func substitute(_ text: String, _ names: [String: String]) -> String {
        var result = ""
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "{") {
            result += rest[..<open]
            rest = rest[open...]
            guard let name = names.keys.first(where: { rest.hasPrefix($0) }) else {
                result += "{"
                rest = rest.dropFirst()
                continue
            }
            result += names[name] ?? name
            rest = rest.dropFirst(name.count)
        }
        return result + rest
    }

    /// Flags and configuration changes before the onset are suspects of their own.
    private func changeCandidates(_ input: DiagnosisInput) -> [Candidate] {
        suspects(input, kinds: [.flag, .config, .other]).map { change in
            let kind = change.changeKind.rawValue
            return Candidate(
                id: "\(kind)-change:\(change.service):\(change.version)",
                statement: [kind, "change", change.version, "on \(change.service) caused it"]
                    .filter { !$0.isEmpty }.joined(separator: " "),
                origin: "data", service: change.service, prior: 0, change: change,
                dependency: nil, rules: [],
                falsifiedBy: "the errors began before the change, or go on after it is undone",
                fastestTest: "undo the \(kind) change, or compare with traffic it does not touch",
                rule: "\(kind)-change")
        }
    }

    /// The newest changes of these kinds in the hour before the onset, at most five.
    func suspects(_ input: DiagnosisInput, kinds: Set<ChangeKind>) -> [ChangeRecorded] {
        let onset = onset(input.incident) ?? input.now
        let inTime = allChanges(input).filter { change in
            kinds.contains(change.changeKind) && change.at <= onset + .seconds(30)
                && onset - change.at <= .seconds(3600)
        }
        return Array(inTime.sorted { $0.at > $1.at }.prefix(5))
    }

    /// The declared dependencies; without a registry, other services that are failing.
    private func dependencies(of service: String?) -> [String] {
        if let service, let declared = configuration.services[service]?.dependsOn {
            return Array(declared.prefix(6))
        }
        let ratios = scope.ratios
        return ratios.keys.filter { name in
            name != service && scope.isBad(ratios[name] ?? 0, service: name)
        }.sorted().prefix(3).map { $0 }
    }

    // MARK: Ranking

    private func ranked(_ input: DiagnosisInput) -> [RankedHypothesis] {
        let named = Set(reasoning.candidates.filter { $0.service != nil }.map(\.rule))
        let known = reasoning.candidates.filter { !isSuperseded($0, named, input) }
        var list = known.map { entry($0, input) }
        for record in input.incident.hypotheses
        where !reasoning.candidates.contains(where: { $0.id == record.id }) {
            list.append(entry(record))
        }
        let shares = HypothesisScore.shares(list.map { $0.status == .refuted ? nil : $0.bits })
        for index in list.indices {
            list[index].share = shares[index]
            list[index].strength = HypothesisScore.strength(
                bits: list[index].bits, share: shares[index], status: list[index].status)
        }
        return list.sorted(by: HypothesisScore.isBefore)
    }

    /// Whether it was made before the service was known and the same rule now names one. What an
    /// operator touched stays.
    private func isSuperseded(
        _ candidate: Candidate, _ named: Set<String>, _ input: DiagnosisInput
    ) -> Bool {
        guard candidate.service == nil, named.contains(candidate.rule) else { return false }
        let record = input.incident.hypotheses.first { $0.id == candidate.id }
        return record.map { !$0.isPinned && $0.evidence.isEmpty && $0.reason.isEmpty } ?? true
    }

    private func entry(_ candidate: Candidate, _ input: DiagnosisInput) -> RankedHypothesis {
        let weighed = reasoning.weighed[candidate.id] ?? Weighed()
        let record = input.incident.hypotheses.first { $0.id == candidate.id }
        let attached = record.map(items) ?? []
        let items = weighed.items + attached
        let bits = HypothesisScore.bits(prior: candidate.prior, items)
        var status = record?.status ?? .proposed
        if status == .proposed || status == .investigating {
            status = self.status(weighed, attached, bits: bits)
        }
        var result = RankedHypothesis(
            id: candidate.id, statement: candidate.statement, origin: candidate.origin,
            service: candidate.service, prior: candidate.prior, items: items, bits: bits,
            share: 0, strength: .weak, status: status, isPinned: record?.isPinned ?? false,
            falsifiedBy: candidate.falsifiedBy, fastestTest: candidate.fastestTest)
        result.reason = record?.reason ?? ""
        return result
    }

    /// An operator's hypothesis, or one that an earlier session of this room made.
    private func entry(_ record: Incident.HypothesisRecord) -> RankedHypothesis {
        let items = items(record)
        var result = RankedHypothesis(
            id: record.id, statement: record.statement, origin: record.origin, service: nil,
            prior: 0, items: items, bits: HypothesisScore.bits(prior: 0, items), share: 0,
            strength: .weak, status: record.status, isPinned: record.isPinned, falsifiedBy: "",
            fastestTest: "")
        result.reason = record.reason
        return result
    }

    private func items(_ record: Incident.HypothesisRecord) -> [RankedHypothesis.Item] {
        record.evidence.map { evidence in
            RankedHypothesis.Item(
                text: evidence.text, bits: evidence.supports ? evidence.bits : -evidence.bits,
                isSilent: false, source: evidence.source)
        }
    }

    /// Supported needs one supporting item about the affected object and one attempted refutation.
    private func status(
        _ weighed: Weighed, _ attached: [RankedHypothesis.Item], bits: Double
    ) -> HypothesisStatus {
        let wasTested = weighed.wasTested || attached.contains { $0.bits < 0 }
        if weighed.supportsObject, wasTested, bits >= 4 { return .supported }
        let isLooked = weighed.items.contains { !$0.isSilent } || !attached.isEmpty
        return isLooked ? .investigating : .proposed
    }

    private mutating func reportHypotheses(_ input: DiagnosisInput) {
        for candidate in reasoning.candidates
        where !input.incident.hypotheses.contains(where: { $0.id == candidate.id }) {
            guard reported.hypotheses.insert(candidate.id).inserted else { continue }
            found(
                HypothesisAdded(
                    id: candidate.id, statement: candidate.statement, origin: candidate.origin),
                at: input.now)
        }
    }
}
