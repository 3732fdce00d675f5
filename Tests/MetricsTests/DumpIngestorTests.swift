import Metrics
import Testing

@Suite struct DumpIngestorTests {
    private let store = SeriesStore(retention: .seconds(3600))
    private let ingestor = DumpIngestor()

    private func ingest(_ text: String, at time: Int64) -> IngestReport {
        ingestor.ingest(
            Array(text.utf8), readAt: time, extraLabels: ["job": "checkout"], into: store)
    }

    private func value(_ expression: String, at t: Int64) throws -> [VectorSample] {
        let answer = try EmbeddedEngine(snapshot: store.snapshot()).instant(expression, at: t)
        guard case .vector(let samples) = answer.value else { return [] }
        return samples
    }

    @Test func takesTheReadTimeAndAddsLabels() throws {
        let report = ingest("# TYPE a counter\na{x=\"1\"} 5\nb{job=\"own\"} 6", at: 10_000)
        #expect(report.samples == 2 && report.series == 2 && report.skippedCount == 0)
        #expect(!report.hasOwnTimestamps)
        #expect(report.newestTimestamp == 10_000)
        #expect(
            store.snapshot().all.map(\.labels.description)
                == [#"a{job="checkout", x="1"}"#, #"b{job="own"}"#])
    }

    @Test func endsWhatVanished() throws {
        _ = ingest("a 1\nb 2\n", at: 10_000)
        let second = ingest("a 1\n", at: 20_000)
        #expect(second.vanished == 1 && second.samples == 1)
        #expect(try value("b", at: 19_999).count == 1)
        #expect(try value("b", at: 20_000).isEmpty)
        #expect(try value("a", at: 20_000).count == 1)
        // It comes back, and is not ended twice.
        let third = ingest("a 1\nb 3\n", at: 30_000)
        #expect(third.vanished == 0 && third.series == 2)
        #expect(try value("b", at: 30_000).first?.v == 3)
        #expect(ingest("a 1\nb 3\n", at: 40_000).vanished == 0)
        #expect(ingestor.sourceVanished(at: 50_000, in: store) == 2)
        #expect(try value("a", at: 50_000).isEmpty)
    }

    @Test func seriesWithOwnTimesGetNoMarker() throws {
        let report = ingest("a 1 9000\nb 2 8000\n", at: 10_000)
        #expect(report.hasOwnTimestamps)
        #expect(report.newestTimestamp == 9000)
        #expect(ingest("a 1 9000\n", at: 20_000).vanished == 0)
        #expect(ingest("a 1 9000\n", at: 30_000).duplicates == 1)
    }

    @Test func skipsBadLinesAndSaysWhich() {
        let text = "a 1\nb{ 2\nc\n\n# TYPE d counter\nd 1 2 3\ne{x=\"y} 1\nf 1e999\ng 7\n"
        let report = ingest(text, at: 10_000)
        #expect(report.samples == 2)
        #expect(report.skipped.map(\.line) == [2, 3, 6, 7, 8])
        #expect(report.skippedCount == 5)
        #expect(report.skipped.allSatisfy { !$0.reason.isEmpty })
    }

    @Test func listsFewSkippedLinesButCountsAll() {
        let report = ingest(String(repeating: "bad\n", count: 1000), at: 10_000)
        #expect(report.skippedCount == 1000)
        #expect(report.skipped.count == DumpIngestor.skippedLinesListedMax)
    }

    @Test func refusesSamplesFromTheFuture() {
        let report = ingest("a 1\na2 1 4102444800000\n", at: 10_000)
        #expect(report.samples == 1)
        #expect(report.skipped.map(\.line) == [2])
    }

    @Test func answersSayHowOldTheyAre() throws {
        _ = ingest("a 1\n", at: 10_000)
        _ = ingest("a 1\n", at: 25_000)
        let engine = EmbeddedEngine(snapshot: store.snapshot())
        #expect(try engine.instant("rate(a[1m])", at: 60_000).statistics.newestSample == 25_000)
        #expect(try engine.instant("a @ 12", at: 60_000).statistics.newestSample == 10_000)
        #expect(try engine.instant("1", at: 60_000).statistics.newestSample == nil)
    }

    @Test func aCutOpenMetricsDumpIsNotUsed() {
        let cut = ingest("# TYPE a unknown\na 1\n", at: 10_000)
        #expect(cut.error != nil && cut.samples == 0)
        #expect(store.statistics.samples == 0)
        let whole = ingest("# TYPE a unknown\na 1 9.5\n# EOF\n", at: 10_000)
        #expect(whole.error == nil && whole.samples == 1)
        #expect(whole.newestTimestamp == 9500)
    }

    @Test func boundsAreCanonicalWhileTheTypeSaysSo() {
        let text = """
            # TYPE h histogram
            h_bucket{le="1"} 1
            h_bucket{le="+Inf"} 1
            # TYPE s summary
            s{quantile="0.50"} 1
            # TYPE g gauge
            g{le="1"} 1
            """
        _ = ingest(text, at: 10_000)
        #expect(store.labelValues("le") == ["+Inf", "1", "1.0"])
        #expect(store.labelValues("quantile") == ["0.5"])
    }

    @Test func knowsSeriesAgainInAnyOrder() {
        var lines = (0..<500).map { "m\($0 % 7){i=\"\($0)\"} \($0)" }
        for round in 1...6 {
            let report = ingest(lines.joined(separator: "\n") + "\n", at: Int64(round) * 1000)
            #expect(report.samples == 500 && report.series == 500 && report.vanished == 0)
            if round == 2 { lines.reverse() }
            if round == 3 { lines = Array(lines[200...] + lines[..<200]) }
            if round == 4 { lines.swapAt(0, 499) }
        }
        #expect(store.statistics.series == 500)
        #expect(ingestor.metricNames == Set((0..<7).map { "m\($0)" }))
    }

    /// More series come and go than are remembered.
    @Test func forgetsWhatIsGoneForLong() {
        for round in 0..<40 {
            let text = (0..<200).map { "a{pod=\"\(round / 2)-\($0)\"} 1\n" }.joined()
            let report = ingest("stays 1\n" + text, at: Int64(round) * 1000 + 1000)
            #expect(report.samples == 201 && report.series == 201)
            #expect(report.vanished == (round > 0 && round % 2 == 0 ? 200 : 0))
        }
        #expect(ingest("stays 1\n", at: 41_000).vanished == 200)
        #expect(ingestor.metricNames == ["stays"])
        #expect(ingestor.namesRemembered == 2)
    }

    @Test func forgetsNamesThatAreGoneForLong() {
        for round in 0..<20 {
            let text = (0..<500).map { "a\(round)_\($0) 1\n" }.joined()
            let report = ingest("stays 1\n" + text, at: Int64(round) * 1000 + 1000)
            #expect(report.samples == 501 && report.vanished == (round > 0 ? 500 : 0))
            #expect(ingestor.metricNames.count == 501)
            #expect(ingestor.metricNames.isSuperset(of: ["stays", "a\(round)_0", "a\(round)_499"]))
            #expect(ingestor.namesRemembered <= 501 + 1500)
        }
    }

    /// Reads are told apart by 16 bits: what ended one turn ago is not taken for seen.
    @Test func whatEndedStaysEnded() {
        #expect(ingest("a 1\nb 1\n", at: 1000).series == 2)
        for round in 0..<65_537 {
            #expect(ingestor.sourceVanished(at: 2000, in: store) == (round == 0 ? 2 : 0))
            if round > 65_530 { #expect(ingestor.metricNames.isEmpty) }
        }
        #expect(ingest("a 1\nb 1\n", at: 3000).series == 2)
    }

    @Test func twoSpellingsAreOneSeries() throws {
        _ = ingest("a{b=\"1\"} 1\n", at: 10_000)
        #expect(ingest("a{ b=\"1\" } 2\n", at: 20_000).vanished == 0)
        #expect(try value("a", at: 20_000).first?.v == 2)
    }

    @Test func severalSamplesOfOneSeriesInOneDump() {
        let text = "a 1 1000\na 2 2000\na 3 3000\nb 1 1000\nb 2 2000\n"
        let first = ingest(text, at: 10_000)
        #expect(first.samples == 5 && first.series == 2)
        let second = ingest(text, at: 11_000)
        #expect(second.samples == 0 && second.refused + second.duplicates == 5)
        #expect(second.refusals.outOfOrder == 3 && second.refusals.text == "3 out of order")
    }

    @Test func saysWhyItRefuses() {
        let small = SeriesStore(retention: .seconds(3600), seriesMax: 2)
        func read(_ text: String, _ time: Int64) -> IngestReport {
            ingestor.ingest(Array(text.utf8), readAt: time, into: small)
        }
        let text = "a 1\nb 1\nc 1\nd 1\n"
        for round in 1...3 {
            let report = read(text, Int64(round) * 10_000_000)
            #expect(report.samples == 2 && report.series == 2)
            #expect(report.refusals.tooManySeries == 2 && report.refused == 2)
        }
        let late = read("a 7\nb 1 1000\n", 30_000_000)
        #expect(late.refusals.conflicting == 1 && late.refusals.tooOld == 1)
        // c and d did not end: they never began.
        #expect(late.vanished == 0)
    }

    @Test func keepsTheMetadataOfTheLastReads() {
        let text = "# TYPE a counter\n# HELP a one\na 1\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\n"
        for round in 1...3 {
            #expect(ingest(text, at: Int64(round) * 1000).samples == 2)
            #expect(ingestor.metadata["a"]?.type == .counter)
            #expect(ingestor.metadata["a"]?.help == "one")
            #expect(ingestor.metadata["h"]?.type == .histogram)
        }
        #expect(store.labelValues("le") == ["1.0"])
        let other = "# TYPE a gauge\na 1\n"
        _ = ingest(other, at: 4000)
        #expect(ingestor.metadata["a"]?.type == .gauge)
        _ = ingest(other, at: 5000)
        #expect(ingestor.metadata["a"]?.help == nil && ingestor.metadata["h"] == nil)
    }

    /// A quoted name may hold line ends: what follows them was no line of its own.
    @Test func linesWithinQuotedNamesStayWithin() {
        let text = "# HELP \"a\n{\"b\nc\",d=\"e\"} 3.14\n# HELP \"f\ng\" h\ni 1"
        for round in 1...3 {
            let report = ingest(text, at: Int64(round) * 1000)
            #expect(report.samples == 1 && report.series == 1 && report.vanished == 0)
            #expect(report.skipped.map(\.line) == [3])
            #expect(ingestor.metadata[ByteText("f\ng")]?.help == "h")
        }
        #expect(ingestor.metricNames == ["i"])
        // The same line, and one more byte; a line end in place of a blank; the line cut short.
        for other in ["# HELP a bc\n", "# HELP a\nb 1\n", "# HELP a", "# HELP a b"] {
            _ = ingest("# HELP a b\n", at: 10_000)
            _ = ingest("# HELP a b\n", at: 11_000)
            let report = ingest(other, at: 12_000)
            #expect(report.skippedCount == 0 && report.samples == (other.contains("1") ? 1 : 0))
            _ = ingest(other, at: 13_000)
            let help = other.hasSuffix("bc\n") ? "bc" : other.hasSuffix(" b") ? "b" : ""
            #expect(ingestor.metadata["a"]?.help == ByteText(help))
        }
    }

    /// What one format takes the other may refuse; nothing stands behind `# EOF`.
    @Test func remembersLinesOfOneFormatOnly() {
        let text = "# TYPE a unknown\na 1\n"
        for time in [1000, 2000] as [Int64] {
            #expect(ingest(text + "# EOF\n", at: time).skippedCount == 0)
        }
        #expect(ingest(text, at: 3000).error != nil)
        let late = ingest("# EOF\n" + text + "# EOF\n", at: 4000)
        #expect(late.skippedCount == 3 && late.samples == 0)
        let plain = "# HELP b c\n# TYPE b untyped\nb{ c=\"d\" } 1\n"
        for time in [5000, 6000] as [Int64] { #expect(ingest(plain, at: time).samples == 1) }
        let other = ingest(plain + "# EOF\n", at: 7000)
        #expect(other.skipped.map(\.line) == [2, 3] && other.vanished == 1)
    }

    /// Larger than what is stored under one lock.
    @Test func largeDumpsAreReadWhole() {
        let count = DumpIngestor.samplesPerWriteMax + 10
        var text: [UInt8] = []
        for index in 0..<count { text += Array("a{i=\"\(index)\"} 1\n".utf8) }
        for round in 1...2 {
            let report = ingestor.ingest(text, readAt: Int64(round) * 1000, into: store)
            #expect(report.samples == count && report.series == count)
        }
        #expect(ingestor.ingest(Array("b 1\n".utf8), readAt: 9000, into: store).vanished == count)
    }

    @Test func prunedSeriesComeBack() {
        _ = ingest("a 1\n", at: 10_000)
        store.prune(now: 10_000_000)
        #expect(store.statistics.series == 0)
        #expect(ingest("a 2\n", at: 10_000_000).samples == 1)
        #expect(store.statistics.series == 1)
    }

    /// Any bytes give a report, never a trap; the seed is fixed so that a failure repeats.
    @Test func survivesDamagedDumps() throws {
        let sample = Array(
            "# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\",x=\"\\n\"} 1 2\n{\"q\"} NaN\n# EOF\n"
                .utf8)
        var state: UInt64 = 42
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for format in ExpositionFormat.allCases {
            let ingestor = DumpIngestor(format: format)
            for round in 0..<300 {
                var bytes = sample
                for _ in 0..<(1 + random(4)) { bytes[random(bytes.count)] = UInt8(random(256)) }
                bytes.removeLast(random(bytes.count))
                let report = ingestor.ingest(bytes, readAt: Int64(round) * 1000, into: store)
                #expect(report.skipped.count <= report.skippedCount)
            }
        }
    }
}
