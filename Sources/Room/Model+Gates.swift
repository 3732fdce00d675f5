import Basics
import Diagnosis
import Incidents
import Playbooks
import Safety

extension Model {
    /// All twelve for `proposal` as things stand now.
    ///
    /// - Parameter person: who looks, approves or approved; nil is this room's own user.
    package func gates(
        for proposal: MitigationProposed, stage: GateInput.Stage, by person: Actor? = nil
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
                stage: stage))
    }

    /// Whether `person` is the incident's commander; anybody is while nobody was named.
    package func isCommander(_ person: Actor) -> Bool {
        incident.commander.map { NameRule.same($0, person.name) } ?? true
    }
}
