import Basics
import Incidents
import Playbooks
import Processes
import Safety
import Synchronization
import Testing

@testable import Actions

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Executor")
struct ExecutorTests {
    @Test func everythingIsRecordedInOrder() {
        let bench = Bench("echo one", "echo two; echo three")
        let sink = bench.sink()
        #expect(bench.run(sink) == .succeeded)
        #expect(
            sink.kinds == [
                "action.intent", "action.started", "action.output", "action.started",
                "action.output", "action.succeeded",
            ])
        #expect(sink.synced == ["action.intent", "action.succeeded"])
        #expect(sink.events.first?.actor == Bench.approver)
        #expect(sink.payload(ActionOutput.self)?.lastLine == "three")
        #expect(sink.payload(ActionIntent.self)?.executables.count == 2)
        #expect(bench.failures.codes.isEmpty)
    }

    @Test func theIntentIsThereBeforeAnythingIsSpawned() {
        var bench = Bench("touch $SCRATCH/ran")
        let scratch = bench.scratch
        let early = Mutex(false)
        bench.onAppend = { draft in
            guard draft.payload is ActionIntent else { return }
            usleep(50_000)
            if scratch.exists("ran") { early.withLock { $0 = true } }
        }
        #expect(bench.run(bench.sink()) == .succeeded)
        #expect(scratch.exists("ran"))
        #expect(!early.withLock { $0 })
    }

    // MARK: emergency stop

    @Test("N39: a stop between approval and run spawns nothing")
    func aStopBeforeTheRunSpawnsNothing() {
        let bench = Bench("touch $SCRATCH/ran")
        bench.scratch.write("EMERGENCY_STOP", "power failure\n")
        let sink = bench.sink()
        #expect(bench.run(sink) == .stopped)
        #expect(sink.kinds == ["gate.blocked"])
        #expect(sink.payload(GateBlocked.self)?.reason.contains("power failure") == true)
        #expect(!bench.scratch.exists("ran"))
    }

    @Test("N40: a stop between intent and spawn spawns nothing and closes the intent as stopped")
    func aStopBetweenIntentAndSpawnSpawnsNothing() {
        var bench = Bench("touch $SCRATCH/ran")
        let scratch = bench.scratch
        bench.onAppend = { draft in
            if draft.payload is ActionIntent { scratch.write("EMERGENCY_STOP", "now") }
        }
        let sink = bench.sink()
        #expect(bench.run(sink) == .stopped)
        #expect(sink.kinds == ["action.intent", "action.stopped"])
        #expect(!scratch.exists("ran"))
    }

    /// The real checks, on a disk so slow that something happens while they look.
    private struct SlowPrograms: ProgramChecking {
        /// Called after each look at a program, with the number of the look.
        let looked: @Sendable (Int) -> Void
        private let looks = Counter()

        private final class Counter: Sendable {
            private let count = Atomic(0)
            func next() -> Int { count.add(1, ordering: .relaxed).newValue }
        }

        init(_ looked: @escaping @Sendable (Int) -> Void) { self.looked = looked }

        func pins(of steps: [[String]]) throws(Failure) -> [PinnedExecutable] {
            try InstalledPrograms().pins(of: steps)
        }

        func verify(_ pin: PinnedExecutable) throws(Failure) {
            try InstalledPrograms().verify(pin)
            looked(looks.next())
        }
    }

    @Test(
        "N40: a stop while the program is looked at for the last time spawns nothing",
        arguments: CatalogueAction.OnStop.allCases)
    func aStopAtTheLastLookSpawnsNothing(onStop: CatalogueAction.OnStop) {
        var bench = Bench("touch $SCRATCH/ran")
        bench.action.onStop = onStop
        let scratch = bench.scratch
        // The first look belongs to the section before the intent.
        bench.programs = SlowPrograms { if $0 == 2 { scratch.write("EMERGENCY_STOP", "now") } }
        let sink = bench.sink()
        #expect(bench.run(sink) == .stopped)
        #expect(sink.kinds == ["action.intent", "action.stopped"])
        #expect(
            sink.payload(ActionStopped.self)?.detail.hasPrefix(
                "before it started, nothing was run") == true)
        #expect(!scratch.exists("ran"))
    }

    @Test("N40: a stop while the next step's program is looked at keeps that step from starting")
    func aStopAtTheLookBetweenStepsHoldsTheNext() {
        var bench = Bench("touch $SCRATCH/one", "touch $SCRATCH/two")
        let scratch = bench.scratch
        bench.programs = SlowPrograms { if $0 == 4 { scratch.write("EMERGENCY_STOP", "now") } }
        let sink = bench.sink()
        #expect(bench.run(sink) == .stopped)
        #expect(scratch.exists("one"))
        #expect(!scratch.exists("two"))
        #expect(
            sink.payload(ActionStopped.self)?.detail.hasPrefix("before step 2 of 2") == true)
    }

    @Test("N41: a stop while it runs terminates it")
    func aStopWhileItRunsTerminatesIt() {
        let bench = Bench(
            "trap 'echo got-term; touch $SCRATCH/term; exit 0' TERM\nsleep 0.3\n"
                + "touch $SCRATCH/EMERGENCY_STOP\nwhile :; do sleep 0.05; done",
            "touch $SCRATCH/second")
        let sink = bench.sink()
        #expect(bench.run(sink) == .stopped)
        #expect(bench.scratch.exists("term"))
        #expect(!bench.scratch.exists("second"))
        #expect(sink.kinds.last == "action.stopped")
        #expect(sink.synced.contains("action.stopped"))
    }

    @Test("N41: what says finish finishes under a stop")
    func whatFinishesOnStopFinishes() {
        var bench = Bench("sleep 0.6; touch $SCRATCH/one", "touch $SCRATCH/two")
        bench.action.onStop = .finish
        let scratch = bench.scratch
        bench.onAppend = { draft in
            if draft.payload is ActionStarted { scratch.write("EMERGENCY_STOP", "now") }
        }
        #expect(bench.run(bench.sink()) == .succeeded)
        #expect(scratch.exists("one") && scratch.exists("two"))
    }

    @Test func theLatchStopsEvenWhereNoFileCanBeWritten() {
        var bench = Bench("touch $SCRATCH/up; while :; do sleep 0.05; done")
        let holder = Mutex<Executor?>(nil)
        bench.onAppend = { draft in
            if draft.payload is ActionStarted {
                holder.withLock { $0 }?.latchStop(reason: "disk full")
            }
        }
        let sink = bench.sink()
        let executor = bench.executor(sink)
        holder.withLock { $0 = executor }
        #expect(bench.run(sink, with: executor) == .stopped)
        #expect(executor.stopReason() == "disk full")
        #expect(bench.run(sink, with: executor) == .stopped)
        executor.clearLatch()
        #expect(executor.stopReason() == nil)
        holder.withLock { $0 = nil }
    }

    @Test func aStopBetweenStepsHoldsTheNextOneBack() {
        let bench = Bench("echo power > $SCRATCH/EMERGENCY_STOP", "touch $SCRATCH/second")
        let sink = bench.sink()
        #expect(bench.run(sink) == .stopped)
        #expect(!bench.scratch.exists("second"))
    }

    // MARK: record

    @Test("N65: without a record nothing runs")
    func withoutARecordNothingRuns() {
        var bench = Bench("touch $SCRATCH/ran")
        bench.failing = ["action.intent"]
        let sink = bench.sink()
        #expect(bench.run(sink) == .failed)
        #expect(!bench.scratch.exists("ran"))
        #expect(bench.failures.codes == ["action.intentNotRecorded"])
        #expect(sink.events.isEmpty)
    }

    @Test func anOutcomeThatCannotBeRecordedIsUnknown() {
        var bench = Bench("true")
        bench.failing = ["action.succeeded"]
        #expect(bench.run(bench.sink()) == .unknown)
        #expect(bench.failures.codes.contains("action.outcomeNotRecorded"))
    }

    @Test func outputThatCannotBeKeptDoesNotHideTheOutcome() {
        var bench = Bench("echo x")
        bench.failing = ["blob"]
        let sink = bench.sink()
        #expect(bench.run(sink) == .succeeded)
        #expect(bench.failures.codes == ["journal.blobNotStored"])
    }

    @Test("N32: a secret that a program prints is nowhere")
    func aSecretIsNowhere() {
        let bench = Bench("echo 'password=hunter2'; echo 'again hunter2' >&2; exit 3")
        let sink = bench.sink()
        #expect(bench.run(sink) == .failed)
        #expect(!sink.everything.contains("hunter2"))
        #expect(sink.blobText.contains("[REDACTED:kv#a91f]"))
        #expect(sink.kinds.filter { $0 == "credential.seen" }.count == 1)
        #expect(sink.payload(ActionFailed.self)?.detail.contains("exit code 3") == true)
    }

    // MARK: gates at the run

    @Test func everyOpenQuestionRefuses() {
        var reports: [GateReport] = [GateReport(verdicts: [])]
        for gate in GateID.allCases {
            for outcome in [GateVerdict.Outcome.blocked, .review, .atRun] {
                if gate == .journal, outcome == .atRun { continue }
                var report = Bench.passing
                report.verdicts = report.verdicts.map {
                    $0.gate == gate ? GateVerdict(gate, outcome, "no") : $0
                }
                reports.append(report)
            }
            reports.append(
                GateReport(verdicts: Bench.passing.verdicts.filter { $0.gate != gate }))
        }
        for report in reports {
            var bench = Bench("touch $SCRATCH/ran")
            bench.gates = { report }
            let sink = bench.sink()
            #expect(bench.run(sink) != .succeeded)
            #expect(!bench.scratch.exists("ran"))
            #expect(Set(sink.kinds) == ["gate.blocked"])
        }
    }

    @Test("N51: an approval for something else is refused")
    func anApprovalForSomethingElseRefuses() {
        let bench = Bench("touch $SCRATCH/ran")
        let sink = bench.sink()
        for approval in [
            MitigationApproved(
                proposal: "M2", digest: "d1", approvalClass: .enter, reviewed: [],
                reviewReason: nil),
            MitigationApproved(
                proposal: "M1", digest: "d2", approvalClass: .enter, reviewed: [],
                reviewReason: nil),
        ] {
            let outcome = bench.executor(sink).run(
                bench.proposal, attempt: "A1", approval: approval, approver: Bench.approver,
                action: bench.action, gatesNow: bench.gates, onEvent: { _ in })
            #expect(outcome == .failed)
        }
        #expect(!bench.scratch.exists("ran"))
    }

    @Test func onlyOneRunsAtATime() {
        var bench = Bench("touch $SCRATCH/up; sleep 0.2")
        let sink = MemorySink()
        let holder = Mutex<Executor?>(nil)
        let inner = Mutex<AttemptOutcome?>(nil)
        let plain = bench
        bench.onAppend = { draft in
            guard draft.payload is ActionIntent, let executor = holder.withLock({ $0 }) else {
                return
            }
            let outcome = plain.run(sink, with: executor)
            inner.withLock { $0 = outcome }
        }
        let outer = bench.sink()
        let executor = bench.executor(outer)
        holder.withLock { $0 = executor }
        #expect(bench.run(outer, with: executor) == .succeeded)
        #expect(inner.withLock { $0 } == .failed)
        #expect(outer.kinds.contains("gate.blocked"))
        holder.withLock { $0 = nil }
    }

    // MARK: programs

    @Test("N17: a program replaced after the approval is refused")
    func aProgramReplacedAfterTheApprovalIsRefused() throws {
        var bench = Bench("touch $SCRATCH/ran")
        bench.executables = try Executables.lines(of: bench.proposal)
        #expect(bench.run(bench.sink()) == .succeeded)
        unlink(bench.scratch.file("ran"))
        _ = bench.scratch.script("step1", "touch \(bench.scratch.path)/ran; touch /dev/null")
        let sink = bench.sink()
        #expect(bench.run(sink) == .failed)
        #expect(sink.kinds == ["gate.blocked"])
        #expect(bench.failures.codes == ["executable.changed"])
        #expect(!bench.scratch.exists("ran"))
    }

    @Test("N17: a program replaced while the gates are looked at gets no intent")
    func aProgramReplacedAtTheLastLookIsRefused() {
        var bench = Bench("true")
        let scratch = bench.scratch
        bench.gates = {
            rename(scratch.script("new", "touch \(scratch.path)/evil"), scratch.file("step1"))
            return Bench.passing
        }
        let sink = bench.sink()
        #expect(bench.run(sink) == .failed)
        #expect(sink.kinds == ["gate.blocked"])
        #expect(!scratch.exists("evil"))
        #expect(bench.failures.codes == ["executable.changed"])
    }

    @Test("N17: a program replaced by the step before is refused")
    func aProgramReplacedByTheStepBeforeIsRefused() {
        let bench = Bench(
            "echo '#!/bin/sh' > $SCRATCH/new; echo 'touch $SCRATCH/evil' >> $SCRATCH/new\n"
                + "chmod 755 $SCRATCH/new; mv $SCRATCH/new $SCRATCH/step2", "true")
        let sink = bench.sink()
        #expect(bench.run(sink) == .failed)
        #expect(!bench.scratch.exists("evil"))
        #expect(sink.payload(ActionFailed.self)?.detail.contains("not started") == true)
    }

    @Test("N18: programs that others can change are refused")
    func programsOthersCanChangeAreRefused() {
        let spoils: [(Bench) -> Void] = [
            { chmod($0.scratch.file("step1"), 0o777) },
            { chmod($0.scratch.path, 0o777) },
            { chmod($0.scratch.file("step1"), 0o644) },
            { unlink($0.scratch.file("step1")) },
            { bench in
                unlink(bench.scratch.file("step1"))
                mkdir(bench.scratch.file("step1"), 0o755)
            },
        ]
        for spoil in spoils {
            let bench = Bench("touch $SCRATCH/ran")
            spoil(bench)
            let sink = bench.sink()
            #expect(bench.run(sink) != .succeeded)
            #expect(sink.kinds == ["gate.blocked"])
            #expect(!bench.scratch.exists("ran"))
        }
        var relative = Bench("true")
        relative.action.steps = [["true"]]
        #expect(relative.run(relative.sink()) == .failed)
        var empty = Bench("true")
        empty.action.steps = []
        #expect(empty.run(empty.sink()) == .failed)
    }

    @Test("N18: a program of another user is refused")
    func aProgramOfAnotherUserIsRefused() {
        guard geteuid() == 0 else {
            print("skipped: giving a file to another user needs root")
            return
        }
        let bench = Bench("touch $SCRATCH/ran")
        chown(bench.scratch.file("step1"), 65_533, 65_533)
        #expect(bench.run(bench.sink()) == .failed)
        #expect(!bench.scratch.exists("ran"))
    }

    // MARK: how it ends

    @Test func aFailedStepEndsTheAttempt() {
        let bench = Bench("echo no >&2; exit 7", "touch $SCRATCH/second")
        let sink = bench.sink()
        #expect(bench.run(sink) == .failed)
        #expect(sink.payload(ActionFailed.self)?.detail == "step 1 of 2 ended with exit code 7: no")
        #expect(!bench.scratch.exists("second"))
    }

    @Test("N34: a program killed from outside leaves an unknown outcome")
    func aProgramKilledFromOutsideLeavesAnUnknownOutcome() {
        let bench = Bench("kill -KILL $$")
        let sink = bench.sink()
        #expect(bench.run(sink) == .unknown)
        #expect(sink.payload(ActionUnknown.self)?.detail.contains("signal 9") == true)
    }

    @Test func theTimeoutEndsIt() {
        var bench = Bench("touch $SCRATCH/up; sleep 60", "touch $SCRATCH/second")
        bench.action.timeout = .milliseconds(400)
        let sink = bench.sink()
        #expect(bench.run(sink) == .timedOut)
        #expect(sink.kinds.last == "action.timedOut")
        #expect(!bench.scratch.exists("second"))
    }

    @Test("N33: what is no program fails to start and leaves no attempt running")
    func whatIsNoProgramFailsToStart() {
        let bench = Bench("true")
        bench.scratch.write("step1", "\u{7F}not a program", mode: 0o755)
        let sink = bench.sink()
        #expect(bench.run(sink) == .failed)
        #expect(sink.payload(ActionFailed.self)?.detail.contains("failed to start") == true)
    }
}
