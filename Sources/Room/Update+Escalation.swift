import Basics
import Incidents
import Playbooks
import Safety

/// What was asked of the journal about escalations and is not back yet.
package struct GuardingMarks: Sendable {
    /// Causes of calls.
    var raised: Set<String> = []
    /// Calls that nobody answered.
    var expired: Set<String> = []
    /// Calls that were handed on for delivery.
    var notified: Set<String> = []
    var opensBreaker = false
    /// The highest number of a call so far.
    var lastNumber = 0
}

// Who must be called, and whether they answered.
extension Model {
    /// Looks at the breaker, at what somebody must hear of and at the timers of open escalations;
    /// called once a second.
    mutating func escalationsDue() -> [Effect] {
        guard canWrite, incident.isOpen, !incident.status.isOver else { return [] }
        let drafts = breakerDrafts() + newCalls() + unanswered()
        let journal: [Effect] = drafts.isEmpty ? [] : [.journal(drafts, sync: true)]
        return journal + undelivered()
    }

    /// What entries about escalations, breakers and the stop lead to.
    mutating func reactToGuarding(_ payload: any EventPayload) -> [Effect] {
        switch payload {
        case let raised as EscalationRaised:
            if let cause = raised.cause { guarding.raised.remove(cause) }
            say("\(raised.id) call \(Self.whom(raised)): \(raised.reason)", isError: true)
            return deliver(raised.id)
        case let expired as EscalationExpired:
            guarding.expired.remove(expired.id)
            if expired.next == nil {
                say("nobody answered \(expired.id): call somebody by hand", isError: true)
            }
        case let seen as EscalationAcknowledged where seen.text != Self.stopIsOver:
            say("the escalation is acknowledged")
        case is StopCleared: return callsOfTheStopEnd()
        case let opened as BreakerOpened:
            guarding.opensBreaker = false
            say("rollbacks are halted: \(opened.reason)", isError: true)
        case is BreakerClosed: say("the breaker is closed: rollbacks may run again")
        case is ConfigurationAcknowledged: say("going on with the configuration that was loaded")
        case is StopSet, is ActionFailed, is ActionTimedOut, is ActionUnknown:
            // The commander and the on-call hear of it at once, not with the next tick.
            return escalationsDue()
        default: break
        }
        return []
    }

    private static let stopIsOver = "the emergency stop was cleared"

    /// Nobody is called any further for a stop that is no more.
    private func callsOfTheStopEnd() -> [Effect] {
        guard canWrite else { return [] }
        let calls = incident.escalations.filter {
            $0.isOpen && EscalationLadder.isAboutStop($0.raised.cause ?? "")
        }
        guard !calls.isEmpty else { return [] }
        let drafts = calls.map {
            EventDraft(
                EscalationAcknowledged(id: $0.raised.id, text: Self.stopIsOver), by: .automation)
        }
        return [.journal(drafts, sync: true)]
    }

    private static func whom(_ raised: EscalationRaised) -> String {
        if raised.person.isEmpty { return "somebody" }
        return raised.contact.isEmpty ? raised.person : "\(raised.person) (\(raised.contact))"
    }

    // MARK: Breaker

    private mutating func breakerDrafts() -> [EventDraft] {
        guard incident.breaker == nil, !guarding.opensBreaker,
            let reason = Breaker.openReason(of: incident, actions: configuration.actions)
        else { return [] }
        guarding.opensBreaker = true
        return [EventDraft(BreakerOpened(reason: reason), by: .automation)]
    }

    // MARK: Calls

    private mutating func newCalls() -> [EventDraft] {
        let causes = EscalationLadder.causes(
            of: incident, actions: configuration.actions, now: now, bootID: bootID)
        var drafts: [EventDraft] = []
        for cause in causes where !isRaised(cause.id) {
            let planned = EscalationLadder.call(
                cause, id: "", incident: incident, configuration: configuration)
            guard var call = planned else { continue }
            guarding.raised.insert(cause.id)
            if hears(call, drafts) { continue }
            call.id = nextCall()
            drafts.append(EventDraft(call, by: .automation))
        }
        return drafts
    }

    /// Whether the same person is called for the same thing already: on-call and IC may be one.
    private func hears(_ call: EscalationRaised, _ drafts: [EventDraft]) -> Bool {
        let others =
            incident.escalations.map(\.raised)
            + drafts.compactMap { $0.payload as? EscalationRaised }
        return others.contains { other in
            NameRule.same(other.person, call.person) && other.reason == call.reason
                && EscalationLadder.isSameMatter(other.cause ?? "", call.cause ?? "")
        }
    }

