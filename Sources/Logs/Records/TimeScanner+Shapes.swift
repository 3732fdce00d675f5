import Basics

// One function per family of written times. `index` is where the text starts.
extension TimeScanner {
    /// `yyyy-MM-dd`, `yyyy/MM/dd` or `yyyy.MM.dd`, then `T`, blank, `_`, `-` or `, ` and a clock.
    static func iso(_ line: Span<UInt8>, _ index: Int, _ next: UInt8, _ context: TimeContext)
        -> FoundTime?
    {
        guard next == 0x2D || next == 0x2F || next == 0x2E,
            let year = ByteScan.number(line, index, 4), (1970...2199).contains(year),
            let month = ByteScan.number(line, index + 5, 2), ByteScan.at(line, index + 7) == next,
            let day = ByteScan.number(line, index + 8, 2)
        else { return nil }
        var position = index + 10
        switch ByteScan.at(line, position) {
        case 0x54, 0x74, 0x5F, 0x2D: position += 1  // T t _ -
        case 0x20, 0x3A: position = ByteScan.skipBlanks(line, position + 1)
        case 0x2C where ByteScan.at(line, position + 1) == 0x20:
            position = ByteScan.skipBlanks(line, position + 1)
        default: return nil
        }
        return finish(
            line, index, position, date: (year, month, day), shape: .iso, context: context)
    }

    /// Everything that starts with one or two digits.
    static func short(
        _ line: Span<UInt8>, _ index: Int, _ run: Int, _ next: UInt8, _ context: TimeContext
    ) -> FoundTime? {
        guard let first = ByteScan.number(line, index, run) else { return nil }
        let second = index + run + 1
        if next == 0x3A {
            guard run == 2 else { return nil }
            return clockOnly(line, index, context)
        }
        if let month = monthName(line, second), next == 0x2F || next == 0x2D || next == 0x20 {
            return dayMonthName(line, index, second + 3, day: first, month: month, context)
        }
        if let found = ambiguous(line, index, run, next, context) { return found }
        if run == 1, next == 0x2F { return shortMonthDay(line, index, run, context) }
        guard run == 2, let other = ByteScan.number(line, second, 2) else { return nil }
        let separator = ByteScan.at(line, second + 2)
        if next == 0x2F, separator == 0x2F, let third = ByteScan.number(line, second + 3, 2),
            ByteScan.at(line, second + 5) == 0x20
        {
            return finish(
                line, index, second + 6, date: (2000 + first, other, third), shape: .shortYear,
                context: context)
                ?? shortMonthDay(line, index, run, context)
        }
        guard next == 0x2D || next == 0x2E, separator == 0x20 else { return nil }
        return finishWithoutYear(
            line, index, second + 3, month: first, day: other, shape: .monthDay, context)
    }

    /// `8/21/2026 10:00:00 AM` or `21/8/2026, 10:00:00`; with dots the day always comes first.
    private static func ambiguous(
        _ line: Span<UInt8>, _ index: Int, _ run: Int, _ next: UInt8, _ context: TimeContext
    ) -> FoundTime? {
        guard let (first, second, end) = ambiguousDate(line, index, run, next),
            let year = ByteScan.number(line, end - 4, 4), (1970...2199).contains(year)
        else { return nil }
        var position = end
        if ByteScan.at(line, position) == 0x2C { position += 1 }
        guard position < line.count, ByteScan.isBlank(line[position]) || line[position] == 0x54
        else { return nil }
        position = ByteScan.skipBlanks(line, position + 1)
        let isSettled = next == 0x2E || first > 12 || second > 12
        let dayFirst = next == 0x2E || first > 12 || (second <= 12 && context.dayFirst == true)
        let date = dayFirst ? (year, second, first) : (year, first, second)
        var found = finish(
            line, index, position, date: date, shape: .iso, context: context)
        if isSettled {
            found?.dayFirst = dayFirst
        } else if context.dayFirst == nil {
            found?.assumes.insert(.order)
        }
        return found
    }

