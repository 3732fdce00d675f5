import Basics
import Canvas
import Diagnosis
import Incidents
import Room
import Safety
import Testing

@Suite struct ResolveTests {
    @Test func resolvesWhenAllSixHold() {
        var probe = RoomProbe()
        probe.observe(
            probe.observation(errorRatio: 0.001, conditions: .met(since: RoomProbe.start)))
        probe.run(.resolve)
        let resolved = probe.takeJournalled(IncidentResolved.self)
        #expect(resolved.count == 1)
        #expect(resolved.first?.overrideReason == nil)
        #expect(probe.model.incident.status == .resolved)
    }

    @Test(arguments: [
        StopCondition.State.unknown(reason: "no data"), .notMet(value: "7 %", target: "1 %"),
        .holding(since: RoomProbe.start, remaining: .seconds(5)),
    ])
    func staysLockedOtherwise(_ state: StopCondition.State) {
        var probe = RoomProbe()
        probe.observe(probe.observation(errorRatio: 0.001, conditions: state))
        probe.run(.resolve)
        #expect(probe.takeJournalled(IncidentResolved.self).isEmpty)
        probe.press(.enter)
        #expect(probe.takeJournalled(IncidentResolved.self).isEmpty)
        probe.type("customers confirm")
        probe.press(.enter)
        let resolved = probe.takeJournalled(IncidentResolved.self)
        #expect(resolved.first?.overrideReason == "customers confirm")
        #expect(resolved.first?.unmet.count == 6)
    }

    @Test func nothingEvaluatedIsLocked() {
        var probe = RoomProbe()
        probe.run(.resolve)
        #expect(probe.takeJournalled(IncidentResolved.self).isEmpty)
        #expect(probe.model.incident.status == .active)
    }

    @Test func onlyTheCommanderOverrides() {
        var probe = RoomProbe(actor: Actor(uid: 1001, name: "ops2"))
        probe.run(.resolve, "I think so")
        #expect(probe.takeJournalled(IncidentResolved.self).isEmpty)
        #expect(probe.model.toast?.text == "only the IC (ops1) overrides")
    }

    // MARK: Milestones and verdicts

    @Test func milestonesAreJournalledOnce() {
        var probe = RoomProbe()
        var observation = probe.observation(errorRatio: 0.07)
        observation.situation.onset = RoomProbe.start - .seconds(300)
        var found: [Milestone] = []
        for _ in 0..<3 {
            probe.advance(.seconds(15))
            probe.observe(observation)
            found += probe.takeJournalled(MilestoneSet.self).map(\.milestone)
        }
        #expect(found.sorted { $0.rawValue < $1.rawValue } == [.detected, .started])
    }

    @Test(arguments: [(0.001, Verdict.effective), (0.07, .ineffective), (0.2, .worse)])
    func attemptsAreJudgedOnce(after: Double, verdict: Verdict) {
        var probe = RoomProbe()
        probe.observe(probe.observation(errorRatio: 0.07))
        let proposal = probe.proposal(RoomProbe.flag, id: "M1")
        probe.record(proposal)
        probe.record(
            MitigationApproved(
                proposal: "M1", digest: proposal.digest, approvalClass: .yes, reviewed: [],
                reviewReason: nil))
        probe.record(
            ActionIntent(
                proposal: "M1", attempt: "A1", action: "disable-flag", target: "checkout",
                environment: .production, steps: proposal.steps, digest: proposal.digest,
                rollbackOf: nil, executables: []))
        probe.record(ActionSucceeded(attempt: "A1", seconds: 0.1))
        _ = probe.takeEffects()
        probe.advance(.seconds(301))
        probe.observe(probe.observation(errorRatio: after))
        probe.advance(.seconds(15))
        probe.observe(probe.observation(errorRatio: after))
        #expect(probe.takeJournalled(ActionJudged.self).map(\.verdict) == [verdict])
        let isMitigated = probe.model.incident.milestones[.mitigated] != nil
        #expect(isMitigated == (verdict == .effective))
    }

    // MARK: Emergency stop

    @Test func theStopNeedsNoQuestion() {
        var probe = RoomProbe()
        probe.run(.stop)
        guard case .setStop(let reason)? = probe.takeEffects().first else {
            Issue.record("no stop was set")
            return
        }
        #expect(reason == "set by ops1")
    }

    @Test func aStopFileIsLatchedOnce() {
        var probe = RoomProbe()
        probe.send(.stopFiles([RoomProbe.present]))
        probe.send(.stopFiles([RoomProbe.present]))
        #expect(probe.takeJournalled(StopSet.self).count == 1)
        #expect(probe.model.nextStep.isUrgent)
    }

    @Test func clearingAsksForAReasonAndTheCommander() {
        var probe = RoomProbe()
        probe.send(.stopFiles([RoomProbe.present]))
        _ = probe.takeEffects()
        probe.run(.clearStop)
        probe.type("checked by hand")
        probe.press(.enter)
        guard case .clearStop(let reason)? = probe.takeEffects().first else {
            Issue.record("nothing was cleared")
            return
        }
        #expect(reason == "checked by hand")
        var other = RoomProbe(actor: Actor(uid: 1001, name: "ops2"))
        other.send(.stopFiles([RoomProbe.present]))
        #expect(!other.model.availability(of: .clearStop).isEnabled)
    }
}
