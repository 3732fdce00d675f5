import Basics
import Feeds
import Incidents

/// What the room asks its runtime to do. The runtime's duties, in this order:
///
/// 1. journal, 2. act, 3. show. An effect that acts (`approve`, `setStop`) is journalled and synced
/// first; when the journal refuses, nothing is done and `Message.journalLost` comes back.
package enum Effect: Sendable {
    /// Append; `sync` waits for the disk before the events come back as `journalled`.
    case journal([EventDraft], sync: Bool)
    /// Plan, journal the proposal, then open its card.
    case propose(ProposalRequest)
    /// Journal the approval, then run it.
    case approve(MitigationApproved)
    /// Write the emergency-stop file; nothing is asked.
    case setStop(reason: String)
    /// Remove the files and journal the clearing.
    case clearStop(reason: String)
    case setIncidentStart(Timestamp)
    case copy(String)
    /// Make the report's text for the screen; it comes back as `Message.report`.
    case makeReport
    /// Write the report and friends beside the journal.
    case export
    /// Ask for records of all logs, also those not kept any more; it comes back as
    /// `Message.logPage`.
    case findLogs(LogPageRequest)
    /// Run the diagnostic of a hypothesis' fastest test; it comes back as `command.ran`.
    case runDiagnostic(DiagnosticRequest)
    /// Deliver an escalation that stands in the journal by the configured `notify` commands.
    case notify(escalation: String)
    /// The guarded rule has fired for this proposal: plan its paired rollback, journal it as
    /// automation's and run it, if every gate still agrees.
    case rollBackAutomatically(proposal: String)
    case setTheme(String)
    case suspend, redraw, quit
}

/// What should be proposed.
package struct ProposalRequest: Sendable, Hashable {
    package enum Basis: Sendable, Hashable {
        /// An action of the catalogue with its slots.
        case action(String, target: String, slots: [String: String])
        /// The paired rollback of an earlier proposal.
        case undo(of: String)
        /// What puts back what the rollback with this id took away: by hand, never armed.
        case inverse(of: String)
    }
    package var basis: Basis
    package var reason: String

    package init(basis: Basis, reason: String) {
        self.basis = basis
        self.reason = reason
    }
}

/// One diagnostic command with its slots.
package struct DiagnosticRequest: Sendable, Hashable {
    /// An id of `SafetySettings.diagnostics`.
    package var diagnostic: String
    package var slots: [String: String]
    package var hypothesis: String?

    package init(diagnostic: String, slots: [String: String], hypothesis: String?) {
        self.diagnostic = diagnostic
        self.slots = slots
        self.hypothesis = hypothesis
    }
}
