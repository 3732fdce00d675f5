import Basics
import Incidents
import Playbooks
import Testing

@testable import Safety

@Suite("Escalation ladder")
struct EscalationLadderTests {
    private func causes(_ fixture: Fixture) -> [EscalationLadder.Cause] {
        EscalationLadder.causes(
            of: fixture.incident, actions: fixture.configuration.actions, now: fixture.now,
            bootID: fixture.bootID)
    }
    private func level(_ fixture: Fixture) -> EscalationLadder.Level {
        EscalationLadder.level(
            of: fixture.incident, actions: fixture.configuration.actions, now: fixture.now,
            bootID: fixture.bootID)
    }
    private func attempt(
        _ fixture: inout Fixture, _ number: Int, on target: String = "checkout",
        _ outcome: AttemptOutcome = .succeeded, _ verdict: Verdict? = nil
    ) {
        var other = fixture
        other.action = Fixture.flag
        fixture.attempt(
            "A\(number)", of: other.proposal("M\(number)", target: target), outcome: outcome)
        if let verdict {
            fixture.log(ActionJudged(attempt: "A\(number)", verdict: verdict, detail: ""))
        }
    }

    @Test func theLadderIsClimbedAsTheRequirementSays() {
        var fixture = Fixture()
        #expect(level(fixture) == .diagnostics)
        attempt(&fixture, 1)
        #expect(level(fixture) == .singleService)
        attempt(&fixture, 2)
        #expect(level(fixture) == .singleService)
        attempt(&fixture, 3)
        #expect(level(fixture) == .onCall, "three tries on one service")
        #expect(causes(fixture).map(\.id) == ["tries checkout"])
    }

    @Test func somethingThatFailedCallsTheOnCall() {
        for outcome in [AttemptOutcome.failed, .timedOut, .unknown] {
            var fixture = Fixture()
            attempt(&fixture, 1, outcome)
            #expect(causes(fixture).map(\.id) == ["attempt A1"])
            #expect(causes(fixture).first?.service == "checkout")
            #expect(level(fixture) == .onCall)
        }
        var stopped = Fixture()
        attempt(&stopped, 1, .stopped)
        #expect(causes(stopped).isEmpty, "the stop itself calls")
    }

    @Test func moreServicesCallTheCommanderAndACascadeHalts() {
        var fixture = Fixture()
        attempt(&fixture, 1)
        attempt(&fixture, 2, on: "cart")
        #expect(causes(fixture).map(\.id) == ["services 2"])
        attempt(&fixture, 3, on: "payments")
        #expect(level(fixture) == .commander)
        var cascade = Fixture()
        attempt(&cascade, 1, .failed)
        attempt(&cascade, 2, .succeeded, .worse)
        #expect(level(cascade) == .onCall, "one service")
        attempt(&cascade, 3, on: "cart", .failed)
        #expect(level(cascade) == .halt)
        #expect(causes(cascade).last?.reason.contains("emergency stop") == true)
    }

    @Test func workByHandCountsAsAService() {
        var fixture = Fixture()
        attempt(&fixture, 1)
        fixture.log(ActionManual(text: "x", action: "restart", target: "cart"))
        #expect(causes(fixture).map(\.id) == ["services 2"])
    }

    @Test func whatHelpedIsNoTry() {
        var fixture = Fixture()
        for number in 1...3 { attempt(&fixture, number, .succeeded, .effective) }
        #expect(causes(fixture).isEmpty)
    }

    @Test func theStopCallsOnCallAndCommanderOncePerSetting() {
        var fixture = Fixture()
        fixture.log(StopSet(reason: "power", paths: [], unreached: []))
        let first = causes(fixture)
        #expect(first.map(\.level) == [.onCall, .commander])
        fixture.log(StopSet(reason: "again", paths: [], unreached: []))
        #expect(causes(fixture).map(\.id) == first.map(\.id))
        fixture.log(StopCleared(reason: "ok"))
        #expect(causes(fixture).isEmpty)
        fixture.log(StopSet(reason: "power", paths: [], unreached: []))
        #expect(Set(causes(fixture).map(\.id)).isDisjoint(with: first.map(\.id)))
    }

    @Test func theBreakerCallsTheCommander() {
        var fixture = Fixture()
        fixture.log(BreakerOpened(reason: "two failed"))
        #expect(causes(fixture).map(\.level) == [.commander])
        fixture.log(BreakerClosed(reason: "mended"))
        #expect(causes(fixture).isEmpty)
    }

