import Basics
import Metrics
import Testing

@Suite struct RuleFileTests {
    private static let text = """
        groups:
          - name: checkout
            interval: 30s
            labels: {team: shop}
            rules:
              - alert: HighErrors
                expr: error_ratio > 0.05
                for: 2m
                keep_firing_for: 1m
                labels: {severity: page}
                annotations:
                  summary: '{{ $labels.instance }} fails {{ $value | humanizePercentage }}'
              - record: job:errors:rate5m
                expr: sum by (job) (rate(errors_total[5m]))
        """

    @Test func readsGroups() throws {
        let file = try RuleFile.load(text: Self.text, file: "rules.yml")
        let group = try #require(file.groups.first)
        #expect(group.name == "checkout" && group.interval == .seconds(30))
        let alert = group.rules[0]
        #expect(alert.kind == .alert("HighErrors"))
        #expect(alert.holdDuration == .seconds(120) && alert.keepFiringFor == .seconds(60))
        #expect(alert.labels == ["severity": "page", "team": "shop"])
        #expect(alert.position == "rules.yml:6:9")
        #expect(alert.expression.description == "error_ratio > 0.05")
        #expect(group.rules[1].kind == .record("job:errors:rate5m"))
    }

    @Test(arguments: [
        ("groups:\n  - rules: []\n", "name is missing"),
        ("groups:\n  - name: a\n    rules:\n      - alert: A\n", "expr is missing"),
        ("groups:\n  - name: a\n    rules:\n      - expr: up\n", "alert or a record"),
        (
            "groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: sum(\n",
            "unclosed left parenthesis"
        ),
        (
            "groups:\n  - name: a\n    rules:\n      - alert: A\n"
                + "        exp: up\n        expr: up\n",
            "unknown key \"exp\""
        ),
        (
            "groups:\n  - name: a\n    rules:\n      - alert: A\n"
                + "        expr: up\n        for: 2x\n",
            "for is \"2x\""
        ),
        ("groups:\n  - name: a\n    rules: []\n  - name: a\n    rules: []\n", "given twice"),
        ("groups: [{name: a, rules: [{record: x, expr: up, for: 1m}]}]", "rule has no for"),
        ("groups: [{name: a, rules: [{record: 'x{}', expr: up}]}]", "braces in the name"),
        (
            "groups: [{name: a, rules: [{record: x, expr: up, annotations: {a: b}}]}]",
            "rule has no annotations"
        ),
        ("groups: [{name: a, rules: [{alert: A, record: b, expr: up}]}]", "exactly one of"),
        ("groups: [{name: a, rules: [{alert: '', expr: up}]}]", "alert is empty"),
        ("groups: [{name: a, rules: [{alert: A, expr: 'limitk(1, up)'}]}]", "is experimental"),
        ("groups: [{name: a, lables: {}, rules: []}]", "Did you mean labels?"),
        ("groups: [{name: a, limit: x, rules: []}]", "limit is \"x\""),
        (
            "groups: [{name: a, rules: [{alert: A, expr: up, labels: {__name__: b}}]}]",
            "no label that a rule may set"
        ),
        (
            "groups: [{name: a, rules: [{alert: A, expr: up, annotations: {s: '{{ $x }}'}}]}]",
            "r.yml:1:66: annotation \"s\": template: __alert_A:1: undefined variable \"$x\""
        ),
        (
            "groups: [{name: a, rules: [{alert: A, expr: up, labels: {s: '{{ nope }}'}}]}]",
            "label \"s\": template: __alert_A:1: function \"nope\" not defined"
        ),
    ])
    func saysWhatIsWrong(text: String, message: String) {
        do throws(Failure) {
            _ = try RuleFile.load(text: text, file: "r.yml")
            Issue.record("accepted")
        } catch {
            #expect(error.description.contains(message))
            #expect(error.description.contains("r.yml:"))
        }
    }
}

extension RuleFileTests {
    @Test func notesWhatIsIgnoredOrTwice() throws {
        let text = """
            groups:
              - name: a
                source_tenants: [x]
                rules:
                  - {record: y, expr: up}
                  - {record: y, expr: sum(up)}
            """
        let file = try RuleFile.load(text: text, file: "r.yml")
        #expect(
            file.notes.map { "\($0.position): \($0.what)" } == [
                "r.yml:3:21: source_tenants is ignored here",
                "r.yml:6:9: the rule y is given twice with the same labels, first at r.yml:5:9",
            ])
        #expect(try RuleFile.load(text: "groups: []", file: "r.yml").groups.isEmpty)
    }
}

@Suite struct AlertBookTests {
    private let labels = Labels(["__name__": "bad", "instance": "a"])

    private func engine(_ value: Double?, at t: Int64) -> EmbeddedEngine {
        let store = SeriesStore(retention: .seconds(1e6))
        if let value { store.append(labels, t: t, v: value) }
        return EmbeddedEngine(snapshot: store.snapshot())
    }

