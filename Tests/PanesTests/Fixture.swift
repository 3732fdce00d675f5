import Basics
import Canvas
import Diagnosis
import Feeds
import Incidents
import Logs
import Playbooks
import Room
import Safety

/// A room in the middle of an incident: the deploy of 4f2a91c broke checkout, a rollback waits for
/// the IC, a flag was tried without effect.
struct Fixture {
    static let onset = time("2026-08-21T14:02:10Z")
    static let now = time("2026-08-21T14:16:42Z")
    static let operatorActor = Actor(uid: 1000, name: "ops1")

    var model: Model
    private var sequence: UInt64 = 0

    init(size: Size = Size(width: 120, height: 40), isDrill: Bool = false) {
        guard let id = IncidentID("INC-2041") else { preconditionFailure("a valid id") }
        model = Model(
            incident: Incident(id: id), access: .writer, configuration: Self.configuration,
            actor: Self.operatorActor,
            now: ClockReading(wall: Self.now, boot: BootTime(nanoseconds: 5_000_000_000_000)),
            bootID: "11111111-2222-4333-8444-555555555555", size: size)
        model.stopFiles = [
            .init(path: "/etc/incident-response/EMERGENCY_STOP", presence: .absent)
        ]
        record(isDrill: isDrill)
        _ = model.update(.feeds(Self.feeds))
        model.observation = Self.observation
        model.planned = Self.planned
        model.reportText = Self.report
        for id in ["M2", "rollback-deployment@checkout"] { model.gateReports[id] = Self.gates }
    }

    /// A room that has just opened and has read nothing.
    static func empty(size: Size) -> Model {
        guard let id = IncidentID("INC-2041") else { preconditionFailure("a valid id") }
        return Model(
            incident: Incident(id: id), access: .writer, configuration: Configuration(),
            actor: operatorActor,
            now: ClockReading(wall: now, boot: BootTime(nanoseconds: 1)), bootID: "boot",
            size: size)
    }

    static func time(_ text: String) -> Timestamp {
        guard let time = Timestamp(rfc3339: text) else { preconditionFailure("a valid time") }
        return time
    }

    // MARK: Record

    mutating func log(
        _ payload: any EventPayload, at text: String, by actor: Actor = Fixture.operatorActor
    ) {
        sequence += 1
        let time = Self.time("2026-08-21T\(text)Z")
        let event = Event(
            sequence: sequence, time: time, entry: time, boot: BootTime(nanoseconds: 1),
            bootID: "boot", actor: actor, payload: payload)
        model.incident.apply(event)
        model.timeline.append(TimelineLine(event))
    }

    private mutating func record(isDrill: Bool) {
        log(
            IncidentOpened(
                id: model.incident.id, title: "checkout 5xx after deploy 4f2a91c",
                environment: .production, severity: .sev1, service: "checkout",
                startedAt: Self.onset, unknowns: ["customers affected"], isDrill: isDrill),
            at: "14:04:02")
        log(RoleAssigned(role: .commander, person: "ops1"), at: "14:04:03")
        log(
            ChangeRecorded(
                changeKind: .deploy, service: "checkout", version: "4f2a91c", previous: "9c1e07b",
                summary: "pricing rework", source: "deploys.jsonl",
                at: Self.time("2026-08-21T13:56:02Z")), at: "14:04:04", by: .automation)
        log(
            AlertFiring(
                name: "CheckoutErrors", labels: ["job": "checkout"],
                summary: "error ratio over 5 %", value: 0.072), at: "14:04:31", by: .automation)
        log(
            UpdatePublished(
                text: "Investigating: checkout fails for some customers.",
                nextDue: Self.time("2026-08-21T14:22:10Z")), at: "14:05:12")
        log(Self.flagProposal, at: "14:07:10")
        log(
            MitigationApproved(
                proposal: "M1", digest: Self.flagProposal.digest, approvalClass: .yes,
                reviewed: [], reviewReason: nil), at: "14:07:31")
        log(
            ActionIntent(
                proposal: "M1", attempt: "A1", action: "disable-flag", target: "checkout",
                environment: .production, steps: Self.flagProposal.steps,
                digest: Self.flagProposal.digest, rollbackOf: nil, executables: []),
            at: "14:07:31")
        log(ActionSucceeded(attempt: "A1", seconds: 0.42), at: "14:07:32", by: .automation)
        log(
            ActionJudged(
                attempt: "A1", verdict: .ineffective,
                detail: "error_ratio 7.2 % was 6.9 % before, still out of its band after 5m00s"),
            at: "14:12:32", by: .automation)
        log(NoteAdded(text: "payments team joined the call"), at: "14:13:05")
        log(Self.rollbackProposal, at: "14:15:02")
        log(
            PatternNew(
                pattern: "p1", template: "upstream timeout after <num> ms", count: 412,
                source: "checkout.log", level: "error"), at: "14:16:31", by: .automation)
    }

