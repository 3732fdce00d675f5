import Basics
import Incidents

extension Samples {
    static let minute = RecordedMinute(index: -1, errors: 3, requests: 300, isComplete: true)

    static let guarding: [any EventPayload] = [
        CommandTransferred(from: "ops1", to: "ops2", reason: odd, isTakeover: true),
        GateReviewed(proposal: "M1", gates: ["loop"], reason: odd),
        TicketStated(ticket: "OPS-1", isOpen: true),
        EscalationRaised(
            id: "E1", rung: "on-call", place: 0, person: "ops2", contact: odd, reason: odd,
            acknowledgeWithin: 300),
        EscalationAcknowledged(id: "E1", text: odd), EscalationExpired(id: "E1", next: "E2"),
        CommandRan(
            purpose: .evidence, argv: ["/bin/true", odd], outcome: "ok", isOK: true,
            seconds: 0.5, blob: "ff", bytesKept: 3, bytesDropped: 0, lastLine: odd,
            proposal: "M1", hypothesis: "h", escalation: "E1"),
        RollbackArmed(proposal: "M1", baseline: [minute], errors: "e", requests: "r"),
        RollbackNotArmed(proposal: "M1", reason: odd),
        RollbackMinute(proposal: "M1", minute: minute),
        RollbackJudged(proposal: "M1", finding: .worse, detail: odd),
        RollbackDisarmed(proposal: "M1", reason: odd),
        CanaryWatched(attempt: "A1", service: "edge", isStable: true, detail: odd),
        BreakerOpened(reason: odd), BreakerClosed(reason: odd),
        ConfigurationChanged(digest: "ff", problem: odd),
        ConfigurationAcknowledged(digest: "ff", reason: odd),
    ]
}
