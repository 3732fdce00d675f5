import Basics
import Incidents
import Playbooks

// Gates 7, 8 and 10: is the reach known, is the gentlest thing tried first, and has this worked?
extension GateJudge {
    func containment() -> GateVerdict {
        if let running = given.incident.runningAttempt {
            return GateVerdict(
                .containment, .blocked,
                "\(running.id) (\(running.action) on \(running.target)) is still running",
                remedy: "one at a time: wait until it ends")
        }
        guard let action = given.action else {
            return GateVerdict(
                .containment, .review, "the reach of an unknown action is unknown",
                remedy: "add it under `actions:` in the configuration")
        }
        if let verdict = reachTooWide(action) { return verdict }
        if !given.scopeIsKnown, !action.isContainment, !isUndo {
            return GateVerdict(
                .containment, .review, "the scope of the incident is not known yet",
                remedy: "label the metrics by instance and zone, or say what is affected")
        }
        if needsIsolation(action) {
            return GateVerdict(
                .containment, .review,
                "\(proposal.target) has \(blast.dependants.count) dependants and was not isolated",
                remedy: "take traffic away first, or say why not")
        }
        return GateVerdict(.containment, .pass, blast.text)
    }

    private func reachTooWide(_ action: CatalogueAction) -> GateVerdict? {
        if action.isFleetWide, !given.isCommander {
            return GateVerdict(
                .containment, .review, "it touches everything at once: that is the IC's decision",
                remedy: "the IC approves it")
        }
        if blast.isUnknown, !given.isCommander || !isUndo {
            return GateVerdict(
                .containment, .review,
                "the blast radius is unknown (\(blast.unknownReason)) and counts as everything",
                remedy: "correct `services:` in the configuration")
        }
        if blast.targets.count > 1, !action.isFleetWide {
            return GateVerdict(
                .containment, .review, "it touches \(blast.targets.count) services at once",
                remedy: "one service at a time, or the IC says why")
        }
        return nil
    }

    /// Restarts and scaling of a service that others need ask for isolation first.
    private func needsIsolation(_ action: CatalogueAction) -> Bool {
        guard !action.isContainment, !isUndo, !blast.dependants.isEmpty,
            Self.interrupts(action)
        else { return false }
        let isIsolated = given.incident.mitigations.contains { mitigation in
            given.configuration.actions[mitigation.proposal.action]?.isContainment == true
                && mitigation.state == .succeeded && mitigation.proposal.rollbackOf == nil
                && NameRule.same(mitigation.proposal.target, proposal.target)
                && !isUndone(mitigation)
        }
        let isIsolatedByHand = given.incident.manualActions.contains { manual in
            manual.action.flatMap { given.configuration.actions[$0] }?.isContainment == true
                && manual.target.map { NameRule.same($0, proposal.target) } == true
        }
        return !isIsolated && !isIsolatedByHand
    }

    private func isUndone(_ mitigation: Mitigation) -> Bool {
        given.incident.mitigations.contains { other in
            other.state == .succeeded
                && other.proposal.rollbackOf.map { NameRule.same($0, mitigation.proposal.id) }
                    == true
        }
    }

    private static func interrupts(_ action: CatalogueAction) -> Bool {
        let words = ([action.id, action.title] + action.steps.flatMap { $0.dropFirst() })
            .joined(separator: " ").lowercased()
        return ["restart", "reboot", "scale", "scaling"].contains { words.contains($0) }
    }

    func progression() -> GateVerdict {
        if isUndo { return GateVerdict(.progression, .pass, "a rollback needs no step before it") }
        let prefill = given.leadingHypothesis.map { "leading hypothesis: \($0)" } ?? ""
        guard let (playbook, place) = playbookWithAction else {
            return progressionAcrossTiers(prefill)
        }
        let step = playbook.mitigations[place]
        let skipped = playbook.mitigations[..<place].first { earlier in
            given.configuration.actions[earlier.action] != nil
                && !NameRule.same(earlier.action, proposal.action)
                && !isForAnotherCause(earlier, than: step) && !wasConsidered(earlier.action)
                && isPossible(earlier.action)
        }
        guard let skipped else {
            return GateVerdict(
                .progression, .pass,
                place == 0 ? "first in the playbook" : "its turn in the playbook")
        }
        let title = given.configuration.actions[skipped.action]?.title ?? skipped.action
        return GateVerdict(
            .progression, .review, "\"\(title)\" comes first in \"\(playbook.title)\"",
            remedy: prefill.isEmpty ? "try that first, or say why not" : prefill)
    }

    /// Without a playbook: contained, then moderate, then aggressive.
    private func progressionAcrossTiers(_ prefill: String) -> GateVerdict {
        guard let action = given.action else {
            return GateVerdict(
                .progression, .review, "how invasive an unknown action is, is unknown",
                remedy: prefill)
        }
        if action.tier == .contained {
            return GateVerdict(.progression, .pass, "the least invasive kind of action")
        }
        let tried =
            given.incident.mitigations.filter { !$0.attempts.isEmpty }
            .map(\.proposal.action) + given.incident.manualActions.compactMap(\.action)
        let below = CatalogueAction.Tier(rawValue: action.tier.rawValue - 1) ?? .contained
        let gentler = tried.compactMap { id in
            given.configuration.actions.first { NameRule.same($0.key, id) }?.value
        }.first { $0.tier == below }
        if let gentler {
            return GateVerdict(
                .progression, .pass, "something \(below.name) was tried before (\(gentler.title))")
        }
        return GateVerdict(
            .progression, .review,
            "it is \(action.tier.name), nothing \(below.name) was tried, and no playbook says that "
                + "it comes first", remedy: prefill)
    }

    private func isForAnotherCause(_ earlier: Playbook.Step, than step: Playbook.Step) -> Bool {
        guard let first = earlier.hypothesis, let second = step.hypothesis else { return false }
        return !NameRule.same(first, second)
    }

    /// Switching a flag is no way out when no flag of the target was changed.
    private func isPossible(_ id: String) -> Bool {
        guard let action = given.configuration.actions[id], !action.isContainment,
            action.slots.values.contains(.flagID)
        else { return true }
        return given.incident.changes.contains {
            $0.changeKind == .flag && NameRule.same($0.service, proposal.target)
        }
    }

    /// Tried, refused, or done by hand.
    private func wasConsidered(_ action: String) -> Bool {
        let isRecorded = given.incident.mitigations.contains { mitigation in
            NameRule.same(mitigation.proposal.action, action)
                && (!mitigation.attempts.isEmpty || mitigation.state == .denied)
        }
        return isRecorded
            || given.incident.manualActions.contains {
                $0.action.map { NameRule.same($0, action) } == true
            }
    }

    func tested() -> GateVerdict {
        if proposal.environment != .production {
            return GateVerdict(
                .tested, .pass, "\(proposal.environment.rawValue) is where things are tried")
        }
        let places = given.action?.testedIn ?? []
        let place = places.first { name in
            [DeploymentEnvironment.dev, .staging, .canary].contains {
                NameRule.same($0.rawValue, name)
            } || given.activePlaybooks.contains { NameRule.same($0.id, name) }
        }
        if let place { return GateVerdict(.tested, .pass, "validated: \(place)") }
        let worked = given.incident.mitigations.flatMap(\.attempts).contains {
            NameRule.same($0.action, proposal.action) && $0.verdict == .effective
        }
        if worked { return GateVerdict(.tested, .pass, "it helped before in this incident") }
        return GateVerdict(
            .tested, .review, "it is not recorded where this was validated",
            remedy: "add `tested_in:` to the action, or the IC reviews it")
    }
}
