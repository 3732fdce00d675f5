import Basics
import Dispatch
import Logs
import Metrics
import Support
import Synchronization
import Testing

@testable import Feeds

#if canImport(Glibc)
    import Glibc
#endif

/// A program that reads logs is killed at any moment, again and again, while they are written,
/// rotated and packed: in the end each line was counted once.
@Suite(.serialized) struct LogKillTests {
    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
    static let victim = variable("WARROOM_TEST_LOGS_VICTIM")
    static let isSlow = variable("WARROOM_SLOW") != nil

    private static func hub(_ folder: String) -> FeedHub {
        var limits = FeedLimits()
        limits.stateInterval = .milliseconds(4)
        limits.openingHistoryBytesMax = 4 * 1024
        limits.olderHistorySliceBytes = 4 * 1024
        limits.rotationGrace = .milliseconds(200)
        let hub = FeedHub(
            specs: [SourceSpec(id: "l", kind: .logs(path: folder + "/a.log"))],
            store: SeriesStore(retention: .hours(1)), clock: SystemClock(), limits: limits)
        hub.keepState(folder + "/logs.state") { print("state: \($0)") }
        return hub
    }

    @Test(.enabled(if: victim != nil)) func victimFollows() throws {
        let words = try #require(Self.victim).split(separator: " ").map(String.init)
        let delay = try #require(UInt32(words[1]))
        let hub = Self.hub(words[0])
        hub.start()
        usleep(delay)
        kill(getpid(), SIGKILL)
    }

    /// Writes numbered lines and rotates, as a service and logrotate do.
    private final class Service: Sendable {
        private struct State {
            var written = 0
            var isStopped = false
        }
        private let state = Mutex(State())
        private let folder: String

        init(_ folder: String) { self.folder = folder }

        var written: Int { state.withLock { $0.written } }
        func stop() { state.withLock { $0.isStopped = true } }

        func run(seed: UInt64) {
            var random = seed
            func next(_ limit: Int) -> Int {
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(random >> 33) % limit
            }
            while !state.withLock({ $0.isStopped }) {
                let count = 1 + next(60)
                let first = written
                var text = ""
                let time = TimeText.rfc3339(SystemClock().now.wall)
                for number in first..<first + count {
                    text += "\(time) INFO request \(number) of ana served\n"
                }
                let bytes = Array(text.utf8)
                let cut = next(bytes.count)
                append(Array(bytes[..<cut]))
                usleep(UInt32(next(3_000)))
                append(Array(bytes[cut...]))
                state.withLock { $0.written += count }
                usleep(UInt32(next(20_000)))
                if next(12) == 0 { rotate(isPacking: next(2) == 0) }
            }
        }

        private func file(_ name: String) -> String { folder + "/" + name }

        private func append(_ bytes: [UInt8]) { Writer(file("a.log")).write(bytes) }

        private func rotate(isPacking: Bool) {
            for number in stride(from: 60, through: 1, by: -1) {
                for ending in ["", ".gz"] {
                    rename(file("a.log.\(number)\(ending)"), file("a.log.\(number + 1)\(ending)"))
                }
            }
            rename(file("a.log"), file("a.log.1"))
            append([])
            guard isPacking, access(file("a.log.2"), F_OK) == 0 else { return }
            _ = try? ChildProcess.run(["gzip", "-f", file("a.log.2")])
        }
    }

    @Test("32: killed at any moment, each line counts once", .enabled(if: victim == nil))
    func killed() throws {
        let box = try FileBox()
        box.write("a.log", "")
        let before = Self.hub(box.path)
        _ = before.drainNow()
        try before.writeStateNow()
        let service = Service(box.path)
        let done = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            service.run(seed: 20_260_821)
            done.signal()
        }
        var kills = 0
        for round in 0..<(Self.isSlow ? 200 : 5) {
            let delay = 20_000 + (round * 7_919) % 1_200 * 1_000
            let child = try ChildProcess.runTest(
                "victimFollows", environment: ["WARROOM_TEST_LOGS_VICTIM": "\(box.path) \(delay)"])
            #expect(child.status == 128 + SIGKILL, "\(child.output) \(child.errors)")
            #expect(!child.output.contains("state:"), "\(child.output)")
            if child.status == 128 + SIGKILL { kills += 1 }
        }
        service.stop()
        done.wait()
        let hub = Self.hub(box.path)
        let snapshot = hub.drainNow()
        #expect(snapshot.sources.map(\.possibleLosses) == [0])
        #expect(snapshot.totalRecords == service.written)
        #expect(snapshot.patterns.map(\.count) == [service.written])
        print("\(kills) kills, \(service.written) lines, \(snapshot.totalRecords) counted")
    }
}
