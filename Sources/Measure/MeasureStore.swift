import Basics
import Glibc
import Metrics

/// `Measure store [SERIES…]`: memory, append, snapshot and query time of the series store for each
/// number of series (1,000, 10,000, 100,000 and 1,000,000 unless given).
///
/// `Measure store --dumps FOLDER [MILLISECONDS]`: bytes per sample of the dumps of one exporter,
/// one file for each reading, in the order of their names. A name that begins with digits is the
/// reading time in milliseconds; with MILLISECONDS the readings are put that far apart instead.
enum MeasureStore {
    static func run(arguments: [String]) throws {
        if arguments.first == "--dumps", arguments.count > 1 {
            try measureDumps(
                arguments[1], spacing: arguments.dropFirst(2).first.flatMap { Int64($0) })
            return
        }
        let sizes = arguments.compactMap { Int($0) }
        for size in sizes.isEmpty ? [1000, 10_000, 100_000, 1_000_000] : sizes { measure(size) }
    }

    // MARK: The curve

    private static let step: Int64 = 15_000
    private static let begin: Int64 = 1_750_000_000_000

    /// Ten metrics of ten instances each with as many codes as it takes.
    private static func labels(_ index: Int) -> Labels {
        Labels([
            ("__name__", "metric_\(index % 100)_total"), ("code", "code-\(index / 10_000)"),
            ("instance", "10.0.\(index / 100 % 10).\(index / 1000 % 10):9100"),
            ("job", "job-\(index / 100 % 10)"),
        ])
    }

    /// An idle series, a counter, seconds with two decimals, a level with one.
    @inline(__always)
    private static func value(_ index: Int, _ round: Int) -> Double {
        let noise = Double((index &* 7919 &+ round &* 104_729) & 0xFF)
        switch index & 3 {
        case 0: return Double(index)
        case 1: return Double(round * 130) + noise.rounded(.down)
        case 2: return (Double(round) * 1500 + noise) / 100
        default: return noise / 10
        }
    }

    private static func measure(_ size: Int) {
        let name = "store \(size)"
        let resident = Cost.residentBytes
        let store = SeriesStore(retention: .seconds(1_000_000), seriesMax: size)
        let all = (0..<size).map(labels)
        let labelled = Cost.residentBytes
        var references: [SeriesReference] = []
        let first = Cost.rounds(1) {
            references = store.write { writer in
                all.indices.compactMap { index in
                    guard let reference = writer.reference(for: all[index]) else { return nil }
                    _ = writer.append(to: reference, t: begin, v: value(index, 0))
                    return reference
                }
            }
        }
        Figure.print("\(name) first read", first[0] / Double(size) * 1e9, "ns/series")
        let one = store.statistics
        Figure.print("\(name) one sample", Double(one.hotBytes) / Double(size), "B/series")
        Figure.print("\(name) labels", Double(one.labelBytes) / Double(size), "B/series")
        Figure.print("\(name) index", Double(one.indexBytes) / Double(size), "B/series")
        measureAppends(name, store, references, rounds: size > 100_000 ? 16 : 239)
        let after = store.statistics
        let bytes = Double(after.hotBytes + after.coldBytes)
        Figure.print("\(name) samples each", Double(after.samples) / Double(size), "")
        Figure.print("\(name) all in", bytes / Double(after.samples), "B/sample")
        if after.sealedSamples > 0 {
            Figure.print(
                "\(name) cold", Double(after.coldBytes) / Double(after.sealedSamples), "B/sample")
        }
        Figure.print(
            "\(name) resident", Double(Cost.residentBytes - resident) / 1e6, "MB")
        Figure.print("\(name) of it labels", Double(labelled - resident) / 1e6, "MB")
        measureReading(name, store, references)
    }

    private static func read(
        _ store: SeriesStore, _ references: [SeriesReference], _ round: Int
    ) {
        store.write { writer in
            for index in references.indices {
                _ = writer.append(
                    to: references[index], t: begin + Int64(round) * step, v: value(index, round))
            }
        }
    }

