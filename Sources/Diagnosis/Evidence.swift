import Basics
import Incidents
import Logs
import Playbooks

extension Diagnoser {
    /// Everything the data says for and against a candidate. What has no data is listed as silent.
    mutating func weigh(_ candidate: Candidate, _ input: DiagnosisInput) -> Weighed {
        var weighed = Weighed()
        for rule in candidate.rules { apply(rule, candidate, &weighed, input) }
        if let change = candidate.change {
            if candidate.rules.isEmpty { timing(change, within: .seconds(900), 4, &weighed, input) }
            healthyCanary(change, &weighed)
            newPatterns(candidate, &weighed, input)
            dependenciesBefore(candidate, &weighed)
            competingChange(change, &weighed, input)
            if let previous = change.previous {
                weighed.add(
                    "the version before it is known: \(previous)", 0, source: "changes")
            }
        }
        if let dependency = candidate.dependency {
            dependencyHealth(dependency, candidate, &weighed, input)
        }
        if candidate.rule == "saturation" { saturationSignals(&weighed) }
        return weighed
    }

    private mutating func apply(
        _ rule: Playbook.Evidence, _ candidate: Candidate, _ weighed: inout Weighed,
        _ input: DiagnosisInput
    ) {
        let bits = rule.supports ? rule.bits : -rule.bits
        switch rule.test {
        case .manual:
            weighed.silent("not looked at yet: \(rule.text)", source: "by hand")
        case .change(let kind, let within):
            guard let change = candidate.change, change.changeKind.rawValue == kind else {
                weighed.silent("no \(kind) is recorded: \(rule.text)", source: "changes")
                return
            }
            timing(change, within: within, bits, &weighed, input)
        case .versionSplit: versionSplit(candidate, bits, &weighed)
        case .pattern(let text): pattern(text, rule.text, bits, candidate, &weighed, input)
        case .promql(let text):
            let names = [
                "{service}": candidate.service ?? "", "{version}": candidate.change?.version ?? "",
            ]
            guard let filled = fill(text, names),
                let holds = querying.holds(filled, input.engine, at: input.now)
            else {
                weighed.silent("no data: \(rule.text)", source: "metrics")
                return
            }
            if !rule.supports { weighed.wasTested = true }
            if holds {
                weighed.add(rule.text, bits, source: "metrics")
                if bits > 0 { weighed.supportsObject = true }
            }
        }
    }

    /// Replaces slots, signal names, `NAME:baseline` and `NAME:edge`; nil when a signal or its
    /// baseline has no value.
    func fill(_ text: String, _ names: [String: String]?) -> String? {
        var result = ""
        var word = ""
        var quote: Character?
        var isMissing = false
        func flush() {
            guard !word.isEmpty else { return }
            if let value = replacement(word) {
                result += value
            } else {
                isMissing = isMissing || isSignalWord(word)
                result += word
            }
            word = ""
        }
        for character in Diagnoser.substitute(text, names ?? [:]) {
            let isWord =
                character.isASCII && (character.isLetter || character.isNumber)
                || "_:.".contains(character)
            if quote == nil, isWord {
                word.append(character)
                continue
            }
            flush()
            if let open = quote {
                if character == open { quote = nil }
            } else if "\"'`".contains(character) {
                quote = character
            }
            result.append(character)
        }
        flush()
        return isMissing ? nil : result
    }

    private func isSignalWord(_ word: String) -> Bool {
        let name = word.split(separator: ":").first.map(String.init) ?? word
        return trackers.contains { $0.definition.name == name }
            || SignalNames.standard.contains(name)
    }

    private func replacement(_ word: String) -> String? {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard let name = parts.first,
            let tracker = trackers.first(where: { $0.definition.name == name })
        else { return nil }
        if parts.count == 1 {
            return tracker.trusted == nil ? nil : "(\(tracker.definition.promql))"
        }
        guard parts.count == 2, let baseline = tracker.state.baseline else { return nil }
        switch parts[1] {
        case "baseline": return "\(baseline.median)"
        case "edge": return "\(baseline.bandEdge)"
        default: return nil
        }
    }

