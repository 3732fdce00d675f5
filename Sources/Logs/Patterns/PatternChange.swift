import Basics

/// How a pattern's rate has changed since the incident began: a pure function of counts and time.
package enum PatternChange: Sendable, Equatable {
    /// First seen since the incident began, while the log was read before it too.
    case new
    /// Lines per minute now, and before the incident.
    case spiking(now: Double, usual: Double)
    /// Not seen in the last minutes; lines per minute before the incident.
    case vanished(usual: Double)

    /// The mean and the spread of whole minutes.
    struct Baseline: Equatable {
        var mean: Double
        /// Variance divided by mean, at least 1: above 1 the lines come in bursts.
        var dispersion: Double
        var minutes: Int
    }

    /// Minutes of the recent past that are judged.
    private static let windowMax: Int64 = 5
    /// Standard deviations by which a rate must exceed what bursts explain.
    private static let deviationsMin = 5.0
    private static let linesMin = 10.0
    private static let factorMin = 2.0
    /// Expected bursts, of which none came: the chance is below 1 in 100,000 at 12.
    private static let missedMin = 12.0
    /// Minutes before the incident without which rates are not compared.
    private static let baselineMinutesMin = 3

    /// Nil when nothing that noise would not explain has changed. `coverage` is the earliest time
    /// for which lines were read.
    static func judge(
        _ minutes: MinuteCounts, firstSeen: Timestamp, now: Timestamp, incidentStart: Timestamp,
        coverage: Timestamp
    ) -> PatternChange? {
        if firstSeen >= incidentStart { return coverage < incidentStart ? .new : nil }
        guard now > incidentStart,
            let usual = baseline(minutes, before: incidentStart, coverage: coverage),
            usual.minutes >= baselineMinutesMin
        else { return nil }
        let last = MinuteCounts.minute(of: now)
        // The minute in which the incident began belongs half to the time before it.
        let first = max(MinuteCounts.minute(of: incidentStart) + 1, last - windowMax + 1)
        guard first <= last else { return nil }
        let passed =
            Double(
                now.nanoseconds - first * 60_000_000_000) / 60_000_000_000
        guard passed > 0 else { return nil }
        var seen = 0.0
        for minute in first...last { seen += Double(minutes[minute]) }
        let expected = usual.mean * passed
        let deviation = ((expected + 1) * usual.dispersion).squareRoot()
        if seen >= linesMin, seen >= factorMin * expected,
            seen - expected >= deviationsMin * deviation
        {
            return .spiking(now: seen / passed, usual: usual.mean)
        }
        if seen == 0, expected / usual.dispersion >= missedMin {
            return .vanished(usual: usual.mean)
        }
        return nil
    }

    /// The whole minutes before `start` that were read and are still held; nil when there is none.
    static func baseline(_ minutes: MinuteCounts, before start: Timestamp, coverage: Timestamp)
        -> Baseline?
    {
        let end = MinuteCounts.minute(of: start)
        let first = max(
            MinuteCounts.minute(of: coverage) + 1,
            max(end, minutes.newest) - Int64(MinuteCounts.minutesMax) + 1)
        guard first < end else { return nil }
        var sum = 0.0
        var squares = 0.0
        for minute in first..<end {
            let count = Double(minutes[minute])
            sum += count
            squares += count * count
        }
        let count = Double(end - first)
        let mean = sum / count
        let variance = max(0, squares / count - mean * mean)
        return Baseline(
            mean: mean, dispersion: mean > 0 ? max(1, variance / mean) : 1,
            minutes: Int(end - first))
    }
}
