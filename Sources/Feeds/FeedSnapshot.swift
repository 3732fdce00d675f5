import Basics
import Logs

/// Everything the feeds know at one moment, as one immutable value.
package struct FeedSnapshot: Sendable {
    /// In the order of the specifications, files of a glob by path.
    package var sources: [SourceHealth]
    /// The newest `FeedLimits.recentRecordsMax` records, newest last.
    package var recent: [LogRecord]
    /// Complete ones; a record of several lines counts once. The open ones in `recent` do not yet.
    package var totalRecords: Int
    /// Physical lines, those of open records included.
    package var totalLines: Int
    /// Records that were counted but never shown, because they came faster than they can be read.
    package var droppedRecords: Int
    /// New ones first, then by rate; at most `FeedLimits.patternsShownMax`.
    package var patterns: [PatternSummary]
    /// The last 60 minutes, oldest first; minutes without a line are present with zeros.
    package var levelHistogram: [MinuteLevels]
    /// By time, oldest first; at most `FeedLimits.changesMax`.
    package var changes: [ObservedChange]
    /// Grows with every change of content.
    package var generation: UInt64
    /// Secrets blanked so far.
    package var redactions: Int
    package var credentialSightings: [CredentialSighting]

    package init(
        sources: [SourceHealth] = [], recent: [LogRecord] = [], totalRecords: Int = 0,
        totalLines: Int = 0, droppedRecords: Int = 0, patterns: [PatternSummary] = [],
        levelHistogram: [MinuteLevels] = [], changes: [ObservedChange] = [],
        generation: UInt64 = 0, redactions: Int = 0,
        credentialSightings: [CredentialSighting] = []
    ) {
        self.sources = sources
        self.recent = recent
        self.totalRecords = totalRecords
        self.totalLines = totalLines
        self.droppedRecords = droppedRecords
        self.patterns = patterns
        self.levelHistogram = levelHistogram
        self.changes = changes
        self.generation = generation
        self.redactions = redactions
        self.credentialSightings = credentialSightings
    }
}

/// How many records of each level one minute had.
package struct MinuteLevels: Sendable, Hashable {
    /// The start of the minute.
    package var minute: Timestamp
    /// Indexed by `LogLevel.rawValue`.
    package var counts: [Int]
    /// Records that name no level.
    package var unknown: Int

    package init(
        minute: Timestamp, counts: [Int] = .init(repeating: 0, count: LogLevel.allCases.count),
        unknown: Int = 0
    ) {
        self.minute = minute
        self.counts = counts
        self.unknown = unknown
    }

    package var total: Int { counts.reduce(unknown, +) }
    package subscript(level: LogLevel) -> Int { counts[level.rawValue] }
}

/// A secret was seen in a source and blanked: rotate it.
package struct CredentialSighting: Sendable, Hashable {
    /// What kind of secret: `aws-key`, `password`, …
    package var `class`: String
    /// The stable tag that stands in its place, so that equal secrets can be told to be equal.
    package var tag: String
    package var source: String
    package init(class: String, tag: String, source: String) {
        self.class = `class`
        self.tag = tag
        self.source = source
    }
}
