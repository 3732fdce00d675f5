import Basics

/// An incident: the fold of its events, nothing else.
///
/// Rebuilt from the journal at every opening, so whatever is here survives a crash.
package struct Incident: Sendable {
    package var id: IncidentID
    package var title = ""
    package var environment = DeploymentEnvironment.production
    /// Whether somebody said what the environment has (asked once).
    package var environmentAnswered = false
    package var hasTickets = true
    package var hasOnCall = true
    package var severity = Severity.sev2
    package var phase = Phase.triage
    package var status = Status.triage
    package var service: String?
    package var unknowns: [String] = []
    package var isDrill = false
    package var isOpen = false
    package var milestones: [Milestone: MilestoneSet] = [:]
    package var roles: [Role: String] = [:]
    package var changes: [ChangeRecorded] = []
    package var notes: [TextEntry] = []
    package var updates: [TextEntry] = []
    package var followUps: [TextEntry] = []
    package var nextUpdateDue: Timestamp?
    /// Baselines by signal name.
    package var baselines: [String: BaselineFrozen] = [:]
    /// What the room saw, at the moments it was written down; the report is made from these.
    package var situations: [SituationRecorded] = []
    /// Last state change per condition, with the time it happened.
    package var conditions: [ConditionID: ConditionRecord] = [:]
    package var handChecks: [ConditionID: ConditionCheckedByHand] = [:]
    package var notApplicable: Set<ConditionID> = []
    package var hypotheses: [HypothesisRecord] = []
    package var mitigations: [Mitigation] = []
    package var manualActions: [ManualAction] = []
    /// Alerts that fire now, by name and labels.
    package var firingAlerts: [AlertKey: Timestamp] = [:]
    package var alertCount = 0
    package var lastNewAlert: Timestamp?
    package var knownPatterns: Set<String> = []
    package var staleSources: Set<String> = []
    /// What the record may lack, by source.
    package var losses: [String: LossTotal] = [:]
    /// Credentials that stood in sources or output, in the order in which they were seen first.
    package var credentials: [CredentialSeen] = []
    /// The emergency stop as this incident knows it: latched until the IC clears it.
    package var stop: StopSet?
    package var resolution: IncidentResolved?
    /// Who was called, in order.
    package var escalations: [Escalation] = []
    /// What is known of the guarded rollback, by proposal.
    package var rollbackWatches: [String: RollbackWatch] = [:]
    /// Commands beside actions, in order.
    package var commandRuns: [CommandRan] = []
    package var canaries: [CanaryWatched] = []
    package var reviews: [GateReviewed] = []
    /// The open breaker's reason; nil when it is closed.
    package var breaker: String?
    /// When a person last reset the breaker.
    package var breakerReset: RecordedMoment?
    /// The attempts that were over when a person last reset the breaker: they count no more.
    package var overAtBreakerReset: Set<String> = []
    /// The entry that opened the breaker; nil when it is closed.
    package var breakerSequence: UInt64?
    /// The newest word on the ticket, and when it was said.
    package var ticket: TicketStated?
    package var ticketAt: RecordedMoment?
    /// How the configured check failed since then; nil when it did not.
    package var ticketCheckFailure: String?
    /// The entry that set the emergency stop; nil when it is off.
    package var stopSequence: UInt64?
    /// The configuration on the disk differs from the loaded one and nobody has acknowledged it.
    package var configurationChange: ConfigurationChanged?
    /// The digests that somebody acknowledged.
    package var acknowledgedConfigurations: Set<String> = []
    package var lastSequence: UInt64 = 0

    package init(id: IncidentID) { self.id = id }

    /// One text with its author and time.
    package struct TextEntry: Sendable, Hashable {
        package var sequence: UInt64
        package var time: Timestamp
        package var author: String
        package var text: String
    }

    package struct ConditionRecord: Sendable, Hashable {
        package enum State: String, Sendable { case met, lost, unknown }
        package var state: State
        package var since: Timestamp
        package var detail: String
    }

    package struct HypothesisRecord: Sendable, Hashable {
        package var id: String
        package var statement: String
        package var origin: String
        package var author: String
        package var status = HypothesisStatus.proposed
        package var reason = ""
        package var isPinned = false
        package var evidence: [EvidenceAdded] = []
    }

    package struct ManualAction: Sendable, Hashable {
        package var time: Timestamp
        package var boot: BootTime
        package var bootID: String
        package var author: String
        package var text: String
        package var action: String?
        package var target: String?
        package var id: String?
        package var verdict: Verdict?
        package var verdictDetail = ""
    }

    package struct AlertKey: Hashable, Sendable {
        package var name: String
        package var labels: [String: String]
    }
}

