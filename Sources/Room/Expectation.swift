import Basics
import Diagnosis
import Metrics
import Playbooks

/// What an action is expected to do, as `verify:` says: `error_ratio at baseline within 5m`,
/// `latency_p99 < 400ms within 10m`, `queue_depth below 1000`.
package struct Expectation: Sendable, Hashable {
    package enum Condition: Sendable, Hashable {
        /// In its band.
        case atBaseline
        case below(Double)
        case above(Double)
    }
    package var signal: String
    package var condition: Condition
    /// How long it may take; nil when the sentence does not say.
    package var window: Duration?

    /// - Returns: nil when the sentence is for people only.
    package init?(_ sentence: String) {
        var words = sentence.split(separator: " ").map(String.init)
        if words.count > 2, words[words.count - 2] == "within" {
            guard
                let milliseconds = PromQLDuration.parse(Array(words[words.count - 1].utf8)),
                milliseconds > 0
            else { return nil }
            window = .milliseconds(milliseconds)
            words.removeLast(2)
        }
        guard words.count == 3, let first = words.first else { return nil }
        signal = first
        switch (words[1], words[2]) {
        case ("at", "baseline"): condition = .atBaseline
        case ("<", let text), ("<=", let text), ("below", let text):
            guard let number = Self.number(text) else { return nil }
            condition = .below(number)
        case (">", let text), (">=", let text), ("above", let text):
            guard let number = Self.number(text) else { return nil }
            condition = .above(number)
        default: return nil
        }
    }

    /// `0.5`, `1%`, `400ms`, `2s`: in the signal's own unit.
    private static func number(_ text: String) -> Double? {
        for (suffix, factor) in [("%", 0.01), ("ms", 0.001), ("s", 1)] where text.hasSuffix(suffix)
        {
            return Double(text.dropLast(suffix.count)).map { $0 * factor }
        }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    /// Whether `state` is as expected; nil when that cannot be said.
    func isMet(by state: SignalState) -> Bool? {
        switch condition {
        case .atBaseline: state.isBad.map { !$0 }
        case .below(let limit): state.value.map { $0 <= limit }
        case .above(let limit): state.value.map { $0 >= limit }
        }
    }
}
