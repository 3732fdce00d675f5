import Basics
import Incidents
import Playbooks
import Testing

@testable import Safety

/// What may have changed between the proposal, the approval and the run.
@Suite("Ticket, configuration, caps")
struct PolicyGateTests {
    // MARK: ticket

    private func ticketed() -> Fixture {
        var fixture = Fixture()
        fixture.ticketIsOpen = nil
        return fixture
    }

    @Test func aStatementIsBelievedForAnHour() {
        var fixture = ticketed()
        #expect(fixture.verdict(.incident).outcome == .review)
        fixture.log(TicketStated(ticket: "OPS-1", isOpen: true))
        #expect(fixture.verdict(.incident).outcome == .pass)
        fixture.advance(.minutes(60))
        #expect(fixture.verdict(.incident).outcome == .pass)
        fixture.advance(.seconds(1))
        let verdict = fixture.verdict(.incident)
        #expect(verdict.outcome == .review && verdict.reason.contains("OPS-1"))
        // A clock that went back makes nothing young again.
        fixture.now.wall = fixture.now.wall - .hours(3)
        #expect(fixture.verdict(.incident).outcome == .review)
    }

    @Test func closedDoesNotGrowOld() {
        var fixture = ticketed()
        fixture.log(TicketStated(ticket: "OPS-1", isOpen: false))
        fixture.advance(.hours(5))
        let verdict = fixture.verdict(.incident)
        #expect(verdict.outcome == .review && verdict.reason == "the ticket is not open")
    }

    @Test(
        "N48: a ticket check that fails is no open ticket",
        arguments: ["exit 2", "timed out", "not started: ENOENT", "exit 1"])
    func aFailedCheckIsNoPass(_ outcome: String) {
        var fixture = ticketed()
        func check() -> CommandRan {
            CommandRan(
                purpose: .ticket, argv: ["/bin/ticket"], outcome: outcome, isOK: false, seconds: 1)
        }
        fixture.log(check())
        #expect(fixture.verdict(.incident).outcome == .review)
        fixture.log(TicketStated(ticket: "OPS-1", isOpen: true))
        #expect(fixture.verdict(.incident).outcome == .pass)
        fixture.log(check())
        let verdict = fixture.verdict(.incident)
        #expect(verdict.outcome == .review && verdict.reason.contains(outcome))
        fixture.approve(fixture.proposal())
        #expect(fixture.verdict(.incident, stage: .execution).outcome == .blocked)
    }

    @Test func aCheckThatSaysOpenAgainKeepsItYoung() {
        var fixture = ticketed()
        fixture.log(TicketStated(ticket: "OPS-1", isOpen: true))
        fixture.advance(.minutes(59))
        fixture.log(
            CommandRan(
                purpose: .ticket, argv: ["/bin/ticket"], outcome: "timed out", isOK: false,
                seconds: 30))
        fixture.log(
            CommandRan(
                purpose: .ticket, argv: ["/bin/ticket"], outcome: "ok", isOK: true, seconds: 1))
        fixture.advance(.minutes(59))
        #expect(fixture.verdict(.incident).outcome == .pass)
        // It opens nothing that a person saw closed.
        fixture.log(TicketStated(ticket: "OPS-1", isOpen: false))
        fixture.log(
            CommandRan(
                purpose: .ticket, argv: ["/bin/ticket"], outcome: "ok", isOK: true, seconds: 1))
        #expect(fixture.verdict(.incident).outcome == .review)
    }

    @Test("N53: a ticket closed between approval and run is refused, also after a review")
    func aTicketClosedMeanwhile() {
        var fixture = ticketed()
        fixture.log(TicketStated(ticket: "OPS-1", isOpen: true))
        var reviewed = ticketed()
        reviewed.approve(reviewed.proposal(), reviewed: [.incident], reason: "no ticket yet")
        #expect(reviewed.report(stage: .execution).mayProceed)
        fixture.approve(fixture.proposal())
        #expect(fixture.report(stage: .execution).mayProceed)
        for var closed in [fixture, reviewed] {
            closed.advance(.seconds(2))
            closed.log(TicketStated(ticket: "OPS-1", isOpen: false))
            let verdict = closed.verdict(.incident, stage: .execution)
            #expect(verdict.outcome == .blocked, "\(verdict)")
        }
    }

