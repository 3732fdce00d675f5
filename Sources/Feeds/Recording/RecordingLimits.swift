import Basics

/// The bounds of a recording. Each name says its unit.
package struct RecordingLimits: Sendable, Hashable {
    /// Bytes of all segments of one folder; beyond it the oldest go.
    package var folderBytesMax: Int
    /// Samples that go into one segment before the next begins.
    package var segmentSamplesMax = 1_000_000
    /// How long one segment is written.
    package var segmentSpanMax: Duration = .seconds(2 * 3600)
    /// How often new samples are handed to the kernel: what a killed process loses at most, with
    /// five seconds to spare for the writing itself.
    package var flushInterval: Duration = .seconds(10)
    /// How often the disk is asked to have them: what a power cut loses at most.
    package var syncInterval: Duration = .seconds(60)
    /// How far back a room reads when it opens.
    package var historySpan: Duration = .seconds(6 * 3600)

    /// What `warroom record` keeps unless told otherwise.
    package static let flightBytesMax = 512 * 1024 * 1024
    /// What one incident keeps.
    package static let incidentBytesMax = 64 * 1024 * 1024
    /// The least that a budget may be: a few segments.
    package static let folderBytesMin = 1024 * 1024

    package init(folderBytesMax: Int) { self.folderBytesMax = folderBytesMax }

    /// Bytes after which the next segment begins: the budget is kept by removing whole segments.
    var segmentBytesMax: Int { min(16 * 1024 * 1024, folderBytesMax / 8) }
}
