import Basics
import Incidents
import Playbooks
import Safety

/// A snapshot of what was proposed. It ignores every later change except "this is no longer
/// allowed".
package struct ApprovalCard: Sendable, Hashable {
    package enum Focus: Sendable, Hashable, CaseIterable {
        case cancel, reason, breakGlass, confirm, approve
    }

    package let proposal: MitigationProposed
    package let gates: GateReport
    /// Who proposed it; nil when nobody knows.
    package let proposer: Actor?
    /// Why the policy asks for a second person, who is not there yet; nil when nobody is missing.
    package let secondPerson: String?
    /// What undoes it, as the catalogue says; shown beside the exact rollback argv.
    package let expectedEffect: [String]
    package let couldBreak: String
    package let monitor: String
    /// Warns that this puts a suspect back.
    package let warning: String?
    package let openedAt: Timestamp
    /// Whether objections lay before when it was opened: going on then takes a reason.
    package let hasObjections: Bool
    /// Starts on Cancel.
    package var focus = Focus.cancel
    package var reason = TextField()
    /// Why one person goes on where two are asked for.
    package var breakGlass = TextField()
    package var confirm = TextField()
    /// How fast the keys come: a held key approves nothing.
    package var pace = TypingPace()
    /// The approver cut the objection window short.
    package var proceedsEarly = false
    /// An objection that came while it was open.
    package var objection: String?
    /// Why it is no longer allowed, once that has happened.
    package var revoked: String?
    package var message = ""
    /// First visible line of the scrolled body.
    package var scroll = 0
    /// Set once the approval went to the journal; no key approves twice.
    package var isSubmitted = false

    package init(
        proposal: MitigationProposed, gates: GateReport, proposer: Actor? = nil,
        secondPerson: String? = nil, expectedEffect: [String] = [], couldBreak: String = "",
        monitor: String = "", warning: String? = nil, openedAt: Timestamp,
        hasObjections: Bool = false
    ) {
        self.proposal = proposal
        self.gates = gates
        self.proposer = proposer
        self.secondPerson = secondPerson
        self.expectedEffect = expectedEffect
        self.couldBreak = couldBreak
        self.monitor = monitor
        self.warning = warning
        self.openedAt = openedAt
        self.hasObjections = hasObjections
    }

    /// Gates that one typed reason passes over. The missing second person has a station of its own.
    package var reviews: [GateVerdict] {
        gates.needReview.filter {
            $0.gate != .approval || secondPerson == nil || hasObjections
        }
    }
    package var needsReason: Bool { !reviews.isEmpty }
    package var needsBreakGlass: Bool { secondPerson != nil }
    package var needsTyping: Bool { proposal.approvalClass == .confirm }
    /// What must be typed for the strictest class.
    package var requiredText: String { ApprovalPolicy.confirmation(for: proposal.target) }

    /// The stations Tab visits, in order.
    package var stations: [Focus] {
        var stations: [Focus] = [.cancel]
        if needsReason { stations.append(.reason) }
        if needsBreakGlass { stations.append(.breakGlass) }
        if needsTyping { stations.append(.confirm) }
        stations.append(.approve)
        return stations
    }

    package var isTyping: Bool {
        switch focus {
        case .reason, .breakGlass, .confirm: true
        case .cancel, .approve: false
        }
    }

    package mutating func moveFocus(by step: Int) {
        let index = stations.firstIndex(of: focus) ?? 0
        focus = stations[(index + step + stations.count) % stations.count]
    }
}
