import Basics
import Metrics
import Playbooks
import Testing

@testable import Drills

/// The drill as the room meets it: through its configuration, dumps and rules.
@Suite struct RoomViewTests {
    /// Reads the dumps as the room does.
    final class Reader {
        let fixture: DrillFixture
        let store = SeriesStore(retention: .hours(4))
        private var live: [String: DumpIngestor] = [:]
        private(set) var refused = 0
        private(set) var skipped = 0

        init(_ fixture: DrillFixture) throws {
            self.fixture = fixture
            for service in fixture.simulator.scenario.services {
                live[service.name] = DumpIngestor()
                try ingest(fixture.paths.history(of: service.name), with: DumpIngestor())
            }
            try readLive()
        }

        func advance(_ seconds: Int) throws {
            for _ in 0..<(seconds / 15) {
                try fixture.advance(15)
                try readLive()
            }
        }

        func value(_ expression: String, at time: Timestamp? = nil) throws -> Double? {
            try values(expression, at: time).first?.v
        }

        func values(_ expression: String, at time: Timestamp? = nil) throws -> [VectorSample] {
            let engine = EmbeddedEngine(snapshot: store.snapshot())
            let answer = try engine.instant(
                expression, at: (time ?? fixture.now).milliseconds)
            guard case .vector(let samples) = answer.value else { return [] }
            return samples
        }

        private func readLive() throws {
            for (name, ingestor) in live {
                try ingest(fixture.paths.dump(of: name), with: ingestor)
            }
        }

        private func ingest(_ path: String, with ingestor: DumpIngestor) throws {
            let report = ingestor.ingest(
                try DrillFiles.read(path, from: 0), readAt: fixture.now.milliseconds, into: store)
            #expect(report.error == nil)
            #expect(report.samples > 0)
            refused += report.refused
            skipped += report.skippedCount
        }
    }

    static let errorRatio =
        #"sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))"#
    static let p99 =
        "histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))"

    @Test func historyGivesACalmBaseline() throws {
        let reader = try Reader(DrillFixture())
        for minutes in stride(from: 58, through: 1, by: -3) {
            let time = DrillFixture.start - .seconds(minutes * 60)
            let errors = try #require(try reader.value(Self.errorRatio, at: time))
            let latency = try #require(try reader.value(Self.p99, at: time))
            let queue = try #require(try reader.value("sum(queue_depth)", at: time))
            #expect((0.0004...0.002).contains(errors))
            #expect((0.2...0.4).contains(latency))
            #expect((200...340).contains(queue))
        }
        #expect(reader.refused == 0)
        #expect(reader.skipped == 0)
    }

    @Test func storyReadsTrueInTheMetrics() throws {
        let reader = try Reader(DrillFixture())
        try reader.advance(75)
        #expect(try #require(try reader.value(Self.errorRatio)) < 0.002)
        // Within a minute of the fault the room can see it.
        try reader.advance(45)
        #expect(try #require(try reader.value(Self.errorRatio)) > 0.005)
        #expect(try #require(try reader.value(Self.p99)) > 0.4)
        try reader.advance(300)
        #expect(try #require(try reader.value(Self.errorRatio)) > 0.05)
        #expect(try #require(try reader.value(Self.p99)) > 1.5)
        try checkWhoIsBroken(reader)
        let firing = try AlertRule.all.filter { try !reader.values($0.expression).isEmpty }
        #expect(firing.map(\.name) == ["HighErrorRate", "HighLatency", "QueueBacklog"])

        #expect(reader.fixture.actuate("rollback", "checkout", "9c1e07b") == 0)
        try reader.advance(480)
        #expect(try #require(try reader.value(Self.errorRatio)) < 0.002)
        #expect(try #require(try reader.value(Self.p99)) < 0.4)
        #expect(try #require(try reader.value("sum(queue_depth)")) < 370)
        for rule in AlertRule.all { #expect(try reader.values(rule.expression).isEmpty) }
        #expect(reader.refused == 0)
        #expect(reader.skipped == 0)
    }

    /// The broken instances are those on the new version, the canary apart.
    private func checkWhoIsBroken(_ reader: Reader) throws {
        let failing = try reader.values(
            "sum by (instance, version) "
                + #"(rate(http_requests_total{service="checkout",code=~"5.."}[2m])) / "#
                + "sum by (instance, version) "
                + #"(rate(http_requests_total{service="checkout"}[2m])) > 0.1"#)
        let names = failing.map { label("instance", of: $0) }.sorted()
        #expect(names == ["checkout-1", "checkout-2", "checkout-3", "checkout-4"])
        #expect(Set(failing.map { label("version", of: $0) }) == ["4f2a91c"])
    }

    private func label(_ name: String, of sample: VectorSample) -> String {
        sample.labels.entries.first { $0.name.description == name }?.value.description ?? ""
    }

    @Test func ruleFileIsWhatTheRoomAccepts() throws {
        let fixture = try DrillFixture()
        let file = try RuleFile.load(
            text: try fixture.text(fixture.paths.rules), file: fixture.paths.rules)
        #expect(file.groups.flatMap(\.rules).count == AlertRule.all.count)
    }

    @Test func configurationIsWhatTheRoomAccepts() throws {
        let fixture = try DrillFixture()
        let (configuration, problems) = try ConfigurationLoader.load(
            path: fixture.paths.configuration)
        #expect(problems.map { "\($0)" } == [])
        #expect("\(configuration.environment)" == "production")
        #expect(!configuration.hasTickets && configuration.hasOnCall)
        #expect(configuration.stopFiles == [fixture.paths.stopFile])
        #expect(configuration.sources.count == 8)
        // The history must be read before the dumps that go on from it.
        let metrics = configuration.sources.filter { $0.kind == .metrics }.map(\.path)
        #expect(metrics == [fixture.paths.history + "/*.prom", fixture.paths.dumps + "/*.prom"])
        #expect(configuration.services["checkout"]?.dependsOn == ["cart", "payments"])
        #expect(configuration.services["checkout"]?.zones.values.reduce(0, +) == 6)
        let right = fixture.simulator.scenario.right
        let action = try #require(configuration.actions[right.action])
        #expect(action.isReversible && action.isRollback && action.onStop == .finish)
        #expect(
            action.steps == [
                [
                    "/usr/bin/warroom", "drill-actuator", "--directory", fixture.paths.directory,
                    "rollback", "{service}", "{revision}",
                ]
            ])
    }

    @Test func filesThatTheRoomReadsDoNotTellTheTruth() throws {
        let fixture = try DrillFixture()
        try fixture.advance(200)
        for (name, bytes) in try fixture.files() {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.contains(fixture.simulator.scenario.truth.hypothesis), "\(name)")
        }
        let configuration = try fixture.text(fixture.paths.configuration)
        #expect(!configuration.contains("4f2a91c"))
        #expect(!configuration.contains(fixture.simulator.scenario.truth.hypothesis))
    }
}
