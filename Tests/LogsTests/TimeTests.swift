import Basics
import Testing

@testable import Logs

/// Times are compared as RFC 3339 in UTC with three digits; the reference is
/// 2026-08-21T12:00:00Z and the local zone is UTC unless a case says otherwise.
@Suite("Written times")
struct TimeTests {
    static let reference =
        CivilDate(year: 2026, month: 8, day: 21, hour: 12).timestamp ?? .epoch

    private func find(_ line: String, zone: Int = 0) -> FoundTime? {
        TimeScanner.find(
            Array(line.utf8).span,
            context: TimeContext(reference: Self.reference, zoneOffset: zone))
    }

    private func time(_ line: String, zone: Int = 0) -> String {
        find(line, zone: zone).map { TimeText.rfc3339($0.time, fractionDigits: 3) } ?? "none"
    }

    @Test(
        "ISO and its relatives",
        arguments: [
            ("2026-08-21T10:00:00.123456Z x", "2026-08-21T10:00:00.123Z"),
            ("2026-08-21T10:00:00,5+02:00 x", "2026-08-21T08:00:00.500Z"),
            ("2026-08-21 10:00:00.001 -0530 x", "2026-08-21T15:30:00.001Z"),
            ("2026-08-21 10:00:00,123 [main] INFO x", "2026-08-21T10:00:00.123Z"),
            ("[2026-08-21T10:00:00Z ERROR main] x", "2026-08-21T10:00:00.000Z"),
            ("2026/08/21 10:00:00 [error] 12#12: *3 x", "2026-08-21T10:00:00.000Z"),
            ("2026.08.21 10:00:00 x", "2026-08-21T10:00:00.000Z"),
            ("2026-08-21 10:00:00.123 UTC [123] u@d LOG:  x", "2026-08-21T10:00:00.123Z"),
            ("2026-08-21 10:00:00+02 x", "2026-08-21T08:00:00.000Z"),
            ("2016-09-28 04:30:30, Info CBS x", "2016-09-28T04:30:30.000Z"),
            ("2005-06-03-15.42.50.675872 R02", "2005-06-03T15:42:50.675Z"),
            (
                "nova.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 25746 INFO x",
                "2017-05-16T00:00:00.008Z"
            ),
            ("2024-02-29T23:59:60Z leap", "2024-03-01T00:00:00.000Z"),
        ])
    func iso(line: String, expected: String) { #expect(time(line) == expected) }

    @Test(
        "Names of months and days",
        arguments: [
            ("Aug  1 10:00:00 host app[1]: x", "2026-08-01T10:00:00.000Z"),
            ("<34>Aug 21 10:00:00 host app: x", "2026-08-21T10:00:00.000Z"),
            ("Dec 10 06:55:46 LabSZ sshd[24200]: x", "2025-12-10T06:55:46.000Z"),
            ("Feb 29 10:00:00 host x", "2024-02-29T10:00:00.000Z"),
            ("Aug 21 2025 10:00:00 host x", "2025-08-21T10:00:00.000Z"),
            ("Aug 21, 2026 10:00:00 PM class m", "2026-08-21T22:00:00.000Z"),
            ("h - - [21/Aug/2026:10:00:00 +0200] \"GET", "2026-08-21T08:00:00.000Z"),
            ("21-Aug-2026 10:00:00.123 INFO x", "2026-08-21T10:00:00.123Z"),
            ("123:M 21 Aug 2026 10:00:00.123 * x", "2026-08-21T10:00:00.123Z"),
            ("[123] 21 Aug 10:00:00 # x", "2026-08-21T10:00:00.000Z"),
            ("[Sun Dec 04 04:47:44 2005] [notice] x", "2005-12-04T04:47:44.000Z"),
            ("[Tue Apr 04 06:18:29.712806 2017] [a:b] x", "2017-04-04T06:18:29.712Z"),
            ("Sat Apr 27 03:33:07 PDT 2013", "2013-04-27T10:33:07.000Z"),
            ("Sat Apr 27 03:33:07 UTC 2013", "2013-04-27T03:33:07.000Z"),
        ])
    func names(line: String, expected: String) { #expect(time(line) == expected) }

    @Test(
        "Digits alone",
        arguments: [
            ("I0821 10:00:00.123456 12345 file.go:10] x", "2026-08-21T10:00:00.123Z"),
            ("I20200308 23:47:32.089828 400441 c.cc:27] x", "2020-03-08T23:47:32.089Z"),
            ("081109 203615 148 INFO dfs: x", "2008-11-09T20:36:15.000Z"),
            ("20171223-22:15:29:606|Step_LSC|x", "2017-12-23T22:15:29.606Z"),
            ("20170614101112 x", "2017-06-14T10:11:12.000Z"),
            ("17/06/09 20:10:40 INFO x", "2017-06-09T20:10:40.000Z"),
            ("08-21 10:00:00.123  1702  2395 D Tag: x", "2026-08-21T10:00:00.123Z"),
            ("[10.30 16:49:06] chrome.exe x", "2025-10-30T16:49:06.000Z"),
            ("260821 10:00:00 [Note] x", "2026-08-21T10:00:00.000Z"),
            ("1787306040 x", "2026-08-21T09:54:00.000Z"),
            ("1787306040.25 x", "2026-08-21T09:54:00.250Z"),
            ("1787306040123 x", "2026-08-21T09:54:00.123Z"),
            ("1787306040123456 x", "2026-08-21T09:54:00.123Z"),
            ("1787306040123456789 x", "2026-08-21T09:54:00.123Z"),
            ("10:00:00.123 [t] INFO x", "2026-08-21T10:00:00.123Z"),
            ("23:00:00 INFO x", "2026-08-20T23:00:00.000Z"),
            ("20260821T100000Z x", "2026-08-21T10:00:00.000Z"),
            ("20260821T100000.5+0200 x", "2026-08-21T08:00:00.500Z"),
            ("[8/21/26 10:00:00:123 UTC] x", "2026-08-21T10:00:00.123Z"),
            ("08/21/26 10:00:00 x", "2026-08-21T10:00:00.000Z"),
            ("=INFO REPORT==== 21-Aug-2026::10:00:00 ===", "2026-08-21T10:00:00.000Z"),
            ("<Aug 21, 2026, 10:00:00,123 AM UTC> <Info>", "2026-08-21T10:00:00.123Z"),
            ("[2026-08-21 10:00] [PACMAN] x", "2026-08-21T10:00:00.000Z"),
            ("2026-08-21, 10:00:00 x", "2026-08-21T10:00:00.000Z"),
            ("@4000000050d506482dd0f4c4 x", "2012-12-22T01:00:46.768Z"),
            ("Mar-18 21:41:15.684 [main] DEBUG x", "2026-03-18T21:41:15.684Z"),
            ("8/21/2026 10:00:00 PM x", "2026-08-21T22:00:00.000Z"),
            ("21/8/2026, 10:00:00 x", "2026-08-21T10:00:00.000Z"),
            ("01.02.2026 10:00:00 x", "2026-02-01T10:00:00.000Z"),
            ("am:06/09/2014 02:49:59:447 PM UTC: x", "2014-06-09T14:49:59.447Z"),
            ("2022-06-02 In(14) h[1001430319]: 05:34:23.666 x", "2022-06-02T05:34:23.666Z"),
            ("type=SYSCALL msg=audit(1364481363.243:24287): x", "2013-03-28T14:36:03.243Z"),
        ])
    func digits(line: String, expected: String) { #expect(time(line) == expected) }

    @Test(
        "What is no time",
        arguments: [
            "", "hello world", "request took 12:34 minutes", "version 2026.08.21 built",
            "id 99999999999", "2026-13-01T10:00:00Z", "2026-08-32T10:00:00", "Aug 21",
            "25:00:00 x", "port 1787306040abc", "sshd[1430319012]: x", "10.251.73.220:50010 x",
            "May be 10:99:00",
        ])
    func none(line: String) { #expect(time(line) == "none") }

    @Test("Times without a zone are local, those with one are not")
    func zones() {
        #expect(time("2026-08-21 10:00:00 x", zone: 7200) == "2026-08-21T08:00:00.000Z")
        #expect(time("2026-08-21T10:00:00Z x", zone: 7200) == "2026-08-21T10:00:00.000Z")
        #expect(time("Aug 21 10:00:00 h x", zone: 7200) == "2026-08-21T08:00:00.000Z")
    }

    @Test("Every prefix of a line is read without a trap")
    func prefixes() {
        let lines = [
            "2026-08-21T10:00:00.123456+02:00 x", "Sun Dec  4 04:47:44.5 CEST 2005",
            "Aug 21, 2026 10:00:00 AM",
            "I0821 10:00:00.1 1 f:1] x", "20171223-22:15:29:606|", "[21/Aug/2026:10:00:00 +0000]",
            "1787306040123456789", "08-21 10:00:00.123", "21 Aug 2026 10:00:00.1",
        ]
        for line in lines {
            let bytes = Array(line.utf8)
            for count in 0...bytes.count {
                let found = TimeScanner.find(
                    Array(bytes[..<count]).span,
                    context: TimeContext(reference: Self.reference))
                #expect(found.map { $0.end <= count } ?? true)
            }
        }
    }
}
