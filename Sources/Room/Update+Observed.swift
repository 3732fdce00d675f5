import Basics
import Diagnosis
import Feeds
import Incidents
import Playbooks
import Safety

extension Model {
    mutating func observe(_ findings: Findings) -> [Effect] {
        observation = findings.observation
        feeds = findings.feeds
        logs.take(findings.feeds)
        planned = findings.planned
        minutes = findings.minutes
        evaluateGates()
        revokeCardIfNoLongerAllowed()
        prefillDeclaration()
        // The record of what is closed stays closed; what people write there is their own decision.
        guard canWrite, ![.closed, .cancelled, .merged].contains(incident.status) else { return [] }
        var drafts = findings.observation.findings.map {
            Self.automatic($0.payload, at: $0.time)
        }
        drafts += newMilestones(findings.observation)
        drafts += judgements(findings.observation)
        drafts += situationToRecord(findings.observation)
        let guarding = watchRollbacks()
        return (drafts.isEmpty ? [] : [.journal(drafts, sync: false)]) + guarding
    }

    private static func automatic(_ payload: any EventPayload, at time: Timestamp?) -> EventDraft {
        EventDraft(payload, at: time, by: .automation)
    }

    // MARK: Gates

    private mutating func evaluateGates() {
        gateReports = [:]
        for item in planned {
            guard let proposal = item.proposal else { continue }
            gateReports[item.advice.id] = gates(for: proposal, stage: .proposal)
        }
        for mitigation in incident.mitigations where mitigation.state == .proposed {
            gateReports[mitigation.proposal.id] = gates(
                for: mitigation.proposal, stage: .proposal)
        }
    }

    private mutating func revokeCardIfNoLongerAllowed() {
        guard case .card(var card) = overlay, card.revoked == nil, !card.isSubmitted else { return }
        let report = gates(for: card.proposal, stage: .approval)
        if let blocked = report.blocked.first, !card.gates.blocked.contains(blocked) {
            card.revoked = blocked.reason
        } else if incident.mitigation(card.proposal.id)?.state == .expired {
            card.revoked = "the proposal expired"
        }
        overlay = .card(card)
    }

    // MARK: Milestones

    private mutating func newMilestones(_ observation: Observation) -> [EventDraft] {
        var drafts: [EventDraft] = []
        func set(_ milestone: Milestone, _ time: Timestamp, _ source: String) {
            guard incident.milestones[milestone] == nil,
                pendingMilestones.insert(milestone).inserted
            else { return }
            drafts.append(
                Self.automatic(
                    MilestoneSet(milestone: milestone, at: time, source: source), at: time))
        }
        if let onset = observation.situation.onset {
            // The estimate needs a sustained departure; what was detected cannot have begun later.
            let detected = incident.milestones[.detected]?.at ?? onset
            set(
                .started, min(onset, detected),
                "estimated from \(mainSignal?.definition.name ?? "the signals")")
        }
        if let alert = observation.alerts.first(where: \.isFiring) {
            set(.detected, alert.since, "alert \(alert.name)")
        } else if isHurting {
            set(.detected, observation.time, "signal out of its band")
        }
        return drafts
    }

    // MARK: Verdicts

    /// How long an action may take to show its effect.
    package static let watchWindow: Duration = .seconds(5 * 60)
    /// How long a clear improvement is given to finish: rates look five minutes back.
    package static let improvingWindow: Duration = .seconds(10 * 60)

    /// Longer ago, what is measured says nothing about the action: the room was closed meanwhile.
    package static let verdictMax: Duration = .seconds(30 * 60)

    /// Judges every finished attempt once: effective when the main signal is back in its band,
    /// worse when it stays over 1.1 times what it was, ineffective when the watch window ends.
    private mutating func judgements(_ observation: Observation) -> [EventDraft] {
        var drafts: [EventDraft] = []
        for attempt in incident.attempts
        where attempt.outcome == .succeeded && attempt.verdict == nil
            && !judgedAttempts.contains(attempt.id)
        {
            guard let ended = attempt.endedAt,
                let judged = judge(attempt, ended: ended, observation)
            else { continue }
            judgedAttempts.insert(attempt.id)
            drafts.append(Self.automatic(judged, at: observation.time))
            drafts += mitigatedIfEffective(judged, observation.time)
        }
        return drafts
    }

    private func judge(
        _ attempt: Mitigation.Attempt, ended: Timestamp, _ observation: Observation
    ) -> ActionJudged? {
        let waited = observation.time - ended
        guard waited <= Self.verdictMax else {
            return ActionJudged(
                attempt: attempt.id, verdict: .inconclusive,
                detail: "nobody watched: the room was closed until \(TimeText.span(waited)) later")
        }
        guard let signal = mainSignal, let value = signal.value, let bad = signal.isBad else {
            guard waited > Self.watchWindow else { return nil }
            return ActionJudged(
                attempt: attempt.id, verdict: .inconclusive,
                detail: "no data of the main signal for \(TimeText.span(waited))")
        }
        let now = signal.text(value)
        if !bad {
            return ActionJudged(
                attempt: attempt.id, verdict: .effective,
                detail: "\(signal.definition.name) \(now) is back in its band after "
                    + TimeText.span(waited))
        }
        let before = valueBefore[attempt.id]
        let window = isImproving(signal, value, before) ? Self.improvingWindow : Self.watchWindow
        guard waited > window else { return nil }
        let isWorse = before.map { value > $0 * 1.1 } ?? false
        return ActionJudged(
            attempt: attempt.id, verdict: isWorse ? .worse : .ineffective,
            detail: "\(signal.definition.name) \(now) "
                + (before.map { "was \(signal.text($0)) before, " } ?? "")
                + "still out of its band after \(TimeText.span(waited))")
    }

    /// At least half of the way back into the band.
    private func isImproving(_ signal: SignalState, _ value: Double, _ before: Double?) -> Bool {
        guard let before, let edge = signal.baseline?.bandEdge, before > edge else { return false }
        return before - value >= 0.5 * (before - edge)
    }

    private mutating func mitigatedIfEffective(_ judged: ActionJudged, _ time: Timestamp)
        -> [EventDraft]
    {
        guard judged.verdict == .effective, incident.milestones[.mitigated] == nil,
            pendingMilestones.insert(.mitigated).inserted
        else { return [] }
        let milestone = MilestoneSet(
            milestone: .mitigated, at: time, source: "\(judged.attempt) effective")
        let status = StatusChanged(status: .mitigated, reason: judged.detail)
        return [Self.automatic(milestone, at: time), Self.automatic(status, at: time)]
    }

    // MARK: Declaration

    private mutating func prefillDeclaration() {
        guard case .declaration(var form) = overlay, let observation else { return }
        let situation = observation.situation
        form.prefill(.what, situation.what ?? "")
        form.prefill(.service, situation.affectedService ?? "")
        form.prefill(.since, situation.onset.map { TimeText.rfc3339($0) } ?? "")
        overlay = .declaration(form)
    }
}
