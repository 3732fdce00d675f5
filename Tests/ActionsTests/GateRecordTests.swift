import Basics
import Incidents
import Journals
import Playbooks
import Safety
import Testing

@testable import Actions

/// What gates remember across a restart: everything is written to a real journal, which is closed
/// and read again.
@Suite("Gates after a restart")
struct GateRecordTests {
    private static let action = CatalogueAction(
        id: "disable-flag", title: "disable flag", tier: .contained, risk: .low,
        steps: [["/usr/local/bin/flagctl", "set", "{flag}", "off"]], slots: ["flag": .flagID],
        rollbackSteps: [["/usr/local/bin/flagctl", "set", "{flag}", "on"]],
        testedIn: ["staging"])
    private static let person = Actor(uid: 1000, name: "ops1")
    private static let start = Timestamp(nanoseconds: 1_790_000_000_000_000_000)
    private static let otherBoot = "99999999-2222-4333-8444-555555555555"

    private static let configuration: Configuration = {
        var configuration = Configuration()
        configuration.hasTickets = false
        configuration.actions[action.id] = action
        configuration.services["checkout"] = Service(name: "checkout", customers: 0.1)
        configuration.playbooks = [
            Playbook(
                id: "p", title: "P", appliesWhen: [], check: [], hypotheses: [],
                mitigations: [
                    Playbook.Step(action: action.id, why: "", couldBreak: "", monitor: "")
                ], doNothing: "", confirm: [], harden: [], deferTo: [], position: "")
        ]
        return configuration
    }()

    private let scratch = Scratch()
    private let clock = ManualClock(wall: GateRecordTests.start)
    private let planner = Planner(configuration: GateRecordTests.configuration)

