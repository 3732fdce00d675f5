import Basics

/// A moment on both clocks, as the journal has it.
package struct RecordedMoment: Sendable, Hashable {
    package var wall: Timestamp
    package var boot: BootTime
    package var bootID: String

    package init(wall: Timestamp, boot: BootTime, bootID: String) {
        self.wall = wall
        self.boot = boot
        self.bootID = bootID
    }
}

/// One call for help and what became of it.
package struct Escalation: Sendable, Hashable {
    package var raised: EscalationRaised
    package var moment: RecordedMoment
    package var acknowledgedBy: String?
    package var isExpired = false
    /// How the configured commands delivered it, in order; empty when the room must call.
    package var deliveries: [CommandRan] = []

    package var isOpen: Bool { acknowledgedBy == nil && !isExpired }
}

/// The guarded rollback of one action, as the record has it.
package struct RollbackWatch: Sendable, Hashable {
    /// nil when it is not armed.
    package var armed: RollbackArmed?
    package var whyNotArmed = ""
    package var minutes: [RecordedMinute] = []
    package var judged: RollbackJudged?
    package var disarmed: String?

    package var isArmed: Bool { armed != nil && disarmed == nil }
    /// The rule has fired: automation may undo this action, once.
    package var hasFired: Bool { isArmed && judged?.finding == .worse }
}

extension Incident {
    /// True when the event was one of these.
    mutating func applyGuarding(_ event: Event) -> Bool {
        applyEscalation(event) || applyRollbackWatch(event) || applyHalts(event)
    }

    private mutating func applyEscalation(_ event: Event) -> Bool {
        switch event.payload {
        case let raised as EscalationRaised:
            guard !escalations.contains(where: { $0.raised.id == raised.id }) else { return true }
            escalations.append(Escalation(raised: raised, moment: event.moment))
        case let seen as EscalationAcknowledged:
            escalation(seen.id) { if $0.isOpen { $0.acknowledgedBy = event.actor.name } }
        case let late as EscalationExpired:
            escalation(late.id) { if $0.isOpen { $0.isExpired = true } }
        case let ran as CommandRan:
            commandRuns.append(ran)
            if ran.purpose == .ticket, !ran.isOK { ticketCheckFailure = ran.outcome }
            if let id = ran.escalation { escalation(id) { $0.deliveries.append(ran) } }
        case let review as GateReviewed: reviews.append(review)
        case let ticket as TicketStated:
            self.ticket = ticket
            ticketAt = event.moment
            ticketCheckFailure = nil
        case let transfer as CommandTransferred: roles[.commander] = transfer.to
        default: return false
        }
        return true
    }

    private mutating func applyRollbackWatch(_ event: Event) -> Bool {
        switch event.payload {
        case let it as RollbackArmed:
            // The baseline is frozen: a second one for the same proposal changes nothing.
            guard rollbackWatches[it.proposal]?.armed == nil else { return true }
            rollbackWatches[it.proposal, default: RollbackWatch()].armed = it
        case let it as RollbackNotArmed:
            rollbackWatches[it.proposal, default: RollbackWatch()].whyNotArmed = it.reason
        case let it as RollbackMinute:
            let last = rollbackWatches[it.proposal]?.minutes.last?.index ?? .min
            guard it.minute.index > last else { return true }
            rollbackWatches[it.proposal]?.minutes.append(it.minute)
        case let it as RollbackJudged: rollbackWatches[it.proposal]?.judged = it
        case let it as RollbackDisarmed: rollbackWatches[it.proposal]?.disarmed = it.reason
        case let it as CanaryWatched: canaries.append(it)
        default: return false
        }
        return true
    }

    private mutating func applyHalts(_ event: Event) -> Bool {
        switch event.payload {
        case let it as BreakerOpened:
            breaker = it.reason
            breakerSequence = event.sequence
        case is BreakerClosed:
            breaker = nil
            breakerSequence = nil
            breakerReset = event.moment
            overAtBreakerReset = Set(attempts.filter(\.outcome.isOver).map(\.id))
        case let it as ConfigurationChanged: configurationChange = it
        case let it as ConfigurationAcknowledged:
            acknowledgedConfigurations.insert(it.digest)
            if configurationChange?.digest == it.digest { configurationChange = nil }
        default: return false
        }
        return true
    }

    private mutating func escalation(_ id: String, _ change: (inout Escalation) -> Void) {
        guard let index = escalations.firstIndex(where: { $0.raised.id == id }) else { return }
        change(&escalations[index])
    }
}

extension Event {
    /// When it was entered, on both clocks.
    package var moment: RecordedMoment { RecordedMoment(wall: entry, boot: boot, bootID: bootID) }
}
