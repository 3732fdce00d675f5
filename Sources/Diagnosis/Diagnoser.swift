import Basics
import Incidents
import Logs
import Metrics
import Playbooks

/// Turns what the feeds delivered into what the room shows, once per tick.
///
/// Pure but for its own memory: hold timers, the alert book, frozen baselines, histories. The same
/// inputs in the same order give the same observations. Nothing here reads a clock or a file.
package struct Diagnoser: Sendable {
    let configuration: Configuration
    let rules: [RuleGroup]
    var querying = Querying()
    var trackers: [SignalTracker] = []
    var boundNames: Set<String> = []
    var bindAgainAt: Timestamp?
    var freshness: [String: Freshness] = [:]
    var alertBook = AlertBook()
    var alerts: [AlertView] = []
    /// When an alert last began to fire, as seen here or journalled.
    var lastNewAlert: Timestamp?
    var newAlertsFiring: [String] = []
    /// Why the rules' silence means nothing now.
    var alertProblem: String?
    var timers: [ConditionID: HoldTimer] = [:]
    var lastEmitted: [ConditionID: Incident.ConditionRecord.State] = [:]
    var firstTick: Timestamp?
    var lastTick: Timestamp?
    /// The estimated onset, once it is certain enough to freeze baselines by it.
    var latchedOnset: Timestamp?
    var scope = ScopeTracker()
    var reasoning = ReasoningMemory()
    var reported = ReportedMemory()
    var findings: [Finding] = []

    /// - Parameter rules: alerting rules, already parsed; they are evaluated in process.
    package init(configuration: Configuration, rules: [RuleGroup]) {
        self.configuration = configuration
        self.rules = rules
        for condition in ConditionID.allCases {
            timers[condition] = HoldTimer(
                hold: Self.hold(of: condition), badToLose: condition == .alerts ? 1 : 2)
        }
    }

    /// How long a condition must hold.
    package static func hold(of condition: ConditionID) -> Duration {
        switch condition {
        case .errorRate, .latency, .queues: .seconds(600)
        case .saturation, .alerts: .seconds(900)
        // Its samples already span ten minutes.
        case .postDeploy: .zero
        }
    }

    /// Judges one moment. Cheap enough for every second.
    package mutating func tick(_ input: DiagnosisInput) -> Observation {
        querying.beginTick()
        findings = []
        firstTick = firstTick ?? input.now
        bindSignals(input)
        readSignals(input)
        noticeOnset(input)
        settleBaselines(input)
        for index in trackers.indices { trackers[index].judge() }
        evaluateAlerts(input)
        readScope(input)
        var observation = Observation(time: input.now)
        observation.conditions = evaluateConditions(input)
        observation.signals = trackers.map(\.state)
        observation.alerts = alerts
        observation.situation = situation(input)
        reason(input, &observation)
        reportSources(input)
        reportLosses(input)
        reportChanges(input)
        reportPatterns(input)
        observation.findings = findings
        observation.problems = querying.problems
        lastTick = input.now
        return observation
    }

    /// When the incident began as far as anyone knows: declared, else estimated.
    func onset(_ incident: Incident) -> Timestamp? { incident.startedAt ?? latchedOnset }

    mutating func found(_ payload: any EventPayload, at time: Timestamp) {
        findings.append(Finding(payload, at: time))
    }

    /// The tracker that stands for a role: the first one with a value, else the first.
    func main(_ role: SignalDefinition.Role) -> SignalTracker? {
        let all = trackers.filter { $0.definition.role == role }
        return all.first { $0.trusted != nil } ?? all.first
    }

    /// The error ratio or latency that is out of its band, errors first.
    var worst: SignalTracker? {
        let roles: [SignalDefinition.Role] = [.errorRatio, .latency, .queue, .saturation]
        for role in roles {
            let bad = trackers.first { $0.definition.role == role && $0.state.isBad == true }
            if let bad { return bad }
        }
        return nil
    }

    func isBad(_ name: String) -> Bool? {
        trackers.first { $0.definition.name == name }?.state.isBad
    }
}