    static let flagProposal = MitigationProposed(
        id: "M1", action: "disable-flag", title: "disable flag new_pricing", target: "checkout",
        environment: .production, slots: ["flag": "new_pricing"],
        steps: [["/usr/local/bin/flagctl", "set", "new_pricing", "off"]],
        rollbackSteps: [["/usr/local/bin/flagctl", "set", "new_pricing", "on"]], rollbackOf: nil,
        risk: "low", tier: "contained", approvalClass: .yes, onStop: "terminate", timeout: 60,
        blastRadius: "touches 1 service, 3 dependants, ~31 % of customers",
        reason: "the new pricing path is the only change of code", digest: "aa11bb22cc33dd44")

    static let rollbackProposal = MitigationProposed(
        id: "M2", action: "rollback-deployment", title: "roll back checkout → 9c1e07b",
        target: "checkout", environment: .production,
        slots: ["service": "checkout", "revision": "9c1e07b"],
        steps: [
            [
                "/usr/bin/kubectl", "rollout", "undo", "deployment/checkout",
                "--to-revision=9c1e07b",
            ],
            ["/usr/bin/kubectl", "rollout", "status", "deployment/checkout", "--timeout=300s"],
        ], rollbackSteps: [], rollbackOf: nil, risk: "medium", tier: "aggressive",
        approvalClass: .yes, onStop: "finish", timeout: 300,
        blastRadius: "touches 1 service, 3 dependants, ~31 % of customers",
        reason: "errors rose 6 min after the deploy, only on its instances",
        digest: "3fa9c1d27b8e4410")

    static let gates = GateReport(verdicts: [
        GateVerdict(
            .stop, .pass, "no emergency stop; its absence is proven for every configured file"),
        GateVerdict(.incident, .skipped, "INC-2041 is open, SEV1; there are no tickets here"),
        GateVerdict(.input, .pass, "checkout in production; every value is known"),
        GateVerdict(.runbook, .pass, "step of the playbook \"Errors after a deploy\""),
        GateVerdict(.loop, .pass, "not tried in the last 15 min"),
        GateVerdict(.limits, .pass, "SEV1: automatic 0/3, a person decides this one"),
        GateVerdict(.containment, .pass, "touches 1 service, 3 dependants, ~31 % of customers"),
        GateVerdict(.progression, .pass, "its turn in the playbook"),
        GateVerdict(
            .rollbackReady, .pass, "undone by hand with redeploy, never automatically"),
        GateVerdict(.tested, .pass, "validated: staging"),
        GateVerdict(.approval, .atRun, "waits for a person", remedy: "Y"),
        GateVerdict(
            .journal, .atRun, "the intent is written and synced before anything starts"),
    ])

    static var card: ApprovalCard {
        ApprovalCard(
            proposal: rollbackProposal, gates: gates,
            expectedEffect: ["error_ratio at baseline within 5m"],
            couldBreak: "prices of open carts change back", monitor: "error ratio, p99",
            openedAt: now)
    }
}
