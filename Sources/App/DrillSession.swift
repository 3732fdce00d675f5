import Basics
import Dispatch
import Drills
import Incidents
import Journals
import Metrics
import Playbooks
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A drill's directory, its simulator and the room's set-up on it.
package final class DrillSession: Sendable {
    package let setup: RoomSetup
    package let rules: [RuleGroup]
    package let scenario: Scenario
    package let seed: UInt64
    /// The score before anything was seen.
    package let score: DrillScore
    private let simulator: Mutex<Simulator>
    private let queue = DispatchQueue(label: "warroom.drill", qos: .utility)
    private let timer = Mutex<(any DispatchSourceTimer)?>(nil)

    /// Writes the drill's files and claims a fresh incident id.
    package init(
        scenario: Scenario, seed: UInt64, start: Timestamp, speed: Double,
        actuatorOptions: [String],
        stateDirectory: String, executable: String
    ) throws(Failure) {
        let directory = try Self.makeDirectory()
        var isWhole = false
        defer { if !isWhole { Directories.remove(directory) } }
        let simulator = try Simulator(
            scenario: scenario, seed: seed, directory: directory, start: start,
            actuator: [executable, "drill-actuator"] + actuatorOptions)
        try simulator.prepare()
        let loaded = try ConfigurationLoader.load(path: simulator.paths.configuration)
        var configuration = loaded.0
        if let failure = loaded.1.failure { throw failure }
        configuration.isDrill = true
        rules = try RuleFiles.load(configuration)
        let store = IncidentStore(stateDirectory: stateDirectory)
        let text = try store.claimNextID()
        guard let id = IncidentID(text) else {
            throw Failure("incident.badID", "No incident id could be made", subject: text)
        }
        let actor = try CurrentUser.actor()
        var setup = RoomSetup(
            id: id, directory: store.path(for: text), stateDirectory: stateDirectory,
            configuration: configuration, actor: actor)
        setup.isDrill = true
        setup.speed = speed
        setup.title = "Drill"
        setup.tickInterval = .seconds(Swift.max(0.25, Swift.min(1, 1 / speed)))
        self.setup = setup
        self.scenario = scenario
        self.seed = seed
        score = simulator.emptyScore
        self.simulator = Mutex(simulator)
        isWhole = true
    }

    private static func makeDirectory() throws(Failure) -> String {
        let base = Environment.value("TMPDIR") ?? "/tmp"
        var template = Array((base + "/warroom-drill-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(
                "drill.noDirectory", "The drill's directory could not be made", subject: base,
                why: "\(SystemError.current)", next: "Set TMPDIR to a writable directory")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Writes everything due up to `now`.
    package func advance(to now: Timestamp) throws(Failure) {
        try simulator.withLock { simulator throws(Failure) in try simulator.advance(to: now) }
    }

    /// Keeps the files growing with `clock` until `stop`.
    package func start(_ clock: any TimeSource, onFailure: @escaping @Sendable (Failure) -> Void) {
        timer.withLock { slot in
            let timer = DispatchSource.makeTimerSource(queue: queue)
            timer.schedule(deadline: .now(), repeating: .milliseconds(100))
            timer.setEventHandler { [self] in
                do throws(Failure) {
                    try advance(to: clock.now.wall)
                } catch {
                    onFailure(error)
                    stop()
                }
            }
            timer.activate()
            slot = timer
        }
    }

    package func stop() {
        timer.withLock { timer in
            timer?.cancel()
            timer = nil
        }
    }

    /// Removes the drill's directory; the journal stays.
    package func removeFiles() {
        stop()
        queue.sync {}
        Directories.remove(simulator.withLock { $0.paths.directory })
    }
}
