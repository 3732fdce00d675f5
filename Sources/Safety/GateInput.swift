import Basics
import Incidents
import Playbooks

/// Everything the gates judge by. Values only: two equal inputs give two equal reports.
package struct GateInput: Sendable {
    /// How far the proposal has come. Each stage asks for more than the one before.
    package enum Stage: Sendable, Hashable, CaseIterable {
        /// It is listed or its card is open.
        case proposal
        /// A person is about to approve it.
        case approval
        /// It was approved and is about to run.
        case execution
    }

    package var proposal: MitigationProposed
    /// The catalogue's entry of that name; nil when there is none.
    package var action: CatalogueAction?
    package var configuration: Configuration
    package var incident: Incident
    package var activePlaybooks: [Playbook]
    package var scopeIsKnown: Bool
    /// The statement of the leading hypothesis; it prefills the reason of a review.
    package var leadingHypothesis: String?
    package var stop: StopState
    /// Who looks, approves, or (at execution) approved.
    package var actor: Actor
    /// Whether `actor` is the incident's commander.
    package var isCommander: Bool
    package var now: ClockReading
    package var bootID: String
    package var stage: Stage
    /// Whether the ticket is open; nil when nothing and nobody could say.
    package var ticketIsOpen: Bool?
    /// What was done in other incidents of this machine; it counts for the loop gate.
    package var elsewhere: WorkElsewhere
    /// Rights of `actor` in this room (`Rights.of`).
    package var rights: Set<Person.Right>
    /// What was typed to go on alone where two persons are asked for; nil or blank when nothing
    /// was. At the execution the approval's own text counts.
    package var breakGlass: String?
    /// SHA-256 over the configuration files as they are on the disk now; nil when nobody looked.
    package var policyDigest: String?

    package init(
        proposal: MitigationProposed, action: CatalogueAction?, configuration: Configuration,
        incident: Incident, activePlaybooks: [Playbook], scopeIsKnown: Bool,
        leadingHypothesis: String?, stop: StopState, actor: Actor, isCommander: Bool,
        now: ClockReading, bootID: String, stage: Stage, ticketIsOpen: Bool? = nil,
        elsewhere: WorkElsewhere = WorkElsewhere(),
        rights: Set<Person.Right> = Set(Person.Right.allCases), policyDigest: String? = nil,
        breakGlass: String? = nil
    ) {
        self.proposal = proposal
        self.action = action
        self.configuration = configuration
        self.incident = incident
        self.activePlaybooks = activePlaybooks
        self.scopeIsKnown = scopeIsKnown
        self.leadingHypothesis = leadingHypothesis
        self.stop = stop
        self.actor = actor
        self.isCommander = isCommander
        self.now = now
        self.bootID = bootID
        self.stage = stage
        self.ticketIsOpen = ticketIsOpen
        self.elsewhere = elsewhere
        self.rights = rights
        self.policyDigest = policyDigest
        self.breakGlass = breakGlass
    }
}

/// One use of an action on a target, by the room or by hand, as far as the windows need it.
package struct PastAttempt: Sendable, Hashable {
    package var action: String
    package var target: String
    /// Whether it undid an earlier action.
    package var isUndo: Bool
    package var moment: Moment

    package init(action: String, target: String, isUndo: Bool, moment: Moment) {
        self.action = action
        self.target = target
        self.isUndo = isUndo
        self.moment = moment
    }
}

/// What was lately done in other incidents of this machine, as far as it can be known.
package struct WorkElsewhere: Sendable, Hashable {
    package var attempts: [PastAttempt]
    /// Incidents whose record cannot be counted, each with the reason: `INC-0003: EIO: …`.
    package var uncounted: [String]

    package init(attempts: [PastAttempt] = [], uncounted: [String] = []) {
        self.attempts = attempts
        self.uncounted = uncounted
    }

    /// `what was done in INC-0003 cannot be counted: EIO: … (and in 2 more)`, or nil.
    package var problem: String? {
        guard let first = uncounted.first else { return nil }
        let parts = first.split(separator: ":", maxSplits: 1)
        let reason = parts.count == 2 ? ":\(parts[1])" : ""
        let more = uncounted.count == 1 ? "" : " (nor in \(uncounted.count - 1) more)"
        return "what was done in \(parts[0]) cannot be counted\(reason)\(more)"
    }
}

extension Mitigation.Attempt {
    /// When it began.
    package var moment: Moment { Moment(wall: startedAt, boot: boot, bootID: bootID) }
}

extension Incident {
    /// Every attempt of this incident, also those that people made by hand and recorded.
    package var pastAttempts: [PastAttempt] {
        let own = mitigations.flatMap { mitigation in
            mitigation.attempts.map {
                PastAttempt(
                    action: $0.action, target: $0.target,
                    isUndo: mitigation.proposal.rollbackOf != nil, moment: $0.moment)
            }
        }
        let byHand = manualActions.compactMap { manual -> PastAttempt? in
            guard let action = manual.action, let target = manual.target else { return nil }
            return PastAttempt(
                action: action, target: target, isUndo: false,
                moment: Moment(wall: manual.time, boot: manual.boot, bootID: manual.bootID))
        }
        return own + byHand
    }
}
