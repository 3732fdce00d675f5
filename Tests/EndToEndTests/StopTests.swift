import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The emergency stop from where hands are, the shell and back, and terminals that are none.
@Suite(.serialized) struct StopTests {
    @Test func controlXStopsFromInsideAText() throws {
        let room = try RoomUnderTest("open")
        try room.ready()
        try room.tmux.press("n")
        try room.tmux.wait(forText: "Note")
        try room.tmux.type("hold! ")
        try room.tmux.wait(forText: "hold!")
        #expect(!room.journal().contains("stop.set"), "in a text field ! is text")
        try room.tmux.press("C-x")
        try room.waitForJournal("stop.set")
        try room.tmux.wait(forText: "EMERGENCY STOP ON")
        #expect(try room.tmux.screen().contains("hold!"), "the text is still there")
    }

    @Test func suspendsToTheShellAndComesBack() throws {
        let home = try TemporaryFolder()
        let shell = try Tmux(
            "env XDG_STATE_HOME=\(home.path)/state WARROOM_CONFIG_DIR=\(home.path) PS1='shell> ' "
                + "LC_ALL=C.UTF-8 bash --norc --noprofile -i")
        try shell.wait(forText: "shell>")
        try shell.type("\(try Repository.program) open")
        try shell.press("Enter")
        try shell.wait(for: "the room") {
            $0.contains("What is broken") || $0.contains("Resolve when")
        }
        try shell.press("Escape")
        try shell.wait(forText: "Resolve when")
        try shell.press("C-z")
        try shell.wait(for: "the shell") { $0.contains("Stopped") && !$0.contains("Resolve when") }
        #expect(try shell.value("#{alternate_on}") == "0")
        try shell.type("fg")
        try shell.press("Enter")
        try shell.wait(forText: "Resolve when")
        try shell.press("q")
        try shell.wait(forText: "y leave")
        try shell.press("y")
        try shell.wait(forText: "Recorded in")
        try shell.type("stty -a | grep -c -w -- icanon; echo $?")
        try shell.press("Enter")
        try shell.wait(for: "a terminal in its own modes") { $0.contains("\n1\n0\n") }
    }

    @Test(arguments: ["no-such-terminal", "dumb"])
    func aTerminalThatCannotDrawIsOneSentence(_ type: String) throws {
        let home = try TemporaryFolder()
        let tmux = try Tmux(
            // The shell tells the status: tmux itself misses the end of what ends at once.
            "sh -c 'XDG_STATE_HOME=\(home.path) TERM=\(type) \(try Repository.program) open; "
                + "echo exit status $?; sleep 60'")
        try tmux.wait(forText: "exit status 4")
        let text = try tmux.history().filter { $0 != "\n" }
        #expect(text.contains("TERM=\(type)"), "\(text)")
        #expect(text.contains("The terminal cannot be used"), "\(text)")
    }
}
