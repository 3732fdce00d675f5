import Basics
import Incidents
import Metrics
import Playbooks

extension Diagnoser {
    /// Fewest values from before for a baseline of its own.
    static let pointsMin = 20

    // MARK: Onset

    /// Takes the first sustained departure of an error ratio, else of a latency, as the onset.
    /// It stays once taken; a declared start always wins.
    mutating func noticeOnset(_ input: DiagnosisInput) {
        guard latchedOnset == nil else { return }
        for role in [SignalDefinition.Role.errorRatio, .latency] {
            let onsets = trackers.compactMap { tracker in
                tracker.definition.role == role && tracker.detector.isDeparted
                    ? tracker.detector.onset : nil
            }
            if let earliest = onsets.min() {
                latchedOnset = earliest
                return
            }
        }
    }

    // MARK: Baselines

    mutating func settleBaselines(_ input: DiagnosisInput) {
        for index in trackers.indices {
            var tracker = trackers[index]
            settle(&tracker, input)
            fillBefore(&tracker, input)
            trackers[index] = tracker
        }
    }

    /// Keeps the values from before the onset while the series store still has them.
    private mutating func fillBefore(_ tracker: inout SignalTracker, _ input: DiagnosisInput) {
        guard tracker.before.count < Self.pointsMin, let anchor = onset(input.incident),
            let expression = tracker.expression,
            tracker.definition.role == .errorRatio || tracker.definition.role == .latency,
            tracker.beforeTriedAt.map({ input.now - $0 >= .seconds(60) }) ?? true
        else { return }
        tracker.beforeTriedAt = input.now
        tracker.before = querying.history(
            expression, input.engine, from: anchor - .seconds(3900), to: anchor - .seconds(300),
            step: max(.seconds(15), tracker.interval)
        ).compactMap(\.value)
    }

    private mutating func settle(_ tracker: inout SignalTracker, _ input: DiagnosisInput) {
        if let frozen = input.incident.baselines[tracker.definition.name] {
            // One that this room found itself, and reads back here, keeps its origin.
            if tracker.isFrozen, tracker.state.baseline?.label == frozen.origin { return }
            tracker.isFrozen = true
            tracker.state.baseline = tracker.baseline(frozen)
            return
        }
        if tracker.isFrozen { return }
        if let target = tracker.definition.target {
            tracker.state.baseline = Baseline(
                median: target, mad: 0, points: 0, origin: .configured, bandEdge: target,
                label: tracker.definition.origin == "configuration"
                    ? "target of the configuration" : "usual limit of \(tracker.definition.origin)")
            return
        }
        let anchor = onset(input.incident)
        let pause = pause(tracker, anchor, input)
        let isDue = tracker.baselineTriedAt.map { input.now - $0 >= pause } ?? true
        guard isDue || tracker.baselineAnchor != anchor, tracker.expression != nil else { return }
        tracker.baselineTriedAt = input.now
        tracker.baselineAnchor = anchor
        if let baseline = find(&tracker, anchor, input) {
            tracker.state.baseline = baseline
            freeze(&tracker, baseline, anchor, input)
        } else if anchor != nil {
            tracker.state.baseline = nil
            tracker.baselineReason = whyNone(tracker, input)
        }
    }

    /// How long until history is read again: often at first, when it may still arrive.
    private func pause(
        _ tracker: SignalTracker, _ anchor: Timestamp?, _ input: DiagnosisInput
    ) -> Duration {
        if anchor == nil, tracker.state.baseline != nil { return .seconds(120) }
        let isYoung = firstTick.map { input.now - $0 < .seconds(60) } ?? true
        return isYoung ? .seconds(5) : .seconds(60)
    }

    /// A baseline is fixed once the onset is known; fall-backs wait a moment for history to arrive.
    private mutating func freeze(
        _ tracker: inout SignalTracker, _ baseline: Baseline, _ anchor: Timestamp?,
        _ input: DiagnosisInput
    ) {
        guard anchor != nil, baseline.origin != .configured else { return }
        let isOwn = baseline.origin == .recorded || baseline.origin == .dumpHistory
        guard isOwn || firstTick.map({ input.now - $0 >= .seconds(15) }) ?? false else { return }
        tracker.isFrozen = true
        found(
            BaselineFrozen(
                signal: tracker.definition.name, median: baseline.median, mad: baseline.mad,
                points: baseline.points, origin: baseline.label), at: input.now)
    }

