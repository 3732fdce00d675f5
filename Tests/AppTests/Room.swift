import App
import Basics
import Canvas
import Incidents
import Journals
import Playbooks
import Room
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A backend on a journal of its own, with one action that touches a file.
struct AppRoom {
    let home: TemporaryFolder
    let clock = ManualClock(wall: Timestamp(nanoseconds: 1_787_306_400_000_000_000))
    let inbox = Mailbox<Message>(capacity: nil)
    let backend: Backend
    private(set) var model: Model

    static let configuration = """
        environment: staging
        tickets: false
        on_call: false
        services:
          checkout: {tier: backend, customers: 10%}
        actions:
          touch:
            title: touch a file
            tier: contained
            risk: low
            steps: [[/usr/bin/touch, HOME/ran]]
            rollback: {steps: [[/usr/bin/rm, -f, HOME/ran]]}
            tested_in: [staging]
        stop_files: [HOME/STOP]
        """

    init(home: TemporaryFolder? = nil, isObserver: Bool = false) throws {
        let home = try home ?? TemporaryFolder()
        self.home = home
        let text = Self.configuration.replacing("HOME", with: home.path)
        let path = try home.write(text, to: "warroom.yaml")
        let (configuration, lint) = try ConfigurationLoader.load(path: path)
        try #require(lint.failure == nil, "\(String(describing: lint.failure))")
        var setup = RoomSetup(
            id: try #require(IncidentID("INC-2041")),
            directory: home.path + "/incidents/INC-2041", stateDirectory: home.path,
            configuration: configuration, actor: Actor(uid: 1000, name: "ops1"))
        setup.isObserver = isObserver
        let inbox = inbox
        backend = try Backend(setup: setup, clock: clock, rules: [], post: { inbox.send($0) })
        model = try backend.openModel(size: Size(width: 120, height: 40))
        settle()
        take(.stopFiles([]))
        backend.watchStopFiles()
        settle()
    }

    mutating func take(_ message: Message) {
        let effects = model.update(message)
        backend.publish(model)
        for effect in effects { backend.perform(effect, model) }
    }

    mutating func settle() {
        while true {
            backend.settle()
            let messages = inbox.receive().values
            guard !messages.isEmpty else { return }
            for message in messages { take(message) }
        }
    }

    mutating func perform(_ effect: Effect) {
        backend.perform(effect, model)
        settle()
    }

    mutating func run(_ command: Command, _ argument: String = "") {
        take(.command(command, argument: argument))
        settle()
    }

    mutating func press(_ keys: Key...) {
        for key in keys {
            take(.key(key))
            settle()
        }
    }

    var kinds: [String] {
        get throws { try JournalReader.open(backend.setup.directory).readNew().map(\.kind) }
    }
    var hasRun: Bool { access(home.file("ran"), F_OK) == 0 }
    var card: ApprovalCard? {
        if case .card(let card) = model.overlay { return card }
        return nil
    }

    static let touch = Effect.propose(
        ProposalRequest(
            basis: .action("touch", target: "checkout", slots: [:]), reason: "a test"))

    /// Takes the open card through its stations to an approval.
    mutating func approveOnCard() throws {
        let stations = try #require(card).stations
        for station in stations.dropFirst() {
            press(.tab)
            if station == .reason {
                for character in "seen by hand" { press(.character(character)) }
            }
        }
        press(.enter)
    }
}
