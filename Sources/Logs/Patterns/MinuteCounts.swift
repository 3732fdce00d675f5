import Basics

/// Counts per minute over the last hour.
struct MinuteCounts {
    static let minutesMax = 60
    private var counts = [UInt32](repeating: 0, count: minutesMax)
    /// The newest minute that has a place, since the epoch.
    private(set) var newest: Int64 = .min

    static func minute(of time: Timestamp) -> Int64 {
        let (quotient, remainder) = time.nanoseconds.quotientAndRemainder(
            dividingBy: 60_000_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// Counts one; times more than an hour behind the newest are left out.
    mutating func add(at time: Timestamp) {
        let minute = Self.minute(of: time)
        if minute > newest { advance(to: minute) }
        guard newest - minute < Int64(Self.minutesMax) else { return }
        counts[Self.slot(minute)] &+= 1
    }

    private mutating func advance(to minute: Int64) {
        if newest == .min || newest <= minute - Int64(Self.minutesMax) {
            for index in counts.indices { counts[index] = 0 }
        } else {
            for passed in newest + 1...minute { counts[Self.slot(passed)] = 0 }
        }
        newest = minute
    }

    /// Adds the counts of another pattern.
    mutating func take(_ other: MinuteCounts) {
        guard other.newest != .min else { return }
        if other.newest > newest { advance(to: other.newest) }
        for minute in other.newest - Int64(Self.minutesMax) + 1...other.newest
        where newest - minute < Int64(Self.minutesMax) {
            counts[Self.slot(minute)] &+= UInt32(truncatingIfNeeded: other[minute])
        }
    }

    subscript(minute: Int64) -> Int {
        guard minute <= newest, newest - minute < Int64(Self.minutesMax) else { return 0 }
        return Int(counts[Self.slot(minute)])
    }

    /// The `count` minutes that end with `last`, oldest first.
    func series(last: Int64, count: Int) -> [Double] {
        (0..<count).map { Double(self[last - Int64(count - 1 - $0)]) }
    }

    private static func slot(_ minute: Int64) -> Int {
        let slot = Int(minute % Int64(minutesMax))
        return slot < 0 ? slot + minutesMax : slot
    }
}
