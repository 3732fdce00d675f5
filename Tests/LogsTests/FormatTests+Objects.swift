import Basics
import Testing

@testable import Logs

// JSON, logfmt, envelopes of container runtimes, the journal.
extension FormatTests {
    static let objects: [Row] = [
        Row(
            "ECS nested",
            #"""
            {"@timestamp":"2026-08-21T10:00:00.123Z","log":{"level":"ERROR","logger":"a.\#
            B"},"message":"no","service":{"name":"cart"},"host":{"hostname":"h1"},"trace\#
            ":{"id":"abc1"},"span":{"id":"s1"}}
            """#,
            time: "10:00:00.123", .error, "no", service: "cart", host: "h1", trace: "abc1"),
        Row(
            "ECS dotted",
            #"""
            {"@timestamp":"2026-08-21T10:00:00.123Z","log.level":"WARN","message":"late"\#
            ,"service.name":"cart","host.name":"h1","trace.id":"abc1"}
            """#,
            time: "10:00:00.123", .warning, "late", service: "cart", host: "h1", trace: "abc1"),
        Row(
            "bunyan",
            #"""
            {"name":"app","hostname":"h1","pid":1,"level":50,"msg":"no","time":"2026-08-\#
            21T10:00:00.123Z","v":0}
            """#,
            time: "10:00:00.123", .error, "no", host: "h1"),
        Row(
            "pino", #"{"level":40,"time":1787306400123,"pid":1,"hostname":"h1","msg":"late"}"#,
            time: "10:00:00.123", .warning, "late", host: "h1"),
        Row(
            "pino trace",
            #"""
            {"level":10,"time":1787306400123,"msg":"x"}
            """#, time: "10:00:00.123", .trace, "x"),
        Row(
            "pino fatal",
            #"""
            {"level":60,"time":1787306400123,"msg":"x"}
            """#, time: "10:00:00.123", .fatal, "x"),
        Row(
            "zap",
            #"""
            {"level":"error","ts":1787306400.1234567,"caller":"a/b.go:7","msg":"no","sta\#
            cktrace":"main"}
            """#,
            time: "10:00:00.123", .error, "no"),
        Row(
            "zap, exponent",
            #"""
            {"level":"info","ts":1.7873064001234567e+09,"msg":"ok"}
            """#, time: "10:00:00.123",
            .info, "ok"),
        Row(
            "logrus",
            #"""
            {"level":"warning","msg":"late","time":"2026-08-21T10:00:00Z","error":"eof"}
            """#,
            time: "10:00:00.000", .warning, "late"),
        Row(
            "slog",
            #"""
            {"time":"2026-08-21T10:00:00.123456789Z","level":"ERROR","source":{"function\#
            ":"m","file":"a.go","line":7},"msg":"no"}
            """#,
            time: "10:00:00.123", .error, "no"),
        Row(
            "slog between levels",
            #"""
            {"time":"2026-08-21T10:00:00Z","level":"INFO+2","msg":"x"}
            """#,
            time: "10:00:00.000", .info, "x"),
        Row(
            "slog text",
            #"""
            time=2026-08-21T10:00:00.123Z level=WARN msg="it is late" trace_id=abc1
            """#,
            time: "10:00:00.123", .warning, "it is late", trace: "abc1"),
        Row(
            "zerolog", #"{"level":"panic","time":1787306400,"message":"no","service":"cart"}"#,
            time: "10:00:00.000", .fatal, "no", service: "cart"),
        Row(
            "CLEF",
            #"""
            {"@t":"2026-08-21T10:00:00.123Z","@mt":"took {N}","@m":"took 3","@l":"Warnin\#
            g","@x":"E","@tr":"abc1","@sp":"s1"}
            """#,
            time: "10:00:00.123", .warning, "took 3", trace: "abc1"),
        Row(
            "CLEF without a level",
            #"""
            {"@t":"2026-08-21T10:00:00.123Z","@mt":"took {N}","N":3}
            """#,
            time: "10:00:00.123", .info, "took {N}"),
        Row(
            "GELF",
            #"""
            {"version":"1.1","host":"h1","short_message":"no","timestamp":1787306400.123\#
            ,"level":3,"_app":"x"}
            """#,
            time: "10:00:00.123", .error, "no", host: "h1"),
        Row(
            "OTLP record",
            #"""
            {"timeUnixNano":"1787306400123000000","severityNumber":17,"severityText":"Er\#
            ror","body":{"stringValue":"no"},"traceId":"abc1","spanId":"s1"}
            """#,
            time: "10:00:00.123", .error, "no", trace: "abc1"),
        Row(
            "OTLP severity number",
            #"""
            {"timeUnixNano":"1787306400123000000","severityNumber":13,"body":{"stringVal\#
            ue":"late"}}
            """#,
            time: "10:00:00.123", .warning, "late"),
        Row(
            "OTLP file",
            #"""
            {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"\#
            stringValue":"cart"}},{"key":"host.name","value":{"stringValue":"h1"}}]},"sc\#
            opeLogs":[{"scope":{"name":"a.B"},"logRecords":[{"timeUnixNano":"17873064001\#
            23000000","severityNumber":17,"severityText":"ERROR","body":{"stringValue":"\#
            no"},"attributes":[],"traceId":"abc1","spanId":"s1"}]}]}]}
            """#,
            time: "10:00:00.123", .error, "no", service: "cart", host: "h1", trace: "abc1"),
        Row(
            "docker",
            #"""
            {"log":"2026-08-21 09:59:59 ERROR no\n","stream":"stderr","time":"2026-08-21\#
            T10:00:00.123456789Z"}
            """#,
            time: "10:00:00.123", .error, "no"),
        Row(
            "docker, JSON inside",
            #"""
            {"log":"{\"level\":\"warn\",\"msg\":\"late\",\"service\":\"cart\",\"trace_id\#
            \":\"abc1\"}\n","stream":"stdout","time":"2026-08-21T10:00:00.123Z"}
            """#,
            time: "10:00:00.123", .warning, "late", service: "cart", trace: "abc1"),
        Row(
            "docker, cut",
            #"""
            {"log":"ERROR a","stream":"stdout","time":"2026-08-21T10:00:00.123Z"}
            """#,
            #"{"log":"b\n","stream":"stdout","time":"2026-08-21T10:00:00.124Z"}"#,
            time: "10:00:00.123", .error, "ab"),
        Row(
            "CRI",
            """
            2026-08-21T10:00:00.123456789Z stderr F ERROR no
            """, time: "10:00:00.123", .error, "no"),
        Row(
            "CRI, cut", "2026-08-21T10:00:00.123456789Z stderr P ERROR a",
            "2026-08-21T10:00:00.124456789Z stderr F b", time: "10:00:00.123", .error, "ab"),
        Row(
            "CRI, JSON inside",
            #"""
            2026-08-21T10:00:00.123Z stdout F {"level":"error","msg":"no","traceId":"abc\#
            1"}
            """#,
            time: "10:00:00.123", .error, "no", trace: "abc1"),
        Row(
            "MongoDB",
            #"""
            {"t":{"$date":"2026-08-21T10:00:00.123+00:00"},"s":"W","c":"NETWORK","id":1,\#
            "ctx":"conn1","msg":"late","attr":{"a":1}}
            """#,
            time: "10:00:00.123", .warning, "late"),
        Row(
            "PostgreSQL JSON",
            #"""
            {"timestamp":"2026-08-21 10:00:00.123 UTC","pid":1,"error_severity":"ERROR",\#
            "state_code":"42P01","message":"no","backend_type":"client backend"}
            """#,
            time: "10:00:00.123", .error, "no"),
        Row(
            "Caddy access",
            #"""
            {"level":"info","ts":1787306400.123,"logger":"http.log.access","msg":"handle\#
            d request","request":{"host":"a.example","uri":"/"},"status":502}
            """#,
            time: "10:00:00.123", .info, "handled request"),
        Row(
            "Traefik",
            #"""
            {"level":"error","msg":"no","time":"2026-08-21T10:00:00Z","providerName":"do\#
            cker"}
            """#,
            time: "10:00:00.000", .error, "no"),
        Row(
            "Traefik access",
            #"""
            {"ClientHost":"10.0.0.1","DownstreamStatus":502,"RequestMethod":"GET","Reque\#
            stPath":"/","ServiceName":"web@docker","StartUTC":"2026-08-21T10:00:00.123Z"\#
            ,"level":"info","msg":"","time":"2026-08-21T10:00:01Z"}
            """#,
            time: "10:00:01.000", .info),
        Row(
            "logstash",
            #"""
            {"@timestamp":"2026-08-21T10:00:00.123Z","@version":"1","message":"no","logg\#
            er_name":"a.B","thread_name":"t","level":"ERROR","level_value":40000}
            """#,
            time: "10:00:00.123", .error, "no"),
        Row(
            "Google",
            #"""
            {"severity":"CRITICAL","timestamp":"2026-08-21T10:00:00.123Z","textPayload":\#
            "no","trace":"projects/p/traces/abc1"}
            """#,
            time: "10:00:00.123", .critical, "no", trace: "projects/p/traces/abc1"),
        Row(
            "Google, seconds and nanos",
            #"""
            {"severity":"ERROR","timestamp":{"seconds":1787306400,"nanos":123000000},"me\#
            ssage":"no"}
            """#,
            time: "10:00:00.123", .error, "no"),
        Row(
            "CloudTrail",
            #"""
            {"eventVersion":"1.08","eventTime":"2026-08-21T10:00:00Z","eventSource":"s3.\#
            amazonaws.com","eventName":"PutObject"}
            """#,
            time: "10:00:00.000", nil),
        Row(
            "Datadog",
            #"""
            {"date":"2026-08-21T10:00:00.123Z","status":"error","message":"no","dd.trace\#
            _id":"123","dd.service":"cart"}
            """#,
            time: "10:00:00.123", .error, "no", service: "cart", trace: "123"),
        Row(
            "python-json",
            #"""
            {"asctime":"2026-08-21 10:00:00,123","levelname":"ERROR","name":"app","messa\#
            ge":"no"}
            """#,
            time: "10:00:00.123", .error, "no"),
        Row(
            "structlog",
            #"""
            {"event":"no","level":"error","timestamp":"2026-08-21T10:00:00.123Z","logger\#
            ":"a"}
            """#,
            time: "10:00:00.123", .error, "no"),
        Row(
            "log4j2 JSON",
            #"""
            {"instant":{"epochSecond":1787306400,"nanoOfSecond":123000000},"thread":"mai\#
            n","level":"ERROR","loggerName":"a.B","message":"no"}
            """#,
            time: "10:00:00.123", .error, "no"),
        Row(
            "tracing",
            #"""
            {"timestamp":"2026-08-21T10:00:00.123Z","level":"WARN","fields":{"message":"\#
            late"},"target":"app"}
            """#,
            time: "10:00:00.123", .warning, "late"),
        Row(
            "Vault audit",
            #"""
            {"time":"2026-08-21T10:00:00.123Z","type":"request","request":{"id":"1"}}
            """#,
            time: "10:00:00.123", nil),
        Row(
            "capital names",
            #"""
            {"Timestamp":"2026-08-21T10:00:00.123Z","Level":"Error","Message":"no","Trac\#
            eId":"abc1"}
            """#,
            time: "10:00:00.123", .error, "no", trace: "abc1"),
        Row(
            "OTel names",
            #"""
            {"Timestamp":"2026-08-21T10:00:00.123Z","SeverityText":"WARN","Body":"late",\#
            "TraceId":"abc1"}
            """#,
            time: "10:00:00.123", .warning, "late", trace: "abc1"),
        Row(
            "logfmt, Heroku",
            """
            at=error code=H12 desc="Request timeout" method=GET path=/ status=503 time=2\
            026-08-21T10:00:00Z
            """,
            time: "10:00:00.000", .error),
        Row(
            "logfmt, Grafana",
            #"""
            logger=context t=2026-08-21T10:00:00.123Z level=error msg="no" traceID=abc1
            """#,
            time: "10:00:00.123", .error, "no", trace: "abc1"),
        Row(
            "logfmt, Prometheus",
            #"""
            ts=2026-08-21T10:00:00.123Z caller=main.go:7 level=warn component=tsdb msg="\#
            late" err="eof"
            """#,
            time: "10:00:00.123", .warning, "late"),
        Row(
            "JSON behind text",
            #"""
            2026-08-21T10:00:00.123Z ERROR {"msg":"no"}
            """#, time: "10:00:00.123", .error),
        Row(
            "JSON behind syslog",
            #"""
            Aug 21 10:00:00 h1 app[7]: {"level":"warn","msg":"late","trace_id":"abc1"}
            """#,
            time: "10:00:00.000", .warning, "late", service: "app", host: "h1", trace: "abc1"),
    ]

    static let journals: [Row] = [
        Row(
            "journald JSON",
            #"""
            {"__REALTIME_TIMESTAMP":"1787306400123456","PRIORITY":"3","SYSLOG_IDENTIFIER\#
            ":"app","_HOSTNAME":"h1","MESSAGE":"no"}
            """#,
            time: "10:00:00.123", .error, "no", service: "app", host: "h1"),
        Row(
            "journald JSON, bytes",
            #"""
            {"__REALTIME_TIMESTAMP":"1787306400123456","PRIORITY":"4","MESSAGE":[104,105\#
            ]}
            """#,
            time: "10:00:00.123", .warning, "hi"),
        Row(
            "journald JSON, array",
            #"""
            {"__REALTIME_TIMESTAMP":"1787306400123456","PRIORITY":"4","MESSAGE":["one","\#
            two"]}
            """#,
            time: "10:00:00.123", .warning, "one"),
        Row(
            "journald JSON, names twice",
            #"""
            {"__REALTIME_TIMESTAMP":"1787306400123456","PRIORITY":"4","_SELINUX":"a","ME\#
            SSAGE":"one","MESSAGE":"two"}
            """#,
            time: "10:00:00.123", .warning, "one"),
        Row(
            "journald JSON, unit alone",
            #"""
            {"__REALTIME_TIMESTAMP":"1787306400123456","PRIORITY":"6","_SYSTEMD_UNIT":"a\#
            pp.service","MESSAGE":"ok"}
            """#,
            time: "10:00:00.123", .info, "ok", service: "app.service"),
        Row(
            "journald export", "__CURSOR=s=1;i=2", "__REALTIME_TIMESTAMP=1787306400123456",
            "__MONOTONIC_TIMESTAMP=123456", "_BOOT_ID=0f", "PRIORITY=3", "_HOSTNAME=h1",
            "SYSLOG_IDENTIFIER=app", "MESSAGE=no disk", "_PID=7", "",
            time: "10:00:00.123", .error, "no disk", service: "app", host: "h1"),
        Row(
            "journald export, the second", "__CURSOR=s=1;i=2",
            """
            __REALTIME_TIMESTAMP=1787306400123456
            """,
            "PRIORITY=3", "MESSAGE=no disk", "", "__CURSOR=s=1;i=3",
            "__REALTIME_TIMESTAMP=1787306401123456", "MESSAGE=two", "PRIORITY=6",
            time: "10:00:01.123", .info, "two"),
        Row(
            "journald export, binary", "__CURSOR=s=1;i=2",
            """
            __REALTIME_TIMESTAMP=1787306400123456
            """,
            "PRIORITY=3", "MESSAGE", "\u{11}\0\0\0\0\0\0\0no disk", "and worse", "_PID=7",
            time: "10:00:00.123", .error, "no disk\nand worse"),
    ]
}
