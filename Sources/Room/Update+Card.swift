import Basics
import Canvas
import Diagnosis
import Incidents
import Playbooks
import Safety

extension Model {
    mutating func openCard(_ id: String) -> [Effect] {
        guard let mitigation = incident.mitigation(id) else { return [] }
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
        overlay = .card(card(of: mitigation))
        return []
    }

    private func card(of mitigation: Mitigation) -> ApprovalCard {
        let proposal = mitigation.proposal
        let advice = planned.first {
            $0.advice.action == proposal.action && $0.advice.target == proposal.target
        }?.advice
        return ApprovalCard(
            proposal: proposal, gates: gates(for: proposal, stage: .approval),
            proposer: mitigation.proposer, secondPerson: missingSecondPerson(mitigation),
            expectedEffect: configuration.actions[proposal.action]?.verify ?? [],
            couldBreak: advice?.couldBreak ?? "", monitor: advice?.monitor ?? "",
            warning: restoredSuspect(proposal).map {
                "this re-deploys the suspected \($0). By hand, never automatic"
            }, openedAt: now.wall, hasObjections: !mitigation.objections.isEmpty)
    }

    mutating func card(_ old: ApprovalCard, _ key: Key) -> [Effect] {
        var card = old
        card.message = ""
        let isHeld = card.pace.isHeld(key, at: now.boot, speed: speed)
        switch key {
        case .tab: card.moveFocus(by: 1)
        case .backTab: card.moveFocus(by: -1)
        case .enter: return entered(card, isHeld: isHeld)
        case .character("Y") where !card.isTyping: return pressedY(card, isHeld: isHeld)
        case .character("P") where !card.isTyping: proceedEarly(&card)
        case .left where !card.isTyping: card.moveFocus(by: -1)
        case .right where !card.isTyping: card.moveFocus(by: 1)
        case .down where !card.isTyping, .character("j") where !card.isTyping: card.scroll += 1
        case .up where !card.isTyping, .character("k") where !card.isTyping:
            card.scroll = max(0, card.scroll - 1)
        case .pageDown: card.scroll += 10
        case .pageUp: card.scroll = max(0, card.scroll - 10)
        default: type(key, into: &card, isHeld: isHeld)
        }
        overlay = .card(card)
        return []
    }

    private func type(_ key: Key, into card: inout ApprovalCard, isHeld: Bool) {
        switch card.focus {
        case .reason:
            _ = card.reason.handle(key)
            card.message = card.reason.refusal ?? ""
        case .breakGlass:
            _ = card.breakGlass.handle(key)
            card.message = card.breakGlass.refusal ?? ""
        case .confirm:
            if case .character = key { card.pace.note(isHeld: isHeld, at: now.boot, speed: speed) }
            _ = card.confirm.handle(key)
            if card.confirm.text.isEmpty { card.pace.forget() }
            card.message =
                card.confirm.refusal
                ?? (card.pace.isTooFast ? Self.tooFast : "")
        case .cancel, .approve: break
        }
    }

    private static let tooFast =
        "the keys came faster than anybody types: Ctrl-U empties the field, type it by hand"

    /// Ends the window in which others may object; it approves nothing by itself.
    private func proceedEarly(_ card: inout ApprovalCard) {
        guard windowLeft(card) > .zero else {
            card.message = "nobody has to be waited for"
            return
        }
        card.proceedsEarly = true
    }

    private static let mayStillObject = "others may still object: wait, or P proceeds now"

    /// What the card says about the last key; nothing when its time is over.
    package func message(of card: ApprovalCard) -> String {
        card.message == Self.mayStillObject && windowLeft(card) == .zero ? "" : card.message
    }

    /// How long others may still object to what the open card shows.
    package func windowLeft(_ card: ApprovalCard) -> Duration {
        guard !card.proceedsEarly, let mitigation = incident.mitigation(card.proposal.id) else {
            return .zero
        }
        return objectionTimeLeft(mitigation)
    }

    private mutating func pressedY(_ old: ApprovalCard, isHeld: Bool) -> [Effect] {
        var card = old
        switch card.proposal.approvalClass {
        case .enter: card.message = "not production: move to Approve with Tab and press Enter"
        case .confirm: card.message = "this needs the typed text \"\(card.requiredText)\""
        case .yes where isHeld: card.message = Self.held
        case .yes: return approve(card)
        }
        overlay = .card(card)
        return []
    }

