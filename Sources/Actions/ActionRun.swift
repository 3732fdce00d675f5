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
    let onFailure: @Sendable (Failure) -> Void
    let onEvent: @Sendable (Event) -> Void

    func perform(gatesNow: @Sendable () -> GateReport) -> AttemptOutcome {
        if let reason = executor.stopReason() {
            _ = refused(.stop, "the emergency stop is on: \(reason)")
            return .stopped
        }
        if let outcome = refusal(by: gatesNow()) { return outcome }
        guard NameRule.same(approval.proposal, proposal.id),
            NameRule.same(approval.digest, proposal.digest),
            NameRule.same(action.id, proposal.action)
        else { return refused(.approval, "the approval is for something else") }
        if let why = ChildEnvironment.defect(of: action.environment) {
            return refused(.input, why)
        }
        do throws(Failure) {
            let pins = try checkedPins()
            let home = try PrivateHome()
            defer { home.remove() }
            return begin(pins: pins, home: home)
        } catch {
            onFailure(error)
            return refused(.input, error.description)
        }
    }

    /// Journals the refusal. Nothing was spawned.
    func refused(_ gate: GateID, _ reason: String) -> AttemptOutcome {
        record(
            GateBlocked(proposal: proposal.id, gate: gate.rawValue, reason: reason), sync: true,
            by: .automation)
        return .failed
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

    private func begin(pins: [PinnedExecutable], home: PrivateHome) -> AttemptOutcome {
        let intent = ActionIntent(
            proposal: proposal.id, attempt: attempt, action: proposal.action,
            target: proposal.target, environment: proposal.environment, steps: proposal.steps,
            digest: proposal.digest, rollbackOf: proposal.rollbackOf,
            executables: pins.map(Executables.line))
        do throws(Failure) {
            onEvent(try executor.journal.append(EventDraft(intent, by: approver), sync: true))
        } catch {
            onFailure(
                Failure(
                    "action.intentNotRecorded", "The action was not started: no record, no action",
                    subject: "\(proposal.id) \(proposal.action) on \(proposal.target)",
                    why: error.description, unchanged: "Nothing was run",
                    next: "Make the journal writable, or act by hand", exit: .refusedByGate))
            return .failed
        }
        if let reason = executor.stopReason() {
            return ended(
                .stopped,
                ActionStopped(
                    attempt: attempt, detail: "before it started, nothing was run: \(reason)"))
        }
        return StepRunner(run: self, pins: pins, home: home.path).runAll()
    }

    /// Journals how it ended.
    func ended(_ outcome: AttemptOutcome, _ payload: any EventPayload) -> AttemptOutcome {
        guard record(payload, sync: true, by: .automation) else {
            onFailure(
                Failure(
                    "action.outcomeNotRecorded", "Outcome not recorded",
                    subject: "\(attempt) \(proposal.action) on \(proposal.target)",
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