    /// `8/21/26 10:00:00:123 UTC`: a year of two digits at the end, the month first.
    private static func shortMonthDay(
        _ line: Span<UInt8>, _ index: Int, _ run: Int, _ context: TimeContext
    ) -> FoundTime? {
        let other = index + run + 1
        let otherRun = ByteScan.digitRun(line, other)
        let yearAt = other + otherRun + 1
        guard otherRun == 1 || otherRun == 2, ByteScan.at(line, yearAt - 1) == 0x2F,
            ByteScan.digitRun(line, yearAt) == 2, ByteScan.at(line, yearAt + 2) == 0x20,
            let month = ByteScan.number(line, index, run),
            let day = ByteScan.number(line, other, otherRun),
            let year = ByteScan.number(line, yearAt, 2)
        else { return nil }
        return finish(
            line, index, yearAt + 3, date: (2000 + year, month, day), shape: .iso,
            context: context)
    }

    /// The two leading numbers of `d/d/yyyy` at `index`, and the end of the date.
    static func ambiguousDate(
        _ line: Span<UInt8>, _ index: Int, _ run: Int, _ next: UInt8
    ) -> (first: Int, second: Int, end: Int)? {
        guard run <= 2, next == 0x2F || next == 0x2E || next == 0x2D,
            let first = ByteScan.number(line, index, run)
        else { return nil }
        let other = index + run + 1
        let otherRun = ByteScan.digitRun(line, other)
        guard otherRun == 1 || otherRun == 2, ByteScan.at(line, other + otherRun) == next,
            let second = ByteScan.number(line, other, otherRun),
            ByteScan.digitRun(line, other + otherRun + 1) == 4
        else { return nil }
        return (first, second, other + otherRun + 5)
    }

    /// `4000000050d506482dd0f4c4` behind an at sign (TAI64N), ten seconds ahead of UTC as the
    /// programs that write it have it.
    static func tai64(_ line: Span<UInt8>, _ index: Int) -> FoundTime? {
        var end = index
        while end < line.count, end - index < 25, ByteScan.isHex(line[end]) { end += 1 }
        guard end - index == 16 || end - index == 24, ByteScan.has(line, "40000000", at: index)
        else { return nil }
        func value(_ range: Range<Int>) -> Int64 {
            var value: Int64 = 0
            for position in range {
                let byte = line[position]
                let digit = ByteScan.isDigit(byte) ? byte - 0x30 : (byte | 0x20) - 0x57
                value = value << 4 | Int64(digit)
            }
            return value
        }
        let seconds = value(index + 8..<index + 16) - 10
        let nanoseconds = end - index == 24 ? value(index + 16..<end) : 0
        guard plausible(Int(seconds)), nanoseconds < 1_000_000_000 else { return nil }
        return FoundTime(
            time: Timestamp(nanoseconds: seconds * 1_000_000_000 + nanoseconds), shape: .epoch,
            start: index, end: end)
    }

    /// `21/Aug/2026:10:00:00 +0000`, `21-Aug-2026 10:00:00.123`, `21 Aug [2026] 10:00:00.123`.
    private static func dayMonthName(
        _ line: Span<UInt8>, _ index: Int, _ after: Int, day: Int, month: Int,
        _ context: TimeContext
    ) -> FoundTime? {
        guard let year = ByteScan.number(line, after + 1, 4),
            ByteScan.digitRun(line, after + 1) == 4
        else {
            return finishWithoutYear(
                line, index, after + 1, month: month, day: day, shape: .dayMonthName, context)
        }
        let separator = ByteScan.at(line, after + 5)
        guard separator == 0x3A || separator == 0x20 else { return nil }
        // Erlang's reports write two colons.
        let clock = after + (ByteScan.at(line, after + 6) == 0x3A ? 7 : 6)
        return finish(
            line, index, clock, date: (year, month, day), shape: .dayMonthName, context: context)
    }

    /// `yyMMdd HHmmss`, `yyMMdd HH:mm:ss`, `yyyyMMdd-HH:mm:ss:fff`, `yyyyMMddTHHmmss`,
    /// `yyyyMMddHHmmss`.
    static func compact(
        _ line: Span<UInt8>, _ index: Int, _ run: Int, _ next: UInt8, _ context: TimeContext
    ) -> FoundTime? {
        let yearDigits = run == 6 ? 2 : 4
        guard let year = ByteScan.number(line, index, yearDigits),
            let month = ByteScan.number(line, index + yearDigits, 2), (1...12).contains(month),
            let day = ByteScan.number(line, index + yearDigits + 2, 2), (1...31).contains(day),
            run == 6 || (1970...2199).contains(year)
        else { return nil }
        let date = (run == 6 ? 2000 + year : year, month, day)
        if run == 14 {
            return finishPacked(line, index, index + 8, date: date, context)
        }
        guard next == 0x20 || next == 0x2D || next == 0x54 || next == 0x5F else { return nil }
        let clock = ByteScan.skipBlanks(line, index + run + 1)
        if ByteScan.digitRun(line, clock) == 6 {
            return finishPacked(line, index, clock, date: date, context)
        }
        return finish(line, index, clock, date: date, shape: .compact, context: context)
    }

