import Basics
import Metrics
import Playbooks
import Room
import Synchronization

/// Counts errors and requests of whole wall-clock minutes from the raw samples of counters.
///
/// A minute is complete only when every series that counts was seen through it: scraped without a
/// miss, not reset, not ended, numbers only. Whatever is in doubt makes the whole minute
/// incomplete, and the rollback rule then says nothing about it.
///
/// A series that appears within the minute counts from zero when its process started in that
/// minute, or when the same target (`job` and `instance`) was already read without it and goes on:
/// a status code that was never returned before. Together such series may not count more than those
/// that were there before: a total that was only moved here looks the same. Otherwise the minute is
/// incomplete.
package final class MinuteCounter: Sendable {
    private struct State {
        var expressions: CountingExpressions?
        var minutes: [MinuteCounts.Minute] = []
        var wholeCounts = 0
    }

    private let state = Mutex(State())

    /// Baseline, watch, and the minutes of the change between them.
    package static let minutesMax = 60
    /// Samples that lie in a minute may arrive this much after its end.
    static let grace: Duration = .seconds(3)
    /// Recorded samples from before the room opened may come a little after the first live ones.
    private static let wholeCountsMax = 3

    package init() {}

    /// The minutes that are over at `now`. Cheap when no minute ended since the last call.
    /// - Parameters:
    ///   - signal: the error ratio as it is bound now.
    ///   - sources: ids of the sources that may deliver a metric of these names.
    package func count(
        _ snapshot: SeriesSnapshot, settings: SafetySettings, signal: SignalDefinition?,
        now: Timestamp, sources: (Set<String>) -> [String] = { _ in [] }
    ) -> MinuteCounts {
        do throws(CountingExpressions.Defect) {
            let expressions = try CountingExpressions.of(settings, signal: signal)
            let newest = Self.minuteBefore(now - Self.grace)
            var counts = MinuteCounts(
                minutes: [], errors: expressions.errorsText, requests: expressions.requestsText)
            counts.minutes = state.withLock {
                Self.update(&$0, expressions, snapshot, newest)
                return $0.minutes
            }
            counts.sources = sources(expressions.metricNames)
            counts.problem = Self.problem(expressions, snapshot)
            return counts
        } catch {
            state.withLock { $0 = State() }
            return MinuteCounts(minutes: [], errors: "", requests: "", problem: error.reason)
        }
    }

    /// Milliseconds of a minute.
    static let minute: Int64 = 60_000

    /// The end of the last minute that is over, in milliseconds.
    private static func minuteBefore(_ time: Timestamp) -> Int64 {
        let milliseconds = time.milliseconds
        return milliseconds - ((milliseconds % minute) + minute) % minute
    }

    private static func update(
        _ state: inout State, _ expressions: CountingExpressions, _ snapshot: SeriesSnapshot,
        _ newest: Int64
    ) {
        if state.expressions != expressions {
            state = State()
            state.expressions = expressions
        }
        // A clock that was set back takes the minutes it has not reached again.
        state.minutes.removeAll { $0.end.milliseconds > newest }
        var first = newest - Int64(minutesMax - 1) * minute
        if let last = state.minutes.last?.end.milliseconds {
            if last == newest { return }
            if state.wholeCounts >= wholeCountsMax { first = max(first, last + minute) }
        }
        if first + minute < newest || state.minutes.isEmpty { state.wholeCounts += 1 }
        let ends = Array(stride(from: first, through: newest, by: Int64.Stride(minute)))
        let counted = MinuteTally(expressions, snapshot, ends: ends).minutes
        state.minutes.removeAll { $0.end.milliseconds >= first }
        state.minutes = (state.minutes + counted).suffix(minutesMax)
    }

    /// Errors of a metric that nothing delivers would always be none.
    private static func problem(_ expressions: CountingExpressions, _ snapshot: SeriesSnapshot)
        -> String
    {
        func isThere(_ matchers: [LabelMatcher]) -> Bool {
            guard let name = CountingExpressions.metricName(matchers) else {
                return !snapshot.select(matchers).isEmpty
            }
            return !snapshot.select([LabelMatcher(equal: "__name__", ByteText(name))]).isEmpty
        }
        for matchers in expressions.requests + expressions.errors where !isThere(matchers) {
            let name = CountingExpressions.metricName(matchers) ?? "a counter"
            return "no source delivers \(name)"
        }
        return ""
    }
}

