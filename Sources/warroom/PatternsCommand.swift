import App
import ArgumentParser
import Basics
import Logs

struct PatternsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "patterns",
        abstract: "Group the lines of logs by their constant words.",
        discussion: """
            One pass, one configuration for all logs. Everything printed is sanitised and redacted.

            --assign prints, for every physical line: its number, a tab, and the id its \
            pattern has when the line is read. Nothing is joined; with several files the numbers \
            go on. The same lines in the same order have the same ids every time.
            """)

    @Argument(help: "Log files of any format; - is standard input.")
    var files: [String]

    @Flag(help: "Print line number, tab, pattern id for every line.")
    var assign = false

    @Option(
        help: "log: time, level, host and logger are read and left out; message: the whole line")
    var input: PatternRun.Input = .log

    @Option(help: "When the incident began (RFC 3339): marks new, spiking and vanished patterns.")
    var since: String?

    @Option(help: "text, or json: one object a line")
    var format: OutputFormat = .text

    func validate() throws {
        if files.isEmpty { throw ValidationError("A file is missing: warroom patterns FILE…") }
        if let since, Timestamp(rfc3339: since) == nil {
            throw ValidationError(
                "--since needs RFC 3339 (2026-08-21T10:00:00Z), not \"\(since)\".")
        }
    }

    @OptionGroup var zone: ZoneOption
    @OptionGroup var redaction: RedactionOption

    func run() throws {
        var run = PatternRun(input: input, redactor: try redaction.redactor())
        var out: [UInt8] = []
        for file in files {
            var line = run.lines
            try run.read(file, zoneOffset: try zone.offset()) { id in
                line += 1
                guard assign else { return }
                out += "\(line)\t\(PatternReport.name(id))\n".utf8
                guard out.count >= Self.blockBytes else { return }
                try StandardOutput.write(out)
                out.removeAll(keepingCapacity: true)
            }
        }
        if !assign { for row in rows(run) { out += (row + "\n").utf8 } }
        try StandardOutput.write(out)
    }

    private static let blockBytes = 64 * 1024

    private func rows(_ run: PatternRun) -> [String] {
        let patterns = run.summaries(incidentStart: since.flatMap { Timestamp(rfc3339: $0) })
        let hasTimes = run.newest != nil
        return switch format {
        case .text: PatternReport.table(patterns, lines: run.lines, hasTimes: hasTimes)
        case .json:
            patterns.map { PatternReport.json($0, lines: run.lines, hasTimes: hasTimes) }
        }
    }
}

extension PatternRun.Input: ExpressibleByArgument {}
