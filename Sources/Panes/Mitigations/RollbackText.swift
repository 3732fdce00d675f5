import Basics
import Canvas
import Incidents
import Room
import SafeText

/// The automatic rollback of one action: armed or not, what the minutes said, what is asked.
enum RollbackText {
    /// For the page of the action; nothing while nothing is known.
    static func lines(_ mitigation: Mitigation, _ model: Model, width: Int) -> [TextLine] {
        guard let watch = model.incident.rollbackWatches[mitigation.proposal.id] else { return [] }
        var lines = Fields.wrapped("Auto-rollback", state(watch), width: width, labelWidth: 15)
        if let judged = watch.judged {
            let isLoud = judged.finding != .notWorse
            lines += Fields.wrapped(
                "Rule says", "\(word(judged.finding)): \(judged.detail)", width: width,
                labelWidth: 15, token: isLoud ? .alertFiring : .text)
        }
        guard !watch.minutes.isEmpty else { return lines }
        let minutes = watch.minutes.suffix(6).map {
            let counts =
                "\(UnitText.number($0.errors)) of \(UnitText.number($0.requests)) failed"
            return Span("+\($0.index) min: " + ($0.isComplete ? counts : "not seen whole"))
        }
        return lines + Fields.wrapped("Minutes after", minutes, width: width, labelWidth: 15)
    }

    /// For the row of the list; nil where nothing is to be said.
    static func row(_ mitigation: Mitigation, _ model: Model) -> Span? {
        guard let watch = model.incident.rollbackWatches[mitigation.proposal.id],
            watch.disarmed == nil
        else { return nil }
        switch watch.judged?.finding {
        case .worse: return Span("▲ ROLL BACK: made it worse", .alertFiring)
        case .ask: return Span("▲ roll back? you decide", .alertFiring)
        case .inconclusive: return Span("? inconclusive, you decide", .alertFiring)
        case .notWorse, nil:
            return watch.isArmed
                ? Span("◉ auto-rollback armed", .gatePass)
                : Span("auto-rollback not armed", .textDim)
        }
    }

    private static func state(_ watch: RollbackWatch) -> String {
        if let armed = watch.armed {
            let base = "baseline of \(armed.baseline.count) min before this action"
            return watch.disarmed.map { "disarmed: \($0)" } ?? "◉ armed, \(base)"
        }
        return "not armed" + (watch.whyNotArmed.isEmpty ? "" : ": " + watch.whyNotArmed)
    }

    private static func word(_ finding: RollbackJudged.Finding) -> String {
        switch finding {
        case .worse: "worse, roll back"
        case .ask: "perhaps worse, you decide"
        case .inconclusive: "cannot be judged, you decide"
        case .notWorse: "not worse"
        }
    }
}
