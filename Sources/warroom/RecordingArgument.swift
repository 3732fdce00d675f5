import App
import Basics
import Feeds
import Incidents
import Metrics

/// Recorded samples as arguments: an incident's id, its directory, or the folder itself.
enum RecordingArgument {
    /// The folder that `text` names, or nil when it names a file.
    static func folder(_ text: String) throws(Failure) -> String? {
        if IncidentID(text) != nil, !Paths.exists(text) {
            return SignalFolders.ofIncident(try IncidentArgument.directory(text))
        }
        guard Paths.isFolder(text) else { return nil }
        let inside = SignalFolders.ofIncident(text)
        return Paths.isFolder(inside) ? inside : text
    }

    /// Reads everything in `folder`; says what could not be used.
    static func load(
        _ folder: String, from: Int64 = .min, through: Int64 = .max, into store: SeriesStore
    ) throws(Failure) -> RecordingReport {
        let report = RecordedSignals.load(folder, from: from, through: through, into: store)
        for note in report.notes { Talk.say(note) }
        guard report.newest != nil else {
            throw Failure(
                "recording.empty", "No recorded samples", subject: folder,
                why: report.segments == 0
                    ? "it holds no segment (000001.ws) that reaches into the time asked for"
                    : "its segments hold no sample that can be read",
                unchanged: "Nothing was evaluated",
                next: "Name an incident, its directory or its folder signals", exit: .finding)
        }
        return report
    }
}
