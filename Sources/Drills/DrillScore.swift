import Basics

/// What the room believed and did at one moment, as the scorer needs it.
package struct Sighting: Sendable {
    package var time: Timestamp
    /// Ranked, best first; shares 0…1.
    package var hypotheses: [(id: String, service: String?, share: Double)]
    package var isDetected: Bool
    package var isMitigated: Bool
    package var isResolved: Bool
    /// Every action executed so far, in order; repeats count.
    package var executed: [(action: String, target: String)]

    package init(
        time: Timestamp, hypotheses: [(id: String, service: String?, share: Double)],
        isDetected: Bool, isMitigated: Bool, isResolved: Bool,
        executed: [(action: String, target: String)]
    ) {
        self.time = time
        self.hypotheses = hypotheses
        self.isDetected = isDetected
        self.isMitigated = isMitigated
        self.isResolved = isResolved
        self.executed = executed
    }
}

/// Compares what the room said with the truth of the scenario.
package struct DrillScore: Sendable {
    private let scenario: Scenario
    private let seed: UInt64
    private let faultAt: Timestamp
    private var detected: Duration?
    private var trueCauseFirst: Duration?
    private var mitigated: Duration?
    private var resolved: Duration?
    private var maxWrongShare = 0.0
    private var wrongActions = 0

    /// `faultAt` is the simulated time of the fault; all figures count from it.
    package init(scenario: Scenario, seed: UInt64, faultAt: Timestamp) {
        self.scenario = scenario
        self.seed = seed
        self.faultAt = faultAt
    }

    /// Takes one more sighting. Sightings come in the order of time.
    package mutating func note(_ sighting: Sighting) {
        wrongActions = sighting.executed.count { !isRight($0) }
        guard sighting.time >= faultAt else { return }
        let since = sighting.time - faultAt
        if detected == nil, sighting.isDetected { detected = since }
        if mitigated == nil, sighting.isMitigated { mitigated = since }
        if resolved == nil, sighting.isResolved { resolved = since }
        if trueCauseFirst == nil, let first = sighting.hypotheses.first, isTrue(first) {
            trueCauseFirst = since
        }
        for hypothesis in sighting.hypotheses where !isTrue(hypothesis) {
            maxWrongShare = max(maxWrongShare, hypothesis.share)
        }
    }

    /// One line of JSON without its line end. Seconds are simulated seconds since the fault.
    package func json() -> String {
        let fields: [(String, String)] = [
            ("drill", JSONText.quoted(scenario.name)),
            ("seed", String(seed)),
            ("true_cause", JSONText.quoted(trueCause)),
            ("detected_s", Self.seconds(detected)),
            ("true_cause_first_s", Self.seconds(trueCauseFirst)),
            ("max_wrong_share", DecimalText.fixed(maxWrongShare, places: 3)),
            ("mitigated_s", Self.seconds(mitigated)),
            ("resolved_s", Self.seconds(resolved)),
            ("wrong_actions", String(wrongActions)),
        ]
        return "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    /// `deploy-regression@checkout`.
    private var trueCause: String { scenario.truth.hypothesis + "@" + scenario.truth.service }

    /// Whether it names both the kind of cause and the service.
    private func isTrue(_ hypothesis: (id: String, service: String?, share: Double)) -> Bool {
        hypothesis.id.hasPrefix(scenario.truth.hypothesis)
            && hypothesis.service == scenario.truth.service
    }

    private func isRight(_ executed: (action: String, target: String)) -> Bool {
        executed.action == scenario.right.action && executed.target == scenario.right.target
    }

    private static func seconds(_ span: Duration?) -> String {
        guard let span else { return "null" }
        return DecimalText.trimmed(span.inSeconds, places: 3)
    }
}
