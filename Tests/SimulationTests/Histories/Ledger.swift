import Basics
import Incidents
import Playbooks

/// What one incident's journal says about actions, told independently of `Incident`: the checker
/// must not share a mistake with what it checks.
struct Ledger {
    struct Approval {
        var payload: MitigationApproved
        var event: Event
    }

    struct Attempt {
        var id: String
        var intent: ActionIntent
        var event: Event
        var isRollback: Bool
        var end: End?
        var isAcknowledged = false
        var spawns = 0
        /// Its room died while its program ran; the history knows, whatever the journal says.
        var hasCrashed = false
    }

    enum End { case succeeded, failed, unknown }

    /// Whether attempts in other incidents of this machine hold back as well.
    static let otherIncidentsCount = true

    private(set) var proposals: [String: (payload: MitigationProposed, event: Event)] = [:]
    private(set) var approvals: [String: Approval] = [:]
    var attempts: [Attempt] = []
    private(set) var closed: Set<String> = []
    private(set) var isLatched = false
    private(set) var clears = 0
    private(set) var commander: String?
    private(set) var fired: Set<String> = []
    /// How many attempts there were when the breaker was reset last.
    private(set) var attemptsBeforeReset = 0
    private(set) var byHand: [(action: String, target: String, event: Event)] = []

    /// The attempt that is under way.
    var open: Int? { attempts.lastIndex { $0.end == nil } }

    /// Takes one event in and returns what must not have happened.
    mutating func apply(_ event: Event, elsewhere: [Attempt]) -> [String] {
        switch event.payload {
        case let it as MitigationProposed:
            if proposals[it.id] == nil { proposals[it.id] = (it, event) }
        case let it as MitigationApproved:
            guard approvals[it.proposal] == nil, !closed.contains(it.proposal) else { return [] }
            approvals[it.proposal] = Approval(payload: it, event: event)
        case let it as MitigationDenied: closed.insert(it.proposal)
        case let it as MitigationExpired: closed.insert(it.proposal)
        case let it as ActionIntent: return intended(it, event, elsewhere)
        case let it as ActionManual:
            if let action = it.action, let target = it.target {
                byHand.append((action, target, event))
            }
        case let it as RoleAssigned: if it.role == .commander { commander = it.person }
        case let it as CommandTransferred: commander = it.to
        case let it as RollbackJudged: if it.finding == .worse { fired.insert(it.proposal) }
        case is StopSet: isLatched = true
        case is StopCleared:
            isLatched = false
            clears += 1
        case is BreakerClosed: attemptsBeforeReset = attempts.count
        default: end(event.payload)
        }
        return []
    }

    private mutating func end(_ payload: any EventPayload) {
        switch payload {
        case let it as ActionSucceeded: set(it.attempt) { $0.end = .succeeded }
        case let it as ActionFailed: set(it.attempt) { $0.end = .failed }
        case let it as ActionTimedOut: set(it.attempt) { $0.end = .failed }
        case let it as ActionStopped: set(it.attempt) { $0.end = .failed }
        case let it as ActionUnknown: set(it.attempt) { $0.end = .unknown }
        case let it as ActionAcknowledged: set(it.attempt) { $0.isAcknowledged = true }
        default: break
        }
    }

    private mutating func set(_ id: String, _ change: (inout Attempt) -> Void) {
        guard let index = attempts.firstIndex(where: { $0.id == id }) else { return }
        change(&attempts[index])
    }

    // MARK: Intents

    private mutating func intended(_ it: ActionIntent, _ event: Event, _ elsewhere: [Attempt])
        -> [String]
    {
        let isRollback = it.rollbackOf != nil || it.action == Scene.rollback.id
        let attempt = Attempt(id: it.attempt, intent: it, event: event, isRollback: isRollback)
        defer { attempts.append(attempt) }
        var wrong = before(attempt)
        guard let proposed = proposals[it.proposal], let approval = approvals[it.proposal] else {
            return wrong + ["\(it.attempt): no approval of \(it.proposal) is on the disk"]
        }
        wrong += mismatch(it, proposed.payload, approval)
        wrong += person(event, proposed.event, approval)
        let isReviewed =
            approval.payload.reviewed.contains("loop")
            && approval.payload.reviewReason?.contains { $0 != " " } == true
        let tries = sameTries(attempt, elsewhere)
        if tries >= 2, !isReviewed {
            wrong.append("\(it.attempt): tried \(tries) times within 15 min, and nobody reviewed")
        }
        if isBreakerOpen(at: event), isRollback || !isReviewed {
            wrong.append("\(it.attempt): the rollback breaker is open")
        }
        return wrong
    }

