import Basics
import Incidents
import Playbooks

extension Diagnoser {
    /// What the applicable playbooks suggest, in their order, with slots filled from the leading
    /// hypothesis that a step answers. Actions that are not in the catalogue are not suggested.
    func advice(_ input: DiagnosisInput, _ hypotheses: [RankedHypothesis]) -> [MitigationAdvice] {
        var result: [MitigationAdvice] = []
        for id in reasoning.playbooks {
            guard let playbook = configuration.playbooks.first(where: { $0.id == id }) else {
                continue
            }
            for step in playbook.mitigations {
                guard let action = configuration.actions[step.action],
                    let advice = advice(step, action, playbook, hypotheses, input),
                    !result.contains(where: { $0.id == advice.id })
                else { continue }
                result.append(advice)
            }
        }
        return result
    }

    private func advice(
        _ step: Playbook.Step, _ action: CatalogueAction, _ playbook: Playbook,
        _ hypotheses: [RankedHypothesis], _ input: DiagnosisInput
    ) -> MitigationAdvice? {
        let answered = step.hypothesis.flatMap { rule in
            hypotheses.first { ranked in
                ranked.status != .refuted
                    && reasoning.candidates.contains { $0.id == ranked.id && $0.rule == rule }
            }
        }
        let candidate = answered.flatMap { ranked in
            reasoning.candidates.first { $0.id == ranked.id }
        }
        let flag = suspects(input, kinds: [.flag]).first
        let needsFlag = action.slots.values.contains(.flagID)
        let change = needsFlag ? flag : candidate?.change
        guard
            let target = change?.service ?? candidate?.service ?? scope.service
                ?? input.incident.service
        else { return nil }
        var slots: [String: String] = [:]
        for (name, type) in action.slots {
            slots[name] = value(type, target, change, flag, input)
        }
        let names = [
            "{service}": target, "{version}": change?.version ?? "the new version",
            "{previous}": change?.previous ?? "the previous version",
        ]
        return MitigationAdvice(
            id: "\(action.id)@\(target)", action: action.id, target: target, slots: slots,
            missing: action.slots.keys.filter { slots[$0] == nil }.sorted(),
            why: Self.substitute(step.why, names),
            couldBreak: Self.substitute(step.couldBreak, names),
            monitor: Self.substitute(step.monitor, names), hypothesis: answered?.id,
            playbook: playbook.id)
    }

    private func value(
        _ type: CatalogueAction.SlotType, _ target: String, _ change: ChangeRecorded?,
        _ flag: ChangeRecorded?, _ input: DiagnosisInput
    ) -> String? {
        switch type {
        case .service: target
        case .revision, .version: change?.previous
        case .environment: input.incident.environment.rawValue
        case .flagID: flag?.version
        case .contact: configuration.services[target]?.onCall
        case .integer: nil
        }
    }
}
