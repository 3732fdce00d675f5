import Basics
import Diagnosis
import Incidents
import Playbooks

/// An action whose effect is not judged yet.
package struct WatchedAction: Sendable, Hashable {
    package var mitigation: Mitigation
    package var attempt: Mitigation.Attempt
    package var elapsed: Duration
    package var window: Duration
    /// The main signal, for people.
    package var name: String
    /// Its value when the action began and now, as text; nil where unknown.
    package var before: String?
    package var current: String?

    /// "2m10s of 5m00s: error ratio was 8.13 %, now 3.1 %".
    package var progress: String {
        let time = "\(TimeText.span(elapsed)) of \(TimeText.span(window))"
        guard let current else { return time + ": no data of \(name)" }
        return time + ": \(name) " + (before.map { "was \($0), now " } ?? "is ") + current
    }
}

extension Model {
    /// The newest action that is done and not judged.
    package var watched: WatchedAction? {
        guard !incident.status.isOver else { return nil }
        var newest: WatchedAction?
        for mitigation in incident.mitigations where mitigation.state == .succeeded {
            guard let attempt = mitigation.attempts.last, attempt.verdict == nil,
                attempt.outcome == .succeeded, let ended = attempt.endedAt,
                newest?.attempt.endedAt.map({ $0 <= ended }) ?? true
            else { continue }
            newest = watched(mitigation, attempt, ended)
        }
        return newest
    }

    private func watched(
        _ mitigation: Mitigation, _ attempt: Mitigation.Attempt, _ ended: Timestamp
    ) -> WatchedAction {
        let elapsed = max(.zero, now.wall - ended)
        let window = elapsed > Self.watchWindow ? Self.improvingWindow : Self.watchWindow
        let signal = mainSignal
        let name = signal?.definition.name ?? "the main signal"
        return WatchedAction(
            mitigation: mitigation, attempt: attempt, elapsed: elapsed, window: window,
            name: name == "error_ratio" ? "error ratio" : name,
            before: signal.flatMap { signal in before(attempt.id, signal).map(signal.text) },
            current: signal.flatMap { signal in signal.value.map(signal.text) })
    }

    /// Whether the same action on the same target works at this moment, so that advising it again
    /// would only confuse: it is being watched, or it helped and nothing is out of its band.
    func isInEffect(_ action: String, on target: String) -> Bool {
        let undone = Set(
            incident.mitigations.filter { $0.state == .succeeded }.compactMap(
                \.proposal.rollbackOf))
        let done = incident.mitigations.last {
            $0.proposal.action == action && $0.proposal.target == target
                && $0.state == .succeeded && !undone.contains($0.proposal.id)
        }
        switch done?.attempts.last?.verdict {
        case nil: return done != nil
        case .effective?: return !isHurting
        default: return false
        }
    }
}
