import Basics
import Incidents
import Safety

// The guarded rollback: whole minutes go into the record, the rule judges them.
extension Model {
    /// Journals the newest whole minutes of what is armed and says what the rule finds.
    mutating func watchRollbacks() -> [Effect] { [] }
}
