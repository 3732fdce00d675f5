import Basics
import Testing

@testable import Logs

@Suite("Records from lines")
struct RecordTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var line: String
        var level: LogLevel?
        var message: String
        var service: String?
        var host: String?
        var testDescription: String { line }

        init(
            _ line: String, _ level: LogLevel?, _ message: String, service: String? = nil,
            host: String? = nil
        ) {
            self.line = line
            self.level = level
            self.message = message
            self.service = service
            self.host = host
        }
    }

    private func parse(_ line: String) -> (parsed: ParsedLine, message: String) {
        let bytes = Array(line.utf8)
        let parsed = RecordParser.header(
            bytes.span, context: TimeContext(reference: TimeTests.reference))
        switch parsed.body {
        case .range(let range): return (parsed, String(decoding: bytes[range], as: UTF8.self))
        case .bytes(let inner): return (parsed, String(decoding: inner, as: UTF8.self))
        }
    }

    static let texts: [Case] = [
        Case("2026-08-21T10:00:00Z INFO started", .info, "started"),
        Case("2026-08-21 10:00:00,123 [main] WARN c.a.B - slow", .warning, "c.a.B - slow"),
        Case("2026-08-21 10:00:00.123 UTC [9] u@d FATAL:  no", .fatal, "no"),
        Case("2026/08/21 10:00:00 [error] 12#12: *3 connect() failed", .error, "connect() failed"),
        Case("[Sun Dec 04 04:47:44 2005] [error] mod_jk child", .error, "mod_jk child"),
        Case(
            "[Tue Apr 04 06:28:08.605341 2017] [core:error] [pid 17962] AH00135: bad", .error,
            "AH00135: bad"),
        Case("123:M 21 Aug 2026 10:00:00.123 * Ready", .notice, "Ready"),
        Case("123:M 21 Aug 2026 10:00:00.123 # Warning: x", .warning, "Warning: x"),
        Case("E0821 10:00:00.123456 12345 file.go:10] boom", .error, "boom"),
        Case("08-21 10:00:00.123  1702  2395 E Tag: x", .error, "Tag: x"),
        Case("2020-08-06T14:25:02.8Z 0 [Warning] [MY-1] [Server] x", .warning, "[MY-1] [Server] x"),
        Case("E [08/Jun/2013:11:28:58 -0700] Unknown directive", .error, "Unknown directive"),
        Case("[2025-08-31 12:34:56] local.ERROR: bad", .error, "bad"),
        Case(
            "2025-04-24T19:51:47.625Z\tinfo\tsync/s.go:87\tok", .info, "sync/s.go:87\tok"),
        Case("ERROR: cannot open", .error, "cannot open"),
        Case("panic: runtime error", .fatal, "runtime error"),
        Case("no level and no time", nil, "no level and no time"),
        Case("the word error in a sentence", nil, "the word error in a sentence"),
        Case(
            "2026-08-21T10:00:00Z no errors found, info follows", nil,
            "no errors found, info follows"),
    ]

    @Test("Lines of text", arguments: texts)
    func text(row: Case) {
        let (parsed, message) = parse(row.line)
        #expect(parsed.level == row.level)
        #expect(message == row.message)
    }

    /// Lines in the manner of the other public sets; the address and names are made up.
    static let otherSets: [Case] = [
        Case(
            "134681 node-246 unix.hw state_change.unavailable 1077804742 1 Component State Change",
            nil, "1 Component State Change"),
        Case(
            "- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: end",
            nil, "2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: end"),
        Case("03-17 16:13:38.811  1702  2395 D WindowManager: x", .debug, "WindowManager: x"),
        Case(
            "nova-api.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 25746 INFO nova.osapi x",
            .info, "nova.osapi x"),
        Case("2026-08-21T10:00:00Z log rotated", nil, "log rotated"),
        Case("8/21/2026 10:00:00 AM,Error,Disk,x", .error, "Disk,x"),
        Case("2015-10-18 18:01:47,978 INFO [main] org.a.B: x", .info, "[main] org.a.B: x"),
        Case(
            "2015-07-29 17:41:44,747 - WARN  [Peer[myid=1]:Q@774] - x", .warning,
            "[Peer[myid=1]:Q@774] - x"),
        Case("2022-06-02T02:56:51.118Z Db(167) Hostd[1]: x", .debug, "Db(167) Hostd[1]: x"),
        Case(
            "(2022-06-08  8:52:40): [be[x]] [y] (0x0040): no", .error, "): [be[x]] [y] (0x0040): no"
        ),
        Case(
            "2023-07-25 02:14:09.790 UTC 64bf 0 V u [local] 2 5LOG:  x", .info,
            "64bf 0 V u [local] 2 5LOG:  x"),
        Case("2025-08-13 01:45:01.127 PDT [9] LOG:  x", .info, "x"),
        Case(
            "2013-02-11T06:43:36 10.1.1.2 - GET /c -1 503 7 \"-\"", .error,
            "10.1.1.2 - GET /c -1 503 7 \"-\""),
    ]

    @Test("Lines of other sets", arguments: otherSets)
    func otherSet(row: Case) {
        let (parsed, message) = parse(row.line)
        #expect(parsed.time != nil)
        #expect(parsed.level == row.level)
        #expect(message == row.message)
    }

    static let headed: [Case] = [
        Case(
            "Dec 10 06:55:46 LabSZ sshd[24200]: Invalid user x", nil, "Invalid user x",
            service: "sshd", host: "LabSZ"),
        Case("<11>Aug 21 10:00:00 web1 app: x", .error, "x", service: "app", host: "web1"),
        Case(
            "2025-08-31T09:36:55.418891-07:00 pc2 rsyslogd: exiting", nil, "exiting",
            service: "rsyslogd", host: "pc2"),
        Case(
            "<34>1 2026-08-21T10:00:00.003Z web1 su 77 ID47 [a@1 k=\"]\"] 'su' failed", .critical,
            "'su' failed", service: "su", host: "web1"),
        Case("<46>1 2026-08-21T10:00:00Z - - - - - plain", .info, "plain"),
        Case(
            "Feb 28 14:25:54 UDM-Pro daemon.err mcad: gone", .error, "gone", service: "mcad",
            host: "UDM-Pro"),
        Case(
            #"10.1.1.1 - - [21/Aug/2026:10:00:00 +0000] "GET / HTTP/1.1" 503 12"#, .error,
            #""GET / HTTP/1.1" 503 12"#),
        Case(
            #"10.1.1.1 - - [21/Aug/2026:10:00:00 +0000] "GET / HTTP/1.1" 404 12"#, .warning,
            #""GET / HTTP/1.1" 404 12"#),
        Case(
            "Jun 14 15:16:01 combo sshd(pam_unix)[19939]: failure", nil, "failure", service: "sshd",
            host: "combo"),
        Case(
            "Jan  4 10:23:26 air Setup Assistant[1173]: up", nil, "up", service: "Setup Assistant",
            host: "air"),
        Case("2026-08-21T10:00:00.1Z stdout F level=warn msg=\"low disk\"", .warning, "low disk"),
        Case("2026-08-21T10:00:00.1Z stderr P ERROR half", .error, "half"),
    ]

    @Test("Lines with host, service and envelopes", arguments: headed)
    func header(row: Case) {
        let (parsed, message) = parse(row.line)
        #expect(parsed.time != nil)
        #expect(parsed.level == row.level)
        #expect(message == row.message)
        #expect(parsed.service == row.service)
        #expect(parsed.host == row.host)
    }

    static let objects: [Case] = [
        Case(#"{"time":"2026-08-21T10:00:00Z","level":"warn","msg":"slow"}"#, .warning, "slow"),
        Case(
            #"{"@timestamp":"2026-08-21T10:00:00Z","log":{"level":"ERROR"},"message":"\"x\"\n"}"#,
            .error, "\"x\"\n"),
        Case(
            #"{"level":50,"time":1787306040123,"hostname":"h1","msg":"pino"}"#, .error, "pino",
            host: "h1"),
        Case(
            #"{"PRIORITY":"3","__REALTIME_TIMESTAMP":"1787306040123456","MESSAGE":"x"}"#,
            .error, "x"),
        Case(
            #"{"t":{"$date":"2026-08-21T10:00:00.000+00:00"},"s":"I","c":"NET","msg":"up"}"#,
            .info, "up"),
        Case(
            #"{"host":"h","short_message":"gelf","timestamp":1787306040,"level":4}"#,
            .warning, "gelf", host: "h"),
        Case(
            #"{"log":"ERROR inner text\n","stream":"stderr","time":"2026-08-21T10:00:00Z"}"#,
            .error,
            "inner text"),
        Case(
            #"{"timestamp_ns":"1787306040000000000","severity":"INFO","body":"otlp"}"#, .info,
            "otlp"),
        Case(
            #"{"__REALTIME_TIMESTAMP":"1787306040123456","PRIORITY":"4","MESSAGE":[104,105,255]}"#,
            .warning, "hi\u{FFFD}"),
        Case(
            #"{"timestamp":"2026-08-21T10:00:00Z","level":"INFO","fields":{"message":"rust"}}"#,
            .info,
            "rust"),
        Case(
            #"{"@t":"2026-08-21T10:00:00Z","@l":"Fatal","@mt":"serilog {A}"}"#, .fatal,
            "serilog {A}"),
        Case(#"{"ts":1787306040.5,"level":"info","msg":"\u00e9\ud83d\ude00"}"#, .info, "é😀"),
        Case(
            "time=2026-08-21T10:00:00Z level=error msg=\"it \\\"broke\\\"\" service=cart", .error,
            "it \"broke\"", service: "cart"),
        Case("ts=1787306040 lvl=debug msg=plain", .debug, "plain"),
        Case(
            #"{"time":"2026-08-21T10:00:00Z","level":"error","msg":"cut","next":"unfin"#, .error,
            "cut"),
    ]

    @Test("JSON and logfmt", arguments: objects)
    func object(row: Case) {
        let (parsed, message) = parse(row.line)
        #expect(parsed.time != nil)
        #expect(parsed.level == row.level)
        #expect(message == row.message)
        #expect(parsed.service == row.service)
        #expect(parsed.host == row.host)
    }

    @Test("A time in the text is not taken where the source's times stand at the start")
    func learnedColumn() {
        var parser = RecordParser()
        let context = TimeContext(reference: TimeTests.reference)
        for second in 10..<30 {
            let line = Array("2026-08-21T10:00:\(second)Z INFO ok".utf8)
            _ = parser.parse(line.span, context: context)
        }
        let inside = parser.parse(
            Array("  next run 2027-01-01T00:00:00Z".utf8).span, context: context)
        #expect(inside.time == nil)
        #expect(inside.continues)
    }

    @Test("W3C logs name their columns")
    func namedColumns() {
        var parser = RecordParser()
        let context = TimeContext(reference: TimeTests.reference)
        let levels = [
            "#Fields: date time cs-method cs-uri-stem s-port c-ip sc-status time-taken",
            "2026-08-21 10:00:00 GET /x 443 198.51.100.7 503 15",
            "2026-08-21 10:00:01 GET /x 443 198.51.100.7 200 404",
        ].map { parser.parse(Array($0.utf8).span, context: context).level }
        #expect(levels == [nil, .error, .info])
        let alone = RecordParser.header(
            Array("2026-08-21 10:00:00 10.0.0.1 GET /x - 443 - 1.2.3.4 curl 500 0 0 15".utf8).span,
            context: context)
        #expect(alone.level == .error)
    }

    @Test("Every prefix of every line is read without a trap")
    func prefixes() {
        let context = TimeContext(reference: TimeTests.reference)
        for row in Self.texts + Self.headed + Self.objects {
            let bytes = Array(row.line.utf8)
            for count in 0...bytes.count {
                let parsed = RecordParser.header(Array(bytes[..<count]).span, context: context)
                if case .range(let range) = parsed.body {
                    #expect(range.upperBound <= count)
                }
            }
        }
    }

    /// The address in front starts with a digit and is no time: every line keeps its own.
    @Test func accessLogsKeepTheirTimesHoweverManyCome() {
        var parser = RecordParser()
        let context = TimeContext(reference: TimeTests.reference)
        for second in 10..<60 {
            let line =
                "198.51.100.7 - - [21/Aug/2026:10:00:\(second) +0000] \"GET / HTTP/1.1\" 200 5"
            let bytes = Array(line.utf8)
            let parsed = parser.parse(bytes.span, context: context)
            #expect(parsed.time == Timestamp(rfc3339: "2026-08-21T10:00:\(second)Z"), "\(line)")
        }
    }

    @Test func timesInTheMiddleOfATextAreNoTimesWhereLinesStartWithOne() {
        var parser = RecordParser()
        let context = TimeContext(reference: TimeTests.reference)
        for second in 10..<30 {
            let bytes = Array("2026-08-21T10:00:\(second)Z INFO a".utf8)
            #expect(parser.parse(bytes.span, context: context).time != nil)
        }
        let bytes = Array("    retried [21/Aug/2026:09:00:00 +0000]".utf8)
        #expect(parser.parse(bytes.span, context: context).time == nil)
    }
}