/// The counts of some minutes in a row.
private struct MinuteTally {
    private var sums: [Sum]
    private let ends: [Int64]

    private struct Sum {
        var errors = 0.0
        var requests = 0.0
        /// What series counted that were there before, and what those did that appeared.
        var bornErrors = 0.0
        var bornRequests = 0.0
        var isSeen = false
        var isDoubtful = false
    }

    init(_ expressions: CountingExpressions, _ snapshot: SeriesSnapshot, ends: [Int64]) {
        self.ends = ends
        sums = Array(repeating: Sum(), count: ends.count)
        let errors = expressions.errors.flatMap { Self.states($0, snapshot, ends) }
        let requests = expressions.requests.flatMap { Self.states($0, snapshot, ends) }
        let starts = Self.processStarts(snapshot)
        for place in ends.indices {
            let continuing = Set(
                (errors + requests).compactMap { one -> TargetKey? in
                    if case .counted = one.minutes[place] { one.target } else { nil }
                })
            add(requests, at: place, continuing, starts, isErrors: false)
            add(errors, at: place, continuing, starts, isErrors: true)
        }
    }

    var minutes: [MinuteCounts.Minute] {
        zip(ends, sums).map { end, sum in
            let isBalanced =
                sum.bornRequests <= sum.requests - sum.bornRequests
                && sum.bornErrors <= sum.requests - sum.bornRequests
            return MinuteCounts.Minute(
                end: Timestamp(milliseconds: end), errors: sum.errors, requests: sum.requests,
                isComplete: sum.isSeen && !sum.isDoubtful && isBalanced)
        }
    }

    private struct OneSeries {
        var target: TargetKey
        var minutes: [SeriesMinute]
    }

    private static func states(
        _ matchers: [LabelMatcher], _ snapshot: SeriesSnapshot, _ ends: [Int64]
    ) -> [OneSeries] {
        let series = snapshot.select(matchers)
        let windows = series.map { SeriesWindow($0, ends: ends) }
        let usual = SeriesWindow.median(windows.compactMap(\.interval))
        return zip(series, windows).map { series, window in
            OneSeries(
                target: TargetKey(series.labels), minutes: window.minutes(ends, interval: usual))
        }
    }

    private mutating func add(
        _ all: [OneSeries], at place: Int, _ continuing: Set<TargetKey>,
        _ starts: [TargetKey: Int64], isErrors: Bool
    ) {
        for one in all {
            switch one.minutes[place] {
            case .absent: continue
            case .doubtful: sums[place].isDoubtful = true
            case .counted(let increase): add(increase, at: place, isErrors)
            case .born(let value):
                let began = starts[one.target] ?? .min
                if began > ends[place] - MinuteCounter.minute, began <= ends[place] {
                    add(value, at: place, isErrors)
                } else if continuing.contains(one.target) {
                    add(value, at: place, isErrors)
                    if isErrors { sums[place].bornErrors += value }
                    if !isErrors { sums[place].bornRequests += value }
                } else {
                    sums[place].isDoubtful = true
                }
            }
        }
    }

    private mutating func add(_ value: Double, at place: Int, _ isErrors: Bool) {
        if isErrors {
            sums[place].errors += value
        } else {
            sums[place].requests += value
            sums[place].isSeen = true
        }
    }

    /// When the process of a target started, milliseconds.
    private static func processStarts(_ snapshot: SeriesSnapshot) -> [TargetKey: Int64] {
        var starts: [TargetKey: Int64] = [:]
        let name = LabelMatcher(equal: "__name__", "process_start_time_seconds")
        for series in snapshot.select([name]) {
            guard let value = series.newest?.v, value.isFinite, value.magnitude < 1e12 else {
                continue
            }
            starts[TargetKey(series.labels)] = Int64(value * 1_000)
        }
        return starts
    }
}

