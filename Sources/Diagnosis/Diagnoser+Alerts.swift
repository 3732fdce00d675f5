import Basics
import Incidents
import Metrics

/// One alert, by name and labels.
struct AlertIdentity: Hashable, Sendable {
    var name: String
    var labels: [String: String]
}

extension Diagnoser {
    /// Evaluates the rules that are due, journals what began and ended to fire.
    mutating func evaluateAlerts(_ input: DiagnosisInput) {
        if let journalled = input.incident.lastNewAlert {
            lastNewAlert = max(lastNewAlert ?? journalled, journalled)
        }
        guard !rules.isEmpty else { return }
        let transitions = alertBook.evaluate(
            rules: rules, engine: input.engine, at: input.now.milliseconds)
        for transition in transitions {
            if transition.to == .firing { fired(transition.alert, input) }
            if transition.from == .firing, transition.to == .resolved {
                ended(key(transition.alert), input)
            }
        }
        alerts = alertBook.alerts.filter { $0.state != .pending }.map { view($0, input) }
        endForgotten(input)
        newAlertsFiring = alerts.filter { isNew($0, input) }.map(\.name)
        alertProblem = alertBook.errors.first.map { "rule \($0.rule): \($0.message)" }
        if let alertProblem { querying.note("An alert cannot be evaluated: \(alertProblem).") }
    }

    /// Whether any rule's own name or labels satisfy `test`.
    func rulesMark(_ test: (String, [String: String]) -> Bool) -> Bool {
        rules.contains { group in
            group.rules.contains { rule in
                guard case .alert(let name) = rule.kind else { return false }
                return test(name, rule.labels)
            }
        }
    }

    private func key(_ alert: Alert) -> AlertIdentity {
        AlertIdentity(name: alert.name, labels: labels(alert))
    }

    /// Since when the journal has it firing.
    private func journalled(_ key: AlertIdentity, _ input: DiagnosisInput) -> Timestamp? {
        input.incident.firingAlerts.first {
            $0.key.name == key.name && $0.key.labels == key.labels
        }?.value
    }

    private func labels(_ alert: Alert) -> [String: String] {
        var labels: [String: String] = [:]
        for pair in alert.labels.pairs where pair.name != "alertname" {
            labels[pair.name] = pair.value
        }
        return labels
    }

    private mutating func fired(_ alert: Alert, _ input: DiagnosisInput) {
        let key = key(alert)
        reported.ended.remove(key)
        // An alert that fired before the room was reopened is no new one.
        guard journalled(key, input) == nil, reported.firing.insert(key).inserted else {
            return
        }
        let at = alert.firedAt.map(Timestamp.init(milliseconds:)) ?? input.now
        lastNewAlert = max(lastNewAlert ?? at, at)
        found(
            AlertFiring(
                name: alert.name, labels: key.labels, summary: summary(alert),
                value: alert.value), at: at)
    }

    private mutating func ended(_ key: AlertIdentity, _ input: DiagnosisInput) {
        reported.firing.remove(key)
        guard reported.ended.insert(key).inserted else { return }
        found(AlertResolved(name: key.name, labels: key.labels), at: input.now)
    }

    /// Alerts that the journal says fire and that ended while nobody watched.
    private mutating func endForgotten(_ input: DiagnosisInput) {
        guard let firstTick, input.now - firstTick >= .seconds(120), alertBook.errors.isEmpty,
            rulesReason(input) == nil
        else { return }
        let active = Set(alertBook.alerts.filter { $0.state != .resolved }.map(key))
        for known in input.incident.firingAlerts.keys {
            let identity = AlertIdentity(name: known.name, labels: known.labels)
            if !active.contains(identity) { ended(identity, input) }
        }
    }

    private func view(_ alert: Alert, _ input: DiagnosisInput) -> AlertView {
        let key = key(alert)
        let began = Timestamp(milliseconds: alert.firedAt ?? alert.activeAt)
        let since =
            alert.state == .resolved
            ? alert.resolvedAt.map(Timestamp.init(milliseconds:)) ?? began
            : journalled(key, input).map { min($0, began) } ?? began
        return AlertView(
            name: alert.name, labels: key.labels, isFiring: alert.state == .firing, since: since,
            value: alert.value, summary: summary(alert))
    }

    private func summary(_ alert: Alert) -> String {
        alert.annotations["summary"] ?? alert.annotations["description"]
            ?? alert.annotations["message"] ?? ""
    }

    /// Whether a firing alert belongs to this incident. Those that fired more than five minutes
    /// before it began do not, nor do alerts that always fire to show that alerting works.
    private func isNew(_ alert: AlertView, _ input: DiagnosisInput) -> Bool {
        guard alert.isFiring, alert.labels["severity"] != "none",
            !["Watchdog", "DeadMansSwitch", "InfoInhibitor"].contains(alert.name)
        else { return false }
        guard let onset = onset(input.incident) else { return true }
        return alert.since >= onset - .seconds(300)
    }
}