    // MARK: Changes

    private func timing(
        _ change: ChangeRecorded, within: Duration, _ bits: Double, _ weighed: inout Weighed,
        _ input: DiagnosisInput
    ) {
        guard let onset = onset(input.incident) else {
            weighed.silent("the onset is not known", source: "changes")
            return
        }
        let span = max(.zero, onset - change.at)
        let length = TimeText.span(span)
        if span <= within {
            weighed.add(
                "errors rose \(length) after the \(change.changeKind.rawValue)", bits,
                source: "changes")
            if scope.service.map({ NameRule.same($0, change.service) }) ?? false {
                weighed.supportsObject = true
            } else if let service = scope.service {
                weighed.add(
                    "the affected service is \(service), not \(change.service)", -3,
                    source: "metrics")
            }
        } else {
            weighed.add("errors rose only \(length) after it", -bits / 2, source: "changes")
        }
    }

    /// Instances of the changed service that serve enough to be judged.
    private func serving(_ service: String) -> [InstanceState] {
        scope.instances.filter {
            $0.requests * 300 >= 5 && $0.service.map { NameRule.same($0, service) } ?? false
        }
    }

    private func versionSplit(
        _ candidate: Candidate, _ bits: Double, _ weighed: inout Weighed
    ) {
        guard let change = candidate.change else { return }
        let all = serving(change.service)
        let new = all.filter { $0.version.map { NameRule.same($0, change.version) } ?? false }
        let old = all.filter { !($0.version.map { NameRule.same($0, change.version) } ?? true) }
        guard !new.isEmpty else {
            weighed.silent("no instance says which version it runs", source: "metrics")
            return
        }
        let badNew = new.filter { scope.affected.contains($0.name) }.count
        guard !old.isEmpty else {
            weighed.silent(
                "every instance runs \(change.version): nothing to compare with",
                source: "metrics")
            return
        }
        weighed.wasTested = true
        let badOld = old.filter { scope.affected.contains($0.name) }.count
        if badNew > 0, badOld == 0 {
            weighed.add(
                "only instances on \(change.version) are affected (\(badNew) of \(new.count); "
                    + "0 of \(old.count) on other versions)", bits, source: "metrics")
            weighed.supportsObject = true
        } else if badOld > 0, Double(badOld * new.count) >= 0.5 * Double(badNew * old.count) {
            weighed.add(
                "\(badOld) of \(old.count) instances on other versions are affected as well",
                -bits, source: "metrics")
        }
    }

    /// A healthy instance on the suspected version contradicts.
    private func healthyCanary(_ change: ChangeRecorded, _ weighed: inout Weighed) {
        let new = serving(change.service).filter {
            $0.version.map { NameRule.same($0, change.version) } ?? false
        }
        let healthy = new.filter { !scope.affected.contains($0.name) }
        guard !new.isEmpty, healthy.count < new.count else {
            if !new.isEmpty, change.changeKind == .deploy {
                weighed.wasTested = true
                weighed.add(
                    "all \(new.count) instances on \(change.version) are healthy", -4,
                    source: "metrics")
            }
            return
        }
        weighed.wasTested = true
        guard let first = healthy.first else { return }
        let text =
            healthy.count == 1
            ? "one instance on \(change.version) is healthy (\(first.name))"
            : "\(healthy.count) of \(new.count) instances on \(change.version) are healthy"
        weighed.add(text, healthy.count * 2 > new.count ? -2 : -1, source: "metrics")
    }

    private func newPatterns(
        _ candidate: Candidate, _ weighed: inout Weighed, _ input: DiagnosisInput
    ) {
        guard let change = candidate.change, !input.patterns.isEmpty else { return }
        let new = input.patterns.filter { pattern in
            pattern.isNew && (pattern.level ?? .info) >= .warning
                && pattern.firstSeen >= change.at
                && pattern.services.contains { NameRule.same($0, change.service) }
        }.sorted { $0.count > $1.count }
        guard let first = new.first else { return }
        let more = new.count > 1 ? " and \(new.count - 1) more" : ""
        weighed.add(
            "new on \(change.service): \"\(first.template)\" ×\(first.count)\(more)", 2,
            source: "logs")
        weighed.supportsObject = true
    }

