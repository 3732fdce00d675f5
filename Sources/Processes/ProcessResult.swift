import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// What became of a command.
package struct ProcessResult: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case ok
        /// The program ended by itself with this exit code, not 0.
        case failed(exitCode: Int32)
        /// A signal that this program did not send ended it; 0 when how it ended was lost.
        case killed(signal: Int32)
        /// It was ended because its deadline passed, however it then exited.
        case timedOut
        /// It was ended on request, however it then exited.
        case stopped(reason: String)
        /// Nothing ran.
        case failedToStart(SystemError)
    }

    package var outcome: Outcome
    /// Standard output and standard error in the order of arrival, raw: sanitise and redact before
    /// keeping or showing it.
    package var output: CapturedOutput
    /// Boot time of the spawn, on the injected clock.
    package var started: BootTime
    package var ended: BootTime
    /// nil when nothing ran. The process is gone and reaped: for reading only.
    package var pid: pid_t?
    /// The exit code, when the program exited, whatever the outcome says.
    package var exitCode: Int32?
    /// The signal that ended it, whatever the outcome says.
    package var signal: Int32?
    /// How many processes outlived the command and were killed.
    package var sweptCount = 0
    /// How many processes could not be ended (no permission, stuck in the kernel).
    package var leftBehindCount = 0

    package init(
        outcome: Outcome, output: CapturedOutput, started: BootTime, ended: BootTime,
        pid: pid_t? = nil
    ) {
        self.outcome = outcome
        self.output = output
        self.started = started
        self.ended = ended
        self.pid = pid
    }
}

/// The beginning and the end of a command's output.
package struct CapturedOutput: Hashable, Sendable {
    package var head: [UInt8]
    package var tail: [UInt8]
    /// How many bytes between head and tail were not kept.
    package var truncatedBytes: Int

    package init(head: [UInt8] = [], tail: [UInt8] = [], truncatedBytes: Int = 0) {
        self.head = head
        self.tail = tail
        self.truncatedBytes = truncatedBytes
    }

    /// Head, a line that says what is missing (if anything is), tail.
    package var bytes: [UInt8] {
        guard truncatedBytes > 0 else { return head + tail }
        let note = "\n[\(UnitText.bytes(Double(truncatedBytes))) of output not kept]\n"
        return head + Array(note.utf8) + tail
    }
}
