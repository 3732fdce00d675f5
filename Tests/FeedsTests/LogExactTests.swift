import Basics
import Logs
import Metrics
import Support
import Testing

@testable import Feeds

#if canImport(Glibc)
    import Glibc
#endif

/// Logs of records of several lines that are written, rotated, packed and followed by a program
/// that is killed again and again, all in an order that a seed gives: in the end every record and
/// line was counted once.
@Suite("32: each record counts once")
struct LogExactTests {
    /// What was written, counted plainly.
    private struct Tally: Equatable, CustomStringConvertible {
        var records = 0
        var lines = 0
        var failures = 0
        var redactions = 0
        var description: String { "\(records) \(lines) \(failures) \(redactions)" }
    }

    private struct Random {
        var state: UInt64
        mutating func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
    }

    private static func limits(_ random: inout Random) -> FeedLimits {
        var limits = FeedLimits()
        limits.openingHistoryBytesMax = 2_000 + random.next(2_000)
        limits.bytesPerTurnMax = 700 + random.next(1_000)
        limits.bytesBehindBeforeSkipping = 4_000 + Int64(random.next(4_000))
        limits.olderHistorySliceBytes = 300 + random.next(2_000)
        limits.passedOverSliceBytes = 300 + random.next(2_000)
        return limits
    }

    /// A world of one log.
    private struct World {
        let bench: Bench
        let isWide: Bool
        let begun = SystemClock().now.wall
        var random: Random
        var tally = Tally()
        var pending: [UInt8] = []

        var state: String { bench.box.file("logs.state") }

        mutating func record() -> String {
            tally.records += 1
            tally.lines += 1
            let head = TimeText.rfc3339(begun - .seconds(600 - tally.records / 50)) + " "
            guard random.next(3) == 0 else {
                guard random.next(12) == 0 else {
                    return head + "INFO request \(tally.records) served\n"
                }
                tally.redactions += 1
                let secret = "password=hunter2Zq\(tally.records)xPw0"
                return head + "INFO request \(tally.records) \(secret) served\n"
            }
            tally.failures += 1
            var text = head + "ERROR failure \(tally.records) seen\n"
            for _ in 0..<1 + random.next(6) {
                if random.next(6) == 0 {
                    text += "\n"
                    tally.lines += 1
                }
                text += "\tat a.b.C.d(C.java:\(random.next(900)))\n"
                tally.lines += 1
            }
            if random.next(8) == 0 {
                text += "\n"
                tally.lines += 1
            }
            return text
        }

        func encoded(_ text: String) -> [UInt8] {
            guard isWide else { return Array(text.utf8) }
            return text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        }

        /// Appends some records; the last one may be cut anywhere.
        mutating func write() {
            var bytes = pending
            let count = random.next(5) == 0 ? 60 + random.next(150) : 1 + random.next(12)
            for _ in 0..<count { bytes += encoded(record()) }
            let cut = random.next(2) == 0 ? bytes.count : random.next(bytes.count)
            pending = Array(bytes[cut...])
            bench.box.append("a.log", Array(bytes[..<cut]))
        }

        /// By the time of now, as files are, that stands still.
        func hub(_ limits: FeedLimits) -> FeedHub {
            let hub = FeedHub(
                specs: [bench.logs("a.log")], store: bench.store,
                clock: ManualClock(wall: SystemClock().now.wall), limits: limits,
                usesInotify: false)
            hub.keepState(state) { Issue.record("\($0)") }
            return hub
        }

        mutating func complete() {
            bench.box.append("a.log", pending)
            pending = []
        }

        mutating func begin() { bench.box.write("a.log", isWide ? [0xFF, 0xFE] : []) }

        mutating func rotate() throws {
            complete()
            for number in stride(from: 40, through: 1, by: -1) {
                for ending in ["", ".gz"] {
                    let file = bench.box.file("a.log.\(number)\(ending)")
                    rename(file, bench.box.file("a.log.\(number + 1)\(ending)"))
                }
            }
            bench.box.rename("a.log", "a.log.1")
            begin()
            let next = bench.box.file("a.log.2")
            guard random.next(2) == 0, access(next, F_OK) == 0 else { return }
            let child = try ChildProcess.run(["gzip", "-f", next])
            #expect(child.status == 0, "\(child.errors)")
        }

