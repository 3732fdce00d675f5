import Basics
import Canvas
import Diagnosis
import Incidents
import Playbooks
import Safety

extension Model {
    mutating func openCard(_ id: String) -> [Effect] {
        guard let mitigation = incident.mitigation(id) else { return [] }
        let proposal = mitigation.proposal
        // It comes some time after the key: it must not take the keys meant for what is open now.
        guard overlay == nil || isShowingCard(id) else {
            say("\(id) is proposed: press 3, then a, for its card")
            return []
        }
        guard mitigation.state == .proposed else {
            say("\(id) is \(mitigation.state.rawValue)", isError: true)
            return []
        }
        if isShowingCard(id) { return [] }
        let action = configuration.actions[proposal.action]
        let advice = planned.first {
            $0.advice.action == proposal.action && $0.advice.target == proposal.target
        }?.advice
        let restores = proposal.rollbackOf != nil && action?.isRollback == true
        overlay = .card(
            ApprovalCard(
                proposal: proposal, gates: gates(for: proposal, stage: .approval),
                expectedEffect: action?.verify ?? [], couldBreak: advice?.couldBreak ?? "",
                monitor: advice?.monitor ?? "",
                warning: restores
                    ? "this re-deploys the suspected "
                        + (proposal.slots["revision"] ?? proposal.slots["version"] ?? "version")
                    : nil,
                openedAt: now.wall))
        return []
    }

    mutating func card(_ old: ApprovalCard, _ key: Key) -> [Effect] {
        var card = old
        card.message = ""
        switch key {
        case .tab: card.moveFocus(by: 1)
        case .backTab: card.moveFocus(by: -1)
        case .enter: return entered(card)
        case .character("Y") where !card.isTyping:
            if card.proposal.approvalClass == .yes { return approve(card) }
            card.message = refusalOfY(card)
        case .left where !card.isTyping: card.moveFocus(by: -1)
        case .right where !card.isTyping: card.moveFocus(by: 1)
        case .down where !card.isTyping, .character("j") where !card.isTyping: card.scroll += 1
        case .up where !card.isTyping, .character("k") where !card.isTyping:
            card.scroll = max(0, card.scroll - 1)
        case .pageDown: card.scroll += 10
        case .pageUp: card.scroll = max(0, card.scroll - 10)
        default:
            if card.focus == .reason { _ = card.reason.handle(key) }
            if card.focus == .confirm { _ = card.confirm.handle(key) }
            card.message = card.reason.refusal ?? card.confirm.refusal ?? ""
        }
        overlay = .card(card)
        return []
    }

    private func refusalOfY(_ card: ApprovalCard) -> String {
        switch card.proposal.approvalClass {
        case .enter: "not production: move to Approve with Tab and press Enter"
        case .confirm: "this needs the typed text \"\(card.requiredText)\""
        case .yes: ""
        }
    }

    private mutating func entered(_ card: ApprovalCard) -> [Effect] {
        var card = card
        switch card.focus {
        case .cancel:
            overlay = nil
            say("nothing was approved; the proposal stays open")
            return []
        case .reason, .confirm:
            card.moveFocus(by: 1)
        case .approve:
            switch card.proposal.approvalClass {
            case .enter, .confirm: return approve(card)
            case .yes: card.message = "production: Enter never approves, press Y (capital)"
            }
        }
        overlay = .card(card)
        return []
    }

    /// The last look before the journal: everything that can refuse, refuses here with a sentence.
    private mutating func approve(_ old: ApprovalCard) -> [Effect] {
        var card = old
        card.message = obstacle(card) ?? ""
        guard card.message.isEmpty else {
            overlay = .card(card)
            return []
        }
        let reviewed = card.gates.needReview.map(\.gate.rawValue)
        overlay = nil
        say("\(card.proposal.id) approved: writing the intent")
        return [
            .approve(
                MitigationApproved(
                    proposal: card.proposal.id, digest: card.proposal.digest,
                    approvalClass: card.proposal.approvalClass, reviewed: reviewed,
                    reviewReason: reviewed.isEmpty ? nil : card.reason.text.trimmingSpaces))
        ]
    }

    private func obstacle(_ card: ApprovalCard) -> String? {
        if let reason = card.revoked { return "no longer allowed: \(reason)" }
        if !canWrite { return "this room cannot write its journal, so nothing can be run" }
        guard let mitigation = incident.mitigation(card.proposal.id), mitigation.state == .proposed
        else { return "the proposal is no longer open" }
        let fresh = gates(for: card.proposal, stage: .approval)
        if let blocked = fresh.blocked.first {
            return "\(blocked.gate.rawValue): \(blocked.reason)"
        }
        let shown = Set(card.gates.needReview.map(\.gate))
        if let new = fresh.needReview.first(where: { !shown.contains($0.gate) }) {
            return "\(new.gate.rawValue) changed since this card opened: \(new.reason). "
                + "Close it and look again"
        }
        if card.needsReason {
            if !isCommander {
                return "a review needs the IC (\(incident.commander ?? "nobody is IC"))"
            }
            if card.reason.text.trimmingSpaces.isEmpty {
                return "type the reason for the review first (Tab)"
            }
        }
        if card.needsTyping {
            if card.confirm.wasPasted { return "pasted text confirms nothing: type it" }
            if !ApprovalPolicy.accepts(typed: card.confirm.text, target: card.proposal.target) {
                return "type exactly \"\(card.requiredText)\""
            }
        }
        return nil
    }
}
