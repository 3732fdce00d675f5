import Basics

/// One occasion on which lines of a log may have been lost.
package struct FollowLoss: Sendable, Hashable {
    package enum Reason: String, Sendable, Hashable, CaseIterable {
        /// The file was cut to a shorter size; what stands in it was read already.
        case cutShort = "cut-short"
        /// The file was emptied or written anew in place; it is read again from its start.
        case rewritten
        /// More old files waited than may be open: the oldest was let go before its end.
        case released
        /// The disk did not deliver these bytes; they were passed over.
        case unreadable
        /// Files had the log's name and were gone before they could be opened.
        case unseen
        /// The command that writes the log had ended; it was started again.
        case interrupted
    }

    /// Counts from 1 in each follower, so that what was told before is known by it.
    package var number: Int
    /// When it was noticed.
    package var at: Timestamp
    /// The log's name, whatever the file is called now.
    package var path: String
    /// See `LogFollower.generation`.
    package var generation: UInt64
    /// Where reading stood in that file.
    package var offset: Int64
    package var reason: Reason
    /// At most this many bytes; nil when nobody can know how many.
    package var bytesUnread: Int64?
    /// What happened, in words.
    package var sentence: String

    package init(
        number: Int = 0, at: Timestamp, path: String, generation: UInt64, offset: Int64,
        reason: Reason, bytesUnread: Int64? = nil, sentence: String
    ) {
        self.number = number
        self.at = at
        self.path = path
        self.generation = generation
        self.offset = offset
        self.reason = reason
        self.bytesUnread = bytesUnread
        self.sentence = sentence
    }
}

/// What one follower may have lost: all of it counted, the newest with particulars.
package struct FollowLosses: Sendable, Hashable {
    package static let recentMax = 32

    package private(set) var total = 0
    package private(set) var byReason: [FollowLoss.Reason: Int] = [:]
    /// The sum of the bounds that are known.
    package private(set) var bytesUnread: Int64 = 0
    /// Oldest first.
    package private(set) var recent: [FollowLoss] = []

    package init() {}

    package mutating func note(_ loss: FollowLoss) {
        total += 1
        byReason[loss.reason, default: 0] += 1
        bytesUnread += loss.bytesUnread ?? 0
        var loss = loss
        loss.number = total
        recent.append(loss)
        if recent.count > Self.recentMax { recent.removeFirst() }
    }

    /// The losses behind number `number`, oldest first; some are missing when more than
    /// `recentMax` came since.
    package func after(_ number: Int) -> [FollowLoss] { recent.filter { $0.number > number } }
}