        /// One run of the program, which ends as if it were killed.
        mutating func run(rotates: Bool) throws {
            let limits = LogExactTests.limits(&random)
            let hub = hub(limits)
            for _ in 0..<1 + random.next(4) {
                hub.readPieces(rounds: random.next(6), slices: random.next(8))
                if random.next(3) > 0 { write() }
                if rotates, random.next(6) == 0 {
                    // The one that is named so is known before it gets another name.
                    hub.readPieces(rounds: 1, slices: 0)
                    try rotate()
                }
            }
            hub.readPieces(rounds: random.next(8), slices: random.next(5))
            try hub.writeStateNow()
            if random.next(2) == 0 { hub.readPieces(rounds: 3, slices: 3) }
        }
    }

    private func campaign(_ seed: UInt64, isWide: Bool, rotates: Bool) throws {
        let bench = try Bench()
        var world = World(bench: bench, isWide: isWide, random: Random(state: seed))
        world.begin()
        for _ in 0..<12 {
            try world.run(rotates: rotates)
            if world.random.next(2) == 0 { world.write() }
            if rotates, world.random.next(5) == 0 { try world.rotate() }
        }
        world.complete()
        let hub = world.hub(Self.limits(&world.random))
        let snapshot = hub.drainNow()
        let failures = snapshot.patterns.filter { $0.template.hasPrefix("failure") }
        let found = Tally(
            records: snapshot.totalRecords, lines: snapshot.totalLines,
            failures: failures.reduce(0) { $0 + $1.count }, redactions: snapshot.redactions)
        let what: Comment = "seed \(seed) wide \(isWide) rotates \(rotates)"
        #expect(found == world.tally, what)
        #expect(snapshot.sources.map(\.linesTotal) == [world.tally.lines], what)
        #expect(snapshot.sources.map(\.possibleLosses) == [0], what)
        #expect(snapshot.patterns.reduce(0) { $0 + $1.count } == world.tally.records, what)
        let levels = snapshot.levelHistogram.reduce(0) { $0 + $1[.error] }
        #expect(levels == world.tally.failures, what)
    }

    private static let first = UInt64(getenv("WARROOM_SEED").map { String(cString: $0) } ?? "") ?? 1
    private static let seeds = first..<first + (getenv("WARROOM_SLOW") == nil ? 4 : 300)

    @Test("Stack traces with empty lines, floods that are passed over, kills", arguments: seeds)
    func kills(seed: UInt64) throws {
        try campaign(seed, isWide: seed % 3 == 0, rotates: false)
    }

    @Test("The same while it is rotated and packed", arguments: seeds)
    func rotations(seed: UInt64) throws {
        try campaign(seed, isWide: seed % 3 == 0, rotates: true)
    }

    @Test("A private key that spans slices, gaps, restarts and openings", arguments: seeds)
    func keys(seed: UInt64) throws {
        let bench = try Bench()
        var world = World(bench: bench, isWide: seed % 3 == 0, random: Random(state: seed))
        if world.isWide { world.begin() }
        var count = 0
        func key() -> String {
            var text = "-----BEGIN RSA PRIVATE KEY-----\n"
            for _ in 0..<12 {
                count += 1
                let body = "SECRETBODY\(count)"
                text += body + String(repeating: "Qx7", count: 17) + "\n"
            }
            return text + "-----END RSA PRIVATE KEY-----\n"
        }
        func check(_ snapshot: FeedSnapshot) throws {
            for pattern in snapshot.patterns {
                #expect(!(pattern.example + pattern.template).contains("SECRETBODY"))
            }
            for record in snapshot.recent {
                #expect(!(record.message + (record.raw ?? "")).contains("SECRETBODY"))
            }
            let state = try #require(LogStateTests.bytes(world.state))
            #expect(!String(decoding: state, as: UTF8.self).contains("SECRETBODY"))
        }
        for _ in 0..<6 {
            let limits = Self.limits(&world.random)
            let hub = world.hub(limits)
            for _ in 0..<3 {
                var text = ""
                for _ in 0..<1 + world.random.next(14) { text += world.record() + key() }
                let bytes = world.pending + world.encoded(text)
                let cut = world.random.next(bytes.count)
                world.pending = Array(bytes[cut...])
                bench.box.append("a.log", Array(bytes[..<cut]))
                hub.readPieces(rounds: world.random.next(8), slices: world.random.next(8))
            }
            try hub.writeStateNow()
            try check(hub.snapshot())
        }
        world.complete()
        let hub = world.hub(Self.limits(&world.random))
        let snapshot = hub.drainNow()
        try hub.writeStateNow()
        try check(snapshot)
        #expect(snapshot.redactions > 0)
    }
}
