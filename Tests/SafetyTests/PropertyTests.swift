import Basics
import Incidents
import Playbooks
import Testing

@testable import Safety

/// A small generator with a printed seed: failures can be repeated.
struct Lehmer: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        var mixed = state
        mixed = (mixed ^ (mixed >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        return mixed ^ (mixed >> 33)
    }

    mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}

@Suite("Gates, random inputs")
struct PropertyTests {
    private static let seeds: [UInt64] = [1, 2, 3, 4]
    private static let rounds = 150

    /// A situation in which some things are wrong and some are not.
    private static func situation(_ random: inout Lehmer) -> (Fixture, MitigationProposed) {
        var fixture = Fixture(
            severity: Severity.allCases.randomElement(using: &random) ?? .sev1,
            environment: DeploymentEnvironment.allCases.randomElement(using: &random)
                ?? .production)
        fixture.action =
            Fixture.configuration.actions.values.sorted { $0.id < $1.id }
            .randomElement(using: &random) ?? Fixture.flag
        if random.oneIn(3) { fixture.playbooks = [] }
        fixture.scopeIsKnown = !random.oneIn(3)
        fixture.isCommander = !random.oneIn(3)
        fixture.ticketIsOpen = [true, true, false, nil].randomElement(using: &random) ?? nil
        if random.oneIn(6) { fixture.stop.isLatched = true }
        if random.oneIn(6) { fixture.stop.files = [] }
        if random.oneIn(6) { fixture.actor = .automation }
        if random.oneIn(5) { fixture.rights = [.note, .propose] }
        if random.oneIn(6) { fixture.log(ConfigurationChanged(digest: "x", problem: "")) }
        if random.oneIn(6) { fixture.log(StopSet(reason: "x", paths: [], unreached: [])) }
        if random.oneIn(6) { fixture.log(BreakerOpened(reason: "x")) }
        spoilServices(&fixture, &random)
        for number in 0..<Int.random(in: 0..<3, using: &random) {
            fixture.attempt(
                "A\(number)", of: fixture.proposal("M1\(number)"),
                outcome: AttemptOutcome.allCases.randomElement(using: &random) ?? .failed)
            fixture.advance(.seconds(Int.random(in: 0..<1200, using: &random)))
        }
        return (fixture, spoiled(fixture.proposal(), &random))
    }

    private static func spoilServices(_ fixture: inout Fixture, _ random: inout Lehmer) {
        let shares: [Double?] = [nil, .nan, .infinity, -1, 0, 0.2, 1, 2]
        if random.oneIn(3) {
            fixture.configuration.services["checkout"]?.customers =
                shares.randomElement(using: &random) ?? nil
        }
        if random.oneIn(6) { fixture.configuration.services["payments"]?.dependsOn = ["web"] }
        if random.oneIn(8) { fixture.configuration.services = [:] }
    }

    private static func spoiled(_ proposal: MitigationProposed, _ random: inout Lehmer)
        -> MitigationProposed
    {
        var proposal = proposal
        switch Int.random(in: 0..<12, using: &random) {
        case 0: proposal.target = "nope"
        case 1: proposal.steps = [["/usr/bin/id"]]
        case 2: proposal.approvalClass = .enter
        case 3: proposal.timeout = [.nan, .infinity, -1].randomElement(using: &random) ?? 0
        case 4: proposal.target = "\u{441}heckout"
        case 5: proposal.stages = []
        case 6: proposal.capture = [["/usr/bin/id"]]
        default: break
        }
        return proposal
    }

