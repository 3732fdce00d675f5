import Basics
import Logs

/// Records per minute and level over the last hour.
struct LevelHistogram {
    static let minutesMax = 60
    private var minutes: [Int64: MinuteLevels] = [:]

    mutating func add(_ level: LogLevel?, at time: Timestamp) {
        let minute = Self.minute(time)
        var entry = minutes[minute] ?? MinuteLevels(minute: Self.start(minute))
        if let level { entry.counts[level.rawValue] += 1 } else { entry.unknown += 1 }
        minutes[minute] = entry
        if minutes.count > 4 * Self.minutesMax { prune() }
    }

    /// The hour that ends with the minute of `now`, oldest first.
    func lastHour(now: Timestamp) -> [MinuteLevels] {
        let last = Self.minute(now)
        return (last - Int64(Self.minutesMax) + 1...last).map {
            minutes[$0] ?? MinuteLevels(minute: Self.start($0))
        }
    }

    private mutating func prune() {
        let kept = minutes.keys.sorted().suffix(2 * Self.minutesMax)
        let oldest = kept.first ?? 0
        minutes = minutes.filter { $0.key >= oldest }
    }

    private static func minute(_ time: Timestamp) -> Int64 {
        let (quotient, remainder) = time.nanoseconds.quotientAndRemainder(
            dividingBy: 60_000_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    private static func start(_ minute: Int64) -> Timestamp {
        Timestamp(nanoseconds: minute * 60_000_000_000)
    }
}

// MARK: - On disk

extension LevelHistogram {
    private static let savedMax = 4 * minutesMax + 1

    func append(to out: inout [UInt8]) {
        let held = minutes.keys.sorted().suffix(Self.savedMax)
        out.appendVarint(held.count)
        for minute in held {
            guard let levels = minutes[minute] else { continue }
            out.appendFixed(minute)
            out.appendVarint(levels.unknown)
            for count in levels.counts { out.appendVarint(count) }
        }
    }

    /// Nil for what `append` does not write.
    init?(_ cursor: inout ByteCursor) {
        guard let count = cursor.varint(), count <= Self.savedMax else { return nil }
        for _ in 0..<count {
            guard let minute = cursor.fixed(Int64.self), abs(minute / 2) < 1 << 26,
                let unknown = cursor.varint()
            else { return nil }
            var levels = MinuteLevels(minute: Self.start(minute), unknown: unknown)
            for level in levels.counts.indices {
                guard let lines = cursor.varint() else { return nil }
                levels.counts[level] = lines
            }
            minutes[minute] = levels
        }
    }
}
