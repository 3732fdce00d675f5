import Basics
import Incidents
import Logs
import Metrics

/// The health of one source as the feeds report it.
package struct SourceStatus: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable { case logs, metrics, rules, changes }

    /// Stable: usually its path.
    package var id: String
    package var kind: Kind
    package var isHealthy: Bool
    /// When it last delivered something.
    package var lastData: Timestamp?
    /// How often it is expected to deliver; nil when nobody said.
    package var interval: Duration?
    /// Why it is not healthy.
    package var reason: String
    /// The metrics it delivers. Nil: unknown, it may feed any signal.
    package var metricNames: Set<String>?
    /// It holds timestamps of its own and was written once: it is never late.
    package var isHistory: Bool
    /// What of it may be missing, since the room opened.
    package var lacks = SourceLacks()

    package init(
        id: String, kind: Kind, isHealthy: Bool, lastData: Timestamp?, interval: Duration?,
        reason: String = "", metricNames: Set<String>? = nil, isHistory: Bool = false
    ) {
        self.id = id
        self.kind = kind
        self.isHealthy = isHealthy
        self.lastData = lastData
        self.interval = interval
        self.reason = reason
        self.metricNames = metricNames
        self.isHistory = isHistory
    }
}

/// What of one source may be missing from what the room saw: counts since it opened.
package struct SourceLacks: Sendable, Hashable {
    /// Occasions on which lines may have been lost.
    package var losses = 0
    /// At most this many bytes were lost on the occasions whose size is known.
    package var bytesLost: Int64 = 0
    /// What happened on the newest of them.
    package var newest = ""
    /// Lines that were cut because they are too long.
    package var cutLines = 0
    /// Bytes that hold no text (holes of a sparse file).
    package var holeBytes: Int64 = 0
    /// Lines that were counted and not shown.
    package var droppedLines = 0

    package init() {}

    package var isNothing: Bool {
        losses == 0 && cutLines == 0 && holeBytes == 0 && droppedLines == 0
    }

    /// Whether anything was added to `earlier`.
    func grew(since earlier: SourceLacks) -> Bool {
        losses > earlier.losses || cutLines > earlier.cutLines || holeBytes > earlier.holeBytes
            || droppedLines > earlier.droppedLines
    }
}

/// Everything one tick judges. Values only.
package struct DiagnosisInput: Sendable {
    package var now: Timestamp
    package var engine: any QueryEngine
    /// Every metric name that has been read.
    package var metricNames: Set<String>
    package var patterns: [PatternSummary]
    /// Deploys, flags and configuration changes that the sources reported.
    package var changes: [ChangeRecorded]
    package var sources: [SourceStatus]
    package var incident: Incident
    /// Whether samples from before the opening come from timestamps inside the dumps and not from
    /// a recording.
    package var dumpsHaveHistory: Bool
    /// The metrics of which recorded samples were read.
    package var recordedNames: Set<String>
    /// Values of signals before the incident that were read from logs, by signal name.
    package var logHistory: [String: [Double]]

    package init(
        now: Timestamp, engine: any QueryEngine, metricNames: Set<String>,
        patterns: [PatternSummary] = [], changes: [ChangeRecorded] = [],
        sources: [SourceStatus] = [], incident: Incident, dumpsHaveHistory: Bool = false,
        recordedNames: Set<String> = [], logHistory: [String: [Double]] = [:]
    ) {
        self.now = now
        self.engine = engine
        self.metricNames = metricNames
        self.patterns = patterns
        self.changes = changes
        self.sources = sources
        self.incident = incident
        self.dumpsHaveHistory = dumpsHaveHistory
        self.recordedNames = recordedNames
        self.logHistory = logHistory
    }
}