    private static let held = "a key that is held down approves nothing: press it once"

    private mutating func entered(_ old: ApprovalCard, isHeld: Bool) -> [Effect] {
        var card = old
        switch card.focus {
        case .cancel:
            overlay = nil
            say("nothing was approved; the proposal stays open")
            return []
        case .reason, .breakGlass, .confirm:
            card.moveFocus(by: 1)
        case .approve where isHeld: card.message = Self.held
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
        overlay = nil
        say("\(card.proposal.id) approved: writing the intent")
        return [.approve(approval(card))]
    }

    /// Who could object, and for how long, is written down by whoever journals it.
    private func approval(_ card: ApprovalCard) -> MitigationApproved {
        // The missing second person counts as a review as well: it is passed over by the IC.
        let reviewed = card.gates.needReview.map(\.gate.rawValue)
        let reason = card.reason.text.trimmingSpaces
        let breakGlass = card.needsBreakGlass ? card.breakGlass.text.trimmingSpaces : nil
        return MitigationApproved(
            proposal: card.proposal.id, digest: card.proposal.digest,
            approvalClass: card.proposal.approvalClass, reviewed: reviewed,
            reviewReason: reviewed.isEmpty ? nil : reason.isEmpty ? breakGlass : reason,
            breakGlass: breakGlass, proceededEarly: card.proceedsEarly ? true : nil)
    }

    private func obstacle(_ card: ApprovalCard) -> String? {
        if let reason = card.revoked { return "no longer allowed: \(reason)" }
        if !canWrite { return "this room cannot write its journal, so nothing can be run" }
        guard let mitigation = incident.mitigation(card.proposal.id), mitigation.state == .proposed
        else { return "the proposal is no longer open" }
        return gateObstacle(card) ?? peopleObstacle(card) ?? typingObstacle(card)
    }

    private func gateObstacle(_ card: ApprovalCard) -> String? {
        let fresh = gates(for: card.proposal, stage: .approval)
        if let blocked = fresh.blocked.first {
            return "\(blocked.gate.rawValue): \(blocked.reason)"
        }
        if let objection = card.objection { return "\(objection). Close it and look again" }
        let shown = Set(card.gates.needReview.map(\.gate))
        if let new = fresh.needReview.first(where: { !shown.contains($0.gate) }) {
            return "\(new.gate.rawValue) changed since this card opened: \(new.reason). "
                + "Close it and look again"
        }
        return nil
    }

    private func peopleObstacle(_ card: ApprovalCard) -> String? {
        let commander = incident.commander ?? "nobody is IC"
        if windowLeft(card) > .zero {
            return Self.mayStillObject
        }
        if card.needsReason {
            if !isCommander { return "a review needs the IC (\(commander))" }
            if !ApprovalPolicy.isReason(card.reason.text) {
                return "type the reason for the review first (Tab)"
            }
        }
        if card.needsBreakGlass {
            if !isCommander { return "break-glass needs the IC (\(commander))" }
            if !ApprovalPolicy.isReason(card.breakGlass.text) {
                return "two persons: another user runs warroom approve \(card.proposal.id), "
                    + "or Tab: why alone"
            }
        }
        return nil
    }

    private func typingObstacle(_ card: ApprovalCard) -> String? {
        guard card.needsTyping else { return nil }
        if card.confirm.wasPasted { return "pasted text confirms nothing: type it" }
        if card.pace.isTooFast { return Self.tooFast }
        if !ApprovalPolicy.accepts(typed: card.confirm.text, target: card.proposal.target) {
            return "type exactly \"\(card.requiredText)\""
        }
        return nil
    }

    /// Somebody objected while the card was open: it says so and asks for a second look.
    mutating func noteObjection(_ event: Event) {
        guard let objected = event.payload as? MitigationObjected,
            case .card(var card) = overlay, NameRule.same(card.proposal.id, objected.proposal)
        else { return }
        card.objection = "\(event.actor.name) objects: \(objected.reason)"
        overlay = .card(card)
    }
}
