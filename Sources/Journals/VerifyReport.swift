import Basics

/// What a check of a journal found.
package struct VerifyReport: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        case intact
        /// The end is not a whole record, as a crash leaves it; nothing durable is affected. The
        /// next writer recovers it.
        case tornTail(segment: Int, offset: Int, bytes: Int)
        /// Something durable is damaged or missing.
        case corrupt(segment: Int, offset: Int, reason: String)
    }

    /// Entries from one to another, with the times at which they were written.
    package struct Stretch: Hashable, Sendable {
        package var count: Int
        package var first: UInt64
        package var last: UInt64
        package var from: Timestamp
        package var to: Timestamp

        init(_ sequence: UInt64, _ time: Timestamp) {
            count = 1
            first = sequence
            last = sequence
            from = time
            to = time
        }

        static func add(_ sequence: UInt64, _ time: Timestamp, to stretch: inout Stretch?) {
            guard stretch != nil else {
                stretch = Stretch(sequence, time)
                return
            }
            stretch?.count += 1
            stretch?.last = sequence
            stretch?.to = time
        }
    }

    /// Entries of this incident that a room left on a second path.
    package struct Outcome: Hashable, Sendable {
        package var path: String
        package var entries: Int
        /// The entry it continues.
        package var sequence: UInt64
    }

    /// What is known of a head hash that was kept outside.
    package enum Anchor: Hashable, Sendable {
        /// It is this entry; `after` entries follow.
        case entry(sequence: UInt64, written: Timestamp, after: Int)
        case absent
    }

    package var records: Int
    package var segments: Int
    package var verdict: Verdict
    package var recoveredGaps: [RecoveredGap]
    /// The last good record.
    package var head: JournalHead
    /// What a reader should know besides the verdict.
    package var notes: [String]
    /// The entries whose checksums and chain fit.
    package var trusted: Stretch?
    /// Whole entries behind the damage: their own checksums fit, nothing ties them to the chain.
    package var remnants: Stretch?
    /// The entry that HEAD names, when there is a HEAD.
    package var headSequence: UInt64?
    package var incident: String?
    package var outcomes: [Outcome] = []
    /// The hash that was asked for, and what became of it.
    package var anchor: Anchor?

    package init(
        records: Int, segments: Int, verdict: Verdict, recoveredGaps: [RecoveredGap],
        head: JournalHead, notes: [String]
    ) {
        self.records = records
        self.segments = segments
        self.verdict = verdict
        self.recoveredGaps = recoveredGaps
        self.head = head
        self.notes = notes
    }

    package var headHash: String { head.hash }
    /// Anything but an intact journal is a finding.
    package var isIntact: Bool { verdict == .intact }

    /// Whether the check leaves nothing to look at: intact, and the anchor asked for is in it.
    package var isClean: Bool { isIntact && anchor != .absent }

    /// Entries that were on the disk and are not among the trusted ones, as far as is known.
    package var lostAtLeast: UInt64 {
        let known = max(headSequence ?? 0, remnants?.last ?? 0)
        return known > head.sequence ? known - head.sequence : 0
    }
}
