import Basics
import Documents
import Testing

@Suite struct YAMLReaderTests {
    @Test func readsWithPositions() throws {
        let root = try YAMLReader.parse("a: 1\nb:\n  - x\n  - \"2\"\nc: {d: ~}\n", file: "f.yaml")
        #expect(root["a"]?.kind == .scalar("1", quoted: false))
        #expect(root["a"]?.position == "f.yaml:1:4")
        #expect(root["b"]?.items?[1].kind == .scalar("2", quoted: true))
        #expect(root["b"]?.items?[1].position == "f.yaml:4:5")
        #expect(root["c"]?["d"]?.isNull == true)
        #expect(root["missing"] == nil)
    }

    @Test func emptyTextIsAnEmptyMapping() throws {
        #expect(try YAMLReader.parse("", file: "f").entries == [])
        #expect(try YAMLReader.parse("# only a comment\n", file: "f").entries == [])
    }

    @Test func resolvesAnchors() throws {
        let root = try YAMLReader.parse("a: &x [1, 2]\nb: *x\n", file: "f")
        #expect(root["b"]?.items?.count == 2)
    }

    /// Text, and what the failure must name.
    static let refused: [(text: String, subject: String, why: String)] = [
        ("a: 1\na: 2\n", "f.yaml:1:1", "\"a\" is given twice"),
        ("1: x\n\"1\": y\n", "f.yaml:1:1", "\"1\" is given twice"),
        ("a: [1, 2\nb: 3", "f.yaml:2", ""), ("a: b: c", "f.yaml:1:5", "mapping values"),
        ("a: *x\n", "f.yaml:1:4", "undefined alias"), ("? [1]\n: 2\n", "f.yaml:1:3", "a key"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2", "another document"), ("a: \u{1}", "f.yaml:1", ""),
        (String(repeating: "[", count: 100_000), "f.yaml", "nested"), ("\tb: 1", "f.yaml:1:1", ""),
        (String(repeating: "a:\n ", count: 1), "", ""),
    ]

    @Test(arguments: refused.dropLast())
    func refuses(_ text: String, _ subject: String, _ why: String) {
        let failure = #expect(throws: Failure.self) {
            try YAMLReader.parse(text, file: "f.yaml")
        }
        #expect(failure?.subject.hasPrefix(subject) == true, "\(failure?.subject ?? "")")
        #expect(failure?.why.contains(why) == true || why.isEmpty, "\(failure?.why ?? "")")
    }

    @Test func refusesAliasesThatMultiply() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<8 {
            let items = [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        #expect(throws: Failure.self) { try YAMLReader.parse(text, file: "f") }
    }

    @Test func refusesDeepBlocks() {
        var text = ""
        for depth in 0..<80 { text += String(repeating: " ", count: depth) + "a:\n" }
        #expect(throws: Failure.self) { try YAMLReader.parse(text, file: "f") }
    }
}

@Suite struct MappingReaderTests {
    private func reader(_ text: String) throws -> MappingReader {
        MappingReader(try YAMLReader.parse(text, file: "f.yaml"), in: YAMLDecoderContext())
    }

    @Test func readsValues() throws {
        let reader = try reader(
            """
            s: text
            i: 42
            d: 2.5
            b: true
            t: 1h30m
            r: 31%
            l: [a, b]
            one: single
            m: {x: 1}
            n: {checkout: {tier: backend}, cart: {}}
            """)
        #expect(reader.string("s") == "text")
        #expect(reader.int("i") == 42)
        #expect(reader.double("d") == 2.5)
        #expect(reader.bool("b") == true)
        #expect(reader.duration("t") == .seconds(5400))
        #expect(reader.ratio("r") == 0.31)
        #expect(reader.strings("l") == ["a", "b"])
        #expect(reader.strings("one") == ["single"])
        #expect(reader.mapping("m")?.int("x") == 1)
        #expect(reader.namedMappings("n").map(\.name) == ["checkout", "cart"])
        #expect(reader.namedMappings("n").first?.reader.string("tier") == "backend")
        #expect(reader.string("absent") == nil)
        reader.finish()
        #expect(reader.context.problems.isEmpty)
        #expect(reader.context.failure("x", "y") == nil)
    }

