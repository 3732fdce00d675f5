import Incidents

/// Whether automation may undo an action by itself, as the record has it.
///
/// Gate 11 asks the same at approval and at execution; here it keeps what would be refused from
/// being proposed at all.
package enum AutomaticRollback {
    /// Why `original` is not undone automatically, or nil.
    package static func refusal(of original: String, in incident: Incident) -> String? {
        guard let mitigation = incident.mitigation(original),
            let watch = incident.rollbackWatches[original]
        else { return "\(original) is not watched" }
        if let reason = watch.disarmed { return "it is not armed any more: \(reason)" }
        guard watch.hasFired else { return "the guarded rule has not fired" }
        guard mitigation.proposal.rollbackOf == nil else {
            return "\(original) is a rollback itself; its inverse is manual"
        }
        guard mitigation.state == .succeeded else {
            return "\(original) is \(mitigation.state.rawValue)"
        }
        if incident.status.isOver { return "the incident is \(incident.status.rawValue)" }
        if let undo = incident.mitigations.first(where: { other in
            other.proposal.rollbackOf.map { NameRule.same($0, original) } == true
        }) {
            return "\(undo.proposal.id) was proposed to undo it"
        }
        if let running = incident.runningAttempt {
            return "\(running.id) (\(running.action) on \(running.target)) is running"
        }
        if let reason = incident.breaker { return "the breaker is open: \(reason)" }
        return nil
    }
}
