import Basics
import Logs
import Support
import Testing

@testable import Feeds

/// Records of several lines in logs that are followed.
@Suite("Records of several lines, live")
struct JoiningTests {
    let bench: Bench
    init() throws { bench = try Bench() }

    private static let trace =
        "java.io.IOException: gone\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)\n"

    private func engine(_ limits: FeedLimits = FeedLimits()) -> FeedEngine {
        FeedEngine(
            specs: [bench.logs("a.log")], store: bench.store, clock: bench.clock, limits: limits,
            usesInotify: false)
    }

    /// Reads what is there as the running hub does, without completing what may go on.
    private func read(_ engine: FeedEngine) -> [LogRecord] {
        engine.lookAtEverything()
        while engine.round() {}
        return engine.snapshot().recent
    }

    @Test("Lines of a stack trace are one record")
    func trace() throws {
        bench.box.write(
            "a.log",
            bench.line(-9, "INFO one") + bench.line(-8, "ERROR two") + Self.trace
                + bench.line(-7, "INFO three"))
        let snapshot = bench.hub([bench.logs("a.log")]).drainNow()
        #expect(snapshot.recent.map(\.lines) == [1, 4, 1])
        let record = snapshot.recent[1]
        #expect(record.message.hasPrefix("two\njava.io.IOException: gone\n"))
        #expect(record.message.split(separator: "\n").count == 4)
        #expect(record.level == .error)
        #expect(record.place.offset == Int64(bench.line(-9, "INFO one").utf8.count))
        #expect(snapshot.totalRecords == 3)
        #expect(snapshot.totalLines == 6)
        #expect(snapshot.levelHistogram.reduce(0) { $0 + $1.total } == 3)
        #expect(snapshot.sources.first?.linesJoined == 3)
        #expect(snapshot.sources.first?.linesTotal == 6)
        #expect(snapshot.patterns.contains { $0.template == "two" && $0.id == record.pattern })
    }

    @Test("The last record is provisional until the next one begins or nothing came for a second")
    func provisional() throws {
        bench.box.write("a.log", bench.line(-9, "INFO one") + bench.line(-8, "ERROR two"))
        let engine = engine()
        let first = read(engine)
        #expect(first.map(\.isProvisional) == [false, true])
        let (head, rest) = (Self.trace.prefix(26), Self.trace.dropFirst(26))
        bench.box.append("a.log", String(head))
        bench.clock.advance(by: .milliseconds(500))
        let second = read(engine)
        #expect(second.map(\.lines) == [1, 2])
        #expect(second.map(\.id) == first.map(\.id), "a record keeps its id and place")
        #expect(second.map(\.place) == first.map(\.place))
        // A line whose end is not written yet belongs to the record too.
        bench.box.append("a.log", String(rest.prefix(8)))
        let third = read(engine)
        #expect(third.map(\.lines) == [1, 3])
        #expect(third.map(\.id) == first.map(\.id))
        #expect(engine.intake.total == 1)
        bench.box.append("a.log", String(rest.dropFirst(8)))
        bench.clock.advance(by: .milliseconds(900))
        #expect(read(engine).map(\.isProvisional) == [false, true])
        bench.clock.advance(by: .milliseconds(1_100))
        let last = read(engine)
        #expect(last.map(\.isProvisional) == [false, false])
        #expect(last.map(\.lines) == [1, 4])
        #expect(last.map(\.id) == first.map(\.id))
        #expect(last[1].message.hasSuffix("at a.B.d(B.java:2)"))
        #expect(engine.intake.total == 2)
        bench.box.append("a.log", bench.line(-7, "INFO three"))
        #expect(read(engine).map(\.lines) == [1, 4, 1])
    }

    @Test("A record that waits keeps its place among those of other logs")
    func order() {
        bench.box.write("a.log", bench.line(-9, "a one"))
        bench.box.write("b.log", bench.line(-8, "b one"))
        let engine = FeedEngine(
            specs: [bench.logs("*.log")], store: bench.store, clock: bench.clock,
            limits: FeedLimits(), usesInotify: false)
        #expect(read(engine).map(\.message) == ["a one", "b one"])
        bench.box.append("b.log", bench.line(-7, "b two"))
        #expect(read(engine).map(\.message) == ["a one", "b one", "b two"])
        bench.box.append("a.log", "\tat x\n" + bench.line(-6, "a two"))
        let last = read(engine)
        #expect(last.map(\.lines) == [2, 1, 1, 1])
        #expect(last.map(\.id) == last.map(\.id).sorted())
        #expect(last.map(\.message).last == "a two")
    }

    @Test("Older history joins across its slices, and where following began")
    func history() {
        var limits = FeedLimits()
        limits.openingHistoryBytesMax = 3_000
        limits.olderHistorySliceBytes = 700
        let text = (0..<400).map { index in
            bench.line(index - 500, "ERROR job \(index) failed")
                + (0..<(index % 9)).map { "\tat a.B.c(B.java:\($0))\n" }.joined()
        }
        bench.box.write("a.log", text.joined())
        let hub = bench.hub([bench.logs("a.log")], limits: limits)
        let snapshot = hub.drainNow()
        #expect(snapshot.patterns.map(\.template) == ["job <num> failed"])
        #expect(snapshot.patterns.map(\.count) == [400])
        #expect(snapshot.levelHistogram.reduce(0) { $0 + $1[.error] } == 400)
        #expect(snapshot.levelHistogram.reduce(0) { $0 + $1.total } == 400)
        #expect(snapshot.recent.allSatisfy { $0.message.hasPrefix("job") })
    }

