import Incidents
import Playbooks

/// What a person must do to approve.
package enum ApprovalPolicy {
    /// The class of an action in an environment.
    ///
    /// Destructive, irreversible and fleet-wide actions ask for CONFIRM everywhere; what nothing is
    /// known to undo counts as irreversible.
    package static func approvalClass(
        action: CatalogueAction, environment: DeploymentEnvironment
    ) -> ApprovalClass {
        if action.isDestructive || action.isFleetWide || !action.isReversible { return .confirm }
        return environment == .production ? .yes : .enter
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
