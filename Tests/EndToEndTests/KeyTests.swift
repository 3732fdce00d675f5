import Panes
import Room
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Every key of the table, pressed in a real terminal: each shows its own text or leaves its own
/// event. A key without an expectation here fails the last test.
@Suite(.serialized) struct KeyTests {
    /// What a key is pressed for: the screen, or the journal, says so afterwards.
    enum Sign: Sendable {
        case screen(String)
        case gone(String)
        case journal(String)
    }

    /// tmux's name of a key, what must happen, and what is pressed afterwards.
    struct Press: Sendable {
        var key: String
        var sign: Sign
        var then: [String] = []

        init(_ key: String, _ sign: Sign, then: String...) {
            self.key = key
            self.sign = sign
            self.then = then
        }
    }

    /// In a room on plain files, in this order: 160 columns, focus on the mitigations.
    static let onFiles: [Press] = [
        Press("1", .screen("1 Situation ◂")), Press("2", .screen("2 Hypotheses ◂")),
        Press("3", .screen("3 Mitigations ◂")), Press("4", .screen("◂"), then: "4"),
        Press("5", .screen("5 Timeline ◂")), Press("6", .screen("upstream timeout")),
        Press("7", .screen("7 Metrics and sources ◂")), Press("9", .screen("Situation summary")),
        Press("Escape", .screen("3 Mitigations ◂")), Press("Tab", .gone("3 Mitigations ◂")),
        Press("BTab", .screen("3 Mitigations ◂")),
        Press("+", .gone("1 Situation"), then: "+"),
        Press("?", .screen("Deciding and writing down"), then: "Escape"),
        Press("F1", .screen("Deciding and writing down"), then: "Escape"),
        Press(":", .screen("Tab complete"), then: "Escape"),
        Press("/", .screen("Find in"), then: "Escape"),
        Press("]", .screen("nothing was searched for")),
        Press("[", .screen("nothing was searched for")),
        Press("Enter", .screen("Esc close"), then: "Escape"),
        Press("i", .screen("Esc close"), then: "Escape"),
        Press("a", .screen("approve: ")), Press("x", .screen("refuse: ")),
        Press("r", .screen("undo: no action")),
        Press("n", .screen("Note"), then: "by hand", "Enter"),
        Press("m", .screen("What was done by hand?"), then: "restarted edge", "Enter"),
        Press("h", .screen("New hypothesis"), then: "the cache is cold", "Enter"),
        Press("u", .screen("Status update"), then: "Enter"),
        Press("c", .screen("Situation report"), then: "Escape"),
        Press("C-l", .screen("3 Mitigations")), Press("C-z", .screen("3 Mitigations")),
        Press("q", .screen("y leave"), then: "n"), Press("C-c", .screen("y leave"), then: "n"),
        Press("!", .journal("stop.set")),
    ]

    @Test func everyKeyDoesWhatTheTableSays() throws {
        let home = try TemporaryFolder()
        let line = "2026-08-21T10:00:00Z ERROR upstream timeout"
        try home.write((0..<80).map { "\(line) \($0)\n" }.joined(), to: "app.log")
        try home.write(
            "# TYPE http_requests_total counter\nhttp_requests_total{code=\"200\"} 5\n",
            to: "app.prom")
        let room = try RoomUnderTest(
            "open --logs \(home.file("app.log")) --metrics \(home.file("app.prom"))", home: home)
        try room.ready()
        try room.tmux.press("Escape")
        for press in Self.onFiles { try apply(press, in: room) }
        for kind in ["note.added", "action.manual", "hypothesis.added", "update.published"] {
            try room.waitForJournal(kind)
        }
    }

    private func apply(_ press: Press, in room: RoomUnderTest) throws {
        try room.tmux.press(press.key)
        switch press.sign {
        case .screen(let text):
            try room.tmux.wait(for: "\(press.key): \"\(text)\"") { $0.contains(text) }
        case .gone(let text):
            try room.tmux.wait(for: "\(press.key): no \"\(text)\"") { !$0.contains(text) }
        case .journal(let kind): try room.waitForJournal(kind)
        }
        for next in press.then {
            if ["Enter", "Escape", "+", "4", "n"].contains(next) {
                try room.tmux.press(next)
            } else {
                try room.tmux.type(next)
            }
        }
        if press.then.last == "Escape" {
            try room.tmux.wait(for: "\(press.key): closed") { $0.contains("Situation") }
        }
    }

    /// Moving, paging, finding and following in a log that is longer than the screen.
    @Test func movingKeysMoveTheLog() throws {
        let home = try TemporaryFolder()
        try home.write(
            (100..<300).map { "2026-08-21T10:00:00Z INFO unit\($0) ready\n" }.joined(),
            to: "app.log")
        let room = try RoomUnderTest("open --logs \(home.file("app.log"))", home: home)
        try room.ready()
        try room.tmux.press("6", "+")
        try room.tmux.wait(forText: "unit299")
        for (keys, text) in [
            (["g"], "unit100"), (["G"], "unit299"), (["Home"], "unit100"), (["End"], "unit299"),
            (["PPage", "PPage", "PPage", "PPage", "PPage", "PPage", "PPage"], "unit100"),
            (["NPage", "NPage", "NPage", "NPage", "NPage", "NPage", "NPage"], "unit299"),
        ] {
            for key in keys { try room.tmux.press(key) }
            try room.tmux.wait(for: "\(keys[0]): \(text)") { $0.contains(text) }
        }
        for (there, back) in [("Up", "Down"), ("k", "j")] {
            try room.tmux.press("g")
            let top = try room.tmux.wait(forText: "unit100")
            try room.tmux.press(back)
            try room.tmux.wait(for: "\(back) selects the next row") { $0 != top }
            try room.tmux.press(there)
        }
        try room.tmux.press("G")
        try room.tmux.wait(for: "following") { $0.contains("following") }
        try room.tmux.press("Space")
        try room.tmux.wait(for: "Space: paused") { !$0.contains("following") }
        try room.tmux.press("/")
        try room.tmux.wait(forText: "Show only lines")
        try room.tmux.type("unit150")
        try room.tmux.press("Enter")
        try room.tmux.wait(for: "the match alone") {
            $0.contains("unit150") && !$0.contains("unit151")
        }
    }

