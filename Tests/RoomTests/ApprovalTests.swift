import Basics
import Canvas
import Diagnosis
import Incidents
import Playbooks
import Room
import Safety
import Testing

@Suite struct ApprovalTests {
    private func opened(
        _ action: CatalogueAction, in environment: DeploymentEnvironment = .production,
        actor: Actor = RoomProbe.commander
    ) -> RoomProbe {
        var probe = RoomProbe(environment: environment, actor: actor)
        probe.observe(probe.observation(errorRatio: 0.07))
        probe.openCard(action)
        _ = probe.takeEffects()
        return probe
    }

    // MARK: Production

    @Test func enterNeverApprovesProduction() throws {
        var probe = opened(RoomProbe.flag)
        let card = try #require(probe.card)
        #expect(card.gates.mayProceed, "\(card.gates.blocked)")
        #expect(card.focus == .cancel)
        probe.press(.tab, .enter)
        #expect(probe.takeApproval() == nil)
        #expect(probe.card?.message == "production: Enter never approves, press Y (capital)")
    }

    @Test func enterOnCancelApprovesNothing() {
        var probe = opened(RoomProbe.flag)
        probe.press(.enter)
        #expect(probe.card == nil)
        #expect(probe.takeApproval() == nil)
        #expect(probe.model.incident.mitigation("M1")?.state == .proposed)
    }

    @Test func capitalYApprovesProduction() throws {
        var probe = opened(RoomProbe.flag)
        let digest = try #require(probe.card).proposal.digest
        probe.press(.character("y"))
        #expect(probe.takeApproval() == nil)
        probe.press(.character("Y"))
        let taken = probe.takeApproval()
        let approval = try #require(taken)
        #expect(approval.proposal == "M1")
        #expect(approval.digest == digest)
        #expect(approval.reviewed.isEmpty)
        #expect(probe.card == nil)
    }

    @Test func pastedYApprovesNothing() {
        var probe = opened(RoomProbe.flag)
        probe.press(.paste("Y"))
        #expect(probe.takeApproval() == nil)
    }

    // MARK: Elsewhere

    @Test func enterOnTheButtonApprovesNonProduction() throws {
        var probe = opened(RoomProbe.flag, in: .staging)
        probe.press(.character("Y"))
        #expect(probe.takeApproval() == nil)
        probe.press(.tab)
        #expect(probe.card?.focus == .approve)
        probe.press(.enter)
        #expect(probe.takeApproval()?.approvalClass == .enter)
    }

    // MARK: Confirm

    private func confirming(_ text: String, pasted: Bool = false) -> RoomProbe {
        var probe = opened(RoomProbe.drop)
        probe.tab(to: .confirm)
        if pasted { probe.press(.paste(text)) } else { probe.type(text) }
        probe.press(.enter)
        _ = probe.takeEffects()
        probe.wait(.milliseconds(300))
        probe.press(.enter)
        return probe
    }

    @Test func confirmTypedExactlyApproves() {
        var probe = confirming("CONFIRM checkout")
        #expect(
            probe.takeApproval()?.approvalClass == .confirm, "\(String(describing: probe.card))")
    }

    @Test(arguments: ["", "confirm checkout", "CONFIRM", "CONFIRM checkout ", "CONFIRM cart"])
    func confirmTypedOtherwiseDoesNot(_ text: String) {
        var probe = confirming(text)
        #expect(probe.takeApproval() == nil)
        #expect(probe.card?.message == "type exactly \"CONFIRM checkout\"")
    }

    @Test func pastedConfirmIsRefused() {
        var probe = confirming("CONFIRM checkout", pasted: true)
        #expect(probe.takeApproval() == nil)
        #expect(probe.card?.message == "pasted text confirms nothing: type it")
    }

    // MARK: Review

    @Test func aReviewNeedsItsReason() throws {
        var probe = opened(RoomProbe.untested)
        #expect(probe.card?.gates.needReview.map(\.gate).contains(.tested) == true)
        probe.press(.character("Y"))
        #expect(probe.takeApproval() == nil)
        #expect(probe.card?.message == "type the reason for the review first (Tab)")
        probe.press(.tab)
        probe.type("Yes, tried last week")
        #expect(probe.card?.reason.text == "Yes, tried last week")
        probe.press(.tab, .character("Y"))
        let taken = probe.takeApproval()
        let approval = try #require(taken)
        #expect(approval.reviewReason == "Yes, tried last week")
        #expect(approval.reviewed.contains("tested"))
    }

    @Test func onlyTheCommanderReviews() {
        var probe = opened(RoomProbe.untested, actor: Actor(uid: 1001, name: "ops2"))
        probe.press(.tab)
        probe.type("reason")
        probe.press(.tab, .character("Y"))
        #expect(probe.takeApproval() == nil)
        #expect(probe.card?.message.isEmpty == false)
    }

    // MARK: No longer allowed

    @Test func theEmergencyStopRevokesTheCard() {
        var probe = opened(RoomProbe.flag)
        probe.send(.stopFiles([RoomProbe.present]))
        #expect(probe.card?.revoked?.contains("emergency stop") == true)
        probe.press(.character("Y"))
        #expect(probe.takeApproval() == nil)
        #expect(probe.model.incident.stop != nil)
        probe.send(.stopFiles([RoomProbe.absent]))
        #expect(probe.model.stop.isOn)
        probe.press(.character("Y"))
        #expect(probe.takeApproval() == nil)
    }

    @Test func anApprovedProposalIsNotApprovedAgain() {
        var probe = opened(RoomProbe.flag)
        probe.record(
            MitigationDenied(proposal: "M1", reason: "somebody else refused it"))
        probe.press(.character("Y"))
        #expect(probe.takeApproval() == nil)
        #expect(probe.card?.message == "no longer allowed: the proposal is denied")
    }

    @Test func theCardIsASnapshot() throws {
        var probe = opened(RoomProbe.flag)
        let before = try #require(probe.card)
        probe.observe(probe.observation(errorRatio: 0.5))
        let after = try #require(probe.card)
        #expect(after.proposal == before.proposal)
        #expect(after.gates == before.gates)
        #expect(after.openedAt == before.openedAt)
        #expect(after.revoked == nil)
    }

    @Test func aLostJournalRunsNothing() {
        var probe = opened(RoomProbe.flag)
        probe.send(.journalLost(Failure("journal.lost", "Journal not writable", why: "ENOSPC")))
        probe.press(.character("Y"))
        #expect(probe.takeApproval() == nil)
        #expect(probe.card?.message.contains("cannot write its journal") == true)
    }

    // MARK: Time

    @Test func proposalsExpireButNotUnderAnOpenCard() {
        var probe = opened(RoomProbe.flag)
        probe.advance(.seconds(16 * 60))
        #expect(probe.takeJournalled(MitigationExpired.self).isEmpty)
        probe.run(.back)
        probe.advance(.seconds(1))
        #expect(probe.takeJournalled(MitigationExpired.self).map(\.proposal) == ["M1"])
        #expect(probe.model.incident.mitigation("M1")?.state == .expired)
        probe.advance(.seconds(1))
        #expect(probe.takeJournalled(MitigationExpired.self).isEmpty)
    }

    @Test func refusingAsksForTheReason() {
        var probe = opened(RoomProbe.flag)
        probe.run(.back)
        probe.run(.refuse)
        probe.press(.enter)
        #expect(probe.model.overlay != nil)
        probe.type("too risky")
        probe.press(.enter)
        #expect(probe.takeJournalled(MitigationDenied.self).map(\.reason) == ["too risky"])
    }
}
