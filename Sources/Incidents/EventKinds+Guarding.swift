import Basics

// What surrounds an action: who was called, what was armed, what was looked at, what is halted.

// MARK: People

/// Command went from one person to another, handed over or taken.
package struct CommandTransferred: EventPayload, Hashable {
    package static let kind = "command.transferred"
    package var from: String?
    package var to: String
    package var reason: String
    /// The commander did not hand it over: somebody authorised took it.
    package var isTakeover: Bool
    package init(from: String?, to: String, reason: String, isTakeover: Bool) {
        self.from = from
        self.to = to
        self.reason = reason
        self.isTakeover = isTakeover
    }
}

/// The IC passed over review gates, after the escalation was recorded.
package struct GateReviewed: EventPayload, Hashable {
    package static let kind = "gate.reviewed"
    package var proposal: String
    package var gates: [String]
    package var reason: String
    package init(proposal: String, gates: [String], reason: String) {
        self.proposal = proposal
        self.gates = gates
        self.reason = reason
    }
}

/// What a person says about the ticket, or the configured check found.
package struct TicketStated: EventPayload, Hashable {
    package static let kind = "ticket.stated"
    package var ticket: String
    package var isOpen: Bool
    package init(ticket: String, isOpen: Bool) {
        self.ticket = ticket
        self.isOpen = isOpen
    }
}

// MARK: Escalation

/// Somebody must be reached, within a time; otherwise the next rung.
package struct EscalationRaised: EventPayload, Hashable {
    package static let kind = "escalation.raised"
    /// Unique within the incident: `E1`, `E2`, …
    package var id: String
    /// The rung's name: `on-call`, `IC`, …
    package var rung: String
    /// Its place in the ladder, from 0.
    package var place: Int
    package var person: String
    package var contact: String
    package var reason: String
    /// Seconds until the next rung is called when nobody acknowledges.
    package var acknowledgeWithin: Double
    /// What is escalated, so that it is done once: `attempt A3`, `stop 118`; nil when no rule did.
    package var cause: String?
    package init(
        id: String, rung: String, place: Int, person: String, contact: String, reason: String,
        acknowledgeWithin: Double, cause: String? = nil
    ) {
        self.id = id
        self.rung = rung
        self.place = place
        self.person = person
        self.contact = contact
        self.reason = reason
        self.acknowledgeWithin = acknowledgeWithin
        self.cause = cause
    }
}

package struct EscalationAcknowledged: EventPayload, Hashable {
    package static let kind = "escalation.acknowledged"
    package var id: String
    package var text: String
    package init(id: String, text: String) {
        self.id = id
        self.text = text
    }
}

/// Nobody answered in time; `next` names the escalation that follows, if there is one.
package struct EscalationExpired: EventPayload, Hashable {
    package static let kind = "escalation.expired"
    package var id: String
    package var next: String?
    package init(id: String, next: String?) {
        self.id = id
        self.next = next
    }
}

// MARK: Commands beside actions

/// A command that changes nothing was run: evidence, a diagnostic, a check, a notification.
package struct CommandRan: EventPayload, Hashable {
    package static let kind = "command.ran"
    package enum Purpose: String, Sendable, Codable, CaseIterable {
        /// Kept before something destroys it.
        case evidence
        /// A hypothesis' fastest test.
        case diagnostic
        /// Whether the rollback would work.
        case readyCheck
        case ticket, notify
    }
    package var purpose: Purpose
    package var argv: [String]
    /// `ok`, `exit 3`, `timed out`, `not started: …`.
    package var outcome: String
    package var isOK: Bool
    package var seconds: Double
    /// SHA-256 of the kept, redacted output in `blobs/`, hex; nil when it printed nothing.
    package var blob: String?
    package var bytesKept: Int
    package var bytesDropped: Int
    package var lastLine: String
    /// What it belongs to, where it belongs to something.
    package var proposal: String?
    package var hypothesis: String?
    package var escalation: String?
    package init(
        purpose: Purpose, argv: [String], outcome: String, isOK: Bool, seconds: Double,
        blob: String? = nil, bytesKept: Int = 0, bytesDropped: Int = 0, lastLine: String = "",
        proposal: String? = nil, hypothesis: String? = nil, escalation: String? = nil
    ) {
        self.purpose = purpose
        self.argv = argv
        self.outcome = outcome
        self.isOK = isOK
        self.seconds = seconds
        self.blob = blob
        self.bytesKept = bytesKept
        self.bytesDropped = bytesDropped
        self.lastLine = lastLine
        self.proposal = proposal
        self.hypothesis = hypothesis
        self.escalation = escalation
    }
}

