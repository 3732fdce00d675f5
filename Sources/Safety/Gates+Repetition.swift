import Basics
import Incidents
import Playbooks

// Gates 5 and 6: has this been tried too often, and who counts the tries?
extension GateJudge {
    static let loopWindow: Duration = .minutes(15)
    static let loopAttemptsMax = 2

    func loop() -> GateVerdict {
        if let unknown = given.incident.unacknowledgedUnknowns.first {
            return GateVerdict(
                .loop, .blocked,
                "nobody knows whether \(unknown.id) (\(unknown.action) on \(unknown.target)) took "
                    + "effect", remedy: "look, and acknowledge what you found")
        }
        if let open = Breaker.openReason(
            of: given.incident, actions: given.configuration.actions)
        {
            // What is not known to be something else counts as a rollback.
            let isRollback = isUndo || given.action?.isRollback != false
            return GateVerdict(
                .loop, isRollback ? .blocked : .review, "the breaker is open: \(open)",
                remedy: isRollback
                    ? "escalate; do it by hand and record it with m, or reset the breaker"
                    : "escalate, or say why something else is worth trying")
        }
        let attempts = recentSameAttempts
        guard attempts < Self.loopAttemptsMax else {
            return GateVerdict(
                .loop, .review,
                "\(proposal.action) on \(proposal.target) was tried \(attempts) times in 15 min "
                    + "without resolution",
                remedy: "escalate; it passes by itself 15 min after the first of them")
        }
        if let problem = given.elsewhere.problem {
            return GateVerdict(
                .loop, .review, problem,
                remedy: "look at that record with `warroom verify`, or say why it cannot matter")
        }
        return GateVerdict(
            .loop, .pass,
            attempts == 0
                ? "not tried in the last 15 min" : "tried once in the last 15 min, 2 is the limit")
    }

    private var recentSameAttempts: Int {
        (given.incident.pastAttempts + given.elsewhere.attempts).filter { attempt in
            NameRule.same(attempt.action, proposal.action)
                && NameRule.same(attempt.target, proposal.target) && attempt.isUndo == isUndo
                && TimeWindow.contains(
                    attempt.moment, in: Self.loopWindow, now: given.now, bootID: given.bootID)
        }.count
    }

    func limits() -> GateVerdict {
        let severity = given.incident.severity
        let row = SeverityPolicy.row(severity)
        guard given.action != nil else {
            return GateVerdict(
                .limits, .blocked, "how far an unknown action reaches cannot be judged",
                remedy: "add it under `actions:` in the configuration")
        }
        if let verdict = tooManyServices(row, severity) ?? tooLargeAShare(severity) {
            return verdict
        }
        if let verdict = tooMuchAutomation(row, severity) { return verdict }
        let used = given.incident.automaticExecutions.count
        let limit = SeverityPolicy.automaticMax(severity)
        return GateVerdict(
            .limits, .pass,
            "\(severity.name): automatic \(used)/\(limit)"
                + (given.actor.isPerson && !isUndo ? ", a person decides this one" : "")
                + (hasOnCall ? "" : "; no on-call here: skipped and noted"))
    }

    private var hasOnCall: Bool {
        given.incident.environmentAnswered
            ? given.incident.hasOnCall : given.configuration.hasOnCall
    }

    private func tooManyServices(_ row: SeverityPolicy.Row, _ severity: Severity) -> GateVerdict? {
        guard !isUndo, let most = row.servicesMax else { return nil }
        let touched = given.incident.servicesTouched
        let new = blast.targets.filter { name in
            !touched.contains { NameRule.same($0, name) }
        }
        let count = touched.count + new.count
        guard !new.isEmpty, count > most else { return nil }
        return GateVerdict(
            .limits, .review,
            "\(severity.name) allows \(most) service\(most == 1 ? "" : "s"), this is number "
                + "\(count)", remedy: "raise the severity, or the IC reviews it")
    }

    /// The cap by severity. What gives traffic back to what ran before, or takes it away from what
    /// fails, is not capped: it makes the reach of the incident smaller.
    private func tooLargeAShare(_ severity: Severity) -> GateVerdict? {
        guard !isUndo, let action = given.action, !action.isRollback, !action.isContainment,
            let reason = SeverityPolicy.capReason(blast, severity)
        else { return nil }
        return GateVerdict(
            .limits, .review, reason, remedy: "raise the severity, or the IC reviews it")
    }

    /// Person-approved executions and rollbacks never use the automatic limit up.
    private func tooMuchAutomation(_ row: SeverityPolicy.Row, _ severity: Severity)
        -> GateVerdict?
    {
        guard !given.actor.isPerson else { return nil }
        let isProductionRollback =
            (isUndo || given.action?.isRollback == true) && proposal.environment == .production
        if row.asksForProductionRollback, isProductionRollback {
            return automationRefused(
                "\(severity.name): a rollback in production needs a person's approval")
        }
        guard !isUndo else { return nil }
        if let most = row.automaticMax, given.incident.automaticExecutions.count >= most {
            return automationRefused(
                "\(severity.name): all \(most) automatic executions are used up")
        }
        let most = SeverityPolicy.automaticBeforeEscalationMax
        if given.incident.automaticSinceEscalation.count >= most {
            return automationRefused(
                "\(most) automatic executions, and nobody answered an escalation since")
        }
        let failures = given.incident.failedExecutions.count
        if let most = row.failuresMax, failures >= most {
            return automationRefused(
                "\(severity.name): \(failures) executions failed, from here on a person decides")
        }
        return nil
    }

    private func automationRefused(_ reason: String) -> GateVerdict {
        GateVerdict(
            .limits, .review, reason,
            remedy: hasOnCall
                ? "escalate to the on-call, then a person approves it"
                : "a person approves it; no on-call here: the escalation is skipped and noted")
    }
}
