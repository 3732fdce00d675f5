import Basics
import Metrics
import Playbooks
import Room
import Testing

@testable import App

/// Counters in a real store, read every 15 s from 10:00:05 on.
private final class Counters {
    static let hour: Int64 = 1_787_306_400_000
    let store = SeriesStore(retention: .hours(6))
    let counter = MinuteCounter()
    var settings = SafetySettings()
    var promql = """
        sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) \
        or 0 * sum(rate(http_requests_total[5m]))
        """

    static func labels(_ code: String, _ instance: String = "a") -> Labels {
        Labels([
            ("__name__", "http_requests_total"), ("job", "checkout"), ("instance", instance),
            ("code", code),
        ])
    }

    /// The `place`th reading, in milliseconds.
    static func time(_ place: Int) -> Int64 { hour + 5_000 + Int64(place) * 15_000 }

    func put(_ labels: Labels, _ place: Int, _ value: Double) {
        store.append(labels, t: Self.time(place), v: value)
    }

    /// Readings `places` of one series that grows by `step`.
    func grow(
        _ labels: Labels, _ places: Range<Int>, by step: Double, from first: Double = 100_000
    ) {
        for place in places { put(labels, place, first + Double(place) * step) }
    }

    func count(at seconds: Int64) -> MinuteCounts {
        let signal = SignalDefinition(
            name: "error_ratio", promql: promql, unit: .ratio, harm: .up, role: .errorRatio,
            floor: 0.001, origin: "test")
        return counter.count(
            store.snapshot(), settings: settings, signal: signal,
            now: Timestamp(milliseconds: Self.hour + seconds * 1_000))
    }

    /// The minute from 10:0`number` on.
    func minute(_ number: Int64, at seconds: Int64) -> MinuteCounts.Minute? {
        count(at: seconds).minutes.first {
            $0.end.milliseconds == Self.hour + (number + 1) * 60_000
        }
    }
}

@Suite struct MinuteCounterTests {
    typealias Minute = MinuteCounts.Minute

    private func steady(_ places: Range<Int> = 0..<40) -> Counters {
        let counters = Counters()
        counters.grow(Counters.labels("200"), places, by: 75)
        counters.grow(Counters.labels("500"), places, by: 1)
        return counters
    }

    @Test func wholeMinutesAreCounted() throws {
        let counters = steady()
        let counts = counters.count(at: 9 * 60 + 10)
        #expect(counts.problem.isEmpty)
        #expect(counts.errors == #"sum(rate(http_requests_total{code=~"5.."}[5m]))"#)
        #expect(counts.requests == "sum(rate(http_requests_total[5m]))")
        let complete = counts.minutes.filter(\.isComplete)
        #expect(complete.count == 8, "10:00 has no reading before it")
        #expect(complete.allSatisfy { $0.errors == 4 && $0.requests == 304 })
        #expect(counts.minutes.last?.end.milliseconds == Counters.hour + 9 * 60_000)
    }

    /// A minute counts when it is over, once its last readings can have come.
    @Test func onlyMinutesThatAreOver() {
        let counters = steady()
        #expect(counters.minute(5, at: 6 * 60 + 2) == nil)
        #expect(counters.minute(5, at: 6 * 60 + 3) != nil)
    }

    @Test func itGoesOnMinuteByMinute() {
        let counters = Counters()
        var seen: [Minute] = []
        for place in 0..<60 {
            counters.put(Counters.labels("200"), place, Double(place) * 75)
            counters.put(Counters.labels("500"), place, Double(place) * Double(place % 8))
            seen = counters.count(at: Int64(place) * 15 + 6).minutes
        }
        let fresh = MinuteCounter()
        let signal = SignalDefinition(
            name: "error_ratio", promql: counters.promql, unit: .ratio, harm: .up,
            role: .errorRatio, floor: 0.001, origin: "test")
        let whole = fresh.count(
            counters.store.snapshot(), settings: SafetySettings(), signal: signal,
            now: Timestamp(milliseconds: Counters.hour + 59 * 15_000 + 6_000))
        #expect(seen.suffix(10) == whole.minutes.suffix(10))
    }

