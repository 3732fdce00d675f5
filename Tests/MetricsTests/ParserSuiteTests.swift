import Metrics
import Testing

@Suite struct ParserSuiteTests {
    private struct Case: Decodable {
        struct Problem: Decodable {
            var start: Int
            var end: Int
            var full: String
        }
        var expr: String
        var ok: Bool
        var string: String?
        var type: String?
        var errors: [Problem]?
    }

    private struct Tally {
        var accepted = 0
        var rejected = 0
        var sameText = 0
        var wrong: [String] = []

        mutating func check(_ one: Case) {
            do throws(QueryError) {
                let expression = try Expression.parse(one.expr)
                if !one.ok {
                    wrong.append("accepted: \(one.expr)")
                } else if expression.type.rawValue != one.type {
                    wrong.append("type of \(one.expr): \(expression.type.rawValue)")
                } else if expression.description != one.string {
                    wrong.append("printed \(expression.description), not \(one.string ?? "")")
                } else {
                    accepted += 1
                }
            } catch {
                guard !one.ok else {
                    wrong.append("rejected \(one.expr): \(error.message)")
                    return
                }
                rejected += 1
                if error.message == one.errors?.first?.full { sameText += 1 }
            }
        }
    }

    @Test func expressionsParseAsInTheReference() throws {
        guard let cases = try Suites.decode([Case].self, "promql/parse_expressions.json") else {
            return
        }
        var tally = Tally()
        for one in cases { tally.check(one) }
        print(
            "PromQL expressions: \(tally.accepted) accepted and printed alike, "
                + "\(tally.rejected) rejected, \(tally.sameText) of them with the same text")
        // The reference takes `offset +(5)` by an accident of its grammar while it refuses
        // `offset (5)`; here both wait for duration expressions.
        let unexpected = tally.wrong.filter { !$0.hasPrefix("rejected foo offset") }
        #expect(unexpected == [])
        #expect(tally.accepted >= 176)
        #expect(tally.rejected == 178)
        #expect(tally.sameText >= 166)
    }

    private struct RoundTrip: Decodable {
        var input: String
        var string: String
        var type: String
    }

    @Test func expressionsPrintCanonically() throws {
        guard let cases = try Suites.decode([RoundTrip].self, "promql/roundtrip.json") else {
            return
        }
        var alike = 0
        for one in cases {
            do throws(QueryError) {
                let expression = try Expression.parse(one.input)
                let printed = expression.description
                if printed == one.string, expression.type.rawValue == one.type {
                    alike += 1
                } else {
                    print("  \(one.input) printed \(printed), expected \(one.string)")
                }
                #expect(try Expression.parse(printed).description == printed)
            } catch {
                print("  \(one.input): \(error.message)")
            }
        }
        print("PromQL printing: \(alike) of \(cases.count) alike")
        #expect(alike >= 1184)
    }
}
