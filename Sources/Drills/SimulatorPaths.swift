/// Where a drill keeps its files, all absolute and all below one directory of its own.
package struct SimulatorPaths: Sendable, Hashable {
    /// Mode 0700 and owned by whoever runs the drill, so that the absence of the stop file can be
    /// proven.
    package let directory: String

    package init(directory: String) { self.directory = directory }

    /// `warroom.yaml`: the configuration the room opens with.
    package var configuration: String { directory + "/warroom.yaml" }
    package var rules: String { directory + "/rules.yml" }
    package var logs: String { directory + "/logs" }
    /// One dump for each service, rewritten all the time.
    package var dumps: String { directory + "/dumps" }
    /// The hour before the opening, with timestamps; written once.
    package var history: String { directory + "/history" }
    /// The instances, one JSON line each: what any inventory would tell.
    package var fleet: String { directory + "/fleet.jsonl" }
    package var deploys: String { directory + "/deploys.jsonl" }
    /// What the actuator did, one JSON line for each action. The simulator learns from nothing
    /// else.
    package var actuations: String { directory + "/actuations.jsonl" }
    /// The drill's own emergency-stop file.
    package var stopFile: String { directory + "/EMERGENCY_STOP" }

    package func log(of service: String) -> String { "\(logs)/\(service).log" }
    package func dump(of service: String) -> String { "\(dumps)/\(service).prom" }
    package func history(of service: String) -> String { "\(history)/\(service).prom" }
}
