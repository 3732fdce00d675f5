import Basics
import Testing

@testable import Logs

@Suite("Public samples")
struct SuiteTests {
    private struct Sample: Decodable {
        var format: String
        var level: String
        var line: String
    }

    /// Samples whose time or level is not what was expected, and why.
    private static let exceptions = [
        ("TCF ", "minutes and seconds since the program's start: no time of day"),
        ("\" 404 5778", "a client's error is a warning here, not an error of the service"),
    ]

    @Test("lnav's samples: times and levels")
    func samples() throws {
        guard let lines = Suites.lines("lnav_samples.jsonl") else {
            return print("skipped: \(Suites.logs)/lnav_samples.jsonl is not there")
        }
        var times = 0
        var levels = 0
        var named = 0
        for line in lines {
            let sample = try JSONText.decode(Sample.self, from: Array(line.utf8))
            let first = sample.line.split(separator: "\n").first ?? ""
            let parsed = RecordParser.header(
                Array(first.utf8).span, context: TimeContext(reference: TimeTests.reference))
            // A sample without an expected level has none to get wrong.
            let isLevelRight = sample.level.isEmpty || parsed.level == Self.level(sample.level)
            if parsed.time != nil { times += 1 }
            if isLevelRight { levels += 1 }
            if !sample.level.isEmpty { named += 1 }
            guard parsed.time == nil || !isLevelRight else { continue }
            #expect(
                Self.exceptions.contains { first.contains($0.0) },
                "\(parsed.level?.word ?? "none"), expected \(sample.level): \(first.prefix(100))")
        }
        let wrong = lines.count - levels
        print(
            "lnav samples: \(times) times of \(lines.count), \(named - wrong) levels of the "
                + "\(named) that are named")
        #expect(times >= 256)
        #expect(levels >= 258)
    }

    private static func level(_ word: String) -> LogLevel? {
        LevelScanner.level(named: word.utf8)
    }

    @Test(
        "loghub: levels as the sets name them",
        arguments: ["Apache", "BGL", "HDFS", "Spark", "Windows"])
    func levels(name: String) throws {
        let base = "loghub/\(name)/\(name)_2k.log"
        guard let lines = Suites.lines(base), let table = Suites.lines(base + "_structured.csv")
        else { return print("skipped: \(Suites.logs)/\(base) is not there") }
        let column = try #require(Suites.fields(table[0]).firstIndex(of: "Level"))
        var parser = RecordParser()
        let context = TimeContext(reference: TimeTests.reference)
        for (line, row) in zip(lines, table.dropFirst()) {
            let expected = Self.level(Suites.fields(row)[column])
            let parsed = parser.parse(Array(line.utf8).span, context: context)
            #expect(parsed.level == expected, "\(line)")
        }
    }

    struct Grouping: Sendable, CustomTestStringConvertible {
        var name: String
        var accuracyMin: Double
        var testDescription: String { name }
    }

    static let groupings = [
        Grouping(name: "HDFS", accuracyMin: 0.99), Grouping(name: "OpenSSH", accuracyMin: 0.99),
        Grouping(name: "Apache", accuracyMin: 0.99), Grouping(name: "BGL", accuracyMin: 0.95),
        Grouping(name: "HealthApp", accuracyMin: 0.95), Grouping(name: "Proxifier", accuracyMin: 0),
        Grouping(name: "Spark", accuracyMin: 0.9), Grouping(name: "Windows", accuracyMin: 0.65),
    ]

    @Test("loghub: grouping accuracy on whole lines, one configuration", arguments: groupings)
    func grouping(row: Grouping) throws {
        let base = "loghub/\(row.name)/\(row.name)_2k.log"
        guard let lines = Suites.lines(base), let table = Suites.lines(base + "_structured.csv")
        else { return print("skipped: \(Suites.logs)/\(base) is not there") }
        let column = try #require(Suites.fields(table[0]).firstIndex(of: "EventId"))
        let truth = table.dropFirst().map { Suites.fields($0)[column] }
        var parser = RecordParser()
        var miner = PatternMiner()
        var found: [PatternID] = []
        var times = 0
        let context = TimeContext(reference: TimeTests.reference)
        for line in lines {
            let bytes = Array(line.utf8)
            let parsed = parser.parse(bytes.span, context: context)
            var message = String(line)
            if case .range(let range) = parsed.body {
                message = String(decoding: bytes[range], as: UTF8.self)
            }
            if parsed.time != nil { times += 1 }
            found.append(
                miner.observe(
                    message, level: parsed.level, service: nil, time: parsed.time ?? .epoch))
        }
        let scores = Scores(truth: Array(truth), found: found)
        print(
            "\(row.name): GA \(UnitText.significant(scores.accuracy)), "
                + "FGA \(UnitText.significant(scores.f1)), \(Set(found).count) groups for "
                + "\(Set(truth).count), times \(times) of \(lines.count)")
        #expect(truth.count == lines.count)
        #expect(times == lines.count)
        #expect(scores.accuracy >= row.accuracyMin)
    }
}

/// Grouping accuracy (share of lines in exactly right groups) and the F1 of groups.
struct Scores {
    var accuracy: Double
    var f1: Double

    init(truth: [String], found: [PatternID]) {
        var trueGroups: [String: Set<Int>] = [:]
        var foundGroups: [PatternID: Set<Int>] = [:]
        for (index, pair) in zip(truth, found).enumerated() {
            trueGroups[pair.0, default: []].insert(index)
            foundGroups[pair.1, default: []].insert(index)
        }
        let known = Set(trueGroups.values)
        let exact = foundGroups.values.filter { known.contains($0) }
        accuracy = Double(exact.reduce(0) { $0 + $1.count }) / Double(max(1, truth.count))
        let precision = Double(exact.count) / Double(max(1, foundGroups.count))
        let recall = Double(exact.count) / Double(max(1, trueGroups.count))
        f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
    }
}