    // MARK: configuration

    @Test(
        "N52: another digest of the configuration than at the approval is refused",
        arguments: [
            ("aa", "ab", false), ("aa", "aa", true), ("aa", nil, false), (nil, "aa", false),
            (nil, nil, true), ("", "", false), ("aa", "", false), ("a\u{301}", "\u{E1}", false),
        ] as [(String?, String?, Bool)])
    func theDigestOfTheApprovalCounts(_ then: String?, _ now: String?, _ passes: Bool) {
        var fixture = Fixture()
        fixture.approve(fixture.proposal(), policy: then)
        fixture.policyDigest = now
        let verdict = fixture.verdict(.runbook, stage: .execution)
        #expect((verdict.outcome == .pass) == passes, "\(verdict)")
        #expect(fixture.report(stage: .execution).mayProceed == passes)
    }

    @Test(
        "N59: a configuration that changed, to garbage too, holds every action until acknowledged",
        arguments: ["", "warroom.yaml:1:1: expected a mapping", "a file of it cannot be read"])
    func aChangeHoldsEverything(_ problem: String) {
        var fixture = Fixture()
        fixture.log(ConfigurationChanged(digest: "d2", problem: problem), by: .automation)
        for stage in GateInput.Stage.allCases {
            let verdict = fixture.verdict(.runbook, stage: stage)
            #expect(verdict.outcome == .blocked && verdict.reason.contains(problem))
        }
        // What the registry says is not to be trusted meanwhile.
        #expect(fixture.verdict(.containment).reason.contains("another one now"))
        fixture.log(ConfigurationAcknowledged(digest: "d1", reason: "of something else"))
        #expect(fixture.verdict(.runbook).outcome == .blocked)
        fixture.log(ConfigurationAcknowledged(digest: "d2", reason: "a comment only"))
        #expect(fixture.verdict(.runbook).outcome == .pass)
        // The last good one goes on: nothing of it was dropped.
        #expect(fixture.report().mayProceed)
    }

    // MARK: caps

    @Test(arguments: zip(Severity.allCases, [1.0, 0.5, 0.25, 0.1]))
    func theCapRisesWithTheSeverity(_ severity: Severity, _ cap: Double) {
        #expect(SeverityPolicy.row(severity).shareMax == cap)
        func outcome(_ customers: Double?) -> GateVerdict.Outcome {
            var fixture = Fixture(severity: severity)
            fixture.action = Fixture.flag
            fixture.configuration.services["cart"]?.customers = customers
            return fixture.verdict(.limits, fixture.proposal(target: "cart")).outcome
        }
        #expect(outcome(cap) == .pass)
        #expect(outcome(0) == .pass)
        let unknown: GateVerdict.Outcome = cap == 1 ? .pass : .review
        #expect(outcome(nil) == unknown)
        #expect(outcome(.nan) == unknown)
        #expect(outcome(.infinity) == unknown)
        #expect(outcome(-1) == unknown)
        if cap < 1 { #expect(outcome(cap + 0.01) == .review) }
    }

    @Test("N57: more than the severity allows is said before anybody is asked")
    func theCapSaysItself() {
        var fixture = Fixture(severity: .sev3)
        fixture.action = Fixture.flag
        let verdict = fixture.verdict(.limits)
        #expect(verdict.outcome == .review)
        #expect(
            verdict.reason
                == "touches 1 of 4 services, ~31 % of customers; the cap at SEV3 is 25 %")
        fixture.isCommander = false
        #expect(fixture.verdict(.approval, stage: .approval).outcome == .blocked)
    }

