import Basics
import Feeds
import Incidents
import Metrics
import Playbooks

/// What a room is opened with: values only, nothing started yet. The values of the files that
/// redaction names are read here.
package struct RoomSetup: Sendable {
    package var id: IncidentID
    /// The incident's own directory.
    package var directory: String
    package var stateDirectory: String
    package var configuration: Configuration
    /// What removes credentials from everything that this room keeps or shows.
    package var redaction: RedactionSetup
    package var actor: Actor
    package var isObserver = false
    package var isDrill = false
    package var speed = 1.0
    /// The title for an incident that is new.
    package var title = ""
    /// Where the room's socket is to be; nil: the usual places.
    package var socketPath: String?
    /// Seconds of real time between two ticks.
    package var tickInterval: Duration = .seconds(1)

    package init(
        id: IncidentID, directory: String, stateDirectory: String, configuration: Configuration,
        actor: Actor
    ) {
        self.id = id
        self.directory = directory
        self.stateDirectory = stateDirectory
        self.configuration = configuration
        redaction = RedactionSetup(configuration, stateDirectory: stateDirectory)
        self.actor = actor
    }

    package var sourceSpecs: [SourceSpec] { configuration.sourceSpecs }
}

extension Configuration {
    /// The sources as the feeds know them. Ids are the paths and commands as people see them, made
    /// unique.
    package var sourceSpecs: [SourceSpec] {
        var seen: [String: Int] = [:]
        return sources.compactMap { entry in
            let kind: SourceSpec.Kind
            switch entry.kind {
            case .logs where !entry.command.isEmpty: kind = .command(entry.command)
            case .logs: kind = .logs(path: entry.path)
            case .metrics: kind = .metrics(path: entry.path, every: entry.every)
            case .changes: kind = .changes(path: entry.path)
            case .rules: return nil
            }
            var spec = SourceSpec(
                id: "", kind: kind, service: entry.service, labels: entry.labels)
            spec.id = spec.path
            let count = seen[spec.id, default: 0] + 1
            seen[spec.id] = count
            if count > 1 { spec.id += "#\(count)" }
            return spec
        }
    }
}
