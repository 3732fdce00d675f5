import Testing

@testable import Metrics

/// The quick way through a line and the long one say the same, and both end.
@Suite struct ExpositionScannerTests {
    /// A seeded source of choices, so that a failure repeats.
    private struct Chance {
        var state: UInt64

        mutating func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
    }

    private static let seeds = [
        #"up 1"#, #"go_gc_duration_seconds{quantile="0.25"} 6.004e-05"#,
        #"http_requests_total{method="post",code="200",path="/a/b?c=d{e}"} 1027 1395066363000"#,
        #"node_filesystem_size_bytes{device="/dev/vg-root",fstype="ext4",mountpoint="/"} 1"#,
        #"job:requests:rate5m{job="a"} -0.5"#, #"a{} 1"#, #"a{b="c",} NaN"#,
        #"a{b="é",c="日本"} +Inf"#,
        #"a{b="\\n\"",c=""} 1e400"#, #"a { b = "c" } 1 "#, #"{"a.b","c d"="e"} 1"#,
        #"a{b="c"} 1 # {trace="x"} 2 3.5"#,
        #"x{y="#
            + #""012345678901234567890123456789012345678901234567890123456789abcdef"} 12345678"#,
    ].map { Array($0.utf8) }

    private static let pieces = Array(#"{}",=\ :#aZ_09.eE+-é"#.utf8) + [0x09, 0x0A, 0xC3, 0xFF, 0]

    private func mutated(_ chance: inout Chance) -> [UInt8] {
        var line = Self.seeds[chance.below(Self.seeds.count)]
        for _ in 0..<chance.below(4) {
            let position = chance.below(line.count)
            let byte = Self.pieces[chance.below(Self.pieces.count)]
            switch chance.below(3) {
            case 0: line[position] = byte
            case 1: line.insert(byte, at: position)
            default: line.remove(at: position)
            }
            if line.isEmpty { line = [0x61] }
        }
        return line
    }

    /// What a reader says of a dump, without places.
    private func events(_ bytes: [UInt8], _ format: ExpositionFormat) -> [String] {
        var parser = ExpositionParser(bytes, format: format)
        var found: [String] = []
        while let event = parser.next() {
            switch event {
            // The end of the dump is not the end of a line, so reasons differ.
            case .skipped(let line): found.append("line \(line.line) skipped")
            case .sample(let sample): found.append(text(of: sample, &parser))
            default: found.append("\(event)")
            }
        }
        return found
    }

    private func text(of sample: RawSample, _ parser: inout ExpositionParser) -> String {
        let exemplar = parser.exemplar(of: sample).map { "\($0)" } ?? ""
        return "\(parser.labels(of: sample).entries) \(sample.value.bitPattern) "
            + "\(String(describing: sample.timestamp)) \(exemplar)"
    }

    /// A line without a line end takes the long way; with one behind it, the quick way may be
    /// taken.
    @Test(arguments: [ExpositionFormat.text, .openMetrics])
    func theQuickWayAgreesWithTheLongOne(format: ExpositionFormat) {
        var chance = Chance(state: 7)
        let ends = Array("\n".utf8)
        for _ in 0..<6_000 {
            // Blocks of 64 bytes begin somewhere in the line.
            let lead = Array("a{b=\"\(String(repeating: "x", count: chance.below(70)))\"} 1\n".utf8)
            let line = mutated(&chance)
            // An empty line is an error of its own in OpenMetrics.
            if line.last == 0x0A { continue }
            let quick = events(lead + line + ends, format)
            let long = events(lead + line, format)
            #expect(quick == long, "\(String(decoding: line, as: UTF8.self).debugDescription)")
        }
    }

    @Test func numbersAreTheNearestDoubles() throws {
        var chance = Chance(state: 11)
        for round in 0..<5_000 {
            var text = chance.below(4) == 0 ? "-" : ""
            for _ in 0...chance.below(18) { text += "\(chance.below(10))" }
            if chance.below(2) == 0 {
                text += "."
                for _ in 0..<chance.below(18) { text += "\(chance.below(10))" }
            }
            if chance.below(3) == 0 { text += "e\(chance.below(60) - 30)" }
            let summary = ExpositionParser.summary(of: Array("a \(text)\n".utf8), format: .text)
            let wanted = try #require(Double(text))
            #expect(summary.bits == wanted.bitPattern, "round \(round): \(text)")
        }
    }

    @Test func hostileLinesEnd() {
        let size = 1 << 14
        let patterns = [
            "\"", "\\", ",", "{", "}", "=", "a", " ", "\t", "#", "é", "\u{0}", "a{", "a{b=\"",
            "\"\\",
            "a{b=\"c\",", "a{n=\",n=\",n=\",n=", "a{n=\",n=\",n=\",n=\n", "a{b=\"\n", "# HELP \"\n",
            "a 1e", "a 00000000000000000000", "\n", "# TYPE a counter\n", "a{b=\"\\\n",
        ]
        for pattern in patterns {
            let unit = Array(pattern.utf8)
            let body = (0..<(size / unit.count)).flatMap { _ in unit }
            for (head, tail) in [("", ""), ("a{b=\"", "\"} 1\n"), ("a ", "\n"), ("# ", "\n")] {
                let bytes = Array(head.utf8) + body + Array(tail.utf8)
                let summary = ExpositionParser.summary(of: bytes, format: .text)
                #expect(summary.samples + summary.skipped <= bytes.count)
            }
        }
    }

    @Test func longValuesAreReadWhole() {
        for length in [0, 1, 63, 64, 65, 127, 4096, 8191, 8192, 8193, 20_000] {
            let value = String(repeating: "v", count: length)
            let text = "a{x=\"1\",b=\"\(value)\"} 5\nb 6\n"
            var parser = ExpositionParser(Array(text.utf8), format: .text)
            guard case .sample(let sample) = parser.next() else {
                Issue.record("no sample with \(length) bytes")
                continue
            }
            #expect(parser.labels(of: sample)["b"] ?? "" == value)
            #expect(sample.value == 5)
            guard case .sample(let next) = parser.next() else {
                Issue.record("no second sample behind \(length) bytes")
                continue
            }
            #expect(next.value == 6 && parser.lineNumber(of: next) == 2)
        }
    }

    /// Label sets that are written in one go are the same as those that are not.
    @Test func plainLabelsAreTheLabels() {
        let lines = [
            ("z{b=\"2\",a=\"1\"} 1", #"z{a="1", b="2", i="x", j="y"}"#),
            ("z{b=\"2\",a=\"\"} 1", #"z{b="2", i="x", j="y"}"#),
            ("z{i=\"2\"} 1", #"z{i="2", j="y"}"#),
            ("z{i=\"\"} 1", #"z{i="x", j="y"}"#),
            ("z{a=\"1\",a=\"2\"} 1", #"z{a="2", i="x", j="y"}"#),
            ("z 1", #"z{i="x", j="y"}"#),
            ("{\"a b\",c=\"\\n\"} 1", #"{"a b", c="\n", i="x", j="y"}"#),
        ]
        for (line, labels) in lines {
            let store = SeriesStore(retention: .seconds(60))
            _ = DumpIngestor().ingest(
                Array(line.utf8), readAt: 1000, extraLabels: ["i": "x", "j": "y", "k": ""],
                into: store)
            #expect(store.snapshot().all.map(\.labels.description) == [labels], "\(line)")
        }
        let many = (0..<60).map { "l\($0)=\"\($0)\"" }.joined(separator: ",")
        var parser = ExpositionParser(Array("m{\(many)} 1\n".utf8))
        guard case .sample(let sample) = parser.next() else { return #expect(Bool(false)) }
        #expect(parser.labels(of: sample).count == 61)
        #expect(parser.labels(of: sample)["l59"] == "59")
    }

    @Test func exemplarsKeepTheirSeries() throws {
        let text = """
            # TYPE h histogram
            h_bucket{le="1"} 3 # {trace_id="abc"} 0.5 1700000000.5
            h_bucket{le="+Inf"} 4
            # EOF

            """
        let report = DumpIngestor().ingest(
            Array(text.utf8), readAt: 1_800_000_000_000, extraLabels: ["job": "x"],
            into: SeriesStore(retention: .seconds(60)))
        #expect(report.exemplarCount == 1)
        let exemplar = try #require(report.exemplars.first)
        #expect(exemplar.series.description == #"h_bucket{job="x", le="1.0"}"#)
        #expect(exemplar.labels.description == #"{trace_id="abc"}"#)
        #expect(exemplar.value == 0.5 && exemplar.timestamp == 1_700_000_000_500)
    }

    @Test func hashesTellTextsApart() {
        let hasher = TextHasher()
        var seen = Set<TextHash>()
        var texts = 0
        for length in 0...80 {
            for position in 0..<max(1, length) {
                var text = [UInt8](repeating: 0x61, count: length)
                if position < length { text[position] = 0x62 }
                let hash = text.withUnsafeBufferPointer { buffer -> TextHash in
                    guard let base = buffer.baseAddress else {
                        return withUnsafePointer(to: 0 as UInt8) {
                            hasher.hash($0, count: 0, variant: 0)
                        }
                    }
                    return hasher.hash(base, count: length, variant: 0)
                }
                seen.insert(hash)
                texts += 1
            }
        }
        #expect(seen.count == texts)
    }
}
