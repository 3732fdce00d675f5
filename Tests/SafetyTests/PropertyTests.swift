import Basics
import Incidents
import Playbooks
import Testing

@testable import Safety

/// A small generator with a printed seed: failures can be repeated.
private struct Lehmer: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        var mixed = state
        mixed = (mixed ^ (mixed >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        return mixed ^ (mixed >> 33)
    }
}

@Suite("Gates, random inputs")
struct PropertyTests {
    private static func random(_ random: inout Lehmer) -> (Fixture, MitigationProposed) {
        var fixture = Fixture(
            severity: Severity.allCases.randomElement(using: &random) ?? .sev1,
            environment: DeploymentEnvironment.allCases.randomElement(using: &random)
                ?? .production)
        fixture.action =
            Fixture.configuration.actions.values.sorted { $0.id < $1.id }
            .randomElement(using: &random) ?? Fixture.flag
        if Bool.random(using: &random) { fixture.playbooks = [] }
        fixture.scopeIsKnown = .random(using: &random)
        fixture.isCommander = .random(using: &random)
        fixture.ticketIsOpen = [true, false, nil].randomElement(using: &random) ?? nil
        if Int.random(in: 0..<3, using: &random) == 0 { fixture.stop.isLatched = true }
        if Int.random(in: 0..<3, using: &random) == 0 { fixture.stop.files = [] }
        if Int.random(in: 0..<4, using: &random) == 0 { fixture.actor = .automation }
        for number in 0..<Int.random(in: 0..<4, using: &random) {
            fixture.attempt(
                "A\(number)", of: fixture.proposal("M1\(number)"),
                outcome: AttemptOutcome.allCases.randomElement(using: &random) ?? .failed)
            fixture.advance(.seconds(Int.random(in: 0..<1200, using: &random)))
        }
        var proposal = fixture.proposal()
        switch Int.random(in: 0..<6, using: &random) {
        case 0: proposal.target = "nope"
        case 1: proposal.steps = [["/bin/sh", "-c", "id"]]
        case 2: proposal.approvalClass = .enter
        default: break
        }
        if Bool.random(using: &random) {
            let gates = fixture.report(proposal).needReview.map(\.gate)
            fixture.approve(
                proposal, reviewed: Bool.random(using: &random) ? gates : [], reason: "seen")
        }
        return (fixture, proposal)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func whatMayProceedHasEverythingItNeeds(_ seed: UInt64) {
        var generator = Lehmer(state: seed)
        var proceeded = 0
        for round in 0..<400 {
            let (fixture, proposal) = Self.random(&generator)
            for stage in GateInput.Stage.allCases {
                let input = fixture.input(proposal, stage: stage)
                let report = Gates.evaluate(input)
                #expect(report == Gates.evaluate(input))
                #expect(report.verdicts.map(\.gate) == GateID.allCases)
                if fixture.stop.isOn {
                    #expect(!report.mayProceed, "seed \(seed) round \(round): stop is on")
                }
                guard stage == .execution, report.mayProceed else { continue }
                proceeded += 1
                #expect(report.needReview.isEmpty)
                #expect(holds(fixture, proposal), "seed \(seed) round \(round)")
            }
        }
        #expect(proceeded > 0, "seed \(seed) never reached an execution")
    }

    private func holds(_ fixture: Fixture, _ proposal: MitigationProposed) -> Bool {
        let incident = fixture.incident
        let digest = ActionDigest.hex(
            of: proposal, variables: fixture.action.environment, incident: incident.id)
        return incident.runningAttempt == nil && incident.unacknowledgedUnknowns.isEmpty
            && fixture.configuration.actions[proposal.action] != nil
            && incident.mitigation(proposal.id)?.approval?.digest == digest
            && fixture.actor.isPerson && fixture.configuration.services[proposal.target] != nil
    }
}
