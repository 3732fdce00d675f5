import Actions
import Basics
import Dispatch
import Incidents
import Metrics
import Playbooks
import Room
import Safety

// Automatic rollback: armed at the approval, carried out when the guarded rule has fired.
extension Backend {
    // MARK: Arming

    /// What is journalled together with the approval of `proposal`: its frozen baseline, or why
    /// nothing is armed.
    func arming(of proposal: MitigationProposed, _ incident: Incident) -> [EventDraft] {
        let minutes = latestModel?.minutes
        let baseline = minutes?.baseline(before: clock.now.wall) ?? []
        let payload: any EventPayload
        if let why = whyNotArmed(proposal, incident, minutes, baseline) {
            payload = RollbackNotArmed(proposal: proposal.id, reason: why)
        } else {
            payload = RollbackArmed(
                proposal: proposal.id, baseline: baseline, errors: minutes?.errors ?? "",
                requests: minutes?.requests ?? "", sources: minutes?.sources)
        }
        return [EventDraft(payload, by: .automation)]
    }

    private func whyNotArmed(
        _ proposal: MitigationProposed, _ incident: Incident, _ minutes: MinuteCounts?,
        _ baseline: [RecordedMinute]
    ) -> String? {
        let action = setup.configuration.actions[proposal.action]
        if proposal.rollbackOf != nil || action?.isRollback == true {
            return "it is a rollback: its inverse is manual and never armed"
        }
        if proposal.rollbackSteps.isEmpty {
            return action?.inverse == nil
                ? "no paired rollback" : "no paired rollback: the inverse is manual"
        }
        if !setup.configuration.safety.allowsAutomaticRollback {
            return "switched off (auto_rollback)"
        }
        if let reason = incident.breaker { return "the breaker is open: \(reason)" }
        guard let minutes else { return "nothing is counted yet" }
        if !minutes.problem.isEmpty { return minutes.problem }
        let valid = GuardedRollback.Baseline.validCount(baseline.map(GuardedRollback.Minute.init))
        let needed = GuardedRollback.baselineMinutesMin
        if valid < needed { return "\(valid) of \(needed) min of baseline" }
        return whyNotAlone(proposal, incident)
    }

    /// Why automation could not run the way back by itself, or nil: what needs a review needs a
    /// person.
    private func whyNotAlone(_ proposal: MitigationProposed, _ incident: Incident) -> String? {
        guard let mitigation = incident.mitigation(proposal.id) else {
            return "it is not in the journal"
        }
        do throws(Failure) {
            let undo = try planner.proposeUndo(of: mitigation, id: "-", incident: incident)
            let reviews = automationGates(undo, .proposal).needReview.map(\.gate.rawValue)
            return reviews.isEmpty
                ? nil : "its rollback needs a review by the IC: \(reviews.joined(separator: ", "))"
        } catch {
            return error.why
        }
    }

    // MARK: Rolling back

    /// The rule has fired: plans the way back, journals it and its approval as automation's, and
    /// runs it. Whatever refuses leaves a proposal that a person can approve.
    func rollBackAutomatically(_ original: String) {
        approvalQueue.async { [self] in
            do throws(Failure) {
                guard let (undo, action) = try proposeAutomatically(original) else { return }
                let lines = try Executables.lines(of: undo)
                journalQueue.sync { [self] in approveAutomatically(undo, action, lines) }
            } catch {
                post(.failed(error))
            }
        }
    }

    private func proposeAutomatically(_ original: String) throws(Failure) -> (
        MitigationProposed, CatalogueAction
    )? {
        let incident = journal.incident
        if let why = AutomaticRollback.refusal(of: original, in: incident) {
            let proposal = incident.mitigation(original)?.proposal
            block(proposal, named: original, .approval, "no automatic rollback: \(why)")
            return nil
        }
        guard let mitigation = incident.mitigation(original),
            let action = setup.configuration.actions[mitigation.proposal.action]
        else { return nil }
        let found = incident.rollbackWatches[original]?.judged?.detail ?? ""
        let undo = try planner.proposeUndo(
            of: mitigation, id: nextProposal(), incident: incident,
            reason: "the guarded rule: \(found)")
        // A failed append has told the room already.
        guard (try? journal.append(EventDraft(undo, by: .automation), sync: true)) != nil else {
            return nil
        }
        return (undo, action)
    }

    /// On the journal queue, where nothing can come between the look and the entry.
    private func approveAutomatically(
        _ undo: MitigationProposed, _ action: CatalogueAction, _ executables: [String]
    ) {
        let report = automationGates(undo, .approval)
        let held = report.verdicts.filter { $0.outcome == .blocked || $0.outcome == .review }
        guard held.isEmpty else {
            for verdict in held { block(undo, verdict.gate, verdict.reason) }
            return
        }
        let approval = MitigationApproved(
            proposal: undo.id, digest: undo.digest, approvalClass: undo.approvalClass,
            reviewed: [], reviewReason: nil, executables: executables, policy: policyDigestNow())
        guard (try? journal.append(EventDraft(approval, by: .automation), sync: true)) != nil
        else { return }
        let attempt = nextAttempt()
        actionQueue.async { [self] in
            _ = executor.run(
                undo, attempt: attempt, approval: approval, approver: .automation, action: action,
                stageCheck: stageCheck(of: attempt),
                gatesNow: { [self] in automationGates(undo, .execution) },
                onFailure: { [self] in post(.failed($0)) }, onEvent: { _ in })
        }
    }

    private func block(
        _ proposal: MitigationProposed?, named id: String? = nil, _ gate: GateID, _ reason: String
    ) {
        let blocked = GateBlocked(
            proposal: proposal?.id ?? id ?? "", gate: gate.rawValue, reason: reason)
        _ = try? journal.append(EventDraft(blocked, by: .automation), sync: true)
        if let proposal { logBlocked(proposal, gate: gate.rawValue, reason: reason) }
    }

    /// The gates for automation, on what is true now.
    private func automationGates(_ proposal: MitigationProposed, _ stage: GateInput.Stage)
        -> GateReport
    {
        guard var model = latestModel else {
            return GateReport(verdicts: [
                GateVerdict(.journal, .blocked, "the room has no state to judge by")
            ])
        }
        model.incident = journal.incident
        model.now = clock.now
        model.stopFiles = stopFiles.read()
        model.policyDigest = policyDigestNow()
        return model.gates(for: proposal, stage: stage, by: .automation)
    }

    // MARK: Stages

    /// Watches between the stages of one attempt.
    func stageCheck(of attempt: String) -> StageCheck {
        let watch = StageWatch(
            attempt: attempt, services: setup.configuration.services, journal: journal,
            clock: clock, health: { [self] in health(of: $0) })
        return { watch.check($0, $1) }
    }

    private func health(of service: String) -> ServiceHealth {
        ServiceReading.health(
            of: service, observation: latestModel?.observation, store.snapshot(),
            now: clock.now.wall)
    }
}
