import Basics
import Dispatch
import Metrics
import Support
import Testing

@testable import Feeds

#if canImport(Glibc)
    import Glibc
#endif

/// Limits that the kernel sets, in processes of their own.
@Suite(.serialized) struct RecordingFaultTests {
    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
    static let limited = variable("WARROOM_TEST_RECORDING_LIMITED")
    static let victim = variable("WARROOM_TEST_RECORDING_VICTIM")
    static let isSlow = variable("WARROOM_SLOW") != nil

    @Test(.enabled(if: limited != nil)) func victimHitsTheFileSizeLimit() throws {
        let path = try #require(Self.limited)
        signal(SIGXFSZ, SIG_IGN)
        let store = SeriesStore(retention: .hours(1))
        let recorder = SignalRecorder(
            store: store, folder: path, limits: RecordingLimits(folderBytesMax: 1 << 20),
            clock: SystemClock())
        func scrape(_ round: Int) {
            for index in 0..<50 {
                store.append(
                    Labels([("__name__", "x"), ("i", "\(index)")]),
                    t: recordingStart + Int64(round),
                    v: Double(round) + 0.1 * Double(index))
            }
            recorder.flush()
        }
        scrape(0)
        var limit = rlimit(rlim_cur: 100, rlim_max: 1 << 20)
        setrlimit(__rlimit_resource_t(1), &limit)
        scrape(1)
        guard recorder.status.problem?.code == "recording.stopped" else { _exit(1) }
        limit.rlim_cur = 1 << 20
        setrlimit(__rlimit_resource_t(1), &limit)
        scrape(2)
        guard recorder.status.state == .recording else { _exit(2) }
        _exit(42)
    }

    @Test(.enabled(if: limited == nil && victim == nil))
    func stopsAtALimitAndLosesNothingAfterwards() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/signals"
        let child = try ChildProcess.runTest(
            "victimHitsTheFileSizeLimit", environment: ["WARROOM_TEST_RECORDING_LIMITED": path])
        #expect(child.status == 42, "\(child.errors)")
        let store = SeriesStore(retention: .hours(1_000_000))
        let report = RecordedSignals.load(path, into: store)
        #expect(report.notes.isEmpty, "\(report.notes)")
        #expect(report.samples == 150)
    }

    @Test(.enabled(if: victim != nil)) func victimRecords() throws {
        let words = try #require(Self.victim).split(separator: " ").map(String.init)
        let log = SignalLog(folder: words[0], limits: RecordingLimits(folderBytesMax: 1 << 22))
        let first = try #require(Int64(words[1]))
        let store = SeriesStore(retention: .hours(1))
        let pid = getpid()
        let delay = try #require(UInt32(words[2]))
        DispatchQueue.global().async {
            usleep(delay)
            kill(pid, SIGKILL)
        }
        for round in first... {
            for index in 0..<20 {
                store.append(
                    Labels([("__name__", "x"), ("i", "\(index)")]), t: round,
                    v: Double(round + Int64(index)))
            }
            try log.flush(store.snapshot(), now: BootTime(nanoseconds: 0))
            try acknowledge(round, words[0] + "/acknowledged")
        }
    }

    @Test(.enabled(if: limited == nil && victim == nil)) func killedWritersLoseNothingFlushed()
        throws
    {
        let folder = try TemporaryFolder()
        let path = folder.path + "/signals"
        var first = recordingStart
        for round in 0..<(Self.isSlow ? 100 : 5) {
            let child = try ChildProcess.runTest(
                "victimRecords",
                environment: [
                    "WARROOM_TEST_RECORDING_VICTIM": "\(path) \(first) \(3_000 + round * 7_100)"
                ])
            #expect(child.status == 128 + SIGKILL, "\(child.errors)")
            let bytes = (try? WholeFile.read(path + "/acknowledged", limit: 64).get()) ?? []
            let acknowledged = Int64(String(decoding: bytes, as: UTF8.self)) ?? first - 1
            let store = SeriesStore(retention: .hours(1_000_000))
            let report = RecordedSignals.load(path, into: store)
            #expect(!report.notes.contains { $0.contains("damaged") }, "\(report.notes)")
            for samples in contents(store) {
                #expect((samples.value.last?.t ?? 0) >= acknowledged)
                #expect(
                    samples.value.map(\.t) == Array(recordingStart...(samples.value.last?.t ?? 0)))
            }
            first = (report.newest ?? first - 1) + 1
        }
        #expect(first > recordingStart)
    }
}

/// Writes `round` over what was there.
private func acknowledge(_ round: Int64, _ path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
    defer { close(descriptor) }
    let text = Array("\(round)".utf8)
    guard pwrite(descriptor, text, text.count, 0) == text.count else { throw SystemError.current }
}
