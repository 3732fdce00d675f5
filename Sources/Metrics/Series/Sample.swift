/// One measurement.
package struct Sample: Hashable, Sendable {
    /// Milliseconds since the epoch.
    package var t: Int64
    package var v: Double

    package init(t: Int64, v: Double) {
        self.t = t
        self.v = v
    }
}

/// The NaN that says "this series ended here", as opposed to a NaN that was measured.
///
/// The bit pattern is the one Prometheus writes, so that recorded data means the same everywhere.
package enum StaleMarker {
    package static let bits: UInt64 = 0x7ff0_0000_0000_0002
    package static var value: Double { Double(bitPattern: bits) }

    package static func isStale(_ value: Double) -> Bool { value.bitPattern == bits }
}

extension Double {
    /// The NaN that parsers and arithmetic produce.
    static let ordinaryNaN = Double(bitPattern: 0x7ff8_0000_0000_0001)
}