    /// The keys that mean something in the logs alone.
    @Test func logKeysFilterAndJump() throws {
        let home = try TemporaryFolder()
        func line(_ second: Int, _ level: String, _ text: String) -> String {
            "{\"time\":\"2026-08-21T10:00:\(second)Z\",\"level\":\"\(level)\","
                + "\"service\":\"checkout\",\"message\":\"\(text)\"}\n"
        }
        let long = String(repeating: "very ", count: 40) + "long-tail"
        try home.write(
            line(10, "info", "unit started") + line(11, "error", "kaboom happened")
                + line(12, "info", long), to: "app.log")
        let room = try RoomUnderTest("open --logs \(home.file("app.log"))", home: home)
        try room.ready()
        try room.tmux.press("6")
        try room.tmux.wait(forText: "kaboom")
        let steps: [(key: String, sign: (String) -> Bool)] = [
            ("w", { $0.contains("long-tail") }), ("w", { !$0.contains("long-tail") }),
            ("p", { $0.contains("Logs: patterns") }), ("p", { !$0.contains("Logs: patterns") }),
            ("l", { $0.contains("only level:warning") }),
            ("l", { $0.contains("only level:error") }),
            ("l", { !$0.contains("only level") }),
            ("(", { $0.contains("▸ 10:00:11") }), (")", { $0.contains("no error below") }),
            ("f", { $0.contains("only pattern:") }), ("f", { !$0.contains("only pattern:") }),
            ("s", { $0.contains("only service:checkout") }),
            ("BSpace", { !$0.contains("only service") }),
            ("-", { $0.contains("only -pattern:") }), ("BSpace", { !$0.contains("only -") }),
            ("@", { $0.contains("Go to which time") }),
        ]
        for step in steps {
            try room.tmux.press(step.key)
            try room.tmux.wait(for: step.key, step.sign)
        }
        try room.tmux.type("2026-08-21T10:00:10Z")
        try room.tmux.press("Enter")
        try room.tmux.wait(for: "the first line") { $0.contains("▸ 10:00:10") }
    }

    /// `t` and `e` need a hypothesis; there is one of our own.
    @Test func hypothesisKeysWriteTheirEvents() throws {
        let room = try RoomUnderTest("open")
        try room.ready()
        try room.palette("hypothesis the cache is cold")
        try room.waitForJournal("hypothesis.added")
        try room.tmux.press("2")
        try room.tmux.wait(for: "the hypothesis, ranked") { screen in
            screen.split(separator: "\n").contains {
                $0.contains("weak") && $0.contains("the cache is cold")
            }
        }
        try room.tmux.press("g", "t")
        try room.waitForJournal("hypothesis.status")
        try room.tmux.press("e")
        try room.tmux.wait(forText: "Evidence about")
        try room.tmux.type("hit rate is 3 %")
        try room.tmux.press("Enter")
        try room.waitForJournal("evidence.added")
    }

    @Test func typedCommandsWriteTheirEvents() throws {
        let room = try RoomUnderTest("open")
        try room.ready()
        for (line, kind) in [
            ("severity SEV3 one customer", "incident.severity"), ("phase fix", "incident.phase"),
            ("status mitigated drained", "incident.status"), ("title cold cache", "incident.title"),
            ("onset 2026-08-21T14:02:10Z", "incident.milestone"),
            ("follow-up warm it first", "followup.added"), ("ic root", "role.assigned"),
            ("resolve nothing was wrong", "incident.resolved"),
            ("reopen it is back", "incident.reopened"),
            ("resolve again", "incident.resolved"), ("close", "incident.closed"),
        ] {
            try room.palette(line)
            try room.waitForJournal(kind)
            try room.tmux.wait(for: "the palette closed") { !$0.contains("Tab complete") }
        }
        try room.palette("export")
        try room.tmux.wait(forText: "report written to")
        try room.palette("theme light")
        try room.tmux.wait(for: "the room") { $0.contains("Situation") }
    }

    /// The table and these tests name the same keys.
    @Test func everyKeyOfTheTableIsPressedHere() {
        let pressed = Set(Self.onFiles.map(\.key)).union([
            "g", "G", "Home", "End", "PPage", "NPage", "Up", "Down", "k", "j", "Space", "t", "e",
            "(", ")", "l", "p", "f", "-", "s", "BSpace", "@", "w",
        ])
        let names = [
            "Esc": "Escape", "Shift-Tab": "BTab", "PgUp": "PPage", "PgDn": "NPage", "↑": "Up",
            "↓": "Down", "Ctrl-X": "C-x", "Ctrl-C": "C-c", "Ctrl-Z": "C-z", "Ctrl-L": "C-l",
            "Backspace": "BSpace",
        ]
        for key in Bindings.all.flatMap({ $0.keyText.split(separator: " ").map(String.init) }) {
            let name = names[key] ?? key
            // StopTests presses it, inside a text field.
            if name == "C-x" { continue }
            #expect(pressed.contains(name), "\(key) is pressed by no test")
        }
    }
}
