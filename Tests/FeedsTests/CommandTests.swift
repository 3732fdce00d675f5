import Basics
import Logs
import Metrics
import Support
import Synchronization
import Testing

@testable import Feeds

#if canImport(Glibc)
    import Glibc
#endif

/// Hubs that read commands, with restarts that need no patience.
struct CommandBench {
    let box: FileBox
    /// A word that only commands of this test have among their arguments.
    var token: String { PathPattern.name(of: box.path) }

    init() throws { box = try FileBox() }

    func hub(_ specs: [SourceSpec], restartDelay: Duration = .milliseconds(100)) -> (
        FeedHub, Latest
    ) {
        var limits = FeedLimits()
        limits.commandRestartDelay = restartDelay
        limits.rescanInterval = .milliseconds(50)
        let hub = FeedHub(
            specs: specs, store: SeriesStore(retention: .seconds(600)), clock: SystemClock(),
            limits: limits)
        let latest = Latest()
        hub.onTick(every: .milliseconds(50)) { latest.set($0) }
        hub.start()
        return (hub, latest)
    }

    func command(_ words: String..., service: String? = nil) -> SourceSpec {
        var spec = SourceSpec(id: "", kind: .command(words), service: service)
        spec.id = spec.path
        return spec
    }

    /// A command of the system's shell, with the test's own word behind it.
    func shell(_ script: String) -> SourceSpec { command("/bin/sh", "-c", script, token) }

    func logs(_ name: String) -> SourceSpec {
        SourceSpec(id: name, kind: .logs(path: box.file(name)))
    }
}

extension FeedSnapshot {
    fileprivate var messages: [String] { recent.map(\.message) }
    fileprivate var problem: String? {
        if case .error(let sentence) = sources.first?.state { sentence } else { nil }
    }
}

extension Latest {
    /// Waits for a snapshot that satisfies `condition`; what it was otherwise.
    fileprivate func need(
        _ what: String, _ condition: (FeedSnapshot) -> Bool
    ) throws -> FeedSnapshot {
        var last = FeedSnapshot()
        try poll(what) {
            last = snapshot
            return condition(last)
        } describe: {
            "\(last.sources)\n\(last.recent.suffix(5))"
        }
        return last
    }
}

@Suite("Commands as logs", .serialized)
struct CommandTests {
    let bench: CommandBench
    init() throws { bench = try CommandBench() }

