import Basics
import Incidents

/// What the figures over all incidents are made from: one incident in short.
package struct IncidentSummary: Codable, Hashable, Sendable {
    package struct Attempt: Codable, Hashable, Sendable {
        package var action: String
        package var target: String
        /// `AttemptOutcome`'s raw value.
        package var outcome: String
        /// `Verdict`'s raw value, once it was judged.
        package var verdict: String?
        package var isUndo: Bool
        /// No person approved it.
        package var isAutomatic: Bool

        package init(
            action: String, target: String, outcome: String, verdict: String?, isUndo: Bool,
            isAutomatic: Bool
        ) {
            self.action = action
            self.target = target
            self.outcome = outcome
            self.verdict = verdict
            self.isUndo = isUndo
            self.isAutomatic = isAutomatic
        }
    }

    package var id: String
    package var title: String
    package var severity: Severity
    package var environment: DeploymentEnvironment
    package var status: Status
    package var isDrill: Bool
    /// By the milestone's name, nanoseconds since 1970.
    package var milestones: [String: Int64]
    package var attempts: [Attempt]
    /// Actions recorded as done by hand.
    package var manualCount: Int
    /// How often the rollback breaker opened.
    package var breakerCount: Int
    package var entries: UInt64
    /// Why what follows the last entry is lost; nil when nothing is.
    package var damage: String?

    package init(_ incident: Incident, events: [Event], damage: Failure?) {
        id = incident.id.text
        title = incident.title
        severity = incident.severity
        environment = incident.environment
        status = incident.status
        isDrill = incident.isDrill
        milestones = incident.milestones.reduce(into: [:]) {
            $0[$1.key.rawValue] = $1.value.at.nanoseconds
        }
        attempts = incident.mitigations.flatMap { mitigation in
            mitigation.attempts.map {
                Attempt(
                    action: $0.action, target: $0.target, outcome: $0.outcome.rawValue,
                    verdict: $0.verdict?.rawValue, isUndo: mitigation.proposal.rollbackOf != nil,
                    isAutomatic: mitigation.approver?.isPerson != true)
            }
        }
        manualCount = incident.manualActions.count
        breakerCount = events.count { $0.payload is BreakerOpened }
        entries = incident.lastSequence
        self.damage = damage?.description
    }

    /// Seconds from one milestone to another; nil when either is missing.
    package func seconds(_ from: Milestone, _ to: Milestone) -> Double? {
        guard let start = milestones[from.rawValue], let end = milestones[to.rawValue] else {
            return nil
        }
        return Double(end - start) / 1e9
    }
}
