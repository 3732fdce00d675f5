import Basics
import Incidents
import Playbooks
import Safety

// The guarded rollback: whole minutes go into the record, the rule judges what stands there. So a
// room that is opened again goes on where the other one ended.

/// What was asked of the journal about watches and is not back yet.
package struct WatchMarks: Sendable {
    /// Attempts and work by hand that were judged.
    var judged: Set<String> = []
    /// The newest minute after an action, by proposal.
    var minutes: [String: Int] = [:]
    var findings: [String: RollbackJudged.Finding] = [:]
    var disarmed: Set<String> = []
    /// Automatic rollbacks that were asked for: once each.
    var fired: Set<String> = []
    /// The first look at what is armed, on the boot-time clock.
    var since: BootTime?
}

extension Model {
    /// Journals the newest whole minutes of what is armed and says what the rule finds.
    mutating func watchRollbacks() -> [Effect] {
        watching.since = watching.since ?? now.boot
        var effects: [Effect] = []
        for id in incident.rollbackWatches.keys.sorted() {
            guard let watch = incident.rollbackWatches[id], watch.isArmed,
                let mitigation = incident.mitigation(id), !watching.disarmed.contains(id)
            else { continue }
            if let reason = endOfWatch(mitigation, watch) {
                watching.disarmed.insert(id)
                effects.append(
                    Self.entry(RollbackDisarmed(proposal: id, reason: reason), sync: true))
            } else if let window = RollbackWindow(mitigation) {
                effects += follow(window, watch)
            }
        }
        return effects
    }

    private static func entry(_ payload: some EventPayload, sync: Bool) -> Effect {
        .journal([EventDraft(payload, by: .automation)], sync: sync)
    }

    private mutating func follow(_ window: RollbackWindow, _ watch: RollbackWatch) -> [Effect] {
        guard let armed = watch.armed else { return [] }
        var effects: [Effect] = []
        let minutes = newMinutes(window, watch, armed)
        if !minutes.isEmpty { effects.append(.journal(minutes, sync: false)) }
        if let judged = newFinding(armed, watch) {
            effects.append(Self.entry(judged, sync: true))
        }
        let isUndone = incident.mitigations.contains { $0.undoes(armed.proposal) }
        if watch.hasFired, !isUndone, watching.fired.insert(armed.proposal).inserted {
            effects.append(.rollBackAutomatically(proposal: armed.proposal))
        }
        return effects
    }

    // MARK: Minutes

    /// How long a minute may stay uncounted before it counts as one that was not seen.
    private static let countingMax: Duration = .seconds(30)

    /// A room that has just been opened may not have read every source, nor what was recorded
    /// before: it takes what it sees whole, and waits with what is in doubt.
    private static let settlingMax: Duration = .seconds(75)
    private var isSettled: Bool {
        watching.since.map { now.boot - $0 >= Self.settlingMax } ?? false
    }

    private mutating func newMinutes(
        _ window: RollbackWindow, _ watch: RollbackWatch, _ armed: RollbackArmed
    ) -> [EventDraft] {
        let recorded = watch.minutes.last?.index ?? 0
        var next = max(recorded, watching.minutes[armed.proposal] ?? 0) + 1
        var drafts: [EventDraft] = []
        while next <= GuardedRollback.watchMinutes {
            let end = window.end(of: next)
            var minute = RecordedMinute(index: next, errors: 0, requests: 0, isComplete: false)
            if let seen = minutes?.minutes.first(where: { $0.end == end }) {
                minute.errors = seen.errors
                minute.requests = seen.requests
                minute.isComplete = seen.isComplete && sourceChange(armed) == nil
            } else if now.wall < end + Self.countingMax {
                break
            }
            if !minute.isComplete, !isSettled { break }
            drafts.append(
                EventDraft(
                    RollbackMinute(proposal: armed.proposal, minute: minute), at: end,
                    by: .automation))
            watching.minutes[armed.proposal] = next
            next += 1
        }
        return drafts
    }

    /// Why what is counted now is not what was counted when it was armed, or nil.
    private func sourceChange(_ armed: RollbackArmed) -> String? {
        guard let minutes else { return "nothing is counted any more" }
        guard minutes.problem.isEmpty else { return minutes.problem }
        guard NameRule.same(minutes.errors, armed.errors),
            NameRule.same(minutes.requests, armed.requests)
        else {
            return "errors and requests are counted by other expressions than when it was armed"
        }
        guard let before = armed.sources, !before.isEmpty,
            !minutes.sources.contains(where: { now in
                before.contains { NameRule.same($0, now) }
            })
        else { return nil }
        return "none of the sources that counted when it was armed delivers any more"
    }

    // MARK: Judging

    private mutating func newFinding(_ armed: RollbackArmed, _ watch: RollbackWatch)
        -> RollbackJudged?
    {
        let id = armed.proposal
        let last = watching.findings[id] ?? watch.judged?.finding
        // What was found harmful once is undone or decided; it does not become harmless again.
        guard last != .worse, let judged = finding(armed, watch), judged.finding != last else {
            return nil
        }
        watching.findings[id] = judged.finding
        return judged
    }

