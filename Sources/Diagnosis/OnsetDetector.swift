import Basics

/// Finds the first sustained departure of one signal from what it did before.
///
/// Values are compared with the median and MAD of earlier values that were not departures
/// themselves. The threshold is wider than the band of the stop conditions (five deviations, 50 % of
/// the median, twice the floor), because an onset is told once and must not be noise.
package struct OnsetDetector: Sendable, Hashable {
    /// Fewest earlier values to compare with.
    package static let referenceMin = 5
    /// Departures in a row, with no value back in between.
    package static let departuresMin = 2

    package private(set) var onset: Timestamp?
    private var reference: [Double] = []
    private var pending: [SignalHistory.Point] = []
    private let floor: Double
    private let harm: Double

    /// - Parameters:
    ///   - floor: smallest departure that counts, in the signal's unit.
    ///   - harmIsUp: whether larger is worse.
    package init(floor: Double, harmIsUp: Bool) {
        self.floor = floor
        harm = harmIsUp ? 1 : -1
    }

    /// Takes in the next value, oldest first.
    package mutating func add(_ value: Double, at time: Timestamp) {
        guard onset == nil, value.isFinite else { return }
        guard reference.count >= Self.referenceMin, let centre = Statistics.median(reference),
            let mad = Statistics.mad(reference)
        else {
            reference.append(value)
            return
        }
        let threshold = max(5 * 1.4826 * mad, 0.5 * abs(centre), 2 * floor)
        if harm * (value - centre) > threshold {
            pending.append(SignalHistory.Point(time: time, value: value))
            if pending.count >= Self.departuresMin { onset = pending.first?.time }
        } else {
            reference += pending.compactMap(\.value)
            pending = []
            reference.append(value)
            if reference.count > 240 { reference.removeFirst(reference.count - 240) }
        }
    }
}
