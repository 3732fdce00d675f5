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

/// Keeps the latest snapshot that a tick delivered.
final class Latest: Sendable {
    fileprivate let value = Mutex(FeedSnapshot())
    func set(_ snapshot: FeedSnapshot) { value.withLock { $0 = snapshot } }
    var snapshot: FeedSnapshot { value.withLock { $0 } }

    /// Waits until the latest snapshot satisfies `condition`, at most ten seconds.
    func wait(_ condition: (FeedSnapshot) -> Bool) -> Bool {
        for _ in 0..<1_000 {
            if condition(value.withLock { $0 }) { return true }
            usleep(10_000)
        }
        return false
    }
}

@Suite("The hub, live", .serialized)
struct LiveTests {
    let box: FileBox
    init() throws { box = try FileBox() }

    private func hub(_ specs: [SourceSpec], usesInotify: Bool = true) -> (FeedHub, Latest) {
        let hub = FeedHub(
            specs: specs, store: SeriesStore(retention: .seconds(600)), clock: SystemClock(),
            usesInotify: usesInotify)
        let latest = Latest()
        hub.onTick(every: .milliseconds(50)) { latest.set($0) }
        hub.start()
        return (hub, latest)
    }

    private func specs() -> [SourceSpec] {
        [
            SourceSpec(id: "l", kind: .logs(path: box.file("*.log"))),
            SourceSpec(id: "m", kind: .metrics(path: box.file("*.prom"), every: nil)),
            SourceSpec(id: "c", kind: .changes(path: box.file("changes.jsonl"))),
        ]
    }

    @Test(
        "Appended lines, new files, rotation, dumps and changes arrive", arguments: [true, false])
    func everythingArrives(usesInotify: Bool) {
        box.write("a.log", "old line\n")
        let (hub, latest) = hub(specs(), usesInotify: usesInotify)
        defer { hub.stop() }
        #expect(latest.wait { $0.recent.map(\.message) == ["old line"] })
        box.append("a.log", "new line\n")
        #expect(latest.wait { $0.recent.last?.message == "new line" })
        box.write("b.log", "late file\n")
        #expect(latest.wait { $0.recent.last?.message == "late file" })
        box.rename("a.log", "a.1")
        box.write("a.log", "rotated\n")
        #expect(latest.wait { $0.recent.last?.message == "rotated" })
        box.write("tmp", "up 1\n")
        box.rename("tmp", "node.prom")
        box.write("changes.jsonl", #"{"time":1787306040,"kind":"deploy"}"# + "\n")
        #expect(
            latest.wait { snapshot in
                snapshot.changes.count == 1
                    && snapshot.sources.filter { $0.kind == "metrics" }.map(\.state) == [.ok]
            })
        let polls = hub.snapshot().sources.allSatisfy { $0.detail.contains("polled every") }
        #expect(polls == !usesInotify)
    }

    @Test("A burst arrives whole")
    func burst() {
        box.write("a.log", "")
        let (hub, latest) = hub(specs())
        defer { hub.stop() }
        #expect(latest.wait { $0.sources.first?.state == .ok })
        let writer = Writer(box.file("a.log"))
        for block in 0..<20 {
            writer.write((0..<100).map { "burst \(block * 100 + $0)\n" }.joined())
        }
        #expect(latest.wait { $0.totalRecords == 2_000 })
        #expect(hub.snapshot().recent.last?.message == "burst 1999")
        #expect(hub.snapshot().droppedRecords == 0)
    }

    @Test("A source is added while running; after stop no tick comes")
    func addAndStop() {
        let (hub, latest) = hub([])
        box.write("x.log", "hello\n")
        hub.add(SourceSpec(id: "x", kind: .logs(path: box.file("x.log"))))
        #expect(latest.wait { $0.recent.last?.message == "hello" })
        hub.stop()
        latest.set(FeedSnapshot())
        box.append("x.log", "unheard\n")
        usleep(150_000)
        #expect(!latest.waitBriefly { $0.totalRecords > 0 })
    }
}

extension Latest {
    func waitBriefly(_ condition: (FeedSnapshot) -> Bool) -> Bool {
        condition(value.withLock { $0 })
    }
}
