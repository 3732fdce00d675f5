import Basics
import Incidents
import Journals
import Playbooks
import Safety
import Support
import Synchronization
import Testing

@testable import Actions

#if canImport(Glibc)
    import Glibc
#endif

/// Many runs, counted. The long forms run with `WARROOM_SLOW=1`; figures are printed.
@Suite("Campaigns", .serialized)
struct CampaignTests {
    static let isSlow = getenv("WARROOM_SLOW") != nil
    static let victim = getenv("WARROOM_TEST_CAMPAIGN").map { String(cString: $0) }

    // MARK: Executions

    @Test(
        "N33: 10,000 executions leave no zombie, descriptor or survivor (200 in short)",
        .enabled(if: victim == nil))
    func executions() throws {
        let count = Self.isSlow ? 10_000 : 200
        let run = try ChildProcess.run(
            [
                "/usr/bin/env", "WARROOM_TEST_CAMPAIGN=\(count)", CommandLine.arguments[0],
                "--testing-library", "swift-testing", "--filter", "runsManyTimes",
            ], patience: Self.isSlow ? .minutes(60) : .minutes(3))
        #expect(run.status == 0, "\(run.output) \(run.errors)")
        #expect(run.errors.contains("with 1 test"), "\(run.errors)")
        if Self.isSlow { print(run.output) }
    }

