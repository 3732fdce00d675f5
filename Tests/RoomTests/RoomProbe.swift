import Basics
import Canvas
import Diagnosis
import Feeds
import Incidents
import Playbooks
import Room
import Safety
import Testing

/// A room whose effects are collected, and answered the way its runtime would: what is journalled
/// comes back as events.
struct RoomProbe {
    static let commander = Actor(uid: 1000, name: "ops1")
    static let start = Timestamp(nanoseconds: 1_790_000_000_000_000_000)
    static let bootID = "11111111-2222-4333-8444-555555555555"

    var model: Model
    /// Effects nobody has asserted yet.
    private(set) var effects: [Effect] = []
    private var sequence: UInt64 = 0

    init(environment: DeploymentEnvironment = .production, actor: Actor = RoomProbe.commander) {
        guard let id = IncidentID("INC-2041") else { preconditionFailure("a valid id") }
        var configuration = Self.configuration
        configuration.environment = environment
        model = Model(
            incident: Incident(id: id), access: .writer, configuration: configuration,
            actor: actor,
            now: ClockReading(
                wall: Self.start, boot: BootTime(nanoseconds: 5_000_000_000_000)),
            bootID: Self.bootID, size: Size(width: 120, height: 40))
        record(
            IncidentOpened(
                id: id, title: "checkout 5xx", environment: environment, severity: .sev1,
                service: "checkout", startedAt: nil, unknowns: [], isDrill: false))
        record(
            EnvironmentAnswered(environment: environment, hasTickets: false, hasOnCall: false))
        record(RoleAssigned(role: .commander, person: "ops1"))
        send(.stopFiles([Self.absent]))
        _ = takeEffects()
    }

    static let absent = StopState.FileState(
        path: "/etc/incident-response/EMERGENCY_STOP", presence: .absent)
    static let present = StopState.FileState(
        path: "/etc/incident-response/EMERGENCY_STOP", presence: .present(reason: "wrong host"))

    // MARK: Sending

    /// Sends one message and answers what it journals.
    mutating func send(_ message: Message) {
        let new = model.update(message)
        effects += new
        for case .journal(let drafts, _) in new {
            for draft in drafts { record(draft.payload, at: draft.time, by: draft.actor) }
        }
    }

    mutating func press(_ keys: Key...) { for key in keys { send(.key(key)) } }
    /// Types as a quick person does: one key every 120 ms.
    mutating func type(_ text: String, every gap: Duration = .milliseconds(120)) {
        for character in text {
            wait(gap)
            press(.character(character))
        }
    }
    /// Time passes, and nothing else.
    mutating func wait(_ span: Duration) {
        model.now = ClockReading(wall: model.now.wall + span, boot: model.now.boot + span)
    }
    mutating func run(_ command: Command, _ argument: String = "") {
        send(.command(command, argument: argument))
    }

    mutating func record(
        _ payload: any EventPayload, at time: Timestamp? = nil,
        by actor: Actor = RoomProbe.commander
    ) {
        sequence += 1
        let event = Event(
            sequence: sequence, time: time ?? model.now.wall, entry: model.now.wall,
            boot: model.now.boot, bootID: Self.bootID, actor: actor, payload: payload)
        effects += model.update(.journalled([event]))
    }

    mutating func advance(_ span: Duration) {
        send(
            .tick(ClockReading(wall: model.now.wall + span, boot: model.now.boot + span)))
    }

    // MARK: Asserting

    /// The effects so far; forgets them.
    mutating func takeEffects() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    mutating func takeApproval() -> MitigationApproved? {
        for case .approve(let approved) in takeEffects() { return approved }
        return nil
    }

    /// The journalled payloads of one kind since the last look.
    mutating func takeJournalled<Payload: EventPayload>(_ type: Payload.Type) -> [Payload] {
        takeEffects().flatMap { effect -> [Payload] in
            guard case .journal(let drafts, _) = effect else { return [] }
            return drafts.compactMap { $0.payload as? Payload }
        }
    }

    var card: ApprovalCard? {
        if case .card(let card) = model.overlay { return card }
        return nil
    }

    // MARK: Proposals

