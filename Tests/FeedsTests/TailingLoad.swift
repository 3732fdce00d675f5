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

/// What a thousand followed logs cost. Prints figures; run it alone, with `WARROOM_SLOW=1`.
@Suite("Tailing load", .serialized, .enabled(if: getenv("WARROOM_SLOW") != nil))
struct TailingLoad {
    private static let files = 1_000
    let box: FileBox
    init() throws { box = try FileBox() }

    private func name(_ index: Int) -> String { "log-\(10_000 + index).log" }

    private static var cpu: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    @Test("36: a thousand logs, idle, and then one of them with 200,000 lines a second")
    func thousandLogs() throws {
        DescriptorLimit.raise()
        for index in 0..<Self.files { box.write(name(index), "start of \(index)\n") }
        let hub = FeedHub(
            specs: [SourceSpec(id: "l", kind: .logs(path: box.file("*.log")))],
            store: SeriesStore(retention: .seconds(600)), clock: SystemClock())
        let latest = Latest()
        hub.onTick(every: .milliseconds(1_000)) { latest.set($0) }
        hub.start()
        defer { hub.stop() }
        try poll("the first lines", patience: .seconds(120)) {
            latest.waitBriefly { $0.totalRecords == Self.files }
        }
        print("36: opened with \(Self.cpu) s of processor time")
        usleep(2_000_000)
        let before = Self.cpu
        usleep(15_000_000)
        print("36: idle with \(Self.files) logs: \((Self.cpu - before) / 15 * 100) % of one core")
        let isOver = Atomic(false)
        let hot = box.file(name(0))
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) {
            let writer = Writer(hot)
            let line = "2026-08-21T10:00:00Z INFO request served in 12 ms for customer 81\n"
            let block = String(repeating: line, count: 2_000)
            while !isOver.load(ordering: .relaxed) {
                writer.write(block)
                usleep(10_000)
            }
        }
        usleep(1_000_000)
        var lags: [Double] = []
        let clock = ContinuousClock()
        for round in 0..<11 {
            let index = 1 + round * 37 % (Self.files - 1)
            let path = box.file(name(index))
            let begin = clock.now
            box.append(name(index), "cool \(round)\n")
            try poll("the line of \(path)") {
                hub.snapshot().sources.first { $0.path == path }?.linesTotal == 2
            }
            lags.append(Double((clock.now - begin).nanoseconds) / 1e9)
            usleep(100_000)
        }
        isOver.store(true, ordering: .relaxed)
        group.wait()
        lags.sort()
        let hotHealth = hub.snapshot().sources.first { $0.path == hot }
        print(
            "36: lag of the others: median \(lags[5]) s, most \(lags[10]) s; hot: "
                + "\(hotHealth?.linesTotal ?? 0) lines, \(hotHealth?.bytesBehind ?? 0) B behind")
    }
}
