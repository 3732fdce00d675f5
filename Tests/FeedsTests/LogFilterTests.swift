import Basics
import Logs
import Testing

@testable import Feeds

@Suite("The filter of log records")
struct LogFilterTests {
    private func record(
        _ message: String, _ level: LogLevel? = .info, service: String? = "checkout",
        source: String = "logs:/var/log/checkout.log", at seconds: Double = 100,
        raw: String? = nil, pattern: UInt32 = 1
    ) -> LogRecord {
        LogRecord(
            id: 1, place: LogPlace(source: source), time: Timestamp(seconds: seconds),
            timeIsAssumed: false, level: level, service: service, message: message, raw: raw,
            pattern: PatternID(pattern))
    }

    @Test(
        "Every part that is set must hold",
        arguments: [
            (LogFilter(), true),
            (LogFilter(text: "TIMED out"), true), (LogFilter(text: "refused"), false),
            (LogFilter(text: "web1"), true), (LogFilter(text: "over Ärger"), true),
            (LogFilter(text: "ärger"), true), (LogFilter(text: "ÄRGER"), true),
            (LogFilter(excluded: ["health"]), true),
            (LogFilter(excluded: ["x", "UPSTREAM"]), false),
            (LogFilter(expression: "after \\d+ ms"), true),
            (LogFilter(expression: "^after"), false),
            (LogFilter(expression: "^Upstream"), true), (LogFilter(expression: "UPSTREAM"), false),
            (LogFilter(expression: "(?i)UPSTREAM"), true),
            (LogFilter(leastLevel: .warning), true), (LogFilter(leastLevel: .critical), false),
            (LogFilter(service: "CheckOut"), true), (LogFilter(service: "check"), false),
            (LogFilter(service: "check*"), true), (LogFilter(service: "cart*"), false),
            (LogFilter(source: "Checkout.log"), true), (LogFilter(source: "cart"), false),
            (LogFilter(pattern: PatternID(1)), true), (LogFilter(pattern: PatternID(2)), false),
            (LogFilter(since: Timestamp(seconds: 100)), true),
            (LogFilter(since: Timestamp(seconds: 100.5)), false),
            (LogFilter(until: Timestamp(seconds: 100)), false),
            (LogFilter(until: Timestamp(seconds: 100.5)), true),
            (LogFilter(text: "timed", leastLevel: .fatal), false),
        ] as [(LogFilter, Bool)])
    func parts(filter: LogFilter, isWanted: Bool) throws {
        let line = "Upstream timed out after 300 ms over Ärger"
        let wanted = record(line, .error, raw: "10:00 web1 " + line)
        // `^` is where the message begins only when the message is the whole line.
        let subject = filter.expression.hasPrefix("^") ? record(line, .error) : wanted
        #expect(try filter.compiled().matches(subject) == isWanted)
    }

    @Test("A record that names no level or service is no match for one")
    func missing() throws {
        let bare = record("a", nil, service: nil)
        #expect(try !LogFilter(leastLevel: .trace).compiled().matches(bare))
        #expect(try !LogFilter(service: "*").compiled().matches(bare))
        #expect(try LogFilter().compiled().matches(bare))
    }

    @Test("The further lines of a record are searched, and the header of its first one")
    func joined() throws {
        let trace = record("boom\n  at a.b(C.java:3)", .error, raw: "10:00 web1 boom")
        for filter in [
            LogFilter(text: "C.java"), LogFilter(text: "web1"), LogFilter(expression: "(?m)^  at"),
            LogFilter(expression: "^10:00"), LogFilter(text: "boom\n  at"),
        ] {
            #expect(try filter.compiled().matches(trace), "\(filter)")
        }
        #expect(try !LogFilter(excluded: ["java"]).compiled().matches(trace))
        #expect(try !LogFilter(excluded: ["web1"]).compiled().matches(trace))
    }

    @Test(
        "A bad regular expression says what is wrong with it",
        arguments: [
            "a(", "[z-a]", "a{2,1}", String(repeating: "a", count: 1_001),
        ])
    func bad(expression: String) {
        #expect {
            try LogFilter(expression: expression).compiled()
        } throws: { error in
            guard let failure = error as? Failure else { return false }
            return failure.code == "logs.expression" && failure.subject == expression
                && !failure.why.isEmpty && failure.exit == .usage
        }
    }

    // MARK: As typed

    private static let now = Timestamp(rfc3339: "2026-08-21T14:16:42Z") ?? .epoch

    @Test(
        "What is typed is read",
        arguments: [
            ("", LogFilter()), ("  upstream   timeout ", LogFilter(text: "upstream timeout")),
            ("level:error", LogFilter(leastLevel: .error)),
            (
                "refused LEVEL:warn connection",
                LogFilter(text: "refused connection", leastLevel: .warning)
            ),
            ("service:checkout source:app.log", LogFilter(service: "checkout", source: "app.log")),
            ("pattern:5be0a1c2", LogFilter(pattern: PatternID(0x5be0_a1c2))),
            ("-pattern:1", LogFilter(excludedPatterns: [PatternID(1)])),
            ("-health -\"two words\" -", LogFilter(text: "-", excluded: ["health", "two words"])),
            ("a ~ms \\d+ level:x ", LogFilter(text: "a", expression: "ms \\d+ level:x")),
            ("\"level:error \\\"x\\\\\"", LogFilter(text: "level:error \"x\\")),
            ("source:\"my app.log\"", LogFilter(source: "my app.log")),
            ("http://x error:", LogFilter(text: "http://x error:")),
            ("since:-15m", LogFilter(since: now - .seconds(900))),
            ("until:14:02", LogFilter(until: now - .seconds(14 * 60 + 42))),
            ("\"open", LogFilter(text: "open")),
        ] as [(String, LogFilter)])
    func typed(text: String, filter: LogFilter) throws {
        #expect(try LogFilter(typed: text, now: Self.now) == filter)
        // What is shown of it can be typed again.
        #expect(try LogFilter(typed: filter.typed, now: Self.now) == filter, "\(filter.typed)")
    }

    @Test(
        "What cannot be read says why",
        arguments: [
            ("level:loud", "fatal"), ("level:", "fatal"), ("service:", "nothing stands"),
            ("pattern:xyz", "hexadecimal"), ("since:noon", "14:02"), ("~a(", "missing closing )"),
            ("-level:error", "left out"),
        ])
    func unreadable(text: String, says: String) {
        #expect {
            try LogFilter(typed: text, now: Self.now)
        } throws: { error in
            (error as? Failure)?.why.contains(says) ?? false
        }
    }
}
