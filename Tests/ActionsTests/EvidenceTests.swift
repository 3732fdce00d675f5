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

@Suite("Evidence before destruction")
struct EvidenceTests {
    @Test func capturesComeBeforeTheIntentAndAreKept() {
        var bench = Bench("rm $SCRATCH/precious")
        bench.scratch.write("precious", "thread dump\n")
        bench.capture = [["/bin/cat", bench.scratch.file("precious")]]
        let sink = bench.sink()
        #expect(bench.run(sink) == .succeeded)
        #expect(sink.kinds.prefix(2) == ["command.ran", "action.intent"])
        let ran = sink.payload(CommandRan.self)
        #expect(ran?.purpose == .evidence && ran?.isOK == true && ran?.outcome == "ok")
        #expect(ran?.proposal == "M1")
        #expect(ran?.lastLine == "thread dump")
        #expect(ran?.bytesKept == "thread dump\n".utf8.count)
        #expect(sink.blobText.contains("thread dump"))
        #expect(!bench.scratch.exists("precious"))
    }

    @Test func aCaptureThatFailsIsNotedAndHoldsNothingBack() {
        var bench = Bench("touch $SCRATCH/ran")
        bench.capture = [
            ["/bin/false"], ["/no/such/program"], ["relative"],
            [bench.scratch.script("loud", "echo no such pod >&2; exit 3")],
        ]
        let sink = bench.sink()
        #expect(bench.run(sink) == .succeeded)
        let runs = sink.events.compactMap { $0.payload as? CommandRan }
        #expect(runs.map(\.isOK) == [false, false, false, false])
        #expect(runs.first?.outcome == "exit 1")
        #expect(runs[1].outcome.hasPrefix("not started: ENOENT"))
        #expect(runs[2].outcome == "not started: the path is not absolute")
        #expect(runs[3].outcome == "exit 3" && runs[3].lastLine == "no such pod")
        #expect(bench.scratch.exists("ran"))
    }

    @Test func aSecretInACaptureIsNowhere() {
        var bench = Bench("true")
        bench.capture = [["/bin/echo", "password=hunter2"]]
        let sink = bench.sink()
        #expect(bench.run(sink) == .succeeded)
        #expect(!sink.blobText.contains("hunter2"))
        #expect(sink.kinds.contains("credential.seen"))
    }

    @Test("N39: a stop set while evidence is kept runs nothing")
    func aStopDuringCapturesRunsNothing() {
        var bench = Bench("touch $SCRATCH/ran")
        let scratch = bench.scratch
        bench.capture = [
            [scratch.script("capture", "touch \(scratch.path)/EMERGENCY_STOP; echo kept")],
            [scratch.script("more", "touch \(scratch.path)/two")],
        ]
        let sink = bench.sink()
        #expect(bench.run(sink) == .stopped)
        #expect(sink.kinds == ["command.ran", "gate.blocked"])
        #expect(!scratch.exists("ran") && !scratch.exists("two"))
    }

    @Test func nothingIsCapturedForWhatIsRefused() {
        var bench = Bench("touch $SCRATCH/ran")
        bench.capture = [[bench.scratch.script("capture", "touch \(bench.scratch.path)/looked")]]
        bench.gates = {
            GateReport(verdicts: [GateVerdict(.approval, .blocked, "too old")])
        }
        let sink = bench.sink()
        #expect(bench.run(sink) == .failed)
        #expect(sink.kinds == ["gate.blocked"])
        #expect(!bench.scratch.exists("looked"))
    }

    @Test func gatesAreAskedAgainAfterTheCaptures() {
        var bench = Bench("touch $SCRATCH/ran")
        let scratch = bench.scratch
        bench.capture = [[scratch.script("capture", "touch \(scratch.path)/looked")]]
        bench.gates = {
            scratch.exists("looked")
                ? GateReport(verdicts: [GateVerdict(.approval, .blocked, "an objection came")])
                : Bench.passing
        }
        #expect(bench.run(bench.sink()) == .failed)
        #expect(scratch.exists("looked") && !scratch.exists("ran"))
    }

    @Test func captureTimeIsBounded() {
        var bench = Bench("true")
        let runner = Tardy(clock: ManualClock(wall: .epoch))
        bench.runner = runner
        bench.clock = runner.clock
        bench.capture = Array(repeating: ["/bin/true"], count: 5)
        let sink = bench.sink()
        #expect(bench.run(sink) == .succeeded)
        let runs = sink.events.compactMap { $0.payload as? CommandRan }
        // 25 s each: the third has 10 s left, and for two there is no time.
        #expect(runs.map(\.isOK) == [true, true, true, false, false])
        #expect(runner.deadlines.prefix(3) == [.seconds(30), .seconds(30), .seconds(10)])
        #expect(runs.last?.outcome.contains("were over") == true)
    }

    /// A runner for which every command takes 25 s of the clock.
    private final class Tardy: ProgramRunning {
        let clock: ManualClock
        private let asked = Mutex<[Duration]>([])
        init(clock: ManualClock) { self.clock = clock }
        var deadlines: [Duration] { asked.withLock { $0 } }

        func run(
            _ command: Command, shouldStop: @Sendable () -> StopRequest?,
            started: @Sendable (Int32) -> Void
        ) -> ProcessResult {
            asked.withLock { $0.append(command.deadline) }
            let begin = clock.now.boot
            clock.advance(by: .seconds(25))
            return ProcessResult(
                outcome: .ok, output: CapturedOutput(), started: begin, ended: clock.now.boot)
        }
    }
}
