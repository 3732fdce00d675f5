import Basics
import Processes
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Nothing that a command started outlives it.
@Suite struct DescendantTests {
    private func pids(in result: ProcessResult) -> [pid_t] { result.lines.compactMap { pid_t($0) } }

    @Test("N20: a grandchild that holds the output is not waited for")
    func doesNotWaitForAGrandchildThatHoldsTheOutput() {
        let result = shell("sleep 300 & echo $!; exit 0")
        #expect(result.outcome == .ok)
        let pid = pids(in: result).first
        #expect(pid.map(isAlive) == false)
    }

    @Test("N22: a double fork in another session is swept") func sweepsADoubleForkInAnotherSession()
        throws
    {
        let result = shell(
            """
            setsid sh -c 'setsid sh -c "echo \\$\\$; exec sleep 300 >/dev/null 2>&1" & exit 0' &
            sleep 0.3
            exit 4
            """)
        #expect(result.outcome == .failed(exitCode: 4))
        let pid = try #require(pids(in: result).first)
        #expect(!isAlive(pid))
        #expect(result.sweptCount >= 1)
        #expect(result.leftBehindCount == 0)
    }

    @Test("N22: an escape with a cleared environment is swept")
    func sweepsAnEscapeWithAClearedEnvironment() throws {
        let result = shell(
            """
            env -i /usr/bin/setsid /bin/sh -c 'echo $$
                /bin/sleep 300 >/dev/null 2>&1 &
                exec /bin/sleep 300 >/dev/null 2>&1' &
            sleep 0.3
            """,
            deadline: .seconds(20))
        let pid = try #require(pids(in: result).first)
        #expect(!isAlive(pid))
        #expect(result.sweptCount >= 2)
    }

    @Test func sweepsAfterTheDeadlineToo() throws {
        let result = shell(
            "setsid sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & wait",
            deadline: .milliseconds(700))
        #expect(result.outcome == .timedOut)
        let pid = try #require(pids(in: result).first)
        #expect(!isAlive(pid))
    }

    @Test func leavesOtherChildrenAlone() async throws {
        // A run in another thread with an orphan of its own must not lose it to this run's sweep.
        async let other = withCheckedContinuation { continuation in
            pthread.detached {
                continuation.resume(
                    returning: shell("(setsid sleep 1.5; echo orphan survived) & wait"))
            }
        }
        for _ in 0..<5 { _ = shell("setsid sleep 300 >/dev/null 2>&1 & exit 0") }
        #expect(await other.text == "orphan survived\n")
    }

    @Test("N23: a fork bomb is bounded") func boundsAForkBomb() throws {
        // Perl is part of every Debian system. The limit does not bind root.
        let script =
            "$n = 0; while ($n < 2000) { $p = fork(); last unless defined $p; "
            + "if (!$p) { sleep 300; exit } $n++ } $| = 1; print qq($n\\n);"
        let identity =
            geteuid() == 0 ? ["/usr/bin/setpriv", "--reuid=64123", "--clear-groups"] : []
        guard identity.isEmpty || Machine.allows(identity) else { return }
        let words = identity + ["/usr/bin/perl", "-e", script]
        var command = Command(words[0], Array(words.dropFirst()), deadline: .seconds(60))
        command.processesMax = 50
        let result = ProcessRunner(clock: SystemClock()).run(command)
        let made = try #require(pids(in: result).first, "\(result.text)")
        #expect(made < 50)
        #expect(result.leftBehindCount == 0)
    }
}

/// A plain thread: a blocking run must not occupy a task's thread.
enum pthread {
    static func detached(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let pointer = Unmanaged.passRetained(Box(body)).toOpaque()
        pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body() }
                return nil
            }, pointer)
        pthread_detach(thread)
    }
}
