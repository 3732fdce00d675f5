import Metrics
import Testing

/// One command of a `*.test.json` file.
struct SuiteCommand: Decodable {
    struct Load: Decodable {
        var metric: [String: String]
        var samples: [SuiteSample]
    }

    struct Pattern: Decodable {
        var msg: String?
        var regex: String?

        func accepts(_ text: String) -> Bool {
            if let msg { return text == msg }
            guard let regex, let compiled = try? RegexPattern(anchored: Array(regex.utf8)) else {
                return false
            }
            return compiled.matches(Array(text.utf8))
        }
    }

    struct Expected: Decodable {
        var metric: [String: String]
        var pos: Int
        var values: [String?]
    }

    struct Window: Decodable {
        var startMs: Int64
        var endMs: Int64
        var stepMs: Int64

        private enum CodingKeys: String, CodingKey {
            case startMs = "start_ms"
            case endMs = "end_ms"
            case stepMs = "step_ms"
        }
    }

    var cmd: String
    var series: [Load]?
    var line: Int?
    var kind: String?
    var expr: String?
    var tMs: Int64?
    var startMs: Int64?
    var endMs: Int64?
    var stepMs: Int64?
    var rangeVector: Window?
    var expect: [String: [Pattern]]?
    var expectScalar: String?
    var expectString: String?
    var expected: [Expected]?

    private enum CodingKeys: String, CodingKey {
        case cmd, series, line, kind, expr, expect, expected
        case tMs = "t_ms"
        case startMs = "start_ms"
        case endMs = "end_ms"
        case stepMs = "step_ms"
        case rangeVector = "range_vector"
        case expectScalar = "expect_scalar"
        case expectString = "expect_string"
    }
}

/// `[tMs, "value"]`.
struct SuiteSample: Decodable {
    var t: Int64
    var v: Double

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        t = try container.decode(Int64.self)
        v = SuiteNumber.parse(try container.decode(String.self))
    }
}

enum SuiteNumber {
    static func parse(_ text: String) -> Double {
        switch text {
        case "stale": StaleMarker.value
        case "NaN": .nan
        case "+Inf", "Inf": .infinity
        case "-Inf": -.infinity
        default: Double(text) ?? .nan
        }
    }

    /// The comparison of the suite's own runner, relative to 1e-6.
    static func areEqual(_ one: Double, _ two: Double) -> Bool {
        if StaleMarker.isStale(one) || StaleMarker.isStale(two) {
            return StaleMarker.isStale(one) && StaleMarker.isStale(two)
        }
        if one.isNaN && two.isNaN { return true }
        if one == two { return true }
        let sum = abs(one) + abs(two)
        let difference = abs(one - two)
        if one == 0 || two == 0 || sum < .leastNormalMagnitude {
            return difference < 1e-6 * .leastNormalMagnitude
        }
        return difference / min(sum, .greatestFiniteMagnitude) < 1e-6
    }
}

/// Runs one file of evaluations and counts.
struct SuiteRunner {
    var passed = 0
    var count: Int { passed + wrong.count }
    var wrong: [String] = []
    private var store = SuiteRunner.freshStore()
    private let name: String
    private var known: [String: Result<Expression, QueryError>] = [:]

    /// How the data gets into the store: directly, or written as a dump and read from it.
    private let format: ExpositionFormat?

    init(name: String, through format: ExpositionFormat? = nil) {
        self.name = name
        self.format = format
    }

    private static func freshStore() -> SeriesStore {
        SeriesStore(retention: .seconds(1e9), samplesPerSeriesMax: 1_000_000)
    }

    private static let options = EngineOptions(sampleLimit: 10_000)

    mutating func run(_ commands: [SuiteCommand]) {
        var engine = EmbeddedEngine(snapshot: .empty, options: Self.options)
        for command in commands {
            switch command.cmd {
            case "clear": store = Self.freshStore()
            case "load":
                load(command.series ?? [])
            default:
                check(command, engine)
                continue
            }
            engine = EmbeddedEngine(snapshot: store.snapshot(), options: Self.options)
        }
    }

    private func load(_ series: [SuiteCommand.Load]) {
        var direct = series
        if let format {
            // A dump cannot say that a series ended.
            direct = series.filter { $0.samples.contains { StaleMarker.isStale($0.v) } }
            let written = series.filter { !$0.samples.contains { StaleMarker.isStale($0.v) } }
            let dump = SuiteDump.write(written, format)
            let newest = ExpositionParser.newestTimestamp(dump, format: format) ?? 0
            let report = DumpIngestor().ingest(dump, readAt: newest, into: store)
            #expect(report.skipped == [] && report.refused == 0 && report.error == nil)
        }
        for one in direct {
            let labels = Labels(one.metric)
            for sample in one.samples { store.append(labels, t: sample.t, v: sample.v) }
        }
    }

    /// Evaluations that must fail (two series would end with the same labels at the same time), of
    /// which the data lost just that: it lists them as empty and without expectation.
    private static let lostFailures: Set<String> = [
        "functions:2072", "functions:2075", "operators:1006",
    ]

    private func place(of command: SuiteCommand) -> String { "\(name):\(command.line ?? 0)" }

    private mutating func check(_ command: SuiteCommand, _ engine: EmbeddedEngine) {
        let place = place(of: command) + " " + (command.expr ?? "")
        switch verdict(command, engine) {
        case .pass: passed += 1
        case .wrong(let why): wrong.append("\(place): \(why)")
        }
    }

    enum Verdict {
        case pass
        case wrong(String)
    }

    private func verdict(_ command: SuiteCommand, _ engine: EmbeddedEngine) -> Verdict {
        do throws(QueryError) {
            let expression = try Expression.parse(command.expr ?? "")
            let first = try SuiteCheck(command).check(expression, engine)
            guard first == nil else { return .wrong(first ?? "") }
            if let again = try SuiteReruns(command).check(expression, engine) {
                return .wrong(again)
            }
            return .pass
        } catch {
            if Self.lostFailures.contains(place(of: command)) {
                return error.message == "vector cannot contain metrics with the same labelset"
                    ? .pass : .wrong(error.message)
            }
            guard let patterns = command.expect?["fail"] else { return .wrong(error.message) }
            return patterns.allSatisfy { $0.accepts(error.message) }
                ? .pass : .wrong("fails with \(error.message)")
        }
    }
}

/// Writes series as a dump.
enum SuiteDump {
    static func write(_ series: [SuiteCommand.Load], _ format: ExpositionFormat) -> [UInt8] {
        var text = ""
        for one in series {
            let labels = one.metric.sorted { $0.key < $1.key }.filter { !$0.value.isEmpty }
            var items: [String] = []
            for (name, value) in labels {
                if name == "__name__" {
                    items.insert(quoted(value), at: 0)
                } else {
                    items.append(quoted(name) + "=" + quoted(value))
                }
            }
            let line = "{" + items.joined(separator: ",") + "} "
            for sample in one.samples {
                let time =
                    format == .openMetrics ? "\(Double(sample.t) / 1000)" : "\(sample.t)"
                text += line + number(sample.v) + " " + time + "\n"
            }
        }
        if format == .openMetrics { text += "# EOF\n" }
        return Array(text.utf8)
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : "\(value)"
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
