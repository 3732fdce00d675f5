import Basics
import Incidents
import Playbooks

// Gate 11: who said yes, to exactly what, and when?
extension GateJudge {
    /// How long an approval may wait for its execution, on the boot-time clock.
    static let approvalValid: Duration = .minutes(5)

    func approval(openReviews: [GateID]) -> GateVerdict {
        if let defect = classDefect() { return defect }
        switch given.stage {
        case .proposal: return proposalNow()
        case .approval:
            return given.actor.isPerson ? approvalNow(openReviews) : automationNow(openReviews)
        case .execution: return approvalAtRun()
        }
    }

    private var wayToApprove: String {
        switch proposal.approvalClass {
        case .enter: "Enter on the approve button"
        case .yes: "Y"
        case .confirm: "type \(ApprovalPolicy.confirmation(for: proposal.target))"
        }
    }

    private func classDefect() -> GateVerdict? {
        guard let action = given.action else {
            return refused("an unknown action cannot be approved", "add it under `actions:`")
        }
        let needed = ApprovalPolicy.approvalClass(
            action: action, environment: proposal.environment, steps: proposal.steps,
            isUndo: isUndo)
        guard ApprovalPolicy.suffices(proposal.approvalClass, for: needed) else {
            return refused("it asks for less than such an action needs", "propose it again")
        }
        return nil
    }

    /// Nobody is asked yet; but where nobody may approve, that is said at once.
    private func proposalNow() -> GateVerdict {
        let people = given.configuration.safety.people
        if let people,
            !people.values.contains(where: { !$0.isAgent && $0.rights.contains(.approve) })
        {
            return refused(
                "nobody may approve here: `people:` gives nobody that right",
                "give somebody `may: [approve]` under `people:`")
        }
        return GateVerdict(.approval, .atRun, "waits for a person", remedy: wayToApprove)
    }

    // MARK: At the approval

    private func approvalNow(_ openReviews: [GateID]) -> GateVerdict {
        if let defect = rightDefect() ?? recordDefect() { return defect }
        if !openReviews.isEmpty, !given.isCommander {
            let names = openReviews.map(\.rawValue).joined(separator: ", ")
            return refused("only the IC may pass over: \(names)", "ask the IC to approve it")
        }
        let alone = aloneReason()
        if let alone, !given.isCommander || !ApprovalPolicy.isReason(given.breakGlass) {
            let remedy = "somebody else approves, or the IC breaks the glass with a reason"
            return given.isCommander
                ? GateVerdict(.approval, .review, alone, remedy: remedy) : refused(alone, remedy)
        }
        if let review = objectionReview() {
            return given.isCommander ? review : refused(review.reason, review.remedy)
        }
        let glass = alone == nil ? "" : "BREAK-GLASS, alone: "
        return GateVerdict(
            .approval, .pass, "\(glass)\(given.actor.name) may approve: \(wayToApprove)")
    }

    private func rightDefect() -> GateVerdict? {
        guard given.actor.isPerson else {
            return refused("only a person approves", "a person approves it")
        }
        let people = given.configuration.safety.people ?? [:]
        let isAgent = people.values.contains {
            $0.isAgent && NameRule.same($0.user, given.actor.name)
        }
        if isAgent {
            return refused("\(given.actor.name) is an agent: it never approves", "a person does")
        }
        guard given.rights.contains(.approve) else {
            return refused(
                "\(given.actor.name) has no right to approve here",
                "somebody who has it approves; `people:` gives the right `approve`")
        }
        return nil
    }

    func recordDefect() -> GateVerdict? {
        guard let record else { return nil }
        guard isRecorded(record) else {
            return refused("it is not what was recorded as \(proposal.id)", "propose it again")
        }
        guard record.state == .proposed else {
            return refused(
                "\(proposal.id) is already \(record.state.rawValue)", "propose it again")
        }
        return nil
    }

    private func objectionReview() -> GateVerdict? {
        guard let objections = record?.objections, !objections.isEmpty else { return nil }
        return GateVerdict(
            .approval, .review, "there are objections: \(objections.joined(separator: "; "))",
            remedy: "settle them, or the IC says why it runs all the same")
    }

    /// Why one person is not enough, when only one took part.
    private func aloneReason() -> String? {
        let settings = given.configuration.safety
        guard let action = given.action,
            let reason = ApprovalPolicy.twoPersonReason(
                action: action, proposal: proposal, settings: settings),
            !ApprovalPolicy.areTwoPersons(
                proposer: record?.proposer, approver: given.actor, settings: settings)
        else { return nil }
        return "it needs two persons (\(reason)): one proposes, another approves"
    }

    // MARK: At the run

    private func approvalAtRun() -> GateVerdict {
        guard let record, let approval = record.approval, let approver = record.approver else {
            return refused("it was not approved", "approve it")
        }
        guard isRecorded(record),
            NameRule.same(approval.proposal, proposal.id),
            NameRule.same(approval.digest, proposal.digest)
        else { return refused("the approval is for something else", "approve it again") }
        guard record.state == .approved, record.attempts.isEmpty else {
            return refused(
                "the approval has been used (\(record.state.rawValue))", "propose it again")
        }
        guard approver.uid == given.actor.uid else {
            return refused("the approval is not by the person it is run for", "approve it again")
        }
        guard ApprovalPolicy.suffices(approval.approvalClass, for: proposal.approvalClass) else {
            return refused("it was approved with less than it asks for", "approve it again")
        }
        if let defect = ageDefect(record) { return defect }
        guard approver.isPerson else { return automationAtRun() }
        return personAtRun(record, approval, approver)
    }

    private func personAtRun(
        _ record: Mitigation, _ approval: MitigationApproved, _ approver: Actor
    ) -> GateVerdict {
        if let defect = rightDefect() { return defect }
        guard record.objections.count <= record.objectionsAtApproval ?? 0 else {
            return refused(
                "somebody objected after the approval: \(record.objections.last ?? "")",
                "look at the objection and approve it again")
        }
        if let alone = aloneReason() {
            guard given.isCommander, ApprovalPolicy.isReason(approval.breakGlass) else {
                return refused(
                    alone, "somebody else approves, or the IC breaks the glass with a reason")
            }
            return objectionReview()
                ?? GateVerdict(
                    .approval, .pass,
                    "BREAK-GLASS by \(approver.name) alone: \(approval.breakGlass ?? "")")
        }
        return objectionReview()
            ?? GateVerdict(.approval, .pass, "approved by \(approver.name)")
    }

    /// Whether the record holds this very proposal, byte for byte where it runs.
    private func isRecorded(_ record: Mitigation) -> Bool {
        record.proposal == proposal && ArgvTemplate.same(record.proposal.steps, proposal.steps)
            && NameRule.same(record.proposal.digest, proposal.digest)
    }

    private func ageDefect(_ record: Mitigation) -> GateVerdict? {
        guard let boot = record.approvedBoot, let bootID = record.approvedBootID,
            TimeWindow.isSameBoot(bootID, given.bootID), given.now.boot >= boot
        else { return refused("it was approved before a restart", "approve it again") }
        guard given.now.boot - boot <= Self.approvalValid else {
            return refused("the approval is older than 5 min", "approve it again")
        }
        return nil
    }

    func refused(_ reason: String, _ remedy: String) -> GateVerdict {
        GateVerdict(.approval, .blocked, reason, remedy: remedy)
    }
}
