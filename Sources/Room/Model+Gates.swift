import Basics
import Diagnosis
import Incidents
import Playbooks
import Safety

extension Model {
    /// All twelve for `proposal` as things stand now.
    ///
    /// - Parameters:
    ///   - person: who looks, approves or approved; nil is this room's own user.
    ///   - breakGlass: what was typed to go on alone where two persons are asked for.
    package func gates(
        for proposal: MitigationProposed, stage: GateInput.Stage, by person: Actor? = nil,
        breakGlass: String? = nil
    ) -> GateReport {
        let person = person ?? actor
        return Gates.evaluate(
            GateInput(
                proposal: proposal, action: configuration.actions[proposal.action],
                configuration: configuration, incident: incident,
                activePlaybooks: activePlaybooks,
                scopeIsKnown: (observation?.situation.reach ?? .unknown) != .unknown,
                leadingHypothesis: observation?.hypotheses.first?.statement, stop: stop,
                actor: person, isCommander: isCommander(person), now: now, bootID: bootID,
                stage: stage, elsewhere: elsewhere, rights: rights(of: person),
                policyDigest: policyDigest, breakGlass: breakGlass))
    }

    /// What `person` may do in this room.
    package func rights(of person: Actor) -> Set<Person.Right> {
        Rights.of(person, owner: actor, settings: configuration.safety)
    }

    /// Whether `person` is the incident's commander; while nobody was named, whoever may take
    /// command is.
    package func isCommander(_ person: Actor) -> Bool {
        guard let commander = incident.commander else {
            return rights(of: person).contains(.command)
        }
        return person.isPerson && NameRule.same(commander, person.name)
    }
}
