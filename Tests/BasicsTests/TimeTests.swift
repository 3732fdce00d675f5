import Basics
import Testing

@Suite struct TimeTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-08-21T10:00:00Z", 1_787_306_400_000_000_000),
        ("2026-08-21 10:00:00Z", 1_787_306_400_000_000_000),
        ("2026-08-21T12:00:00.5+02:00", 1_787_306_400_500_000_000),
        ("2026-08-21T04:30:00.123456789-05:30", 1_787_306_400_123_456_789),
        ("2024-02-29T23:59:59z", 1_709_251_199_000_000_000),
        ("1969-12-31T23:59:59.999999999Z", -1),
    ])
    func readsRFC3339(_ text: String, _ nanoseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.nanoseconds == nanoseconds)
    }

    @Test(arguments: [
        "", "2026-08-21", "2026-08-21T10:00:00", "2026-08-21T10:00Z", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-08-21T24:00:00Z", "2026-08-21T10:60:00Z",
        "2026-08-21T10:00:00.Z", "2026-08-21T10:00:00Zx", "2026-08-21T10:00:00+2:00",
        "2026-08-21T10:00:00+0200", "2026-08-21T10:00:00+24:00", "２026-08-21T10:00:00Z",
        "9999-01-01T00:00:00Z",
    ])
    func refusesOtherTimes(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func writesWhatItReads() throws {
        for text in ["1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "1999-12-31T00:00:01Z"] {
            let time = try #require(Timestamp(rfc3339: text))
            #expect(TimeText.rfc3339(time) == text)
        }
        let time = try #require(Timestamp(rfc3339: "2026-08-21T10:00:00.120Z"))
        #expect(TimeText.rfc3339(time, fractionDigits: 3) == "2026-08-21T10:00:00.120Z")
        #expect(TimeText.clockUTC(time) == "10:00:00Z")
    }

    /// Every day for 600 years follows the one before, with the right length of month and weekday.
    @Test func civilDatesWalkThroughEveryDay() throws {
        var date = CivilDate(year: 1700, month: 1, day: 1)
        var number = date.dayNumber
        #expect(date.weekday == 5)
        while date.year < 2250 {
            let next =
                date.day < CivilDate.daysIn(month: date.month, year: date.year)
                ? CivilDate(year: date.year, month: date.month, day: date.day + 1)
                : date.month < 12
                    ? CivilDate(year: date.year, month: date.month + 1, day: 1)
                    : CivilDate(year: date.year + 1, month: 1, day: 1)
            try #require(next.dayNumber == number + 1)
            try #require(next.weekday == (date.weekday + 1) % 7)
            let time = try #require(next.timestamp)
            try #require(CivilDate(time) == next)
            date = next
            number += 1
        }
    }

    @Test func refusesDatesThatDoNotExist() {
        #expect(CivilDate(year: 2026, month: 2, day: 29).timestamp == nil)
        #expect(CivilDate(year: 2026, month: 0, day: 1).timestamp == nil)
        #expect(CivilDate(year: 2026, month: 1, day: 1, hour: 24).timestamp == nil)
        #expect(CivilDate(year: 1900, month: 2, day: 29).timestamp == nil)
        #expect(CivilDate(year: 2000, month: 2, day: 29).timestamp != nil)
    }

    @Test(arguments: [
        (0.0, "0s"), (59, "59s"), (60, "1m00s"), (370, "6m10s"), (3600, "1h00m"),
        (86_399, "23h59m"), (90_000, "1d01h"),
    ])
    func spansCarryTheirUnits(_ seconds: Double, _ text: String) {
        #expect(TimeText.span(.seconds(seconds)) == text)
    }

    @Test func timersCountHours() {
        #expect(TimeText.timer(.seconds(872)) == "00:14:32")
        #expect(TimeText.timer(.hours(100)) == "100:00:00")
        #expect(TimeText.timer(.seconds(-5)) == "00:00:00")
    }

    @Test func millisecondsRoundDown() {
        #expect(Timestamp(nanoseconds: -1).milliseconds == -1)
        #expect(Timestamp(nanoseconds: 1_999_999).milliseconds == 1)
        #expect(Timestamp(milliseconds: 5) - Timestamp(milliseconds: 7) == .milliseconds(-2))
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
    }

    @Test func manualClocksMoveOnlyWhenTold() {
        let clock = ManualClock(wall: .epoch)
        let before = clock.now
        #expect(clock.now == before)
        clock.advance(by: .seconds(5))
        #expect(clock.now.wall - before.wall == .seconds(5))
        #expect(clock.now.boot - before.boot == .seconds(5))
        clock.setWall(.epoch)
        #expect(clock.now.boot - before.boot == .seconds(5))
    }
}
