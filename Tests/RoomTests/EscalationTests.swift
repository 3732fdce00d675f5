import Basics
import Feeds
import Incidents
import Playbooks
import Room
import Safety
import Testing

/// A room in which whatever is asked of the journal stands in it at once, also what entries lead
/// to.
private struct CallRoom {
    var model: Model
    let probe = RoomProbe()
    private var effects: [Effect] = []
    private var sequence: UInt64 = 1000

    init() {
        model = probe.model
        record(EnvironmentAnswered(environment: .production, hasTickets: false, hasOnCall: true))
        model.configuration.services["checkout"]?.onCall = "payments-oncall"
        model.configuration.notify = [["/bin/page", "{contact}", "{text}"]]
    }

    mutating func send(_ message: Message) { take(model.update(message)) }

    mutating func perform(_ change: (inout Model) -> [Effect]) { take(change(&model)) }

    mutating func advance(_ span: Duration) {
        send(.tick(ClockReading(wall: model.now.wall + span, boot: model.now.boot + span)))
    }

    mutating func observe() {
        send(
            .observed(
                Findings(
                    observation: probe.observation(), feeds: FeedSnapshot(), planned: [])))
    }

    mutating func record(_ payload: any EventPayload, by actor: Actor = RoomProbe.commander) {
        sequence += 1
        let event = Event(
            sequence: sequence, time: model.now.wall, entry: model.now.wall,
            boot: model.now.boot, bootID: RoomProbe.bootID, actor: actor, payload: payload)
        take(model.update(.journalled([event])))
    }

    private mutating func take(_ new: [Effect]) {
        effects += new
        for case .journal(let drafts, _) in new {
            for draft in drafts { record(draft.payload, by: draft.actor) }
        }
    }

    /// An action that failed.
    mutating func fail(_ number: Int = 1, undoing: String? = nil) {
        var proposal = probe.proposal(RoomProbe.flag, id: "M\(number)")
        proposal.rollbackOf = undoing
        record(proposal)
        record(
            ActionIntent(
                proposal: proposal.id, attempt: "A\(number)", action: proposal.action,
                target: "checkout", environment: .production, steps: [], digest: "",
                rollbackOf: undoing, executables: []))
        record(ActionFailed(attempt: "A\(number)", detail: "exit 1"))
    }

    /// The escalations handed on for delivery since the last call.
    mutating func delivered() -> [String] {
        defer { effects = [] }
        return effects.compactMap { if case .notify(let id) = $0 { id } else { nil } }
    }

    mutating func journalled<Payload: EventPayload>(_ type: Payload.Type) -> [Payload] {
        defer { effects = [] }
        return effects.flatMap { effect -> [Payload] in
            guard case .journal(let drafts, _) = effect else { return [] }
            return drafts.compactMap { $0.payload as? Payload }
        }
    }
}

@Suite("Calling people")
struct EscalationTests {
    @Test func aFailureCallsTheOnCallOnceAndIsDelivered() {
        var room = CallRoom()
        room.fail()
        let raised = room.model.incident.escalations.map(\.raised)
        #expect(raised.map(\.person) == ["payments-oncall"])
        #expect(raised.first?.reason.contains("exit 1") == true)
        let told1 = room.delivered()
        #expect(told1 == ["E1"])
        for _ in 0..<5 { room.advance(.seconds(1)) }
        #expect(room.model.incident.escalations.count == 1)
        let told2 = room.delivered()
        #expect(told2.isEmpty)
    }

    @Test func withoutAnAnswerTheNextRungIsCalledAndThenSomebodyMustCallByHand() {
        var room = CallRoom()
        room.fail()
        room.advance(.seconds(299))
        #expect(room.model.incident.escalations.count == 1)
        room.advance(.seconds(1))
        let calls = room.model.incident.escalations
        #expect(calls.map(\.raised.person) == ["payments-oncall", "ops1"])
        #expect(calls[0].isExpired && calls[1].isOpen)
        let told3 = room.delivered()
        #expect(told3 == ["E1", "E2"])
        for _ in 0..<400 { room.advance(.seconds(1)) }
        #expect(room.model.incident.escalations.count == 2)
        #expect(room.model.incident.escalations.filter(\.isOpen).isEmpty)
    }

    @Test func anAnswerEndsTheTimer() {
        var room = CallRoom()
        room.fail()
        room.perform { $0.acknowledgeEscalation(id: "E1", text: "looking") }
        #expect(room.model.incident.escalations.first?.acknowledgedBy == "ops1")
        for _ in 0..<400 { room.advance(.seconds(1)) }
        #expect(room.model.incident.escalations.count == 1)
        room.perform { $0.acknowledgeEscalation(id: "E1", text: "again") }
        #expect(room.model.toast?.text == "E1 was acknowledged by ops1")
        room.perform { $0.acknowledgeEscalation(id: "E9", text: "x") }
        #expect(room.model.toast?.isError == true)
    }

