import Basics
import Diagnosis
import Feeds
import Incidents
import Playbooks
import Safety
import Testing

@testable import Room

/// A room in which M1 was approved, armed and run on checkout, and which counts minutes.
private struct WatchedRoom {
    var probe: RoomProbe
    /// By the minute's end.
    var counted: [Timestamp: MinuteCounts.Minute] = [:]
    var errors = "sum(rate(e[5m]))"
    var sources = ["dumps/a.prom"]
    var problem = ""

    static let baseline = (-30 ... -1).map {
        RecordedMinute(index: $0, errors: 3, requests: 300, isComplete: true)
    }

    init(
        environment: DeploymentEnvironment = .production, severity: Severity = .sev1,
        outcome: any EventPayload = ActionSucceeded(attempt: "A1", seconds: 1)
    ) {
        probe = RoomProbe(environment: environment)
        probe.record(SeverityChanged(severity: severity, reason: "test"))
        let proposal = probe.proposal(RoomProbe.flag, id: "M1")
        probe.record(proposal)
        probe.record(
            RollbackArmed(
                proposal: "M1", baseline: Self.baseline, errors: errors, requests: "r",
                sources: sources))
        probe.record(
            MitigationApproved(
                proposal: "M1", digest: proposal.digest, approvalClass: .yes, reviewed: [],
                reviewReason: nil))
        run("A1", proposal)
        probe.record(outcome)
        _ = probe.takeEffects()
    }

    mutating func run(_ attempt: String, _ proposal: MitigationProposed) {
        probe.record(
            ActionIntent(
                proposal: proposal.id, attempt: attempt, action: proposal.action,
                target: proposal.target, environment: proposal.environment, steps: proposal.steps,
                digest: proposal.digest, rollbackOf: proposal.rollbackOf, executables: []))
    }

    /// Lets a minute go by in which so many failed.
    mutating func minute(_ errors: Double, of requests: Double = 300, isComplete: Bool = true) {
        let end = probe.model.now.wall.minuteStart + .seconds(60)
        counted[end] = MinuteCounts.Minute(
            end: end, errors: errors, requests: requests, isComplete: isComplete)
        probe.advance(.seconds(60))
        look()
    }

    mutating func unseenMinute() {
        probe.advance(.seconds(60))
        look()
    }

    /// Minutes, finding and effect each need what came before them in the record.
    mutating func look() { for _ in 0..<3 { observe() } }

    mutating func observe() {
        var findings = Findings(
            observation: probe.observation(), feeds: FeedSnapshot(), planned: [])
        findings.minutes = counts
        probe.send(.observed(findings))
    }

    var counts: MinuteCounts {
        var counts = MinuteCounts(
            minutes: counted.values.sorted { $0.end < $1.end }, errors: errors, requests: "r",
            problem: problem)
        counts.sources = sources
        return counts
    }

    /// The same record in a room that was opened anew.
    mutating func reopen() {
        var model = Model(
            incident: probe.model.incident, access: .writer,
            configuration: probe.model.configuration, actor: probe.model.actor,
            now: probe.model.now, bootID: RoomProbe.bootID, size: probe.model.size)
        model.stopFiles = probe.model.stopFiles
        probe.model = model
    }

    var watch: RollbackWatch {
        guard let watch = probe.model.incident.rollbackWatches["M1"] else {
            preconditionFailure("M1 was armed")
        }
        return watch
    }
    var finding: RollbackJudged.Finding? { watch.judged?.finding }

    /// The automatic rollbacks asked for since the last look.
    mutating func fired() -> [String] {
        probe.takeEffects().compactMap {
            if case .rollBackAutomatically(let proposal) = $0 { proposal } else { nil }
        }
    }
}

@Suite("Watching for a rollback")
struct RollbackWatchTests {
    @Test func harmFiresOnce() {
        var room = WatchedRoom()
        room.minute(30)
        #expect(room.watch.minutes.isEmpty, "the minute of the change is not judged")
        room.minute(15)
        #expect(room.watch.minutes.map(\.index) == [1])
        #expect(room.finding == nil && room.fired().isEmpty)
        room.minute(15)
        #expect(room.finding == .worse)
        #expect(room.fired() == ["M1"])
        #expect(room.probe.model.rollbackQuestion?.finding == .worse)
        room.minute(15)
        room.minute(1)
        #expect(room.fired().isEmpty)
        #expect(room.finding == .worse, "harm does not become harmless")
    }

    @Test func aQuietServiceIsWatchedAndLeftAlone() {
        var room = WatchedRoom()
        guard case .armed("M1", let until?) = room.probe.model.armingState else {
            Issue.record("\(room.probe.model.armingState)")
            return
        }
        #expect(until == room.probe.model.now.wall.minuteStart + .seconds(16 * 60))
        for errors in [3.0, 4, 2, 5, 3, 1, 3, 4, 3, 2, 3, 3, 3, 4, 2, 3] { room.minute(errors) }
        #expect(room.watch.minutes.map(\.index) == Array(1...15))
        #expect(room.watch.isArmed)
        room.minute(3)
        #expect(room.watch.disarmed == "watched for 15 min: not worse")
        #expect(room.watch.minutes.count == 15)
        #expect(room.fired().isEmpty)
        #expect(room.probe.model.rollbackQuestion == nil)
    }

