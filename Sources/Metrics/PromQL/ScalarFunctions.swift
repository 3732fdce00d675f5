#if canImport(Glibc)
    import Glibc
#endif

/// Functions that change each value of a vector on its own.
enum ScalarFunctions {
    static let table: [String: @Sendable (Double) -> Double] = [
        "abs": { $0.magnitude },
        "acos": { Glibc.acos($0) },
        "acosh": { Glibc.acosh($0) },
        "asin": { Glibc.asin($0) },
        "asinh": { Glibc.asinh($0) },
        "atan": { Glibc.atan($0) },
        "atanh": { Glibc.atanh($0) },
        "ceil": { $0.rounded(.up) },
        "cos": { Glibc.cos($0) },
        "cosh": { Glibc.cosh($0) },
        "deg": { $0 * 180 / .pi },
        "exp": { Glibc.exp($0) },
        "floor": { $0.rounded(.down) },
        "ln": { Glibc.log($0) },
        "log10": { Glibc.log10($0) },
        "log2": { Glibc.log2($0) },
        "rad": { $0 * .pi / 180 },
        "sgn": { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 },
        "sin": { Glibc.sin($0) },
        "sinh": { Glibc.sinh($0) },
        "sqrt": { $0.squareRoot() },
        "tan": { Glibc.tan($0) },
        "tanh": { Glibc.tanh($0) },
    ]
}

/// A date and time of day in UTC, from seconds; any year that a 64-bit count reaches.
struct DateParts {
    let year: Int
    let month: Int
    let day: Int
    let hour: Int
    let minute: Int
    let second: Int
    /// 0 is Sunday.
    let weekday: Int
    /// 1 is the first of January.
    let yearDay: Int

    static let table: [String: @Sendable (DateParts) -> Int] = [
        "day_of_month": { $0.day },
        "day_of_week": { $0.weekday },
        "day_of_year": { $0.yearDay },
        "days_in_month": { daysInMonth($0.month, year: $0.year) },
        "hour": { $0.hour },
        "minute": { $0.minute },
        "month": { $0.month },
        "year": { $0.year },
    ]

    /// Seconds from 1 March of the year -292,277,022,400 to the epoch: from there every 64-bit
    /// count is positive, and one that is out of range wraps as in the reference.
    private static let secondsToEpoch: UInt64 = 9_223_372_028_741_760_000
    /// Days from there to 1 March of the year 0.
    private static let daysToYearZero = 730_692_556 * 146_097

    /// The 64-bit integer that a processor makes of a number of seconds: the fraction is cut off,
    /// what does not fit becomes the smallest one.
    static func whole(_ seconds: Double) -> Int64 {
        seconds > -0x1p63 && seconds < 0x1p63 ? Int64(seconds) : .min
    }

    /// - Parameter seconds: since the epoch.
    init(seconds: Int64) {
        let absolute = UInt64(bitPattern: seconds) &+ Self.secondsToEpoch
        let days = Int(absolute / 86_400)
        let rest = Int(absolute % 86_400)
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
        // That first day was a Wednesday.
        weekday = (days + 3) % 7
        // Days since 0000-03-01 in eras of 400 years (Hinnant's civil_from_days).
        let shifted = days - Self.daysToYearZero
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        var ordinal = day
        for earlier in 1..<month { ordinal += Self.daysInMonth(earlier, year: year) }
        yearDay = ordinal
    }

    /// `2026-11-21T14:02:10Z`.
    var rfc3339: String {
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
        let text = "\(year.magnitude)"
        let padded = String(repeating: "0", count: max(0, 4 - text.count)) + text
        return (year < 0 ? "-" : "") + padded + "-" + two(month) + "-" + two(day) + "T" + two(hour)
            + ":" + two(minute) + ":" + two(second) + "Z"
    }

    private static func daysInMonth(_ month: Int, year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}
