import Basics
import CSystem
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A program that is read for as long as it runs, and that never outlives this process: not even
/// when this process is killed with SIGKILL.
///
/// Between the two stands a keeper (`Keeper.h`), which ends the program and everything it started
/// as soon as the last copy of `lifeline` is closed. The kernel closes it with this process.
///
/// Confined to one thread or queue at a time; nothing here waits.
package final class KeptProgram {
    /// How a program ended.
    package enum Ending: Hashable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
        /// Somebody else reaped it: how it ended is not known.
        case lost
    }

    /// The keeper's pid.
    package let pid: pid_t
    /// The read ends of its standard output and error, non-blocking; -1 once closed.
    package private(set) var output: Int32
    package private(set) var errors: Int32
    /// Readable when the program has ended; -1 where the kernel has no such thing.
    package let exitDescriptor: Int32
    private var lifeline: Int32
    private let mark: UInt64
    private var ending: Ending?

    private init(pid: pid_t, output: Int32, errors: Int32, lifeline: Int32, mark: UInt64) {
        self.pid = pid
        self.output = output
        self.errors = errors
        self.lifeline = lifeline
        self.mark = mark
        exitDescriptor = max(-1, csystem_pidfd(pid))
    }

    deinit {
        end()
        closeOutput()
        closeErrors()
        if exitDescriptor >= 0 { close(exitDescriptor) }
        if ending == nil { Unreaped.add(pid) }
    }

    /// Starts `arguments`, the absolute path of a program first, with nothing inherited but the
    /// user: its input is `/dev/null`, its directory `/`, its session its own.
    ///
    /// That the program itself cannot be executed shows as exit status 127 with a sentence among
    /// its errors: the one that tries is the keeper.
    package static func start(_ arguments: [String], environment: [String: String])
        throws(SystemError) -> KeptProgram
    {
        guard let program = arguments.first else { throw .invalidArgument }
        let described = Command(
            program, Array(arguments.dropFirst()), environment: environment, deadline: .zero)
        if let defect = described.defect { throw defect }
        Unreaped.reap()
        // Should the keeper itself be killed, what it kept becomes a child of this process.
        _ = csystem_adopt_orphans()
        let pipes = try Pipes()
        let mark = RunMark.next()
        let keeper = Command("/proc/self/exe", [], environment: environment, deadline: .zero)
        let pid = Spawning.spawn(
            keeper, arguments: [CSYSTEM_KEEPER_NAME] + arguments,
            streams: .init(
                input: pipes.lifeline.read, output: pipes.output.write, error: pipes.errors.write),
            mark: mark)
        close(pipes.lifeline.read)
        close(pipes.output.write)
        close(pipes.errors.write)
        let kept = KeptProgram(
            pid: max(0, pid), output: pipes.output.read, errors: pipes.errors.read,
            lifeline: pipes.lifeline.write, mark: mark)
        guard pid > 0 else {
            kept.ending = .lost
            throw SystemError(-pid)
        }
        for descriptor in [kept.output, kept.errors] {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        }
        return kept
    }

    /// Lets go of it: SIGTERM to its session, SIGKILL a second later, all of it by the keeper.
    package func end() {
        guard lifeline >= 0 else { return }
        close(lifeline)
        lifeline = -1
    }

    package func closeOutput() {
        if output >= 0 { close(output) }
        output = -1
    }

    package func closeErrors() {
        if errors >= 0 { close(errors) }
        errors = -1
    }

    /// How it ended, or nil while it runs. The first answer reaps the keeper, and kills what it
    /// could not when it was killed itself.
    package func peekEnding() -> Ending? {
        if ending != nil { return ending }
        var status: Int32 = 0
        switch csystem_peek_child(pid, &status) {
        case Int32(CSYSTEM_CHILD_RUNNING.rawValue): return nil
        case Int32(CSYSTEM_CHILD_EXITED.rawValue): ending = .exited(status)
        case Int32(CSYSTEM_CHILD_KILLED.rawValue): ending = .killed(signal: status)
        default: ending = .lost
        }
        _ = Descendants.sweep(mark: mark, leader: pid, limit: Self.sweepMax)
        if ending != .lost { waitpid(pid, nil, 0) }
        return ending
    }

    private static let sweepMax: Duration = .milliseconds(100)
}

/// Three pipes, or none.
private struct Pipes {
    typealias Ends = (read: Int32, write: Int32)
    var lifeline: Ends
    var output: Ends
    var errors: Ends

    init() throws(SystemError) {
        var ends = [Int32](repeating: -1, count: 6)
        for index in 0..<3 {
            var pair: [Int32] = [-1, -1]
            let made = csystem_pipe(&pair)
            guard made == 0 else {
                for descriptor in ends where descriptor >= 0 { close(descriptor) }
                throw SystemError(-made)
            }
            ends[2 * index] = pair[0]
            ends[2 * index + 1] = pair[1]
        }
        lifeline = (ends[0], ends[1])
        output = (ends[2], ends[3])
        errors = (ends[4], ends[5])
    }
}

/// Keepers that were let go of and had not ended by then: reaped when the next one starts, so that
/// zombies do not gather.
private enum Unreaped {
    private static let pids = Mutex<[pid_t]>([])

    static func add(_ pid: pid_t) {
        pids.withLock { $0.append(pid) }
        reap()
    }

    static func reap() {
        pids.withLock { pids in pids.removeAll { waitpid($0, nil, WNOHANG) != 0 } }
    }
}
