import Basics
import Incidents
import Playbooks
import Safety

// Who must be called, and whether they answered.
extension Model {
    /// Looks at the timers of open escalations; called once a second.
    mutating func escalationsDue() -> [Effect] { [] }

    /// What entries about escalations, breakers and the stop lead to.
    mutating func reactToGuarding(_ payload: any EventPayload) -> [Effect] { [] }
}
