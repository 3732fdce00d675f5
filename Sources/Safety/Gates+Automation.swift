import Basics
import Incidents
import Playbooks

// Gate 11 for the program itself: it may do one thing, undo what the guarded rule judged worse.
extension GateJudge {
    func automationNow(_ openReviews: [GateID]) -> GateVerdict {
        if let defect = recordDefect() { return defect }
        if !openReviews.isEmpty {
            let names = openReviews.map(\.rawValue).joined(separator: ", ")
            return refused("no program passes over: \(names)", "a person undoes it with r")
        }
        return automationAtRun()
    }

    /// Automation undoes an action once, when it was armed and the rule fired, and never anything
    /// else.
    func automationAtRun() -> GateVerdict {
        if let why = automationDefect() { return refused(why, "a person undoes it with r") }
        return GateVerdict(
            .approval, .pass,
            "the guarded rule undoes \(proposal.rollbackOf ?? ""): "
                + (watch?.judged?.detail ?? ""))
    }

    private var watch: RollbackWatch? {
        proposal.rollbackOf.flatMap { given.incident.rollbackWatches[$0] }
    }

    private func automationDefect() -> String? {
        guard let undone else { return "only a person approves: no program proposes a change" }
        guard given.configuration.safety.allowsAutomaticRollback else {
            return "automatic rollback is switched off (`auto_rollback: false`)"
        }
        guard undone.proposal.rollbackOf == nil else { return "it would undo a rollback" }
        guard let watch, watch.armed != nil else {
            return "the rollback of \(undone.proposal.id) is not armed"
        }
        guard watch.hasFired else {
            return "the guarded rule has not fired for \(undone.proposal.id)"
        }
        guard !undone.attempts.isEmpty else { return "\(undone.proposal.id) never ran" }
        if let other = earlierUndo(of: undone) {
            return "\(other.proposal.id) undoes \(undone.proposal.id) already"
        }
        if let open = Breaker.openReason(
            of: given.incident, actions: given.configuration.actions)
        {
            return "the breaker is open: \(open)"
        }
        if given.stop.isOn || given.incident.stop != nil { return "the emergency stop is on" }
        let row = SeverityPolicy.row(given.incident.severity)
        if row.asksForProductionRollback, proposal.environment == .production {
            return "\(given.incident.severity.name): a rollback in production needs a person"
        }
        let templates = given.action?.rollbackSteps ?? []
        if let word = DestructiveWords.destruction(in: templates)
            ?? DestructiveWords.scalingToZero(in: proposal.steps)
        {
            return "its way back destroys something itself (\(word))"
        }
        return nil
    }

    /// Another undo of the same action that was approved or ran.
    private func earlierUndo(of original: Mitigation) -> Mitigation? {
        given.incident.mitigations.first { other in
            other.proposal.rollbackOf.map { NameRule.same($0, original.proposal.id) } == true
                && !NameRule.same(other.proposal.id, proposal.id)
                && (other.state == .approved || !other.attempts.isEmpty)
        }
    }
}
