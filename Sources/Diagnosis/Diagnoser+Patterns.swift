import Basics
import Incidents
import Logs

extension Diagnoser {
    /// Patterns told one by one in any minute at most; the others of that minute become one entry.
    /// At 3 a.m. 500 new patterns are one piece of news.
    static let patternFindingsPerMinuteMax = 6
    private static let examplesMax = 3

    /// A change that is to be told.
    private struct PatternNews {
        var pattern: PatternSummary
        var payload: any EventPayload
    }

    /// Journals new warning and error patterns, known ones whose rate jumps, and any that vanish,
    /// within a limit.
    mutating func reportPatterns(_ input: DiagnosisInput) {
        reported.patternTimes.removeAll { input.now - $0 >= .seconds(60) || $0 > input.now }
        let serious = input.patterns.filter { ($0.level ?? .info) >= .warning }
        tell(newPatterns(serious, input), "new", input) { $0.patterns.insert($1) }
        tell(spikes(serious), "spiking", input) { $0.spiking.insert($1) }
        tell(vanished(input), "vanished", input) { $0.vanished.insert($1) }
    }

    /// The most frequent one by one while there is room in this minute, then the rest at once. What
    /// comes when the room is used up waits for the next minute.
    private mutating func tell(
        _ news: [PatternNews], _ change: String, _ input: DiagnosisInput,
        _ remember: (inout ReportedMemory, String) -> Void
    ) {
        let room = Self.patternFindingsPerMinuteMax - reported.patternTimes.count
        guard room > 0, !news.isEmpty else { return }
        let sorted = news.sorted { $0.pattern.count > $1.pattern.count }
        // The last place is for all that are left.
        let single = sorted.count <= room ? sorted.count : room - 1
        for one in sorted {
            remember(&reported, one.pattern.template)
        }
        for one in sorted.prefix(single) {
            reported.patternTimes.append(input.now)
            found(one.payload, at: input.now)
        }
        let rest = sorted.dropFirst(single)
        guard !rest.isEmpty else { return }
        reported.patternTimes.append(input.now)
        found(
            PatternsMany(
                change: change, count: rest.count,
                examples: rest.prefix(Self.examplesMax).map {
                    String($0.pattern.template.prefix(80))
                },
                known: rest.map { PatternsMany.hash($0.pattern.template) }),
            at: input.now)
    }

    private func newPatterns(_ patterns: [PatternSummary], _ input: DiagnosisInput)
        -> [PatternNews]
    {
        let begin = onset(input.incident)
        return patterns.compactMap { pattern in
            let key = pattern.template
            guard pattern.isNew, !reported.patterns.contains(key),
                !input.incident.knownPatterns.contains(key),
                !input.incident.knownPatterns.contains(PatternsMany.hash(key)),
                begin.map({ pattern.lastSeen >= $0 }) ?? true
            else { return nil }
            return PatternNews(
                pattern: pattern,
                payload: PatternNew(
                    pattern: key, template: key, count: pattern.count,
                    source: pattern.services.first ?? "logs", level: pattern.level?.word))
        }
    }

    private mutating func spikes(_ patterns: [PatternSummary]) -> [PatternNews] {
        patterns.compactMap { pattern in
            let key = pattern.template
            guard case .spiking(let now, let usual)? = pattern.change else {
                // A rate that swings about the bound is one spike.
                if pattern.ratePerMinute < 2 * (pattern.baselineRate ?? 0) + 3 {
                    reported.spiking.remove(key)
                }
                return nil
            }
            guard !reported.spiking.contains(key) else { return nil }
            return PatternNews(
                pattern: pattern,
                payload: PatternSpike(
                    pattern: key, template: key, ratePerMinute: now, baselinePerMinute: usual))
        }
    }

    /// What stopped is told at any level: a heartbeat is no warning. While no log delivers lines
    /// nothing vanished; the source is reported then.
    private mutating func vanished(_ input: DiagnosisInput) -> [PatternNews] {
        let isAlive = input.patterns.contains { input.now - $0.lastSeen < .seconds(60) }
        return input.patterns.compactMap { pattern in
            let key = pattern.template
            guard case .vanished(let usual)? = pattern.change else {
                reported.vanished.remove(key)
                return nil
            }
            guard isAlive, !reported.vanished.contains(key) else { return nil }
            return PatternNews(
                pattern: pattern,
                payload: PatternVanished(
                    pattern: key, template: key, baselinePerMinute: usual))
        }
    }
}
