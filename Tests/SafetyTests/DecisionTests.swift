import Basics
import Incidents
import Playbooks
import Testing

@testable import Safety

/// Gate 11 where people decide: rights, objections, two persons, break-glass.
@Suite("Who decides")
struct DecisionTests {
    // MARK: rights

    @Test func approvingNeedsTheRight() {
        var fixture = Fixture()
        fixture.rights = [.note, .propose, .object, .command]
        let verdict = fixture.verdict(.approval, stage: .approval)
        #expect(verdict.outcome == .blocked && verdict.remedy.contains("`people:`"))
        fixture.approve(fixture.proposal())
        #expect(fixture.verdict(.approval, stage: .execution).outcome == .blocked)
        fixture.rights = [.approve]
        #expect(fixture.verdict(.approval, stage: .execution).outcome == .pass)
    }

    @Test("N49: where nobody may approve, the proposal says so already")
    func nobodyMayApprove() {
        var fixture = Fixture()
        fixture.configuration.safety.people = [:]
        fixture.rights = []
        for stage in GateInput.Stage.allCases {
            #expect(fixture.verdict(.approval, stage: stage).outcome == .blocked)
        }
        fixture.configuration.safety.people = [
            "bot": Person(user: "bot", rights: [.propose], isAgent: true)
        ]
        #expect(fixture.verdict(.approval).outcome == .blocked)
        fixture.configuration.safety.people?["ops1"] = Person(user: "ops1", rights: [.approve])
        #expect(fixture.verdict(.approval).outcome == .atRun)
    }

    @Test func anAgentNeverApprovesWhateverItsRights() {
        var fixture = Fixture()
        fixture.configuration.safety.people = [
            "ops1": Person(user: "ops1", rights: [.propose], isAgent: true),
            "ops2": Person(user: "ops2", rights: [.approve]),
        ]
        fixture.rights = Set(Person.Right.allCases)
        #expect(fixture.verdict(.approval, stage: .approval).outcome == .blocked)
        fixture.approve(fixture.proposal())
        #expect(fixture.verdict(.approval, stage: .execution).outcome == .blocked)
    }

    // MARK: objections

    @Test func anObjectionIsSettledByTheCommanderAlone() {
        var fixture = Fixture()
        let proposal = fixture.proposal()
        fixture.log(proposal)
        fixture.log(MitigationObjected(proposal: "M1", reason: "the canary is healthy"))
        #expect(fixture.verdict(.approval, proposal, stage: .approval).outcome == .review)
        var other = fixture
        other.isCommander = false
        #expect(other.verdict(.approval, proposal, stage: .approval).outcome == .blocked)
        for (reviewed, reason, passes) in [
            ([GateID.approval], "one canary proves nothing", true), ([.approval], " ", false),
            ([], "one canary proves nothing", false),
        ] {
            var decided = fixture
            decided.log(
                MitigationApproved(
                    proposal: "M1", digest: proposal.digest, approvalClass: .yes,
                    reviewed: reviewed.map(\.rawValue), reviewReason: reason))
            let report = decided.report(proposal, stage: .execution)
            #expect(report.mayProceed == passes, "\(report.blocked)")
        }
    }

    @Test func anObjectionAfterTheApprovalHoldsItEvenWithAReview() {
        var fixture = Fixture()
        let proposal = fixture.proposal()
        fixture.approve(proposal, reviewed: [.approval], reason: "seen")
        #expect(fixture.report(proposal, stage: .execution).mayProceed)
        fixture.log(MitigationObjected(proposal: "M1", reason: "wait"), by: Fixture.other)
        let verdict = fixture.verdict(.approval, proposal, stage: .execution)
        #expect(verdict.outcome == .blocked && verdict.reason.contains("wait"))
    }

    // MARK: two persons

    private func dropping() -> (Fixture, MitigationProposed) {
        var fixture = Fixture()
        fixture.action = Fixture.drop
        fixture.playbooks[0].mitigations = [
            Playbook.Step(action: "drop-cache", why: "", couldBreak: "", monitor: "")
        ]
        return (fixture, fixture.proposal())
    }

