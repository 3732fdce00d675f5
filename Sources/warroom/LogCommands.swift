import App
import ArgumentParser
import Basics
import Logs
import Metrics
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

    func run() throws {
        var output = RecordOutput()
        // What was read before a failure is printed.
        defer { try? output.flush() }
        for path in files {
            let file = try RecordFile(path: path, zoneOffset: try zone.offset())
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

    @Option(help: "Least level: trace, debug, info, notice, warning, error, critical, fatal.")
    var level: String?

    @Option(help: "Only records of this service.")
    var service: String?

    @Option(help: "Only files whose path holds this text.")
    var source: String?

    @Option(help: "Only records that hold this text, in any case.")
    var match: String?

    @Option(help: "Only records that match this regular expression (RE2).")
    var regex: String?

    @Option(help: "Only records at or after this time (RFC 3339).")
    var since: String?

    @Option(help: "Only records before this time (RFC 3339).")
    var until: String?

    @Option(help: "text or json")
    var format: OutputFormat = .text

    @OptionGroup var zone: ZoneOption

    func run() throws {
        let filter = try RecordFilter(self)
        let paths = files.filter { path in source.map { path.contains($0) } ?? true }
        // Many files share what one would be given.
        let block = max(16 * 1024, RecordFile.blockBytes * 4 / max(4, paths.count))
        let opened = try paths.map {
            try RecordFile(path: $0, zoneOffset: try zone.offset(), blockBytes: block)
        }
        var merger = RecordMerger(opened)
        var output = RecordOutput()
        defer { try? output.flush() }
        while let record = try merger.next() {
            guard filter.accepts(record) else { continue }
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

/// Which records `warroom logs` prints.
private struct RecordFilter {
    let level: LogLevel?
    let service: String?
    /// In lower case.
    let match: [UInt8]?
    let pattern: RegexPattern?
    let since: Timestamp?
    let until: Timestamp?

    init(_ command: LogsCommand) throws {
        level = try command.level.map { word in
            guard let level = LogLevel.allCases.first(where: { $0.word == word.lowercased() })
            else {
                let words = LogLevel.allCases.map(\.word).joined(separator: ", ")
                throw ValidationError("--level needs one of \(words), not \"\(word)\".")
            }
            return level
        }
        service = command.service
        match = command.match.map { Array($0.lowercased().utf8) }
        do {
            pattern = try command.regex.map {
                // Alone first, so that an error quotes what was typed.
                _ = try RegexPattern(anchored: Array($0.utf8))
                return try RegexPattern(anchored: Array("(?s:.*)(?:\($0))(?s:.*)".utf8))
            }
        } catch let error as RegexPattern.SyntaxError {
            throw ValidationError("--regex cannot be used: \(error.message)")
        }
        since = try command.since.map { try Self.time($0, "--since") }
        until = try command.until.map { try Self.time($0, "--until") }
    }

    private static func time(_ text: String, _ option: String) throws -> Timestamp {
        guard let time = Timestamp(rfc3339: text) else {
            throw ValidationError(
                "\(option) needs RFC 3339 (2026-08-21T10:00:00Z), not \"\(text)\".")
        }
        return time
    }

    func accepts(_ record: JoinedRecord) -> Bool {
        if let since, record.time < since { return false }
        if let until, record.time >= until { return false }
        if let level, record.level.map({ $0 < level }) ?? true { return false }
        if let service, record.parsed.service != service { return false }
        if let match, !Self.holds(record.head[...], match), !Self.holds(record.message, match) {
            return false
        }
        if let pattern, !pattern.matches(record.head), !pattern.matches(Array(record.message)) {
            return false
        }
        return true
    }

    /// Whether `wanted` (lower case) stands anywhere in `text`, ASCII letters in any case.
    private static func holds(_ text: ArraySlice<UInt8>, _ wanted: [UInt8]) -> Bool {
        guard let first = wanted.first else { return true }
        guard text.count >= wanted.count else { return false }
        let last = text.endIndex - wanted.count
        for start in text.startIndex...last where folded(text[start]) == first {
            if (1..<wanted.count).allSatisfy({ folded(text[start + $0]) == wanted[$0] }) {
                return true
            }
        }
        return false
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }
}

/// Records on their way to standard output, in large pieces.
private struct RecordOutput {
    var text = RecordText()
    var bytes: [UInt8] = []

    mutating func drain() throws {
        if bytes.count >= 128 * 1024 { try flush() }
    }

    mutating func flush() throws {
        try StandardOutput.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
