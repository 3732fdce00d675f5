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

@Suite("32: the logs across restarts")
struct LogStateTests {
    let bench: Bench
    init() throws { bench = try Bench() }

    private var state: String { bench.box.file("logs.state") }

    /// One run of the program: everything is read, then it ends as if it had been killed.
    @discardableResult
    private func run(_ limits: FeedLimits = FeedLimits(), specs: [SourceSpec]? = nil)
        throws -> FeedSnapshot
    {
        let hub = bench.hub(specs ?? [bench.logs("a.log")], limits: limits)
        hub.keepState(state) { Issue.record("\($0)") }
        let snapshot = hub.drainNow()
        try hub.writeStateNow()
        return snapshot
    }

    private func lines(_ range: ClosedRange<Int>) -> String {
        range.map { bench.line(-600, "INFO request \($0) served") }.joined()
    }

    private func count(_ snapshot: FeedSnapshot) -> Int {
        snapshot.patterns.first { $0.template.hasPrefix("request") }?.count ?? 0
    }

    private func expect(_ lines: Int, _ snapshot: FeedSnapshot, losses: Int = 0) {
        #expect(snapshot.totalRecords == lines)
        #expect(count(snapshot) == lines)
        #expect(snapshot.sources.map(\.linesTotal) == [lines])
        #expect(snapshot.sources.first?.possibleLosses == losses)
    }

    @Test("Appended meanwhile: the rest is read, the last lines are shown, nothing counts twice")
    func appended() throws {
        bench.box.write("a.log", lines(1...20))
        let first = try run()
        expect(20, first)
        bench.box.append("a.log", lines(21...30))
        let second = try run()
        expect(30, second)
        #expect(second.recent.count == 30)
        #expect(second.patterns.first?.id == first.patterns.first?.id)
        #expect(second.recent.allSatisfy { $0.pattern == first.patterns.first?.id })
        #expect(second.levelHistogram.reduce(0) { $0 + $1.total } == 30)
        expect(30, try run())
    }

    @Test("An unfinished line is counted once, when it is whole")
    func unfinished() throws {
        bench.box.write("a.log", lines(1...3) + "2026-08-21T09:50:00Z INFO request 4 ser")
        #expect(try run().totalRecords == 3)
        bench.box.append("a.log", "ved\n" + lines(5...6))
        expect(6, try run())
    }

    @Test("Much was written meanwhile: the newest lines come first, the gap is counted")
    func gap() throws {
        var limits = FeedLimits()
        limits.openingHistoryBytesMax = 2_000
        limits.olderHistoryBytesMax = 4_000
        bench.box.write("a.log", lines(1...10))
        expect(10, try run(limits))
        bench.box.append("a.log", lines(11...2_000))
        let snapshot = try run(limits)
        expect(2_000, snapshot)
        #expect(snapshot.recent.count < 100)
        #expect(snapshot.recent.last?.message == "request 2000 served")
        #expect(snapshot.droppedRecords == 0, "what nobody could show was not dropped")
        expect(2_000, try run(limits))
    }

    @Test("Killed in the middle of the gap, again and again: each line counts once")
    func gapInPieces() throws {
        var limits = FeedLimits()
        limits.openingHistoryBytesMax = 2_000
        limits.olderHistorySliceBytes = 3_000
        bench.box.write("a.log", lines(1...10))
        expect(10, try run(limits))
        for round in 1...5 {
            bench.box.append("a.log", lines(round * 1_000...round * 1_000 + 999))
            let hub = bench.hub([bench.logs("a.log")], limits: limits)
            hub.keepState(state) { Issue.record("\($0)") }
            hub.readPieces(rounds: 3, slices: round)
            try hub.writeStateNow()
        }
        expect(5_010, try run(limits))
    }

    @Test("Rotated meanwhile, once and several times, with and without packing", arguments: [1, 3])
    func rotated(times: Int) throws {
        bench.box.write("a.log", lines(1...10))
        expect(10, try run())
        bench.box.append("a.log", lines(11...20))
        for round in 0..<times {
            for number in stride(from: 5, through: 1, by: -1) {
                let name = "a.log.\(number)"
                guard access(bench.box.file(name), F_OK) == 0 else { continue }
                bench.box.rename(name, "a.log.\(number + 1)")
            }
            bench.box.rename("a.log", "a.log.1")
            bench.box.write("a.log", lines(100 * round + 100...100 * round + 104))
        }
        expect(20 + 5 * times, try run())
        bench.box.append("a.log", lines(900...904))
        for number in stride(from: times, through: 1, by: -1) {
            bench.box.rename("a.log.\(number)", "a.log.\(number + 1)")
            try pack("a.log.\(number + 1)")
        }
        bench.box.rename("a.log", "a.log.1")
        try pack("a.log.1")
        bench.box.write("a.log", lines(905...909))
        expect(30 + 5 * times, try run())
        expect(30 + 5 * times, try run())
    }

    private func pack(_ name: String) throws {
        let child = try ChildProcess.run(["gzip", "-f", bench.box.file(name)])
        #expect(child.status == 0, "\(child.errors)")
    }

    @Test("Copied and truncated meanwhile: the copy is read on, then the rest")
    func copyTruncated() throws {
        bench.box.write("a.log", lines(1...20))
        expect(20, try run())
        bench.box.write("a.log.1", lines(1...30))
        bench.box.write("a.log", lines(31...35))
        expect(35, try run())
    }

