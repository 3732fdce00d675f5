import Basics
import Support
import Testing

@testable import Logs

@Suite("Records as text")
struct RecordTextTests {
    let box: FileBox
    init() throws { box = try FileBox() }

    private struct Row: Decodable {
        var time: String
        var timeRead: String
        var timeAssumes: [String]?
        var level: String?
        var service: String?
        var traceID: String?
        var message: String
        var fields: [String: Field]
        var source: String
        var offset: Int
        var line: Int

        enum CodingKeys: String, CodingKey {
            case time, level, service, message, fields, source, offset, line
            case timeRead = "time_read"
            case timeAssumes = "time_assumes"
            case traceID = "trace_id"
        }
    }

    private enum Field: Decodable, Equatable {
        case text(String), number(Double), truth(Bool), none

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .none
            } else if let truth = try? container.decode(Bool.self) {
                self = .truth(truth)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    private func json(_ bytes: [UInt8]) throws -> [[UInt8]] {
        box.write("a.log", bytes)
        let file = try RecordFile(path: box.file("a.log"), zoneOffset: 0)
        var text = RecordText()
        var out: [UInt8] = []
        while let record = try file.next() { text.appendJSON(record, to: &out) }
        return out.split(separator: 0x0A).map(Array.init)
    }

    private func row(_ line: String) throws -> Row {
        try JSONText.decode(Row.self, from: try #require(try json(Array((line + "\n").utf8)).first))
    }

    @Test("All parts of a JSON line")
    func structured() throws {
        let found = try row(
            #"{"time":"2026-08-21T10:00:00.25Z","level":"warn","service":"cart","msg":"a \"b\"","#
                + #""trace":{"id":"abc1"},"http":{"status":503,"ok":false,"path":"/x"},"n":null,"#
                + #""tags":["a","b"],"password":"hunter2","cmd":"\u001b[2Jx"}"#)
        #expect(found.time == "2026-08-21T10:00:00.250Z" && found.timeRead == "read")
        #expect(found.level == "warning" && found.service == "cart" && found.traceID == "abc1")
        #expect(found.message == "a \"b\"")
        #expect(found.fields["http.status"] == .number(503))
        #expect(found.fields["http.ok"] == .truth(false))
        #expect(found.fields["http.path"] == .text("/x"))
        #expect(found.fields["n"] == Field.none)
        #expect(found.fields["tags"] == .text(#"["a","b"]"#))
        #expect(found.fields["cmd"] == .text("^[[2Jx"))
        guard case .text(let password) = found.fields["password"] else {
            Issue.record("no password field")
            return
        }
        #expect(password.hasPrefix("[REDACTED:kv#"))
        #expect(found.offset == 0 && found.line == 1)
    }

    @Test("Fields of other formats")
    func fields() throws {
        let rows: [(String, [String: Field])] = [
            (
                "time=2026-08-21T10:00:00Z level=info msg=\"x y\" user=bob n=3",
                ["user": .text("bob"), "n": .text("3")]
            ),
            (
                "2026-08-21T10:00:00Z INFO done path=/v1/pay status=200 q=\"a b\"",
                ["path": .text("/v1/pay"), "status": .text("200"), "q": .text("a b")]
            ),
            (
                #"10.1.1.1 - - [21/Aug/2026:10:00:00 +0000] "GET /x HTTP/1.1" 503 12 "-" "curl""#,
                [
                    "client": .text("10.1.1.1"), "method": .text("GET"), "path": .text("/x"),
                    "status": .number(503), "bytes": .number(12), "agent": .text("curl"),
                ]
            ),
            (
                "<34>1 2026-08-21T10:00:00.003Z web1 su 77 ID47 [a@1 k=\"v\"] failed",
                ["pid": .text("77"), "msgid": .text("ID47"), "k": .text("v")]
            ),
            (
                "2026-08-21T10:00:00Z x list=[1,2], (ok=y) n=(1)",
                ["list": .text("[1,2]"), "ok": .text("y"), "n": .text("(1)")]
            ),
            ("plain words = nothing", [:]),
        ]
        for (line, expected) in rows { #expect(try row(line).fields == expected, "\(line)") }
    }

    @Test("JSON numbers are literals, what only looks like one is not")
    func literals() {
        for text in ["0", "-1", "1.5", "1e9", "-0.5E-3", "true", "false", "null"] {
            #expect(RecordFields.isLiteral(Array(text.utf8)), "\(text)")
        }
        for text in ["", "-", "01", "1.", ".5", "1e", "0x1", "NaN", "tru", "1 2", "+1"] {
            #expect(!RecordFields.isLiteral(Array(text.utf8)), "\(text)")
        }
    }

    @Test("A time keeps its digits")
    func digits() throws {
        #expect(try row("2026-08-21T10:00:00Z x").time == "2026-08-21T10:00:00.000Z")
        #expect(try row("2026-08-21T10:00:00.1234Z x").time == "2026-08-21T10:00:00.123400Z")
        #expect(try row("1787306040123456789 x").time == "2026-08-21T09:54:00.123456789Z")
        #expect(try row("1969-12-31T23:59:59.5Z x").timeRead == "assumed")
    }

    @Test("Random bytes: always valid JSON, whatever they are")
    func randomBytes() throws {
        var generator = Seeded(seed: 99)
        let seeds = [
            "2026-08-21T10:00:00Z INFO x key=\"v\\\"\" ",
            "{\"ts\":1787306040,\"msg\":\"\\ud83d\\n\",",
            "<34>1 2026-08-21T10:00:00Z - - - [a k=\"", "I0821 10:00:00.1 1 f:1] ", "\tat x\n",
            "2026-08-21T10:00:00.1Z stdout P {\"a\":{\"b\":[1,", "time=1 level= msg=\"\\",
        ].map { Array($0.utf8) }
        for _ in 0..<120 {
            var bytes: [UInt8] = []
            for _ in 0..<12 {
                bytes += seeds.randomElement(using: &generator) ?? []
                for _ in 0..<Int.random(in: 0...20, using: &generator) {
                    bytes.append(UInt8.random(in: 0...255, using: &generator))
                }
                if Bool.random(using: &generator) { bytes.append(0x0A) }
            }
            for line in try json(bytes) {
                let text = try #require(String(validating: line, as: UTF8.self))
                #expect(throws: Never.self, "\(text)") {
                    try JSONText.decode(Row.self, from: line)
                }
            }
        }
    }
}

private struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