    @Test func waysBackAndContainmentAreNotCapped() {
        var fixture = Fixture(severity: .sev4)
        #expect(fixture.verdict(.limits).outcome == .pass)
        fixture.action = Fixture.shed
        #expect(fixture.verdict(.limits).outcome == .pass)
        fixture.action = Fixture.flag
        let undo = fixture.proposal("M2", rollbackOf: "M1")
        fixture.attempt("A1", of: fixture.proposal("M1"), outcome: .succeeded)
        #expect(fixture.verdict(.limits, undo).outcome == .pass)
    }

    @Test func workByHandTouchesAServiceToo() {
        var fixture = Fixture(severity: .sev3)
        fixture.log(ActionManual(text: "restarted it", action: "restart", target: "cart"))
        #expect(fixture.verdict(.limits).outcome == .review)
    }

    // MARK: automation's limits

    @Test(
        "N57: after the row's failures only a person decides",
        arguments: [
            (Severity.sev1, 3), (.sev2, 2),
        ])
    func failuresEndAutomation(_ severity: Severity, _ most: Int) {
        var fixture = Fixture(severity: severity)
        fixture.action = Fixture.flag
        fixture.actor = .automation
        for number in 1...most {
            #expect(fixture.verdict(.limits, fixture.proposal("M9")).outcome == .pass)
            fixture.attempt("A\(number)", of: fixture.proposal("M\(number)"), outcome: .failed)
        }
        let verdict = fixture.verdict(.limits, fixture.proposal("M9"))
        #expect(verdict.outcome == .review && verdict.reason.contains("a person decides"))
        fixture.actor = Fixture.commander
        #expect(fixture.verdict(.limits, fixture.proposal("M9")).outcome == .pass)
    }

    @Test func anAnsweredEscalationGivesThreeMoreWhereTheRowHasNoLimit() {
        var fixture = Fixture(severity: .sev4)
        fixture.action = Fixture.flag
        for number in 1...3 {
            fixture.attempt(
                "A\(number)", of: fixture.proposal("M\(number)", target: "cart"),
                outcome: .succeeded, by: .automation)
        }
        fixture.actor = .automation
        let next = fixture.proposal("M9", target: "cart")
        #expect(fixture.verdict(.limits, next).outcome == .review)
        fixture.advance(.seconds(1))
        fixture.log(
            EscalationRaised(
                id: "E1", rung: "on-call", place: 0, person: "p", contact: "", reason: "r",
                acknowledgeWithin: 300))
        #expect(fixture.verdict(.limits, next).outcome == .review)
        fixture.log(EscalationAcknowledged(id: "E1", text: "here"))
        #expect(fixture.verdict(.limits, next).outcome == .pass)
    }

    // MARK: reach

    @Test func isolationThatWasUndoneIsNone() {
        var fixture = Fixture()
        fixture.action = Fixture.restart
        var shed = fixture
        shed.action = Fixture.shed
        fixture.attempt("A1", of: shed.proposal("M5"), outcome: .succeeded)
        #expect(fixture.verdict(.containment).outcome == .pass)
        fixture.attempt("A2", of: shed.proposal("M6", rollbackOf: "M5"), outcome: .succeeded)
        #expect(fixture.verdict(.containment).outcome == .review)
    }

    @Test func withoutAPlaybookTheTiersDecide() {
        var fixture = Fixture()
        fixture.playbooks = []
        fixture.action = Fixture.flag
        #expect(fixture.verdict(.progression).outcome == .pass)
        fixture.action = Fixture.restart
        #expect(fixture.verdict(.progression).outcome == .review)
        var flag = fixture
        flag.action = Fixture.flag
        fixture.attempt("A1", of: flag.proposal("M5"), outcome: .succeeded)
        #expect(fixture.verdict(.progression).outcome == .pass)
        // From contained straight to aggressive leaves one out.
        fixture.action = Fixture.rollback
        #expect(fixture.verdict(.progression).outcome == .review)
    }

    // MARK: what stands beside the steps

