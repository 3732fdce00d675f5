import Metrics

/// `Measure growth COUNT`: what COUNT series cost in memory, per append and per query. One process
/// a size, so that the resident memory is that size's alone.
enum MeasureGrowth {
    private static let interval: Int64 = 15_000
    private static let begin: Int64 = 1_750_000_000_000
    /// Samples of each series: half an hour.
    private static let samples = 120

    static func run(_ arguments: [String]) {
        let count = arguments.first.flatMap { Int($0) } ?? 10_000
        let perSeries = count >= 1_000_000 ? 10 : samples
        let store = SeriesStore(retention: .seconds(1_000_000), seriesMax: count)
        let before = Cost.residentBytes
        var references: [SeriesReference] = []
        let first = seconds { references = create(count, in: store) }
        Figure.print("first sample, series made", first / Double(count) * 1e9, "ns")
        let later = seconds {
            for step in 1..<perSeries { append(references, step, to: store) }
        }
        Figure.print("later sample", later / Double(count * (perSeries - 1)) * 1e9, "ns")
        let resident = Double(Cost.residentBytes - before)
        Figure.print("resident, \(perSeries) samples a series", resident / 1_048_576, "MiB")
        Figure.print("resident per series", resident / Double(count), "B")
        measureQueries(store, at: begin + Int64(perSeries) * interval)
    }

    private static func measureQueries(_ store: SeriesStore, at now: Int64) {
        let snapshot = Cost.rounds(5) { store.snapshot() }
        Figure.print("snapshot", Cost.median(snapshot) * 1e6, "µs")
        let engine = EmbeddedEngine(snapshot: store.snapshot())
        for text in [
            "metric_total{instance=\"host-7\",path=\"/p3\"}", "count(metric_total)",
            "sum by (path) (rate(metric_total[2m]))",
        ] {
            do {
                Cost.keep(try engine.instant(text, at: now))
                let costs = try Cost.rounds(5) {
                    Cost.keep(try EmbeddedEngine(snapshot: store.snapshot()).instant(text, at: now))
                }
                Figure.print(text, Cost.median(costs) * 1e3, "ms")
            } catch { print("\(text): \(error)") }
        }
    }

    /// The series with their first samples, under one lock as a read of a dump does, ten paths an
    /// instance.
    private static func create(_ count: Int, in store: SeriesStore) -> [SeriesReference] {
        store.write { writer in
            var references: [SeriesReference] = []
            references.reserveCapacity(count)
            for index in 0..<count {
                guard let reference = writer.reference(for: labels(index)) else { continue }
                _ = writer.append(to: reference, t: begin, v: Double(index % 1000))
                references.append(reference)
            }
            return references
        }
    }

    private static func append(
        _ references: [SeriesReference], _ step: Int, to store: SeriesStore
    ) {
        let t = begin + Int64(step) * interval
        store.write { writer in
            for (index, reference) in references.enumerated() {
                let value = Double(index % 1000 + step * (index % 7))
                _ = writer.append(to: reference, t: t, v: value)
            }
        }
    }

    private static func labels(_ index: Int) -> Labels {
        Labels([
            ("__name__", "metric_total"), ("instance", "host-\(index / 10)"),
            ("path", "/p\(index % 10)"),
        ])
    }

    private static func seconds(_ body: () -> Void) -> Double {
        let begin = Cost.processorSeconds
        body()
        return Cost.processorSeconds - begin
    }
}
