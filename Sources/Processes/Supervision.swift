import Basics
import CSystem

#if canImport(Glibc)
    import Glibc
#endif

/// One running child from spawn to reaping.
///
/// ```
/// running ──deadline, stop──▶ terminating ──grace over──▶ draining ──▶ done
///    └───────child ended──────────────────────────────────────▲
/// ```
struct Supervision {
    private enum Phase {
        case running
        /// SIGTERM was sent; SIGKILL follows at this time.
        case terminating(until: BootTime)
        /// The child ended or was killed; output is read until its end or this time.
        case draining(until: BootTime)
        case done
    }
    private enum Cause {
        case deadline
        case stop(StopRequest)
    }
    private enum Exit {
        case code(Int32)
        case signal(Int32)
        /// Somebody else reaped the child: how it ended is not known.
        case lost
    }

    private static let stopPollInterval: Duration = .milliseconds(250)
    /// Ten years: stands for "no deadline" and keeps the arithmetic in range.
    private static let deadlineMax: Duration = .hours(87_600)
    private static let sweepMax: Duration = .seconds(2)

    private let command: Command
    private let child: SpawnedChild
    private let bootTime: () -> BootTime
    private let deadline: BootTime
    private let received: (([UInt8]) -> Void)?
    private var phase = Phase.running
    private var cause: Cause?
    private var exit: Exit?
    private var output: OutputCapture
    private var outputEnded = false
    private var nextStopPoll: BootTime
    private var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    private var sweptCount = 0
    private var leftBehindCount = 0

    init(
        command: Command, child: SpawnedChild, spawned: BootTime,
        bootTime: @escaping () -> BootTime,
        received: (([UInt8]) -> Void)?
    ) {
        self.command = command
        self.child = child
        self.bootTime = bootTime
        self.received = received
        deadline = spawned + min(command.deadline, Self.deadlineMax)
        nextStopPoll = spawned
        output = OutputCapture(
            headMax: command.outputHeadBytesMax, tailMax: command.outputTailBytesMax)
    }

    /// Returns when the child and its descendants are gone or nothing more can be done about them.
    mutating func watch(shouldStop: () -> StopRequest?) {
        while true {
            let now = bootTime()
            if exit == nil { exit = peekedExit() }
            switch phase {
            case .running: watchRunning(now, shouldStop)
            case .terminating(let until): watchTerminating(now, until)
            case .draining(let until): watchDraining(now, until)
            case .done: break
            }
            if case .done = phase { break }
            wait(now)
            readOutput()
        }
        close(child.outputDescriptor)
        if child.exitDescriptor >= 0 { close(child.exitDescriptor) }
    }

    private mutating func watchRunning(_ now: BootTime, _ shouldStop: () -> StopRequest?) {
        if exit != nil {
            phase = .draining(until: now + command.drainMax)
            return
        }
        if now >= deadline {
            terminate(.deadline, now)
            return
        }
        guard now >= nextStopPoll else { return }
        nextStopPoll = now + Self.stopPollInterval
        if let request = shouldStop() { terminate(.stop(request), now) }
    }

    private mutating func terminate(_ cause: Cause, _ now: BootTime) {
        self.cause = cause
        signalGroup(SIGTERM)
        signalGroup(SIGCONT)
        phase = .terminating(until: now + command.terminateGrace)
    }

    private mutating func watchTerminating(_ now: BootTime, _ until: BootTime) {
        if exit != nil, !Descendants.anyAlive(mark: child.mark, leader: child.pid) {
            phase = .draining(until: now + command.drainMax)
        } else if now >= until {
            signalGroup(SIGKILL)
            sweep()
            phase = .draining(until: now + command.drainMax)
        }
    }

    private mutating func watchDraining(_ now: BootTime, _ until: BootTime) {
        guard now >= until || (outputEnded && exit != nil) else { return }
        signalGroup(SIGKILL)
        sweep()
        readOutput()
        if exit == nil { exit = peekedExit() }
        switch exit {
        case nil: leftBehindCount += 1
        // Its number may be somebody else's by now.
        case .lost: break
        case .code, .signal: waitpid(child.pid, nil, 0)
        }
        phase = .done
    }

    private mutating func sweep() {
        let result = Descendants.sweep(
            mark: child.mark, leader: child.pid, limit: Self.sweepMax)
        sweptCount += result.swept
        leftBehindCount = result.left
    }

    /// The leader is reaped last, so its number still names this group and no other.
    private func signalGroup(_ signal: Int32) {
        if case .lost = exit { return }
        kill(-child.pid, signal)
    }

    private func peekedExit() -> Exit? {
        var status: Int32 = 0
        switch csystem_peek_child(child.pid, &status) {
        case Int32(CSYSTEM_CHILD_EXITED.rawValue): return .code(status)
        case Int32(CSYSTEM_CHILD_KILLED.rawValue): return .signal(status)
        case Int32(CSYSTEM_CHILD_RUNNING.rawValue): return nil
        default: return .lost
        }
    }

    /// Sleeps until output, exit or the next thing that is due; at most 250 ms.
    private func wait(_ now: BootTime) {
        var due: Duration = Self.stopPollInterval
        switch phase {
        case .draining where outputEnded && exit != nil: return
        case .running: due = min(due, deadline - now, nextStopPoll - now)
        case .terminating(let until), .draining(let until): due = min(due, until - now)
        case .done: return
        }
        if case .terminating = phase, exit != nil { due = min(due, .milliseconds(20)) }
        var watched = [
            pollfd(
                fd: outputEnded ? -1 : child.outputDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: exit != nil ? -1 : child.exitDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        if exit == nil, child.exitDescriptor < 0 { due = min(due, .milliseconds(20)) }
        poll(&watched, nfds_t(watched.count), Int32(max(0, due.inMilliseconds) + 1))
    }

    /// Reads what is there, at most 1 MiB, so that a flood cannot delay the deadline.
    private mutating func readOutput() {
        guard !outputEnded else { return }
        for _ in 0..<16 {
            let count = read(child.outputDescriptor, &buffer, buffer.count)
            if count > 0 {
                buffer.withUnsafeBytes { bytes in
                    output.append(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                }
                received?(Array(buffer[..<count]))
                continue
            }
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            outputEnded = true
            return
        }
    }

    func result(started: BootTime, ended: BootTime) -> ProcessResult {
        var result = ProcessResult(
            outcome: outcome, output: output.captured, started: started, ended: ended,
            pid: child.pid)
        switch exit {
        case .code(let code): result.exitCode = code
        case .signal(let signal): result.signal = signal
        case .lost, nil: break
        }
        result.sweptCount = sweptCount
        result.leftBehindCount = leftBehindCount
        return result
    }

    private var outcome: ProcessResult.Outcome {
        switch (cause, exit) {
        case (.deadline, _): .timedOut
        case (.stop(let request), _): .stopped(reason: request.reason)
        case (nil, .code(0)): .ok
        case (nil, .code(let code)): .failed(exitCode: code)
        case (nil, .signal(let signal)): .killed(signal: signal)
        // Without a cause the phases end only after an exit.
        case (nil, .lost), (nil, nil): .killed(signal: 0)
        }
    }
}
