import Basics

/// The first entry a person causes: what is known at the declaration, and what is not.
package struct IncidentOpened: EventPayload {
    package static let kind = "incident.opened"
    package var id: IncidentID
    package var title: String
    package var environment: DeploymentEnvironment
    package var severity: Severity
    /// The service it seems to be about, if known.
    package var service: String?
    /// When it began, as far as known.
    package var startedAt: Timestamp?
    /// What of the minimum (what, where, since when, recent changes) nobody knows yet.
    package var unknowns: [String]
    /// Drills are counted apart from incidents.
    package var isDrill: Bool

    package init(
        id: IncidentID, title: String, environment: DeploymentEnvironment, severity: Severity,
        service: String?, startedAt: Timestamp?, unknowns: [String], isDrill: Bool
    ) {
        self.id = id
        self.title = title
        self.environment = environment
        self.severity = severity
        self.service = service
        self.startedAt = startedAt
        self.unknowns = unknowns
        self.isDrill = isDrill
    }
}

package struct SeverityChanged: EventPayload {
    package static let kind = "incident.severity"
    package var severity: Severity
    package var reason: String
    package init(severity: Severity, reason: String) {
        self.severity = severity
        self.reason = reason
    }
}

package struct PhaseChanged: EventPayload {
    package static let kind = "incident.phase"
    package var phase: Phase
    package init(phase: Phase) { self.phase = phase }
}

package struct StatusChanged: EventPayload {
    package static let kind = "incident.status"
    package var status: Status
    package var reason: String
    package init(status: Status, reason: String) {
        self.status = status
        self.reason = reason
    }
}

/// A milestone and where its time comes from. Setting it again amends it.
package struct MilestoneSet: EventPayload {
    package static let kind = "incident.milestone"
    package var milestone: Milestone
    package var at: Timestamp
    package var source: String
    package init(milestone: Milestone, at: Timestamp, source: String) {
        self.milestone = milestone
        self.at = at
        self.source = source
    }
}

package struct TitleChanged: EventPayload {
    package static let kind = "incident.title"
    package var title: String
    package init(title: String) { self.title = title }
}

package struct RoleAssigned: EventPayload {
    package static let kind = "role.assigned"
    package var role: Role
    package var person: String
    package init(role: Role, person: String) {
        self.role = role
        self.person = person
    }
}

/// A person's note.
package struct NoteAdded: EventPayload {
    package static let kind = "note.added"
    package var text: String
    package init(text: String) { self.text = text }
}

/// A correction: the first wording stays in the journal.
package struct NoteAmended: EventPayload {
    package static let kind = "note.amended"
    /// The sequence number of the note.
    package var sequence: UInt64
    package var text: String
    package init(sequence: UInt64, text: String) {
        self.sequence = sequence
        self.text = text
    }
}

package struct UpdatePublished: EventPayload {
    package static let kind = "update.published"
    package var text: String
    /// When the next one is promised.
    package var nextDue: Timestamp
    package init(text: String, nextDue: Timestamp) {
        self.text = text
        self.nextDue = nextDue
    }
}

package struct FollowUpAdded: EventPayload {
    package static let kind = "followup.added"
    package var text: String
    package init(text: String) { self.text = text }
}

/// What the environment has, asked once. Unanswered means production with everything required.
package struct EnvironmentAnswered: EventPayload {
    package static let kind = "environment.answered"
    package var environment: DeploymentEnvironment
    package var hasTickets: Bool
    package var hasOnCall: Bool
    package init(environment: DeploymentEnvironment, hasTickets: Bool, hasOnCall: Bool) {
        self.environment = environment
        self.hasTickets = hasTickets
        self.hasOnCall = hasOnCall
    }
}

package struct IncidentResolved: EventPayload {
    package static let kind = "incident.resolved"
    /// The stop conditions that were not met, with their states.
    package var unmet: [String]
    /// Why it was declared resolved all the same; nil when all six held.
    package var overrideReason: String?
    package init(unmet: [String], overrideReason: String?) {
        self.unmet = unmet
        self.overrideReason = overrideReason
    }
}

package struct IncidentClosed: EventPayload {
    package static let kind = "incident.closed"
    package init() {}
}

package struct IncidentReopened: EventPayload {
    package static let kind = "incident.reopened"
    package var reason: String
    package init(reason: String) { self.reason = reason }
}
