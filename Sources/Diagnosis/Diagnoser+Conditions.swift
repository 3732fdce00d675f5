import Basics
import Incidents
import Playbooks

/// What one condition rests on at this moment.
struct ConditionFacts {
    var reading: Reading
    var detail = ""
    var source = ""
    var age: Duration?
    var interval = Duration.seconds(15)
    /// Nothing feeds it, so that the IC may say that it does not apply.
    var isUnbound = false
    /// It does not apply by itself, and why.
    var notApplicable: String?
}

extension Diagnoser {
    mutating func evaluateConditions(_ input: DiagnosisInput) -> [StopCondition] {
        ConditionID.allCases.map { condition in
            let facts = facts(of: condition, input)
            return evaluate(condition, facts, input)
        }
    }

    private mutating func facts(of condition: ConditionID, _ input: DiagnosisInput)
        -> ConditionFacts
    {
        switch condition {
        case .errorRate: errorFacts()
        case .latency: facts(role: .latency)
        case .saturation: saturationFacts(input)
        case .queues: facts(role: .queue)
        case .alerts: alertFacts(input)
        case .postDeploy: postDeployFacts(input)
        }
    }

    private mutating func evaluate(
        _ condition: ConditionID, _ facts: ConditionFacts, _ input: DiagnosisInput
    ) -> StopCondition {
        var timer = timers[condition] ?? HoldTimer(hold: Self.hold(of: condition))
        if facts.notApplicable == nil {
            timer.evaluated(facts.reading, at: input.now, interval: facts.interval)
        } else {
            // Time in which it did not apply is no time in which it held.
            timer = HoldTimer(hold: timer.hold)
        }
        timers[condition] = timer
        let state = state(of: condition, timer, facts, input)
        emit(condition, timer, facts, input)
        return StopCondition(
            id: condition, state: state, detail: facts.detail, hold: timer.hold,
            source: facts.source, age: facts.age, timing: timing(state, timer, input.now))
    }

    /// A hand check covers everything but data that says the contrary.
    private func state(
        of condition: ConditionID, _ timer: HoldTimer, _ facts: ConditionFacts,
        _ input: DiagnosisInput
    ) -> StopCondition.State {
        if let reason = facts.notApplicable { return .notApplicable(reason: reason) }
        if facts.isUnbound, input.incident.notApplicable.contains(condition) {
            return .notApplicable(reason: "no signal is bound; the IC said it does not apply")
        }
        let check = input.incident.handChecks[condition].flatMap { check in
            check.expires > input.now ? check : nil
        }
        switch timer.state {
        case .met(let since): return .met(since: since)
        case .notMet(let value, let target): return .notMet(value: value, target: target)
        case .holding(let since):
            if let check { return .checkedByHand(by: check.detail, expires: check.expires) }
            return .holding(since: since, remaining: timer.hold - (input.now - since))
        case .unknown(let reason):
            if let check { return .checkedByHand(by: check.detail, expires: check.expires) }
            return .unknown(reason: reason)
        }
    }

    private func timing(_ state: StopCondition.State, _ timer: HoldTimer, _ now: Timestamp)
        -> String
    {
        switch state {
        case .met(let since): return "held \(minutes(now - since))"
        case .holding(let since, _): return "\(minutes(now - since)) of \(minutes(timer.hold))"
        case .notMet:
            guard let since = timer.badSince else { return "" }
            let seconds = Int((now - since).inSeconds)
            return seconds < 60 ? "\(seconds) s bad" : "\(seconds / 60) min bad"
        case .checkedByHand(_, let expires): return "until \(TimeText.clockUTC(expires))"
        case .unknown, .notApplicable: return ""
        }
    }

    /// `6:10`; hours stay in the minutes.
    private func minutes(_ span: Duration) -> String {
        let seconds = max(0, span.nanoseconds / 1_000_000_000)
        return "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
    }

