import Basics
import Incidents
import Journals
import Playbooks
import Processes
import Safety
import Support
import Synchronization
import Testing

@testable import Actions

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Outcomes")
struct OutcomeTests {
    // MARK: Rollbacks

    @Test("N62: a rollback that takes more than five minutes is ended and counts as failed")
    func aRollbackThatTakesTooLong() {
        var bench = Bench("true")
        bench.rollbackOf = "M0"
        bench.action.timeout = .minutes(60)
        let runner = Endless()
        bench.runner = runner
        let sink = bench.sink()
        let outcome = bench.run(sink)
        #expect(runner.deadline.withLock { $0 } == .minutes(5))
        #expect(outcome == .timedOut && outcome.countsAsFailed)
        #expect(sink.payload(ActionTimedOut.self)?.detail.contains("5m") == true)
        bench.rollbackOf = nil
        bench.action.isRollback = true
        _ = bench.run(bench.sink())
        #expect(runner.deadline.withLock { $0 } == .minutes(5))
    }

    @Test("N62: a rollback that ignores its end is killed") func aRollbackIsKilled() {
        var bench = Bench("trap '' TERM; touch $SCRATCH/up; while :; do sleep 0.1; done")
        bench.rollbackOf = "M0"
        bench.action.timeout = .milliseconds(300)
        let sink = bench.sink()
        #expect(bench.run(sink) == .timedOut)
        #expect(bench.scratch.exists("up"))
        #expect(sink.kinds.last == "action.timedOut")
    }

    @Test("N41: a rollback that runs finishes under a stop, whatever it says")
    func aRollbackFinishes() {
        var bench = Bench("sleep 0.6; touch $SCRATCH/one", "touch $SCRATCH/two")
        bench.rollbackOf = "M0"
        bench.action.onStop = .terminate
        let scratch = bench.scratch
        bench.onAppend = { draft in
            if draft.payload is ActionStarted { scratch.write("EMERGENCY_STOP", "now") }
        }
        #expect(bench.run(bench.sink()) == .succeeded)
        #expect(scratch.exists("one") && scratch.exists("two"))
    }

    @Test("N46: a rollback does not start under a stop, also an automatic one")
    func aRollbackDoesNotStart() {
        var bench = Bench("touch $SCRATCH/ran")
        bench.rollbackOf = "M0"
        bench.action.onStop = .finish
        bench.approver = .automation
        bench.scratch.write("EMERGENCY_STOP", "hands off")
        let sink = bench.sink()
        #expect(bench.run(sink) == .stopped)
        #expect(sink.kinds == ["gate.blocked"])
        #expect(!bench.scratch.exists("ran"))
    }

    /// A runner whose program never ends by itself.
    private final class Endless: ProgramRunning {
        let deadline = Mutex(Duration.zero)
        func run(
            _ command: Command, shouldStop: @Sendable () -> StopRequest?,
            started: @Sendable (Int32) -> Void
        ) -> ProcessResult {
            deadline.withLock { $0 = command.deadline }
            let begin = BootTime(nanoseconds: 0)
            return ProcessResult(
                outcome: .timedOut, output: CapturedOutput(), started: begin,
                ended: begin + command.deadline)
        }
    }

    // MARK: What cannot be recorded

    @Test("N65: without a record of the intent nothing runs, and the log of the blocked says so")
    func withoutARecord() {
        var bench = Bench("touch $SCRATCH/ran")
        bench.failing = ["action.intent"]
        bench.isLogged = true
        let sink = bench.sink()
        #expect(bench.run(sink) == .failed)
        #expect(!bench.scratch.exists("ran"))
        #expect(bench.failures.codes == ["action.intentNotRecorded"])
        #expect(sink.events.isEmpty)
        #expect(bench.scratch.read("blocked.jsonl")?.contains("\"gate\":\"journal\"") == true)
    }

    @Test("N65: after an outcome that no record has, nothing runs any more")
    func afterALostOutcome() {
        var bench = Bench("touch $SCRATCH/ran")
        bench.failing = ["action.succeeded"]
        bench.isLogged = true
        let sink = bench.sink()
        let executor = bench.executor(sink)
        #expect(bench.run(sink, with: executor) == .unknown)
        #expect(bench.failures.codes.last == "action.outcomeNotRecorded")
        unlink(bench.scratch.file("ran"))
        #expect(bench.run(sink, with: executor) == .failed)
        #expect(!bench.scratch.exists("ran"))
        let reason = sink.payload(GateBlocked.self)?.reason ?? ""
        #expect(reason.hasPrefix("the outcome of A1 act on checkout is not recorded"))
        #expect(bench.scratch.read("blocked.jsonl")?.contains("not recorded") == true)
    }

    @Test("N65: a journal on a full disk, for real") func aFullDisk() throws {
        guard geteuid() == 0 else { return print("skipped: mounting needs root") }
        guard Machine.allowsMounts else { return }
        let scratch = Scratch()
        let run = try ChildProcess.runTest(
            "onAFullDisk", environment: ["WARROOM_TEST_FULL_DISK": scratch.path],
            through: ["/usr/bin/unshare", "--mount"])
        #expect(run.status == 0, "\(run.output) \(run.errors)")
        #expect(run.errors.contains("with 1 test"), "\(run.errors)")
    }

