import Basics
import Logs
import SafeText

/// Where all lines of all logs come together: counted, cleaned, grouped, and kept within bounds.
///
/// Confined to the feed queue.
final class LineIntake {
    private let limits: FeedLimits
    private(set) var miner: PatternMiner
    private(set) var histogram = LevelHistogram()
    private(set) var recent: [LogRecord] = []
    /// Complete records.
    private(set) var total = 0
    /// Physical lines.
    private(set) var totalLines = 0
    private(set) var dropped = 0
    private(set) var redactions = 0
    private(set) var sightings: [CredentialSighting] = []
    private(set) var generation: UInt64 = 0
    var incidentStart: Timestamp?

    private var staged: [LogRecord] = []
    /// The ids of the open records in `recent`.
    private var openIDs: [LogPlace: UInt64] = [:]
    /// Bytes of the messages in `recent`.
    private var recentBytes = 0
    private var known: Set<CredentialSighting> = []
    private var nextID: UInt64 = 1

    init(limits: FeedLimits) {
        self.limits = limits
        miner = PatternMiner(patternsMax: limits.patternsMax)
    }

    /// A physical line was read.
    func countLine(_ count: Int = 1) { totalLines += count }

    /// A complete record to be shown. Its id is given by `commit`.
    /// - Parameter isKnown: it was counted before a restart.
    func stage(_ record: LogRecord, isKnown: Bool = false, now: Timestamp) {
        staged.append(isKnown ? recognised(record) : counted(record, now: now))
    }

    /// A record to be shown that may go on. It is counted by `complete`.
    /// - Parameter replaces: it was shown before and has grown.
    func show(_ record: LogRecord, replaces: Bool) {
        generation += 1
        if !replaces || !replace(record) { staged.append(record) }
    }

    /// A record that was shown is complete.
    func complete(_ record: LogRecord, isKnown: Bool = false, now: Timestamp) {
        generation += 1
        _ = replace(isKnown ? recognised(record) : counted(record, now: now))
        openIDs[record.place] = nil
    }

    private func counted(_ record: LogRecord, now: Timestamp) -> LogRecord {
        total += 1
        var record = record
        record.pattern = count(record, now: now)
        return record
    }

    private func recognised(_ record: LogRecord) -> LogRecord {
        var record = record
        record.pattern = miner.recognise(Self.mined(record))
        return record
    }

    /// A record of older history: counted and grouped, not shown.
    func countOlder(_ record: LogRecord, now: Timestamp) {
        generation += 1
        _ = count(record, now: now)
    }

    /// A record that was passed over: counted and grouped, not shown.
    /// - Parameter isDropped: it came too fast, not while no room was there to show it.
    func countPassedOver(_ record: LogRecord, isDropped: Bool = true, now: Timestamp) {
        total += 1
        if isDropped { dropped += 1 }
        countOlder(record, now: now)
    }

    private func count(_ record: LogRecord, now: Timestamp) -> PatternID? {
        // A clock that runs ahead elsewhere must not empty the hour that is kept.
        let time = min(record.time, now)
        histogram.add(record.level, at: time)
        let message = record.message.utf8Span.span
        return miner.observe(
            message.extracting(0..<Self.minedBytes(record)), level: record.level,
            service: record.service, time: time, protecting: incidentStart)
    }

    /// A trace has the pattern of its first line: its frames differ from case to case.
    private static func minedBytes(_ record: LogRecord) -> Int {
        let end = record.lines > 1 ? record.message.utf8.firstOffset(of: 0x0A) : nil
        return end ?? record.message.utf8.count
    }

    private static func mined(_ record: LogRecord) -> String {
        guard record.lines > 1 else { return record.message }
        return String(decoding: record.message.utf8.prefix(minedBytes(record)), as: UTF8.self)
    }

    /// Puts a record in the place of itself.
    /// - Returns: whether it was there.
    private func replace(_ record: LogRecord) -> Bool {
        guard let id = openIDs[record.place] else {
            guard let index = staged.lastIndex(where: { $0.place == record.place }) else {
                return false
            }
            staged[index] = record
            return true
        }
        if let index = index(of: id) {
            recentBytes += record.message.utf8.count - recent[index].message.utf8.count
            recent[index] = record
            recent[index].id = id
        }
        return true
    }

