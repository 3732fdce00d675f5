import Basics
import Logs
import Metrics
import SafeText

#if canImport(Glibc)
    import Glibc
#endif

/// One Prometheus text dump, read again whenever it changes. Confined to the feed queue.
final class DumpSource {
    let spec: SourceSpec
    let path: String
    let id: String
    private let limits: FeedLimits
    private let opened: BootTime
    private let ingestor: DumpIngestor
    private let labels: [String: String]
    private var known: FileFacts?
    /// What was seen of a dump that looked unfinished; a second look at the same takes it.
    private var unfinished: FileFacts?
    private var problem: String?
    private var absences = 0
    private var samples = 0
    private var skipped = 0
    private var lastSkipped: SkippedLine?
    private var lastData: Timestamp?
    private var lastChange: BootTime?
    private var interval: Duration?
    private var detail = ""
    private var metricNames: Set<String> = []
    private var seriesSeen = -1
    /// The newest time that the samples say themselves; nil when any of them says none.
    private var newestOwnTime: Timestamp?

    init(spec: SourceSpec, path: String, id: String, limits: FeedLimits, now: ClockReading) {
        self.spec = spec
        self.path = path
        self.id = id
        self.limits = limits
        ingestor = DumpIngestor(filter: LabelRedaction.filter(limits.redactor))
        opened = now.boot
        if case .metrics(_, let every) = spec.kind { interval = every }
        labels = Self.labels(spec, path)
    }

    /// Series that do not say where they come from get `instance` (the file's name without its
    /// extension and `.gz`) and `job` (the service), as a scrape would add them: two dumps of one
    /// glob may hold the same series.
    private static func labels(_ spec: SourceSpec, _ path: String) -> [String: String] {
        var labels = spec.labels
        let written = PathPattern.name(of: path)
        let name = written.hasSuffix(".gz") ? String(written.dropLast(3)) : written
        let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
        if labels["instance"] == nil, !stem.isEmpty { labels["instance"] = stem }
        if labels["job"] == nil, let service = spec.service { labels["job"] = service }
        return labels
    }

    /// Reads the dump when it changed.
    /// - Parameters:
    ///   - isComplete: its writer closed it or moved it in: it is read even if it looks the same.
    ///   - isLast: nobody will look again soon: an unfinished dump is taken as it is.
    /// - Returns: whether samples were taken.
    func turn(_ now: ClockReading, store: SeriesStore, isComplete: Bool, isLast: Bool) -> Bool {
        switch FileFacts.of(path: path) {
        case .failure(let error):
            problem = DumpText.unreadable(path, error)
            vanish(now, store)
            return false
        case .success(let facts) where !facts.isRegular:
            problem = DumpText.notRegular(path, isDirectory: facts.kind == S_IFDIR)
            return false
        case .success(let facts) where facts.size > Int64(limits.dumpBytesMax):
            problem = DumpText.tooLarge(path, facts.size, limits.dumpBytesMax)
            return false
        case .success(let facts):
            guard facts != known || isComplete else { return false }
            return read(facts, now, store, isComplete: isComplete || isLast)
        }
    }

    private func read(
        _ facts: FileFacts, _ now: ClockReading, _ store: SeriesStore, isComplete: Bool
    ) -> Bool {
        switch WholeFile.read(path, limit: limits.dumpBytesMax) {
        case .failure(let error):
            problem = DumpText.unreadable(path, error)
            return false
        case .success(let raw):
            let bytes: [UInt8]
            do throws(Gzip.Refusal) {
                bytes = try Gzip.plain(raw, unpackedBytesMax: limits.dumpBytesMax)
            } catch {
                // Looked at again when the file changes.
                known = facts
                problem = DumpText.refused(path, error.description)
                return false
            }
            // Between two writes of its writer a dump lacks series, which would end them.
            let looksWhole = known == nil && bytes.last == 0x0A
            if !isComplete, !looksWhole, unfinished != facts {
                unfinished = facts
                return false
            }
            unfinished = nil
            known = facts
            return take(bytes, now, store)
        }
    }

    private func take(_ bytes: [UInt8], _ now: ClockReading, _ store: SeriesStore) -> Bool {
        guard !bytes.isEmpty else {
            problem = DumpText.empty(path)
            return false
        }
        let report = ingestor.ingest(
            bytes, readAt: now.wall.milliseconds, extraLabels: labels, into: store)
        skipped += report.skippedCount
        if let last = report.skipped.last { lastSkipped = clean(last) }
        if let error = report.error {
            problem = DumpText.refused(path, limits.redactor.clean(error))
            return false
        }
        let taken = report.samples + report.duplicates
        guard taken > 0 || report.refused > 0 else {
            problem = DumpText.noSamples(path, lastSkipped)
            return false
        }
        problem = nil
        absences = 0
        samples += report.samples
        detail = report.refused > 0 ? "samples refused: \(report.refusals.text)" : ""
        learnInterval(now.boot)
        lastData = now.wall
        newestOwnTime =
            report.hasOwnTimestamps
            ? report.newestTimestamp.map { Timestamp(milliseconds: $0) } : nil
        if report.series != seriesSeen {
            seriesSeen = report.series
            metricNames = ingestor.metricNames
        }
        return true
    }