    static let disk = getenv("WARROOM_TEST_FULL_DISK").map { String(cString: $0) }

    @Test(.enabled(if: disk != nil)) func onAFullDisk() throws {
        let disk = try #require(Self.disk)
        mkdir(disk + "/small", 0o700)
        let mounted = mount("none", disk + "/small", "tmpfs", 0, "size=16m,mode=700")
        try #require(mounted == 0, "\(SystemError.current)")
        let room = try RealJournal(disk + "/small/INC-2041", scratch: Scratch())
        // What was set aside for bad times goes too.
        let filler = open(disk + "/small/filler", O_WRONLY | O_CREAT, 0o600)
        let block = [UInt8](repeating: 0x78, count: 1 << 16)
        while write(filler, block, block.count) > 0 {}
        room.tool = room.scratch.script("tool", "touch \(room.scratch.path)/ran")
        while !room.isRefused { try? room.fill() }
        #expect(room.run("A1") == .failed)
        #expect(!room.scratch.exists("ran"))
        #expect(room.failures.codes.last == "action.intentNotRecorded")
    }

    // MARK: A room that is killed

    static let victim = getenv("WARROOM_TEST_KILLED_RUN").map { String(cString: $0) }

    @Test(.enabled(if: victim != nil)) func runsUntilKilled() throws {
        let path = try #require(Self.victim)
        let room = try RealJournal(path + "/INC-2041", scratch: Scratch())
        room.tool = path + "/tool"
        for payload in [room.proposal, room.approval] as [any EventPayload] {
            try room.journal.append(EventDraft(payload, by: Bench.approver), sync: true)
        }
        _ = room.run("A1")
    }

    @Test(
        "N35: a room killed while an action runs leaves an unknown outcome that must be looked at",
        .enabled(if: victim == nil))
    func killedWhileItRuns() throws {
        let scratch = Scratch()
        let path = scratch.path
        _ = scratch.script(
            "tool", "echo $$ > \(path)/pid.new; mv \(path)/pid.new \(path)/up; sleep 120")
        let room = try ChildProcess.start([
            "/usr/bin/env", "WARROOM_TEST_KILLED_RUN=\(path)", CommandLine.arguments[0],
            "--testing-library", "swift-testing", "--filter", "runsUntilKilled",
        ])
        try #require(scratch.wait(for: "up"))
        kill(room, SIGKILL)
        waitpid(room, nil, 0)
        defer {
            if let text = scratch.read("up"), let pid = pid_t(text.dropLast()) {
                kill(-pid, SIGKILL)
            }
        }
        // The next room.
        let writer = try JournalWriter.open(
            directory: path + "/INC-2041", incident: "INC-2041", clock: SystemClock(),
            scrub: { $0 })
        defer { writer.close() }
        var incident = Incident(id: try #require(IncidentID("INC-2041")))
        for event in try JournalReader.open(path + "/INC-2041").readNew() { incident.apply(event) }
        #expect(incident.attempts.map(\.outcome) == [.running])
        let findings = CrashRecovery.findings(for: incident)
        #expect(findings.count == 1)
        for draft in findings { incident.apply(try writer.append(draft, sync: true)) }
        let attempt = try #require(incident.attempts.first)
        #expect(attempt.outcome == .unknown && attempt.outcome.countsAsFailed)
        #expect(attempt.detail.contains("nobody knows"))
        #expect(!attempt.isAcknowledged)
        #expect(CrashRecovery.findings(for: incident).isEmpty, "told once")
        incident.apply(
            try writer.append(
                EventDraft(
                    ActionAcknowledged(attempt: "A1", finding: "it did nothing"),
                    by: Bench.approver), sync: true))
        #expect(incident.attempts.first?.isAcknowledged == true)
    }

    // MARK: The log of what was blocked

    @Test func everyRefusalIsOneLine() throws {
        var bench = Bench("touch $SCRATCH/ran")
        bench.isLogged = true
        bench.gates = {
            GateReport(verdicts: [
                GateVerdict(.approval, .blocked, "password=hunter2 is no reason\n\u{1B}[31m"),
                GateVerdict(.loop, .blocked, "again"),
            ])
        }
        #expect(bench.run(bench.sink()) == .failed)
        bench.scratch.write("EMERGENCY_STOP", "power")
        #expect(bench.run(bench.sink()) == .stopped)
        let text = try #require(bench.scratch.read("blocked.jsonl"))
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(text.utf8.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) })
        struct Line: Decodable {
            var timestamp, incident, action, target, proposal, gate, reason, outcome: String
        }
        let decoded = try lines.map {
            try JSONText.decode(Line.self, from: Array($0.utf8))
        }
        #expect(decoded.map(\.gate) == ["approval", "loop", "stop"])
        #expect(decoded.allSatisfy { $0.outcome == "blocked" && $0.incident == "INC-2041" })
        #expect(decoded.allSatisfy { $0.action == "act" && $0.target == "checkout" })
        #expect(decoded[0].reason.contains("[REDACTED:kv#a91f]"))
        #expect(decoded[2].reason.contains("power"))
        #expect(decoded[0].timestamp.hasPrefix("20") && decoded[0].timestamp.hasSuffix("Z"))
    }

    @Test func aTornLineIsNotGluedToTheNext() throws {
        let bench = Bench("true")
        bench.scratch.write("blocked.jsonl", "{\"timestamp\":\"20")
        #expect(bench.blockedLog.write(bench.proposal, gate: "stop", reason: "r") == nil)
        let lines = try #require(bench.scratch.read("blocked.jsonl")).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.last?.hasPrefix("{\"action\":\"act\"") == true)
    }

    @Test func aLogThatCannotBeWrittenIsTold() {
        let makers: [(String) -> Void] = [
            { mkdir($0, 0o755) }, { mkfifo($0, 0o600) }, { symlink("/dev/null", $0) },
        ]
        for make in makers {
            var bench = Bench("touch $SCRATCH/ran")
            make(bench.scratch.file("blocked.jsonl"))
            bench.isLogged = true
            bench.gates = { GateReport(verdicts: []) }
            #expect(bench.run(bench.sink()) == .failed)
            #expect(bench.failures.codes == ["blocked.notLogged"])
            #expect(!bench.scratch.exists("ran"))
        }
    }

    // MARK: The section of the last look

    @Test func gatesAndIntentAreOneSection() {
        let isInside = Mutex(false)
        let seen = Mutex<[String]>([])
        let bench = Bench("true")
        let sink = MemorySink(onAppend: { draft in
            let inside = isInside.withLock { $0 }
            seen.withLock { $0.append("\(draft.payload.eventKind) \(inside)") }
        })
        let executor = Executor(
            journal: sink, clock: SystemClock(), stopFiles: StopFiles(paths: [bench.stopPath]),
            exclusively: { body in
                isInside.withLock { $0 = true }
                body()
                isInside.withLock { $0 = false }
            }, scrub: { { ScrubbedLine(String(decoding: $0, as: UTF8.self)) } })
        let outcome = executor.run(
            bench.proposal, attempt: "A1", approval: bench.approval, approver: Bench.approver,
            action: bench.action,
            gatesNow: {
                let inside = isInside.withLock { $0 }
                seen.withLock { $0.append("gates \(inside)") }
                return Bench.passing
            }, onEvent: { _ in })
        #expect(outcome == .succeeded)
        #expect(
            seen.withLock { $0 } == [
                "gates true", "action.intent true", "action.started false",
                "action.succeeded false",
            ])
    }
}

