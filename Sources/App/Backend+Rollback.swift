import Actions
import Basics
import Incidents
import Room
import Safety

// Automatic rollback: armed at the approval, carried out when the guarded rule has fired.
extension Backend {
    /// What is journalled together with the approval of `proposal`: its frozen baseline, or why
    /// nothing is armed.
    func arming(of proposal: MitigationProposed, _ incident: Incident) -> [EventDraft] { [] }

    func rollBackAutomatically(_ proposal: String) {}
}