/// One proposal and everything that became of it.
package struct Mitigation: Sendable, Hashable {
    package enum State: String, Sendable, CaseIterable {
        case proposed, approved, denied, expired, running, succeeded, failed, unknown
    }

    package var proposal: MitigationProposed
    package var proposer: Actor
    package var proposedAt: Timestamp
    package var state = State.proposed
    package var approval: MitigationApproved?
    package var approver: Actor?
    /// Boot-time clock at its entry, for the objection window.
    package var proposedBoot: BootTime?
    package var proposedBootID: String?
    package var approvedBoot: BootTime?
    package var approvedBootID: String?
    package var objections: [String] = []
    /// How many of them the approver could know; nil before the approval.
    package var objectionsAtApproval: Int?
    package var closingReason = ""
    package var attempts: [Attempt] = []

    package struct Attempt: Sendable, Hashable {
        package var id: String
        package var action: String
        package var target: String
        package var startedAt: Timestamp
        package var boot: BootTime
        package var bootID: String
        package var outcome = AttemptOutcome.running
        package var endedAt: Timestamp?
        package var detail = ""
        package var lastLine = ""
        package var blobs: [String] = []
        package var step = 0
        package var verdict: Verdict?
        package var verdictDetail = ""
        /// An unknown outcome must be acknowledged by a person before anything else runs.
        package var isAcknowledged = false
    }
}

extension Incident {
    /// Attempts of every proposal, oldest first.
    package var attempts: [Mitigation.Attempt] {
        mitigations.flatMap(\.attempts).sorted { $0.startedAt < $1.startedAt }
    }

    package var runningAttempt: Mitigation.Attempt? {
        attempts.first { $0.outcome == .running }
    }

    /// Attempts whose outcome nobody knows and nobody has looked at.
    package var unacknowledgedUnknowns: [Mitigation.Attempt] {
        attempts.filter { $0.outcome == .unknown && !$0.isAcknowledged }
    }

    /// The newest successful forward action with a rollback that has not been undone: what `r`
    /// names.
    package var undoCandidate: Mitigation? {
        let undone = Set(
            mitigations.filter { $0.state == .succeeded }.compactMap(\.proposal.rollbackOf))
        return mitigations.last {
            $0.state == .succeeded && $0.proposal.rollbackOf == nil
                && !$0.proposal.rollbackSteps.isEmpty && !undone.contains($0.proposal.id)
        }
    }

    package func mitigation(_ id: String) -> Mitigation? {
        mitigations.first { $0.proposal.id == id }
    }

    package var startedAt: Timestamp? { milestones[.started]?.at }
    package var commander: String? { roles[.commander] }

    /// Time from one milestone to another; nil when either is missing.
    package func span(_ from: Milestone, _ to: Milestone) -> Duration? {
        guard let start = milestones[from]?.at, let end = milestones[to]?.at else { return nil }
        return end - start
    }

    /// The newest deploy-like change before `time`, of `service` if given.
    package func latestChange(of service: String? = nil, before time: Timestamp? = nil)
        -> ChangeRecorded?
    {
        changes.filter { change in
            (service.map { NameRule.same($0, change.service) } ?? true)
                && (time.map { change.at <= $0 } ?? true)
        }.max { $0.at < $1.at }
    }
}
