import Basics
import Diagnosis
import Incidents
import Playbooks
import Safety

/// The one thing that waits for the IC, with the keys.
package struct NextStep: Sendable, Hashable {
    package var text: String
    /// "press 3, then a"; empty when nothing is to be pressed.
    package var keys: String
    package var isUrgent: Bool

    package init(_ text: String, keys: String = "", isUrgent: Bool = false) {
        self.text = text
        self.keys = keys
        self.isUrgent = isUrgent
    }
}

extension Model {
    /// Most urgent first.
    package var nextStep: NextStep {
        blockers ?? decisions ?? routine
            ?? NextStep(observation == nil ? "reading the sources" : "watch: nothing waits for you")
    }

    private var blockers: NextStep? {
        if let problem = journalProblem {
            return NextStep(
                "nothing is recorded and nothing can be run: \(problem.why)", isUrgent: true)
        }
        if stopFiles.isEmpty, !stop.isLatched {
            return NextStep("the emergency-stop files are not read yet: nothing can be run")
        }
        if stop.isOn {
            return NextStep(
                "EMERGENCY STOP is on: \(stop.reason)", keys: ":clear-stop REASON (IC only)",
                isUrgent: true)
        }
        if let unknown = incident.unacknowledgedUnknowns.first {
            return NextStep(
                "\(unknown.id) \(unknown.action) on \(unknown.target): outcome unknown",
                keys: ":acknowledge FINDING", isUrgent: true)
        }
        if let running = incident.runningAttempt {
            return NextStep("\(running.id) \(running.action) on \(running.target) is running")
        }
        if case .viewer(let why) = access { return NextStep("watching only: \(why)") }
        return nil
    }

    private var decisions: NextStep? {
        if incident.status.isOver {
            return incident.status == .resolved
                ? NextStep("resolved: write it down and close", keys: "9 report, :export, :close")
                : nil
        }
        if let open = incident.mitigations.first(where: { $0.state == .proposed }) {
            return NextStep(
                "decide: \(open.proposal.title) (\(gateText(open.proposal.id)))",
                keys: "press 3, then a")
        }
        if observation?.allConditionsMet == true {
            return NextStep("all six stop conditions held: resolve", keys: ":resolve")
        }
        if let due = incident.nextUpdateDue, due < now.wall {
            return NextStep(
                "status update overdue by \(TimeText.span(now.wall - due))", keys: "u",
                isUrgent: true)
        }
        let worthDeciding = mitigationRows.first { row in
            if case .planned(let planned) = row.content { return planned.proposal != nil }
            return false
        }
        if isHurting, let row = worthDeciding, case .planned(let planned) = row.content {
            return NextStep(
                "decide: \(planned.title) (\(gateText(row.id)))", keys: "press 3, then a")
        }
        return nil
    }

    private var routine: NextStep? {
        if !incident.environmentAnswered && !configuration.environmentIsDeclared {
            return NextStep(
                "environment not confirmed: treated as production with everything required",
                keys: ":environment")
        }
        if incident.nextUpdateDue == nil, isHurting {
            return NextStep("no status update published yet", keys: "u")
        }
        if let condition = observation?.conditions.first(where: { !$0.state.counts }) {
            return NextStep(
                "waiting for: \(condition.id.title) (\(condition.state.word))", keys: "4")
        }
        return nil
    }

    /// Whether any judged signal is out of its band now.
    package var isHurting: Bool {
        observation?.signals.contains { $0.isBad == true } ?? false
    }

    /// "11 of 12 gates pass".
    package func gateText(_ row: String) -> String {
        guard let report = gateReports[row] else { return "gates not evaluated yet" }
        if let blocked = report.blocked.first { return "blocked by \(blocked.gate.rawValue)" }
        let reviews = report.needReview.count
        let settled = report.verdicts.filter { $0.outcome != .atRun }.count
        return "\(report.passing) of \(settled) gates pass"
            + (reviews > 0 ? ", \(reviews) to review" : "")
    }
}