    /// In a process of its own, whose children and descriptors are nobody else's.
    @Test(.enabled(if: victim != nil)) func runsManyTimes() throws {
        let count = try #require(Self.victim.flatMap { Int($0) })
        let marker = "31536000.\(getpid())"
        let benches = try Kind.allCases.map { ($0, try bench($0, marker)) }
        for (kind, bench) in benches { #expect(bench.run(Quiet()) == kind.outcome) }
        let cheap = benches.filter { $0.0 != .orphan }
        let before = Self.descriptors
        var wrong = 0
        for round in 0..<count {
            // An orphan that holds the output costs the two seconds of the drain.
            let isDear = round % 64 == 0
            let (kind, bench) = isDear ? benches[1] : cheap[round % cheap.count]
            if bench.run(Quiet()) != kind.outcome { wrong += 1 }
        }
        #expect(wrong == 0)
        #expect(Self.descriptors == before)
        #expect(Self.children.isEmpty, "zombies or survivors: \(Self.children)")
        let survivors = RunningProcess.having(marker)
        #expect(survivors.isEmpty)
        print(
            "\(count) executions: \(Self.children.count) children left, "
                + "\(Self.descriptors - before) descriptors, \(survivors.count) survivors")
    }

    private enum Kind: CaseIterable {
        case good, orphan, escaped, noProgram, fails, late, killed, loud
        var outcome: AttemptOutcome {
            switch self {
            case .good, .orphan, .escaped, .loud: .succeeded
            case .noProgram, .fails: .failed
            case .late: .timedOut
            case .killed: .unknown
            }
        }
    }

    private func bench(_ kind: Kind, _ marker: String) throws -> Bench {
        switch kind {
        case .good: return Bench("exit 0")
        case .orphan: return Bench("/bin/sleep \(marker) & exit 0")
        case .escaped:
            return Bench("/usr/bin/setsid /bin/sleep \(marker) >/dev/null 2>&1 & exit 0")
        case .noProgram:
            let bench = Bench("true")
            bench.scratch.write("step1", "\u{7F}nothing", mode: 0o755)
            return bench
        case .fails: return Bench("exit 3")
        case .late:
            var bench = Bench("exec /bin/sleep \(marker)")
            bench.action.timeout = .milliseconds(30)
            return bench
        case .killed: return Bench("kill -KILL $$")
        case .loud: return Bench("exec head -c 200000 /dev/zero")
        }
    }

    /// A journal that keeps nothing.
    private final class Quiet: EventSink {
        func append(_ draft: EventDraft, sync: Bool) throws(Failure) -> Event {
            Event(
                sequence: 1, time: .epoch, entry: .epoch, boot: BootTime(nanoseconds: 0),
                bootID: "", actor: draft.actor, payload: draft.payload)
        }
        func storeBlob(_ bytes: [UInt8]) throws(Failure) -> String { "" }
    }

    private static var descriptors: Int {
        guard let directory = opendir("/proc/self/fd") else { return -1 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count
    }

    /// Every child of this process, dead or alive.
    private static var children: [String] {
        guard let directory = opendir("/proc/self/task") else { return ["unreadable"] }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let task = withUnsafeBytes(of: entry.pointee.d_name) { name in
                String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            }
            let descriptor = open("/proc/self/task/\(task)/children", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            let bytes = FileBytes.read(descriptor, atMost: 1 << 20) ?? []
            found += String(decoding: bytes, as: UTF8.self).split(separator: " ").map(String.init)
        }
        return found
    }

    // MARK: Emergency stop

    @Test(
        "N41: from the stop file to the end of the program, p99 at most 1 s",
        .enabled(if: victim == nil))
    func stopToEnd() {
        let trials = Self.isSlow ? 1_000 : 20
        var spans: [Duration] = []
        for _ in 0..<trials {
            var bench = Bench("exec /bin/sleep 300")
            let scratch = bench.scratch
            let written = Mutex<BootTime?>(nil)
            let clock = SystemClock()
            bench.onAppend = { draft in
                guard draft.payload is ActionStarted else { return }
                Thread.detached {
                    usleep(UInt32.random(in: 0..<300_000))
                    written.withLock { $0 = clock.now.boot }
                    scratch.write("EMERGENCY_STOP", "now")
                }
            }
            #expect(bench.run(bench.sink()) == .stopped)
            guard let begin = written.withLock({ $0 }) else { continue }
            spans.append(clock.now.boot - begin)
        }
        spans.sort()
        #expect(spans.count == trials)
        let p99 = spans[min(spans.count - 1, spans.count * 99 / 100)]
        #expect(p99 <= .seconds(1))
        print(
            "stop file to the program's end and its record, \(trials) trials: "
                + "p50 \(spans[spans.count / 2]), p99 \(p99), max \(spans[spans.count - 1])")
    }

    // MARK: Record

    @Test(.enabled(if: victim == nil)) func intentsAreDurable() throws {
        let count = Self.isSlow ? 2_000 : 100
        let scratch = Scratch()
        let clock = SystemClock()
        let journal = try JournalWriter.open(
            directory: scratch.file("INC-2041"), incident: "INC-2041", clock: clock, scrub: { $0 })
        defer { journal.close() }
        var spans: [Duration] = []
        for number in 1...count {
            let intent = ActionIntent(
                proposal: "M1", attempt: "A\(number)", action: "rollback-deployment",
                target: "checkout", environment: .production,
                steps: [["/usr/bin/kubectl", "rollout", "undo", "deployment/checkout"]],
                digest: String(repeating: "0f", count: 32), rollbackOf: nil,
                executables: ["/usr/bin/kubectl dev=1 ino=2 mtime=2026-01-01T00:00:00Z sha256=00"])
            let begin = clock.now.boot
            try journal.append(EventDraft(intent, by: Bench.approver), sync: true)
            spans.append(clock.now.boot - begin)
        }
        spans.sort()
        print(
            "intent durable, \(count) appends: p50 \(spans[count / 2]), "
                + "p99 \(spans[count * 99 / 100]), max \(spans[count - 1])")
        let found = try JournalReader.open(scratch.file("INC-2041")).readNew()
        #expect(found.filter { $0.payload is ActionIntent }.count == count)
    }
}

/// A plain thread: what blocks must not occupy a task's.
private enum Thread {
    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func detached(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body() }
                return nil
            }, Unmanaged.passRetained(Box(body)).toOpaque())
        pthread_detach(thread)
    }
}
