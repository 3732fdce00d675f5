import Basics

// Clocks, fractions, zones and names: the parts every shape is made of.
extension TimeScanner {
    struct Clock {
        var hour: Int
        var minute: Int
        var second: Int
        var nanosecond: Int
        var end: Int
    }

    /// `HH:mm:ss` (or `h:mm:ss`, `HH.mm.ss`) with a fraction after `.`, `,` or `:`, and AM or PM.
    /// - Parameter padded: false takes minutes and seconds of one digit too (`0:7:20:444`).
    static func clock(_ line: Span<UInt8>, _ index: Int, padded: Bool = true) -> Clock? {
        let run = ByteScan.digitRun(line, index)
        let separator = ByteScan.at(line, index + run)
        guard run == 1 || run == 2, separator == 0x3A || separator == 0x2E,
            let hour = ByteScan.number(line, index, run), hour < 24,
            let minute = sixty(line, index + run + 1, padded),
            ByteScan.at(line, minute.end) == separator,
            let second = sixty(line, minute.end + 1, padded)
        else { return nil }
        var clock = Clock(
            hour: hour, minute: minute.value, second: second.value, nanosecond: 0, end: second.end)
        let mark = ByteScan.at(line, clock.end)
        let digits = ByteScan.digitRun(line, clock.end + 1)
        if digits > 0, mark == 0x2E || mark == 0x2C || (mark == 0x3A && digits % 3 == 0) {
            let fraction = self.fraction(line, clock.end + 1)
            clock.nanosecond = fraction.nanoseconds
            clock.end = fraction.end
        } else if mark == 0x3A, digits == 1 || digits == 2,
            ByteScan.at(line, clock.end + 1 + digits) == 0x7C
        {
            // `22:15:35:9|`: milliseconds that are not padded, before the next column.
            clock.nanosecond = 1_000_000 * (ByteScan.number(line, clock.end + 1, digits) ?? 0)
            clock.end += 1 + digits
        }
        guard !ByteScan.isDigit(mark) else { return nil }
        applyHalf(line, &clock)
        return clock
    }

    /// `HH:mm` alone, as pacman writes it.
    private static func minutes(_ line: Span<UInt8>, _ index: Int) -> Clock? {
        let next = ByteScan.at(line, index + 5)
        guard next == 0 || next == 0x20 || next == 0x5D, ByteScan.at(line, index + 2) == 0x3A,
            let hour = ByteScan.number(line, index, 2), hour < 24,
            let minute = ByteScan.number(line, index + 3, 2), minute < 60
        else { return nil }
        return Clock(hour: hour, minute: minute, second: 0, nanosecond: 0, end: index + 5)
    }

    /// 00…60 in two digits, or in one where the format does not pad.
    private static func sixty(_ line: Span<UInt8>, _ index: Int, _ padded: Bool)
        -> (value: Int, end: Int)?
    {
        let run = ByteScan.digitRun(line, index, limit: 3)
        guard run == 2 || (run == 1 && !padded), let value = ByteScan.number(line, index, run),
            value <= 60
        else { return nil }
        return (value, index + run)
    }

    /// AM or PM behind the clock, a blank in between allowed.
    private static func applyHalf(_ line: Span<UInt8>, _ clock: inout Clock) {
        let half = ByteScan.at(line, clock.end) == 0x20 ? clock.end + 1 : clock.end
        let letter = ByteScan.at(line, half) | 0x20
        guard (1...12).contains(clock.hour), letter == 0x61 || letter == 0x70,
            ByteScan.at(line, half + 1) | 0x20 == 0x6D,
            !ByteScan.isWord(ByteScan.at(line, half + 2))
        else { return }
        clock.hour = clock.hour % 12 + (letter == 0x70 ? 12 : 0)
        clock.end = half + 2
    }

    /// The digits at `index` as a decimal fraction of a second.
    static func fraction(_ line: Span<UInt8>, _ index: Int) -> (nanoseconds: Int, end: Int) {
        var end = index
        var value = 0
        while end < line.count, ByteScan.isDigit(line[end]) {
            if end - index < 9 { value = value * 10 + Int(line[end] - 0x30) }
            end += 1
        }
        for _ in min(9, end - index)..<9 { value *= 10 }
        return (value, end)
    }

    /// Seconds east of UTC of `Z`, `±hh:mm`, `±hhmm`, `±hh`, `UTC` or `GMT` at `index` (one blank
    /// may stand before it), or nil.
    static func zone(_ line: Span<UInt8>, _ index: Int) -> (offset: Int, end: Int)? {
        let spaced = ByteScan.at(line, index) == 0x20
        let position = spaced ? index + 1 : index
        let byte = ByteScan.at(line, position)
        if byte == 0x5A || byte == 0x7A {
            return ByteScan.isWord(ByteScan.at(line, position + 1)) ? nil : (0, position + 1)
        }
        if ByteScan.has(line, "UTC", at: position) || ByteScan.has(line, "GMT", at: position) {
            return ByteScan.isWord(ByteScan.at(line, position + 3)) ? nil : (0, position + 3)
        }
        if ByteScan.isUpper(byte) { return namedZone(line, position) }
        guard byte == 0x2B || byte == 0x2D, let hours = ByteScan.number(line, position + 1, 2),
            hours < 24
        else { return nil }
        let sign = byte == 0x2D ? -1 : 1
        let colon = ByteScan.at(line, position + 3) == 0x3A ? 1 : 0
        let run = ByteScan.digitRun(line, position + 3 + colon)
        if run == 2, let minutes = ByteScan.number(line, position + 3 + colon, 2), minutes < 60 {
            return (sign * (hours * 3600 + minutes * 60), position + 5 + colon)
        }
        guard run == 0, colon == 0, !spaced, !ByteScan.isWord(ByteScan.at(line, position + 3))
        else { return nil }
        return (sign * hours * 3600, position + 3)
    }

