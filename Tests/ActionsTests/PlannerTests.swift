import Basics
import Incidents
import Playbooks
import Safety
import Testing

@testable import Actions

@Suite("Planner")
struct PlannerTests {
    private static let bootID = "11111111-2222-4333-8444-555555555555"
    private static let start = Timestamp(nanoseconds: 1_790_000_000_000_000_000)

    private static let rollback = CatalogueAction(
        id: "rollback-deployment", title: "roll back {service} to {revision} {x}",
        tier: .aggressive, risk: .medium,
        steps: [["/usr/bin/kubectl", "undo", "deployment/{service}", "--to={revision}"]],
        slots: ["service": .service, "revision": .revision], inverse: "redeploy",
        timeout: .seconds(900), isRollback: true)
    private static let redeploy = CatalogueAction(
        id: "redeploy", title: "deploy", tier: .aggressive, risk: .high,
        steps: [["/usr/bin/kubectl", "set", "deployment/{service}", "{version}"]],
        slots: ["service": .service, "version": .version], inverse: "rollback-deployment")
    private static let flag = CatalogueAction(
        id: "disable-flag", title: "disable flag", tier: .contained, risk: .low,
        steps: [["/usr/local/bin/flagctl", "set", "{flag}", "off"]], slots: ["flag": .flagID],
        rollbackSteps: [["/usr/local/bin/flagctl", "set", "{flag}", "on"]])

    private static let configuration: Configuration = {
        var configuration = Configuration()
        for action in [rollback, redeploy, flag] { configuration.actions[action.id] = action }
        configuration.services["checkout"] = Service(
            name: "checkout", customers: 0.31, versions: ["9c1e07b", "4f2a91c"])
        configuration.services["web"] = Service(
            name: "web", dependsOn: ["checkout"], customers: 0.2)
        return configuration
    }()

    private static func incident(_ payloads: [any EventPayload] = []) -> Incident {
        guard let id = IncidentID("INC-2041") else { preconditionFailure("a valid id") }
        let opened = IncidentOpened(
            id: id, title: "t", environment: .production, severity: .sev1, service: "checkout",
            startedAt: start, unknowns: [], isDrill: false)
        let events = ([opened] + payloads).enumerated().map { index, payload in
            Event(
                sequence: UInt64(index + 1), time: start, entry: start,
                boot: BootTime(nanoseconds: 1), bootID: bootID,
                actor: Actor(uid: 1000, name: "ops1"), payload: payload)
        }
        return Incident(id: id, events: events)
    }

    private let planner = Planner(configuration: PlannerTests.configuration)

    private func plan(
        _ action: String = "rollback-deployment", target: String = "checkout",
        slots: [String: String] = ["revision": "9c1e07b"]
    ) throws(Failure) -> MitigationProposed {
        try planner.propose(
            id: "M1", action: action, target: target, slots: slots, reason: "r",
            incident: Self.incident())
    }

