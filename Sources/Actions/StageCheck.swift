import Incidents

/// Where an action that spans services stands.
package enum StageMoment: Sendable {
    /// Nothing of this stage has been started.
    case before(ActionStage)
    /// Every step of this stage ended well, and another stage follows.
    case after(ActionStage)

    package var stage: ActionStage {
        switch self {
        case .before(let stage), .after(let stage): stage
        }
    }
}

/// Decides between the stages of an action whether it goes on.
///
/// It blocks while it watches (60 s for a canary) and must return soon once `stopReason` answers.
/// nil goes on; a text says why the action halts here. It is not asked after the last stage: there
/// is nothing left to halt, and the action's own watch begins.
package typealias StageCheck =
    @Sendable (_ moment: StageMoment, _ stopReason: @Sendable () -> String?) -> String?

extension MitigationProposed {
    /// The stages as they run: all steps as one when the proposal has none.
    var runStages: [ActionStage] {
        guard let stages, !stages.isEmpty else {
            return [ActionStage(service: target, steps: Array(steps.indices))]
        }
        return stages
    }

    /// Why the stages are not exactly the steps in their order, or nil.
    var stageDefect: String? {
        guard stages != nil else { return nil }
        return runStages.flatMap(\.steps) == Array(steps.indices)
            ? nil : "its stages are not exactly its steps in their order"
    }
}
