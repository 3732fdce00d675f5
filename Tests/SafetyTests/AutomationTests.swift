import Basics
import Incidents
import Playbooks
import Testing

@testable import Safety

/// The program may undo one armed action whose rule fired, once, and do nothing else.
@Suite("Automation")
struct AutomationTests {
    /// An armed flag action that ran and was judged worse, and its undo.
    private func fired(severity: Severity = .sev1) -> (Fixture, MitigationProposed) {
        var fixture = Fixture(severity: severity)
        fixture.action = Fixture.flag
        fixture.attempt("A1", of: fixture.proposal("M1"), outcome: .succeeded)
        fixture.log(
            RollbackArmed(proposal: "M1", baseline: [], errors: "e", requests: "r"),
            by: .automation)
        fixture.log(
            RollbackJudged(proposal: "M1", finding: .worse, detail: "10 points over"),
            by: .automation)
        fixture.actor = .automation
        fixture.isCommander = false
        fixture.rights = []
        return (fixture, fixture.proposal("M2", rollbackOf: "M1"))
    }

    private func approval(of proposal: MitigationProposed) -> MitigationApproved {
        MitigationApproved(
            proposal: proposal.id, digest: proposal.digest, approvalClass: proposal.approvalClass,
            reviewed: [], reviewReason: nil)
    }

    @Test func theArmedUndoPassesEveryStage() {
        var (fixture, undo) = fired()
        #expect(fixture.report(undo).mayProceed)
        fixture.log(undo, by: .automation)
        let report = fixture.report(undo, stage: .approval)
        #expect(report.mayProceed && report.needReview.isEmpty, "\(report)")
        fixture.log(approval(of: undo), by: .automation)
        let late = fixture.report(undo, stage: .execution)
        #expect(late.mayProceed && late.needReview.isEmpty, "\(late.blocked)")
        #expect(late.verdicts.first { $0.gate == .approval }?.reason.contains("10 points") == true)
    }

