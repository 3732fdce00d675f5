import Basics
import SafeText

/// The bounds of everything the feeds keep or do at once. Each name says its unit.
package struct FeedLimits: Sendable {
    /// What removes credentials from everything that is read, before it is kept.
    package var redactor = Redactor.standard
    /// Log records kept for view.
    package var recentRecordsMax = 5_000
    /// Bytes of their messages; the oldest go first.
    package var recentBytesMax = 24 * 1024 * 1024
    /// Bytes read from one file before the next file has its turn.
    package var bytesPerTurnMax = 256 * 1024
    /// Lines taken before the queue is given to others, about 10 ms.
    package var linesPerRoundMax = 600
    /// Bytes of history read when a log is opened at its end.
    package var openingHistoryBytesMax = 128 * 1024
    /// Bytes of older history, per file, that are read backwards afterwards for counts and
    /// patterns.
    package var olderHistoryBytesMax: Int64 = 4 * 1024 * 1024
    /// Bytes of one slice of it, well under 10 ms.
    package var olderHistorySliceBytes = 32 * 1024
    /// Older history is read no further back than this.
    package var olderHistorySpan: Duration = .seconds(2 * 3600)
    /// A file further behind than this has its newest lines shown at once; those in between are
    /// counted afterwards, without being shown.
    package var bytesBehindBeforeSkipping: Int64 = 4 * 1024 * 1024
    /// Bytes of one line that are looked at; the rest is left out with a marker.
    package var lineBytesMax = 64 * 1024
    /// Bytes of such lines that are counted at a time, about 10 ms.
    package var passedOverSliceBytes = 128 * 1024
    /// Bytes of a message that are kept.
    package var messageBytesMax = 8 * 1024
    /// The same for a record of several lines.
    package var joinedBytesMax = 64 * 1024
    /// Bytes of one dump.
    package var dumpBytesMax = 64 * 1024 * 1024
    package var patternsShownMax = 200
    package var patternsMax = 2_000
    package var changesMax = 1_000
    /// Files that one specification may match.
    package var filesPerSourceMax = 1_000
    package var credentialSightingsMax = 200
    /// A log without a line for this long is silent.
    package var silentAfter: Duration = .seconds(600)
    /// A dump's interval until it is known.
    package var dumpIntervalDefault: Duration = .seconds(60)
    /// How long the old file of a rotation is still read.
    package var rotationGrace: Duration = .seconds(5)
    /// How long a command that ended waits before it is started again; doubled with each failure.
    package var commandRestartDelay: Duration = .seconds(1)
    package var commandRestartDelayMax: Duration = .seconds(60)
    /// A command that ran for this long did well: its next restart is quick again.
    package var commandHealthyAfter: Duration = .seconds(60)
    /// How often everything is looked at, whatever inotify says.
    package var rescanInterval: Duration = .seconds(1)
    /// The same without inotify, and for network file systems.
    package var pollInterval: Duration = .milliseconds(200)
    /// How often samples beyond the retention are forgotten.
    package var pruneInterval: Duration = .seconds(60)
    /// Work of one page of a search before it is handed over as a part.
    package var searchSpanMax: Duration = .milliseconds(100)
    /// Bytes of files looked at for it.
    package var searchBytesMax: Int64 = 256 * 1024 * 1024
    /// Nominal bytes of one piece of an index: what a search reads at least.
    package var indexPieceBytes: Int64 = 1024 * 1024
    /// Bytes of the indexes of all files; beyond it the oldest records are indexed coarsely.
    package var indexBytesMax = 48 * 1024 * 1024

    /// How often the state of the logs is written, at most.
    package var stateInterval: Duration = .seconds(2)

    package init() {}
}