    /// Text, the reading, and the whole problem.
    static let problems:
        [(text: String, read: @Sendable (MappingReader) -> Void, problem: String)] = [
            ("i: x", { _ = $0.int("i") }, "f.yaml:1:4: i is \"x\"; expected a whole number"),
            (
                "i: \"5\"", { _ = $0.int("i") },
                "f.yaml:1:4: i is \"5\" in quotes; expected a whole number"
            ),
            ("b: yes", { _ = $0.bool("b") }, "f.yaml:1:4: b is \"yes\"; expected true or false"),
            ("d: nan", { _ = $0.double("d") }, "f.yaml:1:4: d is \"nan\"; expected a number"),
            (
                "t: 5", { _ = $0.duration("t") },
                "f.yaml:1:4: t is \"5\"; expected a duration such as 15s, 5m or 1h30m"
            ),
            ("s: [1]", { _ = $0.string("s") }, "f.yaml:1:4: s is a list; expected a text"),
            (
                "a: 1",
                {
                    _ = $0.requiredString("name"); _ = $0.string("a")
                },
                "f.yaml:1:1: name is missing; expected a value for name"
            ),
            (
                "name:", { _ = $0.requiredString("name") },
                "f.yaml:1:6: name is missing; expected a value for name"
            ),
            (
                "promlq: x",
                {
                    _ = $0.string("promql"); _ = $0.string("unit")
                },
                "f.yaml:1:1: unknown key \"promlq\"; expected one of promql, unit. "
                    + "Did you mean promql?"
            ),
            (
                "k: drak", { _ = $0.choice("k", of: ["dark", "light"]) },
                "f.yaml:1:4: k is \"drak\"; expected one of dark, light. Did you mean dark?"
            ),
            (
                "m: 1", { _ = $0.mapping("m") },
                "f.yaml:1:4: a text stands here; expected m with keys"
            ),
            (
                "l: {a: 1}", { _ = $0.strings("l") },
                "f.yaml:1:4: l is a mapping; expected a list of texts"
            ),
            (
                "l: [[1]]", { _ = $0.strings("l") },
                "f.yaml:1:5: an item of l is a list; expected a text"
            ),
        ]

    @Test(arguments: problems.indices)
    func reports(_ index: Int) throws {
        let (text, read, problem) = Self.problems[index]
        let reader = try reader(text)
        read(reader)
        reader.finish()
        #expect(reader.context.problems.map(\.description) == [problem])
    }

    @Test func collectsEveryProblemInOneFailure() throws {
        let reader = try reader("a: x\nb: y\nzz: 1\n")
        _ = reader.int("a")
        _ = reader.bool("b")
        reader.finish()
        #expect(reader.context.problems.count == 3)
        let failure = try #require(reader.context.failure("config.invalid", "Not usable"))
        #expect(failure.why == "3 problems")
        #expect(failure.description.contains("f.yaml:2:4"))
    }

    @Test(arguments: [
        ("15s", Duration.seconds(15)), ("5m", .seconds(300)), ("500ms", .milliseconds(500)),
        ("1h30m", .seconds(5400)), ("30d", .seconds(2_592_000)), ("0s", .zero),
    ])
    func durations(_ text: String, _ duration: Duration) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test(arguments: [
        "", "5", "m", "5x", "5s5m", "1m1m", "-5s", " 5s", "5 s", "٥s", "99999999999999999999s",
    ])
    func refusesDurations(_ text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test func refusesWhatIsNoFile() {
        #expect(throws: Failure.self) { try TextFile.read("/") }
        #expect(throws: Failure.self) { try TextFile.read("/nonexistent") }
        #expect(throws: Failure.self) { try TextFile.read("/dev/null") }
    }
}
