import Basics
import SafeText

#if canImport(Glibc)
    import Glibc
#endif

/// Mines whole logs, line by line, for the command line. Lines are sanitised and redacted first,
/// as the room does, so that ids are the same in both and no secret becomes part of a template.
package struct PatternRun: Sendable {
    package enum Input: String, Sendable, CaseIterable {
        /// Whole lines are messages.
        case message
        /// Lines have a header, which is read and left out.
        case log
    }

    private let input: Input
    private var miner: PatternMiner
    private let redactor: Redactor
    private var cleaner: LineCleaner
    private var parser = RecordParser()
    private var context = TimeContext(reference: .epoch)
    private var lastTime: Timestamp?
    private var cleaned: [UInt8] = []
    package private(set) var lines = 0
    /// The newest time that was read; nil when no line bore one.
    package private(set) var newest: Timestamp?

    package init(input: Input, patternsMax: Int = 2_000, redactor: Redactor = .standard) {
        self.input = input
        self.redactor = redactor
        cleaner = LineCleaner(redactor: redactor)
        miner = PatternMiner(patternsMax: patternsMax)
    }

    /// Takes every line of a log, gzip'd or not, as it is now; `-` is standard input. A time
    /// without a zone counts as `zoneOffset` seconds east of UTC.
    package mutating func read(
        _ path: String, zoneOffset: Int, _ each: (PatternID) throws -> Void
    ) throws {
        let descriptor = open(path == "-" ? "/dev/stdin" : path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(path, "\(SystemError.current)") }
        let source = LogBytes(path: path, descriptor: descriptor)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw Self.unreadable(path, "\(SystemError.current)")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw Self.unreadable(path, "it is a directory")
        }
        begin(
            reference: Timestamp(seconds: Double(status.st_mtim.tv_sec)), zoneOffset: zoneOffset)
        var block = [UInt8](repeating: 0, count: 256 * 1024)
        var physical = PhysicalLines()
        while true {
            let count = try source.next(into: &block)
            if count == 0 { break }
            try physical.feed(block.span.extracting(0..<count)) { try each(take($0)) }
        }
        try physical.finish { try each(take($0)) }
    }

    private static func unreadable(_ path: String, _ why: String) -> Failure {
        Failure(
            "log.unreadable", "The log cannot be read", subject: path, why: why,
            unchanged: "Nothing of it was used", next: "Check the path and its permissions")
    }

    /// The next lines are those of another file, last written at `reference`.
    mutating func begin(reference: Timestamp, zoneOffset: Int = 0) {
        cleaner = LineCleaner(redactor: redactor)
        parser = RecordParser()
        context = TimeContext(reference: reference, zoneOffset: zoneOffset)
        lastTime = nil
    }

    /// The pattern of a line: any bytes without its line feed, also none.
    package mutating func take(_ line: Span<UInt8>) -> PatternID {
        lines += 1
        cleaned.removeAll(keepingCapacity: true)
        _ = line.withUnsafeBufferPointer { cleaner.append($0, to: &cleaned) }
        let text = cleaned
        let whole = text.span
        guard input == .log else {
            return miner.observe(whole, level: nil, service: nil, time: .epoch)
        }
        let parsed = parser.parse(whole, context: context)
        if let time = parsed.time {
            lastTime = time
            newest = max(newest ?? time, time)
        }
        let time = parsed.time ?? lastTime ?? context.reference
        switch parsed.body {
        case .range(let range):
            return miner.observe(
                whole.extracting(range), level: parsed.level, service: parsed.service, time: time)
        case .bytes(let bytes):
            let inner = cleaner.clean(bytes).text
            return miner.observe(
                inner.utf8Span.span, level: parsed.level, service: parsed.service, time: time)
        }
    }

    /// The most frequent first; with `incidentStart` those that changed since come before them.
    package func summaries(incidentStart: Timestamp? = nil) -> [PatternSummary] {
        let all = miner.summaries(
            now: newest ?? .epoch, incidentStart: incidentStart, limit: .max)
        return all.sorted { left, right in
            if (left.change == nil) != (right.change == nil) { return right.change == nil }
            return left.count != right.count ? left.count > right.count : left.id < right.id
        }
    }
}

/// Cuts bytes into the lines between line feeds: every one, also empty ones, and what stands
/// behind the last line feed. Of a longer line than `lineBytesMax` the beginning is kept.
package struct PhysicalLines {
    package static let lineBytesMax = 64 * 1024
    private var rest: [UInt8] = []

    package init() {}

    package mutating func feed(_ chunk: Span<UInt8>, _ sink: (Span<UInt8>) throws -> Void) rethrows
    {
        var start = 0
        while let end = LineAssembler.newline(chunk, from: start) {
            if rest.isEmpty {
                try sink(chunk.extracting(start..<min(end, start + Self.lineBytesMax)))
            } else {
                keep(chunk, start..<end)
                try sink(rest.span)
                rest.removeAll(keepingCapacity: true)
            }
            start = end + 1
        }
        keep(chunk, start..<chunk.count)
    }

    /// The last line, when no line feed ends it.
    package mutating func finish(_ sink: (Span<UInt8>) throws -> Void) rethrows {
        guard !rest.isEmpty else { return }
        try sink(rest.span)
        rest = []
    }

    private mutating func keep(_ chunk: Span<UInt8>, _ range: Range<Int>) {
        let room = min(range.count, Self.lineBytesMax - rest.count)
        guard room > 0 else { return }
        chunk.extracting(range.lowerBound..<range.lowerBound + room)
            .withUnsafeBufferPointer { rest.append(contentsOf: $0) }
    }
}
