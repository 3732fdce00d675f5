import Basics
import Incidents
import Playbooks

/// Halts rollbacks that keep failing: after two in a row, or three in 30 minutes even when others
/// succeeded between them. It stays open until a person resets it with a typed, journalled reason.
package enum Breaker {
    package static let consecutiveMax = 2
    package static let failuresMax = 3
    package static let window: Duration = .minutes(30)

    /// Why the breaker is open, or nil when it is closed.
    ///
    /// Unknown outcomes count as failures, also when somebody looked at them. Only a typed,
    /// journalled reset (`breaker.closed`) forgets what was over by then; nothing else does, no
    /// success and no passing of time.
    package static func openReason(of incident: Incident, actions: [String: CatalogueAction])
        -> String?
    {
        if let recorded = incident.breaker { return recorded }
        let ended = rollbacks(of: incident, actions).filter { attempt in
            attempt.outcome.isOver && !incident.overAtBreakerReset.contains(attempt.id)
        }
        var inARow = 0
        var failures: [Moment] = []
        for attempt in ended {
            guard attempt.outcome.countsAsFailed else {
                inARow = 0
                continue
            }
            inARow += 1
            failures.append(attempt.moment)
            if inARow >= consecutiveMax { return "two rollbacks in a row have failed" }
            let recent = failures.filter {
                TimeWindow.span(from: $0, to: attempt.moment) <= window
            }
            if recent.count >= failuresMax { return "three rollbacks have failed within 30 min" }
        }
        return nil
    }

    /// In the order they were begun: by their numbers, because the wall clock may have been set
    /// back.
    private static func rollbacks(of incident: Incident, _ actions: [String: CatalogueAction])
        -> [Mitigation.Attempt]
    {
        let own = incident.mitigations.filter { mitigation in
            mitigation.proposal.rollbackOf != nil
                || actions[mitigation.proposal.action]?.isRollback == true
        }.flatMap(\.attempts)
        let numbered = own.compactMap { attempt in
            Int(attempt.id.dropFirst()).map { (number: $0, attempt: attempt) }
        }
        guard numbered.count == own.count else { return own.sorted { $0.startedAt < $1.startedAt } }
        return numbered.sorted { $0.number < $1.number }.map(\.attempt)
    }
}
