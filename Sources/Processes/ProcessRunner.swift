import Basics
import CSystem

#if canImport(Glibc)
    import Glibc
#endif

/// Runs one command at a time per calling thread and leaves nothing of it behind.
///
/// The child gets a session of its own, `/dev/null` as input and one pipe as output. When its
/// deadline passes or a stop is asked for, its group gets SIGTERM (and SIGCONT, in case it was
/// suspended), after the grace SIGKILL; descendants that left the group are found and killed.
/// No signal is ever sent to a process that was reaped. SIGCHLD must not be ignored: the kernel
/// would then discard how children end.
package final class ProcessRunner: Sendable {
    private let clock: any TimeSource
    private let bootTime: @Sendable () -> BootTime

    /// Makes this process adopt orphaned descendants, which is what lets `run` find them.
    ///
    /// - Parameter clock: stamps the results; deadlines follow the machine's boot-time clock.
    package convenience init(clock: any TimeSource) {
        self.init(clock: clock, bootTime: { BootClock.now })
    }

    /// - Parameter bootTime: what deadlines follow.
    init(clock: any TimeSource, bootTime: @escaping @Sendable () -> BootTime) {
        self.clock = clock
        self.bootTime = bootTime
        // Refused only by kernels older than 3.4; then escaped descendants stay unswept.
        _ = csystem_adopt_orphans()
    }

    /// Runs `command` to its end on the calling thread, which must not be the main one.
    ///
    /// - Parameters:
    ///   - shouldStop: asked every 250 ms; an answer ends the command.
    ///   - started: called once with the pid as soon as the child runs.
    ///   - received: called with each piece of output, at most 64 KiB, as it arrives; for commands
    ///     that are followed rather than waited for.
    package func run(
        _ command: Command, shouldStop: @Sendable () -> StopRequest? = { nil },
        started: @Sendable (pid_t) -> Void = { _ in },
        received: (@Sendable ([UInt8]) -> Void)? = nil
    ) -> ProcessResult {
        let begin = clock.now.boot
        let spawned = bootTime()
        do throws(SystemError) {
            let child = try Spawning.start(command)
            started(child.pid)
            var supervision = Supervision(
                command: command, child: child, spawned: spawned, bootTime: bootTime,
                received: received)
            supervision.watch(shouldStop: shouldStop)
            return supervision.result(started: begin, ended: clock.now.boot)
        } catch {
            return ProcessResult(
                outcome: .failedToStart(error), output: CapturedOutput(), started: begin,
                ended: clock.now.boot)
        }
    }
}
