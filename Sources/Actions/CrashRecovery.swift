import Incidents

/// What a newly opened room must say about the one before it.
package enum CrashRecovery {
    /// One `action.unknown` for every attempt that never got an outcome.
    ///
    /// Call it once, with the journal's lock held, before anything runs: the lock proves that the
    /// process which began these attempts is dead.
    package static func findings(for incident: Incident) -> [EventDraft] {
        incident.attempts.filter { !$0.outcome.isOver }.map { attempt in
            EventDraft(
                ActionUnknown(
                    attempt: attempt.id,
                    detail: "the room ended while \(attempt.action) ran on \(attempt.target): "
                        + "nobody knows whether it took effect"),
                by: .automation)
        }
    }
}
