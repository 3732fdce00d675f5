import Basics
import Logs
import Support
import Synchronization
import Testing

@testable import Feeds

@Suite("Searching the files behind the sources")
struct LogSearchTests {
    let bench: Bench
    init() throws { bench = try Bench() }

    /// All pages from an anchor on, put together, oldest first.
    private func all(
        _ hub: FeedHub, _ filter: LogFilter = LogFilter(),
        from anchor: LogPageRequest.Anchor = .newest, by count: Int = 70
    ) throws -> [LogRecord] {
        var next: LogPageRequest.Anchor? = anchor
        var found: [LogRecord] = []
        var pages = 0
        while let place = next, pages < 5_000 {
            pages += 1
            let request = LogPageRequest(
                id: UInt64(pages), filter: filter, anchor: place, recordsMax: count)
            let page = try answer(hub, request)
            #expect(page.records.count <= count)
            #expect(page.problem == nil)
            switch anchor {
            case .newest, .before: found = page.records + found
            case .after, .at: found += page.records
            }
            next = page.next
            if next == nil { #expect(!page.isPartial) }
        }
        return found
    }

    /// Lines of two sources and of rotated files, in no good order, with traces between them.
    private func write(_ seed: Int) {
        var state = UInt64(seed + 1) &* 0x9E37_79B9_7F4A_7C15
        func number(_ limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state >> 33) % limit
        }
        for (name, start) in [
            ("a.log.2", -3_000), ("a.log.1", -2_000), ("a.log", -1_000), ("b.log", -2_500),
        ] {
            var text = ""
            for step in 0..<150 {
                let second = start + step * 5 - number(9)
                let level = ["INFO", "WARN", "ERROR", "INFO"][number(4)]
                text += bench.line(second, "\(level) \(name) step \(step) took \(number(99)) ms")
                if number(12) == 0 { text += "    at com.example.Cart(Cart.java:\(step))\n" }
                if number(40) == 0 {
                    text += bench.line(second, "ERROR ti\u{1B}[31mmeout\u{1B}[0m \(step)")
                }
            }
            bench.box.write(name, text)
        }
    }

    private func small(_ seed: Int) -> FeedLimits {
        var limits = FeedLimits()
        limits.indexPieceBytes = [500, 3_000, 1 << 20][seed % 3]
        limits.recentRecordsMax = 100
        limits.searchSpanMax = seed % 2 == 0 ? .microseconds(300) : .seconds(10)
        if seed % 4 == 1 { limits.indexBytesMax = 0 }
        return limits
    }

    private func key(_ record: LogRecord) -> String {
        "\(record.time.nanoseconds) \(record.place.offset) \(record.message)"
    }

    @Test("Every page from every anchor is what reading everything gives", arguments: 0..<6)
    func sameAsReading(_ seed: Int) throws {
        write(seed)
        var expected: [String] = []
        for name in ["a.log.2", "a.log.1", "a.log", "b.log"] {
            let file = try RecordFile(path: bench.box.file(name), zoneOffset: 0)
            while let record = try file.next() {
                let message = String(decoding: record.message, as: UTF8.self)
                expected.append("\(record.time.nanoseconds) \(record.offset) \(message)")
            }
        }
        let hub = bench.hub([bench.logs("?.log")], limits: small(seed))
        _ = hub.drainNow()
        let whole = try all(hub)
        #expect(whole.map(key).sorted() == expected.sorted())
        #expect(zip(whole, whole.dropFirst()).allSatisfy { LogOrder($0) < LogOrder($1) })
        #expect(try all(hub, from: .at(.epoch)).map(key) == whole.map(key))

        let middle = whole[whole.count / 2]
        #expect(
            try all(hub, from: .before(LogOrder(middle))).map(key)
                == whole.prefix(whole.count / 2).map(key))
        #expect(
            try all(hub, from: .after(LogOrder(middle))).map(key)
                == whole.dropFirst(whole.count / 2 + 1).map(key))
        let time = Bench.start - .seconds(1_234)
        #expect(
            try all(hub, from: .at(time), by: 17).map(key)
                == whole.filter { $0.time >= time }.map(key))

        let filters = [
            LogFilter(leastLevel: .error), LogFilter(text: "took 7"), LogFilter(text: "TIMEOUT"),
            LogFilter(text: "cart.java:17"), LogFilter(expression: "step \\d*9 "),
            LogFilter(text: "step 1", leastLevel: .warning, source: "b.log"),
            LogFilter(excluded: ["took"]), LogFilter(text: "nowhere"),
            LogFilter(since: Bench.start - .seconds(2_000), until: Bench.start - .seconds(900)),
        ]
        for filter in filters {
            let matcher = try filter.compiled()
            let wanted = whole.filter(matcher.matches).map(key)
            #expect(try all(hub, filter).map(key) == wanted, "\(filter)")
            #expect(try all(hub, filter, from: .at(.epoch), by: 40).map(key) == wanted)
        }
    }

    @Test("Records of a pattern are found in what is not in memory any more")
    func patterns() throws {
        write(3)
        var limits = small(1)
        limits.recentRecordsMax = 10_000
        let hub = bench.hub([bench.logs("?.log")], limits: limits)
        let records = hub.drainNow().recent
        let pattern = try #require(records.last?.pattern)
        let found = try all(hub, LogFilter(pattern: pattern))
        #expect(found.count >= records.count { $0.pattern == pattern })
        #expect(found.allSatisfy { $0.pattern == pattern })
    }

    @Test("What only memory holds is found beside the files, and nothing twice")
    func ring() throws {
        bench.box.write("a.log", bench.line(-9, "one") + bench.line(-8, "two"))
        let hub = bench.hub([bench.logs("a.log")])
        _ = hub.drainNow()
        bench.box.append("a.log", bench.line(-7, "three").dropLast().description)
        _ = hub.drainNow()
        #expect(try all(hub).map(\.message) == ["one", "two", "three"])
        bench.box.unlink("a.log")
        #expect(try all(hub).map(\.message) == ["one", "two", "three"])
        bench.box.write("a.log", bench.line(-1, "another file"))
        _ = hub.drainNow()
        // The old file's last line is over when its writer has had time to end it.
        bench.clock.advance(by: .seconds(10))
        _ = hub.drainNow()
        #expect(try all(hub).map(\.message) == ["one", "two", "three", "another file"])
    }

    @Test("A new question ends the one before it")
    func cancelled() throws {
        write(5)
        let hub = bench.hub([bench.logs("?.log")])
        _ = hub.drainNow()
        let pages = Pages()
        for id in 1...50 {
            hub.find(LogPageRequest(id: UInt64(id), filter: LogFilter(expression: "a+b"))) { page in
                pages.ids.withLock { $0.append(page.request) }
            }
        }
        try poll("the last page") { pages.ids.withLock { $0.last == 50 } }
        let ids = pages.ids.withLock { $0 }
        #expect(ids == ids.sorted())
        #expect(ids.count { $0 == 50 } == 1)
    }

    @Test("Compressed history is not passed over in silence")
    func compressed() throws {
        bench.box.write("a.log", bench.line(-9, "one"))
        bench.box.write("a.log.2.gz", "no matter")
        let hub = bench.hub([bench.logs("a.log")])
        _ = hub.drainNow()
        let page = try answer(hub, LogPageRequest(id: 1))
        #expect(page.unread.count == 1)
        #expect(page.unread.first?.contains("a.log") == true)
    }
}

private final class Pages: Sendable {
    let ids = Mutex<[UInt64]>([])
}
