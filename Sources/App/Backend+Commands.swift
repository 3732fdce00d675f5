import Actions
import Basics
import Incidents
import Room

// Commands beside actions: diagnostics, notifications, checks before an approval.
extension Backend {
    func runDiagnostic(_ request: DiagnosticRequest) {}

    func notify(escalation: String) {}

    /// Runs the proposal's ready-check; on the queue of approvals.
    /// - Throws: `rollback.notReady` when the rollback would not work.
    func checkReadiness(of proposal: MitigationProposed) throws(Failure) {}
}
