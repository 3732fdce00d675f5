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
    /// A proposal from a key: its card opens.
    func propose(_ request: ProposalRequest) {
        switch makeProposal(request, by: setup.actor) {
        case .success(let made): post(.openCard(proposal: made.id))
        case .failure(let failure) where isTold(failure): break
        case .failure(let failure): post(.failed(failure))
        }
    }

    /// Plans and journals a proposal, or finds the one that is open already: a second key press
    /// opens the card of the first one's. On the journal queue.
    func makeProposal(_ request: ProposalRequest, by actor: Actor) -> Result<
        (id: String, isNew: Bool), Failure
    > {
        let incident = journal.incident
        do throws(Failure) {
            let proposal = try plan(request, id: nextProposal(), incident)
            if let open = incident.mitigations.first(where: { isSame($0, proposal) }) {
                return .success((open.proposal.id, false))
            }
            try journal.append(EventDraft(proposal, by: actor), sync: true)
            return .success((proposal.id, true))
        } catch {
            return .failure(error)
        }
    }

    /// A failed append has told the room already.
    private func isTold(_ failure: Failure) -> Bool { failure.code.hasPrefix("journal.") }

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
        case .inverse(let original):
            guard let mitigation = incident.mitigation(original) else {
                throw Failure(
                    "plan.undo", "There is no such rollback", subject: original,
                    unchanged: "Nothing was proposed", exit: .refusedByGate)
            }
            return try planner.proposeInverse(of: mitigation, id: id, incident: incident)
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
    ///
    /// - Parameter answer: told the attempt's id, or why not; nil tells this room's screen.
    func approve(
        _ approval: MitigationApproved, by approver: Actor,
        answer: (@Sendable (Result<String, Failure>) -> Void)? = nil
    ) {
        do throws(Failure) {
            let (mitigation, action) = try approvable(approval)
            var approval = approval
            approval.executables = try Executables.lines(of: mitigation.proposal)
            approval.policy = policyDigestNow()
            try checkReadiness(of: mitigation.proposal)
            let drafts = arming(of: mitigation.proposal, journal.incident)
            let result = journalQueue.sync { [approval] in
                record(approval, of: mitigation, action, by: approver, with: drafts)
            }
            let attempt = try result.get()
            answer?(.success(attempt))
        } catch {
            if let answer { return answer(.failure(error)) }
            if !isTold(error) { post(.failed(error)) }
        }
    }

    private func approvable(_ approval: MitigationApproved) throws(Failure) -> (
        Mitigation, CatalogueAction
    ) {
        guard let mitigation = journal.incident.mitigation(approval.proposal) else {
            throw notTaken(approval, "no such proposal is in the journal")
        }
        guard mitigation.state == .proposed else {
            throw notTaken(approval, "it is already \(mitigation.state.rawValue)")
        }
        guard NameRule.same(mitigation.proposal.digest, approval.digest) else {
            throw notTaken(approval, "the approval is for something else")
        }
        guard let action = setup.configuration.actions[mitigation.proposal.action] else {
            throw notTaken(approval, "\(mitigation.proposal.action) is not in the catalogue")
        }
        return (mitigation, action)
    }

    /// On the journal queue, where nothing can come between the look and the entry.
    private func record(
        _ approval: MitigationApproved, of mitigation: Mitigation, _ action: CatalogueAction,
        by approver: Actor, with drafts: [EventDraft]
    ) -> Result<String, Failure> {
        do throws(Failure) {
            let (newest, _) = try approvable(approval)
            var seen = approval
            // A review is of what is open now: nobody passes over what nobody has seen.
            seen.reviewed = try checkGates(approval, by: approver)
            let approval = try afterWindow(seen, of: newest, by: approver)
            for draft in reviewDrafts(for: approval, journal.incident, by: approver) + drafts {
                try journal.append(draft, sync: false)
            }
            // Without the entry nothing runs.
            try journal.append(EventDraft(approval, by: approver), sync: true)
            let attempt = nextAttempt()
            actionQueue.async { [self] in
                // Asked on this queue, where waiting for another program holds up nothing else.
                _ = ticketIsOpen()
                _ = executor.run(
                    mitigation.proposal, attempt: attempt, approval: approval,
                    approver: approver, action: action, stageCheck: stageCheck(of: attempt),
                    gatesNow: { [self] in
                        gatesNow(mitigation.proposal, .execution, by: approver)
                    },
                    onFailure: { [self] in post(.failed($0)) }, onEvent: { _ in })
            }
            return .success(attempt)
        } catch {
            return .failure(error)
        }
    }

    /// The gates as things stand now, for this approver: what blocks refuses, and what asks for a
    /// review must stand in the approval.
    ///
    /// - Returns: the gates that this approval passes over.
    private func checkGates(_ approval: MitigationApproved, by approver: Actor) throws(Failure)
        -> [String]
    {
        guard let proposal = journal.incident.mitigation(approval.proposal)?.proposal else {
            throw notTaken(approval, "no such proposal is in the journal")
        }
        let report = gatesNow(
            proposal, .approval, by: approver, breakGlass: approval.breakGlass)
        if let verdict = report.blocked.first {
            throw blocked(
                approval, by: approver, verdict.gate.rawValue, verdict.reason,
                next: verdict.remedy)
        }
        if let alone = aloneReason(proposal, approver, approval) {
            throw blocked(
                approval, by: approver, GateID.approval.rawValue, alone,
                next: "Somebody else approves, or the IC breaks the glass with a reason")
        }
        let open = report.needReview.filter { verdict in
            !approval.reviewed.contains { NameRule.same($0, verdict.gate.rawValue) }
        }
        if let verdict = open.first {
            throw notTaken(
                approval, "\(verdict.gate.rawValue): \(verdict.reason)",
                next: "Look at it again and give a reason for the review")
        }
        let reason = approval.reviewReason ?? ""
        guard report.needReview.isEmpty || !reason.utf8.allSatisfy({ $0 <= 0x20 }) else {
            throw notTaken(approval, "a review needs a reason")
        }
        return report.needReview.map(\.gate.rawValue)
    }

    /// Why one person is not enough, when only one took part and gave no reason to go on alone.
    private func aloneReason(
        _ proposal: MitigationProposed, _ approver: Actor, _ approval: MitigationApproved
    ) -> String? {
        let settings = setup.configuration.safety
        guard approver.isPerson, !ApprovalPolicy.isReason(approval.breakGlass),
            let action = setup.configuration.actions[proposal.action],
            let why = ApprovalPolicy.twoPersonReason(
                action: action, proposal: proposal, settings: settings),
            !ApprovalPolicy.areTwoPersons(
                proposer: journal.incident.mitigation(proposal.id)?.proposer, approver: approver,
                settings: settings)
        else { return nil }
        return "it needs two persons (\(why)): one proposes, another approves"
    }

    /// Refuses while others may still object, and writes down who could.
    private func afterWindow(
        _ approval: MitigationApproved, of mitigation: Mitigation, by approver: Actor
    ) throws(Failure) -> MitigationApproved {
        // An armed rollback waits for nobody: that it may run was decided when it was armed.
        guard approver.isPerson else { return approval }
        guard let model = modelNow else { throw notTaken(approval, "the room has no state") }
        let left = model.objectionTimeLeft(mitigation, approver: approver)
        guard left == .zero || approval.proceededEarly == true else {
            throw notTaken(
                approval, "others may still object for \(TimeText.span(left))",
                next: "Wait, or approve with \"proceed now\"")
        }
        let others = model.objectors(to: mitigation, approver: approver)
        var approval = approval
        approval.connected = others.map(\.name)
        approval.objectionWindow =
            others.isEmpty
            ? 0
            : ObjectionWindow.length(model.incident.severity, setup.configuration.safety).inSeconds
        approval.proceededEarly = left > .zero
        return approval
    }

    private func notTaken(
        _ approval: MitigationApproved, _ why: String, next: String = "Propose it again"
    ) -> Failure {
        Failure(
            "approval.refused", "The approval was not taken", subject: approval.proposal, why: why,
            unchanged: "Nothing was run", next: next, exit: .refusedByGate)
    }

    /// A refusal by a gate, journalled once per person and minute.
    private func blocked(
        _ approval: MitigationApproved, by approver: Actor, _ gate: String, _ reason: String,
        next: String
    ) -> Failure {
        if control.shouldRecord(refusal: "\(approval.proposal) \(gate)", of: approver) {
            let entry = GateBlocked(proposal: approval.proposal, gate: gate, reason: reason)
            _ = try? journal.append(EventDraft(entry, by: approver), sync: false)
        }
        if let proposal = journal.incident.mitigation(approval.proposal)?.proposal {
            logBlocked(proposal, gate: gate, reason: reason)
        }
        return notTaken(approval, "\(gate): \(reason)", next: next)
    }

    /// The newest model of the main loop with the incident as the journal has it, the clock and the
    /// files as they are now.
    private var modelNow: Model? {
        guard var model = latestModel else { return nil }
        // Files first: reading them can take long, and what is judged must be as it is afterwards.
        // What refuses an approval holds what was approved before as well, also when it goes again
        // before the next look.
        model.stopFiles = watchStopFiles()
        model.policyDigest = policyDigestNow()
        model.elsewhere = workElsewhereNow()
        model.incident = journal.incident
        model.now = clock.now
        return model
    }

    /// The gates at this very moment, never those that some card showed.
    private func gatesNow(
        _ proposal: MitigationProposed, _ stage: GateInput.Stage, by approver: Actor,
        breakGlass: String? = nil
    ) -> GateReport {
        guard let model = modelNow else {
            return GateReport(verdicts: [
                GateVerdict(.journal, .blocked, "the room has no state to judge by")
            ])
        }
        // What was seen holds, also when it is gone before the next look. On the journal queue, as
        // the clearing is.
        if stage == .approval, holdUnder(model.stopFiles) { post(.stopFiles(model.stopFiles)) }
        return model.gates(for: proposal, stage: stage, by: approver, breakGlass: breakGlass)
    }

    // MARK: Emergency stop

    /// Latches, writes the files, then journals: the one effect in which acting comes first.
    func setStop(_ reason: String) {
        let clean = setup.redaction.redactor.clean(reason)
        stopOrders.add(1, ordering: .sequentiallyConsistent)
        executor.latchStop(reason: clean)
        let result = stopWriting.withLock { _ in
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

    /// Removes the files, journals that, and only then lets the executor go on. A stop that is
    /// asked for meanwhile wins, also one that was asked for while this waited for its turn.
    ///
    /// - Parameter order: `stopOrders` when the clearing was asked for.
    func clearStop(_ reason: String, asked order: Int) {
        let cleared: [String]? = stopWriting.withLock { _ in
            isNewest(order) ? stopFiles.clear() : nil
        }
        guard let remaining = cleared else {
            return keepStop("", "it was set again after it was to be cleared")
        }
        guard remaining.isEmpty else {
            return keepStop(
                remaining.joined(separator: ", "), "the absence of these files is not proven")
        }
        // Its failure has told the room; the latch stays.
        guard
            (try? journal.append(
                EventDraft(StopCleared(reason: reason), by: setup.actor), sync: true))
                != nil
        else { return }
        stopWriting.withLock { _ in if isNewest(order) { executor.clearLatch() } }
        post(.stopFiles(stopFiles.read()))
    }

    private func isNewest(_ order: Int) -> Bool {
        stopOrders.load(ordering: .sequentiallyConsistent) == order
    }

    private func keepStop(_ subject: String, _ why: String) {
        post(
            .failed(
                Failure(
                    "stop.notCleared", "The emergency stop stays on", subject: subject, why: why,
                    next: subject.isEmpty ? "Clear it again" : "Remove them, then try again")))
        post(.stopFiles(stopFiles.read()))
    }
}