    @Test func theRecordIsEnoughToGoOn() {
        var room = WatchedRoom()
        room.minute(3)
        room.minute(15)
        room.reopen()
        room.minute(15)
        #expect(room.watch.minutes.map(\.index) == [1, 2])
        #expect(room.fired() == ["M1"])
        // It died before the way back was proposed: the next room asks once more.
        room.reopen()
        room.look()
        #expect(room.fired() == ["M1"])
        // It was proposed: that is never done twice.
        var undo = room.probe.proposal(RoomProbe.flag, id: "M2")
        undo.rollbackOf = "M1"
        room.probe.record(undo)
        room.reopen()
        room.observe()
        #expect(room.fired().isEmpty)
    }

    @Test func minutesThatEndedWhileNoRoomWasOpenAreCaughtUp() {
        var room = WatchedRoom()
        room.minute(3)
        room.reopen()
        for errors in [3.0, 15, 15] {
            let end = room.probe.model.now.wall.minuteStart + .seconds(60)
            room.counted[end] = MinuteCounts.Minute(
                end: end, errors: errors, requests: 300, isComplete: true)
            room.probe.advance(.seconds(60))
        }
        room.look()
        #expect(room.watch.minutes.map(\.errors) == [3, 15, 15])
        #expect(room.fired() == ["M1"])
    }

    @Test("N60: minutes that were not seen, or not whole, never trigger, and two of them ask")
    func doubtAsks() {
        var room = WatchedRoom()
        room.minute(3)
        room.minute(100, isComplete: false)
        room.minute(100)
        #expect(room.finding == nil)
        room.minute(100, isComplete: false)
        #expect(room.finding == .inconclusive)
        #expect(room.probe.model.rollbackQuestion?.keys == "r undoes it")
        #expect(room.fired().isEmpty)
        // It clears by itself once two adjacent minutes were seen.
        room.minute(3)
        room.minute(3)
        #expect(room.finding == .notWorse)
        #expect(room.probe.model.rollbackQuestion == nil)
    }

    @Test("N60: a minute that nobody counted is a minute that was not seen")
    func silenceAsks() {
        var room = WatchedRoom()
        room.minute(3)
        for _ in 0..<3 { room.unseenMinute() }
        #expect(room.watch.minutes.map(\.isComplete) == [false, false])
        #expect(room.finding == .inconclusive)
        #expect(room.fired().isEmpty)
    }

    @Test("N61: no requests after the change ask, and never roll back")
    func vanishedRequestsAsk() {
        var room = WatchedRoom()
        room.minute(3)
        for _ in 0..<4 { room.minute(0, of: 0) }
        #expect(room.finding == .ask)
        #expect(room.fired().isEmpty)
        #expect(room.probe.model.rollbackQuestion?.text.contains("dead service") == true)
    }

    @Test("N63: another action on the same service ends the watch")
    func anotherActionDisarms() {
        var room = WatchedRoom()
        room.minute(3)
        let other = room.probe.proposal(RoomProbe.untested, id: "M2")
        room.probe.record(other)
        room.run("A2", other)
        room.minute(15)
        #expect(room.watch.disarmed?.hasPrefix("A2 untested on checkout since") == true)
        room.minute(15)
        #expect(room.fired().isEmpty)
    }

    @Test("N63: work by hand on the same service ends the watch")
    func workByHandDisarms() {
        var room = WatchedRoom()
        room.minute(3)
        room.probe.record(
            ActionManual(text: "restarted", action: nil, target: "checkout", id: "H1"))
        room.minute(15)
        room.minute(15)
        #expect(room.watch.disarmed?.hasPrefix("work by hand on checkout") == true)
        #expect(room.fired().isEmpty)
        // On another service it is none of this action's business.
        var second = WatchedRoom()
        second.minute(3)
        second.probe.record(ActionManual(text: "x", action: nil, target: "cart", id: "H1"))
        second.minute(15)
        second.minute(15)
        #expect(second.fired() == ["M1"])
    }

    @Test("N63: what is undone is not watched, and what was proposed once is not proposed again")
    func anUndoEndsIt() {
        var room = WatchedRoom()
        room.minute(3)
        var undo = room.probe.proposal(RoomProbe.flag, id: "M2")
        undo.rollbackOf = "M1"
        room.probe.record(undo)
        room.minute(15)
        room.minute(15)
        #expect(room.finding == .worse && room.fired().isEmpty)
        #expect(AutomaticRollback.refusal(of: "M1", in: room.probe.model.incident) != nil)
        #expect(room.probe.model.rollbackQuestion?.text.contains("not rolled back") == true)
        room.run("A2", undo)
        room.minute(15)
        #expect(room.watch.disarmed == "M2 undoes it")
    }

