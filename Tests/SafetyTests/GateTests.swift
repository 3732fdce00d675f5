import Basics
import Incidents
import Playbooks
import Testing

@testable import Safety

@Suite("Gates")
struct GateTests {
    @Test func aGoodRollbackPassesAllTwelve() {
        var fixture = Fixture()
        let proposal = fixture.proposal()
        let early = fixture.report(proposal)
        #expect(early.verdicts.map(\.gate) == GateID.allCases)
        #expect(early.blocked.isEmpty && early.needReview.isEmpty, "\(early)")
        #expect(fixture.report(proposal, stage: .approval).passing == 11)
        fixture.approve(proposal)
        let late = fixture.report(proposal, stage: .execution)
        #expect(late.mayProceed && late.passing == 11, "\(late)")
    }

    /// One thing wrong at a time (N48): the gate that must say so, and how.
    struct Spoiled: Sendable, CustomTestStringConvertible {
        var name: String
        var gate: GateID
        var outcome: GateVerdict.Outcome
        var spoil: @Sendable (inout Fixture) -> Void
        var testDescription: String { name }
        init(
            _ name: String, _ gate: GateID, _ outcome: GateVerdict.Outcome,
            _ spoil: @escaping @Sendable (inout Fixture) -> Void
        ) {
            self.name = name
            self.gate = gate
            self.outcome = outcome
            self.spoil = spoil
        }
    }

    static let situations: [Spoiled] = [
        Spoiled("stop file present", .stop, .blocked) {
            $0.stop.files = [.init(path: "/x", presence: .present(reason: "power"))]
        },
        Spoiled("stop absence unproven", .stop, .blocked) {
            $0.stop.files = [.init(path: "/x", presence: .unproven("EACCES"))]
        },
        Spoiled("no stop file known", .stop, .blocked) { $0.stop.files = [] },
        Spoiled("stop latched", .stop, .blocked) { $0.stop.isLatched = true },
        Spoiled("stop in the journal", .stop, .blocked) {
            $0.log(StopSet(reason: "power", paths: [], unreached: []))
        },
        Spoiled("incident resolved", .incident, .blocked) {
            $0.log(IncidentResolved(unmet: [], overrideReason: nil))
        },
        Spoiled("ticket closed", .incident, .review) { $0.ticketIsOpen = false },
        Spoiled("ticket unknown", .incident, .review) { $0.ticketIsOpen = nil },
        Spoiled("no tickets here", .incident, .skipped) { $0.configuration.hasTickets = false },
        Spoiled("configuration of another environment", .input, .blocked) {
            $0.configuration.environment = .staging
        },
        Spoiled("target not registered", .input, .blocked) {
            $0.configuration.services["checkout"] = nil
        },
        Spoiled("no known artefacts", .input, .blocked) {
            $0.configuration.services["checkout"]?.versions = nil
        },
        Spoiled("no playbook", .runbook, .review) { $0.playbooks = [] },
        Spoiled("scope unknown", .containment, .review) { $0.scopeIsKnown = false },
        Spoiled("another action runs", .containment, .blocked) {
            var other = $0
            other.action = Fixture.flag
            $0.attempt("A1", of: other.proposal("M9"), outcome: .running)
        },
        Spoiled("unknown outcome open", .loop, .blocked) {
            var other = $0
            other.action = Fixture.flag
            $0.attempt("A1", of: other.proposal("M9"), outcome: .unknown)
        },
        Spoiled("inverse not in the catalogue", .rollbackReady, .blocked) {
            $0.configuration.actions["redeploy"] = nil
        },
        Spoiled("no way back, not declared", .rollbackReady, .blocked) { $0.action.inverse = nil },
        Spoiled("not tested", .tested, .review) { $0.action.testedIn = [] },
        Spoiled("tested only in production", .tested, .review) {
            $0.action.testedIn = ["production"]
        },
    ]

