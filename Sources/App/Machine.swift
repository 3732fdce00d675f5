import Actions
import Basics
import Incidents
import Playbooks
import Safety

/// The emergency-stop files of one room: read, set and cleared.
package protocol StopKeeping: StopReading {
    func set(reason: String, by actor: Actor, at time: Timestamp) -> (
        written: [String], unreached: [String]
    )
    /// Removes the own files and returns those whose absence is still not proven.
    func clear() -> [String]
}

extension StopFiles: StopKeeping {}

/// What a room touches of the machine beside its sources and its journal. A simulation stands in
/// for it; the program uses `real`.
package struct Machine: Sendable {
    package var stopFiles: any StopKeeping
    /// nil: real processes on the room's clock.
    package var runner: (any ProgramRunning)?
    package var programs: any ProgramChecking

    package init(
        stopFiles: any StopKeeping, runner: (any ProgramRunning)?, programs: any ProgramChecking
    ) {
        self.stopFiles = stopFiles
        self.runner = runner
        self.programs = programs
    }

    static func real(_ setup: RoomSetup) -> Machine {
        Machine(
            stopFiles: StopFiles(
                configuration: setup.configuration, stateDirectory: setup.stateDirectory),
            runner: nil, programs: InstalledPrograms())
    }
}
