import Basics

/// The bounds of following one log.
package struct FollowLimits: Sendable {
    package var lineBytesMax = 64 * 1024
    package var bytesPerTurnMax = 256 * 1024
    package var openingHistoryBytesMax = 512 * 1024
    /// How long a file that lost its name is still read.
    package var rotationGrace: Duration = .seconds(5)
    /// Files of earlier rotations that are read at the same time.
    package var retiredFilesMax = 128

    package init() {}
}

/// What was counted while following one log.
package struct FollowCounts: Sendable, Hashable {
    package var lines = 0
    package var bytes: Int64 = 0
    package var rotations = 0
    package var truncations = 0
    /// Occasions on which lines may have been lost.
    package var losses = FollowLosses()
    package var holeBytes: Int64 = 0
    package var nulsSkipped: Int64 = 0
    /// Lines longer than `lineBytesMax`.
    package var cutLines = 0

    package init() {}

    package var possibleLosses: Int { losses.total }
}

/// What keeps a log from being read.
package enum FollowProblem: Sendable, Hashable {
    case absent
    /// A complete sentence.
    case refused(String)
    /// It is gzip data: it is not followed, it is unpacked and read as it is (`OlderFile`).
    case packed
    /// The same file is read already under this other name.
    case readElsewhere(String)
}
