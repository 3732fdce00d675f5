import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Rooms that read commands: they end with the room, however it ends.
@Suite(.serialized) struct CommandSourceTests {
    /// A home with a log and a configuration that reads it by three commands, one of them stubborn.
    private func home() throws -> TemporaryFolder {
        let home = try TemporaryFolder()
        try home.write("2026-08-21T10:00:00Z ERROR upstream timeout\n", to: "app.log")
        try home.write(
            """
            sources:
              logs:
                - {command: [tail, -F, \(home.file("app.log"))], service: checkout}
                - {command: [/bin/sh, -c, "trap '' TERM HUP; echo stubborn; \
            while :; do sleep 1; done", \(home.path)]}
                - {command: [no-such-program, -f, \(home.path)]}
            """, to: "warroom.yaml")
        return home
    }

    /// What runs with this test's folder among its arguments, the room itself left out.
    private func children(_ home: TemporaryFolder) -> [String] {
        RunningProcess.having(home.path).map { RunningProcess.arguments(of: $0) }
            .filter { $0.first?.hasSuffix("/warroom") == false && $0.first != "tmux" }
            .map { $0.joined(separator: " ") }
    }

    private func open(_ home: TemporaryFolder, _ more: String = "") throws -> RoomUnderTest {
        let room = try RoomUnderTest(
            "open \(more)--config \(home.file("warroom.yaml"))", home: home)
        try room.ready()
        try room.tmux.press("6")
        try room.tmux.wait(forText: "upstream timeout")
        try room.tmux.wait(forText: "stubborn")
        try poll("both commands and their keepers") {
            children(home).count >= 4
        } describe: {
            children(home).joined(separator: "\n")
        }
        return room
    }

    @Test func endWithARoomThatIsKilled() throws {
        let home = try home()
        let room = try open(home)
        kill(try room.pid, SIGKILL)
        try poll("the end of the room") { room.tmux.isDead }
        try poll("the end of the commands") {
            children(home).isEmpty
        } describe: {
            children(home).joined(separator: "\n")
        }
    }

    @Test func endWithARoomThatIsLeft() throws {
        let home = try home()
        let room = try open(home)
        try room.tmux.press("q")
        try room.tmux.wait(for: "the question") { $0.lowercased().contains("leave") }
        try room.tmux.press("y")
        try poll("the end of the room") { room.tmux.isDead }
        try poll("the end of the commands") { children(home).isEmpty }
    }

    @Test func areSourcesLikeOthers() throws {
        let home = try home()
        let room = try open(home)
        try room.tmux.press("7")
        try room.tmux.wait(forText: "tail -F")
        try room.tmux.wait(forText: "There is no such program")
        try room.waitForJournal("source.stale")
        #expect(room.journal().contains("no-such-program"))
        // The emergency stop stops actions, not diagnostics.
        try room.tmux.press("!")
        try room.waitForJournal("stop.set")
        let writer = Writer(home.file("app.log"))
        writer.write("2026-08-21T10:00:01Z ERROR written under the stop\n")
        try room.tmux.press("6")
        try room.tmux.wait(forText: "written under the stop")
        let watching = try RoomUnderTest(
            "open INC-0001 --observe --config \(home.file("warroom.yaml"))", home: home)
        try watching.ready()
        try watching.tmux.press("6")
        try watching.tmux.wait(forText: "written under the stop")
        kill(try watching.pid, SIGKILL)
        // What delivers from the start was never journalled as silent.
        try room.tmux.press("5")
        try room.tmux.wait(forText: "no-such-program")
        #expect(!room.journal().contains("\"source\":\"tail"))
    }

    @Test func areNamedOnTheCommandLine() throws {
        let home = try home()
        let room = try RoomUnderTest(
            "open --log-command 'tail -F \(home.file("app.log"))' "
                + "--log-command '[\"printf\", \"two words\\\\n\", \"\(home.path)\"]'",
            home: home)
        try room.ready()
        try room.tmux.press("6")
        try room.tmux.wait(forText: "upstream timeout")
        try room.tmux.wait(forText: "two words")
        let refused = try room.command("doctor", "--log-command", "tail -F a | grep b")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("no shell reads it"), "\(refused.errors)")
    }

    @Test func areCheckedAndLookedFor() throws {
        let home = try home()
        try home.write(
            "sources: {logs: [{command: [bin/x]}, {command: [journalctl]}]}", to: "b.yaml")
        let program = try Repository.program
        let checked = try ChildProcess.run([program, "check", home.file("b.yaml")])
        #expect(checked.status == 1)
        let all = checked.output + checked.errors
        #expect(all.contains("neither an absolute path nor a name alone"), "\(all)")
        #expect(all.contains("ends by itself without -f"), "\(all)")
        let doctor = try ChildProcess.run(
            [program, "doctor", "--config", home.file("warroom.yaml")],
            environment: ["XDG_STATE_HOME": home.path + "/state"])
        #expect(doctor.output.contains("tail -F \(home.file("app.log")): /usr/bin/tail"))
        #expect(doctor.output.contains("NOT POSSIBLE: There is no such program"))
    }
}
