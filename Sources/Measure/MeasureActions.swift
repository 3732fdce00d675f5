import Basics
import Glibc
import Incidents
import Journals
import Processes

/// `Measure actions DIRECTORY COUNT`: what the record and a child process cost, by the clock on the
/// wall, because waiting for the disk is what a person feels.
enum MeasureActions {
    static func run(_ arguments: [String]) throws {
        guard let directory = arguments.first else { return print("actions DIRECTORY [COUNT]") }
        let count = arguments.dropFirst().first.flatMap { Int($0) } ?? 2_000
        try journal(directory, count)
        spawn(min(count, 500))
    }

    private static func journal(_ directory: String, _ count: Int) throws {
        let clock = SystemClock()
        let writer = try JournalWriter.open(
            directory: directory, incident: "INC-0001", clock: clock, options: JournalOptions(),
            scrub: { $0 })
        let actor = Actor(uid: getuid(), name: "measure")
        let intents = try waits(count) { number in
            _ = try writer.append(EventDraft(intent(number), by: actor), sync: true)
        }
        figures("durable intent", intents)
        let notes = try waits(count) { number in
            _ = try writer.append(
                EventDraft(NoteAdded(text: "note \(number)"), by: actor), sync: false)
        }
        Figure.print("notes per second, synced once", Double(count) / notes.reduce(0, +), "1/s")
        writer.close()
        let begin = clock.now.boot
        let report = try JournalVerifier.verify(directory)
        let seconds = (clock.now.boot - begin).inSeconds
        Figure.print("records verified per second", Double(report.records) / seconds, "1/s")
    }

    private static func intent(_ number: Int) -> ActionIntent {
        ActionIntent(
            proposal: "M\(number)", attempt: "A\(number)", action: "rollback-deployment",
            target: "checkout", environment: .production,
            steps: [
                ["/usr/bin/kubectl", "rollout", "undo", "deployment/checkout", "--to-revision=41"]
            ],
            digest: String(repeating: "ab", count: 32), rollbackOf: nil,
            executables: [
                "/usr/bin/kubectl dev=1 ino=2 mtime=2026-01-01T00:00:00.000000000Z sha256=0"
            ])
    }

    private static func spawn(_ count: Int) {
        let runner = ProcessRunner(clock: SystemClock())
        let command = Command("/bin/true", deadline: .seconds(10))
        let all = waits(count) { _ in _ = runner.run(command) }
        figures("one child, started and reaped", all)
    }

    /// Seconds of each call.
    private static func waits(_ count: Int, _ body: (Int) throws -> Void) rethrows -> [Double] {
        let clock = SystemClock()
        var all: [Double] = []
        for number in 1...count {
            let begin = clock.now.boot
            try body(number)
            all.append((clock.now.boot - begin).inSeconds)
        }
        return all
    }

    private static func figures(_ name: String, _ seconds: [Double]) {
        let sorted = seconds.sorted()
        Figure.print("\(name) p50", sorted[sorted.count / 2] * 1e3, "ms")
        Figure.print("\(name) p99", sorted[sorted.count * 99 / 100] * 1e3, "ms")
    }
}
