import Basics
import Diagnosis
import Feeds
import Incidents
import Playbooks
import Testing

@testable import Room

@Suite("Verdicts")
struct VerdictTests {
    /// A room in which the flag was run on checkout while the error ratio was `before`.
    private func room(before: Double? = 0.08, verify: [String] = []) -> RoomProbe {
        var probe = RoomProbe()
        var flag = RoomProbe.flag
        flag.verify = verify
        probe.model.configuration.actions[flag.id] = flag
        probe.observe(probe.observation(errorRatio: before))
        let proposal = probe.proposal(flag, id: "M1")
        probe.record(proposal)
        probe.record(
            ActionIntent(
                proposal: "M1", attempt: "A1", action: flag.id, target: "checkout",
                environment: .production, steps: proposal.steps, digest: proposal.digest,
                rollbackOf: nil, executables: []))
        probe.observe(probe.observation(errorRatio: before))
        probe.record(ActionSucceeded(attempt: "A1", seconds: 1))
        _ = probe.takeEffects()
        return probe
    }

    private func verdict(_ probe: RoomProbe, _ id: String = "A1") -> Verdict? {
        probe.model.incident.attempts.first { $0.id == id }?.verdict
            ?? probe.model.incident.manualActions.first { $0.id == id }?.verdict
    }

    private func reopened(_ probe: RoomProbe) -> RoomProbe {
        var probe = probe
        var model = Model(
            incident: probe.model.incident, access: .writer,
            configuration: probe.model.configuration, actor: probe.model.actor,
            now: probe.model.now, bootID: RoomProbe.bootID, size: probe.model.size)
        model.stopFiles = probe.model.stopFiles
        probe.model = model
        return probe
    }

    @Test func backInItsBandIsEffective() {
        var probe = room()
        probe.advance(.seconds(60))
        probe.observe(probe.observation(errorRatio: 0.001))
        #expect(verdict(probe) == .effective)
    }

    @Test func theWindowDecides() {
        var probe = room()
        probe.advance(.seconds(290))
        probe.observe(probe.observation(errorRatio: 0.08))
        #expect(verdict(probe) == nil)
        probe.advance(.seconds(20))
        probe.observe(probe.observation(errorRatio: 0.08))
        #expect(verdict(probe) == .ineffective)
        var worse = room()
        worse.advance(.seconds(310))
        worse.observe(worse.observation(errorRatio: 0.2))
        #expect(verdict(worse) == .worse)
    }

