import Basics
import Incidents
import Playbooks

// Gates 1, 2 and 4: may anything run here, and is this the right kind of thing?
extension GateJudge {
    func stop() -> GateVerdict {
        if given.stop.isOn {
            return GateVerdict(
                .stop, .blocked, "the emergency stop is on: \(given.stop.reason)",
                remedy: "remove the file when it is safe, then the IC runs :resume")
        }
        if let latched = given.incident.stop {
            return GateVerdict(
                .stop, .blocked, "the emergency stop was set and not cleared: \(latched.reason)",
                remedy: "the IC clears it with :resume")
        }
        return GateVerdict(
            .stop, .pass, "no emergency stop; its absence is proven for every configured file")
    }

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
        switch given.ticketIsOpen {
        case true?: return GateVerdict(.incident, .pass, "\(start), its ticket is open")
        case false?:
            return GateVerdict(
                .incident, .review, "the ticket is not open", remedy: "open the ticket")
        case nil:
            return GateVerdict(
                .incident, .review, "\(start), but nobody has said whether its ticket is open",
                remedy: "look at the ticket and say so, or declare `tickets: false`")
        }
    }

    func runbook() -> GateVerdict {
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
