import Metrics
import Testing

@Suite struct EvalCommandTests {
    private let engine: EmbeddedEngine = {
        let store = SeriesStore(retention: .seconds(1e6))
        for step in 0...4 {
            let t = Int64(step) * 15_000
            store.append(Labels(["__name__": "up", "job": "a\"b"]), t: t, v: Double(step))
            store.append(Labels(["__name__": "up", "job": "é"]), t: t, v: .infinity)
        }
        return EmbeddedEngine(snapshot: store.snapshot())
    }()

    private func run(_ line: String) -> [String] {
        EvalCommand.run(queries: line, on: engine, now: 60_000)
    }

    @Test(arguments: [
        (
            #"{"expr":"up","time":60}"#,
            #"{"status":"success","data":{"resultType":"vector","result":["#
                + #"{"metric":{"__name__":"up","job":"a\"b"},"value":[60,"4"]},"#
                + #"{"metric":{"__name__":"up","job":"é"},"value":[60,"+Inf"]}]}}"#
        ),
        (
            #"{"expr":"1.5e-7 * 2","time":1.5}"#,
            #"{"status":"success","data":{"resultType":"scalar","result":[1.5,"0.0000003"]}}"#
        ),
        (
            #"{"expr":"up{job!=\"é\"}","start":0,"end":30,"step":15}"#,
            #"{"status":"success","data":{"resultType":"matrix","result":["#
                + #"{"metric":{"__name__":"up","job":"a\"b"},"#
                + #""values":[[0,"0"],[15,"1"],[30,"2"]]}]}}"#
        ),
        (
            #"{"expr":"\"x\"","time":0}"#,
            #"{"status":"success","data":{"resultType":"string","result":[0,"x"]}}"#
        ),
        (
            #"{"expr":"sum(","time":0}"#,
            #"{"status":"error","errorType":"bad_data","#
                + #""error":"1:5: parse error: unclosed left parenthesis"}"#
        ),
        (
            #"{"expr":"limitk(1, up)","time":0}"#,
            #"{"status":"error","errorType":"bad_data","error":"1:1: parse error: limitk() is "#
                + "experimental and must be enabled with "
                + #"--enable-feature=promql-experimental-functions"}"#
        ),
        (
            #"{"expr":"quantile(2, up{job!=\"é\"})","time":60}"#,
            #"{"status":"success","data":{"resultType":"vector","result":["#
                + #"{"metric":{},"value":[60,"+Inf"]}]},"warnings":["#
                + #""PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)"]}"#
        ),
    ])
    func answersInTheShapeOfTheAPI(line: String, json: String) {
        #expect(run(line).first == json)
    }

