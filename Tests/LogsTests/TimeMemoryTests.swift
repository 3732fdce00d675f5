import Basics
import Testing

@testable import Logs

@Suite("A time that repeats")
struct TimeMemoryTests {
    private let context = TimeContext(
        reference: CivilDate(year: 2026, month: 8, day: 21, hour: 12).timestamp ?? .epoch)

    /// What may stand behind the text of a time, with a say in it or without.
    private static let tails = [
        " host app[1]: one", " payments: two", " AM rest", " am", " pm x", " Z rest", " z",
        " UTC rest", " CEST rest", " INFO three", " ERROR four", " WARN", " +02:00 five",
        " -0130 x",
        " 2025 six", " 2025", "", " ", "  two blanks", ".5 x", ",123 y", " [main] seven",
        " (a) eight", " stdout F nine", " stderr P ten", " | eleven", " - twelve", " a", " p",
        " am2",
        " EST", " MST x", " 17 x", ":30 x", "Z thirteen", " <1> x", " {\"a\":1}",
        " \"GET / HTTP/1.1\"",
    ]
    private static let times = [
        "Aug 21 10:00:00", "2026-08-21 10:00:00", "2026-08-21T10:00:00", "2026/08/21 10:00:00",
        "21/Aug/2026:10:00:00", "Fri Aug 21 10:00:00 2026", "I0821 10:00:00.123456", "10:00:00",
        "2026-08-21T10:00:00.123Z", "08-21 10:00:00.123", "260821 10:00:00", "1787306400",
        "8/21/2026 10:00:00", "3/4/2026 10:00:00", "20260821-10:00:00:123",
        "[21/Aug/2026:10:00:00]",
    ]

    @Test("The line behind a like one is read as it is alone", arguments: times)
    func same(_ time: String) {
        for first in Self.tails {
            for second in Self.tails {
                var parser = RecordParser()
                _ = parser.parse(Array((time + first).utf8).span, context: context)
                let bytes = Array((time + second).utf8)
                let dayFirst = parser.dayFirst
                let parsed = parser.parse(bytes.span, context: context)
                var alone = context
                alone.dayFirst = dayFirst
                let expected = RecordParser.header(bytes.span, context: alone)
                #expect(parsed.time == expected.time, "\(time + second) after \(first)")
                #expect(parsed.assumes == expected.assumes, "\(time + second) after \(first)")
                #expect(parsed.level == expected.level, "\(time + second) after \(first)")
                #expect(parsed.format == expected.format, "\(time + second) after \(first)")
                #expect(parsed.service == expected.service, "\(time + second) after \(first)")
            }
        }
    }
}
