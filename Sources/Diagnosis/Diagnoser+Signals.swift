import Basics
import Incidents
import Metrics
import Playbooks

/// How fresh one metric's series are, remembered for a moment because it costs two queries.
struct Freshness: Sendable {
    var readAt: Timestamp
    /// Series that have a value now.
    var series = 0
    /// Those of them without a sample in the last two intervals.
    var silent = 0
    /// Estimated from the samples of the last five minutes.
    var interval: Duration?
}

extension Diagnoser {
    // MARK: Binding

    /// Recognises signals when the set of metrics changes, and again later while a request counter
    /// has no readable status label yet.
    mutating func bindSignals(_ input: DiagnosisInput) {
        let isDue = bindAgainAt.map { input.now >= $0 } ?? false
        guard boundNames != input.metricNames || isDue || trackers.isEmpty else { return }
        boundNames = input.metricNames
        bindAgainAt = nil
        var definitions = configuration.signals
        let presets = recognise(input)
        for preset in presets where !isReplaced(preset, by: configuration.signals) {
            definitions.append(preset)
        }
        for definition in definitions { bind(definition) }
        sortTrackers()
    }

    /// A definition of the same name, or for the three main roles of the same role, wins.
    private func isReplaced(_ preset: SignalDefinition, by own: [SignalDefinition]) -> Bool {
        own.contains { definition in
            if definition.name == preset.name { return true }
            switch preset.role {
            case .errorRatio, .latency, .traffic: return definition.role == preset.role
            case .saturation, .queue, .other: return false
            }
        }
    }

    private mutating func bind(_ definition: SignalDefinition) {
        guard !trackers.contains(where: { $0.definition.name == definition.name }) else { return }
        trackers.append(SignalTracker(definition, querying.expression(definition.promql)))
    }

    private mutating func sortTrackers() {
        let order: [SignalDefinition.Role] = [
            .errorRatio, .latency, .traffic, .saturation, .queue, .other,
        ]
        let ranked = trackers.enumerated().sorted { left, right in
            let leftRank = order.firstIndex(of: left.element.definition.role) ?? order.count
            let rightRank = order.firstIndex(of: right.element.definition.role) ?? order.count
            return leftRank == rightRank ? left.offset < right.offset : leftRank < rightRank
        }
        trackers = ranked.map(\.element)
    }

    private mutating func recognise(_ input: DiagnosisInput) -> [SignalDefinition] {
        var querying = self.querying
        var isOpen = false
        let definitions = Presets.recognise(input.metricNames) { counter, labels in
            for label in labels {
                let probe = "count(\(counter){\(label)=~\"[1-5]..\"})"
                if querying.value(probe, input.engine, at: input.now) != nil { return label }
            }
            isOpen = true
            return nil
        }
        self.querying = querying
        if isOpen { bindAgainAt = input.now + .seconds(15) }
        return definitions
    }

    // MARK: Reading

    mutating func readSignals(_ input: DiagnosisInput) {
        for index in trackers.indices { readSignal(index, input) }
    }

    private mutating func readSignal(_ index: Int, _ input: DiagnosisInput) {
        var tracker = trackers[index]
        let sources = sources(of: tracker, input)
        tracker.interval = interval(of: tracker, sources, input)
        tracker.gap = gap(of: tracker, sources, input)
        let live = sources.contains { !$0.isHistory } ? sources.filter { !$0.isHistory } : sources
        tracker.state.source = Self.named(live) ?? tracker.definition.origin
        tracker.state.age = live.compactMap(\.lastData).min().map { max(.zero, input.now - $0) }
        tracker.state.value = tracker.expression.flatMap {
            querying.value($0, input.engine, at: input.now)
        }
        if tracker.state.value == nil {
            tracker.state.reason = missingReason(tracker)
        } else {
            tracker.hadValue = true
        }
        backfill(&tracker, input)
        tracker.history.add(tracker.trusted, at: input.now)
        if let value = tracker.trusted, tracker.definition.harm != .none {
            feedDetector(&tracker, value, input.now)
        }
        trackers[index] = tracker
    }

    /// The detector sees one value per reading of the source, not one per tick.
    private func feedDetector(_ tracker: inout SignalTracker, _ value: Double, _ now: Timestamp) {
        let pause = max(Duration.seconds(5), tracker.interval)
        guard tracker.detector.lastTime.map({ now - $0 >= pause }) ?? true else { return }
        tracker.detector.add(value, at: now)
    }

    private func missingReason(_ tracker: SignalTracker) -> String {
        if tracker.expression == nil { return "the expression cannot be evaluated" }
        if tracker.metricNames.isDisjoint(with: boundNames) {
            return "no source delivers \(tracker.metricNames.sorted().joined(separator: ", "))"
        }
        return tracker.hadValue
            ? "no value now" : "no value yet: rates need two readings, ratios need requests"
    }

