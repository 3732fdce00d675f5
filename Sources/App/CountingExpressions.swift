import Metrics
import Playbooks

/// Which series count failed and all requests.
///
/// Configured (`counters:`), or read off the error ratio's own expression, so that the rollback
/// judges by what the room shows.
struct CountingExpressions: Sendable, Hashable {
    /// Series that are added up; one selector each.
    var errors: [[LabelMatcher]]
    var requests: [[LabelMatcher]]
    /// The expressions they were read from, for the record.
    var errorsText: String
    var requestsText: String

    /// Why nothing can be counted, a clause.
    struct Defect: Error, Hashable {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// - Parameter signal: the error ratio as it is bound, a preset or a configured one.
    static func of(_ settings: SafetySettings, signal: SignalDefinition?) throws(Defect) -> Self {
        switch (settings.errorCounter, settings.requestCounter) {
        case (let errors?, let requests?): try configured(errors, requests)
        case (nil, nil): try derived(from: signal)
        default: throw Defect("counters: needs both, errors and requests")
        }
    }

    /// The metrics it reads.
    var metricNames: Set<String> {
        Set((errors + requests).compactMap(Self.metricName))
    }

    /// The one metric of a selector, or nil when it has no fixed name.
    static func metricName(_ matchers: [LabelMatcher]) -> String? {
        matchers.first { $0.kind == .equal && $0.name == "__name__" }?.value.string
    }

    // MARK: Reading

    private static func configured(_ errors: String, _ requests: String) throws(Defect) -> Self {
        let failed = try parse(errors)
        let all = try parse(requests)
        return CountingExpressions(
            errors: try counters(failed, isConfigured: true),
            requests: try counters(all, isConfigured: true), errorsText: "\(failed)",
            requestsText: "\(all)")
    }

    private static func derived(from signal: SignalDefinition?) throws(Defect) -> Self {
        guard let signal else { throw Defect("no error ratio is bound") }
        var ratio = try parse(signal.promql).unwrapped
        // Presets say "0 while requests are counted": the alternative counts nothing more.
        if case .binary(let either) = ratio.node, either.op == .or { ratio = either.left.unwrapped }
        guard case .binary(let division) = ratio.node, division.op == .divide else {
            throw Defect(
                "cannot be counted: \(signal.name) is not sum(rate(…)) / sum(rate(…)); "
                    + "name the counters under counters:")
        }
        return CountingExpressions(
            errors: try counters(division.left, isConfigured: false),
            requests: try counters(division.right, isConfigured: false),
            errorsText: "\(division.left)", requestsText: "\(division.right)")
    }

    private static func parse(_ text: String) throws(Defect) -> PromQLExpression {
        do throws(QueryError) {
            return try PromQLExpression.parse(text)
        } catch {
            throw Defect("cannot be counted: \(error)")
        }
    }

    /// The selectors whose series are added up.
    /// - Parameter isConfigured: somebody said that these are counters: they need no `rate` around
    ///   them.
    private static func counters(_ expression: PromQLExpression, isConfigured: Bool)
        throws(Defect) -> [[LabelMatcher]]
    {
        switch expression.unwrapped.node {
        case .binary(let binary) where binary.op == .add:
            return try counters(binary.left, isConfigured: isConfigured)
                + counters(binary.right, isConfigured: isConfigured)
        case .binary(let binary) where binary.op == .greater && binary.right.type == .scalar:
            // `… > 0` only keeps a ratio from being divided by nothing.
            return try counters(binary.left, isConfigured: isConfigured)
        case .aggregate(let sum) where sum.op == .sum && sum.grouping.isEmpty && !sum.isWithout:
            return [try summed(sum.expression, isConfigured: isConfigured)]
        case .call, .vectorSelector:
            guard isConfigured else { break }
            return [try summed(expression, isConfigured: true)]
        default: break
        }
        throw Defect(
            "cannot be counted: \(expression) is no sum of counters; "
                + "name the counters under counters:")
    }

    private static func summed(_ expression: PromQLExpression, isConfigured: Bool)
        throws(Defect) -> [LabelMatcher]
    {
        switch expression.unwrapped.node {
        case .aggregate(let sum) where sum.op == .sum:
            return try summed(sum.expression, isConfigured: isConfigured)
        case .call(let call) where ["rate", "increase"].contains(call.function.name):
            guard let range = call.arguments.first?.unwrapped,
                case .matrixSelector(let matrix) = range.node
            else { break }
            return try unshifted(matrix.selector, expression)
        case .vectorSelector(let selector):
            guard isConfigured else { break }
            return try unshifted(selector, expression)
        default: break
        }
        throw Defect(
            "cannot be counted: \(expression) is no rate of a counter; "
                + "name the counters under counters:")
    }

    private static func unshifted(
        _ selector: PromQLExpression.VectorSelector, _ expression: PromQLExpression
    ) throws(Defect) -> [LabelMatcher] {
        guard selector.shift == PromQLExpression.TimeShift() else {
            throw Defect("cannot be counted: \(expression) looks at another time")
        }
        return selector.matchers
    }
}
