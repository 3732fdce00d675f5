import Basics
import Processes
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct ProcessRunnerTests {
    @Test func succeedsWithItsOutput() {
        let result = shell("echo out; echo err >&2")
        #expect(result.outcome == .ok)
        #expect(result.text == "out\nerr\n")
        #expect(result.exitCode == 0)
        #expect(result.ended >= result.started)
    }

    @Test("N10: metacharacters reach the child byte by byte")
    func keepsMetacharactersByteIdentical() {
        let hostile = [";|&$()`", "a b", "'\"", "$HOME", "--x=\u{202E}", "", "*"]
        let result = ProcessRunner(clock: SystemClock()).run(
            Command("/usr/bin/printf", ["%s\\n"] + hostile, deadline: .seconds(30)))
        #expect(result.text == hostile.map { $0 + "\n" }.joined())
    }

    @Test func reportsTheExitCode() {
        #expect(shell("exit 7").outcome == .failed(exitCode: 7))
    }

    @Test(arguments: [SIGKILL, SIGTERM, SIGSEGV, SIGABRT])
    func reportsASignalThatWasNotOurs(_ signal: Int32) {
        let result = shell("kill -\(signal) $$; sleep 30")
        #expect(result.outcome == .killed(signal: signal))
        #expect(result.signal == signal)
    }

    @Test("N34: a suspended child is ended at its deadline") func endsASuspendedChildAtItsDeadline()
    {
        let result = shell("kill -STOP $$; echo woken", deadline: .milliseconds(300))
        #expect(result.outcome == .timedOut)
    }

    @Test func terminatesAtTheDeadline() {
        let result = shell(
            "trap 'echo bye; exit 3' TERM; sleep 60 & wait", deadline: .milliseconds(500))
        #expect(result.outcome == .timedOut)
        #expect(result.exitCode == 3)
        #expect(result.text == "bye\n")
    }

    @Test("N21: what ignores the termination is killed") func killsWhatIgnoresTheTermination() {
        let result = shell(
            "trap '' TERM; echo ready; while :; do sleep 1; done", deadline: .milliseconds(500))
        #expect(result.outcome == .timedOut)
        #expect(result.signal == SIGKILL)
        #expect(result.text == "ready\n")
    }

    @Test func stopsOnRequest() {
        let polls = Mutex(0)
        let result = shell(
            "sleep 60",
            shouldStop: {
                polls.withLock { count -> StopRequest? in
                    count += 1
                    return count >= 3 ? StopRequest("emergency stop") : nil
                }
            })
        #expect(result.outcome == .stopped(reason: "emergency stop"))
        #expect(result.signal == SIGTERM)
        #expect(polls.withLock { $0 } == 3)
    }

    @Test func tellsThePidOnceItRuns() {
        let pids = Mutex<[pid_t]>([])
        let result = ProcessRunner(clock: SystemClock()).run(
            Command("/bin/sh", ["-c", "echo $$"], deadline: .seconds(30)),
            started: { pid in pids.withLock { $0.append(pid) } })
        #expect(pids.withLock { $0 } == [result.pid])
        #expect(result.text == "\(result.pid ?? 0)\n")
    }

    @Test func handsOutOutputAsItArrives() {
        let pieces = Mutex<[[UInt8]]>([])
        let result = ProcessRunner(clock: SystemClock()).run(
            Command(
                "/bin/sh", ["-c", "echo ready; exec sleep 300"], deadline: .seconds(Int64.max)),
            shouldStop: { pieces.withLock { $0.isEmpty } ? nil : StopRequest("seen") },
            received: { piece in pieces.withLock { $0.append(piece) } })
        #expect(result.outcome == .stopped(reason: "seen"))
        #expect(pieces.withLock { $0 } == [Array("ready\n".utf8)])
    }

    @Test("N34: an end that nobody saw is told as such") func saysSoWhenSomebodyElseReapedTheChild()
    {
        let result = ProcessRunner(clock: SystemClock()).run(
            Command("/bin/true", deadline: .seconds(30)),
            started: { pid in waitpid(pid, nil, 0) })
        #expect(result.outcome == .killed(signal: 0))
        #expect(result.exitCode == nil)
        #expect(result.signal == nil)
    }

    @Test func stampsWithTheInjectedClock() {
        let clock = ManualClock(wall: .epoch)
        let result = ProcessRunner(clock: clock).run(
            Command("/bin/true", deadline: .seconds(30)),
            started: { _ in
                clock.advance(by: .seconds(5))
            })
        #expect(result.ended - result.started == .seconds(5))
    }

    // MARK: Failing to start

    @Test(
        "N33: what cannot be started leaves nothing behind",
        arguments: [
            ("/no/such/program", ENOENT), ("/etc/passwd", EACCES), ("/etc", EACCES),
            ("relative", EINVAL), ("/bin/tr\0ue", EINVAL),
        ])
    func failsToStart(_ executable: String, _ code: Int32) {
        let before = openDescriptorCount()
        let result = ProcessRunner(clock: SystemClock()).run(
            Command(executable, deadline: .seconds(30)))
        #expect(result.outcome == .failedToStart(SystemError(code)))
        #expect(result.pid == nil)
        #expect(eventually { openDescriptorCount() <= before })
    }

    @Test("N33: what is no program fails to start") func failsToStartWhatIsNoProgram() throws {
        let directory = try TemporaryDirectory()
        let garbage = try directory.file("garbage", "\u{1}\u{2}garbage", mode: 0o755)
        let result = ProcessRunner(clock: SystemClock()).run(
            Command(garbage, deadline: .seconds(30)))
        #expect(result.outcome == .failedToStart(SystemError(ENOEXEC)))
    }

    @Test("N33: too many arguments fail to start") func failsToStartWithTooManyArguments() {
        let long = String(repeating: "x", count: 100_000)
        let result = ProcessRunner(clock: SystemClock()).run(
            Command(
                "/bin/true", Array(repeating: long, count: 100), deadline: .seconds(30)))
        #expect(result.outcome == .failedToStart(SystemError(E2BIG)))
    }

    @Test(arguments: [["A=B": "x"], ["": "x"], ["A": "x\0y"]])
    func refusesABrokenEnvironment(_ environment: [String: String]) {
        let result = shell("true", environment: environment)
        #expect(result.outcome == .failedToStart(SystemError(EINVAL)))
    }

    @Test("N33: many runs leave no zombie") func leaksNothingOverManyRuns() {
        let runner = ProcessRunner(clock: SystemClock())
        var pids: [pid_t] = []
        for round in 0..<200 {
            let path = round % 4 == 0 ? "/no/such/program" : "/bin/true"
            if let pid = runner.run(Command(path, deadline: .seconds(30))).pid { pids.append(pid) }
        }
        #expect(pids.count == 150)
        for pid in pids { #expect(waitpid(pid, nil, WNOHANG) == -1, "zombie \(pid)") }
    }
}
