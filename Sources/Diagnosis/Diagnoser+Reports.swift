import Basics
import Incidents
import Logs

/// What was reported already, so that nothing is reported twice.
struct ReportedMemory: Sendable {
    var patterns: Set<String> = []
    var spiking: Set<String> = []
    var vanished: Set<String> = []
    /// Times of recent pattern findings, for the limit per minute.
    var patternTimes: [Timestamp] = []
    var changes: Set<ChangeRecorded> = []
    var stale: Set<String> = []
    /// Sources reported as back, until they fall silent again: the journal may lag behind.
    var recovered: Set<String> = []
    var hypotheses: Set<String> = []
    /// Alerts reported as firing, and as ended.
    var firing: Set<AlertIdentity> = []
    var ended: Set<AlertIdentity> = []
}

extension Diagnoser {
    /// Findings about log patterns in any minute at most.
    static let patternFindingsPerMinuteMax = 20

    /// Journals new warning and error patterns, known ones whose rate jumps, and any that vanish,
    /// within a limit.
    mutating func reportPatterns(_ input: DiagnosisInput) {
        reported.patternTimes.removeAll { input.now - $0 >= .seconds(60) || $0 > input.now }
        let serious = input.patterns.filter { ($0.level ?? .info) >= .warning }
        for pattern in serious.sorted(by: { $0.count > $1.count }) {
            guard reported.patternTimes.count < Self.patternFindingsPerMinuteMax else { return }
            reportNew(pattern, input)
            reportSpike(pattern, input)
        }
        reportVanished(input)
    }

    private mutating func reportNew(_ pattern: PatternSummary, _ input: DiagnosisInput) {
        let key = pattern.template
        guard pattern.isNew, !reported.patterns.contains(key),
            !input.incident.knownPatterns.contains(key),
            onset(input.incident).map({ pattern.lastSeen >= $0 }) ?? true
        else { return }
        reported.patterns.insert(key)
        reported.patternTimes.append(input.now)
        found(
            PatternNew(
                pattern: key, template: pattern.template, count: pattern.count,
                source: pattern.services.first ?? "logs", level: pattern.level?.word),
            at: input.now)
    }

    private mutating func reportSpike(_ pattern: PatternSummary, _ input: DiagnosisInput) {
        let key = pattern.template
        guard case .spiking(let now, let usual)? = pattern.change else {
            // A rate that swings about the bound is one spike.
            if pattern.ratePerMinute < 2 * (pattern.baselineRate ?? 0) + 3 {
                reported.spiking.remove(key)
            }
            return
        }
        guard reported.spiking.insert(key).inserted else { return }
        reported.patternTimes.append(input.now)
        found(
            PatternSpike(
                pattern: key, template: pattern.template, ratePerMinute: now,
                baselinePerMinute: usual),
            at: input.now)
    }

    /// What stopped is told at any level: a heartbeat is no warning. While no log delivers lines
    /// nothing vanished; the source is reported then.
    private mutating func reportVanished(_ input: DiagnosisInput) {
        let isAlive = input.patterns.contains { input.now - $0.lastSeen < .seconds(60) }
        for pattern in input.patterns {
            let key = pattern.template
            guard case .vanished(let usual)? = pattern.change else {
                reported.vanished.remove(key)
                continue
            }
            guard isAlive, reported.patternTimes.count < Self.patternFindingsPerMinuteMax,
                reported.vanished.insert(key).inserted
            else { continue }
            reported.patternTimes.append(input.now)
            found(
                PatternVanished(
                    pattern: key, template: pattern.template, baselinePerMinute: usual),
                at: input.now)
        }
    }

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