    private func incidentID() throws -> IncidentID { try #require(IncidentID("INC-2041")) }

    private func write(_ body: (JournalWriter) throws -> Void) throws {
        let writer = try JournalWriter.open(
            directory: scratch.file("INC-2041"), incident: "INC-2041", clock: clock,
            scrub: { $0 })
        try body(writer)
        writer.close()
    }

    private func open(_ writer: JournalWriter) throws {
        try writer.append(
            EventDraft(
                IncidentOpened(
                    id: try incidentID(), title: "t", environment: .production, severity: .sev1,
                    service: "checkout", startedAt: Self.start, unknowns: [], isDrill: false),
                by: Self.person), sync: true)
    }

    private func reread() throws -> Incident {
        let events = try JournalReader.open(scratch.file("INC-2041")).readNew()
        return Incident(id: try incidentID(), events: events)
    }

    private func propose(_ id: String, flag: String = "new_pricing", undoing: String? = nil) throws
        -> MitigationProposed
    {
        var incident = Incident(id: try incidentID())
        var proposal = try planner.propose(
            id: id, action: Self.action.id, target: "checkout", slots: ["flag": flag],
            reason: "r", incident: incident)
        guard let undoing else { return proposal }
        proposal.id = undoing
        incident.apply(
            Event(
                sequence: 1, time: Self.start, entry: Self.start, boot: clock.now.boot,
                bootID: clock.bootID, actor: Self.person, payload: proposal))
        let mitigation = try #require(incident.mitigation(undoing))
        return try planner.proposeUndo(of: mitigation, id: id, incident: incident)
    }

    private func approve(_ proposal: MitigationProposed, _ writer: JournalWriter) throws {
        try writer.append(EventDraft(proposal, by: Self.person), sync: false)
        try writer.append(
            EventDraft(
                MitigationApproved(
                    proposal: proposal.id, digest: proposal.digest,
                    approvalClass: proposal.approvalClass, reviewed: [], reviewReason: nil),
                by: Self.person), sync: true)
    }

    private func attempt(
        _ id: String, _ proposal: MitigationProposed, _ writer: JournalWriter,
        outcome: (any EventPayload)?
    ) throws {
        try approve(proposal, writer)
        try writer.append(
            EventDraft(
                ActionIntent(
                    proposal: proposal.id, attempt: id, action: proposal.action,
                    target: proposal.target, environment: proposal.environment,
                    steps: proposal.steps, digest: proposal.digest,
                    rollbackOf: proposal.rollbackOf, executables: []), by: Self.person),
            sync: true)
        if let outcome { try append(outcome, writer) }
    }

    private func append(_ payload: any EventPayload, _ writer: JournalWriter) throws {
        try writer.append(EventDraft(payload, by: Self.person), sync: true)
    }

    private func judge(
        _ gate: GateID, _ proposal: MitigationProposed, _ incident: Incident,
        stage: GateInput.Stage = .proposal, now: ClockReading? = nil, bootID: String? = nil,
        elsewhere: [PastAttempt] = []
    ) -> GateVerdict.Outcome? {
        let input = GateInput(
            proposal: proposal, action: Self.action, configuration: Self.configuration,
            incident: incident, activePlaybooks: Self.configuration.playbooks,
            scopeIsKnown: true, leadingHypothesis: nil,
            stop: StopState(files: [.init(path: "/x", presence: .absent)], isLatched: false),
            actor: Self.person, isCommander: true, now: now ?? clock.now,
            bootID: bootID ?? clock.bootID, stage: stage,
            elsewhere: WorkElsewhere(attempts: elsewhere))
        return Gates.evaluate(input).verdicts.first { $0.gate == gate }?.outcome
    }

    private func later(_ boot: Duration, wall: Duration) -> ClockReading {
        ClockReading(wall: clock.now.wall + wall, boot: clock.now.boot + boot)
    }

    @Test("N51: an approval read again is good for its five minutes, and not after a restart")
    func anApprovalReadAgain() throws {
        let proposal = try propose("M1")
        try write {
            try open($0)
            try approve(proposal, $0)
        }
        let incident = try reread()
        func judged(_ now: ClockReading, _ bootID: String? = nil) -> GateVerdict.Outcome? {
            judge(.approval, proposal, incident, stage: .execution, now: now, bootID: bootID)
        }
        #expect(judged(later(.minutes(5), wall: .minutes(5))) == .pass)
        #expect(judged(later(.minutes(5.01), wall: .hours(-1))) == .blocked)
        #expect(judged(later(.seconds(1), wall: .seconds(1)), Self.otherBoot) == .blocked)
        let fresh = ClockReading(wall: clock.now.wall, boot: BootTime(nanoseconds: 5))
        #expect(judged(fresh, Self.otherBoot) == .blocked)
        #expect(judged(fresh) == .blocked, "a boot clock that went back is another boot")
        let other = try propose("M1", flag: "old_pricing")
        #expect(judge(.approval, other, incident, stage: .execution) == .blocked)
    }

    @Test("N51: an approval that was used is used, whoever reads it")
    func aUsedApproval() throws {
        let proposal = try propose("M1")
        try write {
            try open($0)
            try attempt("A1", proposal, $0, outcome: ActionSucceeded(attempt: "A1", seconds: 1))
        }
        #expect(judge(.approval, proposal, try reread(), stage: .execution) == .blocked)
    }

    @Test("N54: attempts count after a restart, with other values, and after a kill in the middle")
    func attemptsCountAfterARestart() throws {
        let first = try propose("M1")
        let second = try propose("M2", flag: "old_pricing")
        let third = try propose("M3")
        try write {
            try open($0)
            try attempt("A1", first, $0, outcome: ActionFailed(attempt: "A1", detail: "exit 1"))
        }
        #expect(judge(.loop, third, try reread()) == .pass)
        clock.advance(by: .minutes(2))
        // This one is begun and never ends: the room is killed.
        try write { try attempt("A2", second, $0, outcome: nil) }
        try write { writer in
            for draft in CrashRecovery.findings(for: try reread()) {
                try writer.append(draft, sync: true)
            }
        }
        #expect(judge(.loop, third, try reread()) == .blocked)
        try write { try append(ActionAcknowledged(attempt: "A2", finding: "it is off"), $0) }
        #expect(judge(.loop, third, try reread()) == .review)
        let over = later(.minutes(13.1), wall: .minutes(13.1))
        #expect(judge(.loop, third, try reread(), now: over) == .pass)
    }

    @Test("N54: what a second incident's journal says counts in this one")
    func aSecondIncident() throws {
        try write {
            try open($0)
            for number in 1...2 {
                try attempt(
                    "A\(number)", try propose("M\(number)"), $0,
                    outcome: ActionSucceeded(attempt: "A\(number)", seconds: 1))
            }
        }
        let here = Incident(
            id: try incidentID(),
            events: [
                Event(
                    sequence: 1, time: Self.start, entry: Self.start, boot: clock.now.boot,
                    bootID: clock.bootID, actor: Self.person,
                    payload: IncidentOpened(
                        id: try incidentID(), title: "t", environment: .production,
                        severity: .sev1, service: "checkout", startedAt: nil, unknowns: [],
                        isDrill: false))
            ])
        let proposal = try propose("M1")
        #expect(judge(.loop, proposal, here) == .pass)
        let elsewhere = try reread().pastAttempts
        #expect(elsewhere.count == 2)
        #expect(judge(.loop, proposal, here, elsewhere: elsewhere) == .review)
    }

    @Test(
        "N55: no clock and no boot empties the loop's window",
        arguments: [
            Duration.hours(-1), .hours(24), .seconds(-3), .milliseconds(400),
        ])
    func noClockEmptiesTheWindow(_ step: Duration) throws {
        try write {
            try open($0)
            try attempt(
                "A1", try propose("M1"), $0, outcome: ActionSucceeded(attempt: "A1", seconds: 1))
        }
        clock.setWall(clock.now.wall + step)
        clock.advance(by: .minutes(1))
        try write {
            try attempt(
                "A2", try propose("M2"), $0, outcome: ActionSucceeded(attempt: "A2", seconds: 1))
        }
        let incident = try reread()
        let proposal = try propose("M3")
        #expect(judge(.loop, proposal, incident) == .review)
        // Another boot in which the wall clock went back: no time has passed.
        let rebooted = ClockReading(
            wall: Self.start - .hours(1), boot: BootTime(nanoseconds: 7))
        #expect(
            judge(.loop, proposal, incident, now: rebooted, bootID: Self.otherBoot) == .review)
    }

    @Test("N55, N56: an open breaker is open after any clock, boot and restart")
    func theBreakerStaysOpen() throws {
        try write {
            try open($0)
            for number in 1...2 {
                try attempt(
                    "A\(number)", try propose("M\(number)", undoing: "M9"), $0,
                    outcome: ActionTimedOut(attempt: "A\(number)", detail: "killed after 5 min"))
                clock.setWall(clock.now.wall - .hours(1))
            }
        }
        let undo = try propose("M3", undoing: "M9")
        let tomorrow = ClockReading(
            wall: clock.now.wall + .hours(30), boot: BootTime(nanoseconds: 9))
        #expect(
            judge(.loop, undo, try reread(), now: tomorrow, bootID: Self.otherBoot) == .blocked)
        try write { try append(BreakerOpened(reason: "two rollbacks in a row have failed"), $0) }
        #expect(
            judge(.loop, undo, try reread(), now: tomorrow, bootID: Self.otherBoot) == .blocked)
        try write { try append(BreakerClosed(reason: "the registry answers again"), $0) }
        #expect(
            judge(.loop, undo, try reread(), now: tomorrow, bootID: Self.otherBoot) == .pass)
    }
}
