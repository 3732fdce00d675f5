import Basics
import Incidents
import Playbooks

@testable import Safety

/// A production incident in which a rollback of `checkout` passes every gate; tests spoil one
/// thing.
struct Fixture {
    static let start = Timestamp(nanoseconds: 1_790_000_000_000_000_000)
    static let bootID = "11111111-2222-4333-8444-555555555555"
    static let commander = Actor(uid: 1000, name: "ops1")
    static let other = Actor(uid: 1001, name: "ops2")

    var configuration = Fixture.configuration
    var action = Fixture.rollback
    var events: [Event] = []
    var stop = StopState(
        files: [.init(path: "/etc/incident-response/EMERGENCY_STOP", presence: .absent)],
        isLatched: false)
    var actor = Fixture.commander
    var isCommander = true
    var scopeIsKnown = true
    var playbooks = [Fixture.playbook]
    var now = ClockReading(wall: Fixture.start, boot: BootTime(nanoseconds: 5_000_000_000_000))
    var bootID = Fixture.bootID
    var ticketIsOpen: Bool? = true
    var elsewhere = WorkElsewhere()
    var policyDigest: String?
    var breakGlass: String?
    /// nil: as the settings say, with the commander as the room's owner.
    var rights: Set<Person.Right>?
    /// The number of the next event.
    private var sequence: UInt64 = 0

    init(severity: Severity = .sev1, environment: DeploymentEnvironment = .production) {
        guard let id = IncidentID("INC-2041") else { preconditionFailure("a valid id") }
        configuration.environment = environment
        log(
            IncidentOpened(
                id: id, title: "checkout 5xx", environment: environment, severity: severity,
                service: "checkout", startedAt: Fixture.start, unknowns: [], isDrill: false))
    }

    static let rollback = CatalogueAction(
        id: "rollback-deployment", title: "roll back", tier: .aggressive, risk: .medium,
        steps: [
            ["/usr/bin/kubectl", "rollout", "undo", "deployment/{service}", "--to={revision}"]
        ],
        slots: ["service": .service, "revision": .revision], inverse: "redeploy",
        onStop: .finish, isRollback: true, testedIn: ["staging"])
    static let flag = CatalogueAction(
        id: "disable-flag", title: "disable flag", tier: .contained, risk: .low,
        steps: [["/usr/local/bin/flagctl", "set", "{flag}", "off"]], slots: ["flag": .flagID],
        rollbackSteps: [["/usr/local/bin/flagctl", "set", "{flag}", "on"]],
        testedIn: ["staging"])
    static let redeploy = CatalogueAction(
        id: "redeploy", title: "deploy", tier: .aggressive, risk: .high,
        steps: [["/usr/bin/kubectl", "set", "image", "deployment/{service}", "{version}"]],
        slots: ["service": .service, "version": .version], inverse: "rollback-deployment")
    static let drop = CatalogueAction(
        id: "drop-cache", title: "drop the cache", tier: .aggressive, risk: .high,
        steps: [["/usr/local/bin/cachectl", "drop"]], slots: [:], isDestructive: true,
        isIrreversible: true, testedIn: ["staging"])
    static let restart = CatalogueAction(
        id: "restart", title: "restart", tier: .moderate, risk: .medium,
        steps: [["/usr/bin/kubectl", "rollout", "restart", "deployment/{service}"]],
        slots: ["service": .service],
        rollbackSteps: [["/usr/bin/kubectl", "rollout", "undo", "deployment/{service}"]],
        testedIn: ["staging"])
    static let shed = CatalogueAction(
        id: "shed-load", title: "shed load", tier: .contained, risk: .low,
        steps: [["/usr/local/bin/edgectl", "shed", "{service}"]], slots: ["service": .service],
        rollbackSteps: [["/usr/local/bin/edgectl", "unshed", "{service}"]],
        isContainment: true, testedIn: ["staging"])

    static var configuration: Configuration {
        var configuration = Configuration()
        configuration.environmentIsDeclared = true
        for action in [rollback, flag, redeploy, drop, restart, shed] {
            configuration.actions[action.id] = action
        }
        for service in [
            Service(
                name: "checkout", dependsOn: ["payments"], customers: 0.31,
                versions: ["9c1e07b", "4f2a91c"]),
            Service(name: "payments", dependsOn: [], customers: 0.2, versions: ["v12"]),
            Service(name: "web", dependsOn: ["checkout"], customers: 0.3),
            Service(name: "cart", dependsOn: [], customers: 0.1),
        ] {
            configuration.services[service.name] = service
        }
        return configuration
    }

    static let playbook = Playbook(
        id: "errors-after-deploy", title: "Errors after a deploy", appliesWhen: [], check: [],
        hypotheses: [],
        mitigations: ["rollback-deployment", "disable-flag", "restart", "shed-load", "drop-cache"]
            .map { Playbook.Step(action: $0, why: "", couldBreak: "", monitor: "") },
        doNothing: "", confirm: [], harden: [], deferTo: [], position: "")

