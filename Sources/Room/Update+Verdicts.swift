import Basics
import Diagnosis
import Incidents
import Playbooks
import Safety

// What every action did: by the room or by hand, judged once against what was expected of it.

/// Something that was done and whose effect shows from `ended` on.
struct Deed: Sendable, Hashable {
    /// `A3`, or `H1` for work by hand.
    var id: String
    var action: String?
    var proposal: String?
    var isUndo: Bool
    var ended: Timestamp
}

extension Model {
    /// How long an action may take to show its effect, where its `verify:` says nothing.
    package static let watchWindow: Duration = .seconds(5 * 60)
    /// How long a clear improvement is given to finish: rates look five minutes back.
    package static let improvingWindow: Duration = .seconds(10 * 60)

    /// Longer ago, what is measured says nothing about the action: the room was closed meanwhile.
    package static let verdictMax: Duration = .seconds(30 * 60)

    /// Everything done that is over and not judged.
    private var openDeeds: [Deed] {
        var deeds: [Deed] = []
        for mitigation in incident.mitigations {
            for attempt in mitigation.attempts
            where attempt.outcome == .succeeded && attempt.verdict == nil {
                guard let ended = attempt.endedAt else { continue }
                deeds.append(
                    Deed(
                        id: attempt.id, action: attempt.action, proposal: mitigation.proposal.id,
                        isUndo: mitigation.proposal.rollbackOf != nil, ended: ended))
            }
        }
        for manual in incident.manualActions where manual.verdict == nil {
            guard let id = manual.id else { continue }
            deeds.append(
                Deed(
                    id: id, action: manual.action, proposal: nil, isUndo: false, ended: manual.time)
            )
        }
        return deeds.filter { !watching.judged.contains($0.id) }.sorted { $0.ended < $1.ended }
    }

    /// Judges everything done once: effective when what was expected holds, worse when the guarded
    /// rule says so or a signal stays over 1.1 times what it was, ineffective when the watch window
    /// ends.
    mutating func judgements(_ observation: Observation) -> [EventDraft] {
        var drafts: [EventDraft] = []
        for deed in openDeeds {
            guard let judged = judge(deed, observation) else { continue }
            watching.judged.insert(deed.id)
            drafts.append(EventDraft(judged, at: observation.time, by: .automation))
            drafts += mitigatedIfEffective(judged, observation.time)
        }
        return drafts
    }

    private func judge(_ deed: Deed, _ observation: Observation) -> ActionJudged? {
        let waited = observation.time - deed.ended
        func judged(_ verdict: Verdict, _ detail: String) -> ActionJudged {
            ActionJudged(attempt: deed.id, verdict: verdict, detail: detail)
        }
        guard waited <= Self.verdictMax else {
            return judged(
                .inconclusive,
                "nobody watched: the room was closed until \(TimeText.span(waited)) later")
        }
        if let watch = deed.proposal.flatMap({ incident.rollbackWatches[$0] }),
            let found = watch.judged, found.finding == .worse
        {
            return judged(.worse, found.detail)
        }
        let tests = tests(of: deed, observation)
        let unmet = tests.first { $0.isMet != true }
        let shown = unmet ?? tests.first { !wasMetBefore($0, deed.id) } ?? tests.first
        guard let last = shown else { return nil }
        guard let isMet = last.isMet, let signal = last.signal, let value = signal.value else {
            guard waited > last.window else { return nil }
            return judged(
                .inconclusive, "no data of \(last.name) for \(TimeText.span(waited))")
        }
        let before = before(deed.id, signal)
        if isMet {
            // A quick action ends before its situation is written down: that comes with this tick.
            if waited <= .seconds(10), deedsToRecord(observation.time).contains(deed.id) {
                return nil
            }
            // What was never out of its band proves nothing by being in it.
            if wasMetBefore(last, deed.id) {
                guard waited > last.window else { return nil }
                let place = last.condition == .atBaseline ? "in its band" : "there"
                return judged(
                    .inconclusive,
                    "\(last.name) \(signal.text(value)) was \(place) before it, too")
            }
            return judged(
                .effective,
                "\(last.name) \(signal.text(value)) \(last.goal) after \(TimeText.span(waited))")
        }
        let isImproving = isImproving(signal, value, before)
        let window = isImproving ? max(last.window, Self.improvingWindow) : last.window
        guard waited > window else { return nil }
        return judged(
            isWorse(signal, value, before) ? .worse : .ineffective,
            "\(last.name) \(signal.text(value)) "
                + (before.map { "was \(signal.text($0)) before, " } ?? "")
                + "\(last.miss) after \(TimeText.span(waited))")
    }

    // MARK: What was expected

    /// How long the effect of `proposal` may take to show.
    func watchWindow(of proposal: MitigationProposed) -> Duration {
        let windows = expectations(of: proposal.action, isUndo: proposal.rollbackOf != nil)
            .map { $0.window ?? Self.watchWindow }
        return windows.max() ?? Self.watchWindow
    }

