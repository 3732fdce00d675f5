import Basics
import Incidents
import Playbooks

// Gates 3 and 9: is every word of the command line known and right, and is there a way back?
extension GateJudge {
    func input() -> GateVerdict {
        if let defect = inputDefect() {
            return GateVerdict(.input, .blocked, defect.reason, remedy: defect.remedy)
        }
        return GateVerdict(
            .input, .pass,
            "\(proposal.target) in \(proposal.environment.rawValue); every value is known")
    }

    struct Defect {
        var reason: String
        var remedy: String
        init(_ reason: String, _ remedy: String = "propose it again") {
            self.reason = reason
            self.remedy = remedy
        }
    }

    private func inputDefect() -> Defect? {
        guard let action = given.action else {
            return Defect(
                "the values of an unknown action cannot be checked",
                "add it under `actions:` in the configuration")
        }
        return environmentDefect() ?? targetDefect(action) ?? slotDefect(action)
            ?? stepsDefect(action) ?? besideDefect(action) ?? timeoutDefect(action)
            ?? digestDefect(action)
    }

    private func environmentDefect() -> Defect? {
        let incident = given.incident
        guard proposal.environment == incident.environment else {
            return Defect(
                "it is meant for \(proposal.environment.rawValue), the incident is in "
                    + incident.environment.rawValue)
        }
        let configuration = given.configuration
        guard
            !configuration.environmentIsDeclared
                || configuration.environment == incident.environment
        else {
            return Defect(
                "the configuration is for \(configuration.environment.rawValue), the incident is "
                    + "in \(incident.environment.rawValue)",
                "open the room with the configuration of that environment")
        }
        return nil
    }

    private func targetDefect(_ action: CatalogueAction) -> Defect? {
        let why = SlotRule.validate(
            proposal.target, type: .service, configuration: given.configuration)
        if let why {
            return Defect(
                "the target \(JSONText.quoted(proposal.target)) \(why)",
                "add it under `services:` in the configuration")
        }
        let named = action.slots.filter { $0.value == .service }.compactMap {
            proposal.slots[$0.key]
        }
        guard named.isEmpty || named.contains(where: { NameRule.same($0, proposal.target) }) else {
            return Defect("its command line names another service than \(proposal.target)")
        }
        return nil
    }

    private func slotDefect(_ action: CatalogueAction) -> Defect? {
        for name in proposal.slots.keys.sorted()
        where !action.slots.keys.contains(where: { NameRule.same($0, name) }) {
            return Defect("\(action.id) has no slot \(JSONText.quoted(name))")
        }
        for (name, type) in action.slots.sorted(by: { $0.key < $1.key }) {
            guard let value = proposal.slots[name] else {
                return Defect("the slot {\(name)} has no value")
            }
            for service in [proposal.target] + action.spans {
                let why = SlotRule.validate(
                    value, type: type, configuration: given.configuration, service: service,
                    deployed: given.incident.deployedVersions(of: service, given.configuration))
                if let why { return Defect("\(name) \(JSONText.quoted(value)) \(why)") }
            }
        }
        return nil
    }

    private func stepsDefect(_ action: CatalogueAction) -> Defect? {
        do throws(ArgvTemplate.Defect) {
            let templates = isUndo ? action.rollbackSteps : action.steps
            guard action.spans.isEmpty else { return try stagesDefect(action, templates) }
            guard proposal.stages == nil else { return Defect("it has stages and spans nothing") }
            let filled = try ArgvTemplate.fill(templates, slots: proposal.slots)
            guard ArgvTemplate.same(filled, proposal.steps) else {
                return Defect("the catalogue has changed since it was proposed")
            }
            return nil
        } catch {
            return Defect("the action \(action.id) \(error.reason)", "correct the catalogue")
        }
    }

    private func digestDefect(_ action: CatalogueAction) -> Defect? {
        let digest = ActionDigest.hex(
            of: proposal, variables: action.environment, incident: given.incident.id)
        return NameRule.same(digest, proposal.digest)
            ? nil : Defect("its digest does not match what would run")
    }

    func rollbackReady() -> GateVerdict {
        guard let action = given.action else {
            return GateVerdict(
                .rollbackReady, .blocked, "nothing is known about undoing an unknown action",
                remedy: "add it under `actions:` in the configuration")
        }
        if isUndo { return undoReady() }
        if !action.rollbackSteps.isEmpty { return pairedRollback(action) }
        if let inverse = action.inverse {
            guard let known = given.configuration.actions[inverse],
                NameRule.same(known.id, inverse)
            else {
                return blockedRollback(
                    "its inverse \(inverse) is not in the catalogue",
                    "add \(inverse) under `actions:`")
            }
            return GateVerdict(
                .rollbackReady, .pass, "undone by hand with \(inverse), never automatically")
        }
        guard action.isIrreversible else {
            return blockedRollback(
                "nothing undoes it and it is not declared irreversible",
                "add `rollback:` or `inverse:`, or declare `irreversible: true`")
        }
        guard proposal.approvalClass == .confirm else {
            return blockedRollback("it is irreversible but does not ask for CONFIRM")
        }
        return GateVerdict(.rollbackReady, .pass, "irreversible: asks for CONFIRM")
    }

    private func pairedRollback(_ action: CatalogueAction) -> GateVerdict {
        do throws(ArgvTemplate.Defect) {
            let ways = try waysBack(action)
            guard ways.contains(where: { ArgvTemplate.same($0, proposal.rollbackSteps) }) else {
                return blockedRollback("its rollback has changed since it was proposed")
            }
            return GateVerdict(.rollbackReady, .pass, "its paired rollback is complete")
        } catch {
            return blockedRollback("its rollback \(error.reason)", "correct the catalogue")
        }
    }

    private func undoReady() -> GateVerdict {
        guard let undone else {
            return blockedRollback("\(proposal.rollbackOf ?? "") is not in this incident")
        }
        guard undone.proposal.rollbackOf == nil else {
            return blockedRollback(
                "it would undo a rollback", "do that by hand and record it with m")
        }
        guard NameRule.same(undone.proposal.action, proposal.action),
            NameRule.same(undone.proposal.target, proposal.target),
            ArgvTemplate.same(undone.proposal.rollbackSteps, proposal.steps)
        else { return blockedRollback("it is not the rollback of \(undone.proposal.id)") }
        guard !undone.attempts.isEmpty else {
            return blockedRollback("\(undone.proposal.id) never ran: there is nothing to undo")
        }
        let isUndone = given.incident.mitigations.contains { other in
            other.state == .succeeded
                && other.proposal.rollbackOf.map { NameRule.same($0, undone.proposal.id) } == true
        }
        guard !isUndone else {
            return blockedRollback("\(undone.proposal.id) has already been undone")
        }
        return GateVerdict(
            .rollbackReady, .pass, "this is the way back from \(undone.proposal.id)")
    }

    private func blockedRollback(_ reason: String, _ remedy: String = "propose it again")
        -> GateVerdict
    {
        GateVerdict(.rollbackReady, .blocked, reason, remedy: remedy)
    }
}
