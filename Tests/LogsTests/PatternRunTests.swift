import Basics
import Testing

@testable import Logs

@Suite("The patterns command")
struct PatternRunTests {
    private func cut(_ text: String, block: Int) -> [String] {
        var lines = PhysicalLines()
        var found: [String] = []
        let sink = { (line: Span<UInt8>) in found.append(ByteScan.text(line, 0..<line.count)) }
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: block) {
            lines.feed(bytes[start..<min(bytes.count, start + block)].span, sink)
        }
        lines.finish(sink)
        return found
    }

    @Test("Every physical line, however the bytes are cut", arguments: [1, 2, 3, 7, 100])
    func physicalLines(block: Int) {
        #expect(cut("a\n\nbc\n d", block: block) == ["a", "", "bc", " d"])
        #expect(cut("\n", block: block) == [""])
        #expect(cut("", block: block) == [])
        #expect(cut("a\rb\n", block: block) == ["a\rb"])
    }

    @Test("Of a very long line the beginning is kept")
    func longLine() {
        let long = String(repeating: "a", count: 3 * PhysicalLines.lineBytesMax)
        let found = cut(long + "\nb", block: 100_000)
        #expect(found.map(\.utf8.count) == [PhysicalLines.lineBytesMax, 1])
    }

    private func run(_ lines: [String], _ input: PatternRun.Input) -> PatternRun {
        var run = PatternRun(input: input)
        run.begin(reference: Timestamp(seconds: 1_800_000_000))
        for line in lines { _ = run.take(Array(line.utf8).span) }
        return run
    }

    private static let log = [
        "2026-08-21T10:00:00Z ERROR disk sda1 failed after 7 ms",
        "2026-08-21T10:00:01Z INFO disk sda2 mounted",
        "2026-08-21T10:00:02Z ERROR disk sdb1 failed after 9 ms",
    ]

    @Test("Headers are left out of logs and kept in messages")
    func headers() {
        let patterns = run(Self.log, .log).summaries()
        #expect(patterns.map(\.count) == [2, 1])
        #expect(patterns.first?.template == "disk <*> failed after <num> ms")
        #expect(patterns.first?.level == .error)
        #expect(TimeText.rfc3339(patterns[0].lastSeen) == "2026-08-21T10:00:02Z")
        #expect(run(Self.log, .message).newest == nil)
    }

    @Test("Changes since the incident come first")
    func changes() {
        let patterns = run(Self.log, .log).summaries(
            incidentStart: Timestamp(rfc3339: "2026-08-21T10:00:01Z"))
        #expect(patterns.first?.change == .new)
        #expect(patterns.first?.template == "disk sda<num> mounted")
    }

    @Test("No secret and no escape sequence is printed")
    func safe() {
        let secret = "hunter2hunter2hunter2"
        let run = run(
            [
                "login password=\(secret) \u{1b}]0;title\u{07} done",
                "Authorization: Bearer \(secret)", "password \(secret)", "password: \(secret)",
            ], .message)
        let patterns = run.summaries()
        let text =
            PatternReport.table(patterns, lines: run.lines, hasTimes: false)
            + patterns.map { PatternReport.json($0, lines: run.lines, hasTimes: false) }
        for row in text {
            #expect(!row.utf8.contains(0x1B) && !row.utf8.contains(0x07))
        }
        #expect(!text.contains { $0.contains("Bearer \(secret)") })
        #expect(!text.contains { $0.contains("password=\(secret)") })
    }

    @Test("Tables and JSON are bounded and well-formed")
    func report() throws {
        let long = (0..<400).map { "word\($0 % 7)y \"q\\" }.joined(separator: " ")
        let run = run(Self.log + [long, ""], .log)
        let patterns = run.summaries()
        let rows = PatternReport.table(patterns, lines: run.lines, hasTimes: true)
        #expect(rows.first?.hasPrefix("ID") == true)
        #expect(rows.allSatisfy { $0.utf8.count < 2_000 })
        for pattern in patterns {
            struct Row: Decodable {
                var id: String
                var count: Int
                var level: String?
                var template: String
                var example: String
            }
            let json = PatternReport.json(pattern, lines: run.lines, hasTimes: true)
            let row = try JSONText.decode(Row.self, from: Array(json.utf8))
            #expect(row.id == PatternReport.name(pattern.id))
            #expect(row.id.utf8.count == 8)
            #expect(row.count == pattern.count)
        }
        #expect(
            PatternReport.table([], lines: 0, hasTimes: false)
                == ["ID  COUNT  SHARE  LEVEL  TEMPLATE"])
    }
}