    @Test("Lines of tail -F become records with time, level, service and place")
    func followsTail() throws {
        bench.box.write("a.log", "2026-08-21T10:00:00Z ERROR first\n")
        let spec = bench.command("tail", "-F", bench.box.file("a.log"), service: "checkout")
        let (hub, latest) = bench.hub([spec])
        defer { hub.stop() }
        _ = try latest.need("the first line") { $0.recent.count == 1 }
        bench.box.append("a.log", "2026-08-21T10:00:01Z WARN second\nhalf")
        let snapshot = try latest.need("the unfinished line") { $0.recent.count == 3 }
        let second = snapshot.recent[1]
        #expect(second.message == "second")
        #expect(second.level == .warning)
        #expect(second.service == "checkout")
        #expect(
            second.time
                == CivilDate(year: 2026, month: 8, day: 21, hour: 10).timestamp.map {
                    $0 + .seconds(1)
                })
        #expect(second.place == LogPlace(source: spec.id, generation: 0, offset: 33))
        #expect(snapshot.recent[2].isProvisional)
        let health = try #require(snapshot.sources.first)
        #expect(health.state == .ok)
        #expect(health.kind == "logs")
        #expect(health.path == "tail -F \(bench.box.file("a.log"))")
        #expect(health.detail.hasPrefix("running for "))
        #expect(health.linesTotal == 2)
    }

    @Test("A command that ends is an error, and is started again; what it repeats is left out")
    func restarts() throws {
        let (hub, latest) = bench.hub([bench.command("seq", "1001", "1005")])
        defer { hub.stop() }
        let ended = try latest.need("the end") { $0.problem != nil && $0.recent.count == 5 }
        #expect(
            ended.problem?.hasPrefix(
                "The command ended: seq 1001 1005 (exit status 0). It is started again in") == true,
            "\(ended.problem ?? "")")
        let later = try latest.need("three runs") {
            $0.sources.first?.detail.contains("10 repeated lines left out") == true
        }
        #expect(later.messages == ["1001", "1002", "1003", "1004", "1005"])
        #expect(later.sources.first?.possibleLosses == 0)
    }

    @Test("Lines that do not go on where the last run ended count as a possible loss")
    func countsLoss() throws {
        // Each run says other lines: its own process id.
        let (hub, latest) = bench.hub([bench.shell("echo \"run $$ begins\"; sleep 0.2; exit 7")])
        defer { hub.stop() }
        let snapshot = try latest.need("three runs") { $0.recent.count >= 3 }
        let health = try #require(snapshot.sources.first)
        #expect(health.possibleLosses >= 2)
        let loss = try #require(health.losses.recent.first)
        #expect(loss.reason == .interrupted)
        #expect(loss.generation == 1)
        #expect(loss.sentence.hasPrefix("the command was down for "))
        #expect(snapshot.recent.map(\.place.generation).prefix(3) == [0, 1, 2])
        let offsets = snapshot.recent.map(\.offset)
        #expect(offsets == offsets.sorted() && Set(offsets).count == offsets.count)
        #expect(health.detail.contains("exit status 7") || snapshot.problem != nil)
        #expect(health.detail.contains("lines may have been lost"))
    }

    @Test(
        "One that has said nothing yet is no error, and its health says so from the first look on")
    func quiet() throws {
        let (hub, latest) = bench.hub([bench.shell("sleep 99")])
        defer { hub.stop() }
        let snapshot = try latest.need("a look") { !$0.sources.isEmpty }
        #expect(snapshot.sources.first?.state == .ok)
        #expect(snapshot.sources.first?.detail.hasPrefix("running for ") == true)
    }

    @Test("It is an error until it delivers again")
    func errorUntilItDelivers() throws {
        bench.box.write("broken", "")
        let script =
            "if [ -e \(bench.box.file("broken")) ]; then echo oh no >&2; exit 3; fi; "
            + "while [ ! -e \(bench.box.file("speak")) ]; do sleep 0.05; done; echo hello; sleep 99"
        let (hub, latest) = bench.hub([bench.shell(script)])
        defer { hub.stop() }
        let failed = try latest.need("an error") { $0.problem?.contains("oh no") == true }
        #expect(failed.problem?.contains("exit status 3; it said: oh no") == true)
        bench.box.unlink("broken")
        let again = try latest.need("a restart") {
            $0.problem?.contains("has delivered nothing yet") == true
        }
        #expect(again.problem?.contains("exit status 3; it said: oh no") == true)
        bench.box.write("speak", "")
        let well = try latest.need("a line") { $0.messages == ["hello"] }
        #expect(well.sources.first?.state == .ok)
    }

    @Test(
        "What cannot be started is an error with a sentence",
        arguments: [
            ("no-such-program", "There is no such program: no-such-program -f (not in /usr/local"),
            ("./here", "This program may not be run: ./here -f (neither an absolute path"),
            ("/nowhere/it", "This program may not be run: /nowhere/it -f (ENOENT"),
            ("/tmp", "This program may not be run: /tmp -f (not a regular file"),
        ]) func notFound(program: String, sentence: String) throws
    {
        let (hub, latest) = bench.hub([bench.command(program, "-f")], restartDelay: .seconds(9))
        defer { hub.stop() }
        let snapshot = try latest.need("an error") { $0.problem?.contains("program") == true }
        #expect(snapshot.problem?.hasPrefix(sentence) == true, "\(snapshot.problem ?? "")")
        #expect(snapshot.problem?.contains("It is started again in") == true)
    }

    @Test("Waiting before a restart doubles up to a bound")
    func backsOff() throws {
        let file = bench.box.file("times")
        let (hub, latest) = bench.hub([
            bench.shell("date +%s%N >> \(file); echo run $$; exit 1")
        ])
        defer { hub.stop() }
        _ = try latest.need("five runs") { $0.recent.count >= 5 }
        let times = bench.box.text("times").split(separator: "\n").compactMap { Int($0) }
        let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
        #expect(gaps.count >= 4)
        // 100, 200, 400, 800 ms at least: only lower bounds are asserted.
        for (index, gap) in gaps.prefix(4).enumerated() {
            #expect(gap >= 100_000_000 << index, "\(gaps)")
        }
    }
}

@Suite("Commands that misbehave", .serialized)
struct HostileCommandTests {
    let bench: CommandBench
    init() throws { bench = try CommandBench() }

    @Test("A flood does not hold up other sources, and ends with the hub")
    func flood() throws {
        bench.box.write("a.log", "begin\n")
        let (hub, latest) = bench.hub([
            bench.command("yes", bench.token), bench.logs("a.log"),
        ])
        _ = try latest.need("the flood") { $0.totalRecords > 50_000 }
        bench.box.append("a.log", "in the middle of it\n")
        let snapshot = try latest.need("the other log") {
            $0.sources.last?.linesTotal == 2 && $0.totalRecords > 60_000
        }
        // One line may be unfinished.
        #expect(snapshot.recent.count <= FeedLimits().recentRecordsMax + 1)
        #expect(!RunningProcess.having(bench.token).isEmpty)
        hub.stop()
        try poll("the end of yes") { RunningProcess.having(bench.token).isEmpty }
    }

