import Basics
import Incidents
import Room

// Whether the configuration on the disk is still the one this room uses.
extension Backend {
    /// SHA-256 over the configuration files as they are now, hex; nil without files.
    func policyDigestNow() -> String? { nil }

    /// Tells the room when the files look different; called four times a second.
    func watchPolicy() {}

    /// What is journalled before an approval that passes over review gates.
    func reviewDrafts(for approval: MitigationApproved, _ incident: Incident, by actor: Actor)
        -> [EventDraft]
    {
        []
    }
}