    /// Journals real changes: met once, lost after it was met, unknown after it was met.
    private mutating func emit(
        _ condition: ConditionID, _ timer: HoldTimer, _ facts: ConditionFacts,
        _ input: DiagnosisInput
    ) {
        if facts.notApplicable != nil { return }
        let before = lastEmitted[condition] ?? input.incident.conditions[condition]?.state
        switch timer.state {
        case .met:
            guard before != .met else { return }
            lastEmitted[condition] = .met
            found(ConditionMet(condition: condition, detail: facts.detail), at: input.now)
        case .notMet(let value, let target):
            guard before == .met else { return }
            lastEmitted[condition] = .lost
            let detail = facts.detail.isEmpty ? "\(value), wanted \(target)" : facts.detail
            found(ConditionLost(condition: condition, detail: detail), at: input.now)
        case .unknown(let reason):
            // Only what this room saw held can become unknown; a reopened one starts anew.
            guard lastEmitted[condition] == .met else { return }
            lastEmitted[condition] = .unknown
            found(ConditionUnknown(condition: condition, detail: reason), at: input.now)
        case .holding: return
        }
    }

    // MARK: Signals of a role

    private func facts(role: SignalDefinition.Role) -> ConditionFacts {
        let bound = trackers.filter { $0.definition.role == role && $0.isBound }
        guard !bound.isEmpty else {
            let what = role == .queue ? "queue" : role == .latency ? "latency" : "error ratio"
            return ConditionFacts(
                reading: .unknown(reason: "no \(what) signal is bound"), isUnbound: true)
        }
        return facts(bound)
    }

    private func facts(_ bound: [SignalTracker]) -> ConditionFacts {
        let pick =
            bound.first { $0.state.isBad == true } ?? bound.first { $0.state.isBad == nil }
            ?? bound.first
        guard let shown = pick else { return ConditionFacts(reading: .unknown(reason: "no data")) }
        var facts = ConditionFacts(reading: .good(), source: shown.state.source)
        facts.age = shown.state.age
        facts.interval = bound.map(\.interval).max() ?? .seconds(15)
        facts.detail = comparison(shown, count: bound.count)
        switch shown.state.isBad {
        case true?:
            facts.reading = .bad(
                value: shown.trusted.map(shown.state.text) ?? "",
                target: shown.state.baseline.map { shown.state.text($0.bandEdge) } ?? "")
        case nil:
            let name = bound.count > 1 ? shown.definition.name + ": " : ""
            facts.reading = .unknown(reason: name + shown.state.reason)
        case false?: break
        }
        return facts
    }

    /// "7.2 % > 0.16 %", "p99 2.3 s > 410 ms".
    private func comparison(_ tracker: SignalTracker, count: Int) -> String {
        guard let value = tracker.trusted else { return tracker.state.reason }
        let name: String
        switch tracker.definition.role {
        case .latency:
            name = tracker.definition.name.contains("p99") ? "p99 " : "\(tracker.definition.name) "
        case .errorRatio, .queue: name = count > 1 ? tracker.definition.name + " " : ""
        case .saturation, .traffic, .other: name = tracker.definition.name + " "
        }
        let text = name + tracker.state.text(value)
        guard let baseline = tracker.state.baseline, let isBad = tracker.state.isBad else {
            return text
        }
        let sign = isBad == (tracker.definition.harm == .up) ? ">" : "≤"
        return "\(text) \(sign) \(tracker.state.text(baseline.bandEdge))"
    }

    /// Errors that vanish because requests vanished are no recovery.
    private func errorFacts() -> ConditionFacts {
        var facts = facts(role: .errorRatio)
        guard case .good = facts.reading else { return facts }
        if let service = scope.service, let ratio = scope.ratios[service],
            let usual = scope.reference[service], ratio > max(1.5 * usual, usual + 0.002)
        {
            // A small service drowns in the sum of all.
            let value = "\(service) \(UnitText.percent(ratio))"
            let target = UnitText.percent(max(1.5 * usual, usual + 0.002))
            facts.reading = .bad(value: value, target: target)
            facts.detail = "\(value) > \(target)"
            return facts
        }
        guard let traffic = main(.traffic),
            let usual = traffic.state.baseline?.median, usual > 0
        else { return facts }
        let now = traffic.trusted ?? 0
        if now < 0.1 * usual {
            facts.reading = .unknown(
                reason: "traffic is \(UnitText.percent(now / usual)) of its baseline: a dead "
                    + "service has no errors")
        }
        return facts
    }

