import Basics
import Incidents
import Playbooks

package struct GateInput: Sendable {
    package enum Stage: Sendable { case proposal, approval, execution }
    package init(
        proposal: MitigationProposed, action: CatalogueAction?, configuration: Configuration,
        incident: Incident, activePlaybooks: [Playbook], scopeIsKnown: Bool,
        leadingHypothesis: String?, stop: StopState, actor: Actor, isCommander: Bool,
        now: ClockReading, bootID: String, stage: Stage
    ) {}
}
package enum Gates {
    package static func evaluate(_ input: GateInput) -> GateReport {
        GateReport(verdicts: GateID.allCases.map { GateVerdict($0, .blocked, "not evaluated") })
    }
}
package enum ApprovalPolicy {
    package static func accepts(typed: String, target: String) -> Bool { false }
}