    @Test(
        "N60: a missed scrape, a reset, a stale series, NaN, infinity and negatives spoil a minute")
    func doubtfulMinutes() throws {
        // Readings 20 to 23 lie in 10:05.
        let spoil: [(String, (Counters, Labels) -> Void)] = [
            ("missed", { _, _ in }),
            ("NaN", { $0.put($1, 21, .nan) }), ("infinite", { $0.put($1, 21, .infinity) }),
            ("negative", { $0.put($1, 21, -1) }), ("reset", { $0.put($1, 21, 3) }),
            ("stale", { $0.put($1, 21, StaleMarker.value) }),
        ]
        for (name, change) in spoil {
            let counters = Counters()
            let labels = Counters.labels("200")
            counters.grow(Counters.labels("500"), 0..<40, by: 1)
            counters.grow(labels, 0..<21, by: 75)
            change(counters, labels)
            counters.grow(labels, 22..<40, by: 75)
            let minute = try #require(counters.minute(5, at: 9 * 60), "\(name)")
            #expect(!minute.isComplete, "\(name)")
            let later = try #require(counters.minute(7, at: 9 * 60), "\(name)")
            #expect(later.isComplete && later.requests == 304, "\(name)")
        }
    }

    @Test("N60: a source that goes silent counts nothing, not zero")
    func silence() throws {
        let counters = steady(0..<24)
        for number in Int64(6)...10 {
            let minute = try #require(counters.minute(number, at: 12 * 60))
            #expect(!minute.isComplete, "10:0\(number)")
        }
        #expect(try #require(counters.minute(5, at: 12 * 60)).isComplete)
        #expect(Counters().count(at: 600).problem == "no source delivers http_requests_total")
    }

    /// A status code that was never returned before, from a process that goes on.
    @Test func aNewCodeCountsFromZero() throws {
        let counters = Counters()
        counters.grow(Counters.labels("200"), 0..<40, by: 75)
        for place in 21..<40 { counters.put(Counters.labels("503"), place, Double(place - 20) * 5) }
        let minute = try #require(counters.minute(5, at: 9 * 60))
        #expect(minute.isComplete && minute.errors == 15 && minute.requests == 315)
        let before = try #require(counters.minute(4, at: 9 * 60))
        #expect(before.isComplete && before.errors == 0)
        let after = try #require(counters.minute(6, at: 9 * 60))
        #expect(after.isComplete && after.errors == 20)
    }

    /// A total that was moved here is no minute's work.
    @Test func aTotalThatAppearsIsNotCounted() throws {
        let counters = Counters()
        counters.grow(Counters.labels("200"), 0..<40, by: 75)
        counters.grow(Counters.labels("500"), 21..<40, by: 5, from: 10_000)
        #expect(try !#require(counters.minute(5, at: 9 * 60)).isComplete)
        #expect(try #require(counters.minute(6, at: 9 * 60)).errors == 20)
    }

    /// Another instance counts from its first value only if its process started in that minute.
    @Test func aNewInstanceNeedsItsStart() throws {
        for (startedAt, isComplete) in [(Int64(320), true), (200, false)] {
            let counters = steady()
            counters.grow(Counters.labels("200", "b"), 22..<40, by: 50, from: -1_000)
            let start = Labels([
                ("__name__", "process_start_time_seconds"), ("job", "checkout"), ("instance", "b"),
            ])
            counters.put(start, 22, Double(Counters.hour / 1_000 + startedAt))
            let minute = try #require(counters.minute(5, at: 9 * 60))
            #expect(minute.isComplete == isComplete)
            if isComplete { #expect(minute.requests == 304 + 150) }
            #expect(try #require(counters.minute(6, at: 9 * 60)).requests == 504)
        }
        let unknown = steady()
        unknown.grow(Counters.labels("200", "b"), 22..<40, by: 50, from: -1_000)
        #expect(try !#require(unknown.minute(5, at: 9 * 60)).isComplete)
    }

    /// What ended long ago is not missed for ever.
    @Test func anInstanceThatIsGoneIsNotMissed() throws {
        let counters = Counters()
        counters.grow(Counters.labels("200"), 0..<120, by: 75)
        counters.grow(Counters.labels("500"), 0..<120, by: 1)
        counters.grow(Counters.labels("200", "old"), 0..<20, by: 75)
        counters.grow(Counters.labels("200", "ended"), 0..<20, by: 75)
        counters.put(Counters.labels("200", "ended"), 20, StaleMarker.value)
        #expect(try !#require(counters.minute(5, at: 29 * 60)).isComplete)
        #expect(try !#require(counters.minute(8, at: 29 * 60)).isComplete, "still in the lookback")
        #expect(try #require(counters.minute(12, at: 29 * 60)).isComplete)
    }

    @Test func readLessThanOnceAMinuteNothingIsCounted() throws {
        let counters = Counters()
        for place in 0..<30 {
            counters.store.append(
                Counters.labels("200"), t: Counters.hour + Int64(place) * 90_000, v: Double(place))
        }
        #expect(counters.count(at: 40 * 60).minutes.allSatisfy { !$0.isComplete })
    }

    @Test func aClockThatWasSetBackTakesItsMinutesAgain() {
        let counters = steady()
        #expect(
            counters.count(at: 9 * 60 + 10).minutes.last?.end.milliseconds
                == Counters.hour + 9 * 60_000)
        #expect(
            counters.count(at: 5 * 60 + 10).minutes.last?.end.milliseconds
                == Counters.hour + 5 * 60_000)
    }

    /// Recorded samples that come after the first live ones are counted all the same.
    @Test func historyThatComesLateIsCounted() {
        let counters = Counters()
        counters.grow(Counters.labels("200", "live"), 36..<40, by: 75)
        #expect(counters.count(at: 9 * 60 + 10).minutes.filter(\.isComplete).isEmpty)
        counters.grow(Counters.labels("200"), 0..<44, by: 75)
        counters.grow(Counters.labels("500"), 0..<44, by: 1)
        counters.grow(Counters.labels("200", "live"), 40..<44, by: 75)
        #expect(counters.count(at: 10 * 60 + 10).minutes.filter(\.isComplete).count >= 7)
    }
}