    /// Where the record is in the ring; ids rise in it.
    private func index(of id: UInt64) -> Int? {
        var low = 0
        var high = recent.count
        while low < high {
            let middle = (low + high) / 2
            if recent[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < recent.count && recent[low].id == id ? low : nil
    }

    /// So many secrets stand in lines that will be counted again.
    func forgetRedactions(_ count: Int) { redactions -= count }

    func note(_ findings: [Redactor.Finding], source: String) {
        redactions += findings.count
        for finding in findings {
            let sighting = CredentialSighting(class: finding.cls, tag: finding.tag, source: source)
            guard known.count < limits.credentialSightingsMax, known.insert(sighting).inserted
            else { continue }
            sightings.append(sighting)
        }
    }

    /// Puts what was staged behind the records already kept, in the order of time.
    ///
    /// Several files are read one after the other; within one commit their lines are merged.
    func commit() {
        guard !staged.isEmpty else { return }
        generation += 1
        if !zip(staged, staged.dropFirst()).allSatisfy({ $0.time <= $1.time }) {
            // Stable: lines of one time stay in the order they were read in.
            let order = staged.indices.sorted {
                (staged[$0].time, $0) < (staged[$1].time, $1)
            }
            staged = order.map { staged[$0] }
        }
        for index in staged.indices {
            staged[index].id = nextID
            if staged[index].isProvisional { openIDs[staged[index].place] = nextID }
            nextID += 1
        }
        let slack = max(64, limits.recentRecordsMax / 4)
        let newest = staged.suffix(limits.recentRecordsMax)
        recentBytes += newest.reduce(0) { $0 + $1.message.utf8.count }
        recent += newest
        if recent.count > limits.recentRecordsMax + slack {
            forget(recent.count - limits.recentRecordsMax)
        }
        if recentBytes > limits.recentBytesMax {
            var bytes = recentBytes
            let kept = recent.firstIndex { record in
                if bytes <= limits.recentBytesMax * 3 / 4 { return true }
                bytes -= record.message.utf8.count
                return false
            }
            forget(kept ?? recent.count)
        }
        staged.removeAll(keepingCapacity: staged.count < 4_096)
    }

    private func forget(_ count: Int) {
        recentBytes -= recent.prefix(count).reduce(0) { $0 + $1.message.utf8.count }
        recent.removeFirst(count)
    }

    // MARK: - On disk

    /// What goes on after a restart.
    var totals: LogState.Totals {
        LogState.Totals(
            records: total, lines: totalLines, dropped: dropped, redactions: redactions,
            sightings: sightings)
    }

    /// Goes on where another run of the program was. Call it before the first line.
    func restore(_ totals: LogState.Totals, miner: PatternMiner, histogram: LevelHistogram) {
        total = totals.records
        totalLines = totals.lines
        dropped = totals.dropped
        redactions = totals.redactions
        sightings = totals.sightings
        known = Set(sightings)
        self.miner = miner
        self.histogram = histogram
        generation += 1
    }

    /// Knows what a recording knows, and counts none of it.
    func learn(_ other: PatternMiner) { miner.learn(other) }

    /// Records that wait for `commit`.
    var stagedCount: Int { staged.count }

    /// The kept records. Records that end in a line whose end is not written yet stand in the place
    /// of what was kept of them, or behind all others.
    func records(with provisional: [LogRecord]) -> [LogRecord] {
        var records =
            recent.count > limits.recentRecordsMax
            ? Array(recent.suffix(limits.recentRecordsMax)) : recent
        let first = recent.count - records.count
        var next = nextID
        for var record in provisional {
            if let id = openIDs[record.place], let index = index(of: id), index >= first {
                record.id = id
                records[index - first] = record
            } else {
                record.id = next
                next += 1
                records.append(record)
            }
        }
        return records
    }
}

extension String.UTF8View {
    /// How many bytes stand before the first `byte`; nil when there is none.
    fileprivate func firstOffset(of byte: UInt8) -> Int? {
        firstIndex(of: byte).map { distance(from: startIndex, to: $0) }
    }
}
