import Basics
import Incidents
import Playbooks
import Safety

extension Model {
    /// Why the policy asks for two persons for `proposal`; nil where one is enough.
    package func twoPersonReason(_ proposal: MitigationProposed) -> String? {
        let asked = configuration.safety.twoPersons
        let action = configuration.actions[proposal.action]
        let isReversible = action?.isReversible ?? false
        if asked.contains(.destructive), action?.isDestructive ?? false { return "destructive" }
        if asked.contains(.fleetWide), action?.isFleetWide ?? false { return "fleet-wide" }
        if asked.contains(.irreversible), !isReversible { return "irreversible" }
        if asked.contains(.production), proposal.environment == .production { return "production" }
        return nil
    }

    /// The same while this room's own user proposed it: somebody else must approve.
    package func missingSecondPerson(_ mitigation: Mitigation) -> String? {
        let proposer = mitigation.proposer
        guard let reason = twoPersonReason(mitigation.proposal) else { return nil }
        return proposer.isPerson && proposer.uid != actor.uid ? nil : reason
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
