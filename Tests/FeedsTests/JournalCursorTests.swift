import Basics
import Logs
import Support
import Testing

@testable import Feeds

#if canImport(Glibc)
    import Glibc
#endif

/// The journal of systemd, read by its own program.
@Suite("journalctl", .serialized)
struct JournalCursorTests {
    static let remote = "/lib/systemd/systemd-journal-remote"
    static let isPossible = access("/usr/bin/journalctl", X_OK) == 0 && access(remote, X_OK) == 0

    @Test(
        arguments: [
            (["journalctl", "-f", "-o", "json"], true),
            (["/usr/bin/journalctl", "--output=export", "-f"], true),
            (["journalctl", "-fojson"], false), (["journalctl", "-ojson"], true),
            (["journalctl", "-o", "json", "-o", "short"], false),
            (["journalctl", "-f"], false), (["tail", "-o", "json"], false),
        ]) func knowsWhoNamesCursors(words: [String], names: Bool)
    {
        #expect(JournalCursor.isNamed(by: words) == names)
    }

    @Test func findsTheCursorOfAnEntryAndNoOther() {
        func found(_ line: String) -> String? { JournalCursor.found(in: line.utf8Span.span) }
        #expect(found(#"{"A":"1","__CURSOR":"s=0a;i=1;x=2","B":"2"}"#) == "s=0a;i=1;x=2")
        #expect(found(#"{ "__CURSOR" : "s=1", "B":"2"}"#) == "s=1")
        #expect(found("__CURSOR=s=0a;i=1") == "s=0a;i=1")
        #expect(found("X__CURSOR=s=0a") == nil)
        // A message that quotes an entry; a value that could be an option.
        #expect(found(#"{"MESSAGE":"\"__CURSOR\":\"evil\""}"#) == nil)
        #expect(found(#"{"__CURSOR":"--root /"}"#) == nil)
        #expect(found(#"{"__CURSOR":""}"#) == nil)
        #expect(found("") == nil)
    }

    @Test func goesOnBehindACursorAlone() {
        func resumed(_ words: String) -> String {
            JournalCursor.resumed(
                words.split(separator: " ").map(String.init), after: "s=1"
            ).joined(separator: " ")
        }
        let cursor = "journalctl --after-cursor=s=1 --no-tail"
        #expect(resumed("journalctl -f -o json -u a") == cursor + " -f -o json -u a")
        #expect(resumed("journalctl -n 100 -f -S -1h --since=x") == cursor + " -f")
        #expect(resumed("journalctl --lines=5 -n5 -c s=0 --no-tail -f") == cursor + " -f")
        #expect(resumed("journalctl --lines 5 --cursor-file /x -u n") == cursor + " -u n")
    }

    /// Appends entries to a journal, as a journal's daemon does.
    private func write(_ range: ClosedRange<Int>, to folder: FileBox) throws {
        let base = 1_788_000_000_000_000
        let text = range.map { number in
            """
            __REALTIME_TIMESTAMP=\(base + number * 1000)
            __MONOTONIC_TIMESTAMP=\(1000 + number)
            _BOOT_ID=0123456789abcdef0123456789abcdef
            MESSAGE=entry \(number)
            PRIORITY=3
            _HOSTNAME=web1
            SYSLOG_IDENTIFIER=checkout


            """
        }
        let result = try ChildProcess.run(
            [Self.remote, "-o", folder.file("journal/x.journal"), "-"],
            input: Array(text.joined().utf8))
        try #require(result.status == 0, "\(result.errors)")
    }

    @Test(.enabled(if: isPossible), arguments: ["json"])
    func losesAndRepeatsNothingWhenItIsKilled(format: String) throws {
        let bench = try CommandBench()
        bench.box.mkdir("journal")
        try write(1...15, to: bench.box)
        let spec = bench.command(
            "journalctl", "-f", "-n", "15", "-o", format, "-D", bench.box.file("journal"))
        let (hub, latest) = bench.hub([spec])
        defer { hub.stop() }
        func messages(_ snapshot: FeedSnapshot) -> [String] {
            snapshot.recent.filter { !$0.isProvisional }.map(\.message)
        }
        let all = { (count: Int) in (1...count).map { "entry \($0)" } }
        #expect(latest.wait { messages($0) == all(15) }, "\(latest.snapshot.recent)")
        var count = 15
        for _ in 0..<3 {
            for pid in RunningProcess.having(bench.box.path)
            where RunningProcess.arguments(of: pid).first == "/usr/bin/journalctl" {
                kill(pid, SIGKILL)
            }
            // More than the ten lines that -f alone would begin with.
            try write(count + 1...count + 25, to: bench.box)
            count += 25
            #expect(latest.wait { messages($0).count >= count }, "\(latest.snapshot.sources)")
        }
        let snapshot = latest.snapshot
        #expect(messages(snapshot) == all(count))
        let record = try #require(snapshot.recent.first)
        #expect(record.level == .error)
        #expect(record.host == "web1")
        #expect(record.time.nanoseconds == 1_788_000_000_001_000_000)
        let health = try #require(snapshot.sources.first)
        #expect(health.possibleLosses == 0)
        #expect(health.detail.contains("started again 3 times"))
        #expect(health.detail.contains("killed by signal 9"))
    }
}
