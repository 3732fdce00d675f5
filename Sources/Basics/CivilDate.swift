/// A date and time of day in the proleptic Gregorian calendar, in UTC.
///
/// The day arithmetic is Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms"
/// (`days_from_civil`, `civil_from_days`).
package struct CivilDate: Hashable, Sendable {
    package var year: Int
    /// 1…12.
    package var month: Int
    /// 1…31.
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int
    package var nanosecond: Int

    package init(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0,
        nanosecond: Int = 0
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.nanosecond = nanosecond
    }

    /// The UTC date and time of `time`.
    package init(_ time: Timestamp) {
        let total = Self.flooredDivision(time.nanoseconds, 1_000_000_000)
        let days = Self.flooredDivision(total.quotient, 86_400)
        let shifted = days.quotient + 719_468
        let era = Self.flooredDivision(shifted, 146_097)
        let dayOfEra = era.remainder
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era.quotient * 400) + (month <= 2 ? 1 : 0)
        hour = Int(days.remainder / 3600)
        minute = Int(days.remainder / 60 % 60)
        second = Int(days.remainder % 60)
        nanosecond = Int(total.remainder)
    }

    /// Days since 1970-01-01.
    package var dayNumber: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The instant this UTC date names, or nil when a field is out of its range.
    package var timestamp: Timestamp? {
        guard (1...12).contains(month), day >= 1, day <= Self.daysIn(month: month, year: year),
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second),
            (1700...2250).contains(year)
        else { return nil }
        let seconds = dayNumber * 86_400 + hour * 3600 + minute * 60 + second
        return Timestamp(nanoseconds: Int64(seconds) * 1_000_000_000 + Int64(nanosecond))
    }

    /// The number of days of `month` (1…12).
    package static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// 0 = Sunday … 6 = Saturday.
    package var weekday: Int { ((dayNumber + 4) % 7 + 7) % 7 }

    private static func flooredDivision(_ value: Int64, _ divisor: Int64)
        -> (quotient: Int64, remainder: Int64)
    {
        var (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        if remainder < 0 {
            quotient -= 1
            remainder += divisor
        }
        return (quotient, remainder)
    }
}
