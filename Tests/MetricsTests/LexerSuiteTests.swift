import Testing

@testable import Metrics

@Suite struct LexerSuiteTests {
    private struct Case: Decodable {
        struct Item: Decodable, Equatable {
            var pos: Int
            var type: String
            var val: String
        }

        var input: String
        var fail: Bool
        var items: [Item]
        var seriesDescription: Bool

        private enum CodingKeys: String, CodingKey {
            case input, fail, items
            case seriesDescription = "series_desc"
        }
    }

    /// The tokens before an error, and the error's text.
    private func read(_ text: String) -> (tokens: [Case.Item], error: String?) {
        var lexer = Lexer(Array(text.utf8))
        var tokens: [Case.Item] = []
        do throws(ParseError) {
            while true {
                let token = try lexer.next()
                tokens.append(
                    Case.Item(
                        pos: token.position, type: name(token), val: token.text.string))
                if token.kind == .endOfInput { return (tokens, nil) }
            }
        } catch {
            return (tokens, error.message)
        }
    }

    private func name(_ token: Token) -> String {
        switch token.kind {
        case .endOfInput: "EOF"
        case .identifier: "IDENTIFIER"
        case .metricIdentifier: "METRIC_IDENTIFIER"
        case .number: "NUMBER"
        case .duration: "DURATION"
        case .string: "STRING"
        default: token.text.string.lowercased()
        }
    }

    @Test func tokensAreThoseOfTheReference() throws {
        guard let cases = try Suites.decode([Case].self, "promql/lex.json") else { return }
        var alike = 0
        var compared = 0
        for one in cases where !one.seriesDescription {
            // Templates of test scripts; string contents are checked when the literal is decoded;
            // comments are no tokens here.
            if one.input.contains("{{") && !one.fail { continue }
            compared += 1
            let (tokens, error) = read(one.input)
            let failure = one.items.first { $0.type == "ERROR" }?.val
            let wanted = one.items.prefix { $0.type != "ERROR" }.filter { $0.type != "COMMENT" }
            if tokens == Array(wanted), error == failure {
                alike += 1
            } else {
                print("  \(one.input.debugDescription): \(error ?? ""), reference \(failure ?? "")")
            }
        }
        print("PromQL tokens: \(alike) of \(compared) inputs alike")
        #expect(alike >= 145)
    }

    /// Damaged expressions are errors, never traps; the seed is fixed so that a failure repeats.
    @Test func anyTextIsAnsweredOrRefused() throws {
        let samples = [
            #"sum by (a) (rate(b{c=~"d|e", f!="g"}[5m:1m] offset 1w @ 12.5)) > bool 0x1F ^ -2"#,
            #"label_replace(up, "a", "$1", "b", "(.*)") or on () topk(3, x) unless {__name__=`y`}"#,
            #"histogram_quantile(0.9, sum by (le) (increase(h_bucket[1h30m]))) * 1e-9 % Inf"#,
        ]
        let store = SeriesStore(retention: .seconds(1e6))
        store.append(Labels(["__name__": "up", "b": "x"]), t: 0, v: 1)
        let engine = EmbeddedEngine(snapshot: store.snapshot())
        let alphabet = Array(#"()[]{}"'`\,:=~!@^+-*/%<>.0159emsdhwyxINf_ #aé"#.utf8)
        var state: UInt64 = 7
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var answered = 0
        for round in 0..<3000 {
            var bytes = Array(samples[round % samples.count].utf8)
            for _ in 0..<(1 + random(3)) {
                let place = random(bytes.count)
                switch random(3) {
                case 0: bytes[place] = alphabet[random(alphabet.count)]
                case 1: bytes.remove(at: place)
                default: bytes.insert(alphabet[random(alphabet.count)], at: place)
                }
            }
            guard let expression = try? Expression.parse(bytes: bytes) else { continue }
            if (try? engine.instant(expression, at: 0)) != nil { answered += 1 }
            let printed = expression.description
            #expect((try? Expression.parse(printed))?.description == printed)
        }
        #expect(answered > 0)
    }
}