    /// The reason may quote the dump.
    private func clean(_ line: SkippedLine) -> SkippedLine {
        SkippedLine(line: line.line, reason: limits.redactor.clean(line.reason))
    }

    /// The second look that finds no file ends its series: the first may fall between the unlinking
    /// and the next writing.
    private func vanish(_ now: ClockReading, _ store: SeriesStore) {
        guard known != nil else { return }
        absences += 1
        guard absences >= 2 else { return }
        _ = ingestor.sourceVanished(at: now.wall.milliseconds, in: store)
        known = nil
        absences = 0
    }

    /// Without `every`, the interval is the mean of the last ones.
    private func learnInterval(_ now: BootTime) {
        defer { lastChange = now }
        if case .metrics(_, .some) = spec.kind { return }
        guard let lastChange, now - lastChange > .milliseconds(100) else { return }
        let gap = now - lastChange
        interval = interval.map { .nanoseconds(($0.nanoseconds * 3 + gap.nanoseconds) / 4) } ?? gap
    }

    /// A file of past samples that nobody said would be renewed soon (`every` below an hour).
    private func isHistory(_ now: Timestamp) -> Bool {
        if case .metrics(_, let every?) = spec.kind, every < .seconds(3600) { return false }
        guard let newestOwnTime else { return false }
        return now - newestOwnTime > limits.dumpIntervalDefault * 2
    }

    func health(_ now: ClockReading, note: String) -> SourceHealth {
        var health = SourceHealth(id: id, kind: spec.kindWord, path: path)
        health.lastData = lastData
        health.skippedLines = skipped
        health.lastSkipped = lastSkipped
        health.linesTotal = samples
        health.metricNames = metricNames
        health.isHistory = isHistory(now.wall)
        if health.isHistory, let newestOwnTime {
            health.state = problem.map { .error($0) } ?? .ok
            health.detail = "recorded until \(TimeText.rfc3339(newestOwnTime))"
            return health
        }
        health.detail = [detail, note].filter { !$0.isEmpty }.joined(separator: "; ")
        let limit = (interval ?? limits.dumpIntervalDefault).nanoseconds * 2
        if let problem {
            health.state = .error(problem)
        } else if let lastChange {
            health.state = (now.boot - lastChange).nanoseconds > limit ? .stale : .ok
        } else {
            health.state = (now.boot - opened).nanoseconds > limit ? .stale : .loading
        }
        return health
    }
}

/// Reads a whole regular file.
enum WholeFile {
    static func read(_ path: String, limit: Int) -> Result<[UInt8], SystemError> {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(.current) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 256 * 1024)
        while bytes.count <= limit {
            let count = block.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0 {
                if errno == EINTR { continue }
                return .failure(.current)
            }
            if count == 0 { return .success(bytes) }
            bytes += block[..<count]
        }
        return .failure(SystemError(EFBIG))
    }
}

/// The sentences about dumps that cannot be read.
enum DumpText {
    static func unreadable(_ path: String, _ error: SystemError) -> String {
        if error.code == ENOENT {
            return Failure(
                "dump.absent", "File not there", subject: path, why: "no such file yet",
                next: "It is read as soon as it appears"
            ).description
        }
        return Failure(
            "dump.unreadable", "Dump not readable", subject: path, why: "\(error)",
            next: "It is tried again every second"
        ).description
    }

    static func notRegular(_ path: String, isDirectory: Bool) -> String {
        Failure(
            "dump.kind", "Not a dump", subject: path,
            why: isDirectory ? "it is a directory" : "it is no regular file",
            next: isDirectory
                ? "Name a file in it, or a glob such as \(path)/*.prom" : "Name a regular file"
        ).description
    }

    static func tooLarge(_ path: String, _ size: Int64, _ limit: Int) -> String {
        Failure(
            "dump.size", "Dump too large", subject: path,
            why: "\(UnitText.bytes(Double(size))), at most \(UnitText.bytes(Double(limit)))",
            next: "Split it into several files"
        ).description
    }

    static func empty(_ path: String) -> String {
        Failure(
            "dump.empty", "Dump is empty", subject: path, next: "Check what writes it"
        ).description
    }

    static func refused(_ path: String, _ why: String) -> String {
        Failure(
            "dump.refused", "Dump not used", subject: path, why: why,
            unchanged: "The samples of its last reading stay", next: "Check what writes it"
        ).description
    }

    static func noSamples(_ path: String, _ line: SkippedLine?) -> String {
        let why = line.map { "line \($0.line): \($0.reason)" } ?? "it holds comments only"
        return Failure(
            "dump.content", "No metric in the dump", subject: path, why: why,
            next: "Name a file in the Prometheus text format"
        ).description
    }
}