    @Test("A trace longer than a slice of history is one record")
    func longTraceInHistory() {
        var limits = FeedLimits()
        limits.openingHistoryBytesMax = 200
        limits.olderHistorySliceBytes = 256
        let frames = (0..<300).map { "\tat a.b.C.method(C.java:\($0))\n" }.joined()
        bench.box.write(
            "a.log",
            bench.line(-9, "INFO one") + bench.line(-8, "ERROR two") + frames
                + (0..<9).map { bench.line(-7, "INFO later \($0)") }.joined())
        let snapshot = bench.hub([bench.logs("a.log")], limits: limits).drainNow()
        #expect(snapshot.levelHistogram.reduce(0) { $0 + $1.total } == 11)
        #expect(snapshot.levelHistogram.reduce(0) { $0 + $1[.error] } == 1)
    }

    @Test("Lines that a container runtime cut are joined without a break")
    func cutLines() {
        bench.box.write(
            "a.log",
            "2026-08-21T09:59:50.1Z stdout P first half,\n"
                + "2026-08-21T09:59:50.1Z stdout F  second half\n"
                + "2026-08-21T09:59:51.2Z stdout F next\n"
                + #"{"log":"one ","stream":"stdout","time":"2026-08-21T09:59:52Z"}"# + "\n"
                + #"{"log":"two\n","stream":"stdout","time":"2026-08-21T09:59:52Z"}"# + "\n")
        let recent = bench.hub([bench.logs("a.log")]).drainNow().recent
        #expect(recent.map(\.message) == ["first half, second half", "next", "one two"])
    }

    @Test("Far behind, the newest lines come first and the others are counted")
    func behind() throws {
        var limits = FeedLimits()
        limits.bytesBehindBeforeSkipping = 20_000
        limits.bytesPerTurnMax = 4_096
        limits.openingHistoryBytesMax = 3_000
        limits.passedOverSliceBytes = 2_000
        bench.box.write("a.log", bench.line(-9, "INFO begin"))
        let engine = engine(limits)
        _ = read(engine)
        let text = (1...2_000).map { index in
            bench.line(-1, "ERROR event \(index)") + (index % 5 == 0 ? "\tat x\n" : "")
        }
        bench.box.append("a.log", text.joined())
        bench.clock.advance(by: .seconds(7))
        let recent = read(engine)
        #expect(recent.last?.message.hasPrefix("event 2000\n") == true)
        #expect(recent.count < 400)
        let waiting = try #require(engine.snapshot().sources.first)
        #expect(waiting.bytesBehind > 20_000)
        #expect(waiting.behind != nil)
        #expect(waiting.detail.contains("being counted"))
        engine.completeRecords()
        while engine.readOlderSlice() {}
        let snapshot = engine.snapshot()
        let source = try #require(snapshot.sources.first)
        #expect(source.bytesBehind == 0 && source.behind == nil)
        #expect(source.linesTotal == 2_401)
        #expect(snapshot.totalLines == 2_401)
        #expect(snapshot.totalRecords == 2_001)
        #expect(snapshot.droppedRecords + snapshot.recent.count == 2_001)
        #expect(source.detail.contains("lines counted, not shown"))
        #expect(snapshot.levelHistogram.reduce(0) { $0 + $1[.error] } == 2_000)
        #expect(snapshot.patterns.first { $0.template == "event <num>" }?.count == 2_000)
    }

    @Test("What was passed over and then cut away is said to be lost")
    func passedOverAndGone() throws {
        var limits = FeedLimits()
        limits.bytesBehindBeforeSkipping = 20_000
        limits.bytesPerTurnMax = 4_096
        limits.openingHistoryBytesMax = 3_000
        bench.box.write("a.log", bench.line(-9, "INFO begin"))
        let engine = engine(limits)
        _ = read(engine)
        bench.box.append("a.log", (1...2_000).map { bench.line(-1, "ERROR event \($0)") }.joined())
        _ = read(engine)
        bench.box.write("a.log", bench.line(0, "INFO new"))
        _ = read(engine)
        while engine.readOlderSlice() {}
        let source = try #require(engine.snapshot().sources.first)
        #expect(source.bytesBehind == 0)
        #expect(source.losses.bytesUnread > 20_000)
    }

    @Test("The ring is bounded in bytes too")
    func ringBytes() {
        var limits = FeedLimits()
        limits.recentBytesMax = 10_000
        let long = String(repeating: "x", count: 900)
        bench.box.write("a.log", (0..<100).map { bench.line(-9, "\($0) \(long)") }.joined())
        let snapshot = bench.hub([bench.logs("a.log")], limits: limits).drainNow()
        let bytes = snapshot.recent.reduce(0) { $0 + $1.message.utf8.count }
        #expect(bytes <= 10_000)
        #expect(snapshot.recent.last?.message.hasPrefix("99 ") == true)
        #expect(snapshot.totalRecords == 100)
    }
}
