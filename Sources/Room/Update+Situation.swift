import Basics
import Diagnosis
import Incidents
import Playbooks

extension Model {
    /// How often the situation is written down while something is wrong.
    package static let situationInterval: Duration = .seconds(5 * 60)

    /// What makes a new situation worth writing down.
    package struct SituationMark: Sendable, Hashable {
        var leader: String?
        var strength: RankedHypothesis.Strength?
        var reach: Situation.Reach
        var attempts: Int
        var isHurting: Bool
        var met: Int
    }

    mutating func situationToRecord(_ observation: Observation) -> [EventDraft] {
        let leader = observation.hypotheses.first
        let mark = SituationMark(
            leader: leader?.id, strength: leader?.strength, reach: observation.situation.reach,
            attempts: incident.attempts.count + incident.manualActions.count,
            isHurting: isHurting,
            met: observation.conditions.filter(\.state.counts).count)
        let age = situationRecordedAt.map { observation.time - $0 }
        let isDue = isHurting && (age.map { $0 > Self.situationInterval } ?? true)
        guard mark != situationMark || isDue, !observation.signals.isEmpty else { return [] }
        // Several things often change within seconds of each other: one entry every ten is enough,
        // unless something was done: later its effect would be in it.
        let begun = deedsToRecord(observation.time)
        if let age, age < .seconds(10), begun.isEmpty || mark.attempts == situationMark?.attempts {
            return []
        }
        situationMark = mark
        situationRecordedAt = observation.time
        var recorded = Self.recorded(observation)
        recorded.before = begun.isEmpty ? nil : begun
        return [EventDraft(recorded, at: observation.time, by: .automation)]
    }

    private static func recorded(_ observation: Observation) -> SituationRecorded {
        let situation = observation.situation
        return SituationRecorded(
            what: situation.what ?? "unknown",
            since: situation.onset.map {
                TimeText.rfc3339($0)
                    + (situation.onsetDetail.isEmpty ? "" : ", " + situation.onsetDetail)
            } ?? "unknown",
            reach: situation.reach.rawValue, reachDetail: situation.reachDetail,
            trend: [situation.direction.rawValue, situation.directionDetail]
                .filter { !$0.isEmpty }.joined(separator: " "),
            doNothing: situation.doNothing, service: situation.affectedService,
            signals: observation.signals.prefix(20).map(signal),
            hypotheses: observation.hypotheses.prefix(6).map(hypothesis),
            conditions: observation.conditions.map {
                SituationRecorded.Condition(id: $0.id, state: $0.state.word, detail: $0.detail)
            }, playbooks: observation.playbooks, unknowns: situation.unknowns)
    }

    private static func signal(_ state: SignalState) -> SituationRecorded.Signal {
        SituationRecorded.Signal(
            name: state.definition.name, value: state.value.map(state.text) ?? "no data",
            baseline: state.baseline.map { "\(state.text($0.median)), \($0.label)" } ?? "unknown",
            isBad: state.isBad, number: state.value.flatMap { $0.isFinite ? $0 : nil })
    }

    private static func hypothesis(_ ranked: RankedHypothesis) -> SituationRecorded.Hypothesis {
        SituationRecorded.Hypothesis(
            id: ranked.id, statement: ranked.statement, strength: ranked.strength.rawValue,
            bits: ranked.bits, share: ranked.share, status: ranked.status,
            supporting: ranked.items.filter { $0.bits > 0 && !$0.isSilent }.map(\.text),
            contradicting: ranked.items.filter { $0.bits < 0 && !$0.isSilent }.map(\.text),
            falsifiedBy: ranked.falsifiedBy, fastestTest: ranked.fastestTest)
    }
}