    @Test(arguments: [Double.nan, .infinity, -.infinity, 0, -1, 301])
    func aTimeOutOutOfRangeIsRefused(_ seconds: Double) {
        let fixture = Fixture()
        var proposal = fixture.proposal()
        proposal.timeout = seconds
        #expect(fixture.verdict(.input, proposal).outcome == .blocked)
    }

    @Test func capturesAndChecksMustBeTheCatalogues() {
        var fixture = Fixture()
        fixture.action.capture = [["/usr/bin/kubectl", "logs", "deployment/{service}"]]
        fixture.action.readyCheck = [["/bin/true"]]
        var proposal = fixture.proposal()
        #expect(fixture.verdict(.input, proposal).outcome == .blocked)
        proposal.capture = [["/usr/bin/kubectl", "logs", "deployment/checkout"]]
        proposal.readyCheck = [["/bin/true"]]
        #expect(fixture.verdict(.input, proposal).outcome == .blocked, "the digest is older")
        proposal.digest = digest(proposal, fixture)
        #expect(fixture.verdict(.input, proposal).outcome == .pass)
        proposal.capture?[0].append("--previous")
        proposal.digest = digest(proposal, fixture)
        #expect(fixture.verdict(.input, proposal).outcome == .blocked)
    }

    private func digest(_ proposal: MitigationProposed, _ fixture: Fixture) -> String {
        ActionDigest.hex(
            of: proposal, variables: fixture.action.environment, incident: fixture.incident.id)
    }

    private func redigested(_ proposal: MitigationProposed, _ fixture: Fixture)
        -> MitigationProposed
    {
        var changed = proposal
        changed.digest = ActionDigest.hex(
            of: changed, variables: [:], incident: fixture.incident.id)
        return changed
    }

    @Test func stagesGoFromEdgeToBackend() {
        var fixture = Fixture()
        fixture.configuration.services["web"]?.tier = .edge
        fixture.configuration.services["checkout"]?.tier = .backend
        fixture.action = Fixture.restart
        fixture.action.spans = ["checkout", "web"]
        var proposal = fixture.proposal()
        #expect(fixture.verdict(.input, proposal).outcome == .blocked, "no stages")
        func step(_ verb: String, _ service: String) -> [String] {
            ["/usr/bin/kubectl", "rollout", verb, "deployment/\(service)"]
        }
        proposal.steps = [step("restart", "web"), step("restart", "checkout")]
        proposal.rollbackSteps = [step("undo", "checkout"), step("undo", "web")]
        proposal.stages = [
            ActionStage(service: "web", steps: [0]), ActionStage(service: "checkout", steps: [1]),
        ]
        func judged(_ change: (inout MitigationProposed) -> Void) -> GateVerdict.Outcome {
            var changed = proposal
            change(&changed)
            return fixture.verdict(.input, redigested(changed, fixture)).outcome
        }
        #expect(judged { _ in } == .pass)
        var untiered = fixture
        untiered.configuration.services["web"]?.tier = nil
        #expect(untiered.verdict(.input, redigested(proposal, fixture)).outcome == .blocked)
        #expect(judged { $0.stages?.swapAt(0, 1) } == .blocked)
        #expect(judged { $0.stages?.removeLast() } == .blocked)
        #expect(judged { $0.stages?[1].steps = [] } == .blocked)
        #expect(judged { $0.stages?[1].steps = [0] } == .blocked)
        #expect(judged { $0.stages?[1].service = "cart" } == .blocked)
        #expect(judged { $0.steps.swapAt(0, 1) } == .blocked)
        #expect(
            judged {
                $0.steps.swapAt(0, 1)
                $0.stages = [
                    ActionStage(service: "checkout", steps: [0]),
                    ActionStage(service: "web", steps: [1]),
                ]
            } == .blocked, "backend first")
        #expect(fixture.verdict(.rollbackReady, proposal).outcome == .pass)
        proposal.rollbackSteps.removeLast()
        #expect(fixture.verdict(.rollbackReady, proposal).outcome == .blocked)
    }
}