    @discardableResult
    mutating func log(_ payload: any EventPayload, by actor: Actor = Fixture.commander) -> Event {
        sequence += 1
        let event = Event(
            sequence: sequence, time: now.wall, entry: now.wall, boot: now.boot, bootID: bootID,
            actor: actor, payload: payload)
        events.append(event)
        return event
    }

    mutating func advance(_ span: Duration) {
        now = ClockReading(wall: now.wall + span, boot: now.boot + span)
    }

    var incident: Incident {
        guard let id = IncidentID("INC-2041") else { preconditionFailure("a valid id") }
        return Incident(id: id, events: events)
    }

    func proposal(
        _ id: String = "M1", target: String = "checkout", slots: [String: String]? = nil,
        rollbackOf: String? = nil
    ) -> MitigationProposed {
        let values = slots ?? defaultSlots(target)
        let forward = (try? ArgvTemplate.fill(action.steps, slots: values)) ?? []
        let back = (try? ArgvTemplate.fill(action.rollbackSteps, slots: values)) ?? []
        var proposal = MitigationProposed(
            id: id, action: action.id, title: action.title, target: target,
            environment: incident.environment, slots: values,
            steps: rollbackOf == nil ? forward : back, rollbackSteps: rollbackOf == nil ? back : [],
            rollbackOf: rollbackOf, risk: action.risk.name, tier: action.tier.name,
            approvalClass: ApprovalPolicy.approvalClass(
                action: action, environment: incident.environment,
                steps: rollbackOf == nil ? forward : back, isUndo: rollbackOf != nil),
            onStop: action.onStop.rawValue, timeout: 300, blastRadius: "", reason: "test",
            digest: "")
        proposal.digest = ActionDigest.hex(
            of: proposal, variables: action.environment, incident: incident.id)
        return proposal
    }

    private func defaultSlots(_ target: String) -> [String: String] {
        action.slots.mapValues { type in
            switch type {
            case .service: target
            case .revision, .version: "9c1e07b"
            case .flagID: "new_pricing"
            default: "1"
            }
        }
    }

    func input(
        _ proposal: MitigationProposed? = nil, stage: GateInput.Stage = .proposal
    ) -> GateInput {
        GateInput(
            proposal: proposal ?? self.proposal(), action: action, configuration: configuration,
            incident: incident, activePlaybooks: playbooks, scopeIsKnown: scopeIsKnown,
            leadingHypothesis: "deploy 4f2a91c regressed checkout", stop: stop, actor: actor,
            isCommander: isCommander, now: now, bootID: bootID, stage: stage,
            ticketIsOpen: ticketIsOpen, elsewhere: elsewhere,
            rights: rights ?? Set(Person.Right.allCases), policyDigest: policyDigest,
            breakGlass: breakGlass)
    }

    func report(
        _ proposal: MitigationProposed? = nil, stage: GateInput.Stage = .proposal
    ) -> GateReport { Gates.evaluate(input(proposal, stage: stage)) }

    func verdict(
        _ gate: GateID, _ proposal: MitigationProposed? = nil,
        stage: GateInput.Stage = .proposal
    ) -> GateVerdict {
        let report = report(proposal, stage: stage)
        return report.verdicts.first { $0.gate == gate }
            ?? GateVerdict(gate, .blocked, "missing from the report")
    }

    /// Proposes and approves, so that the execution stage passes.
    @discardableResult
    mutating func approve(
        _ proposal: MitigationProposed, reviewed: [GateID] = [], reason: String? = nil,
        proposedBy proposer: Actor = Fixture.other, by approver: Actor = Fixture.commander,
        breakGlass: String? = nil, policy: String? = nil
    ) -> MitigationApproved {
        log(proposal, by: proposer)
        let approval = MitigationApproved(
            proposal: proposal.id, digest: proposal.digest, approvalClass: proposal.approvalClass,
            reviewed: reviewed.map(\.rawValue), reviewReason: reason, breakGlass: breakGlass,
            policy: policy)
        log(approval, by: approver)
        return approval
    }

    /// An attempt that ended as `outcome`, of `action` on `target`.
    mutating func attempt(
        _ id: String, of proposal: MitigationProposed, outcome: AttemptOutcome,
        by approver: Actor = Fixture.commander
    ) {
        approve(proposal, by: approver)
        log(
            ActionIntent(
                proposal: proposal.id, attempt: id, action: proposal.action,
                target: proposal.target, environment: proposal.environment,
                steps: proposal.steps, digest: proposal.digest, rollbackOf: proposal.rollbackOf,
                executables: []))
        switch outcome {
        case .running: break
        case .succeeded: log(ActionSucceeded(attempt: id, seconds: 1))
        case .failed: log(ActionFailed(attempt: id, detail: "exit 1"))
        case .timedOut: log(ActionTimedOut(attempt: id, detail: "late"))
        case .stopped: log(ActionStopped(attempt: id, detail: "stop"))
        case .unknown: log(ActionUnknown(attempt: id, detail: "room died"))
        }
    }
}
