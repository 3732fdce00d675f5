import Basics
import Dispatch
import Incidents
import Room
import Safety

// Whether the configuration on the disk is still the one this room uses.
extension Backend {
    /// SHA-256 over the configuration files as they are now, hex; nil without files.
    func policyDigestNow() -> String? { policy.digestNow() }

    /// Tells the room when the files look different; called four times a second on the journal
    /// queue.
    func watchPolicy() {
        if policy.isFirstLook { settleOldChange() }
        for finding in policy.changes() {
            post(.policy(digest: finding.digest, problem: finding.problem))
        }
        if others.isDue { approvalQueue.async { [self] in lookElsewhere() } }
    }

    /// What other incidents did, as their journals have it now. Attempts there count for the loop
    /// gate of this one, and a journal that cannot be read asks for a review.
    package func workElsewhereNow() -> WorkElsewhere {
        others.read(now: clock.now, bootID: clock.bootID)
    }

    private func lookElsewhere() {
        let found = workElsewhereNow()
        if found != latestModel?.elsewhere { post(.elsewhere(found)) }
    }

    /// A change that an earlier room saw is settled by opening a room with the files as they are:
    /// what is loaded is what is on the disk.
    private func settleOldChange() {
        guard journal.readOnlyReason == nil, let loaded = policy.loadedDigest,
            let change = journal.incident.configurationChange
        else { return }
        guard NameRule.same(policy.digestNow() ?? "", loaded) else { return }
        // Its failure has told the room; the change stays open.
        _ = try? journal.append(
            EventDraft(
                ConfigurationAcknowledged(
                    digest: change.digest,
                    reason: "the room was opened again with the configuration on the disk"),
                by: setup.actor), sync: true)
    }

    /// What is journalled before an approval: the change of a configuration that nobody was told
    /// of yet, and, for a review, that somebody was called and who passed over what.
    func reviewDrafts(for approval: MitigationApproved, _ incident: Incident, by actor: Actor)
        -> [EventDraft]
    {
        changeDrafts(incident) + escalationDrafts(for: approval, incident)
            + passedOver(approval, by: actor)
    }

    /// Between two looks the files may have changed: the gates at the run must know.
    private func changeDrafts(_ incident: Incident) -> [EventDraft] {
        guard let loaded = policy.loadedDigest, let now = policyDigestNow(),
            !NameRule.same(now, loaded), !incident.acknowledgedConfigurations.contains(now),
            incident.configurationChange?.digest != now
        else { return [] }
        return [
            EventDraft(
                ConfigurationChanged(
                    digest: now, problem: now.isEmpty ? "a file of it cannot be read" : ""),
                by: .automation)
        ]
    }

    private func escalationDrafts(for approval: MitigationApproved, _ incident: Incident)
        -> [EventDraft]
    {
        let isAlone = ApprovalPolicy.isReason(approval.breakGlass)
        guard !approval.reviewed.isEmpty || isAlone,
            let proposal = incident.mitigation(approval.proposal)?.proposal
        else { return [] }
        let what =
            isAlone ? "BREAK-GLASS" : "passed over \(approval.reviewed.joined(separator: ", "))"
        let reason =
            ApprovalPolicy.isReason(approval.breakGlass)
            ? approval.breakGlass ?? "" : approval.reviewReason ?? ""
        let cause = EscalationLadder.Cause(
            "review \(proposal.id)", .onCall, "\(what) for \(proposal.title): \(reason)",
            service: proposal.target)
        let call = EscalationLadder.call(
            cause, id: "E-\(proposal.id)", incident: incident, configuration: setup.configuration)
        guard let call else {
            return [
                EventDraft(
                    NoteAdded(
                        text: "no on-call exists here: the escalation before the approval of "
                            + "\(proposal.id) (\(what)) was skipped"), by: .automation)
            ]
        }
        return [EventDraft(call, by: .automation)]
    }

    private func passedOver(_ approval: MitigationApproved, by actor: Actor) -> [EventDraft] {
        guard !approval.reviewed.isEmpty else { return [] }
        return [
            EventDraft(
                GateReviewed(
                    proposal: approval.proposal, gates: approval.reviewed,
                    reason: approval.reviewReason ?? ""), by: actor)
        ]
    }
}
