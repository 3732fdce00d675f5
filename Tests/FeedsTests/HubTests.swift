import Basics
import Logs
import Metrics
import Support
import Testing

@testable import Feeds

/// A hub on a folder, read by hand with a clock that stands still.
struct Bench {
    let box: FileBox
    let clock: ManualClock
    let store = SeriesStore(retention: .seconds(7200))

    static let start = CivilDate(year: 2026, month: 8, day: 21, hour: 10).timestamp ?? .epoch

    init() throws {
        box = try FileBox()
        clock = ManualClock(wall: Self.start)
    }

    func hub(_ specs: [SourceSpec], limits: FeedLimits = FeedLimits(), usesInotify: Bool = true)
        -> FeedHub
    {
        FeedHub(
            specs: specs, store: store, clock: clock, limits: limits, usesInotify: usesInotify)
    }

    func logs(_ path: String, service: String? = nil) -> SourceSpec {
        SourceSpec(id: "logs", kind: .logs(path: box.file(path)), service: service)
    }

    func metrics(_ path: String, every: Duration? = nil) -> SourceSpec {
        SourceSpec(id: "metrics", kind: .metrics(path: box.file(path), every: every))
    }

    func changes(_ path: String) -> SourceSpec {
        SourceSpec(id: "changes", kind: .changes(path: box.file(path)))
    }

    /// A log line `seconds` after the start.
    func line(_ seconds: Int, _ text: String) -> String {
        TimeText.rfc3339(Self.start + .seconds(seconds)) + " " + text + "\n"
    }
}

@Suite("The hub, read by hand")
struct HubTests {
    let bench: Bench
    init() throws { bench = try Bench() }

    @Test("Logs, dumps and changes become one snapshot")
    func endToEnd() throws {
        bench.box.write("a.log", bench.line(-5, "INFO request served in 12 ms"))
        bench.box.write("node.prom", "# TYPE up gauge\nup 1\nhttp_requests_total{code=\"200\"} 7\n")
        bench.box.write(
            "deploys.jsonl",
            #"{"time":"2026-08-21T09:54:00Z","service":"cart","kind":"deploy","version":"4f2a91c"}"#
                + "\n")
        let hub = bench.hub([
            bench.logs("a.log", service: "checkout"), bench.metrics("node.prom"),
            bench.changes("deploys.jsonl"),
        ])
        let first = hub.drainNow()
        #expect(first.sources.map(\.state.word) == ["ok", "ok", "ok"])
        let record = try #require(first.recent.last)
        #expect(record.message == "request served in 12 ms")
        #expect(record.level == .info)
        #expect(record.service == "checkout")
        #expect(record.time == Bench.start - .seconds(5))
        #expect(!record.timeIsAssumed)
        #expect(first.patterns.first?.template == "request served in <num> ms")
        #expect(first.changes.map(\.version) == ["4f2a91c"])
        #expect(first.changes.first?.time == Bench.start - .seconds(360))
        #expect(bench.store.metricNames.contains("http_requests_total"))

        bench.clock.advance(by: .seconds(15))
        bench.box.append("a.log", bench.line(10, "ERROR upstream timeout after 3000 ms"))
        let second = hub.drainNow()
        #expect(second.recent.map(\.message).last == "upstream timeout after 3000 ms")
        #expect(second.recent.last?.level == .error)
        #expect(second.generation > first.generation)
        #expect(second.levelHistogram.count == 60)
        #expect(second.levelHistogram.last?[.error] == 1)
        #expect(second.totalRecords == 2)
    }

    @Test("The lines of several files are merged by time, with rising ids")
    func merged() {
        bench.box.write("a.log", bench.line(-9, "a one") + bench.line(-5, "a two"))
        bench.box.write("b.log", bench.line(-8, "b one") + bench.line(-4, "b two"))
        let snapshot = bench.hub([bench.logs("*.log")]).drainNow()
        #expect(snapshot.recent.map(\.message) == ["a one", "b one", "a two", "b two"])
        #expect(snapshot.recent.map(\.id) == snapshot.recent.map(\.id).sorted())
        #expect(Set(snapshot.recent.map(\.id)).count == 4)
    }

    @Test("Equal files give equal snapshots")
    func deterministic() throws {
        for name in ["a.log", "b.log", "c.log"] {
            let lines = (0..<200).map {
                bench.line($0 - 300, "\(name) event \($0 % 7) value \($0)")
            }
            bench.box.write(name, lines.joined())
        }
        let spec = bench.logs("*.log")
        let (one, two) = (bench.hub([spec]).drainNow(), bench.hub([spec]).drainNow())
        #expect(one.recent.map(\.message) == two.recent.map(\.message))
        #expect(one.recent.map(\.pattern) == two.recent.map(\.pattern))
        #expect(one.patterns.map(\.template) == two.patterns.map(\.template))
        #expect(one.recent.count == 600)
    }

    @Test("A pattern is new when it first appears after the incident's start")
    func newPattern() throws {
        bench.box.write(
            "a.log", (0..<50).map { bench.line($0 * 10 - 600, "cart \($0) saved") }.joined())
        let hub = bench.hub([bench.logs("a.log")])
        hub.setIncidentStart(Bench.start - .seconds(60))
        _ = hub.drainNow()
        bench.box.append("a.log", bench.line(-30, "ERROR pool exhausted after 30 s"))
        let patterns = hub.drainNow().patterns
        #expect(patterns.map(\.isNew) == [true, false])
        #expect(patterns.first?.template == "pool exhausted after <num> s")
        #expect(patterns.first?.level == .error)
        #expect(patterns.last?.baselineRate ?? 0 > 0)
    }