/// An executor on a real journal.
private final class RealJournal: Sendable {
    let journal: JournalWriter
    let executor: Executor
    let scratch: Scratch
    let failures = Bench.Box()
    private let state = Mutex((tool: "/bin/true", isRefused: false))

    var tool: String {
        get { state.withLock { $0.tool } }
        set { state.withLock { $0.tool = newValue } }
    }
    var isRefused: Bool { state.withLock { $0.isRefused } }

    init(_ directory: String, scratch: Scratch) throws {
        self.scratch = scratch
        journal = try JournalWriter.open(
            directory: directory, incident: "INC-2041", clock: SystemClock(), scrub: { $0 })
        executor = Executor(
            journal: journal, clock: SystemClock(),
            stopFiles: StopFiles(paths: [scratch.file("STOP")]),
            scrub: { { ScrubbedLine(String(decoding: $0, as: UTF8.self)) } })
        try journal.append(
            EventDraft(
                IncidentOpened(
                    id: try #require(IncidentID("INC-2041")), title: "t", environment: .staging,
                    severity: .sev3, service: "checkout", startedAt: nil, unknowns: [],
                    isDrill: false), by: Bench.approver), sync: true)
    }

    /// Takes room in the journal.
    func fill() throws {
        do throws(Failure) {
            try journal.append(
                EventDraft(
                    NoteAdded(text: String(repeating: "x", count: 8_000)), by: Bench.approver),
                sync: false)
        } catch {
            failures.add(error)
            state.withLock { $0.isRefused = true }
            throw error
        }
    }

    private var action: CatalogueAction {
        CatalogueAction(
            id: "act", title: "act", tier: .contained, risk: .low, steps: [[tool]], slots: [:])
    }
    var proposal: MitigationProposed {
        MitigationProposed(
            id: "M1", action: "act", title: "act", target: "checkout", environment: .staging,
            slots: [:], steps: [[tool]], rollbackSteps: [], rollbackOf: nil, risk: "low",
            tier: "contained", approvalClass: .enter, onStop: "terminate", timeout: 300,
            blastRadius: "", reason: "", digest: "d1")
    }
    var approval: MitigationApproved {
        MitigationApproved(
            proposal: "M1", digest: "d1", approvalClass: .enter, reviewed: [], reviewReason: nil)
    }

    func run(_ attempt: String) -> AttemptOutcome {
        executor.run(
            proposal, attempt: attempt, approval: approval, approver: Bench.approver,
            action: action, gatesNow: { Bench.passing },
            onFailure: { [failures] in failures.add($0) }, onEvent: { _ in })
    }
}