    @Test("N48: one thing wrong at a time is said and refused", arguments: situations)
    func oneThingWrongIsSaid(_ spoiled: Spoiled) {
        var fixture = Fixture()
        spoiled.spoil(&fixture)
        let verdict = fixture.verdict(spoiled.gate)
        #expect(verdict.outcome == spoiled.outcome, "\(verdict)")
        #expect(!verdict.reason.isEmpty)
        if spoiled.outcome == .blocked || spoiled.outcome == .review {
            #expect(!verdict.remedy.isEmpty, "\(verdict)")
        }
    }

    @Test(
        "N48: a review blocks at execution unless the approval carries it",
        arguments: situations.filter { $0.outcome == .review })
    func aReviewBlocksAtExecutionUnlessTheApprovalCarriesIt(_ spoiled: Spoiled) {
        var bare = Fixture()
        spoiled.spoil(&bare)
        bare.approve(bare.proposal())
        #expect(bare.verdict(spoiled.gate, stage: .execution).outcome == .blocked)

        var reviewed = Fixture()
        spoiled.spoil(&reviewed)
        let gates = reviewed.report().needReview.map(\.gate)
        reviewed.approve(reviewed.proposal(), reviewed: gates, reason: "we looked")
        #expect(
            reviewed.report(stage: .execution).mayProceed, "\(reviewed.report(stage: .execution))")

        var blank = Fixture()
        spoiled.spoil(&blank)
        blank.approve(blank.proposal(), reviewed: gates, reason: "  ")
        #expect(!blank.report(stage: .execution).mayProceed)

