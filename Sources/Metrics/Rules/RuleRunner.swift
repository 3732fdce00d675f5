import Basics

/// Evaluates rules and keeps what they give as series, as a Prometheus server does.
///
/// Groups go one after the other, and the rules of a group in their order, each over everything
/// that the ones before it recorded. A series that a rule gave the last time and not this time gets
/// a staleness marker. Alerts leave `ALERTS` (1 while pending or firing, which `alertstate` says)
/// and `ALERTS_FOR_STATE` (since when, in seconds). Alerts are not taken up again from
/// `ALERTS_FOR_STATE` after a restart: a room that opens begins to count anew.
package struct RuleRunner: Sendable {
    package let groups: [RuleGroup]
    /// Pending, firing and resolved alerts.
    package private(set) var book = AlertBook()
    private let surroundings: AlertTemplate.Surroundings
    /// What each rule gave the last time.
    private var given: [AlertBook.RuleKey: Set<Labels>] = [:]

    package init(groups: [RuleGroup], surroundings: AlertTemplate.Surroundings = .init()) {
        self.groups = groups
        self.surroundings = surroundings
    }

    /// Evaluates the groups that are due and writes to `store`.
    /// - Parameter t: milliseconds since the epoch, never earlier than at the call before.
    /// - Returns: what changed among the alerts, in the order of the rules.
    package mutating func evaluate(into store: SeriesStore, at t: Int64) -> [AlertTransition] {
        var transitions: [AlertTransition] = []
        for group in groups where book.begin(group, at: t) {
            let time = t - group.queryOffset.inMilliseconds
            for (index, rule) in group.rules.enumerated() {
                let key = AlertBook.RuleKey(group: group.name, index: index, name: rule.name)
                let engine = EmbeddedEngine(snapshot: store.snapshot())
                do throws(QueryError) {
                    let samples: [RecordedSample]
                    switch rule.kind {
                    case .record:
                        samples = try group.recorded(by: rule, on: engine, at: time)
                    case .alert:
                        transitions += try book.evaluate(
                            rule, key, group, engine, surroundings, at: t)
                        samples = book.series(of: key, at: time)
                    }
                    write(samples, of: key, into: store, at: time)
                    book.succeeded(key)
                } catch {
                    book.failed(key, rule, error)
                }
            }
        }
        return transitions
    }

    private mutating func write(
        _ samples: [RecordedSample], of key: AlertBook.RuleKey, into store: SeriesStore,
        at time: Int64
    ) {
        var now = Set<Labels>()
        for sample in samples {
            store.append(sample.labels, t: sample.t, v: sample.v)
            now.insert(sample.labels)
        }
        for labels in (given[key] ?? []).subtracting(now) {
            store.append(labels, t: time, v: StaleMarker.value)
        }
        given[key] = now
    }
}

extension RuleGroup {
    /// What a recording rule gives at `time`.
    func recorded(
        by rule: Rule, on engine: any QueryEngine, at time: Int64
    ) throws(QueryError) -> [RecordedSample] {
        let answer = try engine.instant(rule.expression, at: time)
        switch answer.value {
        case .vector, .scalar: break
        case .matrix, .string: throw .execution("rule result is not a vector or scalar")
        }
        var samples: [RecordedSample] = []
        var seen = Set<Labels>()
        for (labels, value) in answer.value.elements {
            var own = labels.with("__name__", rule.name)
            for (label, text) in rule.labels { own = own.with(label, text) }
            guard seen.insert(own).inserted else {
                throw .execution(
                    "vector contains metrics with the same labelset after applying rule labels")
            }
            samples.append(RecordedSample(labels: own, t: time, v: value))
        }
        if let limit, samples.count > limit {
            throw .execution("exceeded limit of \(limit) with \(samples.count) series")
        }
        return samples
    }

    /// What the recording rules give at `t`, without writing anything: no rule sees what another
    /// one recorded. `RuleRunner` does.
    package func recordings(
        on engine: any QueryEngine, at t: Int64
    ) -> (samples: [RecordedSample], errors: [RuleError]) {
        var samples: [RecordedSample] = []
        var errors: [RuleError] = []
        let time = t - queryOffset.inMilliseconds
        for rule in rules {
            guard case .record = rule.kind else { continue }
            do throws(QueryError) {
                samples += try recorded(by: rule, on: engine, at: time)
            } catch {
                errors.append(
                    RuleError(
                        group: name, rule: rule.name, position: rule.position,
                        message: error.message))
            }
        }
        return (samples, errors)
    }
}

extension QueryValue {
    /// The elements of a vector; a scalar counts as one element without labels.
    package var elements: [(labels: Labels, value: Double)] {
        switch self {
        case .vector(let samples): samples.map { ($0.labels, $0.v) }
        case .scalar(_, let value): [(.empty, value)]
        case .matrix, .string: []
        }
    }
}
