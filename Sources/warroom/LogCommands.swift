import App
import ArgumentParser
import Basics
import Feeds
import Logs
import SafeText

#if canImport(Glibc)
    import Glibc
#endif

struct RecordsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "records",
        abstract: "Print the records of log files as JSON lines.",
        discussion: """
            One object a record, files one after the other: time (UTC), whether it was read or \
            assumed and what it leaves out (zone, year, date, order of day and month), level, \
            service, message, fields, source, offset. Lines of one record (stack traces) are \
            joined. All text is sanitised and redacted. `-` is standard input.
            """)

    @Argument(help: "Log files of any format.")
    var files: [String]

    @OptionGroup var zone: ZoneOption
    @OptionGroup var redaction: RedactionOption

    func run() throws {
        let redactor = try redaction.redactor()
        var output = RecordOutput(text: RecordText(redactor: redactor))
        // What was read before a failure is printed.
        defer { try? output.flush() }
        for path in files {
            let file = try RecordFile(
                path: path, zoneOffset: try zone.offset(), redactor: redactor)
            while let record = try file.next() {
                output.text.appendJSON(record, to: &output.bytes)
                try output.drain()
            }
        }
        try output.flush()
    }
}

struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print log files merged by time.",
        discussion: """
            Times are in UTC. A time that begins with ~ was not read from the record: it is that \
            of the record before it, or of the file. All text is sanitised and redacted.
            """)

    @Argument(help: "Log files of any format; - is standard input.")
    var files: [String]

    @Option(help: "Only records that hold this text, in any case.")
    var text: String?

    @Option(help: "Only records that match this regular expression (RE2).")
    var regexp: String?

    @Option(help: "Least level: trace, debug, info, notice, warning, error, critical, fatal.")
    var level: String?

    @Option(help: "Only records of this service; NAME* for all that begin so.")
    var service: String?

    @Option(help: "Only files whose path holds this text.")
    var source: String?

    @Option(help: "Only records of this pattern, by the id that warroom patterns prints.")
    var pattern: String?

    @Option(help: "Only records at or after this time: RFC 3339, 14:02, -15m.")
    var since: String?

    @Option(help: "Only records before this time.")
    var until: String?

    @Option(help: "text or json")
    var format: OutputFormat = .text

    @OptionGroup var zone: ZoneOption
    @OptionGroup var redaction: RedactionOption

    func run() throws {
        let filter = try filter(now: SystemClock().now.wall).compiled()
        let redactor = try redaction.redactor()
        var miner = PatternMiner()
        let paths = files.filter(filter.wantsSource)
        // Many files share what one would be given.
        let block = max(16 * 1024, RecordFile.blockBytes * 4 / max(4, paths.count))
        let opened = try paths.map {
            let file = try RecordFile(
                path: $0, zoneOffset: try zone.offset(), redactor: redactor, blockBytes: block)
            // Patterns are numbered by all records that came before.
            if filter.filter.pattern == nil, filter.filter.excludedPatterns.isEmpty {
                file.narrow(
                    since: filter.filter.since, until: filter.filter.until,
                    countsLines: format == .json)
            }
            return file
        }
        var merger = RecordMerger(opened)
        var output = RecordOutput(text: RecordText(redactor: redactor))
        defer { try? output.flush() }
        while let record = try merger.next() {
            var found: PatternID?
            if let wanted = filter.filter.pattern {
                let id = miner.observe(
                    record.message.span, level: nil, service: nil, time: record.time)
                // What was merged since is the wanted pattern too.
                found = id == miner.current(wanted) ? wanted : id
            }
            guard filter.matches(record, pattern: found) else { continue }
            switch format {
            case .json: output.text.appendJSON(record, to: &output.bytes)
            case .text:
                output.text.appendLine(
                    record, showsSource: paths.count > 1, to: &output.bytes)
            }
            try output.drain()
        }
        try output.flush()
    }

    private func filter(now: Timestamp) throws -> LogFilter {
        var filter = LogFilter(text: text ?? "", expression: regexp ?? "")
        filter.leastLevel = try level.map { try LogFilter.level($0) }
        filter.service = service
        filter.source = source
        filter.pattern = try pattern.map { name in
            guard let id = PatternReport.id(name) else {
                throw ValidationError(
                    "--pattern needs an id of eight hexadecimal digits, not \"\(name)\".")
            }
            return id
        }
        filter.since = try since.map { try time($0, "--since", now) }
        filter.until = try until.map { try time($0, "--until", now) }
        return filter
    }

    private func time(_ text: String, _ option: String, _ now: Timestamp) throws -> Timestamp {
        guard let time = Timestamp(typed: text, now: now) else {
            throw ValidationError(
                "\(option) needs a time such as 14:02, -15m or 2026-08-21T10:00:00Z, "
                    + "not \"\(text)\".")
        }
        return time
    }
}

/// The zone of times that name none.
struct ZoneOption: ParsableArguments {
    @Option(help: "The zone of times that name none, as +02:00; default: this machine's.")
    var zone: String?

    /// Seconds east of UTC.
    func offset() throws -> Int {
        guard let zone else {
            var seconds = time(nil)
            var parts = tm()
            localtime_r(&seconds, &parts)
            return Int(parts.tm_gmtoff)
        }
        if zone == "Z" || zone.uppercased() == "UTC" { return 0 }
        let parts = zone.dropFirst().split(separator: ":")
        guard let sign = zone.first, sign == "+" || sign == "-", parts.count == 2,
            let hours = Int(parts[0]), let minutes = Int(parts[1]), (0...14).contains(hours),
            (0..<60).contains(minutes)
        else { throw ValidationError("--zone needs UTC or an offset such as +02:00.") }
        return (hours * 3600 + minutes * 60) * (sign == "-" ? -1 : 1)
    }
}

/// Records on their way to standard output, in large pieces.
private struct RecordOutput {
    var text: RecordText
    var bytes: [UInt8] = []

    mutating func drain() throws {
        if bytes.count >= 128 * 1024 { try flush() }
    }

    mutating func flush() throws {
        try StandardOutput.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