        reviewed.isCommander = false
        #expect(!reviewed.report(stage: .execution).mayProceed)
    }

    @Test("N11: the catalogue is the allow-list")
    func theCatalogueIsTheAllowList() {
        let fixture = Fixture()
        var input = fixture.input()
        input.action = nil
        let report = Gates.evaluate(input)
        #expect(report.blocked.map(\.gate).contains(.runbook))
        #expect(report.blocked.map(\.gate).contains(.input))
        #expect(report.blocked.map(\.gate).contains(.approval))
        input.action = Fixture.flag
        #expect(!Gates.evaluate(input).mayProceed)
    }

    @Test func aChangedProposalIsRefused() {
        let fixture = Fixture()
        let changes: [(inout MitigationProposed) -> Void] = [
            { $0.target = "payments" }, { $0.environment = .dev },
            { $0.steps[0][3] = "deployment/payments" }, { $0.steps.append(["/bin/true"]) },
            { $0.slots["revision"] = "4f2a91c" }, { $0.slots["extra"] = "x" },
            { $0.slots["revision"] = nil }, { $0.action = "disable-flag" },
            { $0.digest = String(repeating: "0", count: 64) }, { $0.steps = [] },
        ]
        for (index, change) in changes.enumerated() {
            var proposal = fixture.proposal()
            change(&proposal)
            #expect(!fixture.report(proposal).mayProceed, "change \(index)")
        }
    }

    /// Equal to Swift, other bytes to the program.
    @Test("N02: an argument in another normalisation is refused")
    func anArgumentInAnotherNormalisationIsRefused() {
        var fixture = Fixture()
        fixture.action.steps[0].append("caf\u{E9}")
        var proposal = fixture.proposal()
        #expect(fixture.verdict(.input, proposal).outcome == .pass)
        proposal.steps[0][5] = "cafe\u{301}"
        proposal.digest = ActionDigest.hex(
            of: proposal, variables: [:], incident: fixture.incident.id)
        #expect(fixture.verdict(.input, proposal).outcome == .blocked)
    }

    @Test("N52: a catalogue changed after the approval is refused")
    func aCatalogueChangedAfterTheProposalIsRefused() {
        var fixture = Fixture()
        let proposal = fixture.proposal()
        fixture.approve(proposal)
        fixture.action.steps[0].append("--now")
        #expect(fixture.verdict(.input, proposal, stage: .execution).outcome == .blocked)
        fixture.action = Fixture.rollback
        fixture.action.environment = ["KUBECONFIG": "/root/other"]
        #expect(fixture.verdict(.input, proposal, stage: .execution).outcome == .blocked)
    }

    @Test func aRollbackThatChangedIsNotReady() {
        var fixture = Fixture()
        fixture.action = Fixture.flag
        var proposal = fixture.proposal()
        #expect(fixture.verdict(.rollbackReady, proposal).outcome == .pass)
        proposal.rollbackSteps = [["/bin/true"]]
        #expect(fixture.verdict(.rollbackReady, proposal).outcome == .blocked)
        fixture.action.rollbackSteps = [["flagctl", "set", "{flag}", "on"]]
        #expect(fixture.verdict(.rollbackReady, proposal).outcome == .blocked)
    }

    @Test func gentlerStepsOfThePlaybookComeFirst() {
        var fixture = Fixture()
        fixture.action = Fixture.restart
        fixture.log(flagChange)
        let verdict = fixture.verdict(.progression)
        #expect(verdict.outcome == .review)
        #expect(verdict.remedy.contains("4f2a91c"))
        for (id, action) in [("M7", Fixture.rollback), ("M8", Fixture.flag)] {
            #expect(fixture.verdict(.progression).outcome == .review)
            var other = fixture
            other.action = action
            fixture.log(other.proposal(id))
            fixture.log(MitigationDenied(proposal: id, reason: "not that"))
        }
        #expect(fixture.verdict(.progression).outcome == .pass)
    }

    private let flagChange = ChangeRecorded(
        changeKind: .flag, service: "checkout", version: "new_pricing", previous: nil,
        summary: "", source: "s", at: Fixture.start)

    @Test func aStepThatAnswersAnotherCauseOrCannotBeTakenNeedNotComeFirst() {
        var fixture = Fixture()
        func step(_ action: String, _ hypothesis: String?) -> Playbook.Step {
            Playbook.Step(
                action: action, why: "", couldBreak: "", monitor: "", hypothesis: hypothesis)
        }
        fixture.playbooks[0].mitigations = [
            step("disable-flag", "flag"), step("rollback-deployment", "deploy"),
        ]
        fixture.log(flagChange)
        #expect(fixture.verdict(.progression).outcome == .pass)
        fixture.playbooks[0].mitigations[0].hypothesis = "deploy"
        #expect(fixture.verdict(.progression).outcome == .review)
        fixture.configuration.actions["disable-flag"] = nil
        #expect(fixture.verdict(.progression).outcome == .pass)
        var noFlag = Fixture()
        noFlag.playbooks[0].mitigations = [
            step("disable-flag", "deploy"), step("rollback-deployment", "deploy"),
        ]
        #expect(noFlag.verdict(.progression).outcome == .pass)
    }

    @Test func aRestartOfWhatOthersNeedAsksForIsolation() {
        var fixture = Fixture()
        fixture.action = Fixture.restart
        #expect(fixture.verdict(.containment).outcome == .review)
        var shed = fixture
        shed.action = Fixture.shed
        fixture.attempt("A1", of: shed.proposal("M5"), outcome: .succeeded)
        #expect(fixture.verdict(.containment).outcome == .pass)
        #expect(fixture.verdict(.containment, fixture.proposal(target: "cart")).outcome == .pass)
    }

    @Test func containmentNeedsNoKnownScope() {
        var fixture = Fixture()
        fixture.action = Fixture.shed
        fixture.scopeIsKnown = false
        #expect(fixture.verdict(.containment).outcome == .pass)
    }

    @Test func fleetWideIsTheCommandersAndAsksForConfirm() {
        var fixture = Fixture()
        fixture.action.isFleetWide = true
        #expect(fixture.proposal().approvalClass == .confirm)
        #expect(fixture.verdict(.containment).outcome == .pass)
        fixture.isCommander = false
        #expect(fixture.verdict(.containment).outcome == .review)
        #expect(fixture.verdict(.approval, stage: .approval).outcome == .blocked)
    }

    @Test func anUnknownRadiusCountsAsEverything() {
        var fixture = Fixture()
        fixture.configuration.services["payments"]?.dependsOn = ["checkout"]
        #expect(fixture.verdict(.containment).outcome == .review)
    }
}