    // MARK: Saturation and alerts

    private func saturationFacts(_ input: DiagnosisInput) -> ConditionFacts {
        let bound = trackers.filter { $0.definition.role == .saturation && $0.isBound }
        let marked = alerts.filter { $0.isFiring && AlertClass.isSaturation($0) }
        let hasRules = rulesMark(AlertClass.isSaturation)
        guard !bound.isEmpty || hasRules || !marked.isEmpty else {
            return ConditionFacts(
                reading: .unknown(reason: "no saturation signal or alert is bound"),
                isUnbound: true)
        }
        var facts =
            bound.isEmpty
            ? ConditionFacts(
                reading: .good(), detail: "none fires", source: "rules", age: rulesAge)
            : facts(bound)
        if !marked.isEmpty {
            let names = counted(marked.map(\.name))
            facts.reading = .bad(value: "\(marked.count) firing: \(names)", target: "none")
            facts.detail = "firing: \(names)"
            facts.source = "rules"
            facts.age = rulesAge
        } else if hasRules, case .good = facts.reading, let reason = rulesReason(input) {
            facts.reading = .unknown(reason: reason)
        }
        return facts
    }

    private func alertFacts(_ input: DiagnosisInput) -> ConditionFacts {
        guard !rules.isEmpty else {
            return ConditionFacts(
                reading: .unknown(reason: "no alert rules are bound"), isUnbound: true)
        }
        var facts = ConditionFacts(reading: .good(from: lastNewAlert), source: "rules")
        facts.interval = trackers.map(\.interval).max() ?? .seconds(15)
        facts.age = rulesAge
        if let reason = rulesReason(input) {
            facts.reading = .unknown(reason: reason)
            facts.detail = reason
        } else if !newAlertsFiring.isEmpty {
            let names = counted(newAlertsFiring)
            facts.reading = .bad(
                value: "\(newAlertsFiring.count) firing: \(names)", target: "none new")
            facts.detail = "firing: \(names)"
        } else {
            let old = alerts.filter(\.isFiring).count
            facts.detail =
                (lastNewAlert.map { "last one \(TimeText.clockUTC($0))" } ?? "none seen")
                + (old > 0 ? "; \(old) fired before the incident" : "")
        }
        return facts
    }

    /// Rules are as fresh as the oldest metrics they are evaluated over.
    private var rulesAge: Duration? { trackers.compactMap(\.state.age).max() }

    /// "HighLatency ×2, PoolSaturated".
    private func counted(_ names: [String]) -> String {
        Set(names).sorted().map { name in
            let count = names.count { $0 == name }
            return count > 1 ? "\(name) ×\(count)" : name
        }.joined(separator: ", ")
    }

    /// Rules over silent sources cannot fire: their quiet says nothing.
    func rulesReason(_ input: DiagnosisInput) -> String? {
        let metrics = input.sources.filter { $0.kind == .metrics && !$0.isHistory }
        if let silent = metrics.first(where: { source in
            guard source.isHealthy, let last = source.lastData else { return true }
            return source.interval.map { input.now - last > $0 * 2 } ?? false
        }) {
            let why = silent.reason.isEmpty ? "silent" : silent.reason
            return "source \(silent.id): \(why); alerts over it cannot fire"
        }
        if metrics.isEmpty, boundNames.isEmpty { return "no metrics are read: no alert can fire" }
        let gaps = trackers.filter { $0.hadValue && !$0.gap.isEmpty }
        if metrics.isEmpty, let gap = gaps.first { return gap.gap }
        return alertProblem
    }

