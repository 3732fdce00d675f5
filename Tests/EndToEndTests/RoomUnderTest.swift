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

    /// Waits for the first frame and gets the declaration out of the way.
    func ready() throws {
        try tmux.wait(for: "the room") { $0.contains("Situation") || $0.contains("What is broken") }
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
    func command(_ arguments: String...) throws -> ChildProcess {
        try ChildProcess.run(
            [try Repository.program] + arguments,
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
}
