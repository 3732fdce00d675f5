import Actions
import Basics
import Incidents
import Playbooks
import SafeText
import Safety

/// The emergency-stop files of one room: read, set and cleared.
package protocol StopKeeping: StopReading {
    func set(reason: String, by actor: Actor, at time: Timestamp) -> (
        written: [String], unreached: [String]
    )
    /// What is there now, without what was seen before.
    func readNow() -> [StopState.FileState]
    /// Why a file that comes and goes between two looks might be missed, or nil.
    var watchFailure: String? { get }
    /// Removes the own files and returns those whose absence is still not proven.
    func clear() -> [String]
}

extension StopKeeping {
    package func readNow() -> [StopState.FileState] { read() }
    package var watchFailure: String? { nil }
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
            stopFiles: RedactedStopFiles(
                files: StopFiles(
                    configuration: setup.configuration, stateDirectory: setup.stateDirectory),
                clean: { setup.redaction.redactor.clean($0) }),
            runner: nil, programs: InstalledPrograms())
    }
}

/// Stop files whose texts, which anybody may have written, are redacted before they are shown,
/// kept or told over the socket.
struct RedactedStopFiles: StopKeeping {
    let files: StopFiles
    let clean: @Sendable (String) -> String

    func read() -> [StopState.FileState] { cleaned(files.read()) }
    func readNow() -> [StopState.FileState] { cleaned(files.readNow()) }
    var watchFailure: String? { files.watchFailure }
    func clear() -> [String] { files.clear() }

    func set(reason: String, by actor: Actor, at time: Timestamp) -> (
        written: [String], unreached: [String]
    ) { files.set(reason: reason, by: actor, at: time) }

    private func cleaned(_ states: [StopState.FileState]) -> [StopState.FileState] {
        states.map { state in
            guard case .present(let reason) = state.presence, !reason.isEmpty else { return state }
            return StopState.FileState(path: state.path, presence: .present(reason: clean(reason)))
        }
    }
}
