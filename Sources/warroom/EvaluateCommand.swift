import App
import ArgumentParser
import Basics
import Documents
import Metrics
import SafeText

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Evaluate PromQL over Prometheus text dumps, without a server.",
        discussion: """
            Samples with timestamps are history, so one file can hold hours. Without --at the \
            moment is that of the newest sample, or now when samples carry no time.
            """)

    @Argument(help: "EXPR FILE…; with --queries only files. EXPR may start with -.")
    var arguments: [String] = []

    @Option(help: "The moment: RFC 3339 or seconds since the epoch.")
    var at: String?

    @Option(help: "Begin of a range.")
    var start: String?

    @Option(help: "End of a range.")
    var end: String?

    @Option(help: "Step of a range: seconds, or a duration such as 15s.")
    var step: String?

    @Option(help: "text or json (the shape of the Prometheus HTTP API)")
    var format: OutputFormat = .text

    @Option(help: "A file with one JSON query a line; prints one JSON answer a line.")
    var queries: String?

    @Flag(help: "Say how many series and samples were touched, and how long it took.")
    var explain = false

    func run() throws {
        let files = queries == nil ? Array(arguments.dropFirst()) : arguments
        guard let expression = queries == nil ? arguments.first : "" else {
            throw ValidationError("An expression is missing: warroom eval EXPR FILE…")
        }
        let data = try read(files)
        let engine = EmbeddedEngine(snapshot: data.store.snapshot())
        if let queries {
            let text = try TextFile.read(queries)
            for line in EvalCommand.run(queries: text, on: engine, now: data.newest) {
                print(line)
            }
            return
        }
        let line = QueryLine(expression: expression, when: try when())
        let begin = ContinuousClock.now
        let outcome = EvalCommand.run(line, on: engine, now: data.newest)
        try show(outcome, took: ContinuousClock.now - begin)
    }

    /// The dumps; with `--format json` a failure is also data, in the shape of every other error.
    private func read(_ files: [String]) throws(Failure) -> EvaluationData {
        do throws(Failure) {
            return try EvaluationData.read(files)
        } catch {
            if format == .json {
                print(
                    "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":"
                        + JSONText.quoted(Clean.text(error.description)) + "}")
            }
            throw error
        }
    }

    private func show(_ outcome: EvalCommand.Outcome, took: Duration) throws {
        if explain, case .success(let answer) = outcome {
            Talk.say(
                "\(answer.statistics.seriesTouched) series, \(answer.statistics.samplesTouched) "
                    + "samples, \(UnitText.seconds(took.inSeconds))")
        }
        switch (format, outcome) {
        case (.json, _): print(EvalCommand.json(outcome))
        case (.text, .success(let answer)):
            for note in answer.warnings { Talk.say("warning: \(note)") }
            for note in answer.infos { Talk.say("info: \(note)") }
            print(Clean.document(EvalCommand.answerTable(answer)))
        case (.text, .failure(let error)):
            Talk.say("warroom: \(error)")
        }
        if case .failure = outcome { throw ExitCode(ExitStatus.finding.rawValue) }
    }

    private func when() throws -> QueryLine.When {
        if start == nil, end == nil, step == nil {
            return .instant(try at.map { try moment($0, "--at") })
        }
        guard let start, let end, let step, at == nil else {
            throw ValidationError("A range needs --start, --end and --step, and no --at.")
        }
        return .range(
            start: try moment(start, "--start"), end: try moment(end, "--end"),
            step: try stepMilliseconds(step))
    }

    private func moment(_ text: String, _ option: String) throws -> Int64 {
        if let time = Timestamp(rfc3339: text) { return time.milliseconds }
        if let seconds = Double(text), seconds.isFinite, abs(seconds) < 9e12 {
            return Int64((seconds * 1000).rounded())
        }
        throw ValidationError(
            "\(option) needs RFC 3339 (2026-08-21T10:00:00Z) or seconds, not \"\(text)\".")
    }

    private func stepMilliseconds(_ text: String) throws -> Int64 {
        let units: [(suffix: String, seconds: Double)] = [
            ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("", 1),
        ]
        for unit in units where text.hasSuffix(unit.suffix) {
            guard let count = Double(text.dropLast(unit.suffix.count)), count > 0 else { continue }
            return Int64((count * unit.seconds * 1000).rounded())
        }
        throw ValidationError("--step needs seconds or a duration such as 15s, not \"\(text)\".")
    }

    /// Options first, then `--`, then EXPR and files, so that an expression may start with a minus.
    static func normalised(_ arguments: [String]) -> [String] {
        let withValue: Set<String> = [
            "--at", "--start", "--end", "--step", "--format", "--queries",
        ]
        let flags: Set<String> = ["--explain", "--help", "-h", "--version"]
        var options: [String] = []
        var operands: [String] = []
        var index = 0
        while index < arguments.count {
            let word = arguments[index]
            let name = String(word.prefix { $0 != "=" })
            if word == "--" {
                operands += arguments[(index + 1)...]
                break
            } else if withValue.contains(word), index + 1 < arguments.count {
                options += [word, arguments[index + 1]]
                index += 1
            } else if flags.contains(word) || (withValue.contains(name) && word.contains("=")) {
                options.append(word)
            } else {
                operands.append(word)
            }
            index += 1
        }
        return options + ["--"] + operands
    }
}

/// The dumps of one evaluation in a store that forgets nothing.
struct EvaluationData {
    var store: SeriesStore
    /// Milliseconds: the newest sample's time, or now when any sample carries none.
    var newest: Int64

    /// Text dumps larger than this are refused.
    private static let dumpBytesMax = 2 * 1024 * 1024 * 1024

    static func read(_ files: [String]) throws(Failure) -> EvaluationData {
        let store = SeriesStore(
            retention: .seconds(400 * 365 * 86_400), seriesMax: 5_000_000,
            samplesPerSeriesMax: 10_000_000)
        let now = SystemClock().now.wall.milliseconds
        var newest: Int64?
        var hasUntimed = false
        var dumps: [(file: String, bytes: [UInt8])] = []
        for file in files {
            dumps.append((file, try TextFile.bytes(file, max: dumpBytesMax)))
        }
        // Samples far ahead of the reading time are refused, so a recording is read at its own end.
        let readAt = max(
            now,
            dumps.compactMap { ExpositionParser.newestTimestamp($0.bytes, format: .automatic) }
                .max() ?? now)
        for (file, bytes) in dumps {
            let report = DumpIngestor().ingest(
                bytes, readAt: readAt, into: store)
            if let error = report.error {
                throw Failure(
                    "dump.unusable", "The dump cannot be used", subject: file, why: error,
                    exit: .finding)
            }
            for line in report.skipped.prefix(10) {
                Talk.say("\(file):\(line.line): skipped: \(line.reason)")
            }
            if report.skippedCount > 10 {
                Talk.say("\(file): \(report.skippedCount) lines were skipped in all")
            }
            if report.samples + report.duplicates + report.refused == 0, report.skippedCount > 0 {
                throw Failure(
                    "dump.noSamples", "The dump cannot be used", subject: file,
                    why: "none of its lines is a sample", unchanged: "Nothing was evaluated",
                    next: "Name a Prometheus text dump", exit: .finding)
            }
            if !report.hasOwnTimestamps { hasUntimed = true }
            newest = [newest, report.newestTimestamp].compactMap { $0 }.max()
        }
        return EvaluationData(store: store, newest: hasUntimed ? now : newest ?? now)
    }
}
