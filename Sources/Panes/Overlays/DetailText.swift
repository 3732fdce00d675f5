import Basics
import Canvas
import Diagnosis
import Feeds
import Incidents
import Logs
import Playbooks
import Room

/// Everything about the selected row of a pane.
enum DetailText {
    static func title(_ pane: Pane, _ model: Model) -> String {
        switch pane {
        case .situation: "Situation"
        case .hypotheses: "Hypothesis"
        case .mitigations: "Mitigation"
        case .conditions: "Stop condition"
        case .timeline: "Timeline entry"
        case .logs: model.logs.mode == .patterns ? "Log pattern" : "Log line"
        case .metrics: "Signal or source"
        case .report: "Report"
        }
    }

    static func lines(_ pane: Pane, _ model: Model, width: Int) -> [TextLine] {
        found(pane, model, width)
            ?? Fields.text("nothing is selected here", width: width, token: .textDim)
    }

    private static func found(_ pane: Pane, _ model: Model, _ width: Int) -> [TextLine]? {
        let id = model.selectedID(in: pane)
        switch pane {
        case .situation: return situation(model, signal: id, width)
        case .hypotheses:
            return model.selectedHypothesis.map {
                HypothesesPane.detail($0, model, width: width)
            }
        case .mitigations:
            return model.selectedMitigation.map { MitigationDetail.lines($0, model, width: width) }
        case .conditions:
            return model.selectedCondition.map { ConditionsPane.detail($0, model, width: width) }
        case .timeline:
            return model.timeline.first { String($0.sequence) == id }.map {
                TimelinePane.detail($0, width: width)
            }
        case .logs:
            return model.logs.mode == .patterns
                ? model.selectedPatternRow.map { LogPatterns.detail($0, model, width: width) }
                : model.logs.selected.map { LogDetail.lines($0, model, width: width) }
        case .metrics: return metric(model, id, width)
        case .report: return Fields.text(model.reportText, width: width)
        }
    }

    private static func situation(_ model: Model, signal id: String?, _ width: Int) -> [TextLine]? {
        guard let observation = model.observation else { return nil }
        let situation = observation.situation
        let direction = StateLook(situation.direction)
        var lines = Fields.wrapped("What", situation.what ?? "? unknown", width: width)
        lines += Fields.wrapped(
            "Since",
            (situation.onset.map { TimeText.rfc3339($0) } ?? "? unknown")
                + (situation.onsetDetail.isEmpty ? "" : ", " + situation.onsetDetail), width: width)
        lines += Fields.wrapped(
            "Scope", "\(situation.reach.rawValue) \(situation.reachDetail)", width: width)
        if !situation.affectedInstances.isEmpty {
            lines += Fields.wrapped(
                "Instances", situation.affectedInstances.joined(separator: ", "), width: width)
        }
        lines += Fields.wrapped(
            "Trend", "\(direction.glyph) \(direction.word) \(situation.directionDetail)",
            width: width, token: direction.token)
        lines += Fields.wrapped("Do nothing", situation.doNothing, width: width)
        for unknown in situation.unknowns {
            lines += Fields.wrapped(
                "Not known", "? " + unknown, width: width, token: .conditionUnknown)
        }
        if let signal = observation.signals.first(where: { $0.definition.name == id }) {
            lines += [.blank, Fields.heading("Signal \(signal.definition.name)")]
            lines += SignalText.detail(signal, width: width)
        }
        return lines
    }

    private static func metric(_ model: Model, _ id: String?, _ width: Int) -> [TextLine]? {
        guard let id else { return nil }
        if id.hasPrefix("signal:") {
            let name = id.dropFirst("signal:".count)
            return model.observation?.signals.first { $0.definition.name == name }.map {
                Fields.text($0.definition.name, width: width, token: .textStrong) + [.blank]
                    + SignalText.detail($0, width: width)
            }
        }
        let name = id.dropFirst("source:".count)
        return model.feeds?.sources.first { $0.id == name }.map {
            MetricsScreen.detail($0, model, width: width)
        }
    }
}