    @Test("N63: nothing is undone while another action runs, after a disarming, or twice")
    func whatIsRefused() {
        var room = WatchedRoom()
        func refusal() -> String? {
            AutomaticRollback.refusal(of: "M1", in: room.probe.model.incident)
        }
        #expect(refusal() == "the guarded rule has not fired")
        room.minute(3)
        room.minute(15)
        room.minute(15)
        #expect(refusal() == nil)
        #expect(AutomaticRollback.refusal(of: "M9", in: room.probe.model.incident) != nil)
        room.probe.record(BreakerOpened(reason: "two in a row"))
        #expect(refusal()?.contains("breaker") == true)
        room.probe.record(BreakerClosed(reason: "looked"))
        let other = room.probe.proposal(RoomProbe.untested, id: "M2")
        room.probe.record(other)
        room.run("A2", other)
        #expect(refusal()?.contains("A2") == true)
        room.probe.record(ActionSucceeded(attempt: "A2", seconds: 1))
        room.probe.record(RollbackDisarmed(proposal: "M1", reason: "test"))
        #expect(refusal() == "it is not armed any more: test")
    }

    @Test("N64: other expressions or other sources than at the approval are inconclusive")
    func aSwitchedSourceIsInconclusive() {
        var room = WatchedRoom()
        room.minute(3)
        room.minute(15)
        room.errors = "sum(rate(other[5m]))"
        room.minute(15)
        #expect(room.finding == .inconclusive)
        #expect(room.watch.minutes.map(\.isComplete) == [true, false])
        room.minute(15)
        #expect(room.fired().isEmpty)

        var redirected = WatchedRoom()
        redirected.minute(3)
        redirected.minute(15)
        redirected.sources = ["dumps/b.prom"]
        redirected.minute(15)
        redirected.minute(15)
        #expect(redirected.finding == .inconclusive)
        #expect(redirected.watch.judged?.detail.contains("none of the sources") == true)
        #expect(redirected.fired().isEmpty)

        var broken = WatchedRoom()
        broken.minute(3)
        broken.problem = "no source delivers e"
        broken.minute(15)
        #expect(broken.watch.judged?.detail == "no source delivers e")
    }

    /// SEV3: a person decides about rollbacks in production.
    @Test func theSeverityMayAsk() {
        var room = WatchedRoom(severity: .sev3)
        for errors in [3.0, 15, 15, 15] { room.minute(errors) }
        #expect(room.finding == .ask && room.fired().isEmpty)
        var staging = WatchedRoom(environment: .staging, severity: .sev3)
        for errors in [3.0, 15, 15] { staging.minute(errors) }
        #expect(staging.fired() == ["M1"])
    }

    @Test func aFailedActionIsAPersonsDecision() {
        var room = WatchedRoom(outcome: ActionFailed(attempt: "A1", detail: "exit 1"))
        room.minute(15)
        #expect(room.watch.disarmed?.hasPrefix("A1 ended as failed") == true)
        for _ in 0..<4 { room.minute(30) }
        #expect(room.fired().isEmpty)
    }

    @Test func resolvingDisarms() {
        var room = WatchedRoom()
        room.minute(3)
        room.probe.record(IncidentResolved(unmet: [], overrideReason: nil))
        for _ in 0..<3 { room.minute(30) }
        #expect(room.watch.disarmed == "the incident is resolved")
        #expect(room.fired().isEmpty)
    }

    @Test func theHeaderSaysHowFarItIs() {
        var room = WatchedRoom()
        room.probe.record(RollbackDisarmed(proposal: "M1", reason: "test"))
        #expect(room.probe.model.armingState == .notArmed("M1: test"))
        var fresh = RoomProbe()
        #expect(fresh.model.armingState == .notArmed("nothing is counted yet"))
        func counted(_ count: Int, problem: String = "") -> Findings {
            let start = fresh.model.now.wall.minuteStart
            var findings = Findings(
                observation: fresh.observation(), feeds: FeedSnapshot(), planned: [])
            findings.minutes = MinuteCounts(
                minutes: (0..<count).map {
                    MinuteCounts.Minute(
                        end: start + .seconds(-60 * $0), errors: 1, requests: 60, isComplete: true)
                }, errors: "e", requests: "r", problem: problem)
            return findings
        }
        fresh.send(.observed(counted(2)))
        #expect(fresh.model.armingState.text == "auto-rollback not armed: 2 of 5 min")
        fresh.send(.observed(counted(5)))
        #expect(fresh.model.armingState == .ready(minutes: 5))
        fresh.send(.observed(counted(40)))
        #expect(fresh.model.armingState == .ready(minutes: 30))
        fresh.send(.observed(counted(40, problem: "no error ratio is bound")))
        #expect(fresh.model.armingState == .notArmed("no error ratio is bound"))
    }

    @Test func theBaselineIsWhatWasBefore() {
        let now = RoomProbe.start
        let counts = MinuteCounts(
            minutes: (-40...1).map {
                MinuteCounts.Minute(
                    end: now.minuteStart + .seconds(60 * $0), errors: Double($0 + 100),
                    requests: 300, isComplete: true)
            }, errors: "e", requests: "r")
        let baseline = counts.baseline(before: now)
        #expect(baseline.map(\.index) == Array(-30 ... -1))
        #expect(baseline.last?.errors == 100, "the minute that ended where this one began")
    }
}
