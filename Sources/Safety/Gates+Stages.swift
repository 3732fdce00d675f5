import Basics
import Incidents
import Playbooks

// Gate 3 for what stands beside the steps: stages, captures, checks, the time that is given.
extension GateJudge {
    /// No rollback runs longer, in seconds.
    static let rollbackSecondsMax = 300.0

    /// An action that spans services: each of them is one stage, edge first, and every step is the
    /// template filled for that service.
    func stagesDefect(_ action: CatalogueAction, _ templates: [[String]])
        throws(ArgvTemplate.Defect) -> Defect?
    {
        if isUndo, proposal.stages == nil {
            let ways = try waysBack(action)
            return ways.contains { ArgvTemplate.same($0, proposal.steps) }
                ? nil : Defect("the catalogue has changed since it was proposed")
        }
        guard let stages = proposal.stages else { return Defect("it has no stages") }
        guard spansExactly(stages.map(\.service), action.spans) else {
            return Defect("its stages are not the services that \(action.id) spans")
        }
        guard isStaggered(stages) else {
            return Defect("its stages do not go from edge to backend, step by step")
        }
        for stage in stages {
            let filled = try ArgvTemplate.fill(
                templates, slots: slots(of: action, for: stage.service))
            let own = stage.steps.map { proposal.steps[$0] }
            guard ArgvTemplate.same(filled, own) else {
                return Defect("the catalogue has changed since it was proposed")
            }
        }
        return nil
    }

    /// Every service once, whatever the order.
    private func spansExactly(_ services: [String], _ spans: [String]) -> Bool {
        services.count == spans.count
            && spans.allSatisfy { name in services.contains { NameRule.same($0, name) } }
            && Set(services.map { Array($0.utf8) }).count == services.count
    }

    /// The stages take the steps in their order, leave none out, and go edge → middleware →
    /// backend; an undo may go the other way. A service without a tier may stand anywhere.
    private func isStaggered(_ stages: [ActionStage]) -> Bool {
        guard stages.flatMap(\.steps) == Array(proposal.steps.indices) else { return false }
        let places = stages.compactMap { stage in
            SlotRule.entry(stage.service, in: given.configuration.services)?.tier.flatMap {
                Service.Tier.allCases.firstIndex(of: $0)
            }
        }
        return places == places.sorted() || isUndo && places == places.sorted(by: >)
    }

    private func slots(of action: CatalogueAction, for service: String) -> [String: String] {
        var slots = proposal.slots
        for (name, type) in action.slots where type == .service { slots[name] = service }
        return slots
    }

    /// The command lines that undo it, in the orders that are allowed: for one service one, for
    /// stages forwards and backwards.
    func waysBack(_ action: CatalogueAction) throws(ArgvTemplate.Defect) -> [[[String]]] {
        guard !action.spans.isEmpty else {
            return [try ArgvTemplate.fill(action.rollbackSteps, slots: proposal.slots)]
        }
        let services = (proposal.stages ?? undone?.proposal.stages ?? []).map(\.service)
        var parts: [[[String]]] = []
        for service in services {
            parts.append(
                try ArgvTemplate.fill(
                    action.rollbackSteps, slots: slots(of: action, for: service)))
        }
        return [parts.flatMap { $0 }, parts.reversed().flatMap { $0 }]
    }

    /// Captures and checks run too: they must be the catalogue's. An undo needs none of its own.
    func besideDefect(_ action: CatalogueAction) -> Defect? {
        do throws(ArgvTemplate.Defect) {
            for (what, templates, present) in [
                ("evidence to capture", action.capture, proposal.capture ?? []),
                ("check of the rollback", action.readyCheck, proposal.readyCheck ?? []),
            ] {
                if isUndo, present.isEmpty { continue }
                let filled =
                    templates.isEmpty
                    ? [] : try ArgvTemplate.fill(templates, slots: proposal.slots)
                guard ArgvTemplate.same(filled, present) else {
                    return Defect("its \(what) is not what the catalogue says")
                }
            }
            return nil
        } catch {
            return Defect("the action \(action.id) \(error.reason)", "correct the catalogue")
        }
    }

    /// Comparisons with NaN are false, so the good case is asked for.
    func timeoutDefect(_ action: CatalogueAction) -> Defect? {
        let isRollback = isUndo || action.isRollback
        let most =
            isRollback
            ? min(action.timeout.inSeconds, Self.rollbackSecondsMax) : action.timeout.inSeconds
        guard proposal.timeout.isFinite, proposal.timeout > 0, proposal.timeout <= most else {
            return Defect(
                "its time-out of \(UnitText.seconds(proposal.timeout)) is not within "
                    + UnitText.seconds(most))
        }
        return nil
    }
}
