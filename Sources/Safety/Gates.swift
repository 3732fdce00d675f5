import Basics
import Incidents
import Playbooks

/// The twelve gates. All are evaluated and all are shown; what cannot be decided refuses.
///
/// Hard gates (stop, input, rollback ready, approval, journal) block. Review gates ask the
/// incident's commander for a reason; at execution a review that the approval does not carry blocks
/// as well.
///
/// What differs by stage: a *proposal* is judged without a person; at the *approval* the person's
/// rights, the objections and the second person are; at the *execution* the approval itself (whose,
/// for exactly what, how old, never used), what was reviewed, and whether the ticket, the
/// objections or the configuration changed since.
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
        if !input.actor.isPerson { verdicts = verdicts.map(judge.inherited) }
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
            isFleetWide: given.action?.isFleetWide ?? false,
            outdated: given.incident.configurationChange == nil
                ? nil : "the registry on the disk is another one now")
    }

    var proposal: MitigationProposed { given.proposal }
    /// The proposal's own record in the incident, once it is journalled.
    var record: Mitigation? { given.incident.mitigation(proposal.id) }
    /// The action that this proposal undoes.
    var undone: Mitigation? { proposal.rollbackOf.flatMap { given.incident.mitigation($0) } }
    var isUndo: Bool { proposal.rollbackOf != nil }

    /// The target and every other service named in a slot or spanned, each once.
    private static func targets(of proposal: MitigationProposed, action: CatalogueAction?)
        -> [String]
    {
        var targets = [proposal.target]
        let slots = (action?.slots ?? [:]).filter { $0.value == .service }.keys
        let named =
            slots.compactMap { proposal.slots[$0] } + (proposal.stages ?? []).map(\.service)
            + (action?.spans ?? [])
        for name in named where !targets.contains(where: { NameRule.same($0, name) }) {
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
        guard isCarried, ApprovalPolicy.isReason(reason), given.isCommander,
            given.actor.isPerson
        else {
            return GateVerdict(
                verdict.gate, .blocked, verdict.reason + "; this was not reviewed at the approval",
                remedy: "approve it again, with a review by the IC")
        }
        return GateVerdict(verdict.gate, .pass, "passed over by the IC: \(reason)")
    }

    /// What the IC reviewed for an action holds for its automatic rollback too: the ticket, where
    /// it was tested, how far it reaches. Nothing else can be passed over without a person.
    func inherited(_ verdict: GateVerdict) -> GateVerdict {
        guard verdict.outcome == .review, Self.inheritable.contains(verdict.gate),
            let approval = undone?.approval, ApprovalPolicy.isReason(approval.reviewReason),
            approval.reviewed.contains(where: { NameRule.same($0, verdict.gate.rawValue) })
        else { return verdict }
        return GateVerdict(
            verdict.gate, .pass,
            "passed over by the IC for \(undone?.proposal.id ?? ""): \(approval.reviewReason ?? "")"
        )
    }

    private static let inheritable: Set<GateID> = [.incident, .containment, .tested]
}
