import Basics
import Support

#if canImport(Glibc)
    import Glibc
#endif

/// The built program in a real tmux with a state directory of its own.
final class RoomUnderTest {
    let home: TemporaryFolder
    let tmux: Tmux

    /// - Parameter arguments: what follows `warroom`.
    init(_ arguments: String, home: TemporaryFolder? = nil, width: Int = 160, height: Int = 45)
        throws
    {
        let folder = try home ?? TemporaryFolder()
        self.home = folder
        let program = try Repository.program
        tmux = try Tmux(
            "env XDG_STATE_HOME=\(folder.path)/state WARROOM_CONFIG_DIR=\(folder.path)/config "
                + "TMPDIR=\(folder.path) LC_ALL=C.UTF-8 SWIFT_BACKTRACE=enable=no "
                + "\(program) \(arguments)", width: width, height: height)
    }

    /// Before its folder goes: the room writes until it has ended.
    deinit { tmux.close() }

    /// Waits for the first frame and gets the declaration out of the way.
    func ready() throws {
        try tmux.wait(for: "the room") { $0.contains("Situation") || $0.contains("What is broken") }
        // A frame may be captured while it is being drawn.
        usleep(150_000)
        if try tmux.screen().contains("What is broken") {
            try tmux.press("C-d")
            try tmux.wait(for: "the panes") { !$0.contains("What is broken") }
        }
    }

    /// The journal of `incident` as text.
    func journal(_ incident: String = "INC-0001") -> String {
        (try? home.text("state/warroom/incidents/\(incident)/journal/000001.wj")) ?? ""
    }

    func waitForJournal(_ text: String, incident: String = "INC-0001") throws {
        try poll("\(text) in the journal") {
            journal(incident).contains(text)
        } describe: {
            (try? tmux.screen()) ?? ""
        }
    }

    /// A command beside the room, on the same state.
    func command(_ name: String, _ arguments: String...) throws -> ChildProcess {
        try command(name, arguments)
    }

    func command(_ name: String, _ arguments: some Collection<String>) throws -> ChildProcess {
        try ChildProcess.run(
            [try Repository.program, name] + arguments,
            environment: [
                "XDG_STATE_HOME": home.path + "/state", "WARROOM_CONFIG_DIR": home.path + "/config",
                "TMPDIR": home.path,
            ])
    }

    /// The room's process id.
    var pid: Int32 {
        get throws { Int32(try tmux.value("#{pane_pid}")) ?? -1 }
    }

    func palette(_ line: String) throws {
        try tmux.press(":")
        try tmux.wait(for: "the palette") { $0.contains(":") }
        try tmux.type(line)
        try tmux.press("Enter")
    }

    // MARK: In a drill

    /// Selects the rollback that is advised and opens its card.
    func openRollbackCard() throws {
        try poll("the rollback's card", patience: .seconds(90)) {
            if isCard(try tmux.screen()) { return true }
            try tmux.press("Escape", "3", "g")
            for _ in 0..<8 where !(try isRollbackSelected()) { try tmux.press("j") }
            guard try isRollbackSelected() else { return false }
            try tmux.press("a")
            return (try? tmux.wait(for: "the card", patience: .seconds(3), isCard)) != nil
        } describe: {
            (try? tmux.screen()) ?? ""
        }
    }

    private func isCard(_ screen: String) -> Bool {
        screen.contains("drill-actuator") && screen.contains("approve nothing")
    }

    private func isRollbackSelected() throws -> Bool {
        usleep(100_000)
        return try tmux.screen().split(separator: "\n").contains {
            $0.contains("▸") && $0.contains("roll back checkout to 9c1e07b")
        }
    }

    /// Takes the open card to its approval; gives the reason when it asks for one.
    func approve() throws {
        try tmux.press("Y")
        usleep(300_000)
        if try tmux.screen().contains("type the reason") {
            try tmux.press("Tab")
            try tmux.type("the deploy is the leading hypothesis")
            try tmux.press("Tab", "Y")
        }
        try waitForJournal("mitigation.approved")
    }
}
