import Basics
import Foundation
import Incidents
import Playbooks
import Reports
import Testing

@Suite struct ReportTests {
    static let begin = Timestamp(nanoseconds: 1_787_306_400_000_000_000)
    static let titles = [
        "Situation summary", "Impact and blast radius", "Hypotheses, ranked",
        "Immediate mitigations", "Diagnostic plan", "Proposed fix", "Rollback plan",
        "Verification checklist", "Hardening and follow-ups",
    ]

    private func report(_ payloads: [any EventPayload]) throws -> Report {
        let id = try #require(IncidentID("INC-2041"))
        let opened = IncidentOpened(
            id: id, title: "checkout 5xx", environment: .production, severity: .sev1,
            service: "checkout", startedAt: nil, unknowns: ["where"], isDrill: false)
        let events = ([opened] + payloads).enumerated().map { index, payload in
            Event(
                sequence: UInt64(index + 1), time: Self.begin + .seconds(index * 60),
                entry: Self.begin + .seconds(index * 60),
                boot: BootTime(nanoseconds: Int64(index)), bootID: "boot",
                actor: Actor(uid: 1000, name: "ops1"), payload: payload)
        }
        return Report(
            incident: Incident(id: id, events: events), timeline: events.map { TimelineLine($0) },
            configuration: ConfigurationLoader.builtin(), time: Self.begin + .seconds(3600))
    }

    @Test func saysWhatTheRecordMayLack() throws {
        func loss(_ losses: Int, _ dropped: Int) -> SourceLoss {
            SourceLoss(
                source: "app.log", losses: losses, bytesMost: 10, detail: "cut short",
                droppedLines: dropped)
        }
        let text = try report([
            loss(1, 0), loss(2, 5), loss(1, 0),  // the last by a room that opened later
            CredentialSeen(credentialClass: "kv", tag: "a91f", source: "app.log"),
            CredentialSeen(credentialClass: "kv", tag: "a91f", source: "app.log"),
        ]).markdown
        #expect(
            text.contains(
                "What the record may lack:\n\n- app.log: lines may have been lost 3 times, at "
                    + "most 20 B (cut short); 5 lines counted, not shown"), "\(text)")
        let rotate = "- [ ] rotate the credential kv #a91f in app.log"
        #expect(text.split(separator: rotate, omittingEmptySubsequences: false).count == 2)
        #expect(try !report([]).markdown.contains("may lack"))
    }

    private static let situation = SituationRecorded(
        what: "error ratio 7.2 % (baseline 0.11 %)", since: "10:02:10Z", reach: "region",
        reachDetail: "9 of 12 instances", trend: "getting worse", doNothing: "budget gone in 38m",
        service: "checkout",
        signals: [
            .init(name: "error_ratio", value: "7.2 %", baseline: "0.11 %", isBad: true),
            .init(name: "traffic", value: "60 /s", baseline: "unknown", isBad: nil),
        ],
        hypotheses: [
            .init(
                id: "deploy:checkout", statement: "deploy 4f2a91c regressed checkout",
                strength: "strong", bits: 6, share: 0.92, status: .investigating,
                supporting: ["rose 6 min after"], contradicting: ["one canary is healthy"],
                falsifiedBy: "errors on 9c1e07b", fastestTest: "compare versions")
        ],
        conditions: [.init(id: .errorRate, state: "met", detail: "0.1 % ≤ 0.16 %")],
        playbooks: [], unknowns: ["customers affected"])

    @Test func nineSectionsAlwaysAndInOrder() throws {
        for payloads in [[], [Self.situation as any EventPayload]] {
            let report = try report(payloads)
            #expect(report.sections.map(\.title) == Self.titles)
            var rest = Substring(report.markdown)
            for (index, title) in Self.titles.enumerated() {
                let heading = "\n## \(index + 1). \(title)\n"
                let place = try #require(rest.range(of: heading), "\(heading)")
                rest = rest[place.upperBound...]
            }
            #expect(rest.contains("## Completeness"))
        }
    }

    @Test func whatIsNotKnownSaysSo() throws {
        let report = try report([])
        let empty = report.sections.filter { $0.notApplicable != nil }
        #expect(empty.count == 8, "all but the summary: \(empty.map(\.title))")
        for section in report.sections {
            #expect(section.lines.isEmpty == (section.notApplicable != nil), "\(section.title)")
        }
        #expect(report.markdown.contains("N/A: nothing was proposed or done"))
        #expect(report.markdown.contains("TTR = resolved − started: unknown"))
        #expect(report.missing.contains("any observation of the signals"))
        #expect(report.missing.contains("the resolution: the incident is open"))
    }

    @Test func figuresAreTheIncidentsOwn() throws {
        let report = try report([
            MilestoneSet(milestone: .started, at: Self.begin - .seconds(130), source: "typed"),
            RoleAssigned(role: .commander, person: "ops1"), Self.situation,
            ActionManual(text: "drained zone a", action: nil, target: nil),
            FollowUpAdded(text: "test the pool size"),
            IncidentResolved(unmet: [], overrideReason: nil),
        ])
        let text = report.markdown
        for fact in [
            "error ratio 7.2 % (baseline 0.11 %)", "9 of 12 instances", "budget gone in 38m",
            "deploy 4f2a91c regressed checkout: strong, 6 bits, share 92 %",
            "for: rose 6 min after", "against: one canary is healthy", "drained zone a",
            "- [x] ", "test the pool size", "all stop conditions met",
        ] { #expect(text.contains(fact), "\(fact)\n\(text)") }
        #expect(report.missing == [], "\(report.missing)")
        #expect(text.contains("Nothing is missing."))
    }

    @Test func anOverrideStandsInTheReport() throws {
        let text = try report([
            Self.situation,
            IncidentResolved(unmet: ["latency at baseline"], overrideReason: "traffic moved away"),
        ]).markdown
        #expect(text.contains("traffic moved away"))
        #expect(text.contains("latency at baseline"))
    }

    @Test func anUnknownOutcomeIsMissingUntilAcknowledged() throws {
        let intent = ActionIntent(
            proposal: "M1", attempt: "A1", action: "restart", target: "checkout",
            environment: .production, steps: [["/bin/true"]], digest: "d", rollbackOf: nil,
            executables: [])
        let proposal = MitigationProposed(
            id: "M1", action: "restart", title: "restart checkout", target: "checkout",
            environment: .production, slots: [:], steps: [["/bin/true"]], rollbackSteps: [],
            rollbackOf: nil, risk: "low", tier: "moderate", approvalClass: .yes,
            onStop: "terminate", timeout: 60, blastRadius: "", reason: "", digest: "d")
        let open = try report([
            proposal, intent, ActionUnknown(attempt: "A1", detail: "the room died"),
        ])
        #expect(open.missing.contains { $0.contains("A1 restart") })
        let seen = try report([
            proposal, intent, ActionUnknown(attempt: "A1", detail: "the room died"),
            ActionAcknowledged(attempt: "A1", finding: "it ran"),
        ])
        #expect(!seen.missing.contains { $0.contains("A1") })
    }
}
