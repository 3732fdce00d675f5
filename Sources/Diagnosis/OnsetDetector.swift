import Basics

/// Finds the first sustained departure of one signal from what it did before.
///
/// Values are compared with the median and MAD of earlier values that were not departures
/// themselves. The threshold is wider than the band of the stop conditions (five deviations, 50 %
/// of the median, twice the floor), because an onset is told once and must not be noise.
package struct OnsetDetector: Sendable, Hashable {
    /// Fewest earlier values to compare with.
    package static let referenceMin = 5
    /// Departures in a row, with no value back in between.
    package static let departuresMin = 2
    /// How long it must last: readings a few seconds apart share most of their rate's window.
    package static let departureSpanMin = Duration.seconds(10)
    /// Values without a departure after which an earlier onset no longer counts.
    package static let calmMin = 20

    package private(set) var onset: Timestamp?
    /// The time of the newest value taken in.
    package private(set) var lastTime: Timestamp?
    /// Whether the newest values are departures.
    package private(set) var isDeparted = false
    private var reference: [Double] = []
    private var calm = 0
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
        guard value.isFinite, lastTime.map({ time > $0 }) ?? true else { return }
        lastTime = time
        guard reference.count >= Self.referenceMin, let centre = Statistics.median(reference),
            let mad = Statistics.mad(reference)
        else {
            reference.append(value)
            return
        }
        let threshold = max(5 * 1.4826 * mad, 0.5 * abs(centre), 2 * floor)
        if harm * (value - centre) > threshold {
            calm = 0
            if !isDeparted { pending.append(SignalHistory.Point(time: time, value: value)) }
            if let first = pending.first, pending.count >= Self.departuresMin,
                time - first.time >= Self.departureSpanMin
            {
                isDeparted = true
                onset = onset ?? pending.first?.time
            }
        } else {
            settled()
            reference.append(value)
            if reference.count > 240 { reference.removeFirst(reference.count - 240) }
        }
    }

    /// A departure that is over: a single one was noise and joins the reference; a sustained one
    /// that has been over for long was another incident, and its onset is forgotten.
    private mutating func settled() {
        if !isDeparted { reference += pending.compactMap(\.value) }
        pending = []
        isDeparted = false
        calm += 1
        if calm >= Self.calmMin { onset = nil }
    }
}
