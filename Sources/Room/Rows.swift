import Basics
import Diagnosis
import Feeds
import Incidents
import Playbooks

/// A row of the mitigations pane.
package struct MitigationRow: Sendable, Hashable, Identifiable {
    package enum Content: Sendable, Hashable {
        case planned(PlannedMitigation)
        case proposal(Mitigation)
        case doNothing(String)
    }
    package var id: String
    package var content: Content
}

extension Model {
    /// What waits first, then what is watched, then what a playbook advises, then doing nothing,
    /// then what is over.
    package var mitigationRows: [MitigationRow] {
        let open = incident.mitigations.filter { !$0.isOver }
        let inWatch = watched?.mitigation.proposal.id
        let over = incident.mitigations.filter { $0.isOver && $0.proposal.id != inWatch }.reversed()
        let openKeys = Set(open.map { $0.proposal.action + "@" + $0.proposal.target })
        let advised = planned.filter {
            !openKeys.contains($0.advice.action + "@" + $0.advice.target)
                && !isInEffect($0.advice.action, on: $0.advice.target)
        }
        let answering = advised.filter(answersLeader) + advised.filter { !answersLeader($0) }
        var rows = open.map { MitigationRow(id: $0.proposal.id, content: .proposal($0)) }
        if let watched {
            rows.append(MitigationRow(id: inWatch ?? "", content: .proposal(watched.mitigation)))
        }
        rows += answering.map { MitigationRow(id: $0.advice.id, content: .planned($0)) }
        let cost = observation?.situation.doNothing ?? ""
        rows.append(MitigationRow(id: "do-nothing", content: .doNothing(cost)))
        rows += over.map { MitigationRow(id: $0.proposal.id, content: .proposal($0)) }
        return rows
    }

    /// Whether it answers the leading hypothesis on the service that one blames.
    private func answersLeader(_ planned: PlannedMitigation) -> Bool {
        guard let leader = observation?.hypotheses.first, let answers = planned.advice.hypothesis,
            leader.id == answers || leader.id.hasPrefix(answers + ":")
        else { return false }
        return leader.service.map { NameRule.same($0, planned.advice.target) } ?? true
    }

    /// The entries the timeline shows: details only while it has the whole screen.
    package var timelineRows: [TimelineLine] {
        focus == .timeline && isZoomed ? timeline : timeline.filter { $0.weight > .detail }
    }

    /// The identities of a pane's rows, in order; screen 6 keeps its own cursor, because it shows
    /// many thousand lines.
    package func rowIDs(of pane: Pane) -> [String] {
        switch pane {
        case .situation: observation?.signals.map(\.definition.name) ?? []
        case .hypotheses: observation?.hypotheses.map(\.id) ?? []
        case .mitigations: mitigationRows.map(\.id)
        case .conditions: ConditionID.allCases.map(\.rawValue)
        case .timeline: timelineRows.map { String($0.sequence) }
        case .logs: []
        case .metrics:
            (observation?.signals.map { "signal:" + $0.definition.name } ?? [])
                + (feeds?.sources.map { "source:" + $0.id } ?? [])
        case .report:
            reportText.split(separator: "\n", omittingEmptySubsequences: false)
                .indices.map(String.init)
        }
    }

    /// The selected row's identity; the last one while following, else the first by default.
    package func selectedID(in pane: Pane) -> String? {
        let ids = rowIDs(of: pane)
        let state = lists[pane] ?? ListState()
        if state.isFollowing { return ids.last }
        if let selected = state.selected, ids.contains(selected) { return selected }
        return ids.first
    }

    package var selectedMitigation: MitigationRow? {
        let id = selectedID(in: .mitigations)
        return mitigationRows.first { $0.id == id }
    }

    package var selectedHypothesis: RankedHypothesis? {
        let id = selectedID(in: .hypotheses)
        return observation?.hypotheses.first { $0.id == id }
    }

    package var selectedCondition: StopCondition? {
        let id = selectedID(in: .conditions)
        return observation?.conditions.first { $0.id.rawValue == id }
    }
}

extension Mitigation {
    /// Whether nothing more will happen to it.
    package var isOver: Bool {
        switch state {
        case .proposed, .approved, .running: false
        case .denied, .expired, .succeeded, .failed, .unknown: true
        }
    }
}
