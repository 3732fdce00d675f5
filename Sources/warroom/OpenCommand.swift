import App
import ArgumentParser
import Basics
import Incidents
import Journals
import Playbooks
import Room

struct OpenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: "Open the room: declares a new incident, or goes on with INC.")

    @Argument(help: "The incident, for example INC-2041; without it the next free id.")
    var incident: String?

    @OptionGroup var sources: SourceOptions
    @OptionGroup var screen: ScreenOptions

    @Option(help: "Title of a new incident.")
    var title: String = ""

    @Flag(help: "Watch only: nothing is written and nothing can be run.")
    var observe = false

    @Option(
        help: """
            Take the incident over from a room that has not answered for 30 s, and say why. The \
            silent room is ended; whoever opens is IC.
            """)
    var takeOver: String?

    @Option(help: "Where the room's socket is to be, or, to watch, where the other room's is.")
    var room: String?

    func run() throws {
        try freeIncident()
        ProcessSignals.prepareForRoom()
        let store = IncidentStore(
            stateDirectory: IncidentStore.defaultStateDirectory(environment: Environment.all))
        let known = try checkedID()
        let terminal = try MainActor.assumeIsolated { try RoomLauncher.openScreen(screen.options) }
        var isHandedOver = false
        defer { if !isHandedOver { MainActor.assumeIsolated { RoomLauncher.leave(terminal) } } }
        if let id = known ?? IncidentID(store.nextFreeID()) {
            let isNew = !observe && !store.list().contains(id.text)
            MainActor.assumeIsolated { RoomLauncher.greet(id, on: terminal, isNew: isNew) }
        }
        let configuration = try sources.configuration()
        let rules = try RuleFiles.load(configuration)
        let id = try known ?? claim(store)
        var setup = RoomSetup(
            id: id, directory: store.path(for: id.text), stateDirectory: store.stateDirectory,
            configuration: configuration, actor: try CurrentUser.actor())
        setup.isObserver = observe
        setup.title = title
        setup.socketPath = room.map(Paths.absolute)
        var options = screen.options
        options.takeOver = takeOver
        isHandedOver = true
        let model = try MainActor.assumeIsolated {
            try RoomLauncher.run(
                setup, clock: SystemClock(), rules: rules, screen: terminal,
                options: options)
        }
        Talk.say("\(id) \(model.incident.status.rawValue). Recorded in \(setup.directory)")
        if let problem = model.journalProblem {
            Talk.say("NOT everything was recorded: \(problem)")
            throw ExitCode(ExitStatus.environment.rawValue)
        }
    }

    /// Ends a room that no longer answers; on the plain terminal, because it takes its time.
    private func freeIncident() throws {
        guard let takeOver else { return }
        func misuse(_ why: String) -> Failure {
            Failure(
                "takeOver.misuse", "Nothing can be taken over", why: why,
                unchanged: "Nothing was opened", exit: .usage)
        }
        guard !observe else { throw misuse("--observe only watches") }
        guard !takeOver.utf8.allSatisfy({ $0 <= 0x20 }) else { throw misuse("it needs a reason") }
        guard let id = try checkedID() else { throw misuse("name the incident") }
        let directory = try IncidentArgument.directory(id.text)
        try TakeOver(
            incident: id, directory: directory, actor: try CurrentUser.actor(),
            settings: try sources.configuration().safety
        ).run()
    }

    private func checkedID() throws(Failure) -> IncidentID? {
        guard let text = incident else {
            guard !observe else {
                throw Failure(
                    "open.observeNothing", "--observe needs an incident to watch",
                    unchanged: "Nothing was opened",
                    next: "Name one of those that `warroom status` lists", exit: .usage)
            }
            return nil
        }
        guard let id = IncidentID(text) else { throw IncidentArgument.invalid(text) }
        if observe { _ = try IncidentArgument.directory(text) }
        return id
    }

    private func claim(_ store: IncidentStore) throws(Failure) -> IncidentID {
        let text = try store.claimNextID()
        guard let id = IncidentID(text) else { throw IncidentArgument.invalid(text) }
        return id
    }
}

/// Incident ids as arguments.
enum IncidentArgument {
    static func invalid(_ text: String) -> Failure {
        Failure(
            "incident.badID", "Not an incident id", subject: "\"\(text)\"",
            why: "an id is INC- and 4 to 8 digits, for example INC-2041",
            unchanged: "Nothing was opened", exit: .usage)
    }

    /// The directory of an existing incident.
    static func directory(_ text: String) throws(Failure) -> String {
        guard let id = IncidentID(text) else { throw invalid(text) }
        let store = IncidentStore(
            stateDirectory: IncidentStore.defaultStateDirectory(environment: Environment.all))
        guard store.list().contains(id.text) else {
            let known = store.list().suffix(5).joined(separator: ", ")
            throw Failure(
                "incident.unknown", "There is no such incident", subject: id.text,
                why: known.isEmpty ? "none is recorded here" : "recorded here: \(known)",
                exit: .usage)
        }
        return store.path(for: id.text)
    }
}
