import Basics
import Incidents
import Playbooks
import Processes
import Safety

/// Runs the steps of one attempt, one after the other, and journals what they print.
struct StepRunner: Sendable {
    let run: ActionRun
    let pins: [PinnedExecutable]
    let home: String

    /// How a step ended: the next one may follow, or the attempt is over.
    private enum StepEnd {
        case goOn
        case over(AttemptOutcome)
    }

    func runAll() -> AttemptOutcome {
        let begin = run.executor.clock.now.boot
        let stages = run.proposal.runStages
        var used: Duration = .zero
        for (place, stage) in stages.enumerated() {
            if stages.count > 1, let outcome = halted(.before(stage), place) { return outcome }
            for index in stage.steps {
                let step = run.proposal.steps[index]
                let number = index + 1
                // The look at the program can wait for a slow disk: the stop comes after it, and
                // nothing that waits after the stop.
                if let outcome = replaced(step, number: number) { return outcome }
                if let outcome = heldBack(number, used: used) { return outcome }
                let result = execute(step, number: number, left: timeout - used)
                used += result.ended - result.started
                let lastLine = keepOutput(result, step: number)
                if case .over(let outcome) = judge(result, number, lastLine) { return outcome }
            }
            if place + 1 < stages.count, let outcome = halted(.after(stage), place) {
                return outcome
            }
        }
        let seconds = (run.executor.clock.now.boot - begin).inSeconds
        return run.ended(.succeeded, ActionSucceeded(attempt: run.attempt, seconds: seconds))
    }

    /// No rollback runs longer than its five minutes, whatever its proposal says. The time between
    /// stages does not count.
    private var timeout: Duration {
        let own = Duration.seconds(run.proposal.timeout)
        return isRollback ? min(own, Planner.rollbackMax) : own
    }
    private var isRollback: Bool { run.proposal.rollbackOf != nil || run.action.isRollback }
    /// A rollback that was begun is the way back, and is ended by its own limit.
    private var finishesOnStop: Bool {
        isRollback || NameRule.same(run.proposal.onStop, CatalogueAction.OnStop.finish.rawValue)
    }
    private var count: Int { run.proposal.steps.count }

    /// Asks whether the action goes on here.
    private func halted(_ moment: StageMoment, _ place: Int) -> AttemptOutcome? {
        guard let check = run.stageCheck else { return nil }
        let (executor, finishes) = (run.executor, finishesOnStop)
        let reason = check(moment) { finishes ? nil : executor.stopReason() }
        guard let reason else { return nil }
        let stages = run.proposal.runStages.map(\.service)
        let done = place + (moment.isAfter ? 1 : 0)
        let reached = done == 0 ? "before anything was run" : "after \(stages[done - 1])"
        let rest = stages[done...].joined(separator: ", ")
        if !finishes, let stop = executor.stopReason() {
            return run.ended(
                .stopped,
                ActionStopped(
                    attempt: run.attempt, detail: "halted \(reached), not run: \(rest): \(stop)"))
        }
        return run.ended(
            .failed,
            ActionFailed(
                attempt: run.attempt, detail: "halted \(reached), not run: \(rest): \(reason)"))
    }

    private func heldBack(_ number: Int, used: Duration) -> AttemptOutcome? {
        if used >= timeout {
            return run.ended(
                .timedOut,
                ActionTimedOut(
                    attempt: run.attempt,
                    detail: "\(TimeText.span(timeout)) were over before step \(number) of \(count)"
                ))
        }
        // What finishes under a stop has to have begun.
        guard number == 1 || !finishesOnStop, let reason = run.executor.stopReason() else {
            return nil
        }
        let reached =
            number == 1
            ? "before it started, nothing was run" : "before step \(number) of \(count)"
        return run.ended(
            .stopped, ActionStopped(attempt: run.attempt, detail: "\(reached): \(reason)"))
    }

