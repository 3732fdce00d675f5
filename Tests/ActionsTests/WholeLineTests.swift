import Basics
import Incidents
import Journals
import Playbooks
import Safety
import Synchronization
import Testing

@testable import Actions

/// From the plan to the outcome with the real journal, the real gates and a real program.
@Suite("Plan, approve, run, undo")
struct WholeLineTests {
    /// A room in small: journal, incident, planner, executor.
    private final class SmallRoom: Sendable {
        let scratch = Scratch()
        let clock = SystemClock()
        let configuration: Configuration
        let journal: JournalWriter
        let executor: Executor
        private let folded: Mutex<Incident>

        init() throws {
            let scratch = self.scratch
            let tool = scratch.script("flagctl", "echo \"$2\" > \(scratch.path)/flag")
            var configuration = Configuration()
            configuration.environment = .staging
            configuration.environmentIsDeclared = true
            configuration.hasTickets = false
            configuration.services["checkout"] = Service(name: "checkout", customers: 0.3)
            configuration.actions["disable-flag"] = CatalogueAction(
                id: "disable-flag", title: "disable {flag}", tier: .contained, risk: .low,
                steps: [[tool, "{flag}", "off"]], slots: ["flag": .flagID],
                rollbackSteps: [[tool, "{flag}", "on"]])
            configuration.stopFiles = [scratch.file("STOP")]
            self.configuration = configuration
            journal = try JournalWriter.open(
                directory: scratch.file("INC-2041"), incident: "INC-2041", clock: clock,
                scrub: { $0 })
            executor = Executor(
                journal: journal, clock: clock, stopFiles: StopFiles(paths: [scratch.file("STOP")]),
                scrub: { { ScrubbedLine(String(decoding: $0, as: UTF8.self)) } })
            let id = try #require(IncidentID("INC-2041"))
            folded = Mutex(Incident(id: id))
            try log(
                IncidentOpened(
                    id: id, title: "t", environment: .staging, severity: .sev3,
                    service: "checkout", startedAt: nil, unknowns: [], isDrill: false))
        }

        var incident: Incident { folded.withLock { $0 } }

        func log(_ payload: any EventPayload) throws {
            take(try journal.append(EventDraft(payload, by: actor), sync: true))
        }
        func take(_ event: Event) { folded.withLock { $0.apply(event) } }

        func gates(_ proposal: MitigationProposed, _ stage: GateInput.Stage) -> GateReport {
            Gates.evaluate(
                GateInput(
                    proposal: proposal, action: configuration.actions[proposal.action],
                    configuration: configuration, incident: incident, activePlaybooks: [],
                    scopeIsKnown: true, leadingHypothesis: nil,
                    stop: StopState(files: executor.stopFiles.read(), isLatched: false),
                    actor: actor, isCommander: true, now: clock.now, bootID: clock.bootID,
                    stage: stage))
        }

        /// Approves with a review of whatever asks for one, and runs.
        func approveAndRun(_ proposal: MitigationProposed, attempt: String) throws
            -> AttemptOutcome
        {
            try log(proposal)
            let reviews = gates(proposal, .approval).needReview.map(\.gate.rawValue)
            let approval = MitigationApproved(
                proposal: proposal.id, digest: proposal.digest,
                approvalClass: proposal.approvalClass, reviewed: reviews, reviewReason: "looked",
                executables: try Executables.lines(of: proposal))
            try log(approval)
            guard let action = configuration.actions[proposal.action] else { return .failed }
            return executor.run(
                proposal, attempt: attempt, approval: approval, approver: actor, action: action,
                gatesNow: { self.gates(proposal, .execution) }, onEvent: { self.take($0) })
        }
    }

    @Test func aFlagGoesOffAndOnAgain() throws {
        let room = try SmallRoom()
        let planner = Planner(configuration: room.configuration)
        let off = try planner.propose(
            id: "M1", action: "disable-flag", target: "checkout", slots: ["flag": "new_pricing"],
            reason: "r", incident: room.incident)
        #expect(try room.approveAndRun(off, attempt: "A1") == .succeeded)
        #expect(room.scratch.read("flag") == "off\n")
        let candidate = try #require(room.incident.undoCandidate)
        let on = try planner.proposeUndo(of: candidate, id: "M2", incident: room.incident)
        #expect(try room.approveAndRun(on, attempt: "A2") == .succeeded)
        #expect(room.scratch.read("flag") == "on\n")
        #expect(room.incident.undoCandidate == nil)
        // Used approvals do not run again.
        let action = try #require(room.configuration.actions["disable-flag"])
        let used = try #require(room.incident.mitigation("M1")?.approval)
        let again = room.executor.run(
            off, attempt: "A3", approval: used, approver: actor, action: action,
            gatesNow: { room.gates(off, .execution) }, onEvent: { room.take($0) })
        #expect(again == .failed)
        #expect(room.scratch.read("flag") == "on\n")
        #expect(room.incident.attempts.count == 2)
    }

    @Test func theStopFileHoldsEverythingBack() throws {
        let room = try SmallRoom()
        room.scratch.write("STOP", "hands off")
        let off = try Planner(configuration: room.configuration).propose(
            id: "M1", action: "disable-flag", target: "checkout", slots: ["flag": "new_pricing"],
            reason: "r", incident: room.incident)
        #expect(room.gates(off, .proposal).blocked.map(\.gate) == [.stop])
        #expect(try room.approveAndRun(off, attempt: "A1") == .stopped)
        #expect(!room.scratch.exists("flag"))
        #expect(room.incident.attempts.isEmpty)
    }
}

private let actor = Actor(uid: 1000, name: "ops1")