@Suite struct CountingExpressionTests {
    private func read(_ promql: String?, _ settings: SafetySettings = SafetySettings()) -> String {
        let signal = promql.map {
            SignalDefinition(
                name: "error_ratio", promql: $0, unit: .ratio, harm: .up, role: .errorRatio,
                floor: 0.001, origin: "test")
        }
        do throws(CountingExpressions.Defect) {
            let found = try CountingExpressions.of(settings, signal: signal)
            return "\(found.errors.count) \(found.errorsText) | "
                + "\(found.requests.count) \(found.requestsText)"
        } catch { return "! " + error.reason }
    }

    @Test(arguments: [
        ("sum(rate(e[5m])) / sum(rate(r[5m]))", "1 sum(rate(e[5m])) | 1 sum(rate(r[5m]))"),
        ("(sum(rate(e[5m]))/sum(rate(r[5m])))", "1 sum(rate(e[5m])) | 1 sum(rate(r[5m]))"),
        (
            "sum(increase(e[5m])) / (sum(increase(r[5m])) > 0)",
            "1 sum(increase(e[5m])) | 1 (sum(increase(r[5m])) > 0)"
        ),
        (
            "(sum(rate(e[5m])) + sum(rate(f[5m]))) / sum(sum by (job) (rate(r[5m])))",
            "2 (sum(rate(e[5m])) + sum(rate(f[5m]))) | 1 sum(sum by (job) (rate(r[5m])))"
        ),
    ])
    func aRatioOfRatesIsCounted(_ promql: String, _ expected: String) {
        #expect(read(promql) == expected)
    }

    @Test(arguments: [
        "sum(rate(e[5m]))", "1 - sum(rate(g[5m])) / sum(rate(r[5m]))",
        "sum by (job) (rate(e[5m])) / sum by (job) (rate(r[5m]))", "rate(e[5m]) / rate(r[5m])",
        "avg(rate(e[5m])) / sum(rate(r[5m]))", "sum(e) / sum(r)",
        "sum(rate(e[5m] offset 1h)) / sum(rate(r[5m]))", "job:error_ratio:5m",
        "sum(irate(e[5m])) / sum(irate(r[5m]))", "sum(rate(e[5m])) / sum(",
    ])
    func anythingElseIsNot(_ promql: String) {
        #expect(read(promql).hasPrefix("! cannot be counted"), "\(read(promql))")
    }

    @Test func configuredCountersWin() {
        var settings = SafetySettings()
        settings.errorCounter = #"requests{ok="no"}"#
        settings.requestCounter = "sum(requests)"
        #expect(read("anything / else", settings) == #"1 requests{ok="no"} | 1 sum(requests)"#)
        settings.requestCounter = nil
        #expect(read(nil, settings) == "! counters: needs both, errors and requests")
        #expect(read(nil) == "! no error ratio is bound")
    }
}
