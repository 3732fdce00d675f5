import Basics
import Incidents
import Playbooks
import Safety

/// Whether the newest action would be rolled back automatically: what the header says.
package enum ArmingState: Sendable, Hashable {
    /// `until` is nil while the action runs.
    case armed(proposal: String, until: Timestamp?)
    case notArmed(String)
    /// Nothing runs; so many valid minutes would be the baseline.
    case ready(minutes: Int)

    package var text: String {
        switch self {
        case .armed(let proposal, let until):
            "auto-rollback armed: \(proposal)"
                + (until.map { " until \(TimeText.clockUTC($0))" } ?? " while it runs")
        case .notArmed(let why): "auto-rollback not armed: \(why)"
        case .ready(let minutes): "auto-rollback ready: \(minutes) min of baseline"
        }
    }
}

/// What the guarded rule leaves to the operator, for the red banner and the NEXT line.
package struct RollbackQuestion: Sendable, Hashable {
    package var proposal: String
    package var finding: RollbackJudged.Finding
    package var text: String
    package var keys: String
}

extension Model {
    package var armingState: ArmingState {
        if let mitigation = armedMitigation {
            return .armed(
                proposal: mitigation.proposal.id, until: RollbackWindow(mitigation)?.over)
        }
        if let why = newestWhyNotArmed { return .notArmed(why) }
        if !configuration.safety.allowsAutomaticRollback { return .notArmed("switched off") }
        guard let minutes else { return .notArmed("nothing is counted yet") }
        guard minutes.problem.isEmpty else { return .notArmed(minutes.problem) }
        let valid = minutes.validBaseline(before: now.wall)
        return valid < GuardedRollback.baselineMinutesMin
            ? .notArmed("\(valid) of \(GuardedRollback.baselineMinutesMin) min")
            : .ready(minutes: valid)
    }

    /// The newest action that the rule watches.
    private var armedMitigation: Mitigation? {
        guard !incident.status.isOver else { return nil }
        return incident.mitigations.last {
            incident.rollbackWatches[$0.proposal.id]?.isArmed == true
        }
    }

    /// Why the newest action is not watched, while it runs and as long as it would be.
    private var newestWhyNotArmed: String? {
        guard let newest = incident.mitigations.last(where: { !$0.attempts.isEmpty }),
            let watch = incident.rollbackWatches[newest.proposal.id], !watch.isArmed,
            RollbackWindow(newest).map({ now.wall < $0.over }) ?? (newest.state == .running)
        else { return nil }
        return watch.disarmed.map { "\(newest.proposal.id): \($0)" } ?? watch.whyNotArmed
    }

    /// What the rule found that a person must decide, of the newest action it watches.
    package var rollbackQuestion: RollbackQuestion? {
        guard let mitigation = armedMitigation,
            let judged = incident.rollbackWatches[mitigation.proposal.id]?.judged
        else { return nil }
        let id = mitigation.proposal.id
        let undo = incident.mitigations.last { $0.undoes(id) }
        let text: String
        switch judged.finding {
        case .notWorse: return nil
        case .ask: text = "roll \(id) back? \(judged.detail)"
        case .inconclusive: text = "\(id) cannot be judged: \(judged.detail)"
        case .worse:
            // It is on its way; when it was refused, a person must act.
            guard let undo, undo.state == .proposed else {
                text = "\(id) made it worse: \(judged.detail)"
                break
            }
            text = "\(id) made it worse and was not rolled back automatically: \(judged.detail)"
        }
        return RollbackQuestion(
            proposal: id, finding: judged.finding, text: text, keys: "r undoes it")
    }
}

extension MinuteCounts {
    /// How many of the 30 minutes before `time` a baseline could rest on.
    package func validBaseline(before time: Timestamp) -> Int {
        GuardedRollback.Baseline.validCount(
            baseline(before: time).map(GuardedRollback.Minute.init))
    }
}
