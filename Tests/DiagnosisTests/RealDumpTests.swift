import Basics
import Diagnosis
import Incidents
import Metrics
import Playbooks
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Output of real exporters, without any configuration. One reading holds one point per series.
@Suite struct RealDumpTests {
    static let folder: String = {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(root)/../shared/suites/exposition/dumps/"
    }()

    private func bytes(_ name: String) -> [UInt8]? {
        guard let file = fopen(Self.folder + name, "re") else {
            print("the exposition suite is missing: \(Self.folder)\(name) was not tried")
            return nil
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// The observation after reading the dumps once, or several times when `readings` is larger.
    private func observe(_ names: [String], readings: Int = 1) throws -> Observation? {
        let store = SeriesStore(retention: .seconds(7200))
        var now = Timestamp(seconds: 1_795_218_500)
        var metricNames: Set<String> = []
        var diagnoser = Diagnoser(configuration: ConfigurationLoader.builtin(), rules: [])
        var observation: Observation?
        let ingestors = names.map { _ in DumpIngestor() }
        for _ in 0..<readings {
            now = now + .seconds(15)
            for (name, ingestor) in zip(names, ingestors) {
                guard let bytes = bytes(name) else { return nil }
                let report = ingestor.ingest(
                    bytes, readAt: now.milliseconds, extraLabels: ["instance": name],
                    into: store)
                #expect(report.error == nil)
            }
            metricNames = Set(store.snapshot().labelValues("__name__"))
            let incident = Incident(id: try #require(IncidentID("INC-2041")))
            observation = diagnoser.tick(
                DiagnosisInput(
                    now: now, engine: EmbeddedEngine(snapshot: store.snapshot()),
                    metricNames: metricNames,
                    sources: names.map {
                        SourceStatus(
                            id: $0, kind: .metrics, isHealthy: true, lastData: now,
                            interval: .seconds(15))
                    }, incident: incident))
        }
        return observation
    }

    @Test(arguments: [
        (
            "node_exporter.prom",
            ["saturation.cpu", "saturation.memory", "saturation.disk", "saturation.load"]
        ),
        ("postgres_exporter.prom", ["saturation.pg_connections", "pg_deadlocks"]),
        (
            "redis_exporter.prom",
            ["saturation.redis_memory", "saturation.redis_clients", "redis_evictions"]
        ),
        (
            "haproxy.prom",
            ["error_ratio", "traffic", "queue.haproxy", "saturation.haproxy_sessions"]
        ),
        ("prometheus.prom", ["error_ratio", "latency_p99", "traffic"]),
        ("alertmanager.prom", ["latency_p99"]),
    ])
    func `exporters are recognised`(name: String, signals: [String]) throws {
        guard let observation = try observe([name]) else { return }
        let found = observation.signals.map(\.definition.name)
        for signal in signals { #expect(found.contains(signal), "\(found)") }
        #expect(observation.problems == [])
        #expect(!observation.allConditionsMet)
    }

    @Test func `values of one reading`() throws {
        guard let node = try observe(["node_exporter.prom"]),
            let postgres = try observe(["postgres_exporter.prom"]),
            let redis = try observe(["redis_exporter.prom"])
        else { return }
        let memory = try #require(node.signals.first { $0.definition.name == "saturation.memory" })
        #expect(abs((memory.value ?? 0) - (1 - 24_186_191_872.0 / 25_276_510_208)) < 1e-9)
        #expect(memory.isBad == false)
        #expect(memory.baseline?.origin == .configured)
        let connections = try #require(
            postgres.signals.first { $0.definition.name == "saturation.pg_connections" })
        #expect((0.01...0.1).contains(connections.value ?? 0))
        // Without a memory limit there is nothing to fill up.
        let limit = try #require(
            redis.signals.first { $0.definition.name == "saturation.redis_memory" })
        #expect(limit.value == nil)
        #expect(limit.isBad == nil)
        #expect(!limit.reason.isEmpty)
    }

    @Test func `one reading has no error ratio and no condition passes on it`() throws {
        guard let observation = try observe(["haproxy.prom"]) else { return }
        let ratio = try #require(observation.signal(.errorRatio))
        #expect(ratio.value == nil)
        #expect(ratio.reason.contains("two readings"))
        for id in [ConditionID.errorRate, .latency, .queues, .alerts] {
            let state = try condition(id, observation).state
            #expect(!state.counts, "\(id) \(state)")
        }
        #expect(observation.hypotheses.isEmpty)
    }

    @Test func `readings without history have no baseline, and say so`() throws {
        guard let observation = try observe(["haproxy.prom"], readings: 5) else { return }
        let ratio = try #require(observation.signal(.errorRatio))
        // The dump does not change, so no request was counted between the readings.
        #expect(ratio.value == nil)
        let queue = try #require(observation.signals.first { $0.definition.role == .queue })
        #expect(queue.value == 0)
        #expect(queue.baseline == nil)
        #expect(queue.isBad == nil)
        #expect(queue.reason.contains("no baseline"))
        guard case .unknown(let reason) = try condition(.queues, observation).state else {
            Issue.record("the queue has no baseline and was judged all the same")
            return
        }
        #expect(reason.contains("no baseline"))
    }
}