/// Which process a series comes from, as far as its labels say.
private struct TargetKey: Hashable {
    let job: ByteText
    let instance: ByteText

    init(_ labels: Labels) {
        job = labels.value(of: "job") ?? .empty
        instance = labels.value(of: "instance") ?? .empty
    }
}

/// What one series counted in one minute.
enum SeriesMinute: Hashable {
    /// It does not exist in it.
    case absent
    case counted(Double)
    /// It was not there when the minute began, and its newest value is this.
    case born(Double)
    /// A missed scrape, a reset, an end, a value that is no count.
    case doubtful
}

/// The samples of one series around some minutes.
struct SeriesWindow {
    private let samples: [Sample]
    /// How often it is read, milliseconds; nil when it has too few samples to tell.
    let interval: Int64?

    /// A series without a sample for this long has ended (Prometheus' lookback).
    static let lookback: Int64 = 5 * MinuteCounter.minute
    /// Samples to tell the interval by.
    private static let gapsMin = 3

    init(_ series: Series, ends: [Int64]) {
        var scratch: [Sample] = []
        let first = (ends.first ?? 0) - MinuteCounter.minute - 2 * Self.lookback
        samples = series.withSamples(
            after: first, through: ends.last ?? 0, scratch: &scratch
        ) { Array($0) }
        let gaps = zip(samples, samples.dropFirst()).map { $1.t - $0.t }
        interval = gaps.count >= Self.gapsMin ? Self.median(gaps) : nil
    }

    static func median(_ values: [Int64]) -> Int64? {
        values.isEmpty ? nil : values.sorted()[values.count / 2]
    }

    /// - Parameter usual: the interval of other series of the same counter, for one that is new.
    func minutes(_ ends: [Int64], interval usual: Int64?) -> [SeriesMinute] {
        guard let interval = interval ?? usual, interval <= MinuteCounter.minute else {
            // Read less than once a minute: no minute can be told from the next.
            return ends.map { end in window(end).isEmpty && !isAlive(end) ? .absent : .doubtful }
        }
        // A longer pause means that a scrape was missed.
        let gapMax = max(interval * 3 / 2, interval + 2_000)
        return ends.map { minute(end: $0, gapMax: gapMax) }
    }

    private func window(_ end: Int64) -> ArraySlice<Sample> {
        samples[index(after: end - MinuteCounter.minute)..<index(after: end)]
    }

    /// Whether it exists when the minute begins.
    private func isAlive(_ end: Int64) -> Bool { before(end) != nil }

    private func before(_ end: Int64) -> Sample? {
        let start = end - MinuteCounter.minute
        let index = index(after: start) - 1
        guard index >= 0, !StaleMarker.isStale(samples[index].v),
            start - samples[index].t <= Self.lookback
        else { return nil }
        return samples[index]
    }

    private func minute(end: Int64, gapMax: Int64) -> SeriesMinute {
        let inside = window(end)
        let before = before(end)
        guard let last = inside.last else { return before == nil ? .absent : .doubtful }
        if before == nil, inside.allSatisfy({ StaleMarker.isStale($0.v) }) { return .absent }
        var previous = before
        for sample in inside {
            guard sample.v.isFinite, sample.v >= 0 else { return .doubtful }
            if let previous, sample.v < previous.v || sample.t - previous.t > gapMax {
                return .doubtful
            }
            previous = sample
        }
        guard end - last.t <= gapMax else { return .doubtful }
        guard let before else { return .born(last.v) }
        return before.v.isFinite && before.v >= 0 ? .counted(last.v - before.v) : .doubtful
    }

    /// The index of the first sample later than `time`.
    private func index(after time: Int64) -> Int {
        var low = 0
        var high = samples.count
        while low < high {
            let middle = (low + high) / 2
            if samples[middle].t > time { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
