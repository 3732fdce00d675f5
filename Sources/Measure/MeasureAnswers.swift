import Basics
import Metrics

/// `Measure answers SERIES QUERIES`: what `warroom eval --queries` answers, over series that a text
/// dump cannot carry. For comparisons with another engine, with only the metrics part built.
///
/// SERIES has one JSON object a line, `{"metric":{…},"t":[ms…],"v":["1","NaN","stale"…]}`.
enum MeasureAnswers {
    struct Usage: Error, CustomStringConvertible {
        var description: String { "usage: Measure answers SERIES QUERIES" }
    }

    private struct Recorded: Decodable {
        var metric: [String: String]
        var t: [Int64]
        var v: [String]
    }

    static func run(_ arguments: [String]) throws {
        guard arguments.count == 2 else { throw Usage() }
        let store = SeriesStore(
            retention: .seconds(1_000_000_000), seriesMax: 5_000_000,
            samplesPerSeriesMax: 10_000_000)
        for line in try Files.bytes(arguments[0]).split(separator: 0x0A) {
            let one = try JSONText.decode(Recorded.self, from: line)
            let labels = Labels(one.metric)
            for (t, v) in zip(one.t, one.v) { store.append(labels, t: t, v: value(v)) }
        }
        let engine = EmbeddedEngine(snapshot: store.snapshot())
        let queries = String(decoding: try Files.bytes(arguments[1]), as: UTF8.self)
        for answer in EvalCommand.run(queries: queries, on: engine, now: 0) { print(answer) }
    }

    private static func value(_ text: String) -> Double {
        switch text {
        case "stale": StaleMarker.value
        case "NaN": Double(bitPattern: 0x7FF8_0000_0000_0001)
        case "+Inf": .infinity
        case "-Inf": -.infinity
        default: Double(text) ?? .nan
        }
    }
}
