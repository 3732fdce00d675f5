import Basics
import Support

#if canImport(Glibc)
    import Glibc
#endif

/// A room of one real user of this machine, with a second one and an agent beside it, in production
/// and with one action that cannot be taken back.
final class RoomOfPeople {
    let users: OtherUsers
    let home: TemporaryFolder
    let incident: String
    var first: OtherUsers.User { users.users[0] }
    var second: OtherUsers.User { users.users[1] }
    var agent: OtherUsers.User { users.users[2] }
    private(set) var room: Tmux?

    /// nil, and a message, where no users can be made.
    ///
    /// - Parameter alsoRoot: what root may do, as a list; nil: root has no part.
    init?(people: String? = nil, window: String = "0s", alsoRoot: String? = nil) throws {
        guard let users = try OtherUsers(3) else { return nil }
        self.users = users
        home = try TemporaryFolder()
        // A number of its own: other rooms of this machine have sockets too.
        incident = "INC-\(Int.random(in: 10_000_000..<99_999_999))"
        chmod(home.path, 0o755)
        for (number, user) in users.users.enumerated() {
            mkdir(home.file("home\(number)"), 0o700)
            chown(home.file("home\(number)"), user.uid, user.uid)
        }
        mkdir(home.file("out"), 0o755)
        chown(home.file("out"), first.uid, first.uid)
        mkdir(home.file("stop"), 0o755)
        try home.write("#!/bin/sh\necho \"$1\" >> \(home.file("out/ran"))\n", to: "tool")
        chmod(home.file("tool"), 0o755)
        try home.write(
            Self.configuration.replacing("HOME", with: home.path)
                .replacing("WINDOW", with: window)
                .replacing("PEOPLE", with: people ?? named(alsoRoot)), to: "warroom.yaml")
        chmod(home.file("warroom.yaml"), 0o644)
    }

    private func named(_ root: String?) -> String {
        """
        people:
          \(first.name): {may: [note, propose, object, approve, command]}
          \(second.name): {may: [note, propose, object, approve, command]}
          \(agent.name): {may: [note, propose], agent: true}
        """ + (root.map { "\n  root: {may: \($0)}" } ?? "")
    }

    private static let configuration = """
        environment: production
        tickets: false
        on_call: false
        services:
          checkout: {tier: backend, customers: 10%}
        actions:
          purge:
            title: purge the queue
            tier: contained
            risk: low
            steps: [[HOME/tool, '{service}']]
            slots: {service: service}
            destructive: true
            irreversible: true
            tested_in: [staging]
            cannot_undo: the messages in the queue
          flip:
            title: switch the flag off
            tier: contained
            risk: low
            steps: [[HOME/tool, '{service}']]
            slots: {service: service}
            rollback: {steps: [[HOME/tool, '{service}']]}
            tested_in: [staging]
        policy: {objection_window: WINDOW, two_persons: [destructive, production]}
        stop_files: [HOME/stop/STOP]
        PEOPLE
        """

    private func environment(_ number: Int) -> [String] {
        [
            "env", "-i", "PATH=/usr/bin:/bin", "HOME=\(home.file("home\(number)"))",
            "XDG_STATE_HOME=\(home.file("home\(number)"))", "TERM=xterm-256color",
            "WARROOM_CONFIG_DIR=\(home.file("home\(number)"))", "LC_ALL=C.UTF-8",
            "SWIFT_BACKTRACE=enable=no",
        ]
    }

    private func line(_ user: OtherUsers.User, _ arguments: [String]) throws -> [String] {
        let number = users.users.firstIndex { $0.uid == user.uid } ?? 0
        return user.prefix + environment(number) + [try Repository.program] + arguments
    }

    /// The first user's room, as in a terminal of theirs.
    func open(_ more: String...) throws {
        let arguments = ["open", incident, "--config", home.file("warroom.yaml")] + more
        let tmux = try Tmux(try line(first, arguments).joined(separator: " "))
        room = tmux
        try tmux.wait(for: "the room") {
            $0.contains("Situation") || $0.contains("What is broken")
        }
        usleep(150_000)
        if try tmux.screen().contains("What is broken") {
            try tmux.press("C-d")
            try tmux.wait(for: "the panes") { !$0.contains("What is broken") }
        }
    }

    /// Root's own screen of the same incident, which only watches.
    func viewer() throws -> Tmux {
        let words =
            environment(0) + [
                try Repository.program, "open", incident, "--observe", "--config",
                home.file("warroom.yaml"),
            ]
        return try Tmux(words.joined(separator: " "))
    }

    /// A command of the shell by `user`, without a terminal.
    func command(_ user: OtherUsers.User, _ arguments: String...) throws -> ChildProcess {
        try ChildProcess.run(try ["setsid", "--wait"] + line(user, arguments))
    }

    /// A command by `user` in a terminal of their own; its status is shown at the end.
    func terminal(_ user: OtherUsers.User, _ arguments: String...) throws -> Tmux {
        let text = try line(user, arguments).map { "'\($0)'" }.joined(separator: " ")
        let script = try home.write(
            "#!/bin/sh\n\(text)\necho \"exit status $?\"\nsleep 600\n",
            to: "script\(Int.random(in: 0..<1_000_000))")
        chmod(script, 0o755)
        return try Tmux(script, width: 160, height: 50)
    }

    /// Key by key, as fast as a person.
    func type(_ text: String, _ tmux: Tmux) throws {
        usleep(400_000)
        for character in text {
            try tmux.type(String(character))
            usleep(40_000)
        }
    }

    deinit {
        // The room goes before its user does.
        if let pid = try? room?.value("#{pane_pid}"), let pid = Int32(pid) { kill(pid, SIGKILL) }
    }

    func propose(_ action: String = "purge", by user: OtherUsers.User) throws -> ChildProcess {
        try command(
            user, "propose", action, "checkout", "--slot", "service=checkout", "--reason",
            "the queue is poisoned", "--incident", incident)
    }

    var ran: String { (try? home.text("out/ran")) ?? "" }
    var journal: String {
        (try? home.text("home0/warroom/incidents/\(incident)/journal/000001.wj")) ?? ""
    }
    func waitForJournal(_ text: String) throws {
        try poll("\(text) in the journal") {
            journal.contains(text)
        } describe: {
            (try? room?.screen()) ?? ""
        }
    }
}