    private func group(
        for hold: Duration = .seconds(60), keep: Duration = .zero, expression: String = "bad > 1"
    ) throws -> [RuleGroup] {
        let rule = try Rule(
            .alert("Bad"), expression: expression, for: hold, keepFiringFor: keep,
            labels: ["severity": "page"],
            annotations: ["summary": "{{ $labels.instance }}: {{ $value }}"])
        return [RuleGroup(name: "g", rules: [rule])]
    }

    @Test func pendingThenFiringThenResolved() throws {
        var book = AlertBook()
        let rules = try group()
        func step(_ value: Double?, _ t: Int64) -> [Alert.State?] {
            book.evaluate(rules: rules, engine: engine(value, at: t), at: t).map(\.to)
        }
        #expect(step(0, 0) == [])
        #expect(step(2, 10_000) == [.pending])
        #expect(step(3, 40_000) == [])
        #expect(step(3, 70_000) == [.firing])
        let alert = try #require(book.alerts.first)
        #expect(alert.activeAt == 10_000 && alert.firedAt == 70_000 && alert.value == 3)
        #expect(alert.annotations["summary"] == "a: 3")
        #expect(
            alert.labels
                == Labels(["alertname": "Bad", "instance": "a", "severity": "page"]))
        #expect(step(0, 100_000) == [.resolved])
        #expect(book.alerts.first?.resolvedAt == 100_000)
        // It comes back as a new alert.
        #expect(step(5, 130_000) == [.pending])
        #expect(book.alerts.first?.activeAt == 130_000)
        // A pending one ends quietly.
        #expect(step(0, 140_000) == [nil])
        #expect(book.alerts.isEmpty)
    }

    @Test func firesAtOnceWithoutHold() throws {
        var book = AlertBook()
        let rules = try group(for: .zero)
        let transitions = book.evaluate(rules: rules, engine: engine(2, at: 0), at: 0)
        #expect(transitions.map(\.to) == [.firing])
        #expect(transitions.map(\.from) == [nil])
        _ = book.evaluate(rules: rules, engine: engine(0, at: 1), at: 1)
        #expect(book.alerts.map(\.state) == [.resolved])
        _ = book.evaluate(rules: rules, engine: engine(0, at: 1_000_000), at: 1_000_000)
        #expect(book.alerts.isEmpty)
    }

    @Test func keepsFiring() throws {
        var book = AlertBook()
        let rules = try group(for: .zero, keep: .seconds(60))
        func states(_ value: Double, _ t: Int64) -> [Alert.State] {
            _ = book.evaluate(rules: rules, engine: engine(value, at: t), at: t)
            return book.alerts.map(\.state)
        }
        #expect(states(2, 0) == [.firing])
        #expect(states(0, 10_000) == [.firing])
        #expect(states(2, 60_000) == [.firing])
        #expect(states(0, 65_000) == [.firing])
        #expect(states(0, 124_999) == [.firing])
        #expect(states(0, 125_000) == [.resolved])
    }

    @Test func aFailedEvaluationChangesNothing() throws {
        var book = AlertBook()
        let rules = try group(for: .zero)
        _ = book.evaluate(rules: rules, engine: engine(2, at: 0), at: 0)
        #expect(book.evaluate(rules: rules, engine: BrokenEngine(), at: 60_000).isEmpty)
        #expect(book.alerts.map(\.state) == [.firing])
        #expect(book.errors.map(\.message) == ["broken"])
        _ = book.evaluate(rules: rules, engine: engine(2, at: 90_000), at: 90_000)
        #expect(book.errors.isEmpty)
    }

    @Test func respectsTheInterval() throws {
        var book = AlertBook()
        var rules = try group(for: .zero)
        rules[0].interval = .seconds(60)
        _ = book.evaluate(rules: rules, engine: engine(0, at: 0), at: 0)
        #expect(book.evaluate(rules: rules, engine: engine(2, at: 30_000), at: 30_000).isEmpty)
        #expect(book.evaluate(rules: rules, engine: engine(2, at: 60_000), at: 60_000).count == 1)
    }

    @Test func recordsSeries() throws {
        let rule = try Rule(.record("job:bad:sum"), expression: "sum(bad)", labels: ["x": "y"])
        let result = RuleGroup(name: "g", rules: [rule]).recordings(
            on: engine(4, at: 1000), at: 2000)
        #expect(result.errors.isEmpty)
        #expect(
            result.samples
                == [
                    RecordedSample(
                        labels: Labels(["__name__": "job:bad:sum", "x": "y"]), t: 2000, v: 4)
                ])
    }
}

private struct BrokenEngine: QueryEngine {
    func instant(_ expression: Expression, at t: Int64) throws(QueryError) -> QueryAnswer {
        throw QueryError(.execution, "broken")
    }

    func range(
        _ expression: Expression, start: Int64, end: Int64, step: Int64
    ) throws(QueryError) -> QueryAnswer {
        throw QueryError(.execution, "broken")
    }
}