    private func expectations(of action: String?, isUndo: Bool) -> [Expectation] {
        let sentences = isUndo ? [] : action.flatMap { configuration.actions[$0]?.verify } ?? []
        return sentences.compactMap { Expectation($0) }
    }

    /// One thing that should hold.
    private struct Test {
        var name: String
        var signal: SignalState?
        var condition: Expectation.Condition
        var isMet: Bool?
        var window: Duration
        var goal: String
        var miss: String
    }

    /// What `verify:` of the action asks for; the main signal back in its band where it asks for
    /// nothing that can be measured, and after an undo, which should put back what was.
    private func tests(of deed: Deed, _ observation: Observation) -> [Test] {
        let expected = expectations(of: deed.action, isUndo: deed.isUndo)
        guard expected.isEmpty else { return expected.map { test($0, observation) } }
        guard let signal = mainSignal else {
            return [
                Test(
                    name: "the main signal", signal: nil, condition: .atBaseline, isMet: nil,
                    window: Self.watchWindow, goal: "", miss: "")
            ]
        }
        return [
            Test(
                name: signal.definition.name, signal: signal, condition: .atBaseline,
                isMet: signal.isBad.map { !$0 }, window: Self.watchWindow,
                goal: "is back in its band", miss: "still out of its band")
        ]
    }

    private func test(_ expected: Expectation, _ observation: Observation) -> Test {
        let signal = observation.signals.first {
            NameRule.same($0.definition.name, expected.signal)
        }
        var test = Test(
            name: expected.signal, signal: signal, condition: expected.condition,
            isMet: signal.flatMap(expected.isMet), window: expected.window ?? Self.watchWindow,
            goal: "is back in its band", miss: "still out of its band")
        func text(_ limit: Double) -> String { signal?.text(limit) ?? UnitText.number(limit) }
        switch expected.condition {
        case .atBaseline: break
        case .below(let limit):
            test.goal = "is not above \(text(limit))"
            test.miss = "still above \(text(limit))"
        case .above(let limit):
            test.goal = "is not below \(text(limit))"
            test.miss = "still below \(text(limit))"
        }
        return test
    }

    // MARK: What was before

    /// A signal's value when a deed began: as this room saw it, or as the record has it.
    func before(_ deed: String, _ signal: SignalState) -> Double? {
        if signal.definition.name == mainSignal?.definition.name, let value = valueBefore[deed] {
            return value
        }
        return recordedBefore(deed, signal)?.number
    }

    private func recordedBefore(_ deed: String, _ signal: SignalState)
        -> SituationRecorded.Signal?
    {
        incident.situations.last { $0.before?.contains(deed) == true }?.signals.first {
            NameRule.same($0.name, signal.definition.name)
        }
    }

    /// Whether what is expected was so already when the deed began.
    private func wasMetBefore(_ test: Test, _ deed: String) -> Bool {
        guard let recorded = test.signal.flatMap({ recordedBefore(deed, $0) }) else { return false }
        switch test.condition {
        case .atBaseline: return recorded.isBad == false
        case .below(let limit): return recorded.number.map { $0 <= limit } ?? false
        case .above(let limit): return recorded.number.map { $0 >= limit } ?? false
        }
    }

    /// Deeds of the last minute whose situation is not written down yet.
    func deedsToRecord(_ time: Timestamp) -> [String] {
        let known = Set(incident.situations.suffix(20).flatMap { $0.before ?? [] })
        let begun =
            incident.attempts.map { ($0.id, $0.startedAt) }
            + incident.manualActions.compactMap { manual in manual.id.map { ($0, manual.time) } }
        return begun.filter { id, began in
            time - began <= .seconds(60) && !known.contains(id)
        }.map { $0.0 }
    }

    // MARK: Direction

    private func isWorse(_ signal: SignalState, _ value: Double, _ before: Double?) -> Bool {
        guard let before else { return false }
        return signal.definition.harm == .down ? value < before / 1.1 : value > before * 1.1
    }

    /// At least half of the way back into the band.
    private func isImproving(_ signal: SignalState, _ value: Double, _ before: Double?) -> Bool {
        guard let before, let edge = signal.baseline?.bandEdge else { return false }
        let (way, done) =
            signal.definition.harm == .down
            ? (edge - before, value - before) : (before - edge, before - value)
        return way > 0 && done >= 0.5 * way
    }

    private mutating func mitigatedIfEffective(_ judged: ActionJudged, _ time: Timestamp)
        -> [EventDraft]
    {
        guard judged.verdict == .effective, incident.milestones[.mitigated] == nil,
            pendingMilestones.insert(.mitigated).inserted
        else { return [] }
        let milestone = MilestoneSet(
            milestone: .mitigated, at: time, source: "\(judged.attempt) effective")
        let status = StatusChanged(status: .mitigated, reason: judged.detail)
        return [milestone as any EventPayload, status].map {
            EventDraft($0, at: time, by: .automation)
        }
    }
}
