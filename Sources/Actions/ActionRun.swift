import Basics
import Incidents
import Playbooks
import Processes
import Safety

/// One attempt, from the last check to its outcome.
struct ActionRun: Sendable {
    let executor: Executor
    let proposal: MitigationProposed
    let attempt: String
    let approval: MitigationApproved
    let approver: Actor
    let action: CatalogueAction
    let stageCheck: StageCheck?
    let onFailure: @Sendable (Failure) -> Void
    let onEvent: @Sendable (Event) -> Void

    func perform(gatesNow: @Sendable () -> GateReport) -> AttemptOutcome {
        if let reason = executor.lostOutcomeReason { return refused(.journal, reason) }
        if let outcome = stopped() ?? misfit() { return outcome }
        if proposal.capture?.isEmpty == false {
            // Nothing is run for what would be refused anyway.
            if let outcome = refusal(by: gatesNow()) { return outcome }
            Evidence(run: self).keep()
            if let outcome = stopped() { return outcome }
        }
        do throws(Failure) {
            let pins = try checkedPins()
            let home = try PrivateHome()
            defer { home.remove() }
            return decide(pins: pins, gatesNow: gatesNow)
                ?? StepRunner(run: self, pins: pins, home: home.path).runAll()
        } catch {
            onFailure(error)
            return refused(.input, error.description)
        }
    }

    private func stopped() -> AttemptOutcome? {
        guard let reason = executor.stopReason() else { return nil }
        _ = refused(.stop, "the emergency stop is on: \(reason)")
        return .stopped
    }

    /// What no gate looks at: that approval, action and proposal belong together, and what the
    /// programs would get.
    private func misfit() -> AttemptOutcome? {
        guard NameRule.same(approval.proposal, proposal.id),
            NameRule.same(approval.digest, proposal.digest),
            NameRule.same(action.id, proposal.action)
        else { return refused(.approval, "the approval is for something else") }
        let defect =
            proposal.stageDefect
            ?? ChildEnvironment.defect(
                of: action.environment, kubeconfigExec: executor.kubeconfigExec)
            ?? proposal.steps.lazy.compactMap {
                ArgvRule.defect(of: $0, kubeconfigExec: executor.kubeconfigExec)
            }.first
        return defect.map { refused(.input, $0) }
    }

    /// The last look and the intent, in one section that nobody else's decision can enter; then the
    /// stop once more. nil: the intent is on the disk and the first step may start.
    private func decide(pins: [PinnedExecutable], gatesNow: () -> GateReport) -> AttemptOutcome? {
        var outcome: AttemptOutcome?
        executor.decideExclusively {
            outcome = stopped() ?? refusal(by: gatesNow()) ?? exchanged(pins) ?? intend(pins)
        }
        if let outcome { return outcome }
        guard let reason = executor.stopReason() else { return nil }
        return ended(
            .stopped,
            ActionStopped(
                attempt: attempt, detail: "before it started, nothing was run: \(reason)"))
    }

    /// The programs were hashed before; what was put in their place since shows in the inode.
    private func exchanged(_ pins: [PinnedExecutable]) -> AttemptOutcome? {
        for var pin in pins {
            pin.sha256 = nil
            do throws(Failure) {
                try executor.programs.verify(pin)
            } catch {
                onFailure(error)
                return refused(.input, error.description)
            }
        }
        return nil
    }

    /// Journals the refusal. Nothing was spawned.
    func refused(_ gate: GateID, _ reason: String) -> AttemptOutcome {
        record(
            GateBlocked(proposal: proposal.id, gate: gate.rawValue, reason: reason), sync: true,
            by: .automation)
        logBlocked(gate, reason)
        return .failed
    }

    private func logBlocked(_ gate: GateID, _ reason: String) {
        if let failure = executor.logBlocked(proposal, gate: gate, reason: reason) {
            onFailure(failure)
        }
    }

    /// Only a complete report without an open question lets anything pass.
    private func refusal(by report: GateReport) -> AttemptOutcome? {
        for verdict in report.verdicts where verdict.outcome == .blocked {
            _ = refused(verdict.gate, verdict.reason)
        }
        if !report.mayProceed {
            return report.blocked.contains { $0.gate == .stop } ? .stopped : .failed
        }
        for gate in GateID.allCases {
            guard let verdict = report.verdicts.first(where: { $0.gate == gate }) else {
                return refused(gate, "this gate was not evaluated")
            }
            switch verdict.outcome {
            case .pass, .skipped: continue
            case .atRun where gate == .journal: continue
            default: return refused(gate, "not settled: \(verdict.reason)")
            }
        }
        return nil
    }

    private func checkedPins() throws(Failure) -> [PinnedExecutable] {
        let pins = try executor.programs.pins(of: proposal.steps)
        guard !pins.isEmpty else {
            throw Failure(
                "action.empty", "The action has no steps", subject: proposal.id,
                unchanged: "Nothing was run", exit: .refusedByGate)
        }
        if let approved = approval.executables, approved != pins.map(Executables.line) {
            throw Failure(
                "executable.changed", "A program changed after the approval",
                subject: pins.map(\.path).joined(separator: ", "), unchanged: "Nothing was run",
                next: "Find out who replaced it, then approve again", exit: .refusedByGate)
        }
        return pins
    }

    /// Without this record nothing runs.
    private func intend(_ pins: [PinnedExecutable]) -> AttemptOutcome? {
        let intent = ActionIntent(
            proposal: proposal.id, attempt: attempt, action: proposal.action,
            target: proposal.target, environment: proposal.environment, steps: proposal.steps,
            digest: proposal.digest, rollbackOf: proposal.rollbackOf,
            executables: pins.map(Executables.line))
        do throws(Failure) {
            onEvent(try executor.journal.append(EventDraft(intent, by: approver), sync: true))
            return nil
        } catch {
            onFailure(
                Failure(
                    "action.intentNotRecorded", "The action was not started: no record, no action",
                    subject: "\(proposal.id) \(proposal.action) on \(proposal.target)",
                    why: error.description, unchanged: "Nothing was run",
                    next: "Make the journal writable, or act by hand", exit: .refusedByGate))
            logBlocked(.journal, error.description)
            return .failed
        }
    }

    /// Journals how it ended.
    func ended(_ outcome: AttemptOutcome, _ payload: any EventPayload) -> AttemptOutcome {
        guard record(payload, sync: true, by: .automation) else {
            let subject = "\(attempt) \(proposal.action) on \(proposal.target)"
            executor.loseOutcome(
                "the outcome of \(subject) is not recorded (\(outcome.rawValue)): reopen the room "
                    + "when its journal can be written")
            onFailure(
                Failure(
                    "action.outcomeNotRecorded", "Outcome not recorded", subject: subject,
                    why: "it ended as \(outcome.rawValue)",
                    next: "Write this down by hand; nothing more runs until the journal works"))
            return .unknown
        }
        return outcome
    }

    @discardableResult
    func record(_ payload: any EventPayload, sync: Bool, by actor: Actor) -> Bool {
        do throws(Failure) {
            onEvent(try executor.journal.append(EventDraft(payload, by: actor), sync: sync))
            return true
        } catch {
            onFailure(error)
            return false
        }
    }
}
