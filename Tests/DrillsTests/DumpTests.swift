import Basics
import Testing

@testable import Drills

@Suite struct DumpTests {
    struct Sample {
        var series: String
        var value: Double
        var time: Int64?
    }

    /// Reads a dump line by line; a line that is no sample and no comment fails the test.
    static func samples(_ text: String) throws -> [Sample] {
        var samples: [Sample] = []
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let close = try #require(line.lastIndex(of: "}"))
            let fields = line[line.index(after: close)...].split(separator: " ")
            let value = try #require(fields.first.flatMap { Double($0) })
            let time = fields.dropFirst().first.flatMap { Int64($0) }
            if fields.count != (time == nil ? 1 : 2) { Issue.record("not a sample: \(line)") }
            samples.append(Sample(series: String(line[...close]), value: value, time: time))
        }
        return samples
    }

    @Test func historyCoversTheHourAndStaysSmall() throws {
        let fixture = try DrillFixture()
        var bytes = 0
        for service in fixture.simulator.scenario.services {
            let text = try fixture.text(fixture.paths.history(of: service.name))
            bytes += text.utf8.count
            let times = Set(try Self.samples(text).compactMap(\.time)).sorted()
            let start = DrillFixture.start.milliseconds
            #expect(times.first == start - (65 * 60 - 30) * 1000)
            #expect(times.last == start - 15_000)
            let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
            #expect(gaps.allSatisfy { $0 == 30_000 || $0 == 15_000 })
            #expect(gaps == gaps.sorted(by: >))
        }
        #expect(bytes < 4_000_000)
        #expect(bytes > 256 * 1024)
    }

    @Test func countersNeverFallWithinAProcess() throws {
        let fixture = try DrillFixture()
        var fallen: [String] = []
        var compared = 0
        func compare(_ samples: [Sample], _ last: inout [String: Double]) {
            for sample in samples where Self.isCounter(sample.series) {
                if let before = last[sample.series] {
                    compared += 1
                    if sample.value < before { fallen.append(sample.series) }
                }
                last[sample.series] = sample.value
            }
        }
        var last: [String: Double] = [:]
        let history = try fixture.text(fixture.paths.history(of: "cart"))
        compare(try Self.samples(history), &last)
        compare(try Self.samples(fixture.text(fixture.paths.dump(of: "cart"))), &last)
        last = [:]
        for _ in 0..<12 {
            compare(try Self.samples(fixture.text(fixture.paths.dump(of: "checkout"))), &last)
            try fixture.advance(15)
        }
        #expect(fallen == [])
        #expect(compared > 3000)
    }

    private static func isCounter(_ series: String) -> Bool {
        series.hasPrefix("http_requests_total{")
            || series.hasPrefix("http_request_duration_seconds_")
    }

    @Test func histogramsAreCumulativeAndEndInTheCount() throws {
        let fixture = try DrillFixture()
        try fixture.advance(180)
        for service in fixture.simulator.scenario.services {
            let samples = try Self.samples(fixture.text(fixture.paths.dump(of: service.name)))
            var buckets: [String: [Double]] = [:]
            var counts: [String: Double] = [:]
            for sample in samples {
                guard let instance = Self.label("instance", of: sample.series) else { continue }
                if sample.series.hasPrefix("http_request_duration_seconds_bucket{") {
                    buckets[instance, default: []].append(sample.value)
                }
                if sample.series.hasPrefix("http_request_duration_seconds_count{") {
                    counts[instance] = sample.value
                }
            }
            #expect(buckets.count == service.zones.count)
            for (instance, values) in buckets {
                #expect(values.count == LatencyModel.bounds.count + 1)
                #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
                #expect(values.last == counts[instance])
            }
        }
    }

    private static func label(_ name: String, of series: String) -> String? {
        let parts = series.split(separator: "\(name)=\"", maxSplits: 1)
        return parts.count == 2 ? parts[1].split(separator: "\"").first.map(String.init) : nil
    }

    @Test func liveDumpsHaveNoTimestampsAndNoSeriesTwice() throws {
        let fixture = try DrillFixture()
        try fixture.advance(30)
        let samples = try Self.samples(fixture.text(fixture.paths.dump(of: "checkout")))
        #expect(samples.allSatisfy { $0.time == nil })
        #expect(Set(samples.map(\.series)).count == samples.count)
        #expect(samples.contains { $0.series.hasPrefix("queue_depth{") })
        #expect(samples.contains { $0.series.hasPrefix("db_pool_in_use{") })
    }
}
