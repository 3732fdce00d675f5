import Basics
import Incidents
import Testing

/// One value of every kind, with text that JSON must escape.
enum Samples {
    static let at = Timestamp(nanoseconds: 1_795_218_500_123_456_789)
    static let odd = "ünïcode \"quoted\" \\ back\nline \u{202E} \u{1F680}"
    static let boot = BootTime(nanoseconds: 5_000_000_000)

    static func proposal(_ id: String = "M1") -> MitigationProposed {
        MitigationProposed(
            id: id, action: "rollback-deployment", title: "roll back", target: "checkout",
            environment: .production, slots: ["service": "checkout", "revision": "9c1e07b"],
            steps: [["/usr/bin/deployctl", "checkout", odd]], rollbackSteps: [["/bin/undo"]],
            rollbackOf: nil, risk: "medium", tier: "aggressive", approvalClass: .confirm,
            onStop: "finish", timeout: 300, blastRadius: "1 service", reason: odd,
            digest: "abc")
    }

    static func intent(_ proposal: String = "M1", _ attempt: String = "A1") -> ActionIntent {
        ActionIntent(
            proposal: proposal, attempt: attempt, action: "rollback-deployment",
            target: "checkout", environment: .production, steps: [["/bin/true"]], digest: "abc",
            rollbackOf: nil, executables: ["/bin/true 1 2 3"])
    }

    static func change(_ version: String = "4f2a91c") -> ChangeRecorded {
        ChangeRecorded(
            changeKind: .deploy, service: "checkout", version: version, previous: "9c1e07b",
            summary: odd, source: "deploys.jsonl", at: at)
    }

    static func lifecycle(_ id: IncidentID) -> [any EventPayload] {
        [
            IncidentOpened(
                id: id, title: odd, environment: .production, severity: .sev1,
                service: "checkout", startedAt: at, unknowns: ["scope"], isDrill: true),
            SeverityChanged(severity: .sev3, reason: odd), PhaseChanged(phase: .fix),
            StatusChanged(status: .mitigated, reason: ""),
            MilestoneSet(milestone: .mitigated, at: at, source: "typed"),
            TitleChanged(title: odd), RoleAssigned(role: .commander, person: "ops1"),
            NoteAdded(text: odd), NoteAmended(sequence: .max, text: odd),
            UpdatePublished(text: odd, nextDue: at), FollowUpAdded(text: odd),
            EnvironmentAnswered(environment: .staging, hasTickets: false, hasOnCall: true),
            IncidentResolved(unmet: ["latency"], overrideReason: odd), IncidentClosed(),
            IncidentReopened(reason: odd),
        ]
    }

    static let observed: [any EventPayload] = [
        change(),
        AlertFiring(name: "High", labels: ["a": odd], summary: odd, value: .infinity),
        AlertResolved(name: "High", labels: ["a": odd]),
        PatternNew(pattern: "p", template: odd, count: 412, source: "checkout", level: nil),
        PatternSpike(pattern: "p", template: odd, ratePerMinute: 80, baselinePerMinute: 0.5),
        PatternVanished(pattern: "p", template: odd, baselinePerMinute: 12),
        SourceStale(source: "s", detail: odd), SourceRecovered(source: "s"),
        SourceLoss(source: "s", losses: 1, bytesMost: 2, detail: odd, cutLines: 3),
        PatternsMany(change: "new", count: 4, examples: [odd], known: ["#1"]),
        CredentialSeen(credentialClass: "password", tag: "1f", source: "s", more: 3),
        BaselineFrozen(signal: "error_ratio", median: 0.001, mad: 0, points: 240, origin: odd),
        ConditionMet(condition: .errorRate, detail: odd),
        ConditionLost(condition: .latency, detail: odd),
        ConditionUnknown(condition: .queues, detail: odd),
        ConditionCheckedByHand(condition: .alerts, detail: odd, expires: at),
        ConditionNotApplicable(condition: .postDeploy, detail: odd),
        HypothesisAdded(id: "h", statement: odd, origin: "operator"),
        HypothesisStatusChanged(id: "h", status: .refuted, reason: odd),
        HypothesisPinned(id: "h", isPinned: true),
        EvidenceAdded(
            hypothesis: "h", text: odd, supports: false, bits: 8, source: "screen", at: at),
        situation,
    ]

    private static let situation = SituationRecorded(
        what: odd, since: "14:02:10Z", reach: "region", reachDetail: odd, trend: "worse",
        doNothing: odd, service: nil,
        signals: [.init(name: "error_ratio", value: "7.2 %", baseline: "0.11 %", isBad: nil)],
        hypotheses: [
            .init(
                id: "h", statement: odd, strength: "strong", bits: 4.5, share: 0.75,
                status: .investigating, supporting: [odd], contradicting: [], falsifiedBy: odd,
                fastestTest: odd)
        ], conditions: [.init(id: .latency, state: "not met", detail: odd)],
        playbooks: ["high-error-rate"], unknowns: [odd])