    private func isRaised(_ cause: String) -> Bool {
        guarding.raised.contains(cause)
            || incident.escalations.contains { escalation in
                escalation.raised.cause.map { NameRule.same($0, cause) } == true
            }
    }

    mutating func nextCall() -> String {
        let known = incident.escalations.compactMap { Int($0.raised.id.dropFirst()) }.max() ?? 0
        guarding.lastNumber = max(guarding.lastNumber, known) + 1
        return "E\(guarding.lastNumber)"
    }

    // MARK: Timers

    private mutating func unanswered() -> [EventDraft] {
        let late = incident.escalations.filter {
            EscalationLadder.isOverdue($0, now: now, bootID: bootID)
                && !guarding.expired.contains($0.raised.id)
        }
        var drafts: [EventDraft] = []
        for escalation in late {
            guarding.expired.insert(escalation.raised.id)
            let (next, follows) = followUp(of: escalation.raised)
            drafts.append(
                EventDraft(
                    EscalationExpired(id: escalation.raised.id, next: next), by: .automation))
            if let follows { drafts.append(EventDraft(follows, by: .automation)) }
        }
        return drafts
    }

    /// The next rung, unless its person was called for the same thing already.
    private mutating func followUp(of call: EscalationRaised) -> (String?, EscalationRaised?) {
        let probe = EscalationLadder.next(
            after: call, id: "", incident: incident, configuration: configuration)
        guard var next = probe else { return (nil, nil) }
        let same = incident.escalations.first {
            NameRule.same($0.raised.person, next.person) && $0.raised.reason == next.reason
        }
        if let same { return (same.raised.id, nil) }
        next.id = nextCall()
        return (next.id, next)
    }

    // MARK: Delivery

    private mutating func deliver(_ id: String) -> [Effect] {
        guard canWrite, guarding.notified.insert(id).inserted else { return [] }
        return [.notify(escalation: id)]
    }

    /// A room that died between the entry and the call calls after all.
    private mutating func undelivered() -> [Effect] {
        guard !configuration.notify.isEmpty else { return [] }
        let waiting = incident.escalations.filter { $0.isOpen && $0.deliveries.isEmpty }
        return waiting.flatMap { deliver($0.raised.id) }
    }

    // MARK: What people do about it

    /// Somebody answered: the timer of that call ends.
    package mutating func acknowledgeEscalation(id: String, text: String) -> [Effect] {
        guard let found = incident.escalations.first(where: { NameRule.same($0.raised.id, id) })
        else {
            say("there is no escalation \(id)", isError: true)
            return []
        }
        guard found.isOpen else {
            say(
                found.acknowledgedBy.map { "\(id) was acknowledged by \($0)" }
                    ?? "\(id) has gone on to the next rung", isError: true)
            return []
        }
        return [.journal([draft(EscalationAcknowledged(id: id, text: text))], sync: true)]
    }

    /// The IC saw that the configuration on the disk is another one and goes on with what is
    /// loaded.
    package mutating func acknowledgeConfiguration(reason: String) -> [Effect] {
        guard let change = incident.configurationChange else {
            say("the configuration on the disk is the one in use", isError: true)
            return []
        }
        guard let effects = byTheCommander(reason, "acknowledges it") else { return [] }
        return effects(ConfigurationAcknowledged(digest: change.digest, reason: reason))
    }

    /// The IC resets the breaker.
    package mutating func closeBreaker(reason: String) -> [Effect] {
        guard incident.breaker != nil else {
            say("the breaker is closed", isError: true)
            return []
        }
        guard let effects = byTheCommander(reason, "resets the breaker") else { return [] }
        return effects(BreakerClosed(reason: reason))
    }

    /// What somebody says of the ticket; believed for an hour.
    package mutating func stateTicket(_ ticket: String, isOpen: Bool) -> [Effect] {
        guard ApprovalPolicy.isReason(ticket) else {
            say("name the ticket", isError: true)
            return []
        }
        return [.journal([draft(TicketStated(ticket: ticket, isOpen: isOpen))], sync: true)]
    }

    private mutating func byTheCommander(_ reason: String, _ what: String)
        -> ((any EventPayload) -> [Effect])?
    {
        guard isCommander(actor) else {
            say("only the IC (\(incident.commander ?? "nobody")) \(what)", isError: true)
            return nil
        }
        guard ApprovalPolicy.isReason(reason) else {
            say("type the reason", isError: true)
            return nil
        }
        let actor = actor
        return { [.journal([EventDraft($0, by: actor)], sync: true)] }
    }
}
