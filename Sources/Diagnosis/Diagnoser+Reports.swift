import Basics
import Incidents

/// What was reported already, so that nothing is reported twice.
struct ReportedMemory: Sendable {
    var patterns: Set<String> = []
    var spiking: Set<String> = []
    var vanished: Set<String> = []
    /// Times of recent pattern findings, for the limit per minute.
    var patternTimes: [Timestamp] = []
    var changes: Set<ChangeRecorded> = []
    var stale: Set<String> = []
    /// What was said of each source's losses, and when.
    var lacks: [String: (lacks: SourceLacks, time: Timestamp)] = [:]
    /// Sources reported as back, until they fall silent again: the journal may lag behind.
    var recovered: Set<String> = []
    var hypotheses: Set<String> = []
    /// Alerts reported as firing, and as ended.
    var firing: Set<AlertIdentity> = []
    var ended: Set<AlertIdentity> = []
}

extension Diagnoser {
    /// Journals sources that fell silent or came back.
    mutating func reportSources(_ input: DiagnosisInput) {
        for source in input.sources where !source.isHistory {
            let wasStale =
                reported.stale.contains(source.id)
                || input.incident.staleSources.contains(source.id)
                    && !reported.recovered.contains(source.id)
            let silence = source.lastData.map { input.now - $0 }
            var isSilent = false
            if source.kind == .metrics, let silence, let interval = source.interval {
                isSilent = silence > interval * 2
            }
            if !source.isHealthy || isSilent {
                guard !wasStale, !isOldSilence(source, input) else { continue }
                reported.stale.insert(source.id)
                reported.recovered.remove(source.id)
                let detail =
                    source.reason.isEmpty
                    ? "silent for \(silence.map(TimeText.span) ?? "long")" : source.reason
                found(SourceStale(source: source.id, detail: detail), at: input.now)
            } else if wasStale {
                reported.stale.remove(source.id)
                reported.recovered.insert(source.id)
                found(SourceRecovered(source: source.id), at: input.now)
            }
        }
    }

    /// A log that nobody wrote to for a while when the room opened is no news of this incident.
    private func isOldSilence(_ source: SourceStatus, _ input: DiagnosisInput) -> Bool {
        guard source.kind == .logs, let last = source.lastData else { return false }
        return (firstTick ?? input.now) - last >= .seconds(300)
    }

    /// Journals changes that matter to this incident: from two hours before its start on.
    mutating func reportChanges(_ input: DiagnosisInput) {
        let start = onset(input.incident) ?? input.now
        for change in input.changes.sorted(by: { $0.at < $1.at })
        where change.at >= start - .seconds(7200) && change.at <= input.now {
            guard !input.incident.changes.contains(change),
                reported.changes.insert(change).inserted
            else { continue }
            found(change, at: change.at)
        }
    }
}
