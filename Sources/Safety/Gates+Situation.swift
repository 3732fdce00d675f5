import Basics
import Incidents
import Playbooks

// Gates 1, 2 and 4: may anything run here, and is this the right kind of thing?
extension GateJudge {
    func stop() -> GateVerdict {
        if given.stop.isOn {
            return GateVerdict(
                .stop, .blocked, "the emergency stop is on: \(given.stop.reason)",
                remedy: "remove the file when it is safe, then the IC runs :clear-stop REASON")
        }
        if let latched = given.incident.stop {
            return GateVerdict(
                .stop, .blocked, "the emergency stop was set and not cleared: \(latched.reason)",
                remedy: "the IC clears it with :clear-stop REASON")
        }
        return GateVerdict(
            .stop, .pass, "no emergency stop; its absence is proven for every configured file")
    }

    // MARK: Incident and ticket

    func incident() -> GateVerdict {
        let incident = given.incident
        guard incident.isOpen, !incident.status.isOver else {
            return GateVerdict(
                .incident, .blocked, "the incident is not open (\(incident.status.rawValue))",
                remedy: "reopen the incident with :reopen REASON")
        }
        let start = "\(incident.id) is open, \(incident.severity.name)"
        let hasTickets =
            incident.environmentAnswered ? incident.hasTickets : given.configuration.hasTickets
        guard hasTickets else {
            return GateVerdict(
                .incident, .skipped, "\(start); there are no tickets here: skipped and noted")
        }
        return ticket(start)
    }

    private func ticket(_ start: String) -> GateVerdict {
        let state = TicketState.of(given.incident, now: given.now, bootID: given.bootID)
        switch (given.ticketIsOpen ?? state.isOpen, state) {
        case (true?, _): return GateVerdict(.incident, .pass, "\(start), its ticket is open")
        case (false?, _):
            if ticketWasClosedSinceTheApproval {
                return GateVerdict(
                    .incident, .blocked, "the ticket was closed after the approval",
                    remedy: "look at the ticket, then approve it again")
            }
            return GateVerdict(
                .incident, .review, "the ticket is not open", remedy: "open the ticket")
        case (nil, .unknown(let why)):
            return GateVerdict(
                .incident, .review, "\(start), but \(why)",
                remedy: "look at the ticket and say so, or declare `tickets: false`")
        case (nil, _):
            return GateVerdict(
                .incident, .review, "\(start), but its ticket is not known",
                remedy: "look at the ticket and say so")
        }
    }

    /// A review of an unknown ticket is none of a ticket that was closed later.
    private var ticketWasClosedSinceTheApproval: Bool {
        guard given.stage == .execution, given.incident.ticket?.isOpen == false,
            let at = given.incident.ticketAt, let approved = record?.approvedBoot,
            let bootID = record?.approvedBootID
        else { return false }
        return !TimeWindow.isSameBoot(at.bootID, bootID) || at.boot >= approved
    }

    // MARK: Runbook and policy

    func runbook() -> GateVerdict {
        if let defect = policyDefect() { return defect }
        guard let action = given.action else {
            return GateVerdict(
                .runbook, .blocked, "\(proposal.action) is not in the catalogue of actions",
                remedy: "add it under `actions:` in the configuration")
        }
        guard NameRule.same(action.id, proposal.action) else {
            return GateVerdict(
                .runbook, .blocked, "the proposal names \(proposal.action), not \(action.id)",
                remedy: "propose it again")
        }
        if isUndo {
            return GateVerdict(
                .runbook, .pass, "the paired rollback of \(proposal.rollbackOf ?? "")")
        }
        if let playbook = playbookWithAction?.playbook {
            return GateVerdict(.runbook, .pass, "step of the playbook \"\(playbook.title)\"")
        }
        let why =
            given.activePlaybooks.isEmpty
            ? "no playbook applies to this incident"
            : "no playbook of this incident has this action"
        return GateVerdict(
            .runbook, .review, why, remedy: "the IC reviews it, or a playbook gets the step")
    }

    /// The configuration in use must be the one that people see, and the one of the approval.
    private func policyDefect() -> GateVerdict? {
        if let change = given.incident.configurationChange {
            let what =
                change.problem.isEmpty
                ? "the configuration on the disk is not the one this room uses"
                : "the configuration on the disk cannot be used (\(change.problem)); this room "
                    + "keeps the last good one"
            return GateVerdict(
                .runbook, .blocked, what,
                remedy: "the IC acknowledges it and goes on with what is loaded, or open the "
                    + "room again")
        }
        guard given.stage == .execution, let approval = record?.approval else { return nil }
        let isSame =
            switch (approval.policy, given.policyDigest) {
            case (nil, nil): true
            case (let then?, let now?): NameRule.same(then, now) && !now.isEmpty
            default: false
            }
        guard !isSame else { return nil }
        return GateVerdict(
            .runbook, .blocked, "the configuration or a playbook changed after the approval",
            remedy: "look at the change, acknowledge it, and approve again")
    }

    /// The first active playbook that has the action, and the step's place in it.
    var playbookWithAction: (playbook: Playbook, step: Int)? {
        for playbook in given.activePlaybooks {
            let step = playbook.mitigations.firstIndex {
                NameRule.same($0.action, proposal.action)
            }
            if let step { return (playbook, step) }
        }
        return nil
    }
}
