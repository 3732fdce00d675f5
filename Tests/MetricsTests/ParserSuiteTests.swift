import Testing

@testable import Metrics

@Suite struct ParserSuiteTests {
    private struct Case: Decodable {
        struct Problem: Decodable, Hashable {
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

    /// Nil when all is as in the reference.
    private func difference(_ one: Case) -> String? {
        let bytes = Suites.bytes(ofText: one.expr)
        var parser = Parser(bytes)
        switch parser.parse() {
        case .success(let expression):
            if !one.ok { return "accepted" }
            if expression.type.rawValue != one.type { return "is a \(expression.type.rawValue)" }
            return expression.description == one.string ? nil : "printed \(expression)"
        case .failure(let errors):
            let isOneLine = !bytes.isEmpty && !bytes.contains(0x0A)
            let found = errors.list.map {
                Case.Problem(
                    start: $0.range.start, end: $0.range.end,
                    full: isOneLine
                        ? "1:\($0.range.start + 1): parse error: \($0.message)"
                        : $0.queryError(in: bytes).message)
            }
            if let first = errors.list.first, first.queryError(in: bytes).message != found[0].full {
                return "shown as \(first.queryError(in: bytes))"
            }
            guard found != one.errors else { return nil }
            let place = zip(found, one.errors ?? []).first { $0 != $1 }
            return "\(found.count) errors, reference \(one.errors?.count ?? 0), "
                + "first difference \(place.map { "\($0.0) \($0.1)" } ?? "missing ones")"
        }
    }

    @Test func expressionsParseAsInTheReference() throws {
        guard let cases = try Suites.decode([Case].self, "promql/parse_expressions.json") else {
            return
        }
        var alike = 0
        for one in cases {
            if let difference = difference(one) {
                Issue.record("\(one.expr.prefix(80)): \(difference)")
            } else {
                alike += 1
            }
        }
        let bad = cases.count { !$0.ok }
        print("PromQL expressions: \(alike) of \(cases.count), \(bad) of them with their errors")
    }

    private struct RoundTrip: Decodable {
        var input: String
        var string: String
        var pretty: String
        var type: String
    }

    @Test func expressionsPrintCanonicallyAndPrettily() throws {
        guard let cases = try Suites.decode([RoundTrip].self, "promql/roundtrip.json") else {
            return
        }
        var alike = 0
        for one in cases {
            let expression = try Expression.parse(one.input)
            #expect(expression.description == one.string)
            #expect(expression.type.rawValue == one.type)
            #expect(expression.pretty == one.pretty)
            #expect(try Expression.parse(expression.description).description == one.string)
            #expect(try Expression.parse(expression.pretty).description == one.string)
            if expression.description == one.string, expression.pretty == one.pretty { alike += 1 }
        }
        print("PromQL printing, in one line and pretty: \(alike) of \(cases.count)")
    }
}