    static let acting: [any EventPayload] = [
        proposal(), MitigationObjected(proposal: "M1", reason: odd),
        MitigationApproved(
            proposal: "M1", digest: "abc", approvalClass: .yes, reviewed: ["loop"],
            reviewReason: odd),
        MitigationDenied(proposal: "M1", reason: odd), MitigationExpired(proposal: "M1"),
        GateBlocked(proposal: "M1", gate: "stop", reason: odd), intent(),
        ActionStarted(attempt: "A1", step: 1, pid: 4711),
        ActionOutput(
            attempt: "A1", step: 1, blob: "ff", bytesKept: 10, bytesDropped: 0, lastLine: odd),
        ActionSucceeded(attempt: "A1", seconds: 12.5), ActionFailed(attempt: "A1", detail: odd),
        ActionTimedOut(attempt: "A1", detail: odd), ActionStopped(attempt: "A1", detail: odd),
        ActionUnknown(attempt: "A1", detail: odd),
        ActionAcknowledged(attempt: "A1", finding: odd),
        ActionManual(text: odd, action: nil, target: "checkout"),
        ActionJudged(attempt: "A1", verdict: .effective, detail: odd),
        StopSet(reason: odd, paths: ["/run/a"], unreached: []), StopCleared(reason: odd),
    ]
}

@Suite struct EventTests {
    private func all() throws -> [any EventPayload] {
        Samples.lifecycle(try #require(IncidentID("INC-2041"))) + Samples.observed
            + Samples.acting + Samples.guarding
    }

    @Test func `every kind has a sample and a name of its own`() throws {
        let kinds = EventKinds.all.map { $0.kind }
        #expect(Set(kinds).count == kinds.count)
        #expect(Set(try all().map(\.eventKind)) == Set(kinds))
        for kind in kinds {
            #expect(kind.utf8.allSatisfy { $0 == 0x2E || NameRule.isAlphanumeric($0) }, "\(kind)")
        }
    }

    @Test func `every kind survives the journal's encoding`() throws {
        for payload in try all() {
            let json = try encode(payload)
            let ascii = JSONText.asciiOnly(json)
            #expect(ascii.allSatisfy { (0x20...0x7E).contains($0) })
            let back = EventCatalog.decode(kind: payload.eventKind, json: ascii)
            #expect(type(of: back) == type(of: payload), "\(payload.eventKind)")
            #expect(try encode(back) == json, "\(payload.eventKind)")
        }
    }

    private func encode(_ payload: any EventPayload) throws -> [UInt8] {
        func open(_ value: some EventPayload) throws -> [UInt8] { try JSONText.encode(value) }
        return try open(payload)
    }

    @Test func `an unknown kind is kept as it is`() throws {
        let json = Array(#"{"x":1}"#.utf8)
        let payload = EventCatalog.decode(kind: "future.kind", json: json)
        let unknown = try #require(payload as? UnknownPayload)
        #expect(unknown.name == "future.kind" && unknown.json == #"{"x":1}"#)
        #expect(payload.eventKind == "future.kind")
    }

    @Test func `a known kind of another shape is kept, too`() {
        let payload = EventCatalog.decode(kind: "note.added", json: Array(#"{"y":1}"#.utf8))
        #expect(payload is UnknownPayload)
        #expect(payload.eventKind == "note.added")
    }

    @Test func `an invalid incident id does not decode`() {
        let json =
            #"{"id":"INC-1","title":"","environment":"production","severity":1,"#
            + #""unknowns":[],"isDrill":false}"#
        #expect(
            EventCatalog.decode(kind: "incident.opened", json: Array(json.utf8))
                is UnknownPayload)
    }

    @Test(arguments: [
        (
            JournalKinds.Recovered(segment: 1, offset: 10, length: 300, sha256: "", copy: "torn.1")
                as any EventPayload,
            "the end was torn by a crash: 300 B that were never acknowledged are kept in torn.1"
        ),
        (
            JournalKinds.Recovered(segment: 1, offset: 10, length: 1, sha256: "", copy: ""),
            "the end was torn by a crash: 1 B that were never acknowledged were written again"
        ),
        (
            JournalKinds.Continued(
                sequence: 41, hash: "", segment: 1, offset: 9, length: 200, sha256: "",
                reason: "a bit flipped"),
            "goes on behind damage after entry 41, 200 B lost: a bit flipped"
        ),
        (
            JournalKinds.Adopted(
                path: "/run/w/x", sha256: "", sequence: 5, entries: 2, reason: "ENOSPC"),
            "2 entries taken over from /run/w/x, where an outcome was kept: ENOSPC"
        ),
        (
            JournalKinds.AnchorSkipped(socket: "/dev/log", reason: "ENOENT"),
            "its heads are not kept in the system log (/dev/log): ENOENT"
        ),
        (
            RollbackJudged(proposal: "M1", finding: .notWorse, detail: "2 minutes"),
            "M1 not worse: 2 minutes"
        ),
    ])
    func `the timeline says what the record says of itself`(
        _ payload: any EventPayload, _ text: String
    ) {
        let time = Timestamp(seconds: 1_800_000_000)
        let line = TimelineLine(
            Event(
                sequence: 1, time: time, entry: time, boot: BootTime(nanoseconds: 1), bootID: "b",
                actor: .automation, payload: payload))
        #expect(line.text == text)
        #expect(line.word != "record" || line.weight >= .normal)
    }

    @Test func `every kind has words for the timeline`() throws {
        for (index, payload) in try all().enumerated() {
            let line = TimelineLine(
                Event(
                    sequence: UInt64(index + 1), time: Samples.at, entry: Samples.at,
                    boot: Samples.boot, bootID: "b", actor: .automation, payload: payload))
            #expect(
                !line.word.isEmpty && !line.glyph.isEmpty && line.glyph != "·"
                    || line.weight == .detail)
            #expect(line.word != payload.eventKind, "\(payload.eventKind)")
        }
    }
}