    /// What an earlier attempt forbids.
    private func before(_ attempt: Attempt) -> [String] {
        var wrong: [String] = []
        for earlier in attempts {
            if earlier.id == attempt.id { wrong.append("\(attempt.id) stands twice") }
            if earlier.intent.proposal == attempt.intent.proposal {
                wrong.append("\(attempt.id): the approval of \(earlier.intent.proposal) was used")
            }
            if earlier.end == nil { wrong.append("\(attempt.id): \(earlier.id) has not ended") }
            let isOpen = earlier.end == .unknown && !earlier.isAcknowledged
            if isOpen { wrong.append("\(attempt.id): nobody acknowledged \(earlier.id)") }
            if earlier.hasCrashed, earlier.end != .unknown {
                wrong.append("\(attempt.id): \(earlier.id) crashed, and the record forgot that")
            }
        }
        return wrong
    }

    private func mismatch(
        _ it: ActionIntent, _ proposed: MitigationProposed, _ approval: Approval
    ) -> [String] {
        var wrong: [String] = []
        func require(_ holds: Bool, _ what: String) {
            if !holds { wrong.append("\(it.attempt): \(what)") }
        }
        func same(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
        require(same(it.digest, approval.payload.digest), "the digest is not the approved one")
        require(same(it.digest, proposed.digest), "the digest is not the proposed one")
        require(
            it.steps.joined(separator: ["/"]).elementsEqual(
                proposed.steps.joined(separator: ["/"]), by: same),
            "the steps are not the proposed ones")
        require(same(it.target, proposed.target), "the target is another")
        require(it.environment == proposed.environment, "the environment is another")
        if let pins = approval.payload.executables {
            require(it.executables == pins, "a program was replaced after the approval")
        }
        return wrong
    }

    /// Who approved, and how long ago.
    private func person(_ event: Event, _ proposed: Event, _ approval: Approval) -> [String] {
        var wrong: [String] = []
        let approver = approval.event.actor
        let id = approval.payload.proposal
        if !approver.isPerson {
            let original = proposals[id]?.payload.rollbackOf
            if original.map(fired.contains) != true { wrong.append("\(id): no person approved it") }
        }
        if approver.uid != event.actor.uid { wrong.append("\(id): run for somebody else") }
        let age = event.boot - approval.event.boot
        if approval.event.bootID != event.bootID || age < .zero || age > .seconds(300) {
            wrong.append("\(id): the approval is \(TimeText.span(age)) old, or of another boot")
        }
        let isAlone = proposed.actor.uid == approver.uid
        if approval.payload.approvalClass == .confirm, isAlone,
            !approval.payload.reviewed.contains("approval"), approval.payload.breakGlass == nil
        {
            wrong.append("\(id): it takes two persons, or a reason")
        }
        return wrong
    }

    // MARK: Repetition

    private func sameTries(_ new: Attempt, _ elsewhere: [Attempt]) -> Int {
        let own = (attempts + (Self.otherIncidentsCount ? elsewhere : [])).filter {
            $0.intent.action == new.intent.action && $0.intent.target == new.intent.target
                && ($0.intent.rollbackOf == nil) == (new.intent.rollbackOf == nil)
        }.map(\.event)
        let hands = byHand.filter {
            $0.action == new.intent.action && $0.target == new.intent.target
                && new.intent.rollbackOf == nil
        }.map(\.event)
        return (own + hands).filter { Self.span($0, new.event) <= .seconds(15 * 60) }.count
    }

    private func isBreakerOpen(at event: Event) -> Bool {
        var inARow = 0
        var failures: [Event] = []
        for attempt in attempts[min(attemptsBeforeReset, attempts.count)...]
        where attempt.isRollback && attempt.end != nil {
            guard attempt.end != .succeeded else {
                inARow = 0
                continue
            }
            inARow += 1
            failures.append(attempt.event)
            let recent = failures.filter { Self.span($0, attempt.event) <= .seconds(30 * 60) }
            if inARow >= 2 || recent.count >= 3 { return true }
        }
        return false
    }

    /// Within a boot its clock decides; across boots only the wall clock is left, and one that was
    /// set back counts as no time.
    private static func span(_ first: Event, _ second: Event) -> Duration {
        let span =
            first.bootID == second.bootID ? second.boot - first.boot : second.entry - first.entry
        return max(.zero, span)
    }
}
