import Basics
import SafeText
import Testing

@testable import Logs

/// One row per written form of a log line that is in common use: the time in UTC with three
/// digits, level, message, service, host and trace that its last line must give.
@Suite("Formats")
struct FormatTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var lines: [String]
        var time: String
        var level: LogLevel?
        /// nil: not looked at.
        var message: String?
        var service: String?
        var host: String?
        var trace: String?
        var testDescription: String { name }

        init(
            _ name: String, _ lines: String..., time: String, _ level: LogLevel?,
            _ message: String? = nil, service: String? = nil, host: String? = nil,
            trace: String? = nil
        ) {
            self.name = name
            self.lines = lines
            self.time = time.count == 1 ? "none" : "2026-08-21T" + time + "Z"
            if time.count > 12 { self.time = time + "Z" }
            self.level = level
            self.message = message
            self.service = service
            self.host = host
            self.trace = trace
        }
    }

    @Test(
        "Every form gives time, level, message, service, host and trace",
        arguments: plain + columns + objects + journals)
    func form(row: Row) throws {
        let record = try #require(Self.records(row.lines).last)
        let time =
            record.timeIsRead ? TimeText.rfc3339(record.time, fractionDigits: 3) : "none"
        #expect(time == row.time)
        #expect(record.level == row.level)
        if let message = row.message {
            #expect(String(decoding: record.message, as: UTF8.self) == message)
        }
        #expect(record.parsed.service == row.service)
        #expect(record.parsed.host == row.host)
        #expect(record.parsed.traceID == row.trace)
    }

    /// The records of lines that are sanitised and joined as those of a file.
    private static func records(_ lines: [String]) -> [JoinedRecord] {
        var parser = RecordParser()
        var joiner = RecordJoiner()
        var cleaner = LineCleaner(redactor: .standard)
        var records: [JoinedRecord] = []
        let context = TimeContext(reference: TimeTests.reference)
        for line in lines {
            guard !line.isEmpty else {
                joiner.addBlank()
                continue
            }
            var bytes: [UInt8] = []
            let raw = Array(line.utf8).filter { $0 != 0 }  // As the assembler of lines does.
            _ = raw.withUnsafeBufferPointer { cleaner.append($0, to: &bytes) }
            let parsed = parser.parse(bytes.span, context: context)
            var text: [UInt8]?
            if case .bytes(let inner) = parsed.body { text = inner }
            let record = JoinedRecord(
                time: parsed.time ?? .epoch, timeIsRead: parsed.time != nil, parsed: parsed,
                head: bytes, text: text, source: "x", offset: 0, number: 1)
            if let complete = joiner.add(record) { records.append(complete) }
        }
        if let last = joiner.flush() { records.append(last) }
        return records
    }

    static let plain: [Row] = [
        Row(
            "RFC 3339",
            """
            2026-08-21T10:00:00.5+02:00 WARN slow
            """, time: "08:00:00.500", .warning, "slow"),
        Row(
            "RFC 3339, blank",
            """
            2026-08-21 10:00:00.123456Z ERROR no
            """, time: "10:00:00.123", .error, "no"),
        Row(
            "OpenStack behind its file's name",
            """
            nova-api.log.1.2026-08-20_13:53:08 2026-08-21 10:00:00.008 25746 INFO nova.a\
             [-] up
            """,
            time: "10:00:00.008", .info, "nova.a [-] up"),
        Row(
            "RFC 3164",
            """
            Aug  1 10:00:00 web1 app[7]: ok
            """, time: "2026-08-01T10:00:00.000", nil, "ok",
            service: "app", host: "web1"),
        Row(
            "RFC 3164 with a priority",
            """
            <11>Aug 21 10:00:00 web1 app: no
            """, time: "10:00:00.000", .error,
            "no", service: "app", host: "web1"),
        Row(
            "RFC 3164 with a year",
            """
            Aug 21 2026 10:00:00 web1 app: ok
            """, time: "10:00:00.000", nil, "ok",
            service: "app", host: "web1"),
        Row(
            "RFC 3164 with an ISO header", "<14>2026-08-21T10:00:00Z web1 app[1]: ok",
            time: "10:00:00.000", .info, "ok", service: "app", host: "web1"),
        Row(
            "Cisco", "<189>Aug 21 10:00:00.123 UTC: %LINK-3-UPDOWN: Interface down",
            time: "10:00:00.123", .notice),
        Row(
            "RFC 5424", "<34>1 2026-08-21T10:00:00.003Z web1 su 77 ID47 [a@1 k=\"v\"] no",
            time: "10:00:00.003", .critical, "no", service: "su", host: "web1"),
        Row(
            "RFC 5424 without values", "<165>1 2026-08-21T10:00:00Z - - - - - ok",
            time: "10:00:00.000", .notice, "ok"),
        Row(
            "RFC 5424 without a time", "<165>1 - h app - - - ok", time: "-", .notice, "ok",
            service: "app", host: "h"),
        Row(
            "Go", "2026/08/21 10:00:00.000123 listening on :80", time: "10:00:00.000", nil,
            "listening on :80"),
        Row(
            "nginx error",
            """
            2026/08/21 10:00:00 [crit] 12#12: *3 connect() failed
            """, time: "10:00:00.000",
            .critical, "connect() failed"),
        Row(
            "Spark", "26/08/21 10:00:00 WARN storage.B: lost", time: "10:00:00.000", .warning,
            "storage.B: lost"),
        Row(
            "Apache error",
            """
            [Fri Aug 21 10:00:00.605341 2026] [core:error] [pid 1:tid 2] AH1: bad
            """,
            time: "10:00:00.605", .error, "AH1: bad"),
        Row(
            "Apache 2.2 error",
            """
            [Fri Aug 21 10:00:00 2026] [error] mod_jk child
            """, time: "10:00:00.000",
            .error, "mod_jk child"),
        Row("ctime", "Fri Aug 21 10:00:00 2026 started", time: "10:00:00.000", nil, "started"),
        Row(
            "ctime with a zone",
            """
            Fri Aug 21 10:00:00 CEST 2026 started
            """, time: "08:00:00.000", nil,
            "started"),
        Row(
            "klog",
            """
            W0821 10:00:00.123456   12345 file.go:10] late
            """, time: "10:00:00.123", .warning,
            "late"),
        Row(
            "glog with a year",
            """
            E20260821 10:00:00.123456 123 f.cc:1] no
            """, time: "10:00:00.123", .error,
            "no"),
        Row(
            "log4j",
            """
            2026-08-21 10:00:00,123 [main] ERROR a.b.C - no
            """, time: "10:00:00.123", .error,
            "a.b.C - no"),
        Row(
            "logback", "10:00:00.123 [t-1] WARN a.b.C - late", time: "10:00:00.123", .warning,
            "a.b.C - late"),
        Row(
            "Spring Boot", "2026-08-21T10:00:00.123Z  INFO 1 --- [main] c.e.App : Started",
            time: "10:00:00.123", .info, "1 --- [main] c.e.App : Started"),
        Row(
            "Python",
            """
            2026-08-21 10:00:00,123 - app.db - ERROR - no
            """, time: "10:00:00.123", .error, "no"),
        Row("Python basic", "ERROR:app.db:no", time: "-", .error),
        Row(
            "java.util.logging", "Aug 21, 2026 10:00:00 AM a.b.C start", "SEVERE: no disk",
            time: "10:00:00.000", .error, "no disk"),
        Row("yyyy.MM.dd", "2026.08.21 10:00:00 INFO ok", time: "10:00:00.000", .info, "ok"),
        Row(
            "Tomcat",
            """
            21-Aug-2026 10:00:00.123 SEVERE [main] o.a.C.start no
            """, time: "10:00:00.123",
            .error, "[main] o.a.C.start no"),
        Row("seconds", "1787306400 ok", time: "10:00:00.000", nil, "ok"),
        Row("milliseconds", "1787306400123 ok", time: "10:00:00.123", nil, "ok"),
        Row("microseconds", "1787306400123456 ok", time: "10:00:00.123", nil, "ok"),
        Row("nanoseconds", "1787306400123456789 ok", time: "10:00:00.123", nil, "ok"),
        Row(
            "seconds with a fraction", "1787306400.123456 ERROR no", time: "10:00:00.123", .error,
            "no"),
        Row("tai64n", "@400000006a8821aa075bca00 ok", time: "10:00:00.123", nil, "ok"),
        Row("dmesg", "[12345.678901] usb 1-1: new device", time: "-", nil),
        Row("dmesg -x", "kern  :err   : [12345.678901] usb 1-1: no", time: "-", .error),
        Row(
            "dmesg -T", "[Fri Aug 21 10:00:00 2026] usb 1-1: new", time: "10:00:00.000", nil,
            "usb 1-1: new"),
        Row(
            "dmesg --time-format iso", "2026-08-21T10:00:00,123456+00:00 usb 1-1: new",
            time: "10:00:00.123", nil),
        Row(
            "PostgreSQL",
            """
            2026-08-21 10:00:00.123 UTC [123] user@db FATAL:  no
            """, time: "10:00:00.123",
            .fatal, "no"),
        Row(
            "PostgreSQL with detail", "2026-08-21 10:00:00.123 UTC [1] u@d ERROR:  no",
            "2026-08-21 10:00:00.123 UTC [1] u@d DETAIL:  why", time: "10:00:00.123", .error),
        Row(
            "redis",
            """
            123:M 21 Aug 2026 10:00:00.123 # no
            """, time: "10:00:00.123", .warning, "no"),
        Row("redis, old", "[123] 21 Aug 10:00:00 * ok", time: "10:00:00.000", .notice, "ok"),
        Row(
            "MySQL",
            """
            2026-08-21T10:00:00.123456Z 0 [Warning] [MY-1] [Server] x
            """, time: "10:00:00.123",
            .warning, "[MY-1] [Server] x"),
        Row("MySQL 5", "260821 10:00:00 [ERROR] no", time: "10:00:00.000", .error, "no"),
        Row("MySQL 5, one digit", "260821  9:00:00 [Note] ok", time: "09:00:00.000", .info, "ok"),
        Row(
            "MySQL slow",
            """
            # Time: 2026-08-21T10:00:00.123456Z
            """, "# User@Host: u[u] @ h []  Id: 1",
            "# Query_time: 3.1  Lock_time: 0.0", "SET timestamp=1787306400;", "select 1;",
            time: "10:00:00.123", nil),
        Row(
            "MySQL slow, old", "# Time: 260821 10:00:00", "# User@Host: u[u] @ h []", "select 1;",
            time: "10:00:00.000", nil),
        Row(
            "MongoDB, old",
            """
            2026-08-21T10:00:00.123+0000 W NETWORK  [conn1] late
            """, time: "10:00:00.123",
            .warning, "NETWORK  [conn1] late"),
        Row(
            "logcat",
            """
            08-21 10:00:00.123  1702  2395 E Tag: no
            """, time: "10:00:00.123", .error, "Tag: no"),
        Row(
            "logcat time",
            """
            08-21 10:00:00.123 W/Tag( 123): late
            """, time: "10:00:00.123", .warning),
        Row("logcat brief", "D/Tag( 123): x", time: "-", .debug),
        Row(
            "HDFS",
            """
            260821 100000 148 WARN dfs.D: late
            """, time: "10:00:00.000", .warning, "dfs.D: late"),
        Row("HealthApp", "20260821-10:00:00:606|Step|300|x", time: "10:00:00.606", nil),
        Row("Proxifier", "[08.21 10:00:00] chrome.exe - x open", time: "10:00:00.000", nil),
        Row(
            "BGL",
            """
            - 1787306400 2026.08.21 R02 2026-08-21-10.00.00.675872 R02 RAS KERNEL FATAL \
            no
            """,
            time: "10:00:00.000", .fatal, "no"),
        Row("packed", "20260821100000 ok", time: "10:00:00.000", nil, "ok"),
        Row(
            "Windows CBS",
            """
            2026-08-21 10:00:00, Error                 CBS    no
            """, time: "10:00:00.000",
            .error, "CBS    no"),
        Row("US", "8/22/2025 10:00:00 PM Error: no", time: "2025-08-22T22:00:00.000", .error),
        Row("EU", "22.08.2025 10:00:00 ERROR no", time: "2025-08-22T10:00:00.000", .error, "no"),
        Row(
            "systemd short-precise",
            """
            Aug 21 10:00:00.123456 web1 app[7]: ok
            """, time: "10:00:00.123", nil,
            "ok", service: "app", host: "web1"),
        Row(
            "systemd short-full",
            """
            Fri 2026-08-21 10:00:00 UTC web1 app[7]: ok
            """, time: "10:00:00.000", nil,
            "ok", service: "app", host: "web1"),
        Row(
            "systemd short-iso",
            """
            2026-08-21T10:00:00+0000 web1 app[7]: ok
            """, time: "10:00:00.000", nil,
            "ok", service: "app", host: "web1"),
        Row(
            "systemd short-unix",
            """
            1787306400.123456 web1 app[7]: ok
            """, time: "10:00:00.123", nil, "ok",
            service: "app", host: "web1"),
        Row(
            "systemd with-unit", "Fri 2026-08-21 10:00:00 UTC web1 app.service[7]: ok",
            time: "10:00:00.000", nil, "ok", service: "app.service", host: "web1"),
        Row("systemd -- Boot --", "-- Boot 0f --", time: "-", nil),
        Row(
            "etcd",
            """
            2026-08-21 10:00:00.123456 W | etcdserver: late
            """, time: "10:00:00.123", .warning,
            "etcdserver: late"),
        Row(
            "Elasticsearch", "[2026-08-21T10:00:00,123][WARN ][o.e.m.j] [node-1] late",
            time: "10:00:00.123", .warning),
        Row(
            "RabbitMQ",
            """
            2026-08-21 10:00:00.123 [error] <0.1.0> no
            """, time: "10:00:00.123", .error,
            "<0.1.0> no"),
        Row(
            "Kafka",
            """
            [2026-08-21 10:00:00,123] ERROR [B id=0] no (kafka.B)
            """, time: "10:00:00.123", .error,
            "[B id=0] no (kafka.B)"),
        Row(
            "Rust tracing",
            """
            2026-08-21T10:00:00.123456Z ERROR app::db: no
            """, time: "10:00:00.123", .error,
            "app::db: no"),
        Row(
            "Rust env_logger",
            """
            [2026-08-21T10:00:00Z WARN  app] late
            """, time: "10:00:00.000", .warning),
        Row(
            "Ruby",
            """
            E, [2026-08-21T10:00:00.123456 #7] ERROR -- : no
            """, time: "10:00:00.123", .error),
        Row(
            "PHP",
            """
            [21-Aug-2026 10:00:00 UTC] PHP Fatal error:  no
            """, time: "10:00:00.000", .fatal),
        Row(
            "PHP-FPM",
            """
            [21-Aug-2026 10:00:00] WARNING: [pool www] late
            """, time: "10:00:00.000", .warning,
            "[pool www] late"),
        Row(
            "Laravel",
            """
            [2026-08-21 10:00:00] production.ERROR: no
            """, time: "10:00:00.000", .error, "no"),
        Row(
            ".NET",
            """
            2026-08-21 10:00:00.123 +00:00 [ERR] no
            """, time: "10:00:00.123", .error, "no"),
        Row(
            "Istio",
            """
            2026-08-21T10:00:00.123456Z\twarn\tads\tlate
            """, time: "10:00:00.123", .warning,
            "ads     late"),
        Row(
            "Envoy",
            """
            [2026-08-21 10:00:00.123][7][critical][main] [a.cc:1] no
            """, time: "10:00:00.123",
            .critical),
        Row("CoreDNS", "[ERROR] plugin/errors: 2 x. A: no", time: "-", .error),
        Row(
            "Dovecot",
            """
            Aug 21 10:00:00 mx dovecot: imap(u): Error: no
            """, time: "10:00:00.000", nil,
            "imap(u): Error: no", service: "dovecot", host: "mx"),
        Row(
            "Consul",
            """
                2026-08-21T10:00:00.123Z [WARN]  agent: late
            """, time: "10:00:00.123", .warning,
            "agent: late"),
    ]
}