    private func finding(_ armed: RollbackArmed, _ watch: RollbackWatch) -> RollbackJudged? {
        func judged(_ finding: RollbackJudged.Finding, _ detail: String) -> RollbackJudged {
            RollbackJudged(proposal: armed.proposal, finding: finding, detail: detail)
        }
        if isSettled, let why = sourceChange(armed) { return judged(.inconclusive, why) }
        let verdict = GuardedRollback.verdict(
            before: armed.baseline.map(GuardedRollback.Minute.init),
            after: watch.minutes.map(GuardedRollback.Minute.init))
        switch verdict {
        case .worse(let why):
            guard SeverityPolicy.row(incident.severity).asksForProductionRollback,
                incident.environment == .production
            else { return judged(.worse, why) }
            return judged(
                .ask, "\(why); in \(incident.severity.name) a person decides in production")
        case .ask(let why): return judged(.ask, why)
        case .inconclusive(let why): return judged(.inconclusive, why)
        case .notWorse(let why): return judged(.notWorse, why)
        case .undecided: return nil
        }
    }

    // MARK: The end of a watch

    /// Why `mitigation` is not watched any longer, or nil.
    private func endOfWatch(_ mitigation: Mitigation, _ watch: RollbackWatch) -> String? {
        if incident.status.isOver { return "the incident is \(incident.status.rawValue)" }
        if !configuration.safety.allowsAutomaticRollback { return "switched off (auto_rollback)" }
        let id = mitigation.proposal.id
        if let undo = incident.mitigations.first(where: { $0.undoes(id) && !$0.attempts.isEmpty }) {
            return "\(undo.proposal.id) was run to undo it"
        }
        guard let attempt = mitigation.attempts.last else { return notRun(mitigation) }
        if attempt.outcome.isOver, attempt.outcome != .succeeded {
            return "\(attempt.id) ended as \(attempt.outcome.rawValue): a person decides"
        }
        if let other = actionSince(mitigation, attempt) {
            return "\(other) since: what follows is not of \(id) alone"
        }
        guard let window = RollbackWindow(mitigation) else { return nil }
        let isSeen = (watch.minutes.last?.index ?? 0) >= GuardedRollback.watchMinutes
        let isLate = now.wall >= window.over + .seconds(5 * 60)
        guard isLate || isSeen && now.wall >= window.over + Self.countingMax else { return nil }
        let found = watch.judged.map { ": \($0.finding.words)" } ?? ": never judged"
        return "watched for \(GuardedRollback.watchMinutes) min\(isSeen ? found : ", not all seen")"
    }

    /// An approval is good for five minutes; what was not run by then is not run.
    private func notRun(_ mitigation: Mitigation) -> String? {
        switch mitigation.state {
        case .denied, .expired: return "it is \(mitigation.state.rawValue)"
        case .proposed, .approved, .running, .succeeded, .failed, .unknown: break
        }
        guard let boot = mitigation.approvedBoot, let bootID = mitigation.approvedBootID else {
            return nil
        }
        let isOld = bootID != self.bootID || now.boot - boot > .seconds(6 * 60)
        return isOld ? "it was approved and not run" : nil
    }

    /// Another action on the same service after this one began, by the room or by hand.
    private func actionSince(_ mitigation: Mitigation, _ attempt: Mitigation.Attempt) -> String? {
        let services = mitigation.proposal.services
        func isSame(_ target: String) -> Bool { services.contains { NameRule.same($0, target) } }
        for other in incident.mitigations
        where other.proposal.id != mitigation.proposal.id
            && other.proposal.services.contains(where: isSame)
        {
            if let later = other.attempts.last(where: { $0.startedAt > attempt.startedAt }) {
                return "\(later.id) \(later.action) on \(later.target)"
            }
        }
        let byHand = incident.manualActions.last {
            $0.time > attempt.startedAt && $0.target.map(isSame) == true
        }
        return byHand.map { "work by hand on \($0.target ?? "it")" }
    }
}

/// The minutes after one action that the rule judges.
struct RollbackWindow {
    /// The beginning of the minute in which the action ended; that minute is not judged.
    private let change: Timestamp

    /// nil while it has not ended well.
    init?(_ mitigation: Mitigation) {
        guard let attempt = mitigation.attempts.last, attempt.outcome == .succeeded,
            let ended = attempt.endedAt
        else { return nil }
        change = ended.minuteStart
    }

    /// The end of the minute with this index; 1 is the first after the minute of the change.
    func end(of index: Int) -> Timestamp { change + .seconds(60 * (index + 1)) }

    var over: Timestamp { end(of: GuardedRollback.watchMinutes) }
}

extension Timestamp {
    /// The beginning of the wall-clock minute it lies in.
    package var minuteStart: Timestamp {
        let milliseconds = self.milliseconds
        return Timestamp(
            milliseconds: milliseconds - ((milliseconds % 60_000) + 60_000) % 60_000)
    }
}

extension Mitigation {
    func undoes(_ id: String) -> Bool {
        proposal.rollbackOf.map { NameRule.same($0, id) } == true
    }
}

extension MitigationProposed {
    /// Every service it touches.
    package var services: [String] { [target] + (stages ?? []).map(\.service) }
}

extension MinuteCounts {
    /// The whole minutes before the one in which `time` lies: 30 at most, the last one is -1.
    package func baseline(before time: Timestamp) -> [RecordedMinute] {
        let start = time.minuteStart
        return minutes.compactMap { minute in
            let back = (start - minute.end).inMilliseconds
            let index = -Int(back / 60_000) - 1
            guard back >= 0, index >= -GuardedRollback.baselineMinutesMax else { return nil }
            return RecordedMinute(
                index: index, errors: minute.errors, requests: minute.requests,
                isComplete: minute.isComplete)
        }
    }
}
