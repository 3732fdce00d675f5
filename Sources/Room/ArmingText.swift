import Basics
import Incidents
import Playbooks
import Safety

/// What the room says about the automatic rollback and about what may run without a person.
///
/// Its baseline is the minutes before the action (did we make it worse?), never those before the
/// incident (are we recovered?).
package enum ArmingText {
    /// One statement, long and short, and whether it must catch the eye.
    package struct Line: Sendable, Hashable {
        package var long: String
        package var short: String
        package var isLoud = false
        init(_ long: String, _ short: String, isLoud: Bool = false) {
            self.long = long
            self.short = short
            self.isLoud = isLoud
        }
    }

    /// For the header.
    package static func header(_ model: Model) -> Line {
        switch model.armingState {
        case .armed(let id, let until):
            if model.incident.rollbackWatches[id]?.hasFired == true {
                return Line("AUTO-ROLLBACK OF \(id) FIRED", "FIRED: \(id)", isLoud: true)
            }
            let end = until.map { " until \(TimeText.clockUTC($0))" } ?? ""
            return Line("auto-rollback ARMED for \(id)\(end)", "ARMED: \(id)")
        case .notArmed(let why):
            return Line("auto-rollback not armed: \(why)", "auto-rollback not armed")
        case .ready(let minutes):
            return Line(
                "auto-rollback ready: \(minutes) min, arms at an approval", "auto-rollback ready")
        }
    }

    /// For the card of `proposal`: whether an approval would arm it, and why not.
    package static func card(_ proposal: MitigationProposed, _ model: Model) -> String {
        let action = model.configuration.actions[proposal.action]
        if proposal.rollbackOf != nil { return "never: this undoes an action itself" }
        if model.restoredSuspect(proposal) != nil { return "never: the inverse of a rollback" }
        if proposal.rollbackSteps.isEmpty {
            return action?.inverse == nil
                ? "not armed: nothing is known to undo it"
                : "not armed: it is undone by hand only"
        }
        if let why = whyNotArmed(model) { return "not armed: \(why)" }
        let row = SeverityPolicy.row(model.incident.severity)
        if proposal.environment == .production, row.asksForProductionRollback {
            return "armed by an approval, but \(model.incident.severity.name) asks a person first"
        }
        return "armed by an approval: compared with the \(validMinutes(model)) min before it"
    }

    /// What keeps an approval from arming anything now; nil when nothing does.
    private static func whyNotArmed(_ model: Model) -> String? {
        if !model.configuration.safety.allowsAutomaticRollback {
            return "switched off by the policy"
        }
        if model.incident.breaker != nil { return "the breaker is open" }
        guard let counts = model.minutes else { return "nothing is counted" }
        if !counts.problem.isEmpty { return counts.problem }
        let needed = GuardedRollback.baselineMinutesMin
        let valid = validMinutes(model)
        return valid < needed ? "\(valid) of \(needed) min" : nil
    }

    private static func validMinutes(_ model: Model) -> Int {
        model.minutes?.validBaseline(before: model.now.wall) ?? 0
    }

    // MARK: Automation

    /// "automatic 1/3": executions without a person's approval, and how many there may be.
    package static func automaticCount(_ model: Model) -> String {
        let most = SeverityPolicy.automaticMax(model.incident.severity)
        return "automatic \(model.incident.automaticExecutions.count)/\(most)"
    }

    /// Whether anything may run by itself, and what holds it.
    package static func automation(_ model: Model) -> Line {
        let incident = model.incident
        if incident.breaker != nil { return Line("✗ BREAKER OPEN", "✗ BREAKER", isLoud: true) }
        if incident.configurationChange != nil {
            return Line("▲ CONFIGURATION DIFFERS", "▲ CONFIG", isLoud: true)
        }
        if model.stop.isOn { return Line("automation halted", "halted") }
        if !model.configuration.safety.allowsAutomaticRollback {
            return Line("automation off", "by hand")
        }
        let most = SeverityPolicy.automaticMax(incident.severity)
        if incident.automaticExecutions.count >= most {
            return Line("automation limit reached", "limit reached")
        }
        return Line("automation allowed", "automation")
    }
}
