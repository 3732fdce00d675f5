import Basics
import Processes
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// What a child gets from this process: nothing but what its command names.
@Suite struct IsolationTests {
    @Test("N24: a child has no terminal") func cannotOpenTheTerminal() {
        let result = shell("if (exec < /dev/tty) 2>/dev/null; then echo open; else echo none; fi")
        #expect(result.text == "none\n")
    }

    @Test func leadsASessionOfItsOwn() {
        let result = shell("ps -o pid=,pgid=,sid= -p $$")
        let numbers = result.text.split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
        #expect(numbers == Array(repeating: result.pid ?? 0, count: 3))
    }

    @Test("N25: a child that reads its input finds its end") func readsEndOfFile() {
        #expect(shell("cat; echo end").text == "end\n")
    }

    @Test("N26: a child has three descriptors") func hasThreeDescriptors() {
        var opened: [Int32] = []
        for round in 0..<100 {
            opened.append(open("/dev/null", O_RDONLY | (round % 2 == 0 ? O_CLOEXEC : 0)))
        }
        defer { for descriptor in opened { close(descriptor) } }
        let result = ProcessRunner(clock: SystemClock()).run(
            Command("/bin/ls", ["/proc/self/fd"], deadline: .seconds(30)))
        // The fourth is the directory that ls itself reads.
        #expect(result.lines == ["0", "1", "2", "3"])
    }

    @Test("N27: a child ignores no signal although its parent does") func hasCleanSignals() {
        let before = signal(SIGPIPE, SIG_IGN)
        defer { _ = signal(SIGPIPE, before) }
        let result = ProcessRunner(clock: SystemClock()).run(
            Command(
                "/bin/grep", ["-E", "^Sig(Blk|Ign)", "/proc/self/status"], deadline: .seconds(30)))
        #expect(result.lines.count == 2)
        for line in result.lines { #expect(line.hasSuffix("\t0000000000000000"), "\(line)") }
    }

    @Test("N27: a child blocks no signal although its parent does")
    func hasCleanSignalsFromAThreadThatBlocksThem() async {
        let text = await withCheckedContinuation { continuation in
            var blocked = sigset_t()
            var before = sigset_t()
            sigfillset(&blocked)
            pthread_sigmask(SIG_BLOCK, &blocked, &before)
            let result = ProcessRunner(clock: SystemClock()).run(
                Command(
                    "/bin/grep", ["SigBlk", "/proc/self/status"], deadline: .seconds(30)))
            var after = sigset_t()
            pthread_sigmask(SIG_SETMASK, &before, &after)
            continuation.resume(returning: (result.text, sigismember(&after, SIGTERM)))
        }
        #expect(text.0 == "SigBlk:\t0000000000000000\n")
        #expect(text.1 == 1, "the spawning thread's own mask is put back")
    }

    @Test("N28: the environment is exactly the list") func hasExactlyTheGivenEnvironment() {
        setenv("LD_PRELOAD_PROBE", "leak", 1)
        let result = ProcessRunner(clock: SystemClock()).run(
            Command(
                "/usr/bin/env", environment: ["LC_ALL": "C.UTF-8", "NO_COLOR": "1"],
                deadline: .seconds(30)))
        #expect(result.lines == ["LC_ALL=C.UTF-8", "NO_COLOR=1"])
    }

    @Test("N29: a child starts in / with a private mask and no core files")
    func startsInTheRootWithAPrivateMask() {
        #expect(shell("pwd; umask; ulimit -c").lines == ["/", "0077", "0"])
    }

    @Test func leavesThisProcessAsItWas() {
        let mask = umask(0o022)
        umask(mask)
        var before = rlimit()
        var after = rlimit()
        getrlimit(__rlimit_resource_t(4), &before)
        _ = shell("true")
        getrlimit(__rlimit_resource_t(4), &after)
        #expect(before.rlim_cur == after.rlim_cur)
        let now = umask(mask)
        umask(now)
        #expect(now == mask)
    }

    @Test("N23: a bound on processes never raises a lower one")
    func boundsAreNeverRaised() {
        let result = shell(
            "exec /usr/bin/grep -E \"Max processes\" /proc/self/limits",
            configure: { $0.processesMax = 1_000_000_000 })
        let soft = result.lines.first { $0.hasPrefix("Max processes") }?
            .split(separator: " ").compactMap { Int($0) }.first
        var own = rlimit()
        getrlimit(__rlimit_resource_t(6), &own)
        #expect(soft.map { UInt64($0) <= min(1_000_000_000, own.rlim_cur) } == true)
    }

    @Test func runsElsewhereOnRequest() {
        #expect(shell("pwd", configure: { $0.workingDirectory = "/usr" }).text == "/usr\n")
        let missing = shell("pwd", configure: { $0.workingDirectory = "/no/such" })
        #expect(missing.outcome == .failedToStart(SystemError(ENOENT)))
    }
}
