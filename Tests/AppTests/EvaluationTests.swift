import App
import Metrics
import Testing

/// What `warroom eval` prints for people.
@Suite struct EvaluationTests {
    private let engine: EmbeddedEngine = {
        let store = SeriesStore(retention: .seconds(1e6))
        for step in 0...20 {
            let t = Int64(step) * 15_000
            store.append(Labels(["__name__": "up", "job": "a\"b"]), t: t, v: Double(step))
            if step > 10 {
                store.append(Labels(["__name__": "up", "job": "\u{9b}2J é"]), t: t, v: 0.125)
            }
        }
        return EmbeddedEngine(snapshot: store.snapshot())
    }()

    private func lines(_ expression: String, width: Int?, ascii: Bool = false) throws -> [String] {
        try EvaluationTable(width: width, isASCII: ascii)
            .lines(engine.instant(expression, at: 60_000))
    }

    private func range(_ expression: String, width: Int?, ascii: Bool = false) throws -> [String] {
        try EvaluationTable(width: width, isASCII: ascii)
            .lines(engine.range(expression, start: 0, end: 300_000, step: 15_000))
    }

    @Test func tablesAlign() throws {
        #expect(try lines("up > bool 3", width: nil) == ["{job=\"a\\\"b\"}  1"])
        #expect(try lines("nothing", width: 80) == ["no series"])
        #expect(try lines("1 + 1", width: nil) == ["scalar  2"])
        #expect(try lines("\"a\\nb\"", width: nil) == ["string  \"a\\nb\""])
    }

    @Test func aRangeIsDrawnOnATerminal() throws {
        let drawn = try range("up{job=\"a\\\"b\"}", width: 120)
        #expect(drawn.count == 2)
        #expect(drawn[0].contains("newest") && drawn[0].contains("highest"))
        #expect(drawn[1].contains("▁") && drawn[1].contains("█") && drawn[1].hasSuffix(" 20"))
        let plain = try range("up{job=\"a\\\"b\"}", width: 120, ascii: true)
        #expect(plain.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } }, "\(plain)")
        #expect(plain[1].contains("_") && plain[1].contains("#"))
    }

    @Test func aPipeGetsEveryPoint() throws {
        let rows = try range("up{job=\"a\\\"b\"} < 3", width: nil)
        #expect(rows == ["up{job=\"a\\\"b\"}  0@0 1@15 2@30"])
    }

    @Test(arguments: [1, 20, 30, 40, 60, 80, 300])
    func noLineIsWiderThanTheTerminal(width: Int) throws {
        let long =
            "label_replace(up, \"x\", \"" + String(repeating: "é", count: 90) + "\", \"\", \"\")"
        for expression in ["up", long, "up * 1e300", "-up / 7"] {
            for line in try range(expression, width: width) {
                #expect(line.count <= max(20, width), "\(line)")
            }
            for line in try lines(expression, width: width) where width >= 40 {
                #expect(line.count <= width, "\(line)")
            }
        }
    }

    @Test func gapsAreBlankAndRowsShareTheirTimes() throws {
        let rows = try range("up", width: 120)
        let short = try #require(rows.first { $0.contains("2J") })
        #expect(short.contains(String(repeating: " ", count: 11) + "▁▁▁▁▁▁▁▁▁▁"), "\(short)")
    }

    @Test func nothingThatATerminalObeysIsPrinted() throws {
        for width in [nil, 80] {
            for line in try range("up", width: width) + lines("\"\u{202e}\u{9b}\"", width: width) {
                for scalar in line.unicodeScalars {
                    #expect(
                        scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
                            && scalar.value != 0x202E)
                }
            }
        }
    }

    @Test func explainsWhatWasEvaluated() {
        let one = Evaluation.run(
            QueryLine(expression: "sum(rate(up[1m]))by(job)", when: .instant(nil)), on: engine,
            now: 60_000)
        #expect(one.explanation[0] == "query      sum by (job) (rate(up[1m]))")
        #expect(one.explanation[1] == "time       1970-01-01T00:01:00Z (the newest sample's)")
        #expect(one.explanation[2].contains("series, "))
        #expect(one.explanation[2].hasSuffix("newest sample 1970-01-01T00:01:00Z"))
        #expect(one.explanation[3].hasPrefix("took       "))
        let range = Evaluation.run(
            QueryLine(expression: "up", when: .range(start: 0, end: 60_000, step: 90_000)),
            on: engine, now: 0)
        #expect(range.explanation[1].hasSuffix("to 1970-01-01T00:01:00Z, step 1m30s"))
        let wrong = Evaluation.run(
            QueryLine(expression: "up +", when: .instant(nil)), on: engine, now: 0)
        #expect(wrong.explanation.isEmpty)
        guard case .failure = wrong.outcome else {
            Issue.record("a wrong query has no answer")
            return
        }
    }
}