    struct Spoiled: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var spoil: @Sendable (inout Fixture) -> Void
        init(_ name: String, _ spoil: @escaping @Sendable (inout Fixture) -> Void) {
            testDescription = name
            self.spoil = spoil
        }
    }

    static let obstacles: [Spoiled] = [
        Spoiled("switched off") { $0.configuration.safety.allowsAutomaticRollback = false },
        Spoiled("disarmed") { $0.log(RollbackDisarmed(proposal: "M1", reason: "by hand")) },
        Spoiled("not worse any more") {
            $0.log(RollbackJudged(proposal: "M1", finding: .notWorse, detail: ""))
        },
        Spoiled("only a question") {
            $0.log(RollbackJudged(proposal: "M1", finding: .ask, detail: ""))
        },
        Spoiled("the breaker is open") { $0.log(BreakerOpened(reason: "two failed")) },
        Spoiled("the stop is on") { $0.log(StopSet(reason: "x", paths: [], unreached: [])) },
        Spoiled("the stop is latched") { $0.stop.isLatched = true },
        Spoiled("undone before") {
            let earlier = $0.proposal("M7", rollbackOf: "M1")
            $0.log(earlier)
            $0.log(
                MitigationApproved(
                    proposal: "M7", digest: earlier.digest, approvalClass: earlier.approvalClass,
                    reviewed: [], reviewReason: nil))
        },
        Spoiled("undone before, and it failed") {
            $0.attempt("A7", of: $0.proposal("M7", rollbackOf: "M1"), outcome: .failed)
        },
        Spoiled("the configuration changed") {
            $0.log(ConfigurationChanged(digest: "d", problem: ""))
        },
        Spoiled("an unknown outcome is open") {
            $0.attempt("A9", of: $0.proposal("M9"), outcome: .unknown)
        },
        Spoiled("something else runs") {
            $0.attempt("A9", of: $0.proposal("M9"), outcome: .running)
        },
        Spoiled("the ticket was closed") { $0.ticketIsOpen = false },
        Spoiled("the incident is resolved") {
            $0.log(IncidentResolved(unmet: [], overrideReason: nil))
        },
        Spoiled("its way back is destructive") {
            $0.action.rollbackSteps = [["/usr/bin/kubectl", "delete", "flag", "{flag}"]]
        },
    ]

    @Test(arguments: obstacles)
    func anyObstacleHoldsIt(_ obstacle: Spoiled) {
        var (fixture, undo) = fired()
        obstacle.spoil(&fixture)
        fixture.log(undo, by: .automation)
        #expect(!fixture.report(undo, stage: .approval).mayProceed)
        fixture.log(approval(of: undo), by: .automation)
        #expect(!fixture.report(undo, stage: .execution).mayProceed)
    }

    @Test func aSev3InProductionAsksAPerson() {
        var (fixture, undo) = fired(severity: .sev3)
        fixture.log(undo, by: .automation)
        #expect(!fixture.report(undo, stage: .approval).mayProceed)
        fixture.log(approval(of: undo), by: .automation)
        #expect(!fixture.report(undo, stage: .execution).mayProceed)
    }

    @Test func whatTheCommanderReviewedForTheActionHoldsForItsUndo() {
        var fixture = Fixture()
        fixture.action = Fixture.flag
        fixture.action.testedIn = []
        fixture.ticketIsOpen = nil
        fixture.approve(
            fixture.proposal("M1"), reviewed: [.incident, .tested], reason: "no time")
        fixture.log(
            ActionIntent(
                proposal: "M1", attempt: "A1", action: "disable-flag", target: "checkout",
                environment: .production, steps: [], digest: "", rollbackOf: nil, executables: []))
        fixture.log(ActionSucceeded(attempt: "A1", seconds: 1))
        fixture.log(RollbackArmed(proposal: "M1", baseline: [], errors: "e", requests: "r"))
        fixture.log(RollbackJudged(proposal: "M1", finding: .worse, detail: ""))
        fixture.actor = .automation
        fixture.isCommander = false
        let undo = fixture.proposal("M2", rollbackOf: "M1")
        fixture.log(undo, by: .automation)
        let report = fixture.report(undo, stage: .approval)
        #expect(report.mayProceed, "\(report.blocked)")
        // A person who undoes it gets no such gift.
        fixture.actor = Fixture.other
        #expect(fixture.verdict(.tested, undo, stage: .approval).outcome == .review)
    }

    @Test func aReviewOfItsOwnIsNothingForTheProgram() {
        var (fixture, undo) = fired()
        fixture.ticketIsOpen = nil
        fixture.log(undo, by: .automation)
        var approval = approval(of: undo)
        approval.reviewed = GateID.allCases.map(\.rawValue)
        approval.reviewReason = "the program says so"
        fixture.log(approval, by: .automation)
        fixture.isCommander = true
        #expect(!fixture.report(undo, stage: .execution).mayProceed)
    }

    @Test func nothingButAnUndoIsApprovedByTheProgram() {
        var (fixture, _) = fired()
        let forward = fixture.proposal("M5")
        fixture.log(forward, by: .automation)
        #expect(!fixture.report(forward, stage: .approval).mayProceed)
        fixture.log(approval(of: forward), by: .automation)
        #expect(!fixture.report(forward, stage: .execution).mayProceed)
    }

    @Test("N63: the undo of an undo is never the program's")
    func noUndoOfAnUndo() {
        var (fixture, undo) = fired()
        fixture.attempt("A2", of: undo, outcome: .succeeded)
        fixture.log(RollbackArmed(proposal: "M2", baseline: [], errors: "e", requests: "r"))
        fixture.log(RollbackJudged(proposal: "M2", finding: .worse, detail: ""))
        let again = fixture.proposal("M3", rollbackOf: "M2")
        fixture.log(again, by: .automation)
        #expect(!fixture.report(again, stage: .approval).mayProceed)
    }

    @Test func anApprovalByTheProgramIsNotRunForAPerson() {
        var (fixture, undo) = fired()
        fixture.log(undo, by: .automation)
        fixture.log(approval(of: undo), by: .automation)
        fixture.actor = Fixture.commander
        fixture.isCommander = true
        fixture.rights = Set(Person.Right.allCases)
        #expect(!fixture.report(undo, stage: .execution).mayProceed)
    }
}
