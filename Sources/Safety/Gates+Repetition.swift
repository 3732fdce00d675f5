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
            of: given.incident, actions: given.configuration.actions, reset: given.breakerReset)
        {
            let isRollback = isUndo || given.action?.isRollback == true
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
        return GateVerdict(
            .loop, .pass,
            attempts == 0
                ? "not tried in the last 15 min" : "tried once in the last 15 min, 2 is the limit")
    }

    private var recentSameAttempts: Int {
        (given.incident.pastAttempts + given.attemptsElsewhere).filter { attempt in
            NameRule.same(attempt.action, proposal.action)
                && NameRule.same(attempt.target, proposal.target) && attempt.isUndo == isUndo
                && TimeWindow.contains(
                    attempt.moment, in: Self.loopWindow, now: given.now, bootID: given.bootID)
        }.count
    }

    func limits() -> GateVerdict {
        let severity = given.incident.severity
        let row = SeverityPolicy.row(severity)
        if let verdict = tooManyServices(row, severity) { return verdict }
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
        let isNew = !touched.contains { NameRule.same($0, proposal.target) }
        let count = touched.count + (isNew ? 1 : 0)
        guard isNew, count > most else { return nil }
        return GateVerdict(
            .limits, .review,
            "\(severity.name) allows \(most) service\(most == 1 ? "" : "s"), this is number "
                + "\(count)", remedy: "raise the severity, or the IC reviews it")
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
        let automatic = given.incident.automaticExecutions
        let limit = SeverityPolicy.automaticMax(severity)
        if automatic.count >= limit {
            return automationRefused(
                "\(severity.name): all \(limit) automatic executions are used up")
        }
        let failures = automatic.filter(\.outcome.countsAsFailed).count
        if let most = row.failuresMax, failures >= most {
            return automationRefused("\(severity.name): \(failures) automatic executions failed")
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