    @Test("N50: whoever proposed something destructive does not approve it alone")
    func aloneIsRefused() {
        let (base, proposal) = dropping()
        var alone = base
        alone.log(proposal)
        #expect(alone.verdict(.approval, proposal, stage: .approval).outcome == .review)
        alone.isCommander = false
        #expect(alone.verdict(.approval, proposal, stage: .approval).outcome == .blocked)
        var two = base
        two.log(proposal, by: Fixture.other)
        #expect(two.verdict(.approval, proposal, stage: .approval).outcome == .pass)
        for proposer in [Actor.automation, Fixture.commander] {
            var fixture = base
            fixture.approve(
                proposal, reviewed: [.approval], reason: "a review is no second person",
                proposedBy: proposer)
            #expect(!fixture.report(proposal, stage: .execution).mayProceed)
        }
        two.log(
            MitigationApproved(
                proposal: "M1", digest: proposal.digest, approvalClass: .confirm, reviewed: [],
                reviewReason: nil))
        #expect(two.report(proposal, stage: .execution).mayProceed)
    }

    @Test("N50: an agent that proposes is no second person")
    func anAgentIsNoSecondPerson() {
        var (fixture, proposal) = dropping()
        fixture.configuration.safety.people = [
            "ops1": Person(user: "ops1", rights: [.approve]),
            "ops2": Person(user: "ops2", rights: [.propose], isAgent: true),
        ]
        fixture.approve(proposal, proposedBy: Fixture.other)
        #expect(fixture.verdict(.approval, proposal, stage: .execution).outcome == .blocked)
    }

    @Test("N50: break-glass takes the commander and a reason, and is loud")
    func breakGlass() {
        let (base, proposal) = dropping()
        for (text, isCommander, passes) in [
            ("nobody else is awake", true, true), ("nobody else is awake", false, false),
            (" \t", true, false), ("", true, false), ("\u{200B}\u{2060}", true, false),
        ] {
            var fixture = base
            fixture.isCommander = isCommander
            fixture.approve(proposal, proposedBy: Fixture.commander, breakGlass: text)
            let verdict = fixture.verdict(.approval, proposal, stage: .execution)
            #expect((verdict.outcome == .pass) == passes, "\(verdict)")
            if passes { #expect(verdict.reason.hasPrefix("BREAK-GLASS by ops1 alone: nobody")) }
            var card = base
            card.isCommander = isCommander
            card.log(proposal)
            card.breakGlass = text
            let now = card.verdict(.approval, proposal, stage: .approval)
            #expect((now.outcome == .pass) == passes, "\(now)")
        }
    }

    /// Which action needs two, by setting.
    @Test(arguments: [
        (Fixture.flag, [SafetySettings.TwoPersons.destructive, .irreversible, .fleetWide], false),
        (Fixture.flag, [.production], true), (Fixture.drop, [.destructive], true),
        (Fixture.drop, [.irreversible], true), (Fixture.drop, [.fleetWide], false),
        (Fixture.drop, [], false),
    ])
    func theSettingsSayWhatNeedsTwo(
        _ action: CatalogueAction, _ reasons: [SafetySettings.TwoPersons], _ needs: Bool
    ) {
        var fixture = Fixture()
        fixture.action = action
        fixture.configuration.safety.twoPersons = Set(reasons)
        let proposal = fixture.proposal()
        let why = ApprovalPolicy.twoPersonReason(
            action: action, proposal: proposal, settings: fixture.configuration.safety)
        #expect((why != nil) == needs, "\(why ?? "one")")
        fixture.log(proposal)
        let outcome = fixture.verdict(.approval, proposal, stage: .approval).outcome
        #expect((outcome == .pass) == !needs)
    }

    @Test func fleetWideNeedsTwoAlsoInStaging() {
        var fixture = Fixture(environment: .staging)
        fixture.action.isFleetWide = true
        fixture.log(fixture.proposal())
        #expect(fixture.verdict(.approval, stage: .approval).outcome == .review)
    }

    // MARK: classes by words

    @Test func wordsAndValuesMakeItDestructive() {
        var action = Fixture.restart
        action.steps = [["/usr/bin/kubectl", "scale", "deployment/{service}", "--replicas={n}"]]
        action.slots["n"] = .integer
        func of(_ value: String) -> ApprovalClass {
            ApprovalPolicy.approvalClass(
                action: action, environment: .staging,
                steps: [["/usr/bin/kubectl", "scale", "deployment/web", "--replicas=\(value)"]])
        }
        #expect(of("3") == .enter && of("0") == .confirm && of("00") == .confirm)
        var fixture = Fixture(environment: .staging)
        fixture.action = action
        var proposal = fixture.proposal(slots: ["service": "checkout", "n": "0"])
        #expect(proposal.approvalClass == .confirm)
        proposal.approvalClass = .enter
        #expect(fixture.verdict(.approval, proposal).outcome == .blocked)
        action.steps = [["/usr/bin/kubectl", "delete", "pod", "{service}", "{n}"]]
        #expect(
            ApprovalPolicy.approvalClass(action: action, environment: .dev) == .confirm)
    }
}