    @Test("Without lines from before the incident nothing is called new")
    func nothingIsNewWithoutHistory() {
        bench.box.write("a.log", bench.line(-30, "ERROR pool exhausted"))
        let hub = bench.hub([bench.logs("a.log")])
        hub.setIncidentStart(Bench.start - .seconds(60))
        #expect(hub.drainNow().patterns.map(\.isNew) == [false])
    }

    @Test("Files that a glob matches later are read whole; rotated parts are not read again")
    func lateAndRotatedFiles() {
        bench.box.write("a.log", bench.line(-3, "first"))
        let hub = bench.hub([bench.logs("*.log*")])
        #expect(hub.drainNow().recent.map(\.message) == ["first"])
        bench.box.write("b.log", bench.line(-2, "second"))
        bench.box.rename("a.log", "a.log.1")
        bench.box.write("a.log", bench.line(-1, "third"))
        let snapshot = hub.drainNow()
        #expect(snapshot.recent.map(\.message) == ["first", "second", "third"])
        bench.clock.advance(by: .seconds(10))
        #expect(hub.drainNow().recent.count == 3)
        #expect(hub.drainNow().sources.map(\.path).map(PathPattern.name) == ["a.log", "b.log"])
    }

    @Test("An unfinished line is shown as such and completed as one record")
    func provisional() {
        bench.box.write("a.log", bench.line(-2, "whole") + "2026-08-21T09:59:59Z half")
        let hub = bench.hub([bench.logs("a.log")])
        let first = hub.drainNow()
        #expect(first.recent.map(\.isProvisional) == [false, true])
        #expect(first.totalRecords == 1)
        bench.box.append("a.log", " of it\n")
        let second = hub.drainNow()
        #expect(second.recent.map(\.message) == ["whole", "half of it"])
        #expect(second.recent.map(\.isProvisional) == [false, false])
    }

    @Test("The ring is bounded and keeps the newest")
    func bounded() {
        var limits = FeedLimits()
        limits.recentRecordsMax = 100
        bench.box.write("a.log", (1...1_000).map { bench.line(-10, "event \($0)") }.joined())
        let snapshot = bench.hub([bench.logs("a.log")], limits: limits).drainNow()
        #expect(snapshot.recent.count == 100)
        #expect(snapshot.recent.last?.message == "event 1000")
        #expect(snapshot.totalRecords == 1_000)
    }

    @Test("Older history is read backwards for counts and patterns, not for view")
    func olderHistory() {
        var limits = FeedLimits()
        limits.openingHistoryBytesMax = 2_000
        limits.bytesPerTurnMax = 4_096
        let lines = (0..<1_000).map { bench.line($0 * 3 - 3_001, "cart \($0) saved") }
        bench.box.write("a.log", lines.joined())
        let snapshot = bench.hub([bench.logs("a.log")], limits: limits).drainNow()
        #expect(snapshot.recent.count < 100)
        #expect(snapshot.patterns.map(\.count) == [1_000])
        #expect(snapshot.levelHistogram.reduce(0) { $0 + $1.total } == 1_000)
    }

    @Test("Secrets are blanked before anything is kept, counted and reported by source")
    func secrets() throws {
        let secret = "hunter2-Zq81xPw0"
        bench.box.write("a.log", bench.line(-2, "INFO login password=\(secret) ok"))
        bench.box.append("a.log", #"{"level":"info","msg":"password=\#(secret) again"}"# + "\n")
        bench.box.append("a.log", "unfinished password=\(secret)")
        let snapshot = bench.hub([bench.logs("a.log")]).drainNow()
        #expect(snapshot.recent.count == 3)
        for record in snapshot.recent {
            #expect(!(record.message + (record.raw ?? "")).contains(secret))
        }
        for pattern in snapshot.patterns {
            #expect(!(pattern.template + pattern.example).contains(secret))
        }
        #expect(snapshot.redactions >= 2)
        let sighting = try #require(snapshot.credentialSightings.first)
        #expect(sighting.source == "logs")
        #expect(snapshot.sources.first?.redactions == snapshot.redactions)
    }

    @Test("Nothing a terminal would obey reaches a record")
    func hostileText() {
        let hostile = "\u{1B}]0;owned\u{07}\u{1B}[2J\u{9B}31m\u{202E}txt\u{2028}end"
        bench.box.write("a.log", bench.line(-1, "ERROR \(hostile)"))
        bench.box.append("a.log", #"{"level":"error","msg":"\u001b[2J json"}"# + "\n")
        for record in bench.hub([bench.logs("a.log")]).drainNow().recent {
            for text in [record.message, record.raw ?? ""] {
                for scalar in text.unicodeScalars {
                    #expect(scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value))
                    #expect(scalar.value != 0x202E && scalar.value != 0x2028)
                }
            }
        }
    }

    @Test("Lines of an unknown format work, their time is marked as assumed")
    func unknownFormat() {
        bench.box.write("a.log", "")
        let hub = bench.hub([bench.logs("a.log")])
        _ = hub.drainNow()
        bench.box.append("a.log", "something happened\n")
        let record = hub.drainNow().recent.last
        #expect(record?.message == "something happened")
        #expect(record?.timeIsAssumed == true)
        #expect(record?.time == Bench.start)
        #expect(record?.level == nil)
    }
}