    private func dependenciesBefore(_ candidate: Candidate, _ weighed: inout Weighed) {
        guard let service = candidate.service,
            let dependencies = configuration.services[service]?.dependsOn, !dependencies.isEmpty,
            !scope.early.isEmpty
        else { return }
        let known = dependencies.filter { scope.early[$0] != nil }
        guard !known.isEmpty else { return }
        weighed.wasTested = true
        for name in known {
            let ratio = scope.early[name] ?? 0
            if scope.isBad(ratio, service: name) {
                weighed.add(
                    "\(name), which \(service) depends on, was failing before "
                        + "(\(UnitText.percent(ratio)))", -4, source: "metrics")
            }
        }
    }

    private func competingChange(
        _ change: ChangeRecorded, _ weighed: inout Weighed, _ input: DiagnosisInput
    ) {
        let others = suspects(input, kinds: Set(ChangeKind.allCases)).filter { other in
            other != change && other.at >= change.at - .seconds(600)
        }
        guard let other = others.first else { return }
        weighed.add(
            "\(other.changeKind.rawValue) \(other.version) on \(other.service) changed "
                + "\(other.at >= change.at ? "after" : "shortly before") it", -1,
            source: "changes")
    }

    // MARK: Patterns, dependencies, saturation

    private func pattern(
        _ text: String, _ meaning: String, _ bits: Double, _ candidate: Candidate,
        _ weighed: inout Weighed, _ input: DiagnosisInput
    ) {
        guard !input.patterns.isEmpty else {
            weighed.silent("no logs: \(meaning)", source: "logs")
            return
        }
        let wanted = text.lowercased()
        let match = input.patterns.first { pattern in
            let usual = pattern.baselineRate ?? 0
            return (pattern.isNew || pattern.ratePerMinute > max(5 * usual, usual + 10))
                && pattern.template.lowercased().contains(wanted)
        }
        guard let match else { return }
        weighed.add("\(meaning): \"\(match.template)\" ×\(match.count)", bits, source: "logs")
        let isObject = match.services.contains { name in
            candidate.service.map { NameRule.same($0, name) } ?? false
        }
        if isObject, bits > 0 { weighed.supportsObject = true }
    }

    private func dependencyHealth(
        _ dependency: String, _ candidate: Candidate, _ weighed: inout Weighed,
        _ input: DiagnosisInput
    ) {
        guard let ratio = scope.ratios[dependency] else {
            weighed.silent("\(dependency) has no error ratio", source: "metrics")
            return
        }
        weighed.wasTested = true
        let text = UnitText.percent(ratio)
        guard scope.isBad(ratio, service: dependency) else {
            weighed.add("\(dependency) is healthy (\(text) errors)", -4, source: "metrics")
            return
        }
        weighed.add("\(dependency) itself fails (\(text) errors)", 4, source: "metrics")
        weighed.supportsObject = true
        if let early = scope.early[dependency], scope.isBad(early, service: dependency) {
            weighed.add("\(dependency) was failing before the onset", 2, source: "metrics")
        }
    }

    private func saturationSignals(_ weighed: inout Weighed) {
        let bound = trackers.filter { $0.definition.role == .saturation && $0.isBound }
        let bad = bound.filter { $0.state.isBad == true }
        guard !bound.isEmpty else {
            weighed.silent("no saturation signal is bound", source: "metrics")
            return
        }
        for tracker in bad.prefix(3) {
            let value = tracker.trusted.map(tracker.state.text) ?? ""
            weighed.add("\(tracker.definition.name) is at \(value)", 3, source: "metrics")
            weighed.supportsObject = true
        }
        if bad.isEmpty, bound.allSatisfy({ $0.state.isBad == false }) {
            weighed.wasTested = true
            weighed.add(
                "all \(bound.count) saturation signals are below their limits", -2,
                source: "metrics")
        }
    }
}
