import FoundationEssentials
import Metrics
import Testing

@Suite struct ExpositionSuiteTests {
    private struct Case: Decodable {
        struct Input: Decodable {
            var bytes: [UInt8]

            private struct Encoded: Decodable {
                var b64: String
            }

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let text = try? container.decode(String.self) {
                    bytes = Array(text.utf8)
                    return
                }
                let encoded = try container.decode(Encoded.self).b64
                bytes = Array(Data(base64Encoded: encoded) ?? Data())
            }
        }

        struct Entry: Decodable {
            var k: String
            var labels: [[Text]]?
            var ts: Int64?
            var value: String?
        }

        /// Text, or bytes that are no text.
        struct Text: Decodable {
            var bytes: [UInt8]
            init(from decoder: any Decoder) throws { bytes = try Input(from: decoder).bytes }
        }

        struct Verdict: Decodable {
            var ok: Bool
            var error: String?
            var entries: [Entry]?
        }

        var set: String
        var name: String
        var input: Input
        var prometheus: Verdict
        var openmetrics: Verdict
    }

    private struct Found: Equatable {
        var labels: Labels
        var timestamp: Int64?
        var value: String

        init(labels: Labels, timestamp: Int64?, value: Double) {
            self.labels = labels
            self.timestamp = timestamp
            self.value = value.isNaN ? "NaN" : "\(value)"
        }
    }

    private func expected(_ verdict: Case.Verdict) -> [Found] {
        (verdict.entries ?? []).filter { $0.k == "series" }.map { entry in
            let labels = (entry.labels ?? []).map {
                Labels.Entry(name: ByteText($0[0].bytes), value: ByteText($0[1].bytes))
            }
            let value = SuiteNumber.parse(entry.value ?? "")
            return Found(
                labels: Labels(entries: labels), timestamp: entry.ts, value: value)
        }
    }

    private func read(
        _ bytes: [UInt8], _ format: ExpositionFormat
    ) -> (found: [Found], problems: [String]) {
        var parser = ExpositionParser(bytes, format: format)
        var found: [Found] = []
        var problems: [String] = []
        while let event = parser.next() {
            switch event {
            case .sample(let sample):
                found.append(
                    Found(
                        labels: parser.labels(of: sample), timestamp: sample.timestamp,
                        value: sample.value))
            case .skipped(let line): problems.append("line \(line.line): \(line.reason)")
            case .cutOff: problems.append("cut off")
            default: break
            }
        }
        return (found, problems)
    }

    /// Where the classic reader differs from the scrape parser on purpose, and why.
    private static let ownDecisions: [String: String] = [
        "edge_cases/3": leadingBlank, "textparse_and_fuzz/19": leadingBlank,
        "victoriametrics/54": leadingBlank, "edge_cases/7": signedTime, "edge_cases/10": signedTime,
        "edge_cases/145": signedTime, "textparse_and_fuzz/6": signedTime, "expfmt/3": signedTime,
        "openmetrics_testdata/src/openmetrics-testdata/parsers/bad_grouping_or_ordering_6/metrics":
            signedTime,
        "victoriametrics/69": badLine,
    ]
    private static let leadingBlank = "a leading blank is no part of the name"
    private static let signedTime = "a timestamp may be negative or carry a +"
    private static let badLine = "the lines around a bad one are used"

    @Test func classicTextAgreesWithTheScrapeParser() throws {
        guard let cases = try Suites.decode([Case].self, "exposition/cases.json") else { return }
        var agreed = 0
        var different: [String] = []
        var names: Set<String> = []
        for one in cases {
            let before = different.count
            defer { if different.count > before { names.insert("\(one.set)/\(one.name)") } }
            let (found, problems) = read(one.input.bytes, .text)
            let wanted = expected(one.prometheus)
            let shown =
                "\(one.set)/\(one.name) "
                + String(decoding: one.input.bytes.prefix(120), as: UTF8.self).debugDescription
            if one.prometheus.ok {
                if problems.isEmpty, found == wanted {
                    agreed += 1
                } else {
                    different.append("\(shown): \(problems) \(found) instead of \(wanted)")
                }
            } else if !problems.isEmpty, found.prefix(wanted.count) == wanted[...] {
                agreed += 1
            } else {
                different.append("\(shown): accepted; reference: \(one.prometheus.error ?? "")")
            }
        }
        print("classic text: \(agreed) of \(cases.count) verdicts agree")
        for line in different { print("  different: \(line.prefix(200))") }
        #expect(names == Set(Self.ownDecisions.keys))
        #expect(agreed + Self.ownDecisions.count == cases.count)
    }

    @Test func openMetricsAgreesWithTheReferenceParser() throws {
        guard let cases = try Suites.decode([Case].self, "exposition/cases.json") else { return }
        var agreed = 0
        var different: [String] = []
        for one in cases {
            let (found, problems) = read(one.input.bytes, .openMetrics)
            let wanted = expected(one.openmetrics)
            let shown =
                "\(one.set)/\(one.name) "
                + String(decoding: one.input.bytes.prefix(120), as: UTF8.self).debugDescription
            if one.openmetrics.ok ? problems.isEmpty && found == wanted : !problems.isEmpty {
                agreed += 1
            } else {
                different.append(
                    "\(shown): \(problems) \(found.count), reference "
                        + (one.openmetrics.error ?? "ok")
                )
            }
        }
        print("OpenMetrics: \(agreed) of \(cases.count) verdicts agree")
        for line in different { print("  different: \(line.prefix(200))") }
        #expect(agreed == cases.count)
    }

    @Test(arguments: [
        ("alertmanager.prom", 0), ("haproxy.prom", 0), ("node_exporter.om", 0),
        ("node_exporter.prom", 0), ("postgres_exporter.prom", 0), ("prometheus.prom", 0),
        ("redis_exporter.prom", 0),
    ])
    func realDumpsAreReadWhole(name: String, skipped: Int) throws {
        guard let bytes = Suites.bytes("exposition/dumps/\(name)") else { return }
        let store = SeriesStore(retention: .seconds(3600))
        let report = DumpIngestor().ingest(bytes, readAt: 1_800_000_000_000, into: store)
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.count
        #expect(report.error == nil)
        #expect(report.skippedCount == skipped)
        #expect(report.samples == lines)
        #expect(report.series == store.statistics.series)
        #expect(store.statistics.samples == lines)
    }
}
