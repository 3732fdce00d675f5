import Basics
import Dispatch
import Logs
import Support
import Synchronization
import Testing

@testable import Feeds

/// Asks a hub and waits for the page.
func answer(_ hub: FeedHub, _ request: LogPageRequest) throws -> LogPage {
    let box = Answer()
    hub.find(request) { page in
        box.value.withLock { $0 = page }
        box.isThere.signal()
    }
    _ = box.isThere.wait(timeout: .now() + .seconds(20))
    return try #require(box.value.withLock { $0 }, "no page came")
}

private final class Answer: Sendable {
    let value = Mutex<LogPage?>(nil)
    let isThere = DispatchSemaphore(value: 0)
}

@Suite("Pages of log records")
struct LogPageTests {
    let bench: Bench
    init() throws { bench = try Bench() }

    @Test("Pages go back and forth without a gap or a repeated record")
    func paging() throws {
        bench.box.write("a.log", (0..<50).map { bench.line(2 * $0 - 200, "a \($0)") }.joined())
        bench.box.write("b.log", (0..<50).map { bench.line(2 * $0 - 199, "b \($0)") }.joined())
        let hub = bench.hub([bench.logs("*.log")])
        let all = hub.drainNow().recent.map(\.message)
        #expect(all.count == 100)

        var back: [String] = []
        var anchor: LogPageRequest.Anchor? = .newest
        while let place = anchor {
            let page = try answer(hub, LogPageRequest(id: 7, anchor: place, recordsMax: 7))
            #expect(page.request == 7)
            back = page.records.map(\.message) + back
            anchor = page.next
        }
        #expect(back == all)

        var forth: [String] = []
        anchor = .at(Bench.start - .seconds(150))
        while let place = anchor {
            let page = try answer(hub, LogPageRequest(id: 8, anchor: place, recordsMax: 7))
            forth += page.records.map(\.message)
            anchor = page.next
        }
        #expect(forth == Array(all.suffix(50)))
    }

    @Test("A filter that cannot be used is said, not answered with nothing")
    func unusable() throws {
        let hub = bench.hub([])
        let page = try answer(hub, LogPageRequest(id: 1, filter: LogFilter(expression: "(")))
        #expect(page.problem?.code == "logs.expression")
    }
}
