import Basics
import Incidents
import Playbooks

/// How long others may object before an approval is taken. Silence never executes anything: the
/// window only delays what a person then approves.
package enum ObjectionWindow {
    /// The whole window of a severity.
    package static func length(_ severity: Severity, _ settings: SafetySettings) -> Duration {
        max(.zero, settings.objectionWindow[severity] ?? SafetySettings.objectionWindowDefault)
    }

    /// What is left of the window of something proposed at `proposed`; zero when it is over, and
    /// when nobody else who may object is connected.
    package static func left(
        since proposed: Moment, severity: Severity, settings: SafetySettings,
        somebodyMayObject: Bool, now: ClockReading, bootID: String
    ) -> Duration {
        guard somebodyMayObject else { return .zero }
        let elapsed = TimeWindow.elapsed(since: proposed, now: now, bootID: bootID)
        return max(.zero, length(severity, settings) - elapsed)
    }
}

/// What the settings say about one user of the operating system.
package enum PeopleRules {
    /// The entry of `actor`; nil when there is none.
    package static func entry(of actor: Actor, _ settings: SafetySettings) -> Person? {
        // By bytes: a dictionary's own look-up takes look-alikes for equal.
        settings.people?.values.first { NameRule.same($0.user, actor.name) }
    }

    /// What `actor` may do in the room of `owner`. Without named people the owner may do
    /// everything and nobody else anything; with an empty list nobody may.
    package static func rights(
        of actor: Actor, owner: Actor, _ settings: SafetySettings
    ) -> Set<Person.Right> {
        guard actor.isPerson else { return [] }
        guard settings.people != nil else {
            return actor.uid == owner.uid ? Set(Person.Right.allCases) : []
        }
        guard let entry = entry(of: actor, settings) else { return [] }
        return entry.isAgent ? entry.rights.subtracting([.approve, .command]) : entry.rights
    }

    /// Whether `actor` has any part in the room: may at least see how it stands.
    package static func isKnown(_ actor: Actor, owner: Actor, _ settings: SafetySettings) -> Bool {
        actor.isPerson && (actor.uid == owner.uid || entry(of: actor, settings) != nil)
    }
}
