import Basics

/// One alert: a rule together with one element of what its expression gave.
package struct Alert: Sendable, Hashable {
    package enum State: String, Sendable, Hashable {
        /// The expression holds, not yet for as long as the rule asks.
        case pending
        case firing
        /// It fired and the expression holds no longer.
        case resolved
    }

    package var name: String
    /// The labels of the element and of the rule, with `alertname`.
    package var labels: Labels
    package var annotations: [String: String]
    package var state: State
    /// When the expression began to hold. Times are milliseconds since the epoch.
    package var activeAt: Int64
    package var firedAt: Int64?
    package var resolvedAt: Int64?
    /// The element's value when the expression last held.
    package var value: Double
    /// `file:line:column` of the rule.
    package var position: String
    /// When the expression stopped holding while `keepFiringFor` keeps the alert up.
    var keptSince: Int64?

    package init(
        name: String, labels: Labels, annotations: [String: String] = [:], state: State,
        activeAt: Int64, firedAt: Int64? = nil, resolvedAt: Int64? = nil, value: Double,
        position: String = ""
    ) {
        self.name = name
        self.labels = labels
        self.annotations = annotations
        self.state = state
        self.activeAt = activeAt
        self.firedAt = firedAt
        self.resolvedAt = resolvedAt
        self.value = value
        self.position = position
    }
}

/// A change of one alert's state.
package struct AlertTransition: Sendable, Hashable {
    /// The alert after the change; for a pending one that ended quietly, as it last was.
    package var alert: Alert
    /// Nil for an alert that did not exist.
    package var from: Alert.State?
    /// Nil for a pending alert whose expression stopped holding before it fired.
    package var to: Alert.State?

    package init(alert: Alert, from: Alert.State?, to: Alert.State?) {
        self.alert = alert
        self.from = from
        self.to = to
    }
}

/// An evaluation of a rule that failed.
package struct RuleError: Sendable, Hashable {
    package var group: String
    package var rule: String
    package var position: String
    package var message: String

    package init(group: String, rule: String, position: String, message: String) {
        self.group = group
        self.rule = rule
        self.position = position
        self.message = message
    }
}

/// A sample that a recording rule gave.
package struct RecordedSample: Sendable, Hashable {
    package var labels: Labels
    package var t: Int64
    package var v: Double

    package init(labels: Labels, t: Int64, v: Double) {
        self.labels = labels
        self.t = t
        self.v = v
    }
}