    @Test(arguments: [
        "", "   ", "{}", "[]", #"{"expr":"up","start":0}"#, #"{"expr":1}"#, "\u{2028}",
        #"{"expr":"up","time":1e300}"#,
    ])
    func aBadLineIsAnErrorOfItsOwn(line: String) {
        let answers = run(line + "\n" + #"{"expr":"1","time":0}"#)
        #expect(answers.count == 2)
        #expect(answers.first?.contains(#""errorType":"bad_data""#) == true)
        #expect(answers.last?.contains("success") == true)
    }

    @Test func answersBelongToLines() {
        let query = #"{"expr":"1","time":0}"#
        #expect(run("").isEmpty)
        #expect(run(query).count == 1)
        #expect(run(query + "\r\n" + query + "\r\n").allSatisfy { $0.contains("success") })
        let answers = run(query + "\n\nnothing\n" + query + "\n")
        #expect(answers.map { $0.contains("success") } == [true, false, false, true])
        #expect(run(#"{"expr":"\"\u2028\"","time":0}"#).count == 1)
    }

    @Test(arguments: [
        (#"{"expr":"up","start":1,"end":0,"step":1}"#, "end timestamp must not be before start"),
        (#"{"expr":"up","start":0,"end":1,"step":0}"#, "zero or negative query resolution"),
        (#"{"expr":"up","start":0,"end":12000,"step":1}"#, "11,000 points per timeseries"),
        (#"{"expr":"up[1m]","start":0,"end":1,"step":1}"#, "for range query, must be Scalar"),
    ])
    func aRangeThatCannotBeIsBadData(line: String, text: String) {
        let answer = run(line).first ?? ""
        #expect(answer.contains(#""errorType":"bad_data""#) && answer.contains(text), "\(answer)")
    }

    @Test(arguments: [
        (#"1e21"#, #"[1.5,"1000000000000000000000"]"#), (#"vector(1e21)"#, #"[1.500,"1e+21"]"#),
        (#"vector(1e-7)"#, #"[1.500,"1e-07"]"#), (#"vector(-0)"#, #"[1.500,"-0"]"#),
        (#"\"x\""#, #"[1.5,"x"]"#), (#"vector(NaN)"#, #"[1.500,"NaN"]"#),
    ])
    func numbersAreWrittenAsTheAPIWritesThem(expression: String, result: String) {
        let answer = run(#"{"expr":""# + expression + #"","time":1.5}"#).first ?? ""
        #expect(answer.contains(result), "\(answer)")
    }

    @Test func nothingThatATerminalObeysStaysRaw() {
        let answer = run(#"{"expr":"\"\u009b2J\u202e\u001b\"","time":0}"#).first ?? ""
        #expect(answer.contains(#""\u009b2J\u202e\u001b""#), "\(answer)")
    }

    @Test(
        arguments: [
            ("now", 5_000), ("now-1m30s", -85_000), ("now+1s", 6_000), ("1.5", 1_500),
            ("1970-01-01T00:00:02Z", 2_000), ("-1", -1_000), ("now-", nil), ("5m", nil), ("x", nil),
            ("1e300", nil), ("nan", nil),
        ] as [(String, Int64?)])
    func momentsAreRead(text: String, time: Int64?) {
        #expect(EvalTime.moment(text, now: 5_000) == time)
    }

    @Test(
        arguments: [
            ("15s", 15_000), ("1m30s", 90_000), ("0.5", 500), ("0", nil), ("-1", nil), ("s", nil),
            ("1h30", nil),
        ] as [(String, Int64?)])
    func stepsAreRead(text: String, step: Int64?) {
        #expect(EvalTime.step(text) == step)
    }

    @Test(arguments: [
        (1.0, "1.00000"), (123456.789, "123457"), (1e9, "1.0000e+09"), (-1.23456e-7, "-1.2346e-07"),
        (0, "0"), (.nan, "NaN"), (0.00123456789, "0.00123"),
    ])
    func shortNumbersFitAColumn(value: Double, text: String) {
        #expect(EvalCommand.shortNumber(value) == text)
        #expect(EvalCommand.shortNumber(value).utf8.count <= 12)
    }

    @Test(
        arguments: [
            (#"absent(x{a="1",b!="2"})"#, ["a": "1"]), (#"absent(x{a!="2",a="1"})"#, [:]),
            (#"absent(x{a="1",a="1"})"#, [:]), (#"absent(x{a=~"1|2",a="1"})"#, ["a": "1"]),
            (#"absent_over_time(x{a!~"2.*",a="1",b="3"}[1m])"#, ["b": "3"]),
        ] as [(String, [String: String])])
    func absenceIsNamedByItsMatchers(expression: String, labels: [String: String]) throws {
        let answer = try engine.instant(expression, at: 60_000)
        #expect(
            answer.value == .vector([VectorSample(labels: Labels(labels), t: 60_000, v: 1)]))
    }

    @Test func aNoteIsGivenOnceWithTheLastPosition() throws {
        let answer = try engine.instant("rate(up[1m]) + rate(up[1m])", at: 60_000)
        #expect(answer.infos.count == 1 && answer.infos[0].hasSuffix("(1:21)"), "\(answer.infos)")
        let subquery = try engine.instant("rate(up[1m:15s])", at: 60_000)
        #expect(subquery.infos.count == 1 && subquery.infos[0].hasSuffix("(1:1)"))
    }

    @Test func anEngineOfTextAnswersExpressions() throws {
        struct Echo: QueryEngine {
            func instant(_ expression: String, at t: Int64) throws(QueryError) -> QueryAnswer {
                QueryAnswer(value: .string(t: t, expression))
            }
            func range(
                _ expression: String, start: Int64, end: Int64, step: Int64
            ) throws(QueryError) -> QueryAnswer {
                QueryAnswer(value: .string(t: start, expression))
            }
        }
        let expression = try Expression.parse("sum(up)by(job)/3")
        let answer = try Echo().instant(expression, at: 1)
        #expect(answer.value == .string(t: 1, "sum by (job) (up) / 3"))
    }

    @Test func namesTheMetricsItReads() throws {
        let expression = try Expression.parse(
            "sum(rate(b[5m])) / on () a{x=\"1\"} > max_over_time(b[1h:]) or {__name__=~\"c.*\"}")
        #expect(expression.metricNames == ["a", "b"])
        #expect(expression.selectors.count == 4)
    }

    @Test func limitsHold() throws {
        #expect(throws: QueryError.self) {
            try engine.range("up", start: 0, end: 1_000_000_000, step: 1)
        }
        #expect(throws: QueryError.self) { try engine.range("up", start: 0, end: 1, step: 0) }
        #expect(throws: QueryError.self) {
            try engine.range("up[5m]", start: 0, end: 1, step: 1)
        }
        let small = EngineOptions(sampleLimit: 3)
        let store = SeriesStore(retention: .seconds(1e6))
        for t in 0..<10 { store.append(Labels(["__name__": "m"]), t: Int64(t), v: 1) }
        let limited = EmbeddedEngine(snapshot: store.snapshot(), options: small)
        do throws(QueryError) {
            _ = try limited.instant("sum_over_time(m[5m])", at: 10)
            Issue.record("no limit")
        } catch {
            #expect(error.kind == .limit)
        }
    }

    @Test func aQueryStopsWhenItsTimeIsOver() throws {
        let store = SeriesStore(retention: .seconds(1e6))
        for t in 0..<2000 { store.append(Labels(["__name__": "m"]), t: Int64(t) * 1000, v: 1) }
        let hurried = EmbeddedEngine(
            snapshot: store.snapshot(), options: EngineOptions(timeLimit: .zero))
        do throws(QueryError) {
            _ = try hurried.range(
                "stddev_over_time(m[30m])", start: 0, end: 10_000_000, step: 1000)
            Issue.record("no limit")
        } catch {
            #expect(error.message == "query timed out in expression evaluation")
        }
    }

    @Test func deepExpressionsAreRefusedNotFatal() throws {
        let nested = String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000)
        #expect(throws: QueryError.self) { try engine.instant(nested, at: 0) }
        let chain = "up" + String(repeating: " + up", count: 5000)
        #expect(throws: QueryError.self) { try engine.instant(chain, at: 0) }
        let allowed =
            String(repeating: "abs(", count: 60) + "up" + String(repeating: ")", count: 60)
        #expect(try engine.instant(allowed, at: 0).statistics.seriesTouched == 2)
        let minus = String(repeating: "-", count: 5000) + "up"
        #expect(throws: QueryError.self) { try engine.instant(minus, at: 0) }
    }
}