    /// Journals a proposal of `action` on checkout and opens its card.
    mutating func openCard(
        _ action: CatalogueAction, id: String = "M1", by proposer: Actor = RoomProbe.commander
    ) {
        record(proposal(action, id: id), by: proposer)
        send(.openCard(proposal: id))
    }

    /// Tabs to a station of the card; fills the reasons on the way.
    mutating func tab(to station: ApprovalCard.Focus, reason: String = "alone on the call") {
        for _ in 0..<6 where card?.focus != station {
            press(.tab)
            if card?.focus != station, card?.focus == .reason || card?.focus == .breakGlass {
                type(reason)
            }
        }
    }

    func proposal(_ action: CatalogueAction, id: String) -> MitigationProposed {
        let environment = model.incident.environment
        let slots = action.slots.isEmpty ? [:] : ["service": "checkout"]
        let fill = { (steps: [[String]]) in
            steps.map { $0.map { $0 == "{service}" ? "checkout" : $0 } }
        }
        let steps = fill(action.steps)
        return MitigationProposed(
            id: id, action: action.id, title: action.title, target: "checkout",
            environment: environment, slots: slots, steps: steps,
            rollbackSteps: fill(action.rollbackSteps), rollbackOf: nil, risk: action.risk.name,
            tier: action.tier.name,
            approvalClass: ApprovalPolicy.approvalClass(action: action, environment: environment),
            onStop: action.onStop.rawValue, timeout: 60, blastRadius: "touches 1 service",
            reason: "test",
            digest: ActionDigest.hex(
                action: action.id, steps: steps, environment: environment,
                variables: action.environment, target: "checkout", incident: model.incident.id))
    }

    static let flag = CatalogueAction(
        id: "disable-flag", title: "disable flag", tier: .contained, risk: .low,
        steps: [["/bin/flag", "off"]], slots: [:], rollbackSteps: [["/bin/flag", "on"]],
        testedIn: ["staging"])
    /// Nothing says where it was validated: gate 10 asks for a review.
    static let untested = CatalogueAction(
        id: "untested", title: "untested", tier: .contained, risk: .low,
        steps: [["/bin/untested"]], slots: [:], rollbackSteps: [["/bin/tested"]])
    static let drop = CatalogueAction(
        id: "drop-cache", title: "drop the cache", tier: .aggressive, risk: .high,
        steps: [["/bin/drop"]], slots: [:], isDestructive: true, isIrreversible: true,
        testedIn: ["staging"])

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.environmentIsDeclared = true
        configuration.hasTickets = false
        for action in [flag, untested, drop] { configuration.actions[action.id] = action }
        configuration.services["checkout"] = Service(name: "checkout", customers: 0.3)
        configuration.playbooks = [
            Playbook(
                id: "errors", title: "Errors", appliesWhen: [], check: [], hypotheses: [],
                mitigations: [flag, untested, drop].map {
                    Playbook.Step(action: $0.id, why: "", couldBreak: "", monitor: "")
                }, doNothing: "", confirm: [], harden: [], deferTo: [], position: "")
        ]
        return configuration
    }

    // MARK: Observations

    /// An observation with an error ratio, all conditions in one state, and the playbook active.
    func observation(errorRatio: Double? = nil, conditions: StopCondition.State? = nil)
        -> Observation
    {
        var observation = Observation(time: model.now.wall)
        observation.playbooks = ["errors"]
        observation.situation.reach = .region
        if let errorRatio {
            var signal = SignalState(
                definition: SignalDefinition(
                    name: "error_ratio", promql: "", unit: .ratio, harm: .up, role: .errorRatio,
                    floor: 0.001, origin: "test"))
            signal.value = errorRatio
            signal.isBad = errorRatio > 0.01
            observation.signals = [signal]
        }
        if let conditions {
            observation.conditions = ConditionID.allCases.map {
                StopCondition(
                    id: $0, state: conditions, detail: "", hold: .seconds(60), source: "", age: nil,
                    timing: "")
            }
        }
        return observation
    }

    mutating func observe(_ observation: Observation, feeds: FeedSnapshot = FeedSnapshot()) {
        send(.observed(Findings(observation: observation, feeds: feeds, planned: [])))
    }
}