    /// "dumps/cart.prom and 3 more".
    private static func named(_ sources: [SourceStatus]) -> String? {
        guard let first = sources.first else { return nil }
        return sources.count == 1 ? first.id : "\(first.id) and \(sources.count - 1) more"
    }

    /// The sources that feed a signal; one that does not say what it delivers may feed any.
    private func sources(of tracker: SignalTracker, _ input: DiagnosisInput) -> [SourceStatus] {
        input.sources.filter { source in
            source.kind == .metrics
                && (source.metricNames.map { !$0.isDisjoint(with: tracker.metricNames) } ?? true)
        }
    }

    private mutating func interval(
        of tracker: SignalTracker, _ sources: [SourceStatus], _ input: DiagnosisInput
    ) -> Duration {
        // A recording that is written once a day feeds the past, not the present.
        let live = sources.filter { !$0.isHistory }.compactMap(\.interval)
        if let said = live.filter({ $0 > .zero && $0 <= .seconds(600) }).max() { return said }
        let measured = tracker.metricNames.compactMap { freshness[$0]?.interval }.max()
        return measured ?? .seconds(15)
    }

    /// Why the signal's data has a gap longer than two intervals, or empty.
    private mutating func gap(
        of tracker: SignalTracker, _ sources: [SourceStatus], _ input: DiagnosisInput
    ) -> String {
        for source in sources where !source.isHistory {
            if !source.isHealthy {
                let why = source.reason.isEmpty ? "not healthy" : source.reason
                return "source \(source.id): \(why)"
            }
            if let last = source.lastData, let interval = source.interval,
                input.now - last > interval * 2
            {
                return "source \(source.id) silent for \(TimeText.span(input.now - last))"
            }
        }
        for name in tracker.metricNames.sorted() {
            let fresh = freshness(of: name, tracker.interval, input)
            if fresh.silent > 0 {
                return fresh.silent == fresh.series
                    ? "no new samples of \(name) for two intervals"
                    : "\(fresh.silent) of \(fresh.series) series of \(name) are silent"
            }
        }
        return ""
    }

    /// How many series of a metric have a value now and how many of them have no recent sample.
    private mutating func freshness(
        of name: String, _ interval: Duration, _ input: DiagnosisInput
    ) -> Freshness {
        if let known = freshness[name], input.now >= known.readAt,
            input.now - known.readAt < .seconds(2)
        {
            return known
        }
        var fresh = Freshness(readAt: input.now)
        let window = interval.inMilliseconds * 2 + 1000
        fresh.series = Int(
            querying.value("count(\(name))", input.engine, at: input.now) ?? 0)
        let recent =
            fresh.series == 0
            ? 0
            : querying.value(
                "count(count_over_time(\(name)[\(window)ms]))", input.engine, at: input.now) ?? 0
        // A series that ended properly counts as recent and no longer as present.
        fresh.silent = max(0, fresh.series - Int(recent))
        if let samples = querying.value(
            "max(count_over_time(\(name)[5m]))", input.engine, at: input.now), samples >= 3
        {
            fresh.interval = .seconds((300 / samples).clamped(to: 1...300))
        }
        freshness[name] = fresh
        return fresh
    }

    // MARK: History

    /// Reads what the series store holds from before, once there is something to read, and twice
    /// again shortly after, because history may arrive later than the newest value.
    private mutating func backfill(_ tracker: inout SignalTracker, _ input: DiagnosisInput) {
        guard let expression = tracker.expression, tracker.hadValue, latchedOnset == nil,
            tracker.backfillsDone < 3, let firstTick
        else { return }
        let due = [Duration.zero, .seconds(10), .seconds(60)][tracker.backfillsDone]
        guard input.now - firstTick >= due else { return }
        tracker.backfillsDone += 1
        // An hour is there already: nothing older would be used.
        if let oldest = tracker.history.points.first?.time, tracker.backfillsDone > 1,
            input.now - oldest >= .seconds(3600)
        {
            return
        }
        let step = max(tracker.history.step, tracker.interval)
        let points = querying.history(
            expression, input.engine, from: input.now - .seconds(3900), to: input.now, step: step)
        guard points.count > tracker.history.points.compactMap(\.value).count else { return }
        var history = SignalHistory(step: tracker.history.step)
        var detector = OnsetDetector(
            floor: tracker.definition.floor, harmIsUp: tracker.definition.harm != .down)
        for point in points {
            history.add(point.value, at: point.time)
            if let value = point.value, tracker.definition.harm != .none {
                detector.add(value, at: point.time)
            }
        }
        tracker.history = history
        tracker.detector = detector
    }
}
