import Basics
import Incidents

/// Judges from counts whether a remediation made things worse. Bare ratios fire on noise: at 1 % of
/// 1,000 requests a minute, "10 % over the base" is true by chance most of the time.
///
/// Baseline here is what was *before the remediation*, so an incident that merely goes on does not
/// undo a harmless step. Whether the service has recovered is another question, which the baseline
/// before the incident answers.
package enum GuardedRollback {
    /// One minute of traffic, as counts.
    package struct Minute: Sendable, Hashable {
        /// Minutes since the remediation; the one in which it happened is 0 and never judged.
        package var index: Int
        package var errors: Double
        package var requests: Double
        /// Whether the minute was seen whole: complete, scraped, no reset, nothing stale.
        package var isComplete: Bool

        package init(index: Int, errors: Double, requests: Double, isComplete: Bool = true) {
            self.index = index
            self.errors = errors
            self.requests = requests
            self.isComplete = isComplete
        }

        package init(_ recorded: RecordedMinute) {
            self.init(
                index: recorded.index, errors: recorded.errors, requests: recorded.requests,
                isComplete: recorded.isComplete)
        }

        /// Seen whole, and the counts can be true.
        var isPlausible: Bool {
            isComplete && errors.isFinite && requests.isFinite && errors >= 0 && errors <= requests
        }
        /// Enough to judge by: a handful of requests says nothing.
        package var isValid: Bool { isPlausible && requests >= GuardedRollback.requestsMin }
        /// Of a plausible minute; 0 without requests.
        var ratio: Double { requests > 0 ? errors / requests : 0 }
    }

    package enum Verdict: Sendable, Hashable {
        /// Roll back: two adjacent bad minutes that chance does not explain.
        case worse(String)
        /// Ask the operator at once.
        case ask(String)
        /// Two minutes of which nothing can be said, since the last two of which something could:
        /// the operator decides.
        case inconclusive(String)
        case notWorse(String)
        /// Too little has been seen since the last verdict to change it.
        case undecided
    }

    package static let requestsMin = 50.0
    /// Minutes of baseline at most, and how many of them must be valid.
    package static let baselineMinutesMax = 30
    package static let baselineMinutesMin = 5
    /// How long an action is watched, in whole minutes after the one in which it ended.
    package static let watchMinutes = 15
    static let chanceMax = 0.001
    /// A ratio this much over the baseline needs no test of chance.
    static let overridePoints = 0.10

    /// What was before the remediation.
    package struct Baseline: Sendable {
        let errors: Double
        let requests: Double
        /// Requests of a usual minute.
        let usual: Double
        var ratio: Double { errors / requests }

        /// - Parameter minutes: only those in the 30 minutes before the remediation count (index
        ///   -30 to -1), and of these the valid ones.
        /// - Returns: nil when fewer than five of them are valid.
        package init?(_ minutes: [Minute]) {
            let valid = Self.valid(minutes)
            guard valid.count >= baselineMinutesMin else { return nil }
            errors = valid.map(\.errors).reduce(0, +)
            requests = valid.map(\.requests).reduce(0, +)
            usual = requests / Double(valid.count)
        }

        /// One-sided upper 95 % bound of the ratio. It is dear, and most minutes never need it.
        var upperBound: Double { Binomial.upperBound(of: errors, in: requests) }

        /// How many of `minutes` a baseline can rest on.
        package static func validCount(_ minutes: [Minute]) -> Int { valid(minutes).count }

        private static func valid(_ minutes: [Minute]) -> [Minute] {
            minutes.filter {
                (-baselineMinutesMax...(-1)).contains($0.index) && $0.isValid
            }
        }
    }

    /// Judges the newest two minutes of `after` against `before`, both in time order.
    package static func verdict(before: [Minute], after: [Minute]) -> Verdict {
        guard let base = Baseline(before) else {
            let count = Baseline.validCount(before)
            return .inconclusive(
                "the baseline has \(count) valid minutes, \(baselineMinutesMin) are needed")
        }
        return verdict(against: base, after: after)
    }

    /// Judges the newest two minutes of `after`. A minute that is missing there counts as one that
    /// was not seen.
    package static func verdict(against base: Baseline, after: [Minute]) -> Verdict {
        guard let newest = after.last?.index, newest >= 2 else { return .undecided }
        let pair = [seen(newest - 1, after), seen(newest, after)]
        return judge(pair, base) ?? doubt((1...newest).map { seen($0, after) })
    }

    private static func seen(_ index: Int, _ minutes: [Minute]) -> Minute {
        minutes.last { $0.index == index }
            ?? Minute(index: index, errors: 0, requests: 0, isComplete: false)
    }

    private static func judge(_ pair: [Minute], _ base: Baseline) -> Verdict? {
        let areValid = pair.allSatisfy(\.isValid)
        if areValid, let why = harm(pair, base) { return .worse(why) }
        let arePlausible = pair.allSatisfy(\.isPlausible)
        if arePlausible, pair.allSatisfy({ $0.requests < base.usual / 2 }) {
            return .ask(
                "requests fell to less than half of what they were: a dead service has no errors")
        }
        if arePlausible, pair.allSatisfy({ $0.ratio > 1.10 * base.ratio }) {
            return .ask(
                "more than 10 % over the baseline for two minutes (\(text(pair, base))), "
                    + "perhaps by chance")
        }
        return areValid ? .notWorse(text(pair, base)) : nil
    }

    /// The newest two minutes are not both valid: nothing is said after one such minute, and that
    /// nothing can be said after a second one since two adjacent ones were valid.
    private static func doubt(_ judged: [Minute]) -> Verdict {
        var invalid: [Minute] = []
        for place in judged.indices.reversed() {
            if judged[place].isValid, place > 0, judged[place - 1].isValid { break }
            if !judged[place].isValid { invalid.append(judged[place]) }
        }
        guard invalid.count >= 2 else { return .undecided }
        return .inconclusive(
            invalid.allSatisfy(\.isPlausible)
                ? "\(invalid.count) minutes with fewer than \(Int(requestsMin)) requests"
                : "\(invalid.count) minutes were not seen whole")
    }

    /// Why two valid minutes mean harm, or nil.
    private static func harm(_ pair: [Minute], _ base: Baseline) -> String? {
        if pair.allSatisfy({ $0.ratio >= base.ratio + overridePoints }) {
            return "10 percentage points over the baseline for two minutes: \(text(pair, base))"
        }
        let limit = max(1.10 * base.ratio, base.ratio + 0.01)
        guard pair.allSatisfy({ $0.ratio > limit }) else { return nil }
        let chance = Binomial.tail(
            atLeast: pair[0].errors + pair[1].errors, of: pair[0].requests + pair[1].requests,
            p: base.upperBound)
        guard chance < chanceMax else { return nil }
        return "over the baseline for two minutes, and not by chance: \(text(pair, base))"
    }

    /// "5 % and 6 % of requests failed, 1 % before".
    private static func text(_ pair: [Minute], _ base: Baseline) -> String {
        let now = pair.map { UnitText.percent($0.ratio) }.joined(separator: " and ")
        return "\(now) of requests failed, \(UnitText.percent(base.ratio)) before"
    }
}
