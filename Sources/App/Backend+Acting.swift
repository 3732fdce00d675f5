import Actions
import Basics
import Dispatch
import Incidents
import Journals
import Playbooks
import Room
import SafeText
import Safety
import Synchronization

// Proposals, approvals and the emergency stop: whatever ends in something being run, or not.
extension Backend {
    func propose(_ request: ProposalRequest) {
        let incident = journal.incident
        do throws(Failure) {
            let proposal = try plan(request, id: nextProposal(), incident)
            // A second key press opens the card of the first one's proposal.
            if let open = incident.mitigations.first(where: { isSame($0, proposal) }) {
                post(.openCard(proposal: open.proposal.id))
                return
            }
            // A failed append has told the room already.
            guard (try? journal.append(EventDraft(proposal, by: setup.actor), sync: true)) != nil
            else { return }
            post(.openCard(proposal: proposal.id))
        } catch {
            post(.failed(error))
        }
    }

    private func plan(_ request: ProposalRequest, id: String, _ incident: Incident) throws(Failure)
        -> MitigationProposed
    {
        switch request.basis {
        case .action(let action, let target, let slots):
            return try planner.propose(
                id: id, action: action, target: target, slots: slots, reason: request.reason,
                incident: incident, rollbackOf: nil)
        case .undo(let original):
            guard let mitigation = incident.mitigation(original) else {
                throw Failure(
                    "plan.undo", "There is no such action to undo", subject: original,
                    unchanged: "Nothing was proposed", exit: .refusedByGate)
            }
            return try planner.proposeUndo(of: mitigation, id: id, incident: incident)
        }
    }

    private func isSame(_ open: Mitigation, _ proposal: MitigationProposed) -> Bool {
        open.state == .proposed && NameRule.same(open.proposal.digest, proposal.digest)
            && open.proposal.rollbackOf == proposal.rollbackOf
            && open.proposal.approvalClass == proposal.approvalClass
            && clock.now.wall - open.proposedAt <= Model.proposalLifetime
    }

    /// Looks at the programs, journals the approval, then hands it to the executor. Whatever
    /// refuses says so and leaves the proposal as it was.
    func approve(_ approval: MitigationApproved, by approver: Actor) {
        do throws(Failure) {
            let (mitigation, action) = try approvable(approval)
            var approval = approval
            approval.executables = try Executables.lines(of: mitigation.proposal)
            approval.policy = policyDigestNow()
            try checkReadiness(of: mitigation.proposal)
            let drafts = arming(of: mitigation.proposal, journal.incident)
            journalQueue.sync { [approval] in
                record(approval, of: mitigation, action, by: approver, with: drafts)
            }
        } catch {
            post(.failed(error))
        }
    }

    private func approvable(_ approval: MitigationApproved) throws(Failure) -> (
        Mitigation, CatalogueAction
    ) {
        func refusal(_ why: String) -> Failure {
            Failure(
                "approval.refused", "The approval was not taken", subject: approval.proposal,
                why: why, unchanged: "Nothing was run", next: "Propose it again",
                exit: .refusedByGate)
        }
        guard let mitigation = journal.incident.mitigation(approval.proposal) else {
            throw refusal("no such proposal is in the journal")
        }
        guard mitigation.state == .proposed else {
            throw refusal("it is already \(mitigation.state.rawValue)")
        }
        guard NameRule.same(mitigation.proposal.digest, approval.digest) else {
            throw refusal("the approval is for something else")
        }
        guard let action = setup.configuration.actions[mitigation.proposal.action] else {
            throw refusal("\(mitigation.proposal.action) is not in the catalogue")
        }
        return (mitigation, action)
    }

    /// On the journal queue, where nothing can come between the look and the entry.
    private func record(
        _ approval: MitigationApproved, of mitigation: Mitigation, _ action: CatalogueAction,
        by approver: Actor, with drafts: [EventDraft]
    ) {
        do throws(Failure) {
            _ = try approvable(approval)
            for draft in reviewDrafts(for: approval, journal.incident, by: approver) + drafts {
                try journal.append(draft, sync: false)
            }
        } catch {
            post(.failed(error))
            return
        }
        // Without the entry nothing runs; its failure has told the room already.
        guard (try? journal.append(EventDraft(approval, by: approver), sync: true)) != nil else {
            return
        }
        let attempt = nextAttempt()
        actionQueue.async { [self] in
            _ = executor.run(
                mitigation.proposal, attempt: attempt, approval: approval,
                approver: approver, action: action, stageCheck: stageCheck(of: attempt),
                gatesNow: { [self] in gatesNow(mitigation.proposal, by: approver) },
                onFailure: { [self] in post(.failed($0)) }, onEvent: { _ in })
        }
    }

    /// The gates at the moment of the run: the incident as the journal has it, the newest model for
    /// what was observed, the clock and the files as they are now.
    private func gatesNow(_ proposal: MitigationProposed, by approver: Actor) -> GateReport {
        guard var model = latestModel else {
            return GateReport(verdicts: [
                GateVerdict(.journal, .blocked, "the room has no state to judge by")
            ])
        }
        model.incident = journal.incident
        model.now = clock.now
        model.stopFiles = stopFiles.read()
        model.policyDigest = policyDigestNow()
        return model.gates(for: proposal, stage: .execution, by: approver)
    }

    // MARK: Emergency stop

    /// Latches, writes the files, then journals: the one effect in which acting comes first.
    func setStop(_ reason: String) {
        let clean = setup.redaction.redactor.clean(reason)
        stopOrders.withLock { $0 += 1 }
        executor.latchStop(reason: clean)
        let result = stopOrders.withLock { _ in
            stopFiles.set(reason: clean, by: setup.actor, at: clock.now.wall)
        }
        if result.written.isEmpty {
            post(
                .failed(
                    Failure(
                        "stop.notWritten", "The emergency stop could not be written anywhere",
                        subject: result.unreached.joined(separator: ", "),
                        unchanged: "This room runs nothing all the same",
                        next: "Stop other rooms by hand")))
        }
        let set = StopSet(reason: clean, paths: result.written, unreached: result.unreached)
        if (try? journal.append(EventDraft(set, by: setup.actor), sync: true)) == nil,
            !result.written.isEmpty
        {
            let why = journal.readOnlyReason ?? "its journal takes nothing"
            post(
                .notice(
                    "EMERGENCY STOP is on: \(result.written.joined(separator: ", ")). "
                        + "Not in this room's journal: \(why)"))
        }
        post(.stopFiles(stopFiles.read()))
    }

    /// Removes the files, journals that, and only then lets the executor go on. A stop that is set
    /// meanwhile wins.
    func clearStop(_ reason: String) {
        let (order, remaining) = stopOrders.withLock { ($0, stopFiles.clear()) }
        guard remaining.isEmpty else {
            post(
                .failed(
                    Failure(
                        "stop.notCleared", "The emergency stop stays on",
                        subject: remaining.joined(separator: ", "),
                        why: "the absence of these files is not proven",
                        next: "Remove them, then try again")))
            post(.stopFiles(stopFiles.read()))
            return
        }
        // Its failure has told the room; the latch stays.
        guard
            (try? journal.append(
                EventDraft(StopCleared(reason: reason), by: setup.actor), sync: true))
                != nil
        else { return }
        stopOrders.withLock { if $0 == order { executor.clearLatch() } }
        post(.stopFiles(stopFiles.read()))
    }
}
