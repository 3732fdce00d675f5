import Basics

/// What a reader of times must know besides the bytes.
package struct TimeContext: Sendable {
    /// When the line was written at the latest: now, or the file's modification time. Years and
    /// dates that a format leaves out are inferred from it.
    package let reference: Timestamp
    /// Seconds east of UTC, for times that name no zone.
    package let zoneOffset: Int
    /// Whether `03/04/2026` is the third of April; nil when nothing is known about the source.
    package var dayFirst: Bool?

    /// The last year that a time without one may be in: a day of grace for clocks that disagree.
    let newestYear: Int

    package init(reference: Timestamp, zoneOffset: Int = 0, dayFirst: Bool? = nil) {
        newestYear = CivilDate(reference + .seconds(86_400 + zoneOffset)).year
        self.reference = reference
        self.zoneOffset = zoneOffset
        self.dayFirst = dayFirst
    }
}

/// The shapes of written time that are told apart, `reference` of the formats in brackets.
package enum TimeShape: Sendable, Hashable {
    /// `2026-08-21T10:00:00.5Z` (RFC 3339) and its relatives with other separators.
    case iso
    /// `Aug  1 10:00:00` (RFC 3164), with or without year.
    case syslog
    /// `21/Aug/2026:10:00:00 +0000` (common log format), `21-Aug-2026 …`, `21 Aug 2026 …`.
    case dayMonthName
    /// `Sun Dec  4 04:47:44 2005` (ctime).
    case ctime
    /// `I0821 10:00:00.123456` (klog, glog).
    case klog
    /// `081109 203615`, `20171223-22:15:29:606`, `20170614101112`.
    case compact
    /// `08-21 10:00:00.123` (logcat), `10.30 16:49:06`.
    case monthDay
    /// `17/06/09 20:10:40` (yy/MM/dd).
    case shortYear
    /// Seconds, milli-, micro- or nanoseconds since 1970.
    case epoch
    /// `10:00:00.123` alone.
    case clockOnly
}

/// A time found in a line.
package struct FoundTime: Sendable {
    package var time: Timestamp
    package var shape: TimeShape
    /// Where its text starts and ends (exclusive), in bytes.
    package var start: Int
    package var end: Int
    package var assumes: TimeAssumptions = []
    /// The date shows by itself whether the day comes before the month.
    package var dayFirst: Bool?
}

/// What a written time leaves out and was inferred.
package struct TimeAssumptions: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// No zone is written: the context's.
    package static let zone = TimeAssumptions(rawValue: 1)
    /// No year is written: the one that puts it closest before the reference.
    package static let year = TimeAssumptions(rawValue: 2)
    /// A time of day alone: the reference's date.
    package static let date = TimeAssumptions(rawValue: 4)
    /// Day and month could be either way round.
    package static let order = TimeAssumptions(rawValue: 8)

    /// Their names, in this order.
    package var words: [String] {
        let names: [(TimeAssumptions, String)] = [
            (.zone, "zone"), (.year, "year"), (.date, "date"), (.order, "order"),
        ]
        return names.filter { contains($0.0) }.map(\.1)
    }
}

/// Finds the time a log line was written at, by bytes, in one pass over its first bytes.
package enum TimeScanner {
    /// A time that starts behind this many bytes is part of the message.
    static let columnMax = 120

    /// The first time in the line's head, or nil.
    ///
    /// A time of day without a date is taken only when no full one follows.
    package static func find(
        _ line: Span<UInt8>, from start: Int = 0, context: TimeContext, columnMax: Int = columnMax
    ) -> FoundTime? {
        var clock: FoundTime?
        var date: (Int, Int, Int)?
        var index = start
        let end = min(line.count, start + columnMax)
        var previous: UInt8 = 0x20
        while index < end {
            let byte = line[index]
            let startsWord = !ByteScan.isWord(previous)
            if startsWord, ByteScan.isWord(byte) {
                if let found = shape(line, index, previous: previous, context) {
                    if found.shape != .clockOnly { return second(line, after: found, context) }
                    if clock == nil { clock = dated(line, found, date, context) ?? found }
                    index = found.end
                    previous = 0x20
                    continue
                }
                if date == nil { date = isoDate(line, index) }
            }
            previous = byte
            index += 1
        }
        return clock
    }

    /// A date in one column and its time of day in a later one.
    private static func dated(
        _ line: Span<UInt8>, _ clock: FoundTime, _ date: (Int, Int, Int)?, _ context: TimeContext
    ) -> FoundTime? {
        guard let date else { return nil }
        return finish(
            line, clock.start, clock.start, date: date, shape: .iso, context: context)
    }

    /// `yyyy-MM-dd` that nothing follows but a blank.
    private static func isoDate(_ line: Span<UInt8>, _ index: Int) -> (Int, Int, Int)? {
        guard ByteScan.at(line, index + 4) == 0x2D, ByteScan.at(line, index + 7) == 0x2D,
            ByteScan.isBlank(ByteScan.at(line, index + 10)),
            let year = ByteScan.number(line, index, 4), (1970...2199).contains(year),
            let month = ByteScan.number(line, index + 5, 2),
            let day = ByteScan.number(line, index + 8, 2)
        else { return nil }
        return (year, month, day)
    }

    /// Log shippers prefix lines with the file's name and its rotation time
    /// (`….log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008`): the second one is the line's.
    private static func second(
        _ line: Span<UInt8>, after found: FoundTime, _ context: TimeContext
    ) -> FoundTime {
        guard found.shape == .iso, found.start > 0, found.end + 1 < line.count,
            ByteScan.at(line, found.start + 10) == 0x5F, line[found.end] == 0x20,
            let next = shape(line, found.end + 1, previous: 0x20, context), next.shape == .iso
        else { return found }
        return next
    }

    /// The time that starts exactly at `index`, or nil.
    static func shape(
        _ line: Span<UInt8>, _ index: Int, previous: UInt8, _ context: TimeContext
    ) -> FoundTime? {
        guard ByteScan.isDigit(line[index]) else {
            return named(line, index, context)
        }
        let run = ByteScan.digitRun(line, index)
        let next = ByteScan.at(line, index + run)
        if previous == 0x40, let label = tai64(line, index) { return label }
        switch run {
        case 4: return iso(line, index, next, context)
        case 1, 2: return short(line, index, run, next, context)
        case 6, 8, 14: return compact(line, index, run, next, context)
        case 10, 13, 16, 19: return epoch(line, index, run, next, previous: previous)
        default: return nil
        }
    }
}