    /// The usual zone abbreviations; those that mean several zones are left out.
    private static func namedZone(_ line: Span<UInt8>, _ index: Int) -> (offset: Int, end: Int)? {
        var count = 0
        while count < 5, ByteScan.isUpper(ByteScan.at(line, index + count)) { count += 1 }
        guard count == 3 || count == 4, !ByteScan.isWord(ByteScan.at(line, index + count)),
            let minutes = zones[ByteScan.packedWord(line, index, count)]
        else { return nil }
        return (minutes * 60, index + count)
    }

    /// Minutes east of UTC.
    private static let zones: [UInt64: Int] = [
        ByteScan.packed("pst"): -480, ByteScan.packed("pdt"): -420, ByteScan.packed("mst"): -420,
        ByteScan.packed("mdt"): -360, ByteScan.packed("cdt"): -300, ByteScan.packed("est"): -300,
        ByteScan.packed("edt"): -240, ByteScan.packed("wet"): 0, ByteScan.packed("west"): 60,
        ByteScan.packed("cet"): 60, ByteScan.packed("cest"): 120, ByteScan.packed("eet"): 120,
        ByteScan.packed("eest"): 180, ByteScan.packed("msk"): 180, ByteScan.packed("jst"): 540,
        ByteScan.packed("kst"): 540, ByteScan.packed("aest"): 600, ByteScan.packed("aedt"): 660,
        ByteScan.packed("nzst"): 720, ByteScan.packed("nzdt"): 780,
    ]

    /// The found time of `date` and the clock at `position`, with its zone.
    static func finish(
        _ line: Span<UInt8>, _ start: Int, _ position: Int, date: (Int, Int, Int),
        shape: TimeShape, context: TimeContext, end: Int? = nil
    ) -> FoundTime? {
        guard
            let clock = clock(line, position, padded: shape != .compact)
                ?? (shape == .iso ? minutes(line, position) : nil),
            let local = CivilDate(
                year: date.0, month: date.1, day: date.2, hour: clock.hour,
                minute: clock.minute, second: clock.second, nanosecond: clock.nanosecond
            ).timestamp
        else { return nil }
        let zone = zone(line, clock.end)
        return FoundTime(
            time: local - .seconds(zone?.offset ?? context.zoneOffset), shape: shape,
            start: start, end: end ?? zone?.end ?? clock.end, assumes: zone == nil ? .zone : [])
    }

    /// As `finish`; the year is the one that puts the time closest before the reference, with one
    /// day of grace for clocks that disagree.
    static func finishWithoutYear(
        _ line: Span<UInt8>, _ start: Int, _ position: Int, month: Int, day: Int,
        shape: TimeShape, _ context: TimeContext
    ) -> FoundTime? {
        guard (1...12).contains(month), (1...31).contains(day), clock(line, position) != nil
        else { return nil }
        let limit = context.reference + .seconds(86_400)
        // Eight years back: 29 February needs a leap year, and 1900-like gaps do not matter here.
        let newest = context.newestYear
        for candidate in stride(from: newest, through: newest - 9, by: -1) {
            guard
                var found = finish(
                    line, start, position, date: (candidate, month, day), shape: shape,
                    context: context)
            else { continue }
            guard found.time <= limit else { continue }
            found.assumes.insert(.year)
            return found
        }
        return nil
    }

    /// A time of day: of the reference's date, or of the day before when it would lie ahead.
    static func clockOnly(_ line: Span<UInt8>, _ index: Int, _ context: TimeContext)
        -> FoundTime?
    {
        guard let clock = clock(line, index), !ByteScan.isWord(ByteScan.at(line, clock.end))
        else { return nil }
        var date = CivilDate(context.reference + .seconds(context.zoneOffset))
        date.hour = clock.hour
        date.minute = clock.minute
        date.second = clock.second
        date.nanosecond = clock.nanosecond
        guard var time = date.timestamp else { return nil }
        time = time - .seconds(context.zoneOffset)
        if time > context.reference + .seconds(3600) { time = time - .seconds(86_400) }
        return FoundTime(
            time: time, shape: .clockOnly, start: index, end: clock.end, assumes: [.date, .zone])
    }

    /// 1…12 for an English month name of three letters at `index`, or nil.
    static func monthName(_ line: Span<UInt8>, _ index: Int) -> Int? {
        guard index >= 0, index + 3 <= line.count, ByteScan.isUpper(line[index]) else { return nil }
        switch ByteScan.packedWord(line, index, 3) {
        case 0x6A_616E: return 1
        case 0x66_6562: return 2
        case 0x6D_6172: return 3
        case 0x61_7072: return 4
        case 0x6D_6179: return 5
        case 0x6A_756E: return 6
        case 0x6A_756C: return 7
        case 0x61_7567: return 8
        case 0x73_6570: return 9
        case 0x6F_6374: return 10
        case 0x6E_6F76: return 11
        case 0x64_6563: return 12
        default: return nil
        }
    }

    static func isWeekday(_ line: Span<UInt8>, _ index: Int) -> Bool {
        guard index + 3 <= line.count, ByteScan.isUpper(line[index]) else { return false }
        switch ByteScan.packedWord(line, index, 3) {
        case 0x6D_6F6E, 0x74_7565, 0x77_6564, 0x74_6875, 0x66_7269, 0x73_6174, 0x73_756E:
            return true
        default: return false
        }
    }
}
