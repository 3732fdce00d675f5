import Basics
import Incidents
import Metrics
import Playbooks

/// One signal over time: value, freshness, history, onset and baseline.
struct SignalTracker: Sendable {
    var definition: SignalDefinition
    let expression: Expression?
    let metricNames: Set<String>
    var state: SignalState
    var history = SignalHistory()
    var detector: OnsetDetector
    /// Whether it ever had a value here.
    var hadValue = false
    /// Why its data cannot be trusted now; empty when it can.
    var gap = ""
    var interval = Duration.seconds(15)
    var isFrozen = false
    var baselineTriedAt: Timestamp?
    /// The onset that the last attempt at a baseline went by.
    var baselineAnchor: Timestamp?
    var baselineReason = "nothing is known from before the incident"
    var backfillsDone = 0
    /// Values from the hour before the onset, for the comparison after a deploy.
    var before: [Double] = []
    var beforeTriedAt: Timestamp?

    init(_ definition: SignalDefinition, _ expression: Expression?) {
        self.definition = definition
        self.expression = expression
        metricNames = expression?.metricNames ?? []
        state = SignalState(definition: definition)
        detector = OnsetDetector(floor: definition.floor, harmIsUp: definition.harm != .down)
    }

    /// Whether a condition or the onset may rest on the value: it is there and its data is fresh.
    var trusted: Double? { gap.isEmpty ? state.value : nil }

    /// Presets of these roles bind only once they had a value: a server without a memory limit has
    /// no memory saturation. Error ratio, latency and queues bind by their metrics alone.
    var isBound: Bool {
        switch definition.role {
        case .errorRatio, .latency, .queue: true
        case .saturation, .traffic, .other:
            hadValue || definition.origin == "configuration"
        }
    }

    /// Compares the value with the baseline.
    mutating func judge() {
        state.isBad = nil
        state.spark = history.spark()
        guard definition.harm != .none else { return }
        guard let value = trusted else {
            state.reason = gap.isEmpty ? state.reason : gap
            return
        }
        guard let baseline = state.baseline else {
            state.reason = "no baseline: \(baselineReason)"
            return
        }
        state.reason = ""
        state.isBad =
            definition.harm == .up ? value > baseline.bandEdge : value < baseline.bandEdge
    }

    /// The band's edge in the harmful direction for a median and a MAD.
    func bandEdge(median: Double, mad: Double) -> Double {
        let half = Statistics.bandHalfWidth(median: median, mad: mad, floor: definition.floor)
        return definition.harm == .down ? median - half : median + half
    }

    func baseline(
        median: Double, mad: Double, points: Int, origin: Baseline.Origin, label: String
    ) -> Baseline {
        Baseline(
            median: median, mad: mad, points: points, origin: origin,
            bandEdge: bandEdge(median: median, mad: mad), label: label)
    }

    /// A baseline that was journalled, with the band of today's definition.
    func baseline(_ frozen: BaselineFrozen) -> Baseline {
        baseline(
            median: frozen.median, mad: frozen.mad, points: frozen.points,
            origin: frozen.origin.hasPrefix("typed") ? .typed : .journalled, label: frozen.origin)
    }
}
