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
    private(set) var total = 0
    private(set) var dropped = 0
    private(set) var redactions = 0
    private(set) var sightings: [CredentialSighting] = []
    private(set) var generation: UInt64 = 0
    var incidentStart: Timestamp?

    private var staged: [LogRecord] = []
    private var known: Set<CredentialSighting> = []
    private var nextID: UInt64 = 1

    init(limits: FeedLimits) {
        self.limits = limits
        miner = PatternMiner(patternsMax: limits.patternsMax)
    }

    /// A line of a source that is too far behind: counted, not shown.
    func skip(level: LogLevel?, time: Timestamp, now: Timestamp) {
        total += 1
        dropped += 1
        generation += 1
        histogram.add(level, at: min(time, now))
    }

    /// A line to be shown. Its id is given by `commit`.
    func stage(_ record: LogRecord, now: Timestamp) {
        total += 1
        var record = record
        record.pattern = count(record, now: now)
        staged.append(record)
    }

    /// A line of older history: counted and grouped, not shown.
    func countOlder(_ record: LogRecord, now: Timestamp) {
        generation += 1
        _ = count(record, now: now)
    }

    /// A line to be shown that was counted before a restart.
    func stageKnown(_ record: LogRecord) {
        var record = record
        record.pattern = miner.recognise(record.message)
        staged.append(record)
    }

    /// A line that was passed over: counted now, not shown.
    func countPassedOver(_ record: LogRecord, now: Timestamp) {
        total += 1
        countOlder(record, now: now)
    }

    private func count(_ record: LogRecord, now: Timestamp) -> PatternID? {
        // A clock that runs ahead elsewhere must not empty the hour that is kept.
        let time = min(record.time, now)
        histogram.add(record.level, at: time)
        return miner.observe(
            record.message, level: record.level, service: record.service, time: time,
            protecting: incidentStart)
    }

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
            nextID += 1
        }
        let slack = max(64, limits.recentRecordsMax / 4)
        recent += staged.suffix(limits.recentRecordsMax)
        if recent.count > limits.recentRecordsMax + slack {
            recent.removeFirst(recent.count - limits.recentRecordsMax)
        }
        staged.removeAll(keepingCapacity: staged.count < 4_096)
    }

    // MARK: - On disk

    /// What goes on after a restart.
    var totals: LogState.Totals {
        LogState.Totals(
            lines: total, dropped: dropped, redactions: redactions, sightings: sightings)
    }

    /// Goes on where another run of the program was. Call it before the first line.
    func restore(_ totals: LogState.Totals, miner: PatternMiner, histogram: LevelHistogram) {
        total = totals.lines
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

    /// Lines that wait for `commit`.
    var stagedCount: Int { staged.count }

    /// The kept records with unfinished lines behind them.
    func records(with provisional: [LogRecord]) -> [LogRecord] {
        var records =
            recent.count > limits.recentRecordsMax
            ? Array(recent.suffix(limits.recentRecordsMax)) : recent
        for (index, line) in provisional.enumerated() {
            var line = line
            line.id = nextID + UInt64(index)
            records.append(line)
        }
        return records
    }
}
