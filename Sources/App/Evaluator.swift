import Actions
import Basics
import Diagnosis
import Feeds
import Incidents
import Logs
import Metrics
import Playbooks
import Room
import Synchronization

/// Turns one feed snapshot into what the room is told. Runs on the feed queue.
package final class Evaluator: Sendable {
    private let store: SeriesStore
    private let configuration: Configuration
    private let planner: Planner
    private let standing = StandingQueries()
    private let diagnoser: Mutex<Diagnoser>
    /// Writes what recording rules give, and `ALERTS`, before anything is asked.
    private let rules: Mutex<RuleRunner>
    private let intervals: [String: Duration]
    private let counter = MinuteCounter()

    package init(store: SeriesStore, configuration: Configuration, rules: [RuleGroup]) {
        self.store = store
        self.configuration = configuration
        planner = Planner(configuration: configuration)
        diagnoser = Mutex(Diagnoser(configuration: configuration, rules: rules))
        self.rules = Mutex(RuleRunner(groups: rules))
        var intervals: [String: Duration] = [:]
        for source in configuration.sources { intervals[source.path] = source.every }
        self.intervals = intervals
    }

    /// The metrics whose samples were recorded before this room opened.
    private let recordedNames = Mutex<Set<String>>([])

    /// Tells what a recording delivered, so that baselines say where they come from.
    package func noteRecorded(_ names: Set<String>) { recordedNames.withLock { $0 = names } }

    package func evaluate(_ feeds: FeedSnapshot, incident: Incident, now: Timestamp) -> Findings {
        _ = rules.withLock { $0.evaluate(into: store, at: now.milliseconds) }
        let snapshot = store.snapshot()
        let engine = EmbeddedEngine(
            snapshot: snapshot, options: Self.options, standing: standing)
        let changes = feeds.changes.map(Self.recorded)
        let input = DiagnosisInput(
            now: now, engine: engine,
            metricNames: Set(store.metricNames), patterns: feeds.patterns, changes: changes,
            sources: feeds.sources.map(status), incident: incident,
            dumpsHaveHistory: true, recordedNames: recordedNames.withLock { $0 })
        var observation = diagnoser.withLock { $0.tick(input) }
        observation.findings += sightings(feeds, incident, now)
        var findings = Findings(
            observation: observation, feeds: feeds,
            planned: observation.mitigations.map { plan($0, incident) })
        findings.minutes = counter.count(
            snapshot, settings: configuration.safety,
            signal: observation.signal(.errorRatio)?.definition, now: now,
            sources: { Self.delivering($0, input.sources) })
        return findings
    }

    /// Ids of the live sources that may deliver one of these metrics.
    private static func delivering(_ names: Set<String>, _ sources: [SourceStatus]) -> [String] {
        sources.filter { source in
            source.kind == .metrics && !source.isHistory
                && source.metricNames.map { !$0.isDisjoint(with: names) } ?? false
        }.map(\.id).sorted()
    }

    /// One condition over too much data must not hold up all others.
    private static let options = EngineOptions(timeLimit: .seconds(2))

    private func status(_ health: SourceHealth) -> SourceStatus {
        var reason = health.detail
        if case .error(let sentence) = health.state { reason = sentence }
        var status = SourceStatus(
            id: health.id, kind: SourceStatus.Kind(rawValue: health.kind) ?? .logs,
            isHealthy: health.state == .ok, lastData: health.lastData,
            interval: intervals[health.path], reason: reason,
            metricNames: health.metricNames, isHistory: health.isHistory)
        status.lacks.losses = health.losses.total
        status.lacks.bytesLost = health.losses.bytesUnread
        status.lacks.newest = health.losses.recent.last?.sentence ?? ""
        status.lacks.cutLines = health.cutLines
        status.lacks.holeBytes = health.holeBytes
        status.lacks.droppedLines = health.linesDropped
        return status
    }

    private static func recorded(_ change: ObservedChange) -> ChangeRecorded {
        ChangeRecorded(
            changeKind: ChangeKind(rawValue: change.kind) ?? .other,
            service: change.service ?? "", version: change.version ?? "",
            previous: change.previous, summary: change.summary, source: change.source,
            at: change.time)
    }

    /// Credentials told one by one at once; the others go with the last of them.
    private static let sightingsMax = 10

    /// Each credential in each source is told once, also after a restart: its tag is the same.
    private func sightings(_ feeds: FeedSnapshot, _ incident: Incident, _ now: Timestamp)
        -> [Finding]
    {
        recordedSightings.withLock { known in
            let journalled = Set(
                incident.credentials.map {
                    CredentialSighting(class: $0.credentialClass, tag: $0.tag, source: $0.source)
                })
            let new = feeds.credentialSightings.filter {
                known.insert($0).inserted && !journalled.contains($0)
            }
            var told = new.prefix(Self.sightingsMax).map {
                CredentialSeen(credentialClass: $0.class, tag: $0.tag, source: $0.source)
            }
            let more = new.count - told.count
            if more > 0 { told[told.count - 1].more = more }
            return told.map { Finding($0, at: now) }
        }
    }

    // What went to the journal already and may not be back in the fold yet.
    private let recordedSightings = Mutex<Set<CredentialSighting>>([])

    /// The exact proposal that this advice would become, or why it cannot be one.
    private func plan(_ advice: MitigationAdvice, _ incident: Incident) -> PlannedMitigation {
        let title = configuration.actions[advice.action]?.title ?? advice.action
        do throws(Failure) {
            let proposal = try planner.propose(
                id: "-", action: advice.action, target: advice.target, slots: advice.slots,
                reason: advice.why, incident: incident, rollbackOf: nil)
            return PlannedMitigation(
                advice: advice, title: proposal.title, proposal: proposal, problem: nil)
        } catch {
            return PlannedMitigation(
                advice: advice, title: "\(title) \(advice.target)", proposal: nil,
                problem: error.description)
        }
    }
}
