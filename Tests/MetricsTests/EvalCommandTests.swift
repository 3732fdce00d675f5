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
            #"{"status":"success","data":{"resultType":"scalar","result":[1.500,"3e-07"]}}"#
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

    @Test(arguments: ["", "{}", "[]", #"{"expr":"up","start":0}"#, #"{"expr":1}"#])
    func aBadLineIsAnErrorOfItsOwn(line: String) {
        let answers = run(line + "\n" + #"{"expr":"1","time":0}"#)
        #expect(answers.last?.contains("success") == true)
        #expect(answers.count == (line.isEmpty ? 1 : 2))
        if !line.isEmpty {
            #expect(answers.first?.contains(#""errorType":"bad_data""#) == true)
        }
    }

    @Test func tablesAlign() throws {
        let answer = try engine.instant(#"up{job!="x"} > bool 3"#, at: 60_000)
        #expect(
            EvalCommand.answerTable(answer)
                == "{job=\"a\\\"b\"}  1\n{job=\"é\"}     1")
        let none = try engine.instant("nothing", at: 0)
        #expect(EvalCommand.answerTable(none) == "no series")
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
