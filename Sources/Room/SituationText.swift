import Basics
import Diagnosis
import Incidents

/// Short texts made from the model: the situation report and the draft of a status update.
package enum SituationText {
    /// What a late joiner or the next IC needs, on one page. Facts and guesses are told apart.
    package static func sitrep(_ model: Model) -> String {
        let incident = model.incident
        let situation = model.observation?.situation
        var lines = [
            "\(incident.id) \(incident.severity.name) \(incident.title)",
            "\(TimeText.rfc3339(model.now.wall))  phase \(incident.phase.rawValue), "
                + "status \(incident.status.rawValue), IC \(incident.commander ?? "nobody")",
            "",
            "What      \(situation?.what ?? "unknown")",
            "Since     \(situation?.onset.map { TimeText.rfc3339($0) } ?? "unknown")"
                + (situation.map { $0.onsetDetail.isEmpty ? "" : ", " + $0.onsetDetail } ?? ""),
            "Scope     \(situation?.reach.rawValue ?? "unknown") \(situation?.reachDetail ?? "")",
            "Trend     \(situation?.direction.rawValue ?? "unknown") "
                + (situation?.directionDetail ?? ""),
            "",
        ]
        lines.append("Hypotheses (guesses until confirmed)")
        for hypothesis in model.observation?.hypotheses.prefix(3) ?? [] {
            lines.append("  \(hypothesis.strength.rawValue): \(hypothesis.statement)")
        }
        lines.append("Done and in flight")
        for mitigation in incident.mitigations {
            lines.append("  \(mitigation.proposal.title): \(mitigation.state.rawValue)")
        }
        if incident.mitigations.isEmpty { lines.append("  nothing yet") }
        lines.append("Resolve when")
        for condition in model.observation?.conditions ?? [] {
            lines.append("  \(condition.state.word): \(condition.id.title) \(condition.detail)")
        }
        lines += ["Next", "  " + model.nextStep.text]
        return lines.joined(separator: "\n")
    }

    /// An honest first wording for the IC to edit: no guesses, no end time.
    package static func updateDraft(_ model: Model) -> String {
        let what = model.observation?.situation.what ?? model.incident.title
        return "\(model.incident.status.publicWord.capitalizedFirst): \(what). "
            + "Next update at \(TimeText.clockUTC(model.now.wall + .seconds(20 * 60)))."
    }
}

extension String {
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