// MARK: Automatic rollback

/// One minute of traffic as counts, as it stands in the record.
package struct RecordedMinute: Sendable, Codable, Hashable {
    /// Minutes since the remediation; negative before it, 0 is the one in which it happened.
    package var index: Int
    package var errors: Double
    package var requests: Double
    /// Seen whole: complete, scraped, no counter reset, nothing stale.
    package var isComplete: Bool
    package init(index: Int, errors: Double, requests: Double, isComplete: Bool) {
        self.index = index
        self.errors = errors
        self.requests = requests
        self.isComplete = isComplete
    }
}

/// The guarded rule watches this action; its baseline was frozen at the approval.
package struct RollbackArmed: EventPayload, Hashable {
    package static let kind = "rollback.armed"
    package var proposal: String
    /// The minutes before the remediation, oldest first.
    package var baseline: [RecordedMinute]
    /// The expressions that count errors and requests.
    package var errors: String
    package var requests: String
    /// Ids of the sources that delivered them; nil when nobody said.
    package var sources: [String]?
    package init(
        proposal: String, baseline: [RecordedMinute], errors: String, requests: String,
        sources: [String]? = nil
    ) {
        self.proposal = proposal
        self.baseline = baseline
        self.errors = errors
        self.requests = requests
        self.sources = sources
    }
}

package struct RollbackNotArmed: EventPayload, Hashable {
    package static let kind = "rollback.notArmed"
    package var proposal: String
    package var reason: String
    package init(proposal: String, reason: String) {
        self.proposal = proposal
        self.reason = reason
    }
}

/// One more minute after the remediation, so that the rule goes on after a restart.
package struct RollbackMinute: EventPayload, Hashable {
    package static let kind = "rollback.minute"
    package var proposal: String
    package var minute: RecordedMinute
    package init(proposal: String, minute: RecordedMinute) {
        self.proposal = proposal
        self.minute = minute
    }
}

/// What the guarded rule says now, told when it changes.
package struct RollbackJudged: EventPayload, Hashable {
    package static let kind = "rollback.judged"
    package enum Finding: String, Sendable, Codable, CaseIterable {
        /// Roll back.
        case worse
        /// The operator decides at once.
        case ask
        case inconclusive, notWorse

        /// For people.
        package var words: String {
            switch self {
            case .worse: "worse"
            case .ask: "a person was asked"
            case .inconclusive: "inconclusive"
            case .notWorse: "not worse"
            }
        }
    }
    package var proposal: String
    package var finding: Finding
    package var detail: String
    package init(proposal: String, finding: Finding, detail: String) {
        self.proposal = proposal
        self.finding = finding
        self.detail = detail
    }
}

/// The watch is over; no automatic rollback of this action any more.
package struct RollbackDisarmed: EventPayload, Hashable {
    package static let kind = "rollback.disarmed"
    package var proposal: String
    package var reason: String
    package init(proposal: String, reason: String) {
        self.proposal = proposal
        self.reason = reason
    }
}

/// What was seen after one stage of an action that spans services.
package struct CanaryWatched: EventPayload, Hashable {
    package static let kind = "rollback.canary"
    package var attempt: String
    package var service: String
    package var isStable: Bool
    package var detail: String
    package init(attempt: String, service: String, isStable: Bool, detail: String) {
        self.attempt = attempt
        self.service = service
        self.isStable = isStable
        self.detail = detail
    }
}

// MARK: Halts

package struct BreakerOpened: EventPayload, Hashable {
    package static let kind = "breaker.opened"
    package var reason: String
    package init(reason: String) { self.reason = reason }
}

/// A person reset the breaker, with a typed reason.
package struct BreakerClosed: EventPayload, Hashable {
    package static let kind = "breaker.closed"
    package var reason: String
    package init(reason: String) { self.reason = reason }
}

/// The configuration on the disk is not the one this room uses.
package struct ConfigurationChanged: EventPayload, Hashable {
    package static let kind = "configuration.changed"
    /// SHA-256 over all its files as they are now, hex; empty when one cannot be read.
    package var digest: String
    /// Why it could not be used, or "" when it is well formed.
    package var problem: String
    package init(digest: String, problem: String) {
        self.digest = digest
        self.problem = problem
    }
}

/// A person saw that and goes on with the configuration that was loaded.
package struct ConfigurationAcknowledged: EventPayload, Hashable {
    package static let kind = "configuration.acknowledged"
    package var digest: String
    package var reason: String
    package init(digest: String, reason: String) {
        self.digest = digest
        self.reason = reason
    }
}
