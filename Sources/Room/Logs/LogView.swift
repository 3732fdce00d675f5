import Basics
import Feeds
import Incidents
import Logs

/// What screen 6 shows: a window on the stream of all records that match a filter.
///
/// While it follows, the window ends with the newest record. Otherwise it is frozen: what arrives
/// is counted, and the records shown are kept here, whatever the feeds drop.
package struct LogView: Sendable {
    package enum Mode: Sendable, Hashable { case lines, patterns }

    /// Records the window holds at most: older ones are asked for again when they are needed.
    package static let rowsMax = 20_000
    /// Records of one page of older or newer ones.
    package static let pageRecords = 500

    package internal(set) var mode = Mode.lines
    package internal(set) var wraps = false
    package internal(set) var filter = LogFilter()
    /// The newest filter that was not empty: what `]` and `[` look for once every line is shown
    /// again.
    package internal(set) var sought = LogFilter()
    var matcher: LogFilter.Matcher?

    /// Oldest first, without a gap between them.
    package internal(set) var rows: [LogRecord] = []
    package internal(set) var isFollowing = true
    /// The line under the cursor while the window is frozen.
    package internal(set) var selectedPlace: LogPlace?
    /// Where it stood last.
    var selectedHint = 0
    /// The row of the list in which the line under the cursor is drawn, from 0; drawing limits it
    /// to what there is.
    package internal(set) var screenRow = Int.max
    /// Whether what arrives follows the last row without a gap.
    package internal(set) var touchesNewest = true
    /// Nothing that matches stands in front of the first row.
    package internal(set) var reachedStart = false

    /// The id of the newest record that was looked at.
    var lastID: UInt64 = 0
    /// The newest one that `below` counts, in a filtered window.
    var countedID: UInt64 = 0
    var generation: UInt64?
    /// Matching records that arrived since the window was frozen.
    package internal(set) var below = 0
    /// Some of those could not be looked at before they were dropped: there may be more.
    package internal(set) var belowIsLeast = false

    package internal(set) var question: Question?
    /// Sources that the last answer could not read, each with a sentence.
    package internal(set) var unread: [String] = []
    var requests: UInt64 = 0
    package internal(set) var selectedPattern: PatternID?
    /// The lines around the one whose page is open.
    package internal(set) var context: LogContext?

    package init() {}

    /// What was asked of the feeds and is not answered yet.
    package struct Question: Sendable, Hashable {
        package enum Purpose: Sendable, Hashable {
            /// More records in front of the first row.
            case older
            /// More records behind the last row.
            case newer
            /// A window that begins near a time; the cursor on this record or the first one.
            case jump(to: Timestamp, target: LogPlace?)
            /// The next record of another filter, forwards or backwards from the cursor.
            case seek(LogFilter, forwards: Bool, word: String)
        }
        package var id: UInt64
        package var purpose: Purpose
        var filter: LogFilter
        var anchor: LogPageRequest.Anchor
        /// Bytes of files looked at so far.
        package var bytesSearched: Int64 = 0

        var request: LogPageRequest {
            var recordsMax = LogView.pageRecords
            if case .seek = purpose { recordsMax = 1 }
            return LogPageRequest(
                id: id, filter: filter, anchor: anchor, recordsMax: recordsMax)
        }

        /// Whether it leads the cursor elsewhere; otherwise it only fills the window.
        package var isJump: Bool {
            switch purpose {
            case .older, .newer: false
            case .jump, .seek: true
            }
        }

        /// What is being looked for, for people.
        package var words: String {
            switch purpose {
            case .older: "older lines"
            case .newer: "newer lines"
            case .jump(let time, _): "lines at \(TimeText.rfc3339(time))"
            case .seek(_, let forwards, let word): "the \(forwards ? "next" : "previous") \(word)"
            }
        }
    }

    // MARK: The cursor

    /// The index of the line under the cursor; nil while nothing is shown.
    package var selectedIndex: Int? {
        guard !rows.isEmpty else { return nil }
        guard !isFollowing, let selectedPlace else { return rows.count - 1 }
        if rows.indices.contains(selectedHint), rows[selectedHint].place == selectedPlace {
            return selectedHint
        }
        return rows.firstIndex { $0.place == selectedPlace } ?? min(selectedHint, rows.count - 1)
    }

    package var selected: LogRecord? { selectedIndex.map { rows[$0] } }

    /// Puts the cursor on a row and freezes the window.
    mutating func select(_ index: Int) {
        guard !rows.isEmpty else { return }
        let index = min(max(0, index), rows.count - 1)
        freeze()
        selectedHint = index
        selectedPlace = rows[index].place
    }

    /// Stands still: what is shown stays, what arrives is counted.
    mutating func freeze() {
        guard isFollowing else { return }
        selectedHint = max(0, rows.count - 1)
        selectedPlace = rows.last?.place
        isFollowing = false
        below = 0
        belowIsLeast = false
    }

    // MARK: What arrives

    /// Takes in what the feeds know now.
    mutating func take(_ feeds: FeedSnapshot) {
        guard generation != feeds.generation else { return }
        generation = feeds.generation
        let ring = feeds.recent
        guard isFollowing else {
            count(ring)
            return
        }
        guard !filter.isEmpty else {
            rows = ring
            note(ring)
            reachedStart = false
            return
        }
        let fresh = Self.first(in: ring, after: lastID)
        if fresh == 0, let first = ring.first, first.id > lastID + 1 {
            // What lies between was dropped unseen: the window begins anew.
            show(ring)
            return
        }
        while rows.last?.isProvisional == true { rows.removeLast() }
        rows += matching(ring[fresh...])
        if rows.count > Self.rowsMax {
            rows.removeFirst(rows.count - Self.rowsMax * 3 / 4)
            reachedStart = false
        }
        note(ring)
    }

    /// Shows what of the ring matches, as if nothing had been shown before.
    mutating func show(_ ring: [LogRecord]) {
        rows = filter.isEmpty ? ring : matching(ring[...])
        touchesNewest = true
        reachedStart = false
        below = 0
        belowIsLeast = false
        note(ring)
    }

    private mutating func count(_ ring: [LogRecord]) {
        guard touchesNewest else { return }
        let newest = ring.last { !$0.isProvisional }?.id ?? lastID
        if filter.isEmpty {
            // Ids count what arrived, also what was dropped meanwhile.
            below = Int(newest > lastID ? newest - lastID : 0)
            return
        }
        let start = Self.first(in: ring, after: countedID)
        if start == 0, let first = ring.first, first.id > countedID + 1 { belowIsLeast = true }
        below += matching(ring[start...]).count { !$0.isProvisional }
        countedID = max(countedID, newest)
    }

    /// Takes what arrived since the window was frozen in behind its last row.
    /// - Returns: whether that is all of it; otherwise some was dropped and has to be asked for.
    mutating func extend(with ring: [LogRecord]) -> Bool {
        guard touchesNewest else { return false }
        let fresh = Self.first(in: ring, after: lastID)
        if fresh == 0, let first = ring.first, first.id > lastID + 1 {
            touchesNewest = false
            return false
        }
        while rows.last?.isProvisional == true { rows.removeLast() }
        rows += matching(ring[fresh...])
        note(ring)
        below = 0
        belowIsLeast = false
        return true
    }

    private mutating func note(_ ring: [LogRecord]) {
        lastID = ring.last { !$0.isProvisional }?.id ?? lastID
        countedID = lastID
    }

    func matching(_ records: ArraySlice<LogRecord>) -> [LogRecord] {
        guard !filter.isEmpty, let matcher else { return Array(records) }
        return records.filter(matcher.matches)
    }

    /// The index of the first record that arrived after `id`: ids grow.
    static func first(in ring: [LogRecord], after id: UInt64) -> Int {
        var low = 0
        var high = ring.count
        while low < high {
            let middle = (low + high) / 2
            if ring[middle].id > id { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// The lines before and after one line, of the same source.
package struct LogContext: Sendable {
    package let record: LogRecord
    package internal(set) var before: [LogRecord] = []
    package internal(set) var after: [LogRecord] = []
    /// The question that is not answered yet, for those before or after.
    var request: UInt64?
    var isBefore = true
    package var isSearching: Bool { request != nil }

    /// Lines on either side.
    package static let lines = 5

    init(record: LogRecord, request: UInt64) {
        self.record = record
        self.request = request
    }
}