    @Test("One that ignores SIGTERM ends with the hub, and so does what it started")
    func ignoresTerm() throws {
        let (hub, latest) = bench.hub([
            bench.shell(
                "trap '' TERM HUP; echo up; setsid sh -c \"while :; do sleep 1; done\" $0 & "
                    + "while :; do sleep 1; done")
        ])
        _ = try latest.need("its line") { $0.messages == ["up"] }
        try poll("all three") { RunningProcess.having(bench.token).count >= 3 }
        hub.stop()
        try poll("their end") { RunningProcess.having(bench.token).isEmpty }
    }

    @Test("Standard error never enters the log, holds nothing up, and its last line is shown")
    func errorsFlood() throws {
        let (hub, latest) = bench.hub([
            bench.shell(
                "(yes 'noise password=hunter2hunter2' >&2) & "
                    + "for i in 1 2 3 4 5; do echo tick $i; sleep 0.1; done; sleep 99")
        ])
        defer { hub.stop() }
        let snapshot = try latest.need("five ticks") { $0.recent.count == 5 }
        #expect(snapshot.messages == (1...5).map { "tick \($0)" })
        // At times its last line is only half written.
        let said = try latest.need("a whole line") {
            $0.sources.first?.detail.contains("it said: noise password=[REDACTED:") ?? false
        }
        let health = try #require(said.sources.first)
        #expect(!health.detail.contains("hunter2"))
        #expect(snapshot.credentialSightings.map(\.source) == [health.id])
    }

    @Test("Control bytes of a command reach neither its lines nor its health")
    func controlBytes() throws {
        let script =
            #"printf '\033[2Jout \033]0;x\007\302\233\n'; printf '\033[2Jerr\a\r\n' >&2; sleep 99"#
        let (hub, latest) = bench.hub([bench.shell(script)])
        defer { hub.stop() }
        let snapshot = try latest.need("its words") {
            $0.recent.count == 1 && $0.sources.first?.detail.contains("it said") == true
        }
        for text in [snapshot.messages[0], snapshot.sources[0].detail, snapshot.sources[0].path] {
            #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
            #expect(!text.unicodeScalars.contains { (0x80...0x9F).contains($0.value) })
        }
        #expect(snapshot.messages[0].contains("out"))
        #expect(snapshot.sources[0].detail.contains("err"))
    }

    @Test("One that closes its output and goes on is ended and started again")
    func closesOutput() throws {
        let (hub, latest) = bench.hub([
            bench.shell("echo \"$$ speaks\"; exec >&-; trap '' TERM; while :; do sleep 1; done")
        ])
        defer { hub.stop() }
        let snapshot = try latest.need("its second run") { $0.recent.count == 2 }
        #expect(snapshot.sources.first?.detail.contains("it closed its output") == true)
    }

    @Test("One whose first process ends takes along what it left behind")
    func forks() throws {
        let (hub, latest) = bench.hub(
            [bench.shell("(setsid sh -c 'while :; do echo more; sleep 0.1; done' $0) & sleep 0.5")],
            restartDelay: .seconds(60))
        defer { hub.stop() }
        let snapshot = try latest.need("the end") { $0.problem != nil && !$0.recent.isEmpty }
        #expect(snapshot.problem?.contains("exit status 0") == true)
        #expect(RunningProcess.having(bench.token).isEmpty)
    }

    @Test("Ends by a signal are told by the signal's name")
    func signals() throws {
        let (hub, latest) = bench.hub([bench.shell("echo x; kill -SEGV $$")])
        defer { hub.stop() }
        _ = try latest.need("the signal") {
            $0.problem?.contains("killed by signal 11 (Segmentation fault)") == true
        }
    }

    @Test("A name with secrets and control bytes is shown without them")
    func names() {
        let name = CommandLineText.name([
            "curl", "-H", "Authorization: Bearer abcdefghijklmnopqrstuvwxyz012345", "a\u{1B}[2Jb",
            "",
        ])
        #expect(name.hasPrefix("curl -H \"Authorization: Bearer [REDACTED:"))
        #expect(name.hasSuffix("a^[[2Jb \"\""))
        #expect(CommandLineText.name([String(repeating: "x", count: 999)]).count == 200)
    }
}
