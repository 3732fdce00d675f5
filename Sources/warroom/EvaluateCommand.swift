import App
import ArgumentParser
import Basics
import Documents
import Feeds
import Metrics
import SafeText

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Evaluate PromQL over Prometheus text dumps, without a server.",
        discussion: """
            Samples with timestamps are history, so one file can hold hours. Without --at the \
            moment is that of the newest sample, or now when samples carry no time; `now` in a \
            time means that moment too. A line that cannot be read is skipped and named on \
            standard error; the rest is evaluated.

            Exit codes: 0 answered, 1 the query is wrong or failed, 2 usage, 4 a file cannot be \
            used.
            """)

    @Argument(
        help: """
            EXPR FILE…; with --queries only files. EXPR may start with -. A FILE may also be an \
            incident (INC-2041) or a folder of recorded samples.
            """)
    var arguments: [String] = []

    @Option(help: "The moment: RFC 3339, seconds since the epoch, now or now-5m.")
    var at: String?

    @Option(help: "Begin of a range, written like --at.")
    var start: String?

    @Option(help: "End of a range; default: now.")
    var end: String?

    @Option(help: "Step of a range: seconds, or a duration such as 15s.")
    var step: String?

    @Option(help: "text or json (the shape of the Prometheus HTTP API)")
    var format: OutputFormat = .text

    @Option(
        help: "A file with one JSON query a line, - for standard input; one JSON answer a line.")
    var queries: String?

    @Flag(help: "ASCII glyphs only.")
    var ascii = false

    @Flag(help: "Say what the query is, what it touched, and how long it took.")
    var explain = false

    func run() throws {
        let files = queries == nil ? Array(arguments.dropFirst()) : arguments
        guard let expression = queries == nil ? arguments.first : "" else {
            throw ValidationError("An expression is missing: warroom eval EXPR FILE…")
        }
        let data = try read(files)
        let engine = EmbeddedEngine(snapshot: data.store.snapshot())
        if let queries {
            try answerLines(of: queries, on: engine, now: data.newest)
            return
        }
        let line = QueryLine(expression: expression, when: try when(now: data.newest))
        try show(Evaluation.run(line, on: engine, now: data.newest))
    }

    /// One answer a line; whether it went well stands in the answer.
    private func answerLines(
        of queries: String, on engine: EmbeddedEngine, now: Int64
    ) throws(Failure) {
        let text = queries == "-" ? StandardInput.bytes() : try TextFile.bytes(queries)
        let begin = ContinuousClock.now
        let lines = EvalCommand.lines(of: text)
        for line in lines { print(EvalCommand.answer(to: line, on: engine, now: now)) }
        if explain {
            let took = UnitText.seconds((ContinuousClock.now - begin).inSeconds)
            Talk.say("\(lines.count) queries in \(took)")
        }
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

    private func show(_ evaluation: Evaluation) throws {
        if explain { for line in evaluation.explanation { Talk.say(line) } }
        switch (format, evaluation.outcome) {
        case (.json, _): print(EvalCommand.json(evaluation.outcome))
        case (.text, .success(let answer)):
            for note in answer.warnings { Talk.say("warning: \(note)") }
            for note in answer.infos { Talk.say("info: \(note)") }
            let table = EvaluationTable(
                width: StandardOutput.columns, isASCII: ascii || !Environment.isUTF8)
            for line in table.lines(answer) { print(line) }
        case (.text, .failure(let error)):
            Talk.say("warroom: \(error)")
        }
        if case .failure = evaluation.outcome { throw ExitCode(ExitStatus.finding.rawValue) }
    }

    private func when(now: Int64) throws -> QueryLine.When {
        if start == nil, end == nil, step == nil {
            return .instant(try at.map { try Self.moment($0, "--at", now) })
        }
        guard let start, let step, at == nil else {
            throw ValidationError("A range needs --start and --step, and no --at.")
        }
        guard let width = EvalTime.step(step) else {
            throw ValidationError(
                "--step needs seconds or a duration such as 15s, more than 0, not \"\(step)\".")
        }
        return .range(
            start: try Self.moment(start, "--start", now),
            end: try Self.moment(end ?? "now", "--end", now),
            step: width)
    }

    static func moment(_ text: String, _ option: String, _ now: Int64) throws -> Int64 {
        if let time = EvalTime.moment(text, now: now) { return time }
        throw ValidationError(
            "\(option) needs RFC 3339 (2026-08-21T10:00:00Z), seconds, now or now-5m, not "
                + "\"\(text)\".")
    }

    /// Options first, then `--`, then EXPR and files, so that an expression may start with a minus.
    static func normalised(_ arguments: [String]) -> [String] {
        let withValue: Set<String> = [
            "--at", "--start", "--end", "--step", "--format", "--queries",
        ]
        let flags: Set<String> = ["--ascii", "--explain", "--help", "-h", "--version"]
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

    static func read(_ files: [String]) throws(Failure) -> EvaluationData {
        let store = SeriesStore(
            retention: .seconds(400 * 365 * 86_400), seriesMax: 5_000_000,
            samplesPerSeriesMax: 10_000_000)
        let now = SystemClock().now.wall.milliseconds
        var newest: Int64?
        var hasUntimed = false
        var dumps: [(file: String, bytes: [UInt8])] = []
        for file in files {
            if let folder = try RecordingArgument.folder(file) {
                newest = [newest, try RecordingArgument.load(folder, into: store).newest].compactMap
                { $0 }
                .max()
                continue
            }
            dumps.append((file, try DumpFile.read(file)))
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
                    "dump.unusable", "The dump cannot be used", subject: file, why: error)
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
                    next: "Name a Prometheus text dump")
            }
            if !report.hasOwnTimestamps { hasUntimed = true }
            newest = [newest, report.newestTimestamp].compactMap { $0 }.max()
        }
        return EvaluationData(store: store, newest: hasUntimed ? now : newest ?? now)
    }
}
