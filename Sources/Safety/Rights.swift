import Incidents
import Playbooks

/// What one person may do in a room. Identity is the operating system's user.
package enum Rights {
    /// The rights of `actor`.
    ///
    /// While nobody was named, the room's owner has all of them and others none. When people were
    /// named, only they have rights, and an empty list means nobody. The program itself and agents
    /// never approve and never command.
    ///
    /// - Parameter owner: the user who runs the room.
    package static func of(_ actor: Actor, owner: Actor, settings: SafetySettings)
        -> Set<Person.Right>
    {
        guard actor.isPerson else { return [] }
        guard let people = settings.people else {
            return actor.uid == owner.uid && owner.isPerson ? Set(Person.Right.allCases) : []
        }
        let named = people.first { NameRule.same($0.key, actor.name) }?.value
        guard let named, NameRule.same(named.user, actor.name) else { return [] }
        return named.isAgent ? named.rights.subtracting([.approve, .command]) : named.rights
    }
}