    private static func finishPacked(
        _ line: Span<UInt8>, _ index: Int, _ clock: Int, date: (Int, Int, Int),
        _ context: TimeContext
    ) -> FoundTime? {
        guard let hour = ByteScan.number(line, clock, 2),
            let minute = ByteScan.number(line, clock + 2, 2),
            let second = ByteScan.number(line, clock + 4, 2),
            let local = CivilDate(
                year: date.0, month: date.1, day: date.2, hour: hour, minute: minute,
                second: second
            ).timestamp
        else { return nil }
        var end = clock + 6
        var nanoseconds = 0
        if ByteScan.at(line, end) == 0x2E, ByteScan.isDigit(ByteScan.at(line, end + 1)) {
            (nanoseconds, end) = fraction(line, end + 1)
        }
        // A blank and an offset would rather be the next column.
        let zone = ByteScan.at(line, end) == 0x20 ? nil : zone(line, end)
        end = zone?.end ?? end
        guard !ByteScan.isWord(ByteScan.at(line, end)) else { return nil }
        let time = local + .nanoseconds(nanoseconds) - .seconds(zone?.offset ?? context.zoneOffset)
        return FoundTime(
            time: time, shape: .compact, start: index, end: end, assumes: zone == nil ? .zone : [])
    }

    /// Seconds (10 digits, maybe with a fraction), milli-, micro-, nanoseconds since 1970, in the
    /// years 2000 to 2100 and at the start of a field.
    static func epoch(
        _ line: Span<UInt8>, _ index: Int, _ run: Int, _ next: UInt8, previous: UInt8
    ) -> FoundTime? {
        guard previous == 0x20 || "[(\"=,:+|".utf8.contains(previous) || index == 0,
            !ByteScan.isLetter(next), next != 0x2D, next != 0x5F, next != 0x2F
        else { return nil }
        // `sshd[1430319012]` is a process.
        let isAttached = (previous == 0x5B || previous == 0x28) && index >= 2
        if isAttached, next != 0x2E, ByteScan.isWord(line[index - 2]) { return nil }
        guard run != 19 else {
            guard let high = ByteScan.number(line, index, 10), plausible(high),
                let low = ByteScan.number(line, index + 10, 9)
            else { return nil }
            return FoundTime(
                time: Timestamp(nanoseconds: Int64(high) * 1_000_000_000 + Int64(low)),
                shape: .epoch, start: index, end: index + run)
        }
        guard let value = ByteScan.number(line, index, run) else { return nil }
        let unit = run == 10 ? 1_000_000_000 : run == 13 ? 1_000_000 : 1_000
        let (total, overflow) = value.multipliedReportingOverflow(by: unit)
        guard !overflow, plausible(total / 1_000_000_000) else { return nil }
        var end = index + run
        var nanoseconds = Int64(total)
        if run == 10, next == 0x2E, ByteScan.isDigit(ByteScan.at(line, end + 1)) {
            let fraction = self.fraction(line, end + 1)
            nanoseconds += Int64(fraction.nanoseconds)
            end = fraction.end
        }
        return FoundTime(
            time: Timestamp(nanoseconds: nanoseconds), shape: .epoch, start: index, end: end)
    }

    private static func plausible(_ seconds: Int) -> Bool {
        (946_684_800...4_102_444_800).contains(seconds)
    }