    /// Approves it as the card would, with or without what the gates ask for.
    private static func approve(
        _ fixture: inout Fixture, _ proposal: MitigationProposed, _ random: inout Lehmer
    ) {
        let gates = fixture.report(proposal, stage: .approval).needReview.map(\.gate)
        fixture.approve(
            proposal, reviewed: random.oneIn(3) ? [] : gates,
            reason: ["seen", "seen", " ", nil].randomElement(using: &random) ?? nil,
            proposedBy: random.oneIn(2) ? Fixture.other : Fixture.commander,
            by: fixture.actor,
            breakGlass: random.oneIn(2) ? "alone at night" : nil,
            policy: random.oneIn(8) ? "other" : nil)
        if random.oneIn(8) { fixture.log(MitigationObjected(proposal: proposal.id, reason: "no")) }
        if random.oneIn(8) { fixture.advance(.minutes(6)) }
        if random.oneIn(8) { fixture.bootID = "99999999-2222-4333-8444-555555555555" }
    }

    @Test("N48: whatever the input, a refusing hard gate is never passed", arguments: seeds)
    func whatMayProceedHasEverythingItNeeds(_ seed: UInt64) {
        var random = Lehmer(state: seed)
        var proceeded = 0
        for round in 0..<Self.rounds {
            var (fixture, proposal) = Self.situation(&random)
            if !random.oneIn(4) { Self.approve(&fixture, proposal, &random) }
            for stage in GateInput.Stage.allCases {
                let input = fixture.input(proposal, stage: stage)
                let report = Gates.evaluate(input)
                #expect(report == Gates.evaluate(input))
                #expect(report.verdicts.map(\.gate) == GateID.allCases)
                #expect(report.mayProceed == report.blocked.isEmpty)
                for verdict in report.verdicts {
                    #expect(!verdict.reason.isEmpty)
                    let refuses = [.blocked, .review].contains(verdict.outcome)
                    #expect(
                        !refuses || !verdict.remedy.isEmpty || verdict.gate == .progression,
                        "\(verdict)")
                }
                if !report.mayProceed { continue }
                let place = "seed \(seed) round \(round) \(stage)"
                #expect(mayGoOn(fixture, proposal), "\(place)")
                guard stage == .execution else { continue }
                proceeded += 1
                #expect(report.needReview.isEmpty, "\(place)")
                #expect(isApproved(fixture, proposal), "\(place)")
            }
        }
        #expect(proceeded > 0, "seed \(seed) never reached an execution")
    }

    /// What must hold at every stage, said once more without the gates.
    private func mayGoOn(_ fixture: Fixture, _ proposal: MitigationProposed) -> Bool {
        let incident = fixture.incident
        let isDigest = NameRule.same(
            proposal.digest,
            ActionDigest.hex(
                of: proposal, variables: fixture.action.environment, incident: incident.id))
        return !fixture.stop.isOn && incident.stop == nil && incident.configurationChange == nil
            && incident.runningAttempt == nil && incident.unacknowledgedUnknowns.isEmpty
            && isDigest && proposal.timeout > 0 && proposal.timeout <= 300
            && fixture.configuration.services[proposal.target] != nil
            && !(incident.breaker != nil && fixture.action.isRollback)
    }

    private func isApproved(_ fixture: Fixture, _ proposal: MitigationProposed) -> Bool {
        guard let record = fixture.incident.mitigation(proposal.id), let approval = record.approval,
            let boot = record.approvedBoot, let approver = record.approver
        else { return false }
        let needsTwo =
            ApprovalPolicy.twoPersonReason(
                action: fixture.action, proposal: proposal, settings: SafetySettings()) != nil
        let areTwo = record.proposer.uid != approver.uid
        let isGlass = approval.breakGlass == "alone at night" && fixture.isCommander
        return NameRule.same(approval.digest, proposal.digest) && record.attempts.isEmpty
            && fixture.actor.isPerson && approver == fixture.actor
            && fixture.now.boot - boot <= .minutes(5) && fixture.bootID == Fixture.bootID
            && (fixture.rights?.contains(.approve) ?? true) && approval.policy == nil
            && record.objections.isEmpty && (!needsTwo || areTwo || isGlass)
            && (approval.reviewed.isEmpty || fixture.isCommander)
    }

    /// From passing over review to blocked.
    private func strictness(_ outcome: GateVerdict.Outcome) -> Int {
        switch outcome {
        case .pass, .skipped, .atRun: 0
        case .review: 1
        case .blocked: 2
        }
    }

    @Test("N48: whatever becomes worse opens no gate", arguments: seeds)
    func worseNeverOpensAGate(_ seed: UInt64) {
        let worse: [(String, @Sendable (inout GateInput) -> Void)] = [
            ("stop latched", { $0.stop.isLatched = true }),
            ("stop unknown", { $0.stop.files = [] }),
            ("not the commander", { $0.isCommander = false }),
            ("no rights", { $0.rights = [] }),
            ("ticket unknown", { $0.ticketIsOpen = nil }),
            ("scope unknown", { $0.scopeIsKnown = false }),
            ("no registry", { $0.configuration.services = [:] }),
            ("no action", { $0.action = nil }),
            ("no playbook", { $0.activePlaybooks = [] }),
            ("nobody named", { $0.configuration.safety.people = [:] }),
            (
                "two persons always",
                { $0.configuration.safety.twoPersons = Set(SafetySettings.TwoPersons.allCases) }
            ),
            ("tried elsewhere", { Self.tryElsewhere(&$0) }),
            ("not readable elsewhere", { $0.elsewhere.uncounted = ["INC-0003: EIO"] }),
            ("digest unknown", { $0.policyDigest = "" }),
            ("customers unknown", { $0.configuration.services["checkout"]?.customers = .nan }),
        ]
        var random = Lehmer(state: seed &+ 100)
        for round in 0..<Self.rounds / 3 {
            var (fixture, proposal) = Self.situation(&random)
            if random.oneIn(2) { Self.approve(&fixture, proposal, &random) }
            for stage in GateInput.Stage.allCases {
                let input = fixture.input(proposal, stage: stage)
                let before = Gates.evaluate(input)
                for (name, change) in worse {
                    var changed = input
                    change(&changed)
                    let after = Gates.evaluate(changed)
                    for (old, new) in zip(before.verdicts, after.verdicts) {
                        // Without a playbook there is no order to keep; the runbook gate says so.
                        if name == "no playbook", old.gate == .progression { continue }
                        #expect(
                            strictness(new.outcome) >= strictness(old.outcome),
                            "seed \(seed) round \(round) \(stage) \(name): \(old) → \(new)")
                    }
                    #expect(before.mayProceed || !after.mayProceed)
                }
            }
        }
    }

    private static func tryElsewhere(_ input: inout GateInput) {
        let attempt = PastAttempt(
            action: input.proposal.action, target: input.proposal.target,
            isUndo: input.proposal.rollbackOf != nil,
            moment: Moment(wall: input.now.wall, boot: input.now.boot, bootID: input.bootID))
        input.elsewhere.attempts += [attempt, attempt]
    }

    @Test("N54, N56: one more failure never opens a gate that counts", arguments: seeds)
    func moreFailuresNeverOpenAGate(_ seed: UInt64) {
        var random = Lehmer(state: seed &+ 200)
        for round in 0..<Self.rounds / 2 {
            var (fixture, proposal) = Self.situation(&random)
            let before = fixture.report(proposal)
            let target = ["checkout", "cart"].randomElement(using: &random) ?? "checkout"
            let outcome: AttemptOutcome =
                [.failed, .timedOut, .unknown].randomElement(using: &random) ?? .failed
            fixture.attempt(
                "A9", of: fixture.proposal("M99", target: target), outcome: outcome)
            let after = fixture.report(proposal)
            for gate in [GateID.stop, .incident, .input, .loop, .limits, .rollbackReady] {
                let old = before.verdicts.first { $0.gate == gate }
                let new = after.verdicts.first { $0.gate == gate }
                guard let old, let new else { continue }
                // What was touched before is no new service: the count of services does not rise.
                if gate == .limits, NameRule.same(target, proposal.target) { continue }
                #expect(
                    strictness(new.outcome) >= strictness(old.outcome),
                    "seed \(seed) round \(round): \(old) → \(new)")
            }
        }
    }
}
