import Basics
import Incidents
import Playbooks
import Testing

@testable import Safety

@Suite("Approval")
struct ApprovalTests {
    @Test func withoutApprovalNothingRuns() {
        var fixture = Fixture()
        fixture.log(fixture.proposal())
        #expect(fixture.verdict(.approval, stage: .execution).outcome == .blocked)
    }

    @Test("N51: it lasts five minutes of the boot clock")
    func itLastsFiveMinutesOfTheBootClock() {
        var fixture = Fixture()
        fixture.approve(fixture.proposal())
        fixture.advance(.minutes(5))
        #expect(fixture.verdict(.approval, stage: .execution).outcome == .pass)
        fixture.now.wall = fixture.now.wall - .hours(1)
        fixture.now.boot = fixture.now.boot + .milliseconds(1)
        #expect(fixture.verdict(.approval, stage: .execution).outcome == .blocked)
    }

    @Test func aWallClockThatJumpsDoesNotEndIt() {
        var fixture = Fixture()
        fixture.approve(fixture.proposal())
        fixture.now.wall = fixture.now.wall + .hours(24)
        #expect(fixture.verdict(.approval, stage: .execution).outcome == .pass)
    }

    @Test(
        "N51: a restart ends it",
        arguments: ["99999999-2222-4333-8444-555555555555", "unknown", ""])
    func aRestartEndsIt(_ bootID: String) {
        var fixture = Fixture()
        fixture.approve(fixture.proposal())
        fixture.bootID = bootID
        #expect(fixture.verdict(.approval, stage: .execution).outcome == .blocked)
    }

    @Test func itIsUsedOnce() {
        var fixture = Fixture()
        let proposal = fixture.proposal()
        fixture.attempt("A1", of: proposal, outcome: .succeeded)
        #expect(fixture.verdict(.approval, proposal, stage: .execution).outcome == .blocked)
    }

    @Test("N51: an approval for one thing is none for another")
    func itCannotBeReplayed() {
        var fixture = Fixture()
        fixture.approve(fixture.proposal())
        for other in [
            fixture.proposal(slots: ["service": "checkout", "revision": "4f2a91c"]),
            fixture.proposal(target: "web", slots: ["service": "web", "revision": "9c1e07b"]),
            fixture.proposal("M2"),
        ] {
            #expect(fixture.verdict(.approval, other, stage: .execution).outcome == .blocked)
        }
        var foreign = fixture.proposal()
        foreign.environment = .staging
        #expect(!fixture.report(foreign, stage: .execution).mayProceed)
    }

    @Test func anApprovalWithAnotherDigestIsNone() {
        var fixture = Fixture()
        let proposal = fixture.proposal()
        fixture.log(proposal)
        fixture.log(
            MitigationApproved(
                proposal: "M1", digest: "x", approvalClass: .yes, reviewed: [],
                reviewReason: nil))
        #expect(fixture.verdict(.approval, proposal, stage: .execution).outcome == .blocked)
    }

    @Test func onlyAPersonApproves() {
        var fixture = Fixture()
        fixture.actor = .automation
        #expect(fixture.verdict(.approval, stage: .approval).outcome == .blocked)
        fixture.approve(fixture.proposal(), by: .automation)
        #expect(fixture.verdict(.approval, stage: .execution).outcome == .blocked)
    }

    @Test func runningForAnotherPersonIsRefused() {
        var fixture = Fixture()
        fixture.approve(fixture.proposal())
        fixture.actor = Fixture.other
        #expect(fixture.verdict(.approval, stage: .execution).outcome == .blocked)
    }

    @Test func lessThanItAsksForIsRefused() {
        var fixture = Fixture()
        var proposal = fixture.proposal()
        proposal.approvalClass = .enter
        #expect(fixture.verdict(.approval, proposal).outcome == .blocked)
        proposal = fixture.proposal()
        fixture.log(proposal)
        fixture.log(
            MitigationApproved(
                proposal: "M1", digest: proposal.digest, approvalClass: .enter, reviewed: [],
                reviewReason: nil))
        #expect(fixture.verdict(.approval, proposal, stage: .execution).outcome == .blocked)
    }

    @Test func reviewsAreTheCommandersAlone() {
        var fixture = Fixture()
        fixture.action.testedIn = []
        #expect(fixture.verdict(.approval, stage: .approval).outcome == .pass)
        fixture.isCommander = false
        #expect(fixture.verdict(.approval, stage: .approval).outcome == .blocked)
    }

    @Test func anObjectionAsksForAReview() {
        var fixture = Fixture()
        let proposal = fixture.proposal()
        fixture.log(proposal)
        fixture.log(MitigationObjected(proposal: "M1", reason: "the canary is healthy"))
        let verdict = fixture.verdict(.approval, proposal, stage: .approval)
        #expect(verdict.outcome == .review && verdict.reason.contains("canary"))
    }

    @Test func deniedAndExpiredProposalsStayClosed() {
        var fixture = Fixture()
        let proposal = fixture.proposal()
        fixture.log(proposal)
        fixture.log(MitigationDenied(proposal: "M1", reason: "no"))
        #expect(fixture.verdict(.approval, proposal, stage: .approval).outcome == .blocked)
    }

    // MARK: classes and typed confirmation

    @Test(arguments: DeploymentEnvironment.allCases)
    func classesFollowActionAndEnvironment(_ environment: DeploymentEnvironment) {
        func of(_ action: CatalogueAction) -> ApprovalClass {
            ApprovalPolicy.approvalClass(action: action, environment: environment)
        }
        #expect(of(Fixture.flag) == (environment == .production ? .yes : .enter))
        #expect(of(Fixture.rollback) == (environment == .production ? .yes : .enter))
        #expect(of(Fixture.drop) == .confirm)
        var undefined = Fixture.rollback
        undefined.inverse = nil
        #expect(of(undefined) == .confirm)
    }

    @Test(
        "N06: only the exact bytes confirm",
        arguments: [
            "CONFIRM checkout ", " CONFIRM checkout", "CONFIRM  checkout", "confirm checkout",
            "Confirm checkout", "CONFIRM", "CONFIRM checkouT", "CONFIRM\u{200B} checkout",
            "CONFIRM\u{A0}checkout", "CONFIRM chec\u{212A}out", "CONFIRM checkout\n", "",
            "C\u{4F}\u{30A}NFIRM checkout", "CONFIRM \u{441}heckout",
        ])
    func onlyTheExactBytesConfirm(_ typed: String) {
        #expect(!ApprovalPolicy.accepts(typed: typed, target: "checkout"))
    }

    @Test func theExactTextConfirms() {
        #expect(ApprovalPolicy.accepts(typed: "CONFIRM checkout", target: "checkout"))
        #expect(!ApprovalPolicy.accepts(typed: "CONFIRM k", target: "\u{212A}"))
        #expect(!ApprovalPolicy.accepts(typed: "CONFIRM ", target: ""))
    }
}