    /// Everything that starts with a letter: month and weekday names, klog's level letter.
    static func named(_ line: Span<UInt8>, _ index: Int, _ context: TimeContext) -> FoundTime? {
        if ByteScan.isDigit(ByteScan.at(line, index + 1)) {
            return index == 0 ? klog(line, context) : nil
        }
        if let month = monthName(line, index), ByteScan.at(line, index + 3) == 0x20 {
            return monthFirst(line, index, index, month, context, shape: .syslog)
        }
        if let month = monthName(line, index), ByteScan.at(line, index + 3) == 0x2D,
            let day = ByteScan.number(line, index + 4, 2), ByteScan.at(line, index + 6) == 0x20
        {
            return finishWithoutYear(
                line, index, index + 7, month: month, day: day, shape: .monthDay, context)
        }
        guard isWeekday(line, index) else { return nil }
        var position = index + 3
        if ByteScan.at(line, position) == 0x2C { position += 1 }
        guard ByteScan.at(line, position) == 0x20 else { return nil }
        position = ByteScan.skipBlanks(line, position)
        guard let month = monthName(line, position), ByteScan.at(line, position + 3) == 0x20 else {
            return ByteScan.isDigit(ByteScan.at(line, position))
                ? shape(line, position, previous: 0x20, context) : nil
        }
        return monthFirst(line, index, position, month, context, shape: .ctime)
    }

    /// `Mon d HH:mm:ss[.f] [TZ] [yyyy]`, `Mon d yyyy HH:mm:ss`, `Mon d, yyyy h:mm:ss AM`.
    private static func monthFirst(
        _ line: Span<UInt8>, _ start: Int, _ index: Int, _ month: Int, _ context: TimeContext,
        shape: TimeShape
    ) -> FoundTime? {
        var position = ByteScan.skipBlanks(line, index + 3)
        let run = ByteScan.digitRun(line, position)
        guard run == 1 || run == 2, let day = ByteScan.number(line, position, run) else {
            return nil
        }
        position += run
        if ByteScan.at(line, position) == 0x2C { position += 1 }
        guard ByteScan.at(line, position) == 0x20 else { return nil }
        position = ByteScan.skipBlanks(line, position)
        if ByteScan.digitRun(line, position) == 4, let year = ByteScan.number(line, position, 4) {
            position += ByteScan.at(line, position + 4) == 0x2C ? 5 : 4
            return finish(
                line, start, ByteScan.skipBlanks(line, position), date: (year, month, day),
                shape: shape, context: context)
        }
        guard let clock = clock(line, position) else { return nil }
        if let year = yearBehind(line, clock.end, required: shape == .ctime) {
            return finish(
                line, start, position, date: (year.value, month, day), shape: shape,
                context: context, end: year.end)
        }
        return finishWithoutYear(
            line, start, position, month: month, day: day, shape: shape, context)
    }

    /// The year that ctime writes behind the clock, a zone name in between allowed.
    private static func yearBehind(_ line: Span<UInt8>, _ index: Int, required: Bool)
        -> (value: Int, end: Int)?
    {
        guard ByteScan.at(line, index) == 0x20 else { return nil }
        var position = index + 1
        var letters = 0
        while required, letters < 5, ByteScan.isUpper(ByteScan.at(line, position + letters)) {
            letters += 1
        }
        if letters >= 2, ByteScan.at(line, position + letters) == 0x20 { position += letters + 1 }
        guard ByteScan.digitRun(line, position) == 4,
            let year = ByteScan.number(line, position, 4), (1970...2199).contains(year),
            required || !ByteScan.isWord(ByteScan.at(line, position + 4))
        else { return nil }
        return (year, position + 4)
    }

    /// `I0821 10:00:00.123456` or `I20260821 10:00:00.123456`.
    private static func klog(_ line: Span<UInt8>, _ context: TimeContext) -> FoundTime? {
        guard "IWEFDCV".utf8.contains(line[0]) else { return nil }
        let run = ByteScan.digitRun(line, 1)
        guard ByteScan.at(line, 1 + run) == 0x20 else { return nil }
        let clock = ByteScan.skipBlanks(line, 1 + run)
        if run == 8, let year = ByteScan.number(line, 1, 4),
            let month = ByteScan.number(line, 5, 2), let day = ByteScan.number(line, 7, 2)
        {
            return finish(
                line, 0, clock, date: (year, month, day), shape: .klog, context: context)
        }
        guard run == 4, let month = ByteScan.number(line, 1, 2),
            let day = ByteScan.number(line, 3, 2)
        else { return nil }
        return finishWithoutYear(
            line, 0, clock, month: month, day: day, shape: .klog, context)
    }
}
