import Basics
import Incidents
import Playbooks
import Safety

// Other people: who is connected, and whether they may still object.
extension Model {
    /// How long others may still object to `mitigation` before `approver` (nil: this room's own
    /// user) may approve it; zero when the window is over or nobody who may object is connected.
    package func objectionTimeLeft(_ mitigation: Mitigation, approver: Actor? = nil) -> Duration {
        let proposed = Moment(
            wall: mitigation.proposedAt, boot: mitigation.proposedBoot ?? now.boot,
            bootID: mitigation.proposedBoot == nil ? "" : mitigation.proposedBootID ?? "")
        return ObjectionWindow.left(
            since: proposed, severity: incident.severity, settings: configuration.safety,
            somebodyMayObject: !objectors(to: mitigation, approver: approver).isEmpty, now: now,
            bootID: bootID)
    }

    /// Who else may object to `mitigation`: everybody connected with that right, and this room's
    /// own user, but neither who proposed it nor who is about to approve it.
    package func objectors(to mitigation: Mitigation, approver: Actor? = nil) -> [Actor] {
        let approver = approver ?? actor
        let own = ConnectedPerson(
            actor: actor,
            rights: PeopleRules.rights(of: actor, owner: actor, configuration.safety))
        return ([own] + connected).filter {
            $0.mayObject && $0.actor.uid != approver.uid
                && $0.actor.uid != mitigation.proposer.uid
        }.map(\.actor)
    }
}
