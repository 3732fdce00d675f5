import Basics
import Incidents

/// How an incident stands, for people and programs outside the room. Times are RFC 3339, spans in
/// seconds, shares 0…1.
package struct RoomStatus: Sendable, Codable {
    package struct Service: Sendable, Codable {
        package var name: String
        package var tier: String?
        package var dependsOn: [String]
        /// Share of customers.
        package var customers: Double?
        package var onCall: String?
    }
    package struct Alert: Sendable, Codable {
        package var name: String
        package var labels: [String: String]
        package var since: String
    }
    package struct Change: Sendable, Codable {
        package var at: String
        package var kind: String
        package var service: String
        package var version: String
        package var summary: String
    }
    package struct Hypothesis: Sendable, Codable {
        package var statement: String
        package var strength: String
        package var share: Double
        package var status: String
    }
    package struct Condition: Sendable, Codable {
        package var condition: String
        package var state: String
        package var detail: String
    }
    package struct Gate: Sendable, Codable, Hashable {
        package var gate: String
        /// `pass`, `review`, `blocked`, `skipped` or `at run`.
        package var outcome: String
        package var reason: String
        package var remedy: String
    }
    package struct Mitigation: Sendable, Codable {
        package var id: String
        package var title: String
        package var action: String
        package var target: String
        package var state: String
        package var approvalClass: String
        package var digest: String
        package var proposer: String
        package var approver: String?
        package var objections: [String]
        package var objectionSecondsLeft: Double
        package var verdict: String?
        package var gates: [Gate]
    }
    package struct Person: Sendable, Codable {
        package var user: String
        package var uid: UInt32
        package var rights: [String]
    }
    package struct Escalation: Sendable, Codable {
        package var id: String
        package var rung: String
        package var person: String
        package var contact: String
        package var reason: String
        package var raised: String
        /// `open`, `acknowledged by NAME` or `expired`.
        package var state: String
    }
    package struct Entry: Sendable, Codable {
        package var sequence: UInt64
        package var time: String
        package var actor: String
        package var text: String
    }
    /// How far it has come, as figures.
    package struct Progress: Sendable, Codable {
        package var elapsedSeconds: Double
        package var conditionsMet: Int
        package var conditions: Int
        /// Share of attempts whose action stands in a playbook of this incident; nil without any.
        package var runbookCoverage: Double?
        /// Share of attempts that no person approved; nil without any.
        package var automationShare: Double?
        /// The leading hypothesis' share; nil without one.
        package var confidence: Double?
        package var sourcesOK: Int
        package var sources: Int
    }
    /// The process that answers.
    package struct Room: Sendable, Codable {
        package var pid: Int32
        package var user: String
        package var uid: UInt32
        package var directory: String
        /// Seconds since its loop last turned.
        package var idleSeconds: Double
    }

    package var incident: String
    package var title: String
    package var severity: String
    package var phase: String
    package var status: String
    package var environment: String
    package var drill: Bool
    package var commander: String?
    package var roles: [String: String]
    package var milestones: [String: String]
    package var timeToDetect: Double?
    package var timeToMitigate: Double?
    package var timeToResolve: Double?
    package var what: String?
    package var scope: String?
    package var services: [Service]
    package var alerts: [Alert]
    package var changes: [Change]
    package var hypotheses: [Hypothesis]
    package var conditions: [Condition]
    package var mitigations: [Mitigation]
    /// Who is connected beside the room's own user.
    package var people: [Person]
    package var escalations: [Escalation]
    package var emergencyStop: Bool
    package var stopReason: String
    package var nextStep: String
    package var progress: Progress
    /// The newest entries, oldest first.
    package var history: [Entry]
    package var entries: UInt64
    /// `room`: it comes from the running room, not from the record.
    package var source: String
    package var room: Room

    /// The names of `warroom status --format json`, spans with their unit.
    private enum CodingKeys: String, CodingKey {
        case incident, title, severity, phase, status, environment, drill, commander, roles
        case milestones
        case timeToDetect = "mttd_seconds"
        case timeToMitigate = "mttm_seconds"
        case timeToResolve = "mttr_seconds"
        case what, scope, services, alerts, changes, hypotheses, conditions, mitigations, people
        case escalations
        case emergencyStop = "emergency_stop"
        case stopReason = "stop_reason"
        case nextStep = "next_step"
        case progress, history, entries, source, room
    }

    package var line: String {
        let name = title.isEmpty ? what ?? "untitled" : title
        return "\(incident)  \(severity)  \(phase)  \(status)  \(name)" + (drill ? "  (drill)" : "")
    }
}

/// A proposal as an approver must see it, with the gates as they judge that very person.
package struct ProposalCard: Sendable, Codable, Hashable {
    package var incident: String
    package var id: String
    package var state: String
    package var title: String
    package var action: String
    package var target: String
    package var environment: String
    package var steps: [[String]]
    package var rollbackSteps: [[String]]
    package var capture: [[String]]
    package var blastRadius: String
    package var risk: String
    package var onStop: String
    package var timeout: Double
    package var reason: String
    package var cannotUndo: String?
    package var proposer: String
    /// Seconds since it was proposed.
    package var age: Double
    package var digest: String
    package var approvalClass: ApprovalClass
    package var objections: [String]
    package var objectionSecondsLeft: Double
    /// Who else is connected and may object.
    package var mayObject: [String]
    package var gates: [RoomStatus.Gate]
    package var roomUser: String
    package var commander: String?

    package var reviews: [RoomStatus.Gate] { gates.filter { $0.outcome == "review" } }
    package var blocked: [RoomStatus.Gate] { gates.filter { $0.outcome == "blocked" } }
}