    @Test func anOldIncidentCallsNobody() {
        var fixture = Fixture()
        attempt(&fixture, 1, .failed)
        attempt(&fixture, 2, on: "cart", .failed)
        fixture.advance(.minutes(61))
        #expect(causes(fixture).isEmpty)
        var resolved = Fixture()
        attempt(&resolved, 1, .failed)
        resolved.log(IncidentResolved(unmet: [], overrideReason: nil))
        #expect(causes(resolved).isEmpty)
    }

    // MARK: whom

    private func call(_ fixture: Fixture, _ level: EscalationLadder.Level) -> EscalationRaised? {
        EscalationLadder.call(
            .init("attempt A1", level, "r", service: "checkout"), id: "E1",
            incident: fixture.incident, configuration: fixture.configuration)
    }

    @Test func withoutALadderTheServicesOnCallThenTheCommander() {
        var fixture = Fixture()
        fixture.configuration.services["checkout"]?.onCall = "payments-oncall"
        fixture.configuration.safety.people = [
            "payments-oncall": Person(user: "payments-oncall", rights: [], contact: "pager 7")
        ]
        fixture.log(RoleAssigned(role: .commander, person: "ops1"))
        let first = call(fixture, .onCall)
        #expect(first?.person == "payments-oncall" && first?.contact == "pager 7")
        #expect(first?.acknowledgeWithin == 300 && first?.place == 0)
        #expect(call(fixture, .commander)?.person == "ops1")
        guard let first else { return }
        let next = EscalationLadder.next(
            after: first, id: "E2", incident: fixture.incident,
            configuration: fixture.configuration)
        // The cause names an attempt that is not there: the incident's own service decides.
        #expect(next?.person == "ops1" && next?.rung == "IC" && next?.place == 1)
        guard let next else { return }
        #expect(
            EscalationLadder.next(
                after: next, id: "E3", incident: fixture.incident,
                configuration: fixture.configuration) == nil)
    }

    @Test func nobodyIsSaidAloud() {
        let fixture = Fixture()
        let call = call(fixture, .commander)
        #expect(call?.person == "" && call?.rung == "by hand")
        #expect(call?.reason.contains("nobody is configured: call somebody by hand") == true)
    }

    @Test func whereNoOnCallExistsItIsSkipped() {
        var fixture = Fixture()
        fixture.log(RoleAssigned(role: .commander, person: "ops1"))
        fixture.log(
            EnvironmentAnswered(environment: .production, hasTickets: true, hasOnCall: false))
        #expect(call(fixture, .onCall) == nil)
        #expect(call(fixture, .commander)?.person == "ops1")
        // A configured ladder is there whatever was answered.
        fixture.configuration.safety.escalation = [EscalationRung(name: "a", person: "p")]
        #expect(call(fixture, .onCall)?.person == "p")
    }

    @Test func theConfiguredLadderIsUsedFromTheRungThatIsMeant() {
        var fixture = Fixture()
        fixture.configuration.safety.escalation = [
            EscalationRung(name: "team", person: "t", acknowledgeWithin: .seconds(60)),
            EscalationRung(name: "on-call", person: "o"), EscalationRung(name: "IC", person: "i"),
            EscalationRung(name: "director", person: "d"),
        ]
        #expect(call(fixture, .onCall)?.person == "o")
        #expect(call(fixture, .commander)?.person == "i")
        #expect(call(fixture, .halt)?.person == "i")
        fixture.configuration.safety.escalation[1].name = "second line"
        #expect(call(fixture, .onCall)?.person == "t")
        #expect(call(fixture, .onCall)?.acknowledgeWithin == 60)
    }

    // MARK: timers

    @Test(arguments: [
        (300.0, 299.0, false), (300, 300, true), (.nan, 299, false), (.nan, 300, true),
        (.infinity, 301, true), (-5, 10, false), (0, 10, false), (60, 61, true),
    ])
    func theTimerIsOver(_ limit: Double, _ waited: Double, _ isOver: Bool) {
        var fixture = Fixture()
        fixture.log(
            EscalationRaised(
                id: "E1", rung: "on-call", place: 0, person: "p", contact: "", reason: "r",
                acknowledgeWithin: limit))
        let escalation = fixture.incident.escalations[0]
        fixture.advance(.seconds(waited))
        // No step of the wall clock matters within a boot.
        for step in [Duration.zero, .hours(-1), .hours(24)] {
            let now = ClockReading(wall: fixture.now.wall + step, boot: fixture.now.boot)
            #expect(
                EscalationLadder.isOverdue(escalation, now: now, bootID: fixture.bootID) == isOver)
        }
        var answered = escalation
        answered.acknowledgedBy = "p"
        #expect(!EscalationLadder.isOverdue(answered, now: fixture.now, bootID: fixture.bootID))
    }
}