    /// The first of the fall-backs that has enough, in the order of trust.
    private mutating func find(
        _ tracker: inout SignalTracker, _ anchor: Timestamp?, _ input: DiagnosisInput
    ) -> Baseline? {
        if let own = fromSeries(&tracker, anchor, input) { return own }
        if let logs = input.logHistory[tracker.definition.name]?.filter(\.isFinite),
            logs.count >= Self.pointsMin, let median = Statistics.median(logs),
            let mad = Statistics.mad(logs)
        {
            return tracker.baseline(
                median: median, mad: mad, points: logs.count, origin: .logHistory,
                label: "log history before the incident (\(logs.count) points)")
        }
        return fromCounters(tracker, anchor, input) ?? fromObjective(tracker)
    }

    /// The hour that ends five minutes before the onset, or before now while there is none.
    private mutating func fromSeries(
        _ tracker: inout SignalTracker, _ anchor: Timestamp?, _ input: DiagnosisInput
    ) -> Baseline? {
        guard let expression = tracker.expression else { return nil }
        let end = (anchor ?? input.now) - .seconds(300)
        let step = max(Duration.seconds(15), tracker.interval)
        let values = querying.history(
            expression, input.engine, from: end - .seconds(3600), to: end, step: step
        ).compactMap(\.value)
        guard values.count >= Self.pointsMin else { return nil }
        if anchor != nil { tracker.before = values }
        // One sample answers for five minutes of steps: what counts is how many were really read.
        let points = min(values.count, samples(tracker, until: end, input))
        guard points >= Self.pointsMin, let median = Statistics.median(values),
            let mad = Statistics.mad(values)
        else { return nil }
        let when = anchor == nil ? "60 min until 5 min ago" : "60 min before the onset"
        let isRecorded =
            !tracker.metricNames.isDisjoint(with: input.recordedNames) || !input.dumpsHaveHistory
        return tracker.baseline(
            median: median, mad: mad, points: points,
            origin: isRecorded ? .recorded : .dumpHistory,
            label: "\(when) (\(points) points, "
                + (isRecorded ? "recorded samples)" : "from dump timestamps)"))
    }

    /// Samples of the signal's least sampled metric in the hour before `end`.
    private mutating func samples(
        _ tracker: SignalTracker, until end: Timestamp, _ input: DiagnosisInput
    ) -> Int {
        var fewest = Int.max
        for name in tracker.metricNames.sorted() {
            let count = querying.value(
                "max(count_over_time(\(name)[1h]))", input.engine, at: end)
            fewest = min(fewest, Int(count ?? 0))
        }
        return fewest == .max ? 0 : fewest
    }

    /// Averages since the process started, when it runs so long that the incident hardly shows.
    private mutating func fromCounters(
        _ tracker: SignalTracker, _ anchor: Timestamp?, _ input: DiagnosisInput
    ) -> Baseline? {
        guard tracker.definition.unit == .ratio || tracker.definition.role == .latency,
            let average = tracker.expression?.sinceStart,
            let uptime = uptime(input)
        else { return nil }
        let began = anchor ?? firstTick ?? input.now
        let incident = max(.zero, input.now - began)
        guard uptime >= .seconds(3600), uptime.inSeconds >= 50 * incident.inSeconds,
            let value = querying.value(average, input.engine, at: input.now)
        else { return nil }
        return tracker.baseline(
            median: value, mad: 0, points: 1, origin: .sinceProcessStart,
            label: "average of the counters since the process started "
                + "\(TimeText.span(uptime)) ago")
    }

    /// The youngest process counts: a restarted one forgot what was before.
    private mutating func uptime(_ input: DiagnosisInput) -> Duration? {
        let names = ["process_start_time_seconds", "haproxy_process_start_time_seconds"]
        let starts = names.filter(input.metricNames.contains).compactMap { name in
            querying.value("max(\(name))", input.engine, at: input.now)
        }
        return starts.max().map { .seconds(input.now.seconds - $0) }
    }

    private func fromObjective(_ tracker: SignalTracker) -> Baseline? {
        guard tracker.definition.role == .errorRatio, let slo = configuration.slo else {
            return nil
        }
        let allowed = 1 - slo.objective
        return Baseline(
            median: allowed, mad: 0, points: 0, origin: .configured, bandEdge: allowed,
            label: "the objective of \(UnitText.percent(slo.objective))")
    }

    private func whyNone(_ tracker: SignalTracker, _ input: DiagnosisInput) -> String {
        if tracker.expression?.sinceStart != nil {
            return "fewer than \(Self.pointsMin) points before the incident, and the counters are "
                + "not old enough; type one, or set a target"
        }
        return "fewer than \(Self.pointsMin) points before the incident; type one, or set a target"
    }
}
