import Basics

extension Incident {
    /// Folds `events` in order into the incident they make.
    package init(id: IncidentID, events: some Sequence<Event>) {
        self.init(id: id)
        for event in events { apply(event) }
    }

    /// Takes in one event. Unknown kinds change nothing; events that do not fit (an outcome without
    /// an attempt) are ignored here and stay visible in the timeline.
    package mutating func apply(_ event: Event) {
        lastSequence = max(lastSequence, event.sequence)
        if applyLifecycle(event) || applyObserved(event) || applyHypotheses(event) { return }
        if applyGuarding(event) { return }
        applyActing(event)
    }

    private mutating func applyLifecycle(_ event: Event) -> Bool {
        switch event.payload {
        case let opened as IncidentOpened: open(opened, at: event.time)
        case let change as SeverityChanged: severity = change.severity
        case let change as PhaseChanged: phase = change.phase
        case let change as StatusChanged: status = change.status
        case let set as MilestoneSet: milestones[set.milestone] = set
        case let change as TitleChanged: title = change.title
        case let assigned as RoleAssigned: roles[assigned.role] = assigned.person
        case let note as NoteAdded: notes.append(entry(event, note.text))
        case let amended as NoteAmended: amend(amended)
        case let update as UpdatePublished:
            updates.append(entry(event, update.text))
            nextUpdateDue = update.nextDue
        case let followUp as FollowUpAdded: followUps.append(entry(event, followUp.text))
        case let answer as EnvironmentAnswered: apply(answer)
        case let resolved as IncidentResolved: resolve(resolved, at: event.time)
        case is IncidentClosed:
            status = .closed
            phase = .closed
            isOpen = false
        case is IncidentReopened: reopen()
        default: return false
        }
        return true
    }

    private mutating func open(_ opened: IncidentOpened, at time: Timestamp) {
        title = opened.title
        environment = opened.environment
        severity = opened.severity
        service = opened.service
        unknowns = opened.unknowns
        isDrill = opened.isDrill
        isOpen = true
        status = .active
        milestones[.acknowledged] = MilestoneSet(
            milestone: .acknowledged, at: time, source: "room opened")
        if let started = opened.startedAt {
            milestones[.started] = MilestoneSet(
                milestone: .started, at: started, source: "declared")
        }
    }

    private mutating func apply(_ answer: EnvironmentAnswered) {
        environment = answer.environment
        hasTickets = answer.hasTickets
        hasOnCall = answer.hasOnCall
        environmentAnswered = true
    }

    private mutating func resolve(_ resolved: IncidentResolved, at time: Timestamp) {
        resolution = resolved
        status = .resolved
        phase = .harden
        milestones[.resolved] = MilestoneSet(milestone: .resolved, at: time, source: "declared")
    }

    private mutating func reopen() {
        resolution = nil
        status = .active
        phase = .diagnose
        isOpen = true
        milestones[.resolved] = nil
    }

    private mutating func amend(_ amended: NoteAmended) {
        guard let index = notes.firstIndex(where: { $0.sequence == amended.sequence }) else {
            return
        }
        notes[index].text = amended.text
    }

    private func entry(_ event: Event, _ text: String) -> TextEntry {
        TextEntry(
            sequence: event.sequence, time: event.time, author: event.actor.name, text: text)
    }

    private mutating func applyObserved(_ event: Event) -> Bool {
        switch event.payload {
        case let change as ChangeRecorded: if !changes.contains(change) { changes.append(change) }
        case let alert as AlertFiring:
            firingAlerts[AlertKey(name: alert.name, labels: alert.labels)] = event.time
            alertCount += 1
            lastNewAlert = event.time
        case let alert as AlertResolved:
            firingAlerts[AlertKey(name: alert.name, labels: alert.labels)] = nil
        case let pattern as PatternNew: knownPatterns.insert(pattern.pattern)
        case let many as PatternsMany:
            if many.change == "new" { knownPatterns.formUnion(many.known) }
        case is PatternSpike, is PatternVanished: break
        case let seen as CredentialSeen: if !credentials.contains(seen) { credentials.append(seen) }
        case let loss as SourceLoss: losses[loss.source, default: LossTotal()].add(loss)
        case let source as SourceStale: staleSources.insert(source.source)
        case let source as SourceRecovered: staleSources.remove(source.source)
        case let baseline as BaselineFrozen: baselines[baseline.signal] = baseline
        case let situation as SituationRecorded: situations.append(situation)
        case let met as ConditionMet: record(met.condition, .met, event, met.detail)
        case let lost as ConditionLost: record(lost.condition, .lost, event, lost.detail)
        case let unknown as ConditionUnknown:
            record(unknown.condition, .unknown, event, unknown.detail)
        case let check as ConditionCheckedByHand: handChecks[check.condition] = check
        case let not as ConditionNotApplicable: notApplicable.insert(not.condition)
        default: return false
        }
        return true
    }

    private mutating func record(
        _ condition: ConditionID, _ state: ConditionRecord.State, _ event: Event, _ detail: String
    ) {
        conditions[condition] = ConditionRecord(state: state, since: event.time, detail: detail)
    }

    private mutating func applyHypotheses(_ event: Event) -> Bool {
        switch event.payload {
        case let added as HypothesisAdded:
            guard !hypotheses.contains(where: { $0.id == added.id }) else { return true }
            hypotheses.append(
                HypothesisRecord(
                    id: added.id, statement: added.statement, origin: added.origin,
                    author: event.actor.name))
        case let change as HypothesisStatusChanged:
            update(change.id) {
                $0.status = change.status
                $0.reason = change.reason
            }
        case let pinned as HypothesisPinned: update(pinned.id) { $0.isPinned = pinned.isPinned }
        case let evidence as EvidenceAdded:
            update(evidence.hypothesis) { $0.evidence.append(evidence) }
        default: return false
        }
        return true
    }

    private mutating func update(_ id: String, _ change: (inout HypothesisRecord) -> Void) {
        guard let index = hypotheses.firstIndex(where: { $0.id == id }) else { return }
        change(&hypotheses[index])
    }
}
