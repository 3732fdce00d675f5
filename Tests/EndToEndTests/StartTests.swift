import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite(.serialized) struct StartTests {
    @Test func opensOnPlainFilesAndLeavesTheTerminalAsItWas() throws {
        let home = try TemporaryFolder()
        try home.write("2026-08-21T10:00:00Z ERROR upstream timeout\n", to: "app.log")
        try home.write(
            "# TYPE http_requests_total counter\nhttp_requests_total{code=\"200\"} 5\n",
            to: "app.prom")
        let room = try RoomUnderTest(
            "open --logs \(home.file("app.log")) --metrics \(home.file("app.prom"))", home: home)
        try room.ready()
        try room.tmux.wait(forText: "INC-0001")
        try room.tmux.press("6")
        try room.tmux.wait(forText: "upstream timeout")
        #expect(try room.tmux.value("#{alternate_on}") == "1")
        try room.tmux.press("q")
        try room.tmux.wait(for: "the question") { $0.lowercased().contains("leave") }
        try room.tmux.press("y")
        try poll("the end") { room.tmux.isDead }
        #expect(try room.tmux.value("#{alternate_on}") == "0")
        try poll("where it is recorded") { try room.tmux.history().contains("Recorded in") }
    }

    @Test(arguments: [SIGTERM, SIGHUP]) func signalsRestoreTheTerminal(_ signal: Int32) throws {
        let room = try RoomUnderTest("open")
        try room.ready()
        kill(try room.pid, signal)
        try poll("the end") { room.tmux.isDead }
        #expect(try room.tmux.value("#{alternate_on}") == "0")
    }

    @Test func survivesAStormOfResizes() throws {
        let room = try RoomUnderTest("open")
        try room.ready()
        for round in 0..<40 {
            try room.tmux.resize(width: 20 + (round * 37) % 200, height: 3 + (round * 13) % 60)
        }
        try room.tmux.resize(width: 30, height: 8)
        try room.tmux.wait(forText: "40×10")
        try room.tmux.resize(width: 160, height: 45)
        try room.tmux.wait(forText: "Resolve when")
        #expect(!room.tmux.isDead)
    }

    @Test func quittingAsksAndEscapeNeverQuits() throws {
        let room = try RoomUnderTest("open")
        try room.ready()
        for _ in 0..<6 { try room.tmux.press("Escape") }
        try room.tmux.press("q")
        try room.tmux.wait(for: "the question") { $0.lowercased().contains("leave") }
        try room.tmux.press("n")
        try room.tmux.press("?")
        try room.tmux.wait(for: "help") { $0.lowercased().contains("emergency stop") }
        #expect(!room.tmux.isDead)
    }

    @Test func killedRoomLosesNothing() throws {
        let home = try TemporaryFolder()
        let first = try RoomUnderTest("open", home: home)
        try first.ready()
        try first.tmux.press("n")
        try first.tmux.type("database failed over at ten")
        try first.tmux.press("Enter")
        try first.waitForJournal("database failed over at ten")
        kill(try first.pid, SIGKILL)
        try poll("the end") { first.tmux.isDead }
        let second = try RoomUnderTest("open INC-0001", home: home)
        try second.ready()
        try second.tmux.wait(forText: "database failed over at ten")
        let verified = try second.command("verify", "INC-0001")
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }

    @Test func secondRoomIsReadOnly() throws {
        let home = try TemporaryFolder()
        let first = try RoomUnderTest("open", home: home)
        try first.ready()
        let second = try RoomUnderTest("open INC-0001", home: home)
        try second.tmux.wait(forText: "watching only")
        try second.tmux.press("u")
        try second.tmux.wait(forText: "read-only")
        try second.tmux.press("n")
        try second.tmux.type("handed on")
        try second.tmux.press("Enter")
        try first.waitForJournal("handed on")
        try first.tmux.wait(forText: "handed on")
        try first.tmux.press("n")
        try first.tmux.type("seen in both rooms")
        try first.tmux.press("Enter")
        try second.tmux.wait(forText: "seen in both rooms")
    }
}
