import Basics
import Incidents

/// A stage of a running action is done and its effect is watched before the next one begins.
package struct CanaryWait: Sendable, Hashable {
    package var service: String
    package var since: BootTime
    /// How long each stage is watched.
    package static let span: Duration = .seconds(60)

    package init(service: String, since: BootTime) {
        self.service = service
        self.since = since
    }
}

extension Model {
    /// Begins to count when the last step of a stage has ended, and stops when the watch is over.
    mutating func noteStage(_ payload: any EventPayload) {
        switch payload {
        case let output as ActionOutput:
            guard let stage = stageEnding(output.attempt, step: output.step) else { return }
            canaryWaits[output.attempt] = CanaryWait(service: stage.service, since: now.boot)
        case let seen as CanaryWatched: canaryWaits[seen.attempt] = nil
        case let next as ActionStarted: canaryWaits[next.attempt] = nil
        case let done as ActionSucceeded: canaryWaits[done.attempt] = nil
        case let failed as ActionFailed: canaryWaits[failed.attempt] = nil
        case let stopped as ActionStopped: canaryWaits[stopped.attempt] = nil
        case let late as ActionTimedOut: canaryWaits[late.attempt] = nil
        default: break
        }
    }

    /// The stage whose last step is `step`, counted from 1.
    private func stageEnding(_ attempt: String, step: Int) -> ActionStage? {
        let mitigation = incident.mitigations.first { $0.attempts.contains { $0.id == attempt } }
        return mitigation?.proposal.stages?.first { $0.steps.max() == step - 1 }
    }

    /// "watching edge, 42s left"; nil while no stage is watched.
    package func canaryText(_ attempt: Mitigation.Attempt) -> String? {
        guard attempt.outcome == .running, let wait = canaryWaits[attempt.id] else { return nil }
        let left = max(.zero, CanaryWait.span - (now.boot - wait.since))
        return "watching \(wait.service) before the next stage, \(TimeText.span(left)) left"
    }
}
