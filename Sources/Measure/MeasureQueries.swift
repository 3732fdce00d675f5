import Basics
import Glibc
import Metrics

/// `Measure queries [ROUNDS [TEXT]]`: processor milliseconds per query over 10,000 series with an
/// hour of samples every 15 s, and per tick of 200 standing conditions; of these only those whose
/// text contains TEXT.
enum MeasureQueries {
    /// When the newest sample was taken, in milliseconds.
    private static let end: Int64 = 1_750_000_000_000
    private static let interval: Int64 = 15_000
    private static let samplesPerSeries: Int64 = 241

    static func run(arguments: [String]) {
        let rounds = arguments.first.flatMap { Int($0) } ?? 15
        let store = makeStore()
        let wanted = arguments.dropFirst().first ?? ""
        measureQueries(store, rounds, wanted)
        if "standing".contains(wanted) { measureStanding(store, rounds) }
    }

    // MARK: Data

    /// 5,000 counters (10 jobs, 50 instances, 10 codes) and 5,000 buckets of histograms.
    private static func makeStore() -> SeriesStore {
        let store = SeriesStore(retention: .seconds(1_000_000))
        var random = SystemRandom(state: 1)
        for job in 0..<10 {
            for instance in 0..<50 {
                for variant in 0..<10 {
                    let place = ["job": "job-\(job)", "instance": "10.0.\(job).\(instance):9100"]
                    let counter = place.merging(
                        ["__name__": "requests_total", "code": "\(codes[variant])"]
                    ) { one, _ in one }
                    let bucket = place.merging(
                        ["__name__": "latency_seconds_bucket", "le": bounds[variant]]
                    ) { one, _ in one }
                    append(Labels(counter), to: store, by: 20, &random)
                    append(Labels(bucket), to: store, by: Double(2 * variant + 1), &random)
                }
            }
        }
        return store
    }

    private static let codes = [200, 201, 204, 301, 400, 401, 404, 500, 502, 503]
    private static let bounds = [
        "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "+Inf",
    ]

    private static func append(
        _ labels: Labels, to store: SeriesStore, by step: Double, _ random: inout SystemRandom
    ) {
        store.write { writer in
            guard let reference = writer.reference(for: labels) else { return }
            var value = Double(random.next() % 1000)
            for index in 0..<samplesPerSeries {
                value += Double(random.next() % 16) * step / 8
                let t = end - (samplesPerSeries - 1 - index) * interval
                _ = writer.append(to: reference, t: t, v: value.rounded())
            }
        }
    }

    /// A generator that gives the same data on every run.
    private struct SystemRandom {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
    }

    // MARK: Queries

    private static let instant = [
        "count(requests_total)",
        "sum by (job) (rate(requests_total[5m]))",
        "sum by (job, code) (rate(requests_total[5m]))",
        "sum(rate(requests_total{code=~\"5..\"}[5m])) / sum(rate(requests_total[5m])) > 0.05",
        "histogram_quantile(0.99, sum by (le) (rate(latency_seconds_bucket[5m])))",
        "histogram_quantile(0.99, sum by (le, job) (rate(latency_seconds_bucket[5m])))",
        "rate(requests_total{job=\"job-3\", code=\"500\"}[5m])",
        "rate(requests_total{job=\"job-3\",code=\"500\",instance=\"10.0.3.7:9100\"}[5m])",
        "max_over_time(sum by (job) (rate(requests_total[1m]))[10m:30s])",
        "sum by (job) (increase(requests_total[1h]))",
        "topk(10, rate(requests_total[5m]))",
        "quantile_over_time(0.9, requests_total[30m])",
    ]

    private static let overHour = [
        ("sum by (job) (rate(requests_total[5m]))", Int64(15_000)),
        ("histogram_quantile(0.99, sum by (job, le) (rate(latency_seconds_bucket[5m])))", 60_000),
    ]

