import Basics

/// One program to run, with everything it gets. Nothing is inherited but the user.
package struct Command: Hashable, Sendable {
    /// Absolute path; no search path is consulted and no shell is involved.
    package var executable: String
    /// What follows the program's name in its argument list.
    package var arguments: [String]
    /// The whole environment of the child.
    package var environment: [String: String]
    /// Where the child runs. It is never the room's own working directory.
    package var workingDirectory: String = "/"
    /// How long the child may run, on the boot-time clock (suspended time counts).
    package var deadline: Duration
    /// How many bytes of output are kept from the beginning.
    package var outputHeadBytesMax: Int = 256 * 1024
    /// How many bytes of output are kept from the end.
    package var outputTailBytesMax: Int = 768 * 1024
    /// How long the group may take to end after SIGTERM before it is killed.
    package var terminateGrace: Duration = .seconds(10)
    /// How long to wait for the end of the output once the child is gone.
    package var drainMax: Duration = .seconds(2)
    /// RLIMIT_NPROC of the child; nil leaves it as it is. It does not bind root.
    package var processesMax: Int?

    package init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
        deadline: Duration
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.deadline = deadline
    }

    /// Why this command cannot be handed to the kernel, or nil: a NUL byte would cut an argument
    /// short, a relative path would depend on where the program happens to run.
    package var defect: SystemError? {
        let texts = [executable, workingDirectory] + arguments + environment.map { $0 + "=" + $1 }
        let hasNUL = texts.contains { $0.utf8.contains(0) }
        let isRelative = executable.utf8.first != 0x2F || workingDirectory.utf8.first != 0x2F
        let hasBadName = environment.keys.contains { $0.isEmpty || $0.utf8.contains(0x3D) }
        return hasNUL || isRelative || hasBadName ? .invalidArgument : nil
    }
}

/// Why a running command is to be ended before its deadline.
package struct StopRequest: Hashable, Sendable {
    package var reason: String
    package init(_ reason: String) { self.reason = reason }
}
