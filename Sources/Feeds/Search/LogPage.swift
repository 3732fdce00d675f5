import Basics
import Logs

/// Where a record stands among those of all sources: by time, then by source, file and offset.
package struct LogOrder: Sendable, Hashable, Comparable {
    package var time: Timestamp
    package var place: LogPlace

    package init(time: Timestamp, place: LogPlace) {
        self.time = time
        self.place = place
    }

    package init(_ record: LogRecord) {
        time = record.time
        place = record.place
    }

    /// In front of every record of `time`.
    package static func start(of time: Timestamp) -> LogOrder {
        LogOrder(time: time, place: LogPlace(source: ""))
    }

    package static func < (left: LogOrder, right: LogOrder) -> Bool {
        if left.time != right.time { return left.time < right.time }
        if left.place.source != right.place.source {
            return left.place.source < right.place.source
        }
        return (left.place.generation, left.place.offset)
            < (right.place.generation, right.place.offset)
    }
}

/// A question about the records of all logs, also those that are not kept in memory any more.
package struct LogPageRequest: Sendable, Hashable {
    /// Which records, next to what.
    package enum Anchor: Sendable, Hashable {
        /// The newest ones.
        case newest
        /// The last ones in front of this one.
        case before(LogOrder)
        /// The first ones behind this one.
        case after(LogOrder)
        /// The first ones at or after this time; ask with `before` for those in front of them.
        case at(Timestamp)
    }

    /// Records of one page.
    package static let recordsLimit = 2_000

    /// Chosen by who asks; the page repeats it.
    package var id: UInt64
    package var filter: LogFilter
    package var anchor: Anchor
    package var recordsMax: Int

    package init(
        id: UInt64, filter: LogFilter = LogFilter(), anchor: Anchor = .newest,
        recordsMax: Int = 200
    ) {
        self.id = id
        self.filter = filter
        self.anchor = anchor
        self.recordsMax = min(max(1, recordsMax), Self.recordsLimit)
    }
}

/// The answer to a `LogPageRequest`.
package struct LogPage: Sendable {
    /// The request's id.
    package var request: UInt64
    /// Oldest first, by `LogOrder`; at most as many as were asked for, give or take one. Ids are 0:
    /// these were read, they did not arrive; the place tells which of them is already shown.
    package var records: [LogRecord] = []
    /// Nothing wanted stands in front of the first record, or nothing at all does.
    package var reachedStart = false
    /// Nothing wanted stood behind the last record when the page was made.
    package var reachedEnd = false
    /// Bytes of files that were looked at for this page.
    package var bytesSearched: Int64 = 0
    /// A bound of time or bytes was reached first: asking with `next` goes on.
    package var isPartial = false
    /// How to go on in the same direction; nil when nothing is left there.
    package var next: LogPageRequest.Anchor?
    /// Sources that could not be read, each with a sentence.
    package var unread: [String] = []
    /// Why the filter cannot be used; there are no records then.
    package var problem: Failure?

    package init(request: UInt64) { self.request = request }
}