    /// Each query by an engine that knows nothing yet, and by one that has been asked before.
    private static func measureQueries(_ store: SeriesStore, _ rounds: Int, _ wanted: String) {
        let snapshot = store.snapshot()
        let standing = StandingQueries()
        for (suffix, standing) in [("", nil), (" (standing)", standing)] {
            func engine() -> EmbeddedEngine {
                EmbeddedEngine(snapshot: snapshot, standing: standing)
            }
            for text in instant where wanted.isEmpty || text.contains(wanted) {
                report(text + suffix, rounds, text) { expression in
                    try engine().instant(expression, at: end)
                }
            }
            for (text, step) in overHour {
                let name = "1 h, step \(step / 1000) s: " + text
                guard wanted.isEmpty || name.contains(wanted) else { continue }
                report(name + suffix, rounds, text) { expression in
                    try engine().range(
                        expression, start: end - 3_600_000, end: end, step: step)
                }
            }
        }
    }

    /// Several evaluations a round, because the processor's clock is coarse.
    private static func report(
        _ name: String, _ rounds: Int, _ text: String,
        _ body: (Expression) throws -> QueryAnswer
    ) {
        let perRound = 5
        do {
            _ = try body(Expression.parse(text))
            let seconds = try Cost.rounds(rounds) {
                for _ in 0..<perRound { Cost.keep(try body(Expression.parse(text))) }
            }
            Figure.print(name, Cost.median(seconds) * 1000 / Double(perRound), "ms")
        } catch { print("\(name): \(error)") }
    }

    // MARK: Standing conditions

    /// 20 of each of ten kinds: for each job an error ratio, two latencies, traffic, absence and
    /// saturation, and some over everything.
    private static var conditions: [String] {
        var all: [String] = []
        for job in 0..<10 {
            let own = "job=\"job-\(job)\""
            let total = "sum(rate(requests_total{\(own)}[5m]))"
            let errors = "sum(rate(requests_total{\(own),code=~\"5..\"}[5m]))"
            let buckets = "sum by (le) (rate(latency_seconds_bucket{\(own)}[5m]))"
            for threshold in [1, 5] {
                all.append("\(errors) / \(total) > 0.0\(threshold)")
                all.append("\(errors) / \(total) <= 0.00\(threshold)")
                all.append("histogram_quantile(0.99, \(buckets)) > \(threshold)")
                all.append("histogram_quantile(0.5, \(buckets)) > 0.\(threshold)")
                all.append("\(total) > \(threshold)000")
                all.append("absent(requests_total{\(own),code=\"20\(threshold)\"})")
                all.append("max(requests_total{\(own)}) > \(threshold)e9")
                all.append("count(requests_total{\(own)}) < \(threshold * 100)")
                all.append(
                    "max(sum by (instance) (rate(requests_total{\(own)}[5m]))) > \(threshold)000")
                all.append(
                    job < 5
                        ? "sum by (job) (rate(requests_total[5m])) < \(threshold)\(job)"
                        : "topk(\(threshold), sum by (instance) (rate(requests_total[5m]))) > "
                            + "\(job)000")
            }
        }
        return all
    }

    /// Between ticks every series gets a sample, as in a room.
    private static func measureStanding(_ store: SeriesStore, _ rounds: Int) {
        let standing = StandingQueries()
        do {
            let expressions = try conditions.map { try Expression.parse($0) }
            let series = store.snapshot().all.map(\.labels)
            var costs: [Double] = []
            for round in 0...rounds {
                let now = end + Int64(round) * interval
                if round > 0 { for labels in series { store.append(labels, t: now, v: 1e6) } }
                let begin = Cost.processorSeconds
                let engine = EmbeddedEngine(snapshot: store.snapshot(), standing: standing)
                for expression in expressions {
                    Cost.keep(try engine.instant(expression, at: now))
                }
                costs.append(Cost.processorSeconds - begin)
            }
            Figure.print("first tick of \(expressions.count) conditions", costs[0] * 1000, "ms")
            let later = Array(costs.dropFirst()).sorted()
            Figure.print(
                "tick of \(expressions.count) conditions", Cost.median(later) * 1000, "ms")
        } catch { print("standing conditions: \(error)") }
    }
}
