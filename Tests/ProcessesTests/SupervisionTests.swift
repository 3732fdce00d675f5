import Basics
import Support
import Synchronization
import Testing

@testable import Processes

#if canImport(Glibc)
    import Glibc
#endif

/// Deadlines, how a program ended, and whom signals reach.
@Suite struct SupervisionTests {
    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    @Test("N20: a grandchild that holds the output does not hold the room")
    func aGrandchildHoldsTheOutput() {
        let begin = BootClock.now
        let result = shell(
            "trap '' TERM; (trap '' TERM; setsid sleep 300) & echo held; while :; do sleep 1; done",
            deadline: .seconds(1), grace: .seconds(10))
        #expect(result.outcome == .timedOut)
        #expect(result.text == "held\n")
        #expect(BootClock.now - begin <= .seconds(1 + 12), "deadline and twelve seconds")
        #expect(result.leftBehindCount == 0)
    }

    @Test("N21: what ignores the termination is killed ten seconds later")
    func ignoresTheTermination() {
        var command = Command(
            "/bin/sh", ["-c", "trap '' TERM; while :; do /bin/sleep 0.2; done"],
            deadline: .milliseconds(300))
        #expect(command.terminateGrace == .seconds(10))
        command.drainMax = .seconds(1)
        let result = ProcessRunner(clock: SystemClock()).run(command)
        #expect(result.outcome == .timedOut)
        #expect(result.signal == SIGKILL)
        #expect(result.ended - result.started >= .seconds(10))
    }

    @Test("N34: every way to end is told apart", arguments: [SIGKILL, SIGSEGV, SIGABRT, SIGPIPE])
    func endsBySignal(_ signal: Int32) {
        let result = shell("ulimit -c unlimited; kill -\(signal) $$; sleep 30")
        #expect(result.outcome == .killed(signal: signal))
        #expect(result.exitCode == nil)
    }

    @Test("N34: a suspended program is ended at its deadline, a code above 128 stays a code")
    func endsSuspendedOrWithACode() {
        let stopped = shell("kill -STOP $$; echo woken", deadline: .milliseconds(300))
        #expect(stopped.outcome == .timedOut)
        #expect(stopped.signal == SIGTERM)
        #expect(shell("exit 137").outcome == .failed(exitCode: 137))
    }

    // MARK: Time

    @Test("N37: ten minutes of sleep count against a deadline of nine")
    func suspendedTimeCounts() {
        let asleep = Mutex(Duration.zero)
        let runner = ProcessRunner(
            clock: SystemClock(), bootTime: { BootClock.now + asleep.withLock { $0 } })
        let result = runner.run(
            Command("/bin/sleep", ["20"], deadline: .minutes(9)),
            started: { _ in asleep.withLock { $0 = .minutes(10) } })
        #expect(result.outcome == .timedOut)
    }

    @Test("N37: the wall clock moves no deadline")
    func theWallClockDoesNotCount() {
        let clock = ManualClock(wall: .epoch)
        let result = ProcessRunner(clock: clock).run(
            Command("/bin/sleep", ["0.6"], deadline: .seconds(60)),
            started: { _ in clock.setWall(Timestamp(nanoseconds: 86_400_000_000_000)) })
        #expect(result.outcome == .ok)
    }

    static let offset = variable("WARROOM_TEST_BOOT_OFFSET")

    @Test(.enabled(if: offset != nil)) func readsTheKernelsBootClock() throws {
        let offset = try #require(Self.offset.flatMap { Int64($0) })
        #expect(BootClock.now.nanoseconds / 1_000_000_000 >= offset)
        var monotonic = timespec()
        clock_gettime(CLOCK_MONOTONIC, &monotonic)
        #expect(Int64(monotonic.tv_sec) < offset)
    }

    @Test("N37: deadlines follow the kernel's boot-time clock", .enabled(if: offset == nil))
    func deadlinesFollowTheBootClock() throws {
        guard geteuid() == 0, access("/proc/self/ns/time", F_OK) == 0 else {
            return print("skipped: a time namespace needs root and a kernel that has them")
        }
        guard Machine.allows("/usr/bin/unshare", "--time", "--fork", "--boottime", "900000000")
        else { return }
        let run = try ChildProcess.runTest(
            "readsTheKernelsBootClock", environment: ["WARROOM_TEST_BOOT_OFFSET": "900000000"],
            through: ["/usr/bin/unshare", "--time", "--fork", "--boottime", "900000000"])
        #expect(run.status == 0, "\(run.output) \(run.errors)")
        #expect(run.errors.contains("with 1 test"), "\(run.output)")
    }

    // MARK: Reuse of process numbers

    static let reuse = variable("WARROOM_TEST_PID_REUSE")

    /// In a process namespace of its own, where numbers can be given out again on purpose.
    @Test(.enabled(if: reuse != nil)) func aNumberIsGivenOutAgain() throws {
        let folder = try #require(Self.reuse)
        let helper = try ChildProcess.start([
            "/bin/sh", "-c",
            """
            while [ ! -e \(folder)/pid ]; do sleep 0.02; done
            read last < \(folder)/pid
            echo $((last - 1)) > /proc/sys/kernel/ns_last_pid
            setsid sleep 300 &
            echo $! > \(folder)/made
            mv \(folder)/made \(folder)/innocent
            sleep 300
            """,
        ])
        defer { kill(helper, SIGKILL) }
        let result = ProcessRunner(clock: SystemClock()).run(
            Command("/bin/true", deadline: .seconds(30)),
            started: { pid in
                // Somebody else reaps it, and its number goes to a stranger.
                waitpid(pid, nil, 0)
                Self.write("\(pid)\n", to: folder + "/pid.new")
                rename(folder + "/pid.new", folder + "/pid")
                _ = eventually { access(folder + "/innocent", F_OK) == 0 }
            })
        let innocent = try #require(
            pid_t(SmallFile.read(folder + "/innocent").split(separator: "\n").first ?? ""))
        #expect(innocent == result.pid, "the number was not given out again")
        #expect(result.outcome == .killed(signal: 0))
        usleep(300_000)
        #expect(isAlive(innocent))
    }

    @Test("N38: no signal reaches a number that was reaped", .enabled(if: reuse == nil))
    func signalsNobodyElse() throws {
        guard geteuid() == 0 else { return print("skipped: a process namespace needs root") }
        guard Machine.allows("/usr/bin/unshare", "--pid", "--fork", "--mount-proc") else { return }
        let folder = try TemporaryFolder()
        let run = try ChildProcess.runTest(
            "aNumberIsGivenOutAgain", environment: ["WARROOM_TEST_PID_REUSE": folder.path],
            through: ["/usr/bin/unshare", "--pid", "--fork", "--mount-proc", "--kill-child"])
        #expect(run.status == 0, "\(run.output) \(run.errors)")
        #expect(run.errors.contains("with 1 test"), "\(run.output)")
    }

    private static func write(_ text: String, to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}
