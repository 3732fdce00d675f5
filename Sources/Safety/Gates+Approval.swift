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
        case .proposal:
            return GateVerdict(.approval, .atRun, "waits for a person", remedy: wayToApprove)
        case .approval: return approvalNow(openReviews)
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
            action: action, environment: proposal.environment)
        guard ApprovalPolicy.suffices(proposal.approvalClass, for: needed) else {
            return refused("it asks for less than such an action needs", "propose it again")
        }
        return nil
    }

    private func approvalNow(_ openReviews: [GateID]) -> GateVerdict {
        guard given.actor.isPerson else {
            return refused("only a person approves", "a person approves it")
        }
        if let record {
            guard isRecorded(record) else {
                return refused("it is not what was recorded as \(proposal.id)", "propose it again")
            }
            guard record.state == .proposed else {
                return refused(
                    "\(proposal.id) is already \(record.state.rawValue)", "propose it again")
            }
        }
        if !openReviews.isEmpty, !given.isCommander {
            let names = openReviews.map(\.rawValue).joined(separator: ", ")
            return refused("only the IC may pass over: \(names)", "ask the IC to approve it")
        }
        if let review = objectionReview() ?? secondPersonReview() {
            return given.isCommander ? review : refused(review.reason, review.remedy)
        }
        return GateVerdict(.approval, .pass, "\(given.actor.name) may approve: \(wayToApprove)")
    }

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
        guard approver.isPerson, approver.uid == given.actor.uid else {
            return refused("the approval is not by the person it is run for", "approve it again")
        }
        guard ApprovalPolicy.suffices(approval.approvalClass, for: proposal.approvalClass) else {
            return refused("it was approved with less than it asks for", "approve it again")
        }
        return ageDefect(record) ?? objectionReview() ?? secondPersonReview()
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

    private func objectionReview() -> GateVerdict? {
        guard let objections = record?.objections, !objections.isEmpty else { return nil }
        return GateVerdict(
            .approval, .review, "there are objections: \(objections.joined(separator: "; "))",
            remedy: "settle them, or the IC says why it runs all the same")
    }

    /// CONFIRM asks for two persons; going alone (break-glass) takes the IC and a reason.
    private func secondPersonReview() -> GateVerdict? {
        guard proposal.approvalClass == .confirm else { return nil }
        if let proposer = record?.proposer, proposer.isPerson, proposer.uid != given.actor.uid {
            return nil
        }
        return GateVerdict(
            .approval, .review, "it needs two persons: one proposes, another approves",
            remedy: "somebody else approves, or break-glass by the IC with a reason")
    }

    private func refused(_ reason: String, _ remedy: String) -> GateVerdict {
        GateVerdict(.approval, .blocked, reason, remedy: remedy)
    }
}
