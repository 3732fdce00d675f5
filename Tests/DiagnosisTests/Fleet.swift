import Basics
import Diagnosis
import Incidents
import Logs
import Metrics
import Playbooks
import Testing

/// A small fleet whose counters are appended to a series store, one scrape at a time.
struct Fleet {
    struct Instance {
        var name: String
        var service: String
        var zone: String
        var version: String
        var requests = 0.0
        var failures = 0.0
        /// Requests below 0.1 s and below 1 s.
        var fast = 0.0
        var medium = 0.0
    }

    let store = SeriesStore(retention: .seconds(4 * 3600))
    var instances: [Instance] = []
    var now: Timestamp
    let interval = Duration.seconds(15)
    /// Share of failed requests by instance; about 0.001 where nothing is said.
    var failing: [String: Double] = [:]
    /// Requests per second of one instance.
    var rate = 20.0
    /// Instances that are not scraped.
    var silent: Set<String> = []

    static let start = Timestamp(seconds: 1_790_000_000)

    init(
        at time: Timestamp = Fleet.start,
        services: [String] = ["gateway", "checkout", "payments", "cart"]
    ) {
        now = time
        for service in services {
            for (index, zone) in ["a", "b", "c"].enumerated() {
                instances.append(
                    Instance(
                        name: "\(service)-\(index + 1)", service: service,
                        zone: "us-east-1\(zone)", version: "9c1e07b"))
            }
        }
    }

    /// One scrape of every instance, `interval` later. The wobble keeps history from being flat.
    mutating func scrape() {
        now = now + interval
        let wobble = 1 + 0.03 * Double((Int(now.seconds) / 15) % 7 - 3)
        for index in instances.indices {
            let count = rate * interval.inSeconds
            let share = failing[instances[index].name] ?? 0.001 * wobble
            instances[index].requests += count
            instances[index].failures += count * share
            instances[index].fast += count * (share > 0.01 ? 0.5 : 0.97)
            instances[index].medium += count * (share > 0.01 ? 0.9 : 0.999)
            if !silent.contains(instances[index].name) { append(instances[index]) }
        }
    }

    private func append(_ instance: Instance) {
        let base = [
            "instance": instance.name, "service": instance.service, "zone": instance.zone,
            "region": "us-east-1", "version": instance.version,
        ]
        func put(_ name: String, _ labels: [String: String], _ value: Double) {
            var all = base.merging(labels) { $1 }
            all["__name__"] = name
            store.append(Labels(all), t: now.milliseconds, v: value)
        }
        put("http_requests_total", ["code": "200"], instance.requests - instance.failures)
        put("http_requests_total", ["code": "500"], instance.failures)
        let bucket = "http_request_duration_seconds_bucket"
        put(bucket, ["le": "0.1"], instance.fast)
        put(bucket, ["le": "1"], instance.medium)
        put(bucket, ["le": "5"], instance.requests)
        put(bucket, ["le": "+Inf"], instance.requests)
    }

    mutating func scrape(for span: Duration) {
        for _ in 0..<Int(span.inSeconds / interval.inSeconds) { scrape() }
    }

    /// The old version's series end as they do when a process is replaced.
    mutating func deploy(_ version: String, to names: [String]) {
        for index in instances.indices where names.contains(instances[index].name) {
            let old = instances[index]
            end(old)
            instances[index].version = version
            instances[index].requests = 0
            instances[index].failures = 0
            instances[index].fast = 0
            instances[index].medium = 0
        }
    }

    private func end(_ instance: Instance) {
        let snapshot = [
            ("http_requests_total", ["code": "200"]), ("http_requests_total", ["code": "500"]),
            ("http_request_duration_seconds_bucket", ["le": "0.1"]),
            ("http_request_duration_seconds_bucket", ["le": "1"]),
            ("http_request_duration_seconds_bucket", ["le": "5"]),
            ("http_request_duration_seconds_bucket", ["le": "+Inf"]),
        ]
        for (name, extra) in snapshot {
            var labels = [
                "instance": instance.name, "service": instance.service, "zone": instance.zone,
                "region": "us-east-1", "version": instance.version,
            ].merging(extra) { $1 }
            labels["__name__"] = name
            store.append(Labels(labels), t: now.milliseconds + 1, v: StaleMarker.value)
        }
    }

    static let metricNames: Set<String> = [
        "http_requests_total", "http_request_duration_seconds_bucket",
    ]

    func input(
        _ incident: Incident, changes: [ChangeRecorded] = [], patterns: [PatternSummary] = []
    ) -> DiagnosisInput {
        DiagnosisInput(
            now: now, engine: EmbeddedEngine(snapshot: store.snapshot()),
            metricNames: Self.metricNames, patterns: patterns, changes: changes,
            sources: [
                SourceStatus(
                    id: "fleet", kind: .metrics, isHealthy: true, lastData: now,
                    interval: interval)
            ], incident: incident)
    }
}

/// Folds findings back into an incident, as the room does.
struct Room {
    var incident: Incident
    var sequence: UInt64 = 0
    var findings: [any EventPayload] = []

    init(_ text: String = "INC-2041") throws {
        incident = Incident(id: try #require(IncidentID(text)))
        incident.isOpen = true
    }

    mutating func take(_ observation: Observation) {
        for finding in observation.findings {
            apply(finding.payload, at: finding.time)
            findings.append(finding.payload)
        }
    }

    mutating func apply(_ payload: any EventPayload, at time: Timestamp) {
        sequence += 1
        incident.apply(
            Event(
                sequence: sequence, time: time, entry: time,
                boot: BootTime(nanoseconds: time.nanoseconds), bootID: "test",
                actor: .automation, payload: payload))
    }

    func count<Payload: EventPayload>(_ type: Payload.Type) -> Int {
        findings.count { $0 is Payload }
    }
}

func condition(_ id: ConditionID, _ observation: Observation) throws -> StopCondition {
    try #require(observation.conditions.first { $0.id == id })
}