    @Test func everyWordIsFixed() throws {
        let proposal = try plan()
        #expect(
            proposal.steps == [
                ["/usr/bin/kubectl", "undo", "deployment/checkout", "--to=9c1e07b"]
            ])
        #expect(proposal.slots == ["service": "checkout", "revision": "9c1e07b"])
        #expect(proposal.title == "roll back checkout to 9c1e07b {x}")
        #expect(proposal.approvalClass == .yes)
        #expect(proposal.onStop == "finish")
        #expect(proposal.timeout == 300)
        #expect(proposal.blastRadius == "touches 1 service, 1 dependant, ~31 % of customers")
        #expect(proposal.digest.utf8.count == 64)
        #expect(try plan().digest == proposal.digest)
        #expect(try plan(slots: ["revision": "4f2a91c"]).digest != proposal.digest)
    }

    @Test func thePlanPassesTheInputGates() throws {
        let proposal = try plan()
        let incident = Self.incident()
        let report = Gates.evaluate(
            GateInput(
                proposal: proposal, action: Self.rollback, configuration: Self.configuration,
                incident: incident, activePlaybooks: [], scopeIsKnown: true,
                leadingHypothesis: nil,
                stop: StopState(files: [.init(path: "/x", presence: .absent)], isLatched: false),
                actor: Actor(uid: 1, name: "a"), isCommander: true,
                now: ClockReading(wall: Self.start, boot: BootTime(nanoseconds: 1)),
                bootID: Self.bootID, stage: .proposal))
        #expect(report.blocked.isEmpty, "\(report.blocked)")
    }

    /// N11 and the slots of N08, N12.
    @Test(arguments: [
        ("rollback-deploymnt", "checkout", ["revision": "9c1e07b"], "plan.unknownAction"),
        ("rm", "checkout", [:], "plan.unknownAction"),
        ("rollback-deployment", "inventory", ["revision": "9c1e07b"], "plan.target"),
        ("rollback-deployment", "checkout\n", ["revision": "9c1e07b"], "plan.target"),
        ("rollback-deployment", "checkout", [:], "plan.slot"),
        ("rollback-deployment", "checkout", ["revision": "latest"], "plan.slot"),
        ("rollback-deployment", "checkout", ["revision": "0"], "plan.slot"),
        ("rollback-deployment", "checkout", ["revision": "--x"], "plan.slot"),
        ("rollback-deployment", "checkout", ["revision": "9c1e07b", "ns": "x"], "plan.slot"),
        ("disable-flag", "checkout", ["flag": "a/b"], "plan.slot"),
    ])
    func thisCannotBePlanned(
        _ action: String, _ target: String, _ slots: [String: String], _ code: String
    ) {
        do throws(Failure) {
            let proposal = try plan(action, target: target, slots: slots)
            Issue.record("planned \(proposal.steps)")
        } catch {
            #expect(error.code == code)
            #expect(error.unchanged == "Nothing was proposed")
        }
    }

    @Test func theNearestNameIsSuggested() {
        do throws(Failure) {
            _ = try plan("rollback-deploymnt")
            Issue.record("planned an unknown action")
        } catch { #expect(error.next == "Did you mean rollback-deployment?") }
        #expect(NearestName.of("zzzzzz", among: ["rollback"]) == nil)
    }

    @Test("N63: the undo is what the card showed, and nothing undoes an undo")
    func theUndoIsWhatTheCardShowed() throws {
        let forward = try plan("disable-flag", slots: ["flag": "new_pricing"])
        let incident = Self.incident([forward])
        let mitigation = try #require(incident.mitigation("M1"))
        let undo = try planner.proposeUndo(of: mitigation, id: "M2", incident: incident)
        #expect(undo.steps == [["/usr/local/bin/flagctl", "set", "new_pricing", "on"]])
        #expect(undo.rollbackOf == "M1" && undo.rollbackSteps.isEmpty)
        #expect(undo.onStop == "finish")
        #expect(undo.digest != forward.digest)
        let same = try planner.propose(
            id: "M2", action: "disable-flag", target: "checkout", slots: [:], reason: "",
            incident: incident, rollbackOf: "M1")
        #expect(same.digest == undo.digest)
        let later = Self.incident([forward, undo])
        let second = try #require(later.mitigation("M2"))
        #expect(throws: Failure.self) {
            try planner.proposeUndo(of: second, id: "M3", incident: later)
        }
    }

    @Test func theInverseOfARollbackWarns() throws {
        let forward = try plan()
        let incident = Self.incident([
            ChangeRecorded(
                changeKind: .deploy, service: "checkout", version: "4f2a91c", previous: "9c1e07b",
                summary: "", source: "s", at: Self.start),
            forward,
        ])
        let mitigation = try #require(incident.mitigation("M1"))
        #expect(throws: Failure.self) {
            try planner.proposeUndo(of: mitigation, id: "M2", incident: incident)
        }
        let inverse = try planner.proposeInverse(of: mitigation, id: "M2", incident: incident)
        #expect(inverse.reason == "this re-deploys the suspected 4f2a91c")
        #expect(inverse.steps == [["/usr/bin/kubectl", "set", "deployment/checkout", "4f2a91c"]])
        #expect(inverse.rollbackOf == nil)
    }

    /// N35: what a dead room left running is unknown, once, and must be looked at.
    @Test func aDeadRoomLeavesUnknownOutcomes() throws {
        let forward = try plan("disable-flag", slots: ["flag": "new_pricing"])
        let intent = ActionIntent(
            proposal: "M1", attempt: "A1", action: forward.action, target: forward.target,
            environment: forward.environment, steps: forward.steps, digest: forward.digest,
            rollbackOf: nil, executables: [])
        let before = Self.incident([forward, intent])
        let findings = CrashRecovery.findings(for: before)
        #expect(findings.map { $0.payload.eventKind } == ["action.unknown"])
        let after = Self.incident([forward, intent] + findings.map(\.payload))
        #expect(after.unacknowledgedUnknowns.count == 1)
        #expect(CrashRecovery.findings(for: after).isEmpty)
    }
}
