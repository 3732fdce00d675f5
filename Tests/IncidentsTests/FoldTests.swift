import Basics
import Incidents
import Testing

@Suite struct FoldTests {
    private func fold(
        _ payloads: [any EventPayload], by actor: Actor = Actor(uid: 1000, name: "ops1")
    )
        throws -> Incident
    {
        let events = payloads.enumerated().map { index, payload in
            let time = Samples.at + .seconds(index)
            return Event(
                sequence: UInt64(index + 1), time: time, entry: time,
                boot: BootTime(nanoseconds: Int64(index) * 1_000_000_000), bootID: "boot",
                actor: actor, payload: payload)
        }
        return Incident(id: try #require(IncidentID("INC-2041")), events: events)
    }

    private func opened() throws -> IncidentOpened {
        IncidentOpened(
            id: try #require(IncidentID("INC-2041")), title: "5xx", environment: .production,
            severity: .sev1, service: "checkout", startedAt: Samples.at - .seconds(600),
            unknowns: [], isDrill: false)
    }

    @Test func `opening sets what is declared`() throws {
        let incident = try fold([try opened()])
        #expect(incident.isOpen && incident.status == .active && incident.phase == .triage)
        #expect(incident.startedAt == Samples.at - .seconds(600))
        #expect(incident.span(.started, .acknowledged) == .seconds(600))
        #expect(incident.span(.started, .resolved) == nil)
        #expect(!incident.environmentAnswered)
    }

    @Test func `resolve, close and reopen`() throws {
        let resolved: [any EventPayload] = [
            try opened(), IncidentResolved(unmet: [], overrideReason: nil),
        ]
        let first = try fold(resolved)
        #expect(first.status == .resolved && first.phase == .harden)
        #expect(first.milestones[.resolved]?.at == Samples.at + .seconds(1))
        let closed = try fold(resolved + [IncidentClosed()])
        #expect(!closed.isOpen && closed.status == .closed)
        let again = try fold(resolved + [IncidentClosed(), IncidentReopened(reason: "relapse")])
        #expect(again.isOpen && again.resolution == nil && again.milestones[.resolved] == nil)
    }

    @Test func `notes are amended, not replaced in the journal`() throws {
        let incident = try fold([
            try opened(), NoteAdded(text: "a"), NoteAmended(sequence: 2, text: "b"),
            NoteAmended(sequence: 99, text: "c"),
        ])
        #expect(incident.notes.map(\.text) == ["b"])
        #expect(incident.notes.first?.author == "ops1")
        #expect(incident.lastSequence == 4)
    }

    @Test func `alerts fire and resolve by name and labels`() throws {
        let fire = AlertFiring(name: "A", labels: ["x": "1"], summary: "", value: 1)
        let other = AlertFiring(name: "A", labels: ["x": "2"], summary: "", value: 1)
        let incident = try fold([fire, other, AlertResolved(name: "A", labels: ["x": "1"])])
        #expect(incident.firingAlerts.keys.map(\.labels) == [["x": "2"]])
        #expect(incident.alertCount == 2)
        #expect(incident.lastNewAlert == Samples.at + .seconds(1))
    }

    @Test func `changes are kept once`() throws {
        let incident = try fold([Samples.change(), Samples.change(), Samples.change("next")])
        #expect(incident.changes.map(\.version) == ["4f2a91c", "next"])
        #expect(incident.latestChange(of: "payments") == nil)
        #expect(incident.latestChange(of: "checkout", before: Samples.at - .seconds(1)) == nil)
    }

    @Test func `hypotheses keep status, reason, pin and evidence`() throws {
        let evidence = EvidenceAdded(
            hypothesis: "h", text: "seen", supports: true, bits: 2, source: "log",
            at: Samples.at)
        let incident = try fold([
            HypothesisAdded(id: "h", statement: "s", origin: "operator"),
            HypothesisAdded(id: "h", statement: "other", origin: "data"), evidence,
            HypothesisStatusChanged(id: "h", status: .refuted, reason: "no"),
            HypothesisPinned(id: "h", isPinned: true),
            HypothesisPinned(id: "unknown", isPinned: true),
        ])
        let hypothesis = try #require(incident.hypotheses.first)
        #expect(incident.hypotheses.count == 1)
        #expect(hypothesis.statement == "s" && hypothesis.author == "ops1")
        #expect(hypothesis.status == .refuted && hypothesis.reason == "no")
        #expect(hypothesis.isPinned && hypothesis.evidence == [evidence])
    }

    private func approval(_ digest: String = "abc") -> MitigationApproved {
        MitigationApproved(
            proposal: "M1", digest: digest, approvalClass: .confirm, reviewed: [],
            reviewReason: nil)
    }

    @Test func `a mitigation from proposal to verdict`() throws {
        let incident = try fold([
            try opened(), Samples.proposal(), approval(), Samples.intent(),
            ActionStarted(attempt: "A1", step: 1, pid: 7),
            ActionSucceeded(attempt: "A1", seconds: 2),
            ActionJudged(attempt: "A1", verdict: .effective, detail: "d"),
        ])
        let mitigation = try #require(incident.mitigation("M1"))
        #expect(mitigation.state == .succeeded && mitigation.approver?.name == "ops1")
        let attempt = try #require(incident.attempts.first)
        #expect(attempt.outcome == .succeeded && attempt.verdict == .effective)
        #expect(incident.phase == .verify && incident.runningAttempt == nil)
        #expect(incident.undoCandidate?.proposal.id == "M1")
    }

    @Test func `an approval of something else approves nothing`() throws {
        let incident = try fold([Samples.proposal(), approval("other")])
        #expect(incident.mitigation("M1")?.state == .proposed)
    }

    @Test func `an unknown outcome must be looked at`() throws {
        let events: [any EventPayload] = [
            Samples.proposal(), approval(), Samples.intent(),
            ActionUnknown(attempt: "A1", detail: "the room ended"),
        ]
        #expect(try fold(events).unacknowledgedUnknowns.map(\.id) == ["A1"])
        let seen = try fold(events + [ActionAcknowledged(attempt: "A1", finding: "it ran")])
        #expect(seen.unacknowledgedUnknowns.isEmpty)
        #expect(seen.attempts.first?.outcome == .unknown)
    }

    @Test func `an undone action is no longer what undo names`() throws {
        var undo = Samples.proposal("M2")
        undo.rollbackOf = "M1"
        let incident = try fold([
            Samples.proposal(), approval(), Samples.intent(),
            ActionSucceeded(attempt: "A1", seconds: 1), undo, Samples.intent("M2", "A2"),
            ActionSucceeded(attempt: "A2", seconds: 1),
        ])
        #expect(incident.undoCandidate == nil)
    }

    @Test func `events that do not fit change nothing`() throws {
        let incident = try fold([
            ActionSucceeded(attempt: "A9", seconds: 1),
            MitigationDenied(proposal: "M9", reason: ""),
            UnknownPayload(name: "future.kind", json: "{}"),
        ])
        #expect(incident.mitigations.isEmpty && incident.lastSequence == 3)
    }

    @Test func `the emergency stop stays until it is cleared`() throws {
        let set = StopSet(reason: "r", paths: ["/run/x"], unreached: [])
        #expect(try fold([set]).stop != nil)
        #expect(try fold([set, StopCleared(reason: "ok")]).stop == nil)
    }
}
