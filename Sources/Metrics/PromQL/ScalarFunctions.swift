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

    /// - Parameter seconds: since the epoch; the fraction is cut off. Nil when it is not finite or
    ///   some hundred million years away.
    init?(seconds: Double) {
        guard seconds.isFinite, abs(seconds) < 1e16 else { return nil }
        let whole = Int(seconds)
        var days = whole / 86_400
        var rest = whole % 86_400
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        hour = rest / 3600
        minute = rest / 60 % 60
        weekday = ((days + 4) % 7 + 7) % 7
        // Days since 0000-03-01 in eras of 400 years (Hinnant's civil_from_days).
        let shifted = days + 719_468
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

    private static func daysInMonth(_ month: Int, year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}