    private static func measureAppends(
        _ name: String, _ store: SeriesStore, _ references: [SeriesReference], rounds: Int
    ) {
        var round = 0
        let costs = Cost.rounds(rounds) {
            round += 1
            read(store, references, round)
        }
        let samples = Double(references.count)
        Figure.print("\(name) append, least", costs[0] / samples * 1e9, "ns/sample")
        Figure.print("\(name) append, median", Cost.median(costs) / samples * 1e9, "ns/sample")
        let total = costs.reduce(0, +) / Double(rounds)
        Figure.print("\(name) append, mean", total / samples * 1e9, "ns/sample")
        Figure.print("\(name) append, most", costs[rounds - 1] / samples * 1e9, "ns/sample")
    }

    private static func measureReading(
        _ name: String, _ store: SeriesStore, _ references: [SeriesReference]
    ) {
        let times = references.count > 100_000 ? 20 : 200
        let snapshots = Cost.rounds(1) { for _ in 0..<times { Cost.keep(store.snapshot()) } }
        Figure.print("\(name) snapshot", snapshots[0] / Double(times) * 1e6, "us")
        let snapshot = store.snapshot()
        let shared = Cost.rounds(1) { read(store, references, 300) }
        Figure.print(
            "\(name) append after a snapshot", shared[0] / Double(references.count) * 1e9,
            "ns/sample")
        for (title, matchers) in queries {
            let rounds = Cost.rounds(9) { for _ in 0..<10 { Cost.keep(snapshot.select(matchers)) } }
            Figure.print("\(name) select \(title)", rounds[4] / 10 * 1e6, "us")
            Figure.print("\(name) series \(title)", Double(snapshot.select(matchers).count), "")
        }
        let series = snapshot.select(queries[0].1)
        var scratch: [Sample] = []
        for (title, window) in [("5 m", 300_000), ("1 h", 3_600_000)] as [(String, Int64)] {
            var samples = 0
            let newest = series.first?.newest?.t ?? 0
            let rounds = Cost.rounds(9) {
                samples = 0
                for one in series {
                    one.withSamples(after: newest - window, through: newest, scratch: &scratch) {
                        samples += $0.count
                    }
                }
            }
            Figure.print(
                "\(name) window \(title)", rounds[4] / Double(max(1, series.count)) * 1e9,
                "ns/series")
            Figure.print(
                "\(name) window \(title) sample", rounds[4] / Double(max(1, samples)) * 1e9,
                "ns/sample")
        }
    }

    private static let queries: [(String, [LabelMatcher])] = [
        ("name", [LabelMatcher(equal: "__name__", "metric_7_total")]),
        (
            "name and job",
            [
                LabelMatcher(equal: "__name__", "metric_7_total"),
                LabelMatcher(equal: "job", "job-3"),
            ]
        ),
        (
            "name and expression",
            [LabelMatcher(equal: "__name__", "metric_7_total")]
                + [try? LabelMatcher(.matches, name: "instance", value: "10.0.[12].*:9100")]
                .compactMap { $0 }
        ),
    ]

    // MARK: Real dumps

    private static func measureDumps(_ folder: String, spacing: Int64?) throws {
        let store = SeriesStore(retention: .seconds(1e9))
        let ingestor = DumpIngestor()
        var time = begin
        for name in names(in: folder) {
            let digits = name.prefix { $0.isNumber }
            time = spacing.map { time + $0 } ?? Int64(digits) ?? time + step
            _ = ingestor.ingest(try Files.bytes(folder + "/" + name), readAt: time, into: store)
        }
        let statistics = store.statistics
        var encoded = 0
        var raw = 0
        for one in store.snapshot().all {
            encoded += SampleCodec.encode(one.samples).count
            raw += one.count
        }
        Figure.print("dumps series", Double(statistics.series), "")
        Figure.print("dumps samples", Double(statistics.samples), "")
        Figure.print("dumps sealed", Double(statistics.sealedSamples), "samples")
        let sealed = Double(max(1, statistics.sealedSamples))
        Figure.print("dumps cold", Double(statistics.coldBytes) / sealed, "B/sample")
        let bytes = Double(statistics.coldBytes + statistics.hotBytes)
        Figure.print("dumps all in", bytes / Double(max(1, statistics.samples)), "B/sample")
        Figure.print("dumps encoded", Double(encoded) / Double(max(1, raw)), "B/sample")
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}
