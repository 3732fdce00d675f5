import Basics
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Screen 6 in a real terminal, on real files, also while they are flooded.
@Suite(.serialized) struct LogScreenTests {
    private static let header = "2026-11-21T"

    /// A log of `count` lines, one a second from 08:00; every tenth is an error.
    private static func lines(_ range: Range<Int>) -> String {
        range.map { index in
            let clock = [index / 3600 + 8, index / 60 % 60, index % 60].map {
                $0 < 10 ? "0\($0)" : "\($0)"
            }
            let text =
                index % 10 == 0
                ? "ERROR upstream timeout number \(index)" : "INFO request \(index) ok"
            return header + clock.joined(separator: ":") + "Z " + text + "\n"
        }.joined()
    }

    private func room(_ lines: Range<Int>, width: Int = 120, height: Int = 40) throws
        -> (room: RoomUnderTest, path: String)
    {
        let home = try TemporaryFolder()
        let path = try home.write(Self.lines(lines), to: "app.log")
        let room = try RoomUnderTest(
            "open --logs \(path)", home: home, width: width, height: height)
        try room.ready()
        try room.tmux.press("6")
        try room.tmux.wait(for: "the newest line") {
            $0.contains("request \(lines.upperBound - 1) ok")
        }
        return (room, path)
    }

    private func append(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_APPEND)
        #expect(file >= 0)
        defer { close(file) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// The row under the cursor, without what may follow its text.
    private func cursor(_ screen: String) -> String {
        screen.split(separator: "\n").first { $0.contains("│▸") }.map(
            String.init)
            ?? ""
    }

    /// The rows of lines, without the figures above them.
    private func list(_ screen: String) -> [Substring] {
        screen.split(separator: "\n").filter { $0.contains("request ") || $0.contains("upstream") }
    }

    @Test func aPausedViewStandsStillInAFlood() throws {
        let (room, path) = try room(0..<2_000)
        try room.tmux.press("k", "k", "k")
        try room.tmux.wait(for: "the pause") { cursor($0).contains("request 1996 ok") }
        let before = list(try room.tmux.screen())
        for start in stride(from: 2_000, to: 14_000, by: 1_000) {
            try append(Self.lines(start..<start + 1_000), to: path)
        }
        try room.tmux.wait(for: "the count") { $0.contains("12k new below") }
        let after = try room.tmux.screen()
        #expect(list(after) == before, "\(after)")
        #expect(cursor(after).contains("request 1996 ok"))
        try room.tmux.press("G")
        try room.tmux.wait(for: "the newest") {
            $0.contains("following") && cursor($0).contains("request 13999 ok")
        }
    }

    @Test func filtersByLevelAndExpressionAndRefusesABadOne() throws {
        let (room, _) = try room(0..<300, width: 80, height: 24)
        try room.tmux.press("/")
        try room.tmux.type("level:error ~number 1[0-4]0(")
        try room.tmux.wait(for: "what is wrong") { $0.contains("missing closing )") }
        try room.tmux.press("Enter")
        try room.tmux.wait(for: "what was typed") { $0.contains("~number 1[0-4]0(") }
        try room.tmux.press("BSpace")
        try room.tmux.wait(for: "no error") { !$0.contains("missing closing") }
        try room.tmux.press("Enter")
        try room.tmux.wait(for: "the filtered lines") {
            $0.contains("only level:error ~number 1[0-4]0") && list($0).count == 5
        }
        try room.tmux.press("Escape")
        try room.tmux.wait(for: "all lines") { $0.contains("request 299 ok") }
        try room.tmux.press("[")
        try room.tmux.wait(for: "the match before") { cursor($0).contains("number 140") }
    }

    @Test func aPatternShowsItsLinesAndIsPinned() throws {
        let (room, path) = try room(0..<300)
        try room.palette("hypothesis the upstream pool is exhausted")
        try room.waitForJournal("hypothesis.added")
        try room.tmux.press("p")
        try room.tmux.wait(for: "the patterns") { $0.contains("upstream timeout number <num>") }
        for _ in 0..<4 where !(cursor(try room.tmux.screen()).contains("upstream")) {
            try room.tmux.press("j")
            usleep(200_000)
        }
        try room.tmux.press("Enter")
        try room.tmux.wait(for: "its lines") {
            $0.contains("only pattern:") && list($0).allSatisfy { $0.contains("upstream") }
        }
        try poll("the hypothesis is ranked") {
            try room.tmux.press("e")
            usleep(300_000)
            return try room.tmux.screen().contains("Evidence about: the upstream pool")
        }
        try room.tmux.type("seen first here")
        try room.tmux.press("Enter")
        try room.waitForJournal("evidence.added")
        let journal = room.journal()
        #expect(journal.contains("seen first here") && journal.contains(path + " byte "))
        #expect(journal.contains("upstream timeout number 290"))
        let told = try room.command("report", "INC-0001")
        #expect(told.output.contains("upstream timeout number 290"), "\(told.output)")
        #expect(told.output.contains(" byte "))
    }

    /// Nobody said when the incident started: it began when it was opened, for every room of it.
    @Test func staysNewAfterTheRoomWasKilled() throws {
        let home = try TemporaryFolder()
        let start = SystemClock().now.wall
        let old = (0..<600).map { index in
            TimeText.rfc3339(start - .seconds(700 - index)) + " INFO order \(index) accepted\n"
        }
        let path = try home.write(old.joined(), to: "app.log")
        let first = try RoomUnderTest("open --logs \(path)", home: home)
        try first.ready()
        // A second begins: what comes now is not older than the incident.
        usleep(1_100_000)
        let now = TimeText.rfc3339(SystemClock().now.wall)
        try append("\(now) ERROR upstream timeout after 7 ms\n", to: path)
        try first.tmux.press("6")
        try first.tmux.wait(for: "the line") { $0.contains("upstream timeout") }
        try first.tmux.press("p")
        try first.tmux.wait(for: "the new pattern") { $0.contains("● new") }
        kill(try first.pid, SIGKILL)
        try poll("the end") { first.tmux.isDead }
        let second = try RoomUnderTest("open INC-0001 --logs \(path)", home: home)
        try second.ready()
        try second.tmux.press("6")
        try second.tmux.wait(for: "the line") { $0.contains("upstream timeout") }
        try second.tmux.press("p")
        try second.tmux.wait(for: "the new pattern") { $0.contains("● new") }
    }
}
