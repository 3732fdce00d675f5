import Basics
import Incidents
import Playbooks
import Safety

/// A snapshot of what was proposed. It ignores every later change except "this is no longer
/// allowed".
package struct ApprovalCard: Sendable, Hashable {
    package enum Focus: Sendable, Hashable, CaseIterable { case cancel, reason, confirm, approve }

    package let proposal: MitigationProposed
    package let gates: GateReport
    /// What undoes it, as the catalogue says; shown beside the exact rollback argv.
    package let expectedEffect: [String]
    package let couldBreak: String
    package let monitor: String
    /// Warns that this puts a suspect back.
    package let warning: String?
    package let openedAt: Timestamp
    /// Starts on Cancel.
    package var focus = Focus.cancel
    package var reason = TextField()
    package var confirm = TextField()
    /// Why it is no longer allowed, once that has happened.
    package var revoked: String?
    package var message = ""
    /// First visible line of the scrolled body.
    package var scroll = 0
    /// Set once the approval went to the journal; no key approves twice.
    package var isSubmitted = false

    package init(
        proposal: MitigationProposed, gates: GateReport, expectedEffect: [String] = [],
        couldBreak: String = "", monitor: String = "", warning: String? = nil,
        openedAt: Timestamp
    ) {
        self.proposal = proposal
        self.gates = gates
        self.expectedEffect = expectedEffect
        self.couldBreak = couldBreak
        self.monitor = monitor
        self.warning = warning
        self.openedAt = openedAt
    }

    package var needsReason: Bool { !gates.needReview.isEmpty }
    package var needsTyping: Bool { proposal.approvalClass == .confirm }
    /// What must be typed for the strictest class.
    package var requiredText: String { "CONFIRM \(proposal.target)" }

    /// The stations Tab visits, in order.
    package var stations: [Focus] {
        var stations: [Focus] = [.cancel]
        if needsReason { stations.append(.reason) }
        if needsTyping { stations.append(.confirm) }
        stations.append(.approve)
        return stations
    }

    package var isTyping: Bool { focus == .reason || focus == .confirm }

    package mutating func moveFocus(by step: Int) {
        let index = stations.firstIndex(of: focus) ?? 0
        focus = stations[(index + step + stations.count) % stations.count]
    }
}
