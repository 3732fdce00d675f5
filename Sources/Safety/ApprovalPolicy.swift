import Incidents
import Playbooks

/// What a person must do to approve, and whether one person is enough.
package enum ApprovalPolicy {
    /// The class of an action in an environment.
    ///
    /// Destructive, irreversible and fleet-wide actions ask for CONFIRM everywhere; what nothing is
    /// known to undo counts as irreversible. Destructive is what is declared so, and what its words
    /// or the values of its slots (`--replicas=0`) say.
    ///
    /// - Parameters:
    ///   - steps: the command lines with every slot filled; empty when only the template is known.
    ///   - isUndo: whether the paired rollback of the action is meant.
    package static func approvalClass(
        action: CatalogueAction, environment: DeploymentEnvironment, steps: [[String]] = [],
        isUndo: Bool = false
    ) -> ApprovalClass {
        if destruction(of: action, steps: steps, isUndo: isUndo) != nil || action.isFleetWide
            || !action.isReversible
        {
            return .confirm
        }
        return environment == .production ? .yes : .enter
    }

    /// How the action destroys something, or nil.
    package static func destruction(
        of action: CatalogueAction, steps: [[String]], isUndo: Bool
    ) -> String? {
        if action.isDestructive { return "declared destructive" }
        let templates = isUndo ? action.rollbackSteps : action.steps
        return action.destruction ?? DestructiveWords.destruction(in: templates)
            ?? DestructiveWords.scalingToZero(in: steps)
    }

    /// Why the policy asks for two persons here, or nil when one is enough.
    package static func twoPersonReason(
        action: CatalogueAction, proposal: MitigationProposed, settings: SafetySettings
    ) -> String? {
        let isUndo = proposal.rollbackOf != nil
        if settings.twoPersons.contains(.destructive),
            let how = destruction(of: action, steps: proposal.steps, isUndo: isUndo)
        {
            return "it is destructive (\(how))"
        }
        if settings.twoPersons.contains(.irreversible), !action.isReversible, !isUndo {
            return "nothing undoes it"
        }
        if settings.twoPersons.contains(.fleetWide), action.isFleetWide {
            return "it touches everything at once"
        }
        if settings.twoPersons.contains(.production), proposal.environment == .production {
            return "it is production"
        }
        return nil
    }

    /// Whether `approver` and whoever proposed are two people. The program and agents are none.
    package static func areTwoPersons(
        proposer: Actor?, approver: Actor, settings: SafetySettings
    ) -> Bool {
        guard let proposer, proposer.isPerson, approver.isPerson, proposer.uid != approver.uid
        else { return false }
        return settings.people?.values.contains {
            $0.isAgent && NameRule.same($0.user, proposer.name)
        } != true
    }

    /// Whether something was typed: blanks are no reason.
    package static func isReason(_ text: String?) -> Bool {
        guard let text else { return false }
        return text.unicodeScalars.contains {
            !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint
                && $0.properties.generalCategory != .control
        }
    }

    /// The text to be typed for `target`.
    package static func confirmation(for target: String) -> String { "CONFIRM \(target)" }

    /// Whether `typed` is exactly `CONFIRM target`, byte for byte: no other case, no other
    /// normalisation, nothing before or after.
    package static func accepts(typed: String, target: String) -> Bool {
        !target.isEmpty && typed.utf8.elementsEqual(confirmation(for: target).utf8)
    }

    /// Whether `given` asks for at least as much as `needed`.
    package static func suffices(_ given: ApprovalClass, for needed: ApprovalClass) -> Bool {
        strictness(given) >= strictness(needed)
    }

    private static func strictness(_ approval: ApprovalClass) -> Int {
        switch approval {
        case .enter: 0
        case .yes: 1
        case .confirm: 2
        }
    }
}
