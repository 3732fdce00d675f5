import Basics
import CSystem

#if canImport(Glibc)
    import Glibc
#endif

extension SystemError {
    static let invalidArgument = SystemError(EINVAL)
}

/// A child that was started and the descriptors to watch it by. The owner closes both.
struct SpawnedChild {
    var pid: pid_t
    /// Readable when the child has ended; -1 where the kernel has no such thing.
    var exitDescriptor: Int32
    /// The read end of its output, non-blocking.
    var outputDescriptor: Int32
    /// The run's own number, see `RunMark`.
    var mark: UInt64
}

/// Turns a `Command` into a child.
enum Spawning {
    static func start(_ command: Command) throws(SystemError) -> SpawnedChild {
        if let defect = command.defect { throw defect }
        var ends: [Int32] = [-1, -1]
        let made = csystem_pipe(&ends)
        guard made == 0 else { throw SystemError(-made) }
        defer { close(ends[1]) }
        let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard input >= 0 else {
            let error = SystemError.current
            close(ends[0])
            throw error
        }
        // The standard streams of this process may be closed: keep clear of their numbers.
        let raised = fcntl(input, F_DUPFD_CLOEXEC, 3)
        let raiseError = SystemError.current
        close(input)
        guard raised >= 0 else {
            close(ends[0])
            throw raiseError
        }
        defer { close(raised) }
        let mark = RunMark.next()
        let pid = spawn(
            command, arguments: [command.executable] + command.arguments,
            streams: Streams(input: raised, output: ends[1], error: ends[1]), mark: mark)
        guard pid > 0 else {
            close(ends[0])
            throw SystemError(-pid)
        }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return SpawnedChild(
            pid: pid, exitDescriptor: max(-1, csystem_pidfd(pid)), outputDescriptor: ends[0],
            mark: mark)
    }

    /// What become the child's 0, 1 and 2; each is 3 or higher.
    struct Streams {
        var input: Int32
        var output: Int32
        var error: Int32
    }

    /// The pid, or -errno.
    /// - Parameter arguments: the whole list, the name the program is given first.
    static func spawn(
        _ command: Command, arguments: [String], streams: Streams, mark: UInt64
    ) -> pid_t {
        let variables = command.environment.sorted { $0.key < $1.key }.map { $0 + "=" + $1 }
        return withCStrings(arguments) { arguments in
            withCStrings(variables) { environment in
                command.executable.withCString { executable in
                    command.workingDirectory.withCString { directory in
                        var request = csystem_spawn_request(
                            executable: executable, arguments: arguments, environment: environment,
                            directory: directory, input: streams.input,
                            output: streams.output, error: streams.error, file_mode_mask: 0o077,
                            processes_max: UInt64(command.processesMax ?? 0),
                            message_queue_max: mark)
                        return csystem_spawn(&request)
                    }
                }
            }
        }
    }

    /// Calls `body` with a NULL-terminated array of C strings that live as long as the call.
    private static func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeBufferPointer { buffer in
            // The array ends with nil, so it is never empty.
            buffer.baseAddress.map(body) ?? body([nil])
        }
    }
}
