import Basics
import Incidents
import Playbooks

/// The twelve gates. All are evaluated and all are shown; what cannot be decided refuses.
///
/// Hard gates (stop, input, rollback ready, approval, journal) block. Review gates ask the
/// incident's commander for a reason; at execution a review that the approval does not carry blocks
/// as well.
package enum Gates {
    /// Judges one proposal at one stage. Pure: no clock and no files.
    ///
    /// At execution `input.actor` and `input.isCommander` speak of the person who approved.
    package static func evaluate(_ input: GateInput) -> GateReport {
        let judge = GateJudge(input)
        var verdicts = [
            judge.stop(), judge.incident(), judge.input(), judge.runbook(), judge.loop(),
            judge.limits(), judge.containment(), judge.progression(), judge.rollbackReady(),
            judge.tested(),
        ]
        let reviews = verdicts.filter { $0.outcome == .review }.map(\.gate)
        verdicts.append(judge.approval(openReviews: reviews))
        verdicts.append(
            GateVerdict(
                .journal, .atRun, "the intent is written and synced before anything starts",
                remedy: "without that record nothing runs"))
        if input.stage == .execution { verdicts = verdicts.map(judge.settledReview) }
        return GateReport(verdicts: verdicts)
    }
}

/// The judgement of one input. One file per group of gates.
struct GateJudge {
    let given: GateInput
    let blast: BlastRadius

    init(_ given: GateInput) {
        self.given = given
        blast = Blast.radius(
            of: Self.targets(of: given.proposal, action: given.action),
            services: given.configuration.services,
            isFleetWide: given.action?.isFleetWide ?? false)
    }

    var proposal: MitigationProposed { given.proposal }
    /// The proposal's own record in the incident, once it is journalled.
    var record: Mitigation? { given.incident.mitigation(proposal.id) }
    /// The action that this proposal undoes.
    var undone: Mitigation? { proposal.rollbackOf.flatMap { given.incident.mitigation($0) } }
    var isUndo: Bool { proposal.rollbackOf != nil }

    /// The target and every other service named in a slot, each once.
    private static func targets(of proposal: MitigationProposed, action: CatalogueAction?)
        -> [String]
    {
        var targets = [proposal.target]
        for (slot, type) in action?.slots ?? [:] where type == .service {
            guard let name = proposal.slots[slot],
                !targets.contains(where: { NameRule.same($0, name) })
            else { continue }
            targets.append(name)
        }
        return [targets[0]] + targets.dropFirst().sorted()
    }

    /// At execution a review counts only when the approval carries it with a reason by the
    /// commander.
    func settledReview(_ verdict: GateVerdict) -> GateVerdict {
        guard verdict.outcome == .review else { return verdict }
        let reason = record?.approval?.reviewReason ?? ""
        let isCarried =
            record?.approval?.reviewed.contains { NameRule.same($0, verdict.gate.rawValue) } == true
        guard isCarried, !reason.utf8.allSatisfy({ $0 <= 0x20 }), given.isCommander else {
            return GateVerdict(
                verdict.gate, .blocked, verdict.reason + "; this was not reviewed at the approval",
                remedy: "approve it again, with a review by the IC")
        }
        return GateVerdict(verdict.gate, .pass, "passed over by the IC: \(reason)")
    }
}
