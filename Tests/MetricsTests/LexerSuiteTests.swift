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
        var items: [Item]
        var seriesDescription: Bool

        private enum CodingKeys: String, CodingKey {
            case input, items
            case seriesDescription = "series_desc"
        }
    }

    private func read(_ one: Case) -> [Case.Item] {
        var lexer = Lexer(Suites.bytes(ofText: one.input), isSeriesNotation: one.seriesDescription)
        var items: [Case.Item] = []
        while true {
            let token = lexer.next()
            items.append(item(token))
            if token.kind == .endOfInput { break }
        }
        // An error that ends the text is the last item of the reference.
        if one.items.last?.type == "ERROR" { items.removeLast() }
        return items
    }

    private func item(_ token: Token) -> Case.Item {
        let text = token.text.string
        let type =
            switch token.kind {
            case .endOfInput: "EOF"
            case .identifier: "IDENTIFIER"
            case .metricIdentifier: "METRIC_IDENTIFIER"
            case .number: "NUMBER"
            case .duration: "DURATION"
            case .string: "STRING"
            case .comment: "COMMENT"
            case .error: "ERROR"
            case .space: "<space>"
            case .descriptor: Self.descriptors[text] ?? text
            default: text.lowercased()
            }
        if case .error(let message) = token.kind {
            return Case.Item(pos: token.position, type: type, val: message)
        }
        return Case.Item(pos: token.position, type: type, val: text)
    }

    /// The suite has the numbers that the words of histograms have in the reference.
    private static let descriptors = [
        "sum": "57370", "count": "57371", "schema": "57372", "buckets": "57375",
    ]

    @Test func tokensAreThoseOfTheReference() throws {
        guard let cases = try Suites.decode([Case].self, "promql/lex.json") else { return }
        var alike = 0
        for one in cases {
            let items = read(one)
            if items == one.items {
                alike += 1
            } else {
                Issue.record("\(one.input.debugDescription): \(items), reference \(one.items)")
            }
        }
        print("PromQL tokens: \(alike) of \(cases.count)")
    }

    @Test(arguments: [
        ("{a!", "unexpected character after '!' inside braces: '\u{FFFD}'", 2),
        ("foo\u{7}", #"unexpected character: '\a'"#, 3),
        ("foo['", #"unexpected character in duration expression: '\''"#, 4),
        ("foo[5m", "unclosed left bracket", 6), ("foo[5m[", "unexpected left bracket '['", 6),
        ("1.5mm", #"bad number or duration syntax: "1.5mm""#, 0),
        ("0x1E", #"bad number or duration syntax: "0x1E""#, 0),
        (#""\777""#, "escape sequence is an invalid Unicode code point", 0),
        (#""\ud800""#, "escape sequence is an invalid Unicode code point", 0),
        (#""\u12"#, "escape sequence not terminated", 0),
        ("a + \"b\nc\"", "unterminated quoted string", 4),
    ])
    func errorsNameThePlace(text: String, message: String, position: Int) {
        var lexer = Lexer(Array(text.utf8))
        while true {
            let token = lexer.next()
            if case .error(let found) = token.kind {
                #expect(found == message)
                #expect(token.position == position)
                return
            }
            if token.kind == .endOfInput { break }
        }
        Issue.record("accepted")
    }

    @Test(arguments: [
        "0xFF", "0xabe", "1_000.5e-3", ".5", "5.", "0b", "1e5.3", "0x", "9e99", "Inf", "nan",
    ])
    func numbersAreWorkedOutLater(text: String) {
        var lexer = Lexer(Array(text.utf8))
        let token = lexer.next()
        let isError = if case .error = token.kind { true } else { false }
        #expect(isError == (text == "0b"))
    }

    /// Damaged expressions are errors, never traps; the seed is fixed so that a failure repeats.
    @Test func anyTextIsAnsweredOrRefused() throws {
        let samples = [
            #"sum by (a) (rate(b{c=~"d|e", f!="g"}[5m:1m] offset 1w @ 12.5)) > bool 0x1F ^ -2"#,
            #"label_replace(up, "a", "$1", "b", "(.*)") or on () topk(3, x) unless {__name__=`y`}"#,
            #"histogram_quantile(0.9, sum by (le) (increase(h_bucket[1h30m]))) * 1e-9 % Inf"#,
            #"foo offset -(5) + bar[max_of(step(), 5s) ^ 2] # note"#,
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
                switch random(4) {
                case 0: bytes[place] = alphabet[random(alphabet.count)]
                case 1: bytes.remove(at: place)
                case 2: bytes[place] = UInt8(random(256))
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
