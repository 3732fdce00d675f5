import Basics
import Testing

@testable import Metrics

@Suite struct RuleRunnerTests {
    private func series(_ store: SeriesStore, _ query: String, at t: Int64) throws -> [String:
        Double]
    {
        let answer = try EmbeddedEngine(snapshot: store.snapshot()).instant(query, at: t)
        return Dictionary(
            uniqueKeysWithValues: answer.value.elements.map { ($0.labels.description, $0.value) })
    }

    private func load(_ rules: String) throws -> RuleRunner {
        let lines = rules.split(separator: "\n").map { "      " + $0 }.joined(separator: "\n")
        let text = "groups:\n  - name: g\n    limit: 3\n    rules:\n" + lines + "\n"
        return RuleRunner(groups: try RuleFile.load(text: text, file: "r.yml").groups)
    }

    @Test func aRuleSeesWhatEarlierOnesRecorded() throws {
        let store = SeriesStore(retention: .seconds(1e6))
        store.append(Labels(["__name__": "x", "a": "1"]), t: 1000, v: 2)
        store.append(Labels(["__name__": "x", "a": "2"]), t: 1000, v: 3)
        var runner = try load(
            """
            - {record: 'x:sum', expr: sum(x), labels: {l: v}}
            - {record: 'x:double', expr: 'x:sum * 2'}
            - {alert: Big, expr: 'x:double > 9', labels: {severity: page}}
            """)
        let transitions = runner.evaluate(into: store, at: 2000)
        #expect(transitions.map(\.to) == [.firing])
        #expect(try series(store, "x:sum", at: 2000) == [#"x:sum{l="v"}"#: 5])
        #expect(try series(store, "x:double", at: 2000) == [#"x:double{l="v"}"#: 10])
        #expect(
            try series(store, "ALERTS", at: 2000)
                == [#"ALERTS{alertname="Big", alertstate="firing", l="v", severity="page"}"#: 1])
        #expect(try series(store, "ALERTS_FOR_STATE", at: 2000).values.first == 2)
    }

    @Test func whatIsGivenNoLongerEndsAtOnce() throws {
        let store = SeriesStore(retention: .seconds(1e6))
        let x = Labels(["__name__": "x", "a": "1"])
        var runner = try load(
            """
            - {record: 'x:big', expr: x > 1}
            - {alert: Big, expr: x > 1, for: 10s}
            """)
        store.append(x, t: 1000, v: 2)
        _ = runner.evaluate(into: store, at: 1000)
        #expect(try series(store, "x:big", at: 1000).count == 1)
        #expect(
            try series(store, "ALERTS", at: 1000).keys.first
                == #"ALERTS{a="1", alertname="Big", alertstate="pending"}"#)
        _ = runner.evaluate(into: store, at: 11_000)
        #expect(
            try series(store, "ALERTS", at: 11_000)
                == [#"ALERTS{a="1", alertname="Big", alertstate="firing"}"#: 1])
        store.append(x, t: 12_000, v: 0)
        _ = runner.evaluate(into: store, at: 12_000)
        #expect(try series(store, "x:big", at: 12_000).isEmpty)
        #expect(try series(store, #"{__name__=~"ALERTS.*"}"#, at: 12_000).isEmpty)
        #expect(runner.book.alerts.map(\.state) == [.resolved])
    }

    @Test(arguments: [
        ("- {record: y, expr: x}", "exceeded limit of 3 with 4 series"),
        ("- {alert: y, expr: x}", "exceeded limit of 3 with 4 alerts"),
        ("- {record: y, expr: x, labels: {a: same}}", "same labelset after applying rule labels"),
        ("- {alert: y, expr: x, labels: {a: same}}", "same labelset after applying alert labels"),
        ("- {record: y, expr: 'x[1m]'}", "rule result is not a vector or scalar"),
    ])
    func failuresAreListedAndLeaveTheRestAlone(rule: String, message: String) throws {
        let store = SeriesStore(retention: .seconds(1e6))
        for a in 0..<4 { store.append(Labels(["__name__": "x", "a": "\(a)"]), t: 0, v: 1) }
        var runner = try load(rule + "\n- {record: 'x:count', expr: count(x)}")
        #expect(runner.evaluate(into: store, at: 0).isEmpty)
        #expect(runner.book.errors.map(\.position) == ["r.yml:5:9"])
        #expect(runner.book.errors.first?.message.contains(message) == true)
        #expect(try series(store, "x:count", at: 0).values.first == 4)
    }

    @Test func intervalAndOffsetAreKept() throws {
        let text = """
            groups:
              - {name: g, interval: 1m, query_offset: 30s, rules: [{record: y, expr: time()}]}
            """
        var runner = RuleRunner(groups: try RuleFile.load(text: text, file: "r.yml").groups)
        let store = SeriesStore(retention: .seconds(1e6))
        for t in stride(from: Int64(0), through: 120_000, by: 15_000) {
            _ = runner.evaluate(into: store, at: 1_000_000 + t)
        }
        let answer = try EmbeddedEngine(snapshot: store.snapshot()).instant("y[1h]", at: 1_120_000)
        guard case .matrix(let matrix) = answer.value else { return }
        #expect(matrix.first?.samples.map(\.t) == [970_000, 1_030_000, 1_090_000])
        #expect(matrix.first?.samples.map(\.v) == [970, 1030, 1090])
    }
}
