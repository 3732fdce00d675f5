import Basics
import Logs
import Metrics
import Support
import Testing

@testable import Feeds

#if canImport(Glibc)
    import Glibc
#endif

@Suite("The health of sources")
struct HealthTests {
    let bench: Bench
    init() throws { bench = try Bench() }

    private func error(_ spec: SourceSpec) -> String {
        let sources = bench.hub([spec]).drainNow().sources
        guard let source = sources.first, case .error(let sentence) = source.state else {
            return "no error: \(sources)"
        }
        return sentence
    }

    @Test("What cannot be read says so in a complete sentence")
    func sentences() {
        bench.box.mkdir("dir")
        bench.box.write("empty.prom", "")
        bench.box.write("text.prom", "this is no dump at all\n")
        mkfifo(bench.box.file("fifo"), 0o644)
        let cases: [(SourceSpec, String)] = [
            (bench.logs("none.log"), "File not there"), (bench.logs("dir"), "it is a directory"),
            (bench.logs("fifo"), "it is a FIFO"), (bench.logs("no*.log"), "No file matches"),
            (bench.metrics("none.prom"), "File not there"),
            (bench.metrics("dir"), "it is a directory"),
            (bench.metrics("empty.prom"), "Dump is empty"),
            (bench.metrics("text.prom"), "No metric in the dump"),
            (bench.metrics("fifo"), "it is no regular file"),
            (bench.changes("none.jsonl"), "File not there"),
        ]
        for (spec, words) in cases {
            let sentence = error(spec)
            #expect(sentence.contains(words) && sentence.hasSuffix("."), "\(sentence)")
        }
    }

    @Test("A packed dump is read whole or not at all")
    func packedDumps() {
        // `a 1`, packed by gzip -n.
        let packed: [UInt8] = [
            31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 75, 84, 48, 228, 2, 0, 54, 231, 27, 188, 4, 0, 0, 0,
        ]
        bench.box.write("a.prom.gz", packed)
        let hub = bench.hub([bench.metrics("a.prom.gz")])
        #expect(hub.drainNow().sources.map(\.state) == [.ok])
        #expect(bench.store.snapshot().all.map(\.labels.description) == [#"a{instance="a"}"#])
        bench.box.write("b.prom.gz", Array(packed.dropLast(3)))
        let sentence = error(bench.metrics("b.prom.gz"))
        #expect(sentence.contains("Dump not used") && sentence.contains("ends early"))
    }

    @Test("A dump says how many of its samples were refused, and why")
    func refusals() {
        bench.box.write("a.prom", "up 1 1000\ndown 1\n")
        let source = bench.hub([bench.metrics("a.prom")]).drainNow().sources.first
        #expect(source?.detail == "samples refused: 1 older than the retention")
    }

    @Test("A dump that does not change becomes stale, and recovers")
    func stale() {
        bench.box.write("a.prom", "up 1\n")
        let hub = bench.hub([bench.metrics("a.prom", every: .seconds(15))])
        #expect(hub.drainNow().sources.map(\.state) == [.ok])
        bench.clock.advance(by: .seconds(30))
        #expect(hub.drainNow().sources.map(\.state) == [.ok])
        bench.clock.advance(by: .seconds(1))
        #expect(hub.drainNow().sources.map(\.state) == [.stale])
        bench.box.write("a.prom", "up 2\n")
        let source = hub.drainNow().sources.first
        #expect(source?.state == .ok)
        #expect(source?.lastData == Bench.start + .seconds(31))
    }

    @Test("The interval of a dump is learned")
    func learnedInterval() {
        bench.box.write("a.prom", "up 0\n")
        let hub = bench.hub([bench.metrics("a.prom")])
        _ = hub.drainNow()
        for value in 1...5 {
            bench.clock.advance(by: .seconds(10))
            bench.box.write("a.prom", "up \(value)\n")
            #expect(hub.drainNow().sources.map(\.state) == [.ok])
        }
        bench.clock.advance(by: .seconds(21))
        #expect(hub.drainNow().sources.map(\.state) == [.stale])
    }

    @Test("A log without lines becomes silent")
    func silent() {
        bench.box.write("a.log", "")
        let hub = bench.hub([bench.logs("a.log")])
        #expect(hub.drainNow().sources.map(\.state) == [.ok])
        bench.clock.advance(by: .seconds(601))
        #expect(hub.drainNow().sources.map(\.state) == [.silent])
        bench.box.append("a.log", "back\n")
        #expect(hub.drainNow().sources.map(\.state) == [.ok])
    }

    @Test("A missing file is read from its start when it appears")
    func appears() {
        let hub = bench.hub([bench.logs("a.log"), bench.metrics("a.prom")])
        #expect(hub.drainNow().sources.map(\.state.word) == ["error", "error"])
        bench.box.write("a.log", bench.line(-1, "here"))
        bench.box.write("a.prom", "up 1\n")
        let snapshot = hub.drainNow()
        #expect(snapshot.sources.map(\.state) == [.ok, .ok])
        #expect(snapshot.recent.map(\.message) == ["here"])
    }

    @Test("Truncation is told as possible loss")
    func possibleLoss() {
        bench.box.write("a.log", (1...50).map { bench.line(-5, "event \($0)") }.joined())
        let hub = bench.hub([bench.logs("a.log")])
        _ = hub.drainNow()
        bench.box.write("a.log", bench.line(-1, "fresh"))
        let snapshot = hub.drainNow()
        #expect(snapshot.recent.last?.message == "fresh")
        #expect(snapshot.sources.first?.possibleLosses == 1)
        #expect(snapshot.sources.first?.detail.contains("may have been lost") == true)
    }

    @Test("Wrong lines of a changes file are counted with a reason")
    func skippedChanges() {
        bench.box.write(
            "c.jsonl",
            """
            {"time":1787306040,"service":"cart","kind":"flag","version":"new_pricing on","by":"ana"}
            not json
            {"service":"cart"}
            {"ts":"2026-08-21T09:59:00+02:00","type":"config","author":7,"summary":"x"}

            """)
        let snapshot = bench.hub([bench.changes("c.jsonl")]).drainNow()
        let source = snapshot.sources.first
        #expect(source?.skippedLines == 2)
        #expect(source?.lastSkipped?.line == 3)
        #expect(source?.lastSkipped?.reason == "it has no readable \"time\"")
        #expect(snapshot.changes.map(\.kind) == ["config", "flag"])
        #expect(snapshot.changes.map(\.by) == ["7", "ana"])
    }

    @Test("Series without a place of origin get one from the file's name")
    func instanceLabel() {
        bench.box.write("cart-1.prom", "up 1\n")
        bench.box.write("cart-2.prom", "up 0\nnamed{instance=\"x\"} 1\n")
        _ = bench.hub([bench.metrics("*.prom")]).drainNow()
        #expect(bench.store.labelValues("instance").sorted() == ["cart-1", "cart-2", "x"])
    }
}
