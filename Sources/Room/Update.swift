import Basics
import Canvas
import Diagnosis
import Feeds
import Incidents
import Safety

extension Model {
    /// Takes in one message and says what is to be done. Pure: the only way the room changes.
    package mutating func update(_ message: Message) -> [Effect] {
        switch message {
        case .resized(let size):
            self.size = size
            return []
        case .key(let key): return handle(key)
        case .scrolled(let row):
            overlay?.scroll(to: row)
            return []
        case .command(let command, let argument): return perform(command, argument)
        case .tick(let reading): return tick(reading)
        case .observed(let findings): return observe(findings)
        case .feeds(let snapshot):
            feeds = snapshot
            logs.take(snapshot)
            return []
        case .stopFiles(let files): return stopFilesChanged(files)
        case .journalled(let events): return journalled(events)
        case .openCard(let proposal): return openCard(proposal)
        case .failed(let failure):
            forgetTest(failure)
            say(failure.description, isError: true)
            return []
        case .notice(let text):
            say(text)
            return []
        case .journalLost(let failure):
            journalProblem = failure
            say(failure.description, isError: true)
            return []
        case .report(let text):
            reportText = text
            return []
        case .logPage(let page): return take(page)
        case .connected(let people):
            connected = people
            return []
        case .policy(let digest, let problem): return policyChanged(digest, problem)
        case .recordHead(let head):
            recordHead = head
            return []
        case .elsewhere(let work):
            let isNew = work.uncounted != elsewhere.uncounted
            elsewhere = work
            if isNew, let problem = work.problem { say(problem, isError: true) }
            return []
        case .show(let title, let body):
            // It comes some time after the key: it takes no keys meant for what is open now.
            guard overlay == nil else {
                say("\(title) is ready: close this and ask again")
                return []
            }
            overlay = .text(title: title, body: body, scroll: 0)
            return []
        }
    }

    /// What lies on the disk is compared with what this room loaded; a difference is journalled and
    /// holds every action until somebody acknowledges it.
    private mutating func policyChanged(_ digest: String, _ problem: String) -> [Effect] {
        let before = policyDigest
        policyDigest = digest
        guard let before, before != digest || !problem.isEmpty, canWrite,
            incident.configurationChange?.digest != digest
        else { return [] }
        return [
            .journal(
                [
                    EventDraft(
                        ConfigurationChanged(digest: digest, problem: problem), by: .automation)
                ],
                sync: true)
        ]
    }

    /// Shows a line for eight seconds (errors: twenty).
    mutating func say(_ text: String, isError: Bool = false) {
        toast = Toast(
            text: text, isError: isError, until: now.boot + .seconds(isError ? 20 : 8))
    }

    func draft(_ payload: some EventPayload, at time: Timestamp? = nil) -> EventDraft {
        EventDraft(payload, at: time, by: actor)
    }

    /// One entry by the operator, on disk within a second.
    func write(_ payload: some EventPayload) -> [Effect] {
        [.journal([draft(payload)], sync: false)]
    }

    private mutating func tick(_ reading: ClockReading) -> [Effect] {
        now = reading
        if let toast, toast.until < reading.boot { self.toast = nil }
        var effects: [Effect] = []
        for mitigation in incident.mitigations where mitigation.state == .proposed {
            guard reading.wall - mitigation.proposedAt > Self.proposalLifetime else { continue }
            guard canWrite, !isShowingCard(mitigation.proposal.id),
                pendingExpiries.insert(mitigation.proposal.id).inserted
            else { continue }
            effects += [
                .journal(
                    [
                        EventDraft(
                            MitigationExpired(proposal: mitigation.proposal.id), by: .automation)
                    ], sync: false)
            ]
        }
        return effects + escalationsDue()
    }

    /// An undecided proposal leaves the list after this long; advice stays.
    package static let proposalLifetime: Duration = .seconds(15 * 60)

    func isShowingCard(_ proposal: String) -> Bool {
        if case .card(let card) = overlay { return card.proposal.id == proposal }
        return false
    }

    private mutating func journalled(_ events: [Event]) -> [Effect] {
        var effects: [Effect] = focus == .report ? [.makeReport] : []
        for event in events {
            incident.apply(event)
            timeline.append(TimelineLine(event))
            noteObjection(event)
            noteStage(event.payload)
            noteTest(event.payload)
            effects += react(to: event.payload) + reactToGuarding(event.payload)
        }
        revokeCardIfClosed()
        return effects
    }

    private mutating func react(to payload: any EventPayload) -> [Effect] {
        switch payload {
        case let set as MilestoneSet:
            pendingMilestones.remove(set.milestone)
            return set.milestone == .started ? [.setIncidentStart(set.at)] : []
        case let set as StopSet:
            pendingStop = false
            let unreached = set.unreached.joined(separator: ", ")
            say(
                "EMERGENCY STOP is on: nothing will be run until the IC clears it"
                    + (unreached.isEmpty ? "" : ". Not written: \(unreached)"), isError: true)
        case is StopCleared: say("emergency stop cleared")
        case let intent as ActionIntent: valueBefore[intent.attempt] = mainSignal?.value
        case let done as ActionSucceeded: say("\(done.attempt) succeeded; watching its effect")
        case let failed as ActionFailed:
            say("\(failed.attempt) failed: \(failed.detail)", isError: true)
        case let late as ActionTimedOut:
            say("\(late.attempt) was ended, it took too long: \(late.detail)", isError: true)
        case let stopped as ActionStopped:
            say("\(stopped.attempt) was stopped: \(stopped.detail)", isError: true)
        case let unknown as ActionUnknown:
            say("\(unknown.attempt): outcome unknown: \(unknown.detail)", isError: true)
        case let blocked as GateBlocked:
            say("not run: \(blocked.gate): \(blocked.reason)", isError: true)
        case is IncidentResolved: say("resolved")
        default: break
        }
        return []
    }

    private mutating func stopFilesChanged(_ files: [StopState.FileState]) -> [Effect] {
        stopFiles = files
        let found = files.filter { $0.presence != .absent }
        revokeCardIfStopped()
        guard !found.isEmpty, incident.stop == nil, !pendingStop, canWrite else { return [] }
        pendingStop = true
        let state = StopState(files: files, isLatched: false)
        let set = StopSet(reason: state.reason, paths: found.map(\.path), unreached: [])
        return [.journal([EventDraft(set, by: .automation)], sync: true)]
    }

    /// Somebody refused or approved it, or it expired, while its card was open. That outweighs
    /// whatever kept it from being approved before.
    private mutating func revokeCardIfClosed() {
        guard case .card(var card) = overlay,
            let mitigation = incident.mitigation(card.proposal.id), mitigation.state != .proposed
        else { return }
        let state = mitigation.state.rawValue
        card.revoked =
            mitigation.approver.map { "\($0.name) has approved it, it is \(state)" }
            ?? "the proposal is \(state)"
        overlay = .card(card)
    }

    func stopReason() -> String? { stop.isOn ? stop.reason : nil }

    mutating func revokeCardIfStopped() {
        guard case .card(var card) = overlay, let reason = stopReason() else { return }
        card.revoked = "the emergency stop is on: \(reason)"
        overlay = .card(card)
    }
}
