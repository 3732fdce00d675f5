import Basics
import Canvas
import Diagnosis
import Incidents
import Playbooks
import Room
import Safety

/// Presses the keys a commander would, in drills without a screen. It sees the model, never the
/// truth.
package struct Autopilot: Sendable {
    /// Advice and proposals that were tried or refused already.
    private var tried: Set<String> = []
    private var waitsForCard = false
    /// The leading hypothesis and since when it leads: a commander does not act on the first
    /// flicker.
    private var leader: (id: String, since: Timestamp)?
    private static let patience: Duration = .seconds(60)

    /// Refuses any catalogue whose actions run something else than the drill's own actuator.
    ///
    /// - Throws: `autopilot.foreignCatalogue`, exit 3.
    package init(configuration: Configuration, actuator: String) throws(Failure) {
        for action in configuration.actions.values.sorted(by: { $0.id < $1.id }) {
            for step in action.steps + action.rollbackSteps
            where step.first != actuator || !step.contains("drill-actuator") {
                throw Failure(
                    "autopilot.foreignCatalogue",
                    "The autopilot runs only the drill's own actions", subject: action.id,
                    why: "it would run \(step.first ?? "nothing")",
                    unchanged: "Nothing was run", next: "Open the room and decide by hand",
                    exit: .refusedByGate)
            }
        }
    }

    /// The keys for this moment; none while something is to be waited for.
    package mutating func keys(for model: Model) -> [Key] {
        switch model.overlay {
        case .declaration: return [.control("D")]
        case .card(let card): return onCard(card)
        case .some: return [.escape]
        case nil: break
        }
        if model.incident.status.isOver { return [] }
        if let unknown = model.incident.unacknowledgedUnknowns.first {
            return typed(":acknowledge looked at \(unknown.target), see the signals") + [.enter]
        }
        if waitsForCard || isWatching(model) { return [] }
        if model.observation?.allConditionsMet == true { return typed(":resolve") + [.enter] }
        return decision(model)
    }

    /// An action runs, or its effect is not judged yet.
    private func isWatching(_ model: Model) -> Bool {
        model.incident.attempts.contains {
            $0.outcome == .running || ($0.outcome == .succeeded && $0.verdict == nil)
        }
    }

    /// Opens the card of the first untried mitigation that answers a well-supported hypothesis.
    private mutating func decision(_ model: Model) -> [Key] {
        guard model.isHurting, let leader = model.observation?.hypotheses.first,
            leader.strength == .strong || leader.strength == .moderate
        else {
            self.leader = nil
            return []
        }
        if self.leader?.id != leader.id { self.leader = (leader.id, model.now.wall) }
        guard let since = self.leader?.since, model.now.wall - since >= Self.patience else {
            return []
        }
        let rows = model.mitigationRows
        guard let index = rows.firstIndex(where: { answers($0, leader) }) else { return [] }
        tried.insert(rows[index].id)
        waitsForCard = true
        return [.character("3"), .character("g")]
            + Array(repeating: .character("j"), count: index) + [.character("a")]
    }

    private func answers(_ row: MitigationRow, _ leader: RankedHypothesis) -> Bool {
        guard case .planned(let planned) = row.content, planned.proposal != nil,
            !tried.contains(row.id)
        else { return false }
        guard let hypothesis = planned.advice.hypothesis,
            leader.service.map({ NameRule.same($0, planned.advice.target) }) ?? true
        else { return false }
        return leader.id == hypothesis || leader.id.hasPrefix(hypothesis + ":")
    }

    private mutating func onCard(_ card: ApprovalCard) -> [Key] {
        waitsForCard = false
        if card.revoked != nil || !card.gates.blocked.isEmpty || !card.message.isEmpty {
            return [.escape]
        }
        var keys: [Key] = []
        for station in card.stations.dropFirst() {
            keys.append(.tab)
            if station == .reason { keys += typed("the leading hypothesis is well supported") }
            if station == .confirm { keys += typed(card.requiredText) }
        }
        return keys + [card.proposal.approvalClass == .yes ? .character("Y") : .enter]
    }

    /// Called when no card came: the proposal could not be made.
    package mutating func cardDidNotOpen() { waitsForCard = false }

    private func typed(_ text: String) -> [Key] { text.map { .character($0) } }
}