    /// What was before comes from the record, not from the memory of a room that is gone.
    @Test func theValueBeforeSurvivesARestart() throws {
        var probe = reopened(room())
        #expect(probe.model.valueBefore.isEmpty)
        let recorded = try #require(
            probe.model.incident.situations.last { $0.before == ["A1"] })
        #expect(recorded.signals.first?.number == 0.08)
        probe.advance(.seconds(310))
        probe.observe(probe.observation(errorRatio: 0.2))
        #expect(verdict(probe) == .worse)
        let detail = probe.model.incident.attempts.first?.verdictDetail
        #expect(detail?.contains("was 8 % before") == true, "\(detail ?? "")")
    }

    /// Nothing was observed while it ran.
    private func quickly(verify: [String] = []) -> RoomProbe {
        var probe = RoomProbe()
        var flag = RoomProbe.flag
        flag.verify = verify
        probe.model.configuration.actions[flag.id] = flag
        probe.observe(probe.observation(errorRatio: 0.001))
        let proposal = probe.proposal(flag, id: "M1")
        probe.record(proposal)
        probe.record(
            ActionIntent(
                proposal: "M1", attempt: "A1", action: flag.id, target: "checkout",
                environment: .production, steps: proposal.steps, digest: proposal.digest,
                rollbackOf: nil, executables: []))
        probe.record(ActionSucceeded(attempt: "A1", seconds: 0.1))
        probe.observe(probe.observation(errorRatio: 0.001))
        return probe
    }

    @Test func aQuickActionOnWhatWasNeverBadProvesNothing() {
        var probe = quickly()
        #expect(verdict(probe) == nil)
        probe.advance(.seconds(1))
        probe.observe(probe.observation(errorRatio: 0.001))
        #expect(verdict(probe) == nil)
        probe.advance(.seconds(300))
        probe.observe(probe.observation(errorRatio: 0.001))
        #expect(verdict(probe) == .inconclusive)
    }

    @Test func aLimitThatWasKeptBeforeProvesNothing() {
        var probe = quickly(verify: ["error_ratio below 5% within 2m"])
        probe.advance(.seconds(10))
        probe.observe(probe.observation(errorRatio: 0.001))
        #expect(verdict(probe) == nil)
        probe.advance(.seconds(120))
        probe.observe(probe.observation(errorRatio: 0.001))
        #expect(verdict(probe) == .inconclusive)
    }

    @Test func whatWasNeverBadProvesNothing() {
        var probe = room(before: 0.001)
        probe.advance(.seconds(60))
        probe.observe(probe.observation(errorRatio: 0.001))
        #expect(verdict(probe) == nil)
        probe.advance(.seconds(260))
        probe.observe(probe.observation(errorRatio: 0.001))
        #expect(verdict(probe) == .inconclusive)
    }

    @Test func noDataIsInconclusive() {
        var probe = room()
        probe.advance(.seconds(310))
        probe.observe(probe.observation())
        #expect(verdict(probe) == .inconclusive)
        var closed = room()
        closed.advance(.seconds(31 * 60))
        closed.observe(closed.observation(errorRatio: 0.001))
        #expect(verdict(closed) == .inconclusive)
    }

    @Test func whatIsExpectedIsRead() {
        #expect(Expectation("error_ratio at baseline within 5m")?.window == .seconds(300))
        #expect(Expectation("error_ratio at baseline")?.condition == .atBaseline)
        #expect(Expectation("error_ratio < 1% within 90s")?.condition == .below(0.01))
        #expect(Expectation("latency_p99 below 400ms")?.condition == .below(0.4))
        #expect(Expectation("traffic above 100 within 10m")?.condition == .above(100))
        for sentence in [
            "", "look at the logs", "error_ratio at baseline within soon", "error_ratio < many",
            "error_ratio is fine", "error_ratio < nan", "error_ratio at baseline within 0",
        ] {
            #expect(Expectation(sentence) == nil, "\(sentence)")
        }
    }

    /// Its own words, its own window.
    @Test func theActionSaysWhatItShouldDo() {
        var probe = room(verify: ["error_ratio < 5% within 2m", "somebody looks at it"])
        probe.advance(.seconds(60))
        probe.observe(probe.observation(errorRatio: 0.049))
        #expect(verdict(probe) == .effective, "still out of its band, and as expected")
        var late = room(verify: ["error_ratio < 5% within 2m"])
        late.advance(.seconds(125))
        late.observe(late.observation(errorRatio: 0.08))
        #expect(verdict(late) == .ineffective)
        var unknown = room(verify: ["queue_depth < 10 within 2m"])
        unknown.advance(.seconds(125))
        unknown.observe(unknown.observation(errorRatio: 0.001))
        #expect(verdict(unknown) == .inconclusive, "no data is never a pass")
        var both = room(verify: ["error_ratio < 5%", "error_ratio < 1%"])
        both.advance(.seconds(60))
        both.observe(both.observation(errorRatio: 0.03))
        #expect(verdict(both) == nil, "all of it is expected")
    }

    @Test func workByHandIsJudgedToo() throws {
        var probe = RoomProbe()
        probe.observe(probe.observation(errorRatio: 0.08))
        probe.send(.command(.byHand, argument: "disable-flag on checkout"))
        #expect(probe.model.incident.manualActions.map(\.id) == ["H1"])
        probe.observe(probe.observation(errorRatio: 0.08))
        probe = reopened(probe)
        probe.advance(.seconds(310))
        probe.observe(probe.observation(errorRatio: 0.2))
        #expect(verdict(probe, "H1") == .worse)
        probe.send(.command(.byHand, argument: "restarted it"))
        #expect(probe.model.incident.manualActions.map(\.id) == ["H1", "H2"])
        probe.advance(.seconds(60))
        probe.observe(probe.observation(errorRatio: 0.001))
        #expect(verdict(probe, "H2") == .effective)
    }

    /// The guarded rule counts; what it found is the verdict.
    @Test func theGuardedRuleIsAVerdict() {
        var probe = room()
        probe.record(
            RollbackArmed(proposal: "M1", baseline: [], errors: "e", requests: "r"))
        probe.record(RollbackJudged(proposal: "M1", finding: .worse, detail: "5 % and 6 %"))
        probe.observe(probe.observation(errorRatio: 0.08))
        #expect(verdict(probe) == .worse)
    }
}