/// The state of every alert: pending → firing → resolved, as Prometheus defines it. Pure: the same
/// rules, answers and times give the same alerts.
///
/// An evaluation that fails leaves the rule's alerts as they were and is listed in `errors`: a
/// failure must never look like "resolved".
package struct AlertBook: Sendable {
    /// How long a resolved alert stays listed.
    package static let resolvedRetention: Duration = .seconds(15 * 60)

    /// Which rule: the place in its group tells rules of one name apart.
    struct RuleKey: Hashable {
        var group: String
        var index: Int
        var name: String
    }

    private struct AlertKey: Hashable {
        var rule: RuleKey
        var labels: Labels
    }

    private var book: [AlertKey: Alert] = [:]
    private var failures: [RuleKey: RuleError] = [:]
    private var evaluatedAt: [String: Int64] = [:]

    package init() {}

    /// Every alert, by name and labels.
    package var alerts: [Alert] {
        book.values.sorted { ($0.name, $0.labels, $0.position) < ($1.name, $1.labels, $1.position) }
    }

    /// The rules whose last evaluation failed.
    package var errors: [RuleError] {
        failures.values.sorted {
            ($0.group, $0.rule, $0.position) < ($1.group, $1.rule, $1.position)
        }
    }

    /// Evaluates the alerting rules of every group that is due.
    /// - Parameter t: milliseconds since the epoch, never earlier than at the call before.
    /// - Returns: what changed, in the order of the rules.
    package mutating func evaluate(
        rules groups: [RuleGroup], engine: any QueryEngine,
        surroundings: AlertTemplate.Surroundings = .init(), at t: Int64
    ) -> [AlertTransition] {
        var transitions: [AlertTransition] = []
        var present = Set<RuleKey>()
        for group in groups {
            let isDue = begin(group, at: t)
            for (index, rule) in group.rules.enumerated() {
                guard case .alert(let name) = rule.kind else { continue }
                let key = RuleKey(group: group.name, index: index, name: name)
                present.insert(key)
                guard isDue else { continue }
                do throws(QueryError) {
                    transitions += try evaluate(rule, key, group, engine, surroundings, at: t)
                    succeeded(key)
                } catch {
                    failed(key, rule, error)
                }
            }
        }
        book = book.filter { present.contains($0.key.rule) }
        failures = failures.filter { present.contains($0.key) }
        let names = Set(groups.map(\.name))
        evaluatedAt = evaluatedAt.filter { names.contains($0.key) }
        return transitions
    }

    /// Whether the group is due; if so, `t` counts as its evaluation.
    mutating func begin(_ group: RuleGroup, at t: Int64) -> Bool {
        if let interval = group.interval, let last = evaluatedAt[group.name],
            t - last < interval.inMilliseconds, t >= last
        {
            return false
        }
        evaluatedAt[group.name] = t
        return true
    }

    mutating func succeeded(_ key: RuleKey) { failures[key] = nil }

    mutating func failed(_ key: RuleKey, _ rule: Rule, _ error: QueryError) {
        failures[key] = RuleError(
            group: key.group, rule: key.name, position: rule.position, message: error.message)
    }

    /// Moves the alerts of one rule on.
    mutating func evaluate(
        _ rule: Rule, _ key: RuleKey, _ group: RuleGroup, _ engine: any QueryEngine,
        _ surroundings: AlertTemplate.Surroundings, at t: Int64
    ) throws(QueryError) -> [AlertTransition] {
        let elements = try elements(of: rule, group, engine, surroundings, at: t)
        return apply(elements, rule, key, at: t)
    }

    /// `ALERTS` and `ALERTS_FOR_STATE` of the pending and firing alerts of one rule.
    func series(of key: RuleKey, at t: Int64) -> [RecordedSample] {
        var samples: [RecordedSample] = []
        for (alertKey, alert) in book where alertKey.rule == key && alert.state != .resolved {
            let labels = alert.labels
            samples.append(
                RecordedSample(
                    labels: labels.with("__name__", "ALERTS")
                        .with("alertstate", alert.state.rawValue), t: t, v: 1))
            samples.append(
                RecordedSample(
                    labels: labels.with("__name__", "ALERTS_FOR_STATE"), t: t,
                    v: Double(alert.activeAt / 1000)))
        }
        return samples
    }

    // MARK: One rule

    private struct ActiveElement {
        var labels: Labels
        var annotations: [String: String]
        var value: Double
    }

    private func elements(
        of rule: Rule, _ group: RuleGroup, _ engine: any QueryEngine,
        _ surroundings: AlertTemplate.Surroundings, at t: Int64
    ) throws(QueryError) -> [ActiveElement] {
        let time = t - group.queryOffset.inMilliseconds
        let answer = try engine.instant(rule.expression, at: time)
        var found: [ActiveElement] = []
        var seen = Set<Labels>()
        for (labels, value) in answer.value.elements {
            func expand(_ template: AlertTemplate) -> String {
                template.expand(
                    labels: labels, value: value, surroundings: surroundings, engine: engine,
                    at: time)
            }
            var own = labels.dropping([LabelName.metricName])
            for (name, template) in rule.labelTemplates { own = own.with(name, expand(template)) }
            own = own.with("alertname", rule.name)
            guard seen.insert(own).inserted else {
                throw .execution(
                    "vector contains metrics with the same labelset after applying alert labels")
            }
            var annotations: [String: String] = [:]
            for (name, template) in rule.annotationTemplates {
                annotations[name] = expand(template)
            }
            found.append(ActiveElement(labels: own, annotations: annotations, value: value))
        }
        if let limit = group.limit, found.count > limit {
            throw .execution("exceeded limit of \(limit) with \(found.count) alerts")
        }
        return found
    }

    private mutating func apply(
        _ elements: [ActiveElement], _ rule: Rule, _ key: RuleKey, at t: Int64
    ) -> [AlertTransition] {
        var transitions: [AlertTransition] = []
        var active = Set<AlertKey>()
        for element in elements {
            let alertKey = AlertKey(rule: key, labels: element.labels)
            active.insert(alertKey)
            let before = book[alertKey].flatMap { $0.state == .resolved ? nil : $0 }
            var alert =
                before
                ?? Alert(
                    name: rule.name, labels: element.labels, annotations: [:], state: .pending,
                    activeAt: t, value: element.value, position: rule.position)
            alert.value = element.value
            alert.annotations = element.annotations
            alert.keptSince = nil
            if alert.state == .pending, t - alert.activeAt >= rule.holdDuration.inMilliseconds {
                alert.state = .firing
                alert.firedAt = t
            }
            if before?.state != alert.state {
                transitions.append(
                    AlertTransition(alert: alert, from: before?.state, to: alert.state))
            }
            book[alertKey] = alert
        }
        let gone = book.filter { $0.key.rule == key && !active.contains($0.key) }
        for (alertKey, alert) in gone.sorted(by: { $0.key.labels < $1.key.labels }) {
            if let transition = end(alert, alertKey, rule, at: t) { transitions.append(transition) }
        }
        return transitions
    }

    /// Moves on an alert whose element is no longer there.
    private mutating func end(
        _ alert: Alert, _ key: AlertKey, _ rule: Rule, at t: Int64
    ) -> AlertTransition? {
        switch alert.state {
        case .pending:
            book[key] = nil
            return AlertTransition(alert: alert, from: .pending, to: nil)
        case .firing:
            let since = alert.keptSince ?? t
            var next = alert
            if rule.keepFiringFor > .zero, t - since < rule.keepFiringFor.inMilliseconds {
                next.keptSince = since
                book[key] = next
                return nil
            }
            next.state = .resolved
            next.resolvedAt = t
            next.keptSince = nil
            book[key] = next
            return AlertTransition(alert: next, from: .firing, to: .resolved)
        case .resolved:
            if t - (alert.resolvedAt ?? t) > Self.resolvedRetention.inMilliseconds {
                book[key] = nil
            }
            return nil
        }
    }
}
