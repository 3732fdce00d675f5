import Basics
import Logs
import Support
import Testing

@testable import Feeds

#if canImport(Glibc)
    import Glibc
#endif

@Suite("28: packed logs and rotated history")
struct PackedLogTests {
    let bench: Bench
    init() throws { bench = try Bench() }

    private func lines(_ range: ClosedRange<Int>) -> String {
        range.map { bench.line(-600, "INFO request \($0) served") }.joined()
    }

    private func pack(_ name: String) throws {
        let child = try ChildProcess.run(["gzip", "-f", bench.box.file(name)])
        #expect(child.status == 0, "\(child.errors)")
    }

    private func count(_ snapshot: FeedSnapshot) -> Int {
        snapshot.patterns.filter { $0.template.hasPrefix("request") }.map(\.count).reduce(0, +)
    }

    @Test("A packed file of several members is read like a log")
    func members() throws {
        bench.box.write("one", lines(1...2_000))
        bench.box.write("two", lines(2_001...3_000))
        try pack("one")
        try pack("two")
        for name in ["one.gz", "two.gz"] {
            bench.box.append("a.log.gz", LogStateTests.bytes(bench.box.file(name)) ?? [])
        }
        var limits = FeedLimits()
        limits.openingHistoryBytesMax = 10_000
        let snapshot = bench.hub([bench.logs("a.log.gz")], limits: limits).drainNow()
        #expect(snapshot.sources.map(\.state) == [.ok])
        #expect(snapshot.recent.last?.message == "request 3000 served")
        #expect(snapshot.recent.count < 300)
        #expect(count(snapshot) == 3_000)
    }

    @Test("A packed file that is cut or damaged says so and shows what it holds")
    func damaged() throws {
        bench.box.write("a.log", lines(1...3_000))
        try pack("a.log")
        let bytes = LogStateTests.bytes(bench.box.file("a.log.gz")) ?? []
        bench.box.write("b.log.gz", Array(bytes.prefix(bytes.count / 2)))
        let snapshot = bench.hub([bench.logs("b.log.gz")]).drainNow()
        guard case .error(let sentence) = snapshot.sources.first?.state else {
            Issue.record("\(snapshot.sources)")
            return
        }
        #expect(sentence.contains("ends early"))
        #expect(!snapshot.recent.isEmpty)
    }

    @Test("History goes on into older files, packed or not, by number and by date")
    func history() throws {
        bench.box.write("a.log.3", lines(1...100))
        bench.box.write("a.log.2", lines(101...200))
        bench.box.write("a.log.1", lines(201...300))
        bench.box.write("a.log", lines(301...310))
        try pack("a.log.3")
        try pack("a.log.2")
        let snapshot = bench.hub([bench.logs("a.log")]).drainNow()
        #expect(count(snapshot) == 310)
        #expect(snapshot.recent.count == 10)
        bench.box.write("b.log-20260819", lines(1...50))
        bench.box.write("b.log-20260820", lines(51...100))
        bench.box.write("b.log", lines(101...110))
        try pack("b.log-20260819")
        #expect(count(bench.hub([bench.logs("b.log")]).drainNow()) == 110)
    }

    @Test("Older history stays within its bounds")
    func bounds() throws {
        bench.box.write("a.log.2", lines(1...2_000))
        bench.box.write("a.log.1", lines(2_001...4_000))
        bench.box.write("a.log", lines(4_001...4_010))
        try pack("a.log.2")
        var limits = FeedLimits()
        limits.olderHistoryBytesMax = 120_000
        limits.olderHistorySliceBytes = 8_192
        let found = count(bench.hub([bench.logs("a.log")], limits: limits).drainNow())
        #expect(found > 2_010 && found < 3_000, "\(found)")
        bench.box.write("c.log.1", bench.line(-3 * 3_600, "request of long ago"))
        bench.box.write("c.log", lines(1...5))
        let recent = bench.hub([bench.logs("c.log")]).drainNow()
        #expect(count(recent) <= 6)
    }

    @Test("Rotated and packed while it is followed: nothing is lost, nothing read twice")
    func whileFollowing() throws {
        bench.box.write("a.log", lines(1...10))
        let hub = bench.hub([bench.logs("a.log")])
        #expect(count(hub.drainNow()) == 10)
        for round in 1...4 {
            bench.box.append("a.log", lines(1_000 * round...1_000 * round + 9))
            if round != 3 { _ = hub.drainNow() }
            for number in stride(from: 6, through: 1, by: -1) {
                let name = "a.log.\(number).gz"
                guard access(bench.box.file(name), F_OK) == 0 else { continue }
                bench.box.rename(name, "a.log.\(number + 1).gz")
            }
            if access(bench.box.file("a.log.1"), F_OK) == 0 {
                bench.box.rename("a.log.1", "a.log.2")
                try pack("a.log.2")
            }
            bench.box.rename("a.log", "a.log.1")
            bench.box.write("a.log", lines(1_000 * round + 10...1_000 * round + 19))
            _ = hub.drainNow()
            bench.clock.advance(by: .seconds(10))
            _ = hub.drainNow()
        }
        #expect(count(hub.drainNow()) == 90)
    }

    @Test("Rotated and packed at once, before anybody saw the file: it is counted")
    func unseen() throws {
        bench.box.write("a.log", lines(1...10))
        bench.box.write("a.log.5", lines(5_000...5_009))
        try pack("a.log.5")
        let hub = bench.hub([bench.logs("a.log")])
        #expect(count(hub.drainNow()) == 20)
        bench.box.rename("a.log", "a.log.2")
        bench.box.write("a.log.1", lines(2_001...2_020))
        try pack("a.log.1")
        try pack("a.log.2")
        bench.box.write("a.log", lines(3_001...3_005))
        _ = hub.drainNow()
        bench.clock.advance(by: .seconds(10))
        #expect(count(hub.drainNow()) == 45)
        #expect(count(hub.drainNow()) == 45)
    }

    @Test("A packed log counts once across restarts")
    func restart() throws {
        bench.box.write("a.log", lines(1...500))
        try pack("a.log")
        for _ in 0..<3 {
            let hub = bench.hub([bench.logs("a.log.gz")])
            hub.keepState(bench.box.file("logs.state")) { Issue.record("\($0)") }
            let snapshot = hub.drainNow()
            #expect(count(snapshot) == 500)
            #expect(snapshot.recent.last?.message == "request 500 served")
            try hub.writeStateNow()
        }
    }
}
