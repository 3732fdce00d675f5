import Basics
import Incidents
import Playbooks
import Safety

extension Model {
    /// Why the policy asks for two persons for `mitigation` while this room's own user is the only
    /// one who took part; nil where one is enough or the other has proposed it.
    package func missingSecondPerson(_ mitigation: Mitigation) -> String? {
        let settings = configuration.safety
        guard let action = configuration.actions[mitigation.proposal.action],
            let reason = ApprovalPolicy.twoPersonReason(
                action: action, proposal: mitigation.proposal, settings: settings),
            !ApprovalPolicy.areTwoPersons(
                proposer: mitigation.proposer, approver: actor, settings: settings)
        else { return nil }
        return reason
    }

    /// The version that `proposal` would put back although a rollback took it away; nil for
    /// anything else.
    package func restoredSuspect(_ proposal: MitigationProposed) -> String? {
        let action = configuration.actions[proposal.action]
        let undoesRollback = proposal.rollbackOf != nil && action?.isRollback == true
        let isInverse = incident.mitigations.contains { earlier in
            let entry = configuration.actions[earlier.proposal.action]
            return !earlier.attempts.isEmpty && entry?.isRollback == true
                && NameRule.same(earlier.proposal.target, proposal.target)
                && entry?.inverse.map { NameRule.same($0, proposal.action) } == true
        }
        guard undoesRollback || isInverse else { return nil }
        let types = action?.slots ?? [:]
        let slot = proposal.slots.keys.sorted().first {
            types[$0] == .revision || types[$0] == .version
        }
        return slot.flatMap { proposal.slots[$0] } ?? proposal.slots["revision"]
            ?? proposal.slots["version"] ?? "version"
    }

    /// The newest rollback that ran and whose inverse the catalogue names; the selected one first.
    package var inverseCandidate: Mitigation? {
        func hasInverse(_ mitigation: Mitigation) -> Bool {
            mitigation.state == .succeeded
                && configuration.actions[mitigation.proposal.action].map {
                    $0.isRollback && $0.inverse != nil
                } == true
        }
        if case .proposal(let it)? = selectedMitigation?.content, hasInverse(it) { return it }
        return incident.mitigations.last(where: hasInverse)
    }
}
