import App
import ArgumentParser
import Basics
import Logs

#if canImport(Glibc)
    import Glibc
#endif

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

    @Argument(help: "Log files; - is standard input.")
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

    func run() throws {
        var run = PatternRun(input: input)
        var output = OutputBuffer()
        for file in files {
            try LogFile.read(file) { reference in
                run.begin(reference: reference)
            } line: { line in
                let id = run.take(line)
                if assign { output.write("\(run.lines)\t\(PatternReport.name(id))\n") }
            }
        }
        if !assign { show(run, &output) }
        output.flush()
    }

    private func show(_ run: PatternRun, _ output: inout OutputBuffer) {
        let patterns = run.summaries(incidentStart: since.flatMap { Timestamp(rfc3339: $0) })
        let hasTimes = run.newest != nil
        switch format {
        case .text:
            let rows = PatternReport.table(patterns, lines: run.lines, hasTimes: hasTimes)
            for row in rows { output.write(row + "\n") }
        case .json:
            for pattern in patterns {
                output.write(
                    PatternReport.json(pattern, lines: run.lines, hasTimes: hasTimes) + "\n")
            }
        }
    }
}

extension PatternRun.Input: ExpressibleByArgument {}

/// Standard output in blocks.
private struct OutputBuffer {
    private static let bytesMax = 64 * 1024
    private var bytes: [UInt8] = []

    mutating func write(_ text: String) {
        bytes += text.utf8
        if bytes.count >= Self.bytesMax { flush() }
    }

    /// A reader that went away ends the program: nobody wants the rest.
    mutating func flush() {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { block in
                Glibc.write(1, block.baseAddress.map { $0 + written }, block.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { Glibc.exit(ExitStatus.environment.rawValue) }
            written += count
        }
        bytes.removeAll(keepingCapacity: true)
    }
}

/// A log read once, from its beginning to its end as it is now.
private enum LogFile {
    static func read(
        _ path: String, begin: (Timestamp) -> Void, line: (Span<UInt8>) -> Void
    ) throws(Failure) {
        let isInput = path == "-"
        let descriptor = isInput ? 0 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(path, "\(SystemError.current)") }
        defer { if !isInput { close(descriptor) } }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw unreadable(path, "\(SystemError.current)")
        }
        guard isInput || status.st_mode & S_IFMT == S_IFREG else {
            throw unreadable(path, "it is not a regular file; give - and redirect it")
        }
        let isFile = status.st_mode & S_IFMT == S_IFREG
        begin(
            isFile
                ? Timestamp(seconds: Double(status.st_mtim.tv_sec)) : SystemClock().now.wall)
        var lines = PhysicalLines()
        var block = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path, "\(SystemError.current)") }
            if count == 0 { break }
            lines.feed(block.span.extracting(0..<count), line)
        }
        lines.finish(line)
    }

    private static func unreadable(_ path: String, _ why: String) -> Failure {
        Failure(
            "log.unreadable", "Log not readable", subject: path, why: why,
            unchanged: "Nothing was written", next: "Check the path and its permissions")
    }
}
