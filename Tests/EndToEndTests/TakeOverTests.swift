import Basics
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A room that no longer answers hands over; one that answers does not.
@Suite(.serialized) struct TakeOverTests {
    /// A room below a shell: tmux wakes its own stopped children.
    private final class StoppableRoom {
        let home: TemporaryFolder
        let tmux: Tmux
        private var inAShell: [Tmux] = []

        init(_ configuration: String) throws {
            let home = try TemporaryFolder()
            self.home = home
            mkdir(home.file("config"), 0o755)
            try home.write(
                configuration.replacing("HOME", with: home.path), to: "config/warroom.yaml")
            try home.write("#!/bin/sh\ntouch \(home.file("begun"))\nsleep 600\n", to: "tool")
            chmod(home.file("tool"), 0o755)
            tmux = try Self.shell(home, "open --room \(home.file("room.sock"))")
            try tmux.wait(for: "the room") {
                $0.contains("Situation") || $0.contains("What is broken")
            }
            usleep(150_000)
            if try tmux.screen().contains("What is broken") { try tmux.press("C-d") }
            try tmux.wait(forText: "Resolve when")
        }

        static func shell(_ home: TemporaryFolder, _ arguments: String) throws -> Tmux {
            let script = try home.write(
                """
                #!/bin/sh
                export XDG_STATE_HOME=\(home.path)/state WARROOM_CONFIG_DIR=\(home.path)/config
                export TMPDIR=\(home.path) LC_ALL=C.UTF-8 SWIFT_BACKTRACE=enable=no
                \(try Repository.program) \(arguments)
                echo "exit status $?"
                sleep 600
                """, to: "script\(Int.random(in: 0..<1_000_000))")
            chmod(script, 0o755)
            return try Tmux(script)
        }

        deinit {
            tmux.close()
            RunningProcess.endActions(having: home.file("tool"))
        }

        func shell(_ arguments: String) throws -> Tmux { try Self.shell(home, arguments) }

        var journal: String {
            (try? home.text("state/warroom/incidents/INC-0001/journal/000001.wj")) ?? ""
        }
        /// The process that holds the journal.
        var holder: Int32 {
            let text = (try? home.text("state/warroom/incidents/INC-0001/journal/lock")) ?? ""
            let words = text.split(separator: " ")
            return words.count > 1 ? Int32(words[1]) ?? -1 : -1
        }

        /// Proposes and approves the action that lasts.
        func runSomething() throws {
            let room = "--room \(home.file("room.sock"))"
            let proposed = try shell("propose last checkout --reason 'a test' \(room)")
            try proposed.wait(forText: "exit status 0")
            let approved = try shell("approve M1 --review seen \(room)")
            try approved.wait(forText: "Press Enter")
            usleep(400_000)
            try approved.press("Enter")
            try approved.wait(forText: "exit status 0")
            try poll("the action") { access(home.file("begun"), F_OK) == 0 }
        }
    }

    private static let configuration = """
        environment: staging
        tickets: false
        on_call: false
        services:
          checkout: {tier: backend, customers: 10%}
        actions:
          last:
            title: something that lasts
            tier: contained
            risk: low
            steps: [[HOME/tool]]
            rollback: {steps: [[HOME/tool]]}
            tested_in: [staging]
        stop_files: [HOME/STOP]
        """

    @Test func aRoomThatAnswersIsNotTakenOver() throws {
        let room = try StoppableRoom(Self.configuration)
        let other = try room.shell(
            "open INC-0001 --take-over 'I want it' --room \(room.home.file("other.sock"))")
        try other.wait(forText: "exit status 3")
        let text = try other.history()
        #expect(text.contains("The room is alive"))
        #expect(text.contains("open INC-0001 --observe"))
        #expect(kill(room.holder, 0) == 0)
        #expect(!room.journal.contains("command.transferred"))
        // Where it listens is written down beside the journal; without that silence is no proof.
        unlink(room.home.file("state/warroom/incidents/INC-0001/socket"))
        let blind = try room.shell(
            "open INC-0001 --take-over 'I want it' --room \(room.home.file("other.sock"))")
        try blind.wait(forText: "exit status 4")
        #expect(try blind.history().contains("no socket of it is found"))
        #expect(kill(room.holder, 0) == 0)
        let needsReason = try room.shell("open INC-0001 --take-over ' '")
        try needsReason.wait(forText: "exit status 2")
    }

    @Test func aRoomThatIsStoppedIsEndedAfterThirtySecondsAndItsActionIsUnknown() throws {
        let room = try StoppableRoom(Self.configuration)
        try room.runSomething()
        let silent = room.holder
        try #require(silent > 0)
        kill(silent, SIGSTOP)
        let begin = SystemClock().now.boot
        let next = try room.shell(
            "open INC-0001 --take-over 'the other screen froze' --room "
                + room.home.file("other.sock"))
        try next.wait(forText: "does not answer")
        try next.wait(for: "the room", patience: .seconds(90)) { $0.contains("Resolve when") }
        #expect(SystemClock().now.boot - begin >= .seconds(30))
        #expect(kill(silent, 0) != 0 || room.holder != silent)
        try poll("the record") { room.journal.contains("command.transferred") }
        #expect(room.journal.contains("\"isTakeover\":true"))
        #expect(room.journal.contains("the other screen froze"))
        #expect(room.journal.contains("action.unknown"))
        try next.wait(forText: "outcome unknown")
        next.close()
    }
}
