import Basics
import Incidents
import Journals
import Reports
import Testing

@Suite struct IncidentStatisticsTests {
    private func summary(
        _ number: Int, _ severity: Severity, _ status: Status = .resolved,
        detected: Double? = nil, acknowledged: Double? = nil, mitigated: Double? = nil,
        resolved: Double? = nil, attempts: [IncidentSummary.Attempt] = []
    ) throws -> IncidentSummary {
        let id = try #require(IncidentID("INC-100\(number)"))
        var summary = IncidentSummary(Incident(id: id), events: [], damage: nil)
        summary.severity = severity
        summary.status = status
        summary.milestones = ["started": 0]
        for (name, value) in [
            ("detected", detected), ("acknowledged", acknowledged), ("mitigated", mitigated),
            ("resolved", resolved),
        ] {
            if let value { summary.milestones[name] = Int64(value * 1e9) }
        }
        summary.attempts = attempts
        return summary
    }

    private func attempt(_ outcome: String, undo: Bool = false, automatic: Bool = false)
        -> IncidentSummary.Attempt
    {
        IncidentSummary.Attempt(
            action: "restart", target: "checkout", outcome: outcome, verdict: "effective",
            isUndo: undo, isAutomatic: automatic)
    }

    @Test func countsMediansAndMeans() throws {
        let figures = IncidentStatistics([
            try summary(1, .sev1, detected: 60, acknowledged: 120, resolved: 600),
            try summary(2, .sev1, detected: 180, acknowledged: 200, mitigated: 900),
            try summary(3, .sev3, .active, detected: 600),
            try summary(4, .sev4, .cancelled, detected: 99_999),
        ])
        #expect(figures.count == 4)
        #expect(figures.open == 1)
        #expect(figures.bySeverity == ["SEV1": 2, "SEV2": 0, "SEV3": 1, "SEV4": 1])
        let spans = Dictionary(uniqueKeysWithValues: figures.spans.map { ($0.name, $0) })
        #expect(spans["MTTD"]?.count == 3, "what was cancelled does not count")
        #expect(spans["MTTD"]?.medianSeconds == 180)
        #expect(spans["MTTD"]?.meanSeconds == 280)
        #expect(spans["MTTA"]?.medianSeconds == 40)
        #expect(spans["MTTM"]?.meanSeconds == 900)
        #expect(spans["MTTR"]?.count == 1)
        #expect(spans["MTTA"]?.definition == "acknowledged − detected")
        #expect(
            figures.lines.contains(
                "MTTD (detected − started): median 3m00s, mean 4m40s of 3, target 5m00s"))
    }

    @Test func countsActionsRollbacksAndAutomation() throws {
        let figures = IncidentStatistics([
            try summary(
                1, .sev2,
                attempts: [
                    attempt("succeeded"), attempt("failed", automatic: true),
                    attempt("succeeded", undo: true, automatic: true), attempt("succeeded"),
                    attempt("unknown"),
                ])
        ])
        #expect(figures.actionsByOutcome == ["succeeded": 2, "failed": 1, "unknown": 1])
        #expect(figures.rollbacksByOutcome == ["succeeded": 1])
        #expect(figures.automaticShare == 0.25)
        #expect(figures.lines.contains("actions run: failed 1, succeeded 2, unknown 1"))
    }

    @Test func saysWhatItCannotCount() throws {
        var damaged = try summary(1, .sev2)
        damaged.damage = "The journal is damaged."
        let figures = IncidentStatistics([damaged])
        #expect(figures.automaticShare == nil)
        #expect(figures.lines.contains("MTTR (resolved − started): no incident has both"))
        #expect(figures.lines.last?.hasSuffix("INC-1001") == true)
        #expect(IncidentStatistics([]).lines.first == "0 (0 open): SEV1 0, SEV2 0, SEV3 0, SEV4 0")
    }
}