    // MARK: After a deploy

    /// What the comparison goes by: the end of the newest mitigation, else the newest deploy.
    func interventionTime(_ input: DiagnosisInput) -> Timestamp? {
        let incident = input.incident
        let attempts = incident.attempts.filter { $0.outcome == .succeeded }
            .map { $0.endedAt ?? $0.startedAt }
        let byHand = incident.manualActions.map(\.time)
        if let last = (attempts + byHand).max() { return last }
        let start = onset(incident) ?? input.now
        let deploys = allChanges(input).filter { change in
            change.changeKind == .deploy && change.at >= start - .seconds(3600)
                && change.at <= input.now
        }
        return deploys.map(\.at).max()
    }

    private func postDeployFacts(_ input: DiagnosisInput) -> ConditionFacts {
        guard let since = interventionTime(input) else {
            return ConditionFacts(
                reading: .good(), detail: "no deploy or mitigation",
                notApplicable: "no deploy or mitigation was involved")
        }
        let judged = trackers.filter {
            ($0.definition.role == .errorRatio || $0.definition.role == .latency) && $0.isBound
        }
        guard !judged.isEmpty else {
            return ConditionFacts(
                reading: .unknown(reason: "no error ratio or latency is bound"), isUnbound: false)
        }
        var facts = ConditionFacts(reading: .good(), source: judged[0].state.source)
        facts.age = judged[0].state.age
        facts.interval = judged.map(\.interval).max() ?? .seconds(15)
        for tracker in judged {
            let reading = stability(tracker, since: since, input)
            guard case .good = reading.0 else {
                return ConditionFacts(
                    reading: reading.0, detail: reading.1, source: facts.source, age: facts.age,
                    interval: facts.interval)
            }
            facts.detail = reading.1
        }
        return facts
    }

    /// Compares the values since the intervention (at most the last ten minutes) with those from
    /// before the incident: by rank, and by how far the medians are apart.
    private func stability(
        _ tracker: SignalTracker, since: Timestamp, _ input: DiagnosisInput
    ) -> (Reading, String) {
        guard tracker.gap.isEmpty else { return (.unknown(reason: tracker.gap), tracker.gap) }
        let window = max(Duration.seconds(600), tracker.interval * 12)
        let after = tracker.history.values(
            after: max(since, input.now - window), through: input.now)
        let name = tracker.definition.name
        // Calm minutes before a fault would outvote the fault itself.
        guard tracker.state.isBad == false else {
            let reading = facts([tracker])
            return (reading.reading, reading.detail)
        }
        guard onset(input.incident) != nil else {
            let why = "\(name): the onset is not known, so there is no before to compare with"
            return (.unknown(reason: why), why)
        }
        let before = tracker.before
        guard after.count >= 10, before.count >= 10 else {
            let isAfter = after.count < 10
            let why =
                "\(isAfter ? after.count : before.count) of 10 points "
                + (isAfter ? "since then" : "from before")
            return (.unknown(reason: why), "\(name): \(why)")
        }
        guard let test = Statistics.mannWhitney(before: before, after: after),
            let was = Statistics.median(before), let now = Statistics.median(after)
        else { return (.unknown(reason: "nothing to compare"), name) }
        let harm = tracker.definition.harm == .down ? -1.0 : 1
        let shift = harm * (now - was)
        let chance = harm > 0 ? test.pGreater : test.pLess
        let isLarge = shift > max(0.1 * abs(was), tracker.definition.floor)
        let text = "\(name) \(tracker.state.text(now)), before \(tracker.state.text(was))"
        if chance < 0.05, harm * test.delta >= 0.33, isLarge {
            return (
                .bad(value: tracker.state.text(now), target: tracker.state.text(was)),
                text + " (p \(UnitText.number(chance)), δ \(UnitText.number(test.delta)))"
            )
        }
        return (.good(), text)
    }
}
