import Basics
import Diagnosis
import Feeds
import Incidents
import Metrics
import Playbooks
import Room

/// Judges recorded samples again, at the moments when they were new.
package struct SignalReplay {
    private let store: SeriesStore
    private let evaluator: Evaluator
    private let names: Set<String>
    private let incident: IncidentID
    private let events: [Event]
    private var states: [String: String] = [:]

    /// - Parameter events: of the incident, by time; those of later than a moment do not count
    /// there.
    package init(
        store: SeriesStore, configuration: Configuration, rules: [RuleGroup],
        incident: IncidentID, events: [Event]
    ) {
        self.store = store
        self.incident = incident
        self.events = events
        names = Set(store.metricNames)
        evaluator = Evaluator(store: store, configuration: configuration, rules: rules)
        evaluator.noteRecorded(names)
    }

    /// The stop conditions at `now` that changed since the last call, a line each.
    package mutating func judge(at now: Timestamp) -> [String] {
        let source = SourceHealth(id: "recording", kind: "metrics", path: "recording", state: .ok)
        var feeds = FeedSnapshot(sources: [source])
        feeds.sources[0].lastData = now
        feeds.sources[0].metricNames = names
        let past = Incident(id: incident, events: events.filter { $0.time <= now })
        let findings = evaluator.evaluate(feeds, incident: past, now: now)
        return findings.observation.conditions.compactMap { condition in
            let text = condition.state.word + Self.detail(condition.state)
            let key = condition.id.rawValue
            // The value of a condition moves all the time; what counts is its state.
            guard states.updateValue(condition.state.word, forKey: key) != condition.state.word
            else { return nil }
            return "\(TimeText.rfc3339(now))  \(key): \(text)"
        }
    }

    private static func detail(_ state: StopCondition.State) -> String {
        switch state {
        case .met, .checkedByHand: ""
        case .holding(_, let remaining): ", \(TimeText.span(remaining)) to go"
        case .notMet(let value, let target): ", \(value) (target \(target))"
        case .unknown(let reason), .notApplicable(let reason): ", \(reason)"
        }
    }
}
