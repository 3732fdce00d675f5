import Basics
import Logs
import Metrics

/// How one file that is read is doing. A glob has one for each file it matches.
package struct SourceHealth: Sendable, Hashable, Identifiable {
    package enum State: Sendable, Hashable {
        /// Opened, nothing read yet.
        case loading
        case ok
        /// A dump that did not change for more than twice its interval.
        case stale
        /// A log without a line for longer than `FeedLimits.silentAfter`.
        case silent
        /// A complete sentence: what, why, what to do.
        case error(String)

        package var word: String {
            switch self {
            case .loading: "loading"
            case .ok: "ok"
            case .stale: "stale"
            case .silent: "silent"
            case .error: "error"
            }
        }
    }

    /// The specification's id; for a glob `id:path`.
    package var id: String
    /// `logs`, `metrics` or `changes`.
    package var kind: String
    package var path: String
    package var state: State
    /// When the last line or dump arrived.
    package var lastData: Timestamp?
    /// What else a person should know: rotation, possible loss, polling. Empty when nothing.
    package var detail: String
    /// Physical lines.
    package var linesTotal: Int
    /// Lines counted but kept out of view, because they came faster than they can be read.
    package var linesDropped: Int
    /// Bytes that wait: to be read, or to be counted after they were passed over.
    package var bytesBehind: Int64
    /// How old the oldest of them are by the clock; nil while nothing waits.
    package var behind: Duration?
    /// Lines that went on with the record before them.
    package var linesJoined = 0
    /// Lines that could not be read as what they should be.
    package var skippedLines: Int
    package var lastSkipped: SkippedLine?
    package var redactions: Int
    /// Occasions on which lines may have been lost: truncation before they were read, and the like.
    package var possibleLosses: Int { losses.total }
    /// The same with time, file, reason and size of the newest.
    package var losses: FollowLosses

    /// Lines cut at `FeedLimits.lineBytesMax`.
    package var cutLines = 0
    /// Bytes of holes and other NUL bytes that were left out.
    package var holeBytes: Int64 = 0

    /// A recording: its samples say their own, past times, and nobody promised to renew it. It
    /// feeds baselines and is never late.
    package var isHistory = false
    /// The metrics a dump delivers; nil for other sources.
    package var metricNames: Set<String>?

    package init(
        id: String, kind: String, path: String, state: State = .loading,
        lastData: Timestamp? = nil, detail: String = "", linesTotal: Int = 0,
        linesDropped: Int = 0, bytesBehind: Int64 = 0, skippedLines: Int = 0,
        lastSkipped: SkippedLine? = nil, redactions: Int = 0, losses: FollowLosses = FollowLosses()
    ) {
        self.id = id
        self.kind = kind
        self.path = path
        self.state = state
        self.lastData = lastData
        self.detail = detail
        self.linesTotal = linesTotal
        self.linesDropped = linesDropped
        self.bytesBehind = bytesBehind
        self.skippedLines = skippedLines
        self.lastSkipped = lastSkipped
        self.redactions = redactions
        self.losses = losses
    }
}