    @Test("Replaced meanwhile without a trace: read whole, the possible loss is counted")
    func replaced() throws {
        bench.box.write("a.log", lines(1...20))
        expect(20, try run())
        bench.box.write("a.log", lines(101...140))
        expect(60, try run(), losses: 1)
    }

    @Test("The inode went to another file meanwhile")
    func inodeReused() throws {
        bench.box.write("a.log", lines(1...20))
        expect(20, try run())
        bench.box.truncate("a.log", to: 0)
        bench.box.write("a.log", "other text of another program, long enough to be told apart\n")
        let snapshot = try run()
        #expect(snapshot.totalRecords == 21)
        #expect(snapshot.sources.first?.possibleLosses == 1)
    }

    @Test("Absent for a while, then rotated: what was written before it vanished is read")
    func absent() throws {
        bench.box.write("a.log", lines(1...20))
        expect(20, try run())
        bench.box.append("a.log", lines(21...25))
        bench.box.rename("a.log", "a.log.1")
        let hub = bench.hub([bench.logs("a.log")])
        hub.keepState(state) { Issue.record("\($0)") }
        _ = hub.drainNow()
        bench.box.write("a.log", lines(26...30))
        let snapshot = hub.drainNow()
        #expect(snapshot.totalRecords == 30)
        try hub.writeStateNow()
        expect(30, try run())
    }

    @Test("Damaged, cut and foreign states are refused with a reason, and replaced")
    func damaged() throws {
        bench.box.write("a.log", lines(1...20))
        try run()
        let good = try #require(Self.bytes(state))
        var step = 1
        for index in stride(from: 0, to: good.count, by: max(1, good.count / 60)) {
            var bad = good
            bad[index] ^= 1 << UInt8(step % 8)
            step += 1
            bench.box.write("logs.state", index % 2 == 0 ? bad : Array(good.prefix(index)))
            let hub = bench.hub([bench.logs("a.log")])
            let told = Told()
            hub.keepState(state) { told.say($0.description) }
            let why = told.text
            #expect(why.contains("is not used"), "\(index): \(why)")
            #expect(hub.drainNow().totalRecords == 20)
        }
    }

    @Test("A room that only watches writes nothing")
    func observer() throws {
        bench.box.write("a.log", lines(1...5))
        let hub = bench.hub([bench.logs("a.log")])
        hub.keepState(state, isKept: false) { Issue.record("\($0)") }
        hub.start()
        hub.stop()
        #expect(access(state, F_OK) != 0)
    }

    @Test("No secret reaches the state")
    func secrets() throws {
        let secret = "hunter2-Tr0ub4dor&3-zzq"
        bench.box.write(
            "a.log",
            bench.line(-9, "login ok password=\(secret) user=ana")
                + bench.line(-8, "GET /x?token=ghp_abcdefghijklmnopqrstuvwxyz0123456789 200")
                + "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx7vQsecretbodyline\n"
                + "-----END RSA PRIVATE KEY-----\n")
        let snapshot = try run()
        #expect(snapshot.redactions >= 3)
        let text = String(decoding: try #require(Self.bytes(state)), as: UTF8.self)
        #expect(!text.contains(secret))
        #expect(!text.contains("ghp_abcdef"))
        #expect(!text.contains("secretbodyline"))
        #expect(text.contains("login ok"))
        #expect(try run().redactions == snapshot.redactions, "sightings count once")
    }

    @Test("A key that goes on behind the checkpoint stays blanked")
    func keyAcrossRestart() throws {
        var limits = FeedLimits()
        limits.openingHistoryBytesMax = 400
        bench.box.write(
            "a.log", lines(1...3) + "-----BEGIN PRIVATE KEY-----\nQ0FGRUJBQkVDQUZFQkFCRQ\n")
        try run(limits)
        bench.box.append(
            "a.log", "U0VDUkVUU0VDUkVUU0VDUkVU\n-----END PRIVATE KEY-----\n" + lines(4...40))
        let snapshot = try run(limits)
        #expect(!snapshot.patterns.contains { $0.example.contains("U0VDUkVU") })
        let text = String(decoding: try #require(Self.bytes(state)), as: UTF8.self)
        #expect(!text.contains("U0VDUkVU"))
    }

    @Test("A recording of the same logs is taken over, of others known by name alone")
    func recorded() throws {
        bench.box.write("a.log", lines(1...20))
        try run()
        bench.clock.advance(by: .seconds(60))
        bench.box.append("a.log", lines(21...25))
        func room(_ specs: [SourceSpec]) -> FeedSnapshot {
            let hub = bench.hub(specs)
            hub.setIncidentStart(bench.clock.now.wall)
            hub.keepState(bench.box.file("room.state"), recorded: state) { Issue.record("\($0)") }
            bench.box.append("a.log", bench.line(70, "ERROR quite new here"))
            return hub.drainNow()
        }
        let same = room([bench.logs("a.log")])
        #expect(count(same) == 25)
        #expect(same.totalRecords == 6, "those since the recording")
        #expect(same.patterns.filter(\.isNew).map(\.template) == ["quite new here"])
        bench.box.write("b.log", lines(1...2))
        let other = SourceSpec(id: "other", kind: .logs(path: bench.box.file("b.log")))
        let known = room([other])
        #expect(count(known) == 2)
        #expect(known.patterns.map(\.id) == same.patterns.filter { !$0.isNew }.map(\.id))
    }

    static func bytes(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 22)
        let count = read(descriptor, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }
}

/// What was said, from any thread.
private final class Told: Sendable {
    private let said = Mutex("")
    var text: String { said.withLock { $0 } }
    func say(_ text: String) { said.withLock { $0 = text } }
}
