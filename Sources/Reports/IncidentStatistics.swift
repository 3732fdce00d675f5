import Basics
import Incidents
import Journals

/// Figures over many incidents. Drills are counted apart: make one of each.
package struct IncidentStatistics: Encodable, Hashable, Sendable {
    /// One of the spans between milestones, over all incidents that have both.
    package struct Span: Encodable, Hashable, Sendable {
        /// `MTTD`.
        package var name: String
        /// `detected − started`.
        package var definition: String
        /// How many incidents have both milestones.
        package var count: Int
        package var medianSeconds: Double?
        package var meanSeconds: Double?
        /// The target (seconds), where there is one.
        package var targetSeconds: Double?

        private enum CodingKeys: String, CodingKey {
            case name, definition, count
            case medianSeconds = "median_seconds"
            case meanSeconds = "mean_seconds"
            case targetSeconds = "target_seconds"
        }
    }

    package var count: Int
    package var open: Int
    /// `SEV1` to `SEV4`, also those without an incident.
    package var bySeverity: [String: Int]
    package var spans: [Span]
    /// What was run, rollbacks left out, by outcome.
    package var actionsByOutcome: [String: Int]
    /// Of what was run and judged, by verdict.
    package var actionsByVerdict: [String: Int]
    package var rollbacksByOutcome: [String: Int]
    package var byHand: Int
    package var breakersOpened: Int
    /// Of the actions that were run (rollbacks left out), how many no person approved; nil when
    /// nothing was run.
    package var automaticShare: Double?
    /// Incidents whose record is damaged: their figures end where the damage begins.
    package var damaged: [String]

    private enum CodingKeys: String, CodingKey {
        case count, open, spans, damaged
        case bySeverity = "by_severity"
        case actionsByOutcome = "actions_by_outcome"
        case actionsByVerdict = "actions_by_verdict"
        case rollbacksByOutcome = "rollbacks_by_outcome"
        case byHand = "done_by_hand"
        case breakersOpened = "breakers_opened"
        case automaticShare = "automatic_share"
    }

    package init(_ incidents: [IncidentSummary]) {
        count = incidents.count
        open = incidents.count { !$0.status.isOver }
        bySeverity = Severity.allCases.reduce(into: [:]) { table, severity in
            table[severity.name] = incidents.count { $0.severity == severity }
        }
        // What was cancelled or merged was not an incident of its own.
        let whole = incidents.filter { $0.status != .cancelled && $0.status != .merged }
        spans = [
            Span("MTTD", .started, .detected, target: 5 * 60, whole),
            Span("MTTA", .detected, .acknowledged, target: 5 * 60, whole),
            Span("MTTM", .started, .mitigated, target: nil, whole),
            Span("MTTR", .started, .resolved, target: 30 * 60, whole),
        ]
        let attempts = incidents.flatMap(\.attempts)
        let forward = attempts.filter { !$0.isUndo }
        actionsByOutcome = Self.tally(forward.map(\.outcome))
        actionsByVerdict = Self.tally(forward.compactMap(\.verdict))
        rollbacksByOutcome = Self.tally(attempts.filter(\.isUndo).map(\.outcome))
        byHand = incidents.reduce(0) { $0 + $1.manualCount }
        breakersOpened = incidents.reduce(0) { $0 + $1.breakerCount }
        automaticShare =
            forward.isEmpty
            ? nil : Double(forward.count(where: \.isAutomatic)) / Double(forward.count)
        damaged = incidents.filter { $0.damage != nil }.map(\.id)
    }

    private static func tally(_ words: [String]) -> [String: Int] {
        words.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    // MARK: Words

    /// The figures for people, a line each.
    package var lines: [String] {
        let severities = Severity.allCases.map { "\($0.name) \(bySeverity[$0.name] ?? 0)" }
        var lines = ["\(count) (\(open) open): " + severities.joined(separator: ", ")]
        lines += spans.map(Self.words)
        lines.append("actions run: " + Self.words(actionsByOutcome))
        if !actionsByVerdict.isEmpty {
            lines.append("judged: " + Self.words(actionsByVerdict))
        }
        lines.append("rollbacks: " + Self.words(rollbacksByOutcome))
        lines.append("done by hand: \(byHand), breakers opened: \(breakersOpened)")
        if let automaticShare {
            let percent = Int((automaticShare * 100).rounded())
            lines.append("automatic: \(percent) % of the actions run had no person's approval")
        }
        if !damaged.isEmpty {
            lines.append(
                "damaged records, counted up to the damage: " + damaged.joined(separator: ", "))
        }
        return lines
    }

    private static func words(_ span: Span) -> String {
        let name = "\(span.name) (\(span.definition))"
        guard let median = span.medianSeconds, let mean = span.meanSeconds else {
            return "\(name): no incident has both"
        }
        let target = span.targetSeconds.map { ", target \(TimeText.span(.seconds($0)))" } ?? ""
        return "\(name): median \(TimeText.span(.seconds(median))), mean "
            + "\(TimeText.span(.seconds(mean))) of \(span.count)\(target)"
    }

    private static func words(_ table: [String: Int]) -> String {
        table.isEmpty
            ? "none"
            : table.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                .joined(separator: ", ")
    }
}

extension IncidentStatistics.Span {
    fileprivate init(
        _ name: String, _ from: Milestone, _ to: Milestone, target: Double?,
        _ incidents: [IncidentSummary]
    ) {
        let values = incidents.compactMap { $0.seconds(from, to) }.sorted()
        self.init(
            name: name, definition: "\(to.rawValue) − \(from.rawValue)", count: values.count,
            medianSeconds: Self.median(values),
            meanSeconds: values.isEmpty ? nil : values.reduce(0, +) / Double(values.count),
            targetSeconds: target)
    }

    private static func median(_ sorted: [Double]) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
