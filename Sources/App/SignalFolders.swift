import Basics
import Feeds
import Journals

/// Where samples are recorded.
package enum SignalFolders {
    /// Of one incident.
    package static func ofIncident(_ directory: String) -> String { directory + "/signals" }

    /// Where `warroom record` writes: below the directory that a service manager gave, else below
    /// the user's own.
    package static var toRecord: String { ofState(stateDirectory) }

    /// Where this program keeps what lasts: the directory that a service manager gave, else the
    /// user's own.
    package static var stateDirectory: String {
        if let given = Environment.value("STATE_DIRECTORY")?.split(separator: ":").first {
            return String(given)
        }
        return IncidentStore.defaultStateDirectory(environment: Environment.all)
    }

    /// Where a room looks for what was recorded before it opened: the user's own recording, else
    /// that of the system's service.
    package static func toRead(stateDirectory: String) -> String {
        let own = ofState(stateDirectory)
        return RecordedSignals.isRecording(own) ? own : ofState("/var/lib/warroom")
    }

    private static func ofState(_ directory: String) -> String { directory + "/signals" }
}
