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
            let running = incident.runningAttempt.map { "; \($0.id) is still running" } ?? ""
            return NextStep(
                "EMERGENCY STOP is on: \(incident.stop?.reason ?? stop.reason)\(running)",
                keys: ":clear-stop REASON (IC only)",
                isUrgent: true)
        }
        if let unknown = incident.unacknowledgedUnknowns.first {
            return NextStep(
                "\(unknown.id) \(unknown.action) on \(unknown.target): outcome unknown",
                keys: ":acknowledge FINDING", isUrgent: true)
        }
        if let question = rollbackStep ?? unansweredCall { return question }
        if let running = incident.runningAttempt { return runningStep(running) }
        if let halt = openBreaker ?? changedConfiguration { return halt }
        if case .viewer(let why) = access { return NextStep("watching only: \(why)") }
        return nil
    }

    private func runningStep(_ running: Mitigation.Attempt) -> NextStep {
        let text = "\(running.id) \(running.action) on \(running.target) is running"
        let mitigation = incident.mitigations.first { $0.attempts.contains { $0.id == running.id } }
        let ends = mitigation?.proposal.onStop != "finish"
        return NextStep(
            text + (canaryText(running).map { ", " + $0 } ?? ""), keys: ends ? "! ends it" : "")
    }

    private var decisions: NextStep? {
        if incident.status.isOver {
            return incident.status == .resolved
                ? NextStep("resolved: write it down and close", keys: "9 report, :export, :close")
                : NextStep(
                    "\(incident.status.rawValue): nothing waits here", keys: "9 report, q leaves")
        }
        if let open = incident.mitigations.first(where: { $0.state == .proposed }) {
            if let window = windowStep(open) { return window }
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
        if let watched {
            return NextStep(
                "\(watched.mitigation.proposal.id) done, watch \(watched.progress)",
                keys: incident.nextUpdateDue == nil ? "u update" : "")
        }
        if let harm = harmDone { return harm }
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

    /// The newest action made it worse: undoing it comes before anything else.
    private var harmDone: NextStep? {
        let judged = incident.mitigations.filter { $0.attempts.last?.verdict != nil }
        guard isHurting, let last = judged.last, let attempt = last.attempts.last,
            attempt.verdict == .worse
        else { return nil }
        let undo = incident.undoCandidate?.proposal.id == last.proposal.id
        return NextStep(
            "\(attempt.id) made it worse: \(attempt.verdictDetail)",
            keys: undo ? "r undoes it" : "press 3", isUrgent: true)
    }

    private var routine: NextStep? {
        if feeds != nil, sourceCounts.total == 0 {
            return NextStep(
                "no source is read, so nothing can be seen: leave and start again with "
                    + "--logs PATH --metrics PATH", keys: "q")
        }
        if !incident.environmentAnswered && !configuration.environmentIsDeclared {
            return NextStep(
                "environment not confirmed: treated as production with everything required",
                keys: ":environment")
        }
        if let absentCommander { return absentCommander }
        if incident.nextUpdateDue == nil, isHurting {
            return NextStep("no status update published yet", keys: "u")
        }
        return isQuiet ? quiet : waiting
    }

    /// Nothing departed from its band since the room opened.
    private var isQuiet: Bool {
        guard let observation else { return false }
        return !isHurting && incident.startedAt == nil && observation.situation.onset == nil
            && observation.signals.contains { $0.isBad == false }
            && !observation.alerts.contains(where: \.isFiring)
    }

    private var quiet: NextStep {
        let signals = observation?.signals ?? []
        let good = signals.filter { $0.isBad == false }.count
        let blind = signals.filter { $0.isBad == nil && $0.definition.harm != .none }.count
        return NextStep(
            "watch: \(good) signals in their band, no alert fires"
                + (blind > 0 ? "; \(blind) cannot be judged" : ""), keys: blind > 0 ? "7 why" : "")
    }

    /// What resolving waits for, the worst first.
    private var waiting: NextStep? {
        let conditions = observation?.conditions ?? []
        let rest = conditions.filter { !$0.state.counts }
        guard let first = rest.first else { return nil }
        if let bad = rest.first(where: { if case .notMet = $0.state { true } else { false } }) {
            let time = bad.timing.isEmpty ? "" : ", \(bad.timing)"
            return NextStep("not met: \(bad.id.title) (\(bad.detail)\(time))", keys: "4")
        }
        let unknown = rest.first { if case .unknown = $0.state { true } else { false } }
        if let unknown, case .unknown(let reason) = unknown.state {
            return NextStep("unknown: \(unknown.id.title): \(reason)", keys: "4")
        }
        let longest = rest.map { condition in
            if case .holding(_, let remaining) = condition.state {
                remaining
            } else {
                Duration.zero
            }
        }.max()
        guard let longest else { return NextStep("waiting for: \(first.id.title)", keys: "4") }
        let held = conditions.count - rest.count
        return NextStep(
            "\(held) of \(conditions.count) held, the others hold: resolve in "
                + "\(TimeText.span(max(.zero, longest))) if nothing relapses", keys: "4")
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
        let objections = incident.mitigation(row)?.objections.count ?? 0
        return "\(report.passing) of \(settled) gates pass"
            + (reviews > 0 ? ", \(reviews) to review" : "")
            + (objections > 0 ? ", \(objections) \(objections == 1 ? "objects" : "object")" : "")
    }
}