    @Test func theStopCallsOnCallAndCommander() {
        var room = CallRoom()
        room.send(.stopFiles([RoomProbe.present]))
        #expect(
            room.model.incident.escalations.map(\.raised.person) == ["payments-oncall", "ops1"])
    }

    @Test func whoIsOnCallAndCommanderIsCalledOnceForTheSameStop() {
        var room = CallRoom()
        room.model.configuration.services["checkout"]?.onCall = "ops1"
        room.send(.stopFiles([RoomProbe.present]))
        for _ in 0..<5 { room.advance(.seconds(1)) }
        #expect(room.model.incident.escalations.map(\.raised.person) == ["ops1"])
        let told = room.delivered()
        #expect(told == ["E1"])
        room.perform { $0.acknowledgeEscalation(id: "E1", text: "seen") }
        for _ in 0..<5 { room.advance(.seconds(1)) }
        #expect(room.model.incident.escalations.count == 1)
        // Another stop is another matter.
        room.record(StopCleared(reason: "moved"))
        room.send(.stopFiles([]))
        room.send(.stopFiles([RoomProbe.present]))
        room.advance(.seconds(1))
        #expect(room.model.incident.escalations.count == 2)
    }

    @Test func aStopThatIsNoMoreCallsNobodyFurther() {
        var room = CallRoom()
        room.send(.stopFiles([RoomProbe.present]))
        room.send(.stopFiles([]))
        #expect(room.model.incident.escalations.filter(\.isOpen).count == 2)
        room.record(StopCleared(reason: "moved"))
        #expect(room.model.incident.escalations.filter(\.isOpen).isEmpty)
        for _ in 0..<700 { room.advance(.seconds(1)) }
        #expect(room.model.incident.escalations.count == 2)
        // What else somebody was called for goes on.
        room.fail()
        room.send(.stopFiles([RoomProbe.present]))
        room.send(.stopFiles([]))
        room.record(StopCleared(reason: "moved"))
        #expect(
            room.model.incident.escalations.filter(\.isOpen).compactMap(\.raised.cause)
                == ["attempt A1"])
    }

    @Test("N56: two failed rollbacks open the breaker once; only a typed reason closes it")
    func theBreakerIsAnEntry() {
        var room = CallRoom()
        for number in 1...2 {
            room.fail(number, undoing: "M9")
        }
        for _ in 0..<3 { room.advance(.seconds(1)) }
        #expect(room.model.incident.breaker == "two rollbacks in a row have failed")
        let told4 = room.journalled(BreakerOpened.self)
        #expect(told4.count == 1)
        room.perform { $0.closeBreaker(reason: "  ") }
        #expect(room.model.incident.breaker != nil)
        room.record(RoleAssigned(role: .commander, person: "ops9"))
        room.perform { $0.closeBreaker(reason: "mended") }
        #expect(room.model.incident.breaker != nil)
        room.record(RoleAssigned(role: .commander, person: "ops1"))
        room.perform { $0.closeBreaker(reason: "mended") }
        for _ in 0..<3 { room.advance(.seconds(1)) }
        #expect(room.model.incident.breaker == nil)
        let told5 = room.journalled(BreakerOpened.self)
        #expect(told5.isEmpty)
    }

    @Test func aViewerCallsNobody() {
        var room = CallRoom()
        room.model.access = .viewer("another room")
        room.fail()
        room.advance(.seconds(1))
        #expect(room.model.incident.escalations.isEmpty)
        let told6 = room.delivered()
        #expect(told6.isEmpty)
    }

    @Test func aRoomThatDiedBetweenTheEntryAndTheCallCallsAfterAll() {
        var room = CallRoom()
        let raised = EscalationRaised(
            id: "E4", rung: "on-call", place: 0, person: "p", contact: "", reason: "r",
            acknowledgeWithin: 300, cause: "attempt A9")
        // Read from the journal at the opening: no reaction.
        room.model.incident.apply(
            Event(
                sequence: 900, time: room.model.now.wall, entry: room.model.now.wall,
                boot: room.model.now.boot, bootID: RoomProbe.bootID, actor: .automation,
                payload: raised))
        room.advance(.seconds(1))
        room.advance(.seconds(1))
        let told7 = room.delivered()
        #expect(told7 == ["E4"])
        room.fail()
        #expect(room.model.incident.escalations.map(\.raised.id) == ["E4", "E5"])
    }

    @Test("N59: a changed configuration is acknowledged by the commander with a reason")
    func theConfigurationIsAcknowledged() {
        var room = CallRoom()
        room.send(.policy(digest: "d1", problem: ""))
        room.send(.policy(digest: "d2", problem: "w.yaml:1:1: garbage"))
        #expect(room.model.incident.configurationChange?.digest == "d2")
        let proposal = room.probe.proposal(RoomProbe.flag, id: "M1")
        #expect(!room.model.gates(for: proposal, stage: .approval).mayProceed)
        room.perform { $0.acknowledgeConfiguration(reason: "") }
        #expect(room.model.incident.configurationChange != nil)
        room.perform { $0.acknowledgeConfiguration(reason: "an editor's half-written file") }
        #expect(room.model.incident.configurationChange == nil)
        room.observe()
        #expect(room.model.gates(for: proposal, stage: .proposal).mayProceed)
    }

    @Test("N54: what another incident did counts in this one")
    func whatAnotherIncidentDidCounts() {
        var room = CallRoom()
        room.observe()
        let proposal = room.probe.proposal(RoomProbe.flag, id: "M1")
        #expect(room.model.gates(for: proposal, stage: .approval).needReview.isEmpty)
        let elsewhere = PastAttempt(
            action: "disable-flag", target: "checkout", isUndo: false,
            moment: Moment(
                wall: room.model.now.wall, boot: room.model.now.boot, bootID: RoomProbe.bootID))
        room.send(.elsewhere(WorkElsewhere(attempts: [elsewhere, elsewhere])))
        let report = room.model.gates(for: proposal, stage: .approval)
        #expect(report.needReview.map(\.gate) == [.loop])
    }

    @Test func theTicketIsStatedInTheRoom() {
        var room = CallRoom()
        room.perform { $0.stateTicket("OPS-7", isOpen: true) }
        #expect(room.model.incident.ticket?.ticket == "OPS-7")
        room.perform { $0.stateTicket(" ", isOpen: false) }
        #expect(room.model.incident.ticket?.isOpen == true)
    }
}
