import FoundationEssentials
import Metrics
import Testing

@Suite struct DumpListingTests {
    private func listing(_ text: String) -> DumpListing {
        DumpListing(file: "a.prom", bytes: Array(text.utf8))
    }

    private func json(_ listing: DumpListing) -> String {
        var out = ""
        listing.writeJSON { out += $0 }
        return out.replacing("\n", with: "")
    }

    @Test func saysWhatADumpHolds() {
        let listing = listing(
            "# HELP a some help\n# TYPE a counter\na_total{x=\"1\"} 5 7\nbad{ 1\nb NaN\n")
        #expect(
            json(listing) == #"{"file":"a.prom","format":"text","complete":true,"families":["#
                + #"{"name":"a","type":"counter","help":"some help","unit":null,"samples":1},"#
                + #"{"name":"b","type":null,"help":null,"unit":null,"samples":1}],"samples":["#
                + #"{"metric":{"__name__":"a_total","x":"1"},"value":"5","timestamp_ms":7,"#
                + #""line":3},"#
                + #"{"metric":{"__name__":"b"},"value":"NaN","timestamp_ms":null,"line":5}],"#
                + #""skipped":[{"line":4,"reason":"expected a label name, got \"1\""}]}"#)
        #expect(listing.hasFindings)
        var lines: [String] = []
        listing.writeText { lines.append($0) }
        #expect(lines.contains("  2 families, 2 samples, 1 line skipped"))
        #expect(lines.contains("         3  a_total{x=\"1\"} 5 7"))
        #expect(lines.last == "         4  expected a label name, got \"1\"")
    }

    @Test func aCutDumpIsAFinding() {
        let cut = listing("# UNIT a_seconds seconds\na_seconds 1\n")
        #expect(cut.format == .openMetrics && !cut.isComplete && cut.hasFindings)
        #expect(json(cut).contains(#""complete":false"#))
        let whole = listing("# UNIT a_seconds seconds\na_seconds 1 # {t=\"x\"} 2 3\n# EOF\n")
        #expect(!whole.hasFindings)
        #expect(
            json(whole).contains(
                #""exemplar":{"labels":{"t":"x"},"value":"2","timestamp_ms":3000}"#))
    }

    @Test func anyBytesGiveValidJSON() throws {
        let hostile = "a{x=\"\u{1B}[31m\\n\u{202E}\"} 1\n\u{7}\n{\"q\\\"\"} 2\n"
        let text = json(listing(hostile))
        #expect(text.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        struct Document: Decodable { var samples: [Sample] }
        struct Sample: Decodable { var metric: [String: String] }
        let document = try JSONDecoder().decode(Document.self, from: Data(text.utf8))
        #expect(document.samples.map { $0.metric["__name__"] } == ["a", "q\""])
    }
}
