import Metrics

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
        var start_ms: Int64
        var end_ms: Int64
        var step_ms: Int64
    }

    var cmd: String
    var series: [Load]?
    var line: Int?
    var kind: String?
    var expr: String?
    var t_ms: Int64?
    var start_ms: Int64?
    var end_ms: Int64?
    var step_ms: Int64?
    var range_vector: Window?
    var expect: [String: [Pattern]]?
    var expect_scalar: String?
    var expect_string: String?
    var expected: [Expected]?
}

/// `[t_ms, "value"]`.
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
    var notImplemented: [String] = []
    var wrong: [String] = []
    private var store = SuiteRunner.freshStore()
    private let name: String
    private var known: [String: Result<Expression, QueryError>] = [:]

    init(name: String) { self.name = name }

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
                for load in command.series ?? [] {
                    let labels = Labels(load.metric)
                    for sample in load.samples { store.append(labels, t: sample.t, v: sample.v) }
                }
            default:
                check(command, engine)
                continue
            }
            engine = EmbeddedEngine(snapshot: store.snapshot(), options: Self.options)
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
        case .notImplemented(let name): notImplemented.append("\(place): \(name)")
        case .wrong(let why): wrong.append("\(place): \(why)")
        }
    }

    enum Verdict {
        case pass
        case notImplemented(String)
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
            if case .notImplemented(let name) = error.kind { return .notImplemented(name) }
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
