import Basics
import Incidents
import Playbooks

extension Diagnoser {
    func situation(_ input: DiagnosisInput) -> Situation {
        var situation = Situation()
        let main = worst ?? main(.errorRatio) ?? main(.latency)
        situation.what = main.flatMap(what)
        situation.spark = main?.state.spark ?? []
        situation.onset = onset(input.incident)
        situation.onsetDetail = onsetDetail(input)
        situation.affectedService = scope.service ?? input.incident.service
        situation.affectedInstances = scope.affected.sorted()
        situation.totalInstances = scope.instances.count
        (situation.reach, situation.reachDetail) = reach(scope.service)
        if let main { (situation.direction, situation.directionDetail) = trend(main, input.now) }
        situation.doNothing = doNothing()
        situation.unknowns = unknowns(situation, input)
        return situation
    }

    /// "error ratio 7.2 % (baseline 0.11 %)".
    private func what(_ tracker: SignalTracker) -> String? {
        guard let value = tracker.trusted else { return nil }
        let name: String
        switch tracker.definition.name {
        case "error_ratio": name = "error ratio"
        case "latency_p99": name = "latency p99"
        default: name = tracker.definition.name
        }
        let now = "\(name) \(tracker.state.text(value))"
        guard let baseline = tracker.state.baseline else { return "\(now) (baseline unknown)" }
        let word = baseline.origin == .configured ? "target" : "baseline"
        return "\(now) (\(word) \(tracker.state.text(baseline.median)))"
    }

    /// "6 min after deploy 4f2a91c", or how the time is known.
    private func onsetDetail(_ input: DiagnosisInput) -> String {
        guard let onset = onset(input.incident) else { return "" }
        let how = input.incident.startedAt == nil ? "estimated" : "declared"
        let before = allChanges(input).filter {
            $0.at <= onset + .seconds(30) && onset - $0.at <= .seconds(3600)
        }
        let own = before.filter { change in
            scope.service.map { NameRule.same($0, change.service) } ?? true
        }
        guard let change = (own.isEmpty ? before : own).max(by: { $0.at < $1.at }) else {
            return allChanges(input).isEmpty ? how : "\(how); no change in the hour before"
        }
        let span = max(.zero, onset - change.at)
        let seconds = Int(span.inSeconds)
        let length = seconds < 90 ? "\(seconds) s" : "\((seconds + 30) / 60) min"
        return "\(length) after \(change.changeKind.rawValue) \(change.version)"
    }

    private func trend(_ tracker: SignalTracker, _ now: Timestamp)
        -> (Situation.Direction, String)
    {
        guard tracker.trusted != nil,
            let slope = tracker.history.slopePerMinute(
                over: max(.seconds(120), tracker.interval * 4), until: now)
        else { return (.unknown, "") }
        let harm = tracker.definition.harm == .down ? -1.0 : 1
        let level = abs(tracker.state.value ?? 0)
        let noticeable = max(0.1 * level, tracker.definition.floor) / 5
        let sign = slope < 0 ? "−" : "+"
        let text =
            tracker.definition.unit == .ratio
            ? "\(sign)\(UnitText.number(abs(slope) * 100)) pp/min"
            : "\(sign)\(tracker.state.text(abs(slope)))/min"
        if abs(slope) < noticeable { return (.steady, text) }
        return (harm * slope > 0 ? .worse : .better, text)
    }

    /// What waiting costs: the burn rate with an objective, and how long the budget lasts.
    private func doNothing() -> String {
        guard let errors = main(.errorRatio), let ratio = errors.trusted else {
            return "unknown: no error ratio"
        }
        guard let slo = configuration.slo else {
            let bad = errors.state.isBad ?? false
            return bad
                ? "\(UnitText.percent(ratio)) of requests go on failing (no objective is set)"
                : "no objective is set"
        }
        let burn = ratio / (1 - slo.objective)
        let rate = "burn rate \(UnitText.number(burn))×"
        guard let left = slo.budgetLeft, burn > 0 else { return rate }
        let seconds = max(0, left) * slo.window.inSeconds / burn
        if seconds > slo.window.inSeconds { return "\(rate), within budget" }
        return left <= 0
            ? "\(rate), budget is gone"
            : "\(rate), budget gone in "
                + rounded(.seconds(seconds))
    }

    /// "38 min", "5 h", "3 d".
    private func rounded(_ span: Duration) -> String {
        let minutes = span.inSeconds / 60
        if minutes < 120 { return "\(Int(minutes.rounded())) min" }
        return minutes < 2880
            ? "\(Int((minutes / 60).rounded())) h" : "\(Int((minutes / 1440).rounded())) d"
    }

    /// Of the minimum (what, where, since when, recent changes), what nobody knows.
    private func unknowns(_ situation: Situation, _ input: DiagnosisInput) -> [String] {
        var unknowns: [String] = []
        if situation.what == nil { unknowns.append("what is broken: no signal has data") }
        if situation.affectedService == nil { unknowns.append("which service") }
        if situation.onset == nil { unknowns.append("since when") }
        let isOver = situation.affectedInstances.isEmpty && !situation.reachDetail.isEmpty
        if situation.reach == .unknown, !isOver { unknowns.append("scope") }
        if allChanges(input).isEmpty { unknowns.append("recent changes: no source reports them") }
        if let main = main(.errorRatio) ?? main(.latency), main.state.baseline == nil {
            unknowns.append("baseline of \(main.definition.name)")
        }
        if configuration.slo == nil { unknowns.append("objective and error budget") }
        return unknowns
    }

    /// Changes of the sources and of the journal, each once.
    func allChanges(_ input: DiagnosisInput) -> [ChangeRecorded] {
        input.changes + input.incident.changes.filter { !input.changes.contains($0) }
    }
}
