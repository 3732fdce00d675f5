import Basics

/// One evaluation of one stop condition.
package enum Reading: Sendable, Hashable {
    /// In band. `from` is set when the good time is counted from an event (the last new alert)
    /// instead of from the first good evaluation.
    case good(from: Timestamp? = nil)
    case bad(value: String, target: String)
    case unknown(reason: String)
}

/// Turns evaluations into held or not held: the hysteresis of one stop condition.
///
/// Good must last for the whole hold; bad must be seen in two evaluations at least one interval
/// apart before a met condition is lost; unknown at once restarts the hold, and so does a time
/// without evaluations that is longer than two intervals. No data is never a pass.
package struct HoldTimer: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case unknown(reason: String)
        case notMet(value: String, target: String)
        case holding(since: Timestamp)
        case met(since: Timestamp)
    }

    package let hold: Duration
    /// How many bad evaluations in a row take a met condition away.
    package let badToLose: Int
    package private(set) var state = State.unknown(reason: "not evaluated yet")
    /// Since when it has been bad without a break.
    package private(set) var badSince: Timestamp?
    private var badCount = 0
    private var lastCountedBad: Timestamp?
    private var lastEvaluation: Timestamp?
    /// Since when every evaluation had data.
    private var knownSince: Timestamp?

    package init(hold: Duration, badToLose: Int = 2) {
        self.hold = hold
        self.badToLose = badToLose
    }

    /// Takes in one evaluation.
    /// - Parameter interval: the interval of the slowest source it rests on.
    package mutating func evaluated(_ reading: Reading, at now: Timestamp, interval: Duration) {
        if let last = lastEvaluation, now - last > interval * 2 || now < last { forget() }
        lastEvaluation = now
        switch reading {
        case .unknown(let reason):
            forget()
            badSince = nil
            state = .unknown(reason: reason)
        case .bad(let value, let target): wasBad(value, target, now, interval)
        case .good(let from): wasGood(from, now)
        }
    }

    private mutating func forget() {
        knownSince = nil
        resetBad()
        switch state {
        case .holding, .met: state = .unknown(reason: "not watched without a gap")
        case .unknown, .notMet: break
        }
    }

    private mutating func resetBad() {
        badCount = 0
        lastCountedBad = nil
    }

    private mutating func wasBad(
        _ value: String, _ target: String, _ now: Timestamp, _ interval: Duration
    ) {
        knownSince = knownSince ?? now
        badSince = badSince ?? now
        if lastCountedBad.map({ now - $0 >= interval }) ?? true {
            badCount += 1
            lastCountedBad = now
        }
        if case .met = state, badCount < badToLose { return }
        state = .notMet(value: value, target: target)
    }

    private mutating func wasGood(_ from: Timestamp?, _ now: Timestamp) {
        let known = knownSince ?? now
        knownSince = known
        badSince = nil
        resetBad()
        switch state {
        case .unknown, .notMet: begin(max(from ?? now, known), now)
        case .holding(let since): begin(max(from ?? since, known), now)
        case .met(let since): begin(from.map { max($0, since) } ?? since, now)
        }
    }

    private mutating func begin(_ since: Timestamp, _ now: Timestamp) {
        state = now - since >= hold ? .met(since: since) : .holding(since: since)
    }
}
