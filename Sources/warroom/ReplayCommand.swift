import App
import ArgumentParser
import Basics
import Feeds
import Incidents
import Journals
import Metrics
import SafeText

#if canImport(Glibc)
    import Glibc
#endif

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Feed recorded samples back: as text, or through expressions and conditions.",
        discussion: """
            Without --expr and --to-dump it prints every change of a stop condition, judged at the \
            moments when the samples were new.
            """)

    @Argument(help: "An incident, its directory, or a folder of recorded samples.")
    var target: String

    @Option(help: "Begin: RFC 3339 or seconds since the epoch; default: the oldest sample.")
    var from: String?

    @Option(help: "End; default: the newest sample.")
    var to: String?

    @Option(name: .customLong("to-dump"), help: "Write OpenMetrics text with timestamps; - prints.")
    var dump: String?

    @Option(help: "An expression to print over time; may be repeated.")
    var expr: [String] = []

    @Option(help: "Seconds of recorded time between two looks.")
    var every: Int = 60

    @Option(help: "Recorded seconds per second; without it as fast as it goes.")
    var speed: Double?

    @OptionGroup var sources: SourceOptions

    func validate() throws {
        guard every >= 1 else { throw ValidationError("--every must be at least 1.") }
        if let speed, !(speed > 0) { throw ValidationError("--speed must be more than 0.") }
    }

    func run() throws {
        guard let folder = try RecordingArgument.folder(target) else {
            throw Failure(
                "replay.noFolder", "Not a recording", subject: target,
                why: "it is neither an incident nor a folder", exit: .usage)
        }
        let store = SeriesStore(
            retention: .seconds(400 * 365 * 86_400), seriesMax: 5_000_000,
            samplesPerSeriesMax: 10_000_000)
        let now = SystemClock().now.wall.milliseconds
        let from = try self.from.map { try EvaluateCommand.moment($0, "--from", now) }
        let to = try self.to.map { try EvaluateCommand.moment($0, "--to", now) }
        // What is looked at begins at --from; rates and baselines need what came before.
        let report = try RecordingArgument.load(
            folder, from: dump == nil ? .min : from ?? .min, through: to ?? .max, into: store)
        if let dump { return try write(store, to: dump) }
        let begin = from ?? report.oldest ?? 0
        let end = to ?? report.newest ?? begin
        if expr.isEmpty {
            try judge(store, begin, end)
        } else {
            try evaluate(store, begin, end)
        }
    }

    private func write(_ store: SeriesStore, to path: String) throws(Failure) {
        let descriptor =
            path == "-"
            ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw unwritable(path, .current) }
        defer { if path != "-" { close(descriptor) } }
        var dump = SignalDump()
        var failure: SystemError?
        dump.write(store.snapshot()) { text in
            guard failure == nil else { return }
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    failure = .current
                    return
                }
                rest = rest.dropFirst(count)
            }
        }
        if let failure { throw unwritable(path, failure) }
        if dump.markersLeftOut > 0 {
            Talk.say("\(dump.markersLeftOut) staleness markers left out: the format has none")
        }
    }

    private func unwritable(_ path: String, _ error: SystemError) -> Failure {
        Failure(
            "replay.unwritable", "The dump could not be written", subject: path, why: "\(error)",
            unchanged: "The recording is as it was")
    }

    // MARK: Over time

    private func evaluate(_ store: SeriesStore, _ begin: Int64, _ end: Int64) throws(Failure) {
        let engine = EmbeddedEngine(snapshot: store.snapshot())
        for time in moments(begin, end) {
            for expression in expr {
                let outcome = EvalCommand.run(
                    QueryLine(expression: expression, when: .instant(time)), on: engine, now: time)
                let stamp = TimeText.rfc3339(Timestamp(milliseconds: time))
                switch outcome {
                case .success(let answer):
                    for line in Self.lines(answer) { print(stamp + "  " + Clean.text(line)) }
                case .failure(let error):
                    throw Failure(
                        "replay.expression", "The expression cannot be evaluated",
                        subject: expression, why: "\(error)", exit: .finding)
                }
            }
            pause()
        }
    }

    private static func lines(_ answer: QueryAnswer) -> [String] {
        switch answer.value {
        case .scalar(_, let value): [EvalCommand.number(value)]
        case .string(_, let text): [EvalCommand.quotedText(text)]
        case .vector(let samples):
            samples.isEmpty
                ? ["no series"] : samples.map { "\($0.labels)  \(EvalCommand.number($0.v))" }
        case .matrix(let series): series.map { "\($0.labels)  \($0.samples.count) samples" }
        }
    }

    private func judge(_ store: SeriesStore, _ begin: Int64, _ end: Int64) throws(Failure) {
        let configuration = try sources.configuration()
        let events =
            IncidentID(target) == nil
            ? [] : try JournalReader.open(try IncidentArgument.directory(target)).readNew()
        guard let id = IncidentID(target) ?? IncidentID("INC-0000") else { return }
        var replay = SignalReplay(
            store: store, configuration: configuration, rules: try RuleFiles.load(configuration),
            incident: id, events: events)
        for time in moments(begin, end) {
            for line in replay.judge(at: Timestamp(milliseconds: time)) { print(Clean.text(line)) }
            pause()
        }
    }

    private func moments(_ begin: Int64, _ end: Int64) -> StrideThrough<Int64> {
        stride(from: begin, through: max(begin, end), by: every * 1000)
    }

    private func pause() {
        guard let speed else { return }
        fflush(nil)
        usleep(UInt32((Double(every) / speed * 1e6).clamped(to: 0...4e9)))
    }
}
