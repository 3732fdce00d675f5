import Basics
import Testing

@testable import Logs

@Suite("Patterns of public logs")
struct PatternSuiteTests {
    struct Floor: Sendable, CustomTestStringConvertible {
        var name: String
        var accuracyMin: Double
        var groupsMin: Double
        var testDescription: String { name }
    }

    /// A little below what is reached: see `Tests/README.md`.
    static let floors = [
        Floor(name: "Apache", accuracyMin: 0.99, groupsMin: 0.99),
        Floor(name: "BGL", accuracyMin: 0.97, groupsMin: 0.92),
        Floor(name: "HDFS", accuracyMin: 0.99, groupsMin: 0.99),
        Floor(name: "HealthApp", accuracyMin: 0.99, groupsMin: 0.97),
        Floor(name: "OpenSSH", accuracyMin: 0.97, groupsMin: 0.9),
        Floor(name: "Proxifier", accuracyMin: 0.99, groupsMin: 0.9),
        Floor(name: "Spark", accuracyMin: 0.9, groupsMin: 0.88),
        Floor(name: "Windows", accuracyMin: 0.99, groupsMin: 0.95),
    ]

    @Test("loghub: GA and FGA of messages, ids given as the lines come", arguments: floors)
    func messages(floor: Floor) throws {
        let base = "loghub/\(floor.name)/\(floor.name)_2k.log_structured.csv"
        guard let table = Suites.lines(base) else {
            return print("skipped: \(Suites.logs)/\(base) is not there")
        }
        let head = Suites.fields(table[0])
        let event = try #require(head.firstIndex(of: "EventId"))
        let content = try #require(head.firstIndex(of: "Content"))
        var miner = PatternMiner()
        var truth: [String] = []
        var found: [PatternID] = []
        for row in table.dropFirst() {
            let fields = Suites.fields(row)
            truth.append(fields[event])
            found.append(
                miner.observe(fields[content], level: nil, service: nil, time: .epoch))
        }
        let scores = Scores(truth: truth, found: found)
        let settled = Scores(truth: truth, found: found.map { miner.current($0) })
        print(
            "\(floor.name): GA \(UnitText.significant(scores.accuracy)), FGA "
                + "\(UnitText.significant(scores.f1)); settled GA "
                + "\(UnitText.significant(settled.accuracy)), FGA "
                + "\(UnitText.significant(settled.f1))")
        #expect(scores.accuracy >= floor.accuracyMin)
        #expect(scores.f1 >= floor.groupsMin)
    }
}
