import Basics

extension Incident {
    mutating func applyActing(_ event: Event) {
        switch event.payload {
        case let proposed as MitigationProposed: propose(proposed, event)
        case let objected as MitigationObjected:
            update(objected.proposal) { $0.objections.append(objected.reason) }
        case let approved as MitigationApproved: approve(approved, event)
        case let denied as MitigationDenied: close(denied.proposal, .denied, denied.reason)
        case let expired as MitigationExpired:
            close(expired.proposal, .expired, "not decided in time")
        case let intent as ActionIntent: begin(intent, event)
        case let manual as ActionManual: record(manual, event)
        case let stop as StopSet:
            if self.stop == nil { stopSequence = event.sequence }
            self.stop = stop
        case is StopCleared:
            stop = nil
            stopSequence = nil
        default: applyAttempt(event)
        }
    }

    private mutating func propose(_ proposed: MitigationProposed, _ event: Event) {
        guard mitigation(proposed.id) == nil else { return }
        var mitigation = Mitigation(
            proposal: proposed, proposer: event.actor, proposedAt: event.time)
        mitigation.proposedBoot = event.boot
        mitigation.proposedBootID = event.bootID
        mitigations.append(mitigation)
    }

    private mutating func approve(_ approved: MitigationApproved, _ event: Event) {
        update(approved.proposal) { mitigation in
            // Single use: what was decided, ran or expired is not approved again.
            guard mitigation.state == .proposed,
                NameRule.same(mitigation.proposal.digest, approved.digest)
            else { return }
            mitigation.state = .approved
            mitigation.approval = approved
            mitigation.approver = event.actor
            mitigation.objectionsAtApproval = mitigation.objections.count
            mitigation.approvedBoot = event.boot
            mitigation.approvedBootID = event.bootID
        }
    }

    private mutating func close(_ id: String, _ state: Mitigation.State, _ reason: String) {
        update(id) {
            guard $0.state == .proposed else { return }
            $0.state = state
            $0.closingReason = reason
        }
    }

    private mutating func begin(_ intent: ActionIntent, _ event: Event) {
        update(intent.proposal) { mitigation in
            mitigation.state = .running
            mitigation.attempts.append(
                Mitigation.Attempt(
                    id: intent.attempt, action: intent.action, target: intent.target,
                    startedAt: event.time, boot: event.boot, bootID: event.bootID))
        }
        if phase == .triage || phase == .diagnose { phase = .fix }
    }

    private mutating func record(_ manual: ActionManual, _ event: Event) {
        manualActions.append(
            ManualAction(
                time: event.time, boot: event.boot, bootID: event.bootID,
                author: event.actor.name, text: manual.text, action: manual.action,
                target: manual.target, id: manual.id))
    }

    private mutating func applyAttempt(_ event: Event) {
        switch event.payload {
        case let started as ActionStarted: attempt(started.attempt) { $0.step = started.step }
        case let output as ActionOutput:
            attempt(output.attempt) {
                $0.blobs.append(output.blob)
                $0.lastLine = output.lastLine
            }
        case let done as ActionSucceeded:
            end(done.attempt, .succeeded, .succeeded, event.time, "")
        case let failed as ActionFailed:
            end(failed.attempt, .failed, .failed, event.time, failed.detail)
        case let late as ActionTimedOut:
            end(late.attempt, .timedOut, .failed, event.time, late.detail)
        case let stopped as ActionStopped:
            end(stopped.attempt, .stopped, .failed, event.time, stopped.detail)
        case let unknown as ActionUnknown:
            end(unknown.attempt, .unknown, .unknown, event.time, unknown.detail)
        case let seen as ActionAcknowledged:
            attempt(seen.attempt) { $0.isAcknowledged = true }
        case let judged as ActionJudged:
            attempt(judged.attempt) {
                $0.verdict = judged.verdict
                $0.verdictDetail = judged.detail
            }
            if let index = manualActions.firstIndex(where: { $0.id == judged.attempt }) {
                manualActions[index].verdict = judged.verdict
                manualActions[index].verdictDetail = judged.detail
            }
        default: break
        }
    }

    private mutating func end(
        _ id: String, _ outcome: AttemptOutcome, _ state: Mitigation.State, _ time: Timestamp,
        _ detail: String
    ) {
        attempt(id) {
            $0.outcome = outcome
            $0.endedAt = time
            $0.detail = detail
        }
        guard let index = mitigations.firstIndex(where: { $0.attempts.contains { $0.id == id } })
        else { return }
        mitigations[index].state = state
        guard outcome == .succeeded else { return }
        if phase == .fix { phase = .verify }
    }

    private mutating func attempt(_ id: String, _ change: (inout Mitigation.Attempt) -> Void) {
        for outer in mitigations.indices {
            guard let inner = mitigations[outer].attempts.firstIndex(where: { $0.id == id }) else {
                continue
            }
            change(&mitigations[outer].attempts[inner])
            return
        }
    }

    private mutating func update(_ id: String, _ change: (inout Mitigation) -> Void) {
        guard let index = mitigations.firstIndex(where: { $0.proposal.id == id }) else { return }
        change(&mitigations[index])
    }
}
