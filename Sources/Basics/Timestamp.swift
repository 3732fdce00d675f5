/// A point on the wall clock: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Range: the years 1678 to 2262. Ordering between events never rests on it (a wall clock can step
/// back); sequence numbers and `BootTime` do that.
package struct Timestamp: Hashable, Comparable, Sendable, Codable {
    /// Nanoseconds since the epoch.
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    /// Milliseconds since the epoch, as Prometheus counts.
    package init(milliseconds: Int64) { nanoseconds = milliseconds &* 1_000_000 }
    /// Seconds since the epoch. Precision: about 0.2 µs for dates of this century.
    package init(seconds: Double) {
        nanoseconds = Int64((seconds * 1e9).rounded().clamped(to: -9.2e18...9.2e18))
    }

    package static let epoch = Timestamp(nanoseconds: 0)

    /// Milliseconds since the epoch, rounded down.
    package var milliseconds: Int64 {
        let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }
    /// Seconds since the epoch.
    package var seconds: Double { Double(nanoseconds) / 1e9 }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
    package static func + (time: Timestamp, span: Duration) -> Timestamp {
        Timestamp(nanoseconds: time.nanoseconds &+ span.nanoseconds)
    }
    package static func - (time: Timestamp, span: Duration) -> Timestamp {
        Timestamp(nanoseconds: time.nanoseconds &- span.nanoseconds)
    }
    package static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .nanoseconds(later.nanoseconds &- earlier.nanoseconds)
    }

    // Coded as a string: tools that read JSON numbers as doubles would round nanoseconds.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Int64(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected nanoseconds in a string")
        }
        nanoseconds = value
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(nanoseconds))
    }
}

extension Duration {
    /// Whole nanoseconds, clamped to 64 bits (292 years).
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        return product &+ attoseconds / 1_000_000_000
    }
    /// Seconds with their fraction.
    package var inSeconds: Double { Double(nanoseconds) / 1e9 }
    /// Milliseconds, rounded toward zero.
    package var inMilliseconds: Int64 { nanoseconds / 1_000_000 }

    package static func minutes(_ count: Double) -> Duration { .seconds(count * 60) }
    package static func hours(_ count: Double) -> Duration { .seconds(count * 3600) }
}

extension Comparable {
    /// The nearest value within `range`.
    package func clamped(to range: ClosedRange<Self>) -> Self {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