    private func execute(_ step: [String], number: Int, left: Duration) -> ProcessResult {
        var command = Command(
            step[0], Array(step.dropFirst()),
            environment: ChildEnvironment.build(
                declared: run.action.environment, home: home),
            deadline: left)
        command.terminateGrace = .seconds(10)
        command.processesMax = ChildEnvironment.processesMax
        let (run, finishes) = (run, finishesOnStop)
        return run.executor.runner.run(
            command,
            shouldStop: { finishes ? nil : run.executor.stopReason().map { StopRequest($0) } },
            started: { pid in
                run.record(
                    ActionStarted(attempt: run.attempt, step: number, pid: pid), sync: false,
                    by: .automation)
            })
    }

    /// Its bytes were hashed a moment ago; a change since then shows in the inode.
    private func replaced(_ step: [String], number: Int) -> AttemptOutcome? {
        guard var pin = pins.first(where: { NameRule.same($0.path, step[0]) }) else {
            return run.ended(
                .failed,
                ActionFailed(
                    attempt: run.attempt, detail: "step \(number): its program was never checked"))
        }
        pin.sha256 = nil
        do throws(Failure) {
            try run.executor.programs.verify(pin)
            return nil
        } catch {
            run.onFailure(error)
            return run.ended(
                .failed,
                ActionFailed(
                    attempt: run.attempt,
                    detail: "step \(number) of \(count) was not started: \(error.description)"))
        }
    }

    private func judge(_ result: ProcessResult, _ number: Int, _ lastLine: String) -> StepEnd {
        let step = count == 1 ? "" : "step \(number) of \(count) "
        let tail = (lastLine.isEmpty ? "" : ": " + lastLine) + leftBehind(result)
        let id = run.attempt
        switch result.outcome {
        case .ok: return .goOn
        case .failed(let code):
            return .over(
                run.ended(
                    .failed,
                    ActionFailed(attempt: id, detail: "\(step)ended with exit code \(code)\(tail)"))
            )
        case .failedToStart(let error):
            return .over(
                run.ended(
                    .failed, ActionFailed(attempt: id, detail: "\(step)failed to start: \(error)")))
        case .killed(let signal):
            let how = signal == 0 ? "ended, nobody saw how" : "was ended by signal \(signal)"
            return .over(
                run.ended(
                    .unknown,
                    ActionUnknown(
                        attempt: id,
                        detail: "\(step)\(how): nobody knows whether it took effect\(tail)")))
        case .timedOut:
            let pending = number == 1 ? "" : "; what step 1 began may still take effect"
            return .over(
                run.ended(
                    .timedOut,
                    ActionTimedOut(
                        attempt: id,
                        detail: "\(step)was not done within \(TimeText.span(timeout)) and was "
                            + "ended\(pending)\(tail)")))
        case .stopped(let reason):
            return .over(
                run.ended(
                    .stopped,
                    ActionStopped(attempt: id, detail: "\(step)ended while it ran: \(reason)")))
        }
    }

    private func leftBehind(_ result: ProcessResult) -> String {
        result.leftBehindCount == 0
            ? "" : "; \(result.leftBehindCount) of its processes could not be ended"
    }

    /// Journals the output and returns its last line.
    private func keepOutput(_ result: ProcessResult, step: Int) -> String {
        let clean = OutputCleaner.clean(result.output, scrub: run.executor.makeScrub())
        guard !clean.bytes.isEmpty else { return "" }
        do throws(Failure) {
            let blob = try run.executor.journal.storeBlob(clean.bytes)
            run.record(
                ActionOutput(
                    attempt: run.attempt, step: step, blob: blob, bytesKept: clean.bytes.count,
                    bytesDropped: clean.bytesDropped, lastLine: clean.lastLine),
                sync: false, by: .automation)
        } catch { run.onFailure(error) }
        for seen in clean.credentials {
            run.record(
                CredentialSeen(
                    credentialClass: seen.credentialClass, tag: seen.tag,
                    source: "output of \(run.attempt)"), sync: false, by: .automation)
        }
        return clean.lastLine
    }
}

extension StageMoment {
    fileprivate var isAfter: Bool {
        if case .after = self { return true }
        return false
    }
}
