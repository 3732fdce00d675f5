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
