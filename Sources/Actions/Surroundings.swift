import Basics
import Processes
import Safety

// What the executor needs of the machine, as protocols, so that a simulation can stand in for it.
// In the program each has exactly one implementation.

/// Says what is known of the emergency-stop files now.
package protocol StopReading: Sendable {
    func read() -> [StopState.FileState]
}

extension StopFiles: StopReading {}

/// Runs one command to its end.
package protocol ProgramRunning: Sendable {
    func run(
        _ command: Command, shouldStop: @Sendable () -> StopRequest?,
        started: @Sendable (Int32) -> Void
    ) -> ProcessResult
}

extension ProcessRunner: ProgramRunning {
    package func run(
        _ command: Command, shouldStop: @Sendable () -> StopRequest?,
        started: @Sendable (Int32) -> Void
    ) -> ProcessResult {
        run(command, shouldStop: shouldStop, started: started, received: nil)
    }
}

/// Looks at programs before they are started.
package protocol ProgramChecking: Sendable {
    /// The programs of `steps` with their identity, each once.
    func pins(of steps: [[String]]) throws(Failure) -> [PinnedExecutable]
    /// Throws when the program is not the pinned one any more.
    func verify(_ pin: PinnedExecutable) throws(Failure)
}

/// The programs on this machine.
package struct InstalledPrograms: ProgramChecking {
    package init() {}

    package func pins(of steps: [[String]]) throws(Failure) -> [PinnedExecutable] {
        try Executables.pins(of: steps)
    }

    package func verify(_ pin: PinnedExecutable) throws(Failure) { try pin.verify() }
}
