import Basics

/// Counts per minute over the last hour.
struct MinuteCounts {
    static let minutesMax = 60
    /// Empty while one minute alone has lines: most patterns are seen once.
    private var counts: [UInt32] = []
    private var single: UInt32 = 0
    /// The newest minute that has a place, since the epoch.
    private(set) var newest: Int64 = .min

    static func minute(of time: Timestamp) -> Int64 {
        let (quotient, remainder) = time.nanoseconds.quotientAndRemainder(
            dividingBy: 60_000_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// Counts one; times more than an hour behind the newest are left out.
    mutating func add(at time: Timestamp) {
        add(1, at: Self.minute(of: time))
    }

    private mutating func add(_ count: UInt32, at minute: Int64) {
        if counts.isEmpty {
            if single == 0 { newest = minute }
            if newest == minute {
                single &+= count
                return
            }
            counts = [UInt32](repeating: 0, count: Self.minutesMax)
            counts[Self.slot(newest)] = single
        }
        if minute > newest { advance(to: minute) }
        guard minute > newest - Int64(Self.minutesMax) else { return }
        counts[Self.slot(minute)] &+= count
    }

    private mutating func advance(to minute: Int64) {
        if newest <= minute - Int64(Self.minutesMax) {
            for index in counts.indices { counts[index] = 0 }
        } else {
            for passed in newest + 1...minute { counts[Self.slot(passed)] = 0 }
        }
        newest = minute
    }

    /// Adds the counts of another pattern.
    mutating func take(_ other: MinuteCounts) {
        if other.counts.isEmpty {
            if other.single > 0 { add(other.single, at: other.newest) }
            return
        }
        for minute in other.newest - Int64(Self.minutesMax) + 1...other.newest {
            let count = other[minute]
            if count > 0 { add(UInt32(truncatingIfNeeded: count), at: minute) }
        }
    }

    subscript(minute: Int64) -> Int {
        if counts.isEmpty { return minute == newest ? Int(single) : 0 }
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

extension MinuteCounts {
    /// The newest minute and, for each minute that has lines, how long before it and how many.
    func append(to out: inout [UInt8]) {
        let held =
            counts.isEmpty
            ? (single > 0 ? [(0, Int(single))] : [])
            : (0..<Self.minutesMax).map { ($0, self[newest - Int64($0)]) }.filter { $0.1 > 0 }
        out.append(counts.isEmpty ? 0 : 1)
        out.appendFixed(newest)
        out.appendVarint(held.count)
        for (age, count) in held {
            out.appendVarint(age)
            out.appendVarint(count)
        }
    }

    /// Nil for what `append` does not write.
    init?(_ cursor: inout ByteCursor) {
        guard let kind = cursor.take(1)?.first, let newest = cursor.fixed(Int64.self),
            let held = cursor.varint(), held <= (kind == 0 ? 1 : Self.minutesMax),
            kind == 0 && held == 0 || SavedTime.minutes.contains(newest)
        else { return nil }
        self.newest = newest
        if kind != 0 { counts = [UInt32](repeating: 0, count: Self.minutesMax) }
        for _ in 0..<held {
            guard let age = cursor.varint(), age < Self.minutesMax, let count = cursor.varint()
            else { return nil }
            if kind == 0 {
                single = UInt32(truncatingIfNeeded: count)
            } else {
                counts[Self.slot(newest - Int64(age))] = UInt32(truncatingIfNeeded: count)
            }
        }
    }
}
