import App
import ArgumentParser
import Basics
import Documents
import Drills
import Incidents
import Journals
import Room

struct DrillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Play a simulated incident with real files, real actions and a real journal.")

    @Argument(help: "A built-in scenario; see --list.")
    var name: String = "bad-deploy"

    @Option(help: "A scenario file instead of a built-in one.")
    var scenario: String?

    @Flag(help: "List the built-in scenarios.")
    var list = false

    @Option(help: "How --list prints.")
    var format: OutputFormat = .text

    @Option(help: "Seed of the simulation: one seed, one incident.")
    var seed: UInt64 = 1

    @Option(help: "Simulated seconds per second on the screen, 1 to 100.")
    var speed: Double = 10

    @Flag(help: "No screen: an autopilot presses the keys on a virtual clock.")
    var headless = false

    @Flag(help: "Print one JSON line with the score at the end.")
    var score = false

    @OptionGroup var screen: ScreenOptions

    func validate() throws {
        guard speed >= 1, speed <= 100 else {
            throw ValidationError("--speed must be between 1 and 100, not \(speed).")
        }
    }

    func run() throws {
        if list { return printList() }
        ProcessSignals.prepareForRoom()
        let scenario = try chosen()
        let isResolved = headless ? try playHeadless(scenario) : try playOnScreen(scenario)
        if !isResolved { throw ExitCode(ExitStatus.finding.rawValue) }
    }

    private func printList() {
        switch format {
        case .json: print(Drill.listJSON())
        case .text: for entry in Drill.list() { print("\(entry.name)\t\(entry.title)") }
        }
    }

    private func chosen() throws(Failure) -> Scenario {
        guard let scenario else { return try Drill.builtin(name) }
        return try Scenario.load(text: try TextFile.read(scenario), file: scenario)
    }

    private var stateDirectory: String {
        IncidentStore.defaultStateDirectory(environment: Environment.all)
    }

    private func playHeadless(_ scenario: Scenario) throws(Failure) -> Bool {
        let executable = try Environment.executable()
        let minute = Int64(60_000_000_000)
        let now = SystemClock().now.wall.nanoseconds
        let start = Timestamp(nanoseconds: now - now % minute)
        let clock = ManualClock(wall: start)
        let session = try DrillSession(
            scenario: scenario, seed: seed, start: start, speed: 1,
            actuatorOptions: ["--seconds", "0"], stateDirectory: stateDirectory,
            executable: executable)
        defer { session.removeFiles() }
        var room = try HeadlessRoom(session: session, clock: clock, actuator: executable)
        let (model, score) = try room.run()
        Talk.say(
            "\(session.setup.id) \(model.incident.status.rawValue) after "
                + "\(TimeText.span(clock.now.wall - start)) of simulated time. "
                + "Recorded in \(session.setup.directory)")
        if self.score { print(score.json()) }
        return model.incident.resolution != nil
    }

    private func playOnScreen(_ scenario: Scenario) throws -> Bool {
        let terminal = try MainActor.assumeIsolated { try RoomLauncher.openScreen(screen.options) }
        var isHandedOver = false
        defer { if !isHandedOver { MainActor.assumeIsolated { RoomLauncher.leave(terminal) } } }
        let clock = SystemClock(speed: speed)
        let session = try DrillSession(
            scenario: scenario, seed: seed, start: clock.now.wall, speed: speed,
            actuatorOptions: [], stateDirectory: stateDirectory,
            executable: try Environment.executable())
        defer { session.removeFiles() }
        isHandedOver = true
        let model = try MainActor.assumeIsolated {
            try RoomLauncher.run(
                session.setup, clock: clock, rules: session.rules, screen: terminal,
                options: screen.options,
                beforeFeeds: { backend in
                    session.start(clock) { backend.tell($0) }
                })
        }
        Talk.say(
            "\(session.setup.id) \(model.incident.status.rawValue). Recorded in "
                + "\(session.setup.directory). Try: warroom report \(session.setup.id)")
        return model.incident.resolution != nil
    }
}

/// The program that a drill's actions run: it writes what was done where the simulator reads it.
struct DrillActuatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill-actuator", abstract: "What a drill's actions run.",
        shouldDisplay: false)

    @Argument(parsing: .allUnrecognized)
    var arguments: [String] = []

    func run() throws {
        let status = Actuator.run(arguments: arguments)
        if status != 0 { throw ExitCode(status) }
    }
}
