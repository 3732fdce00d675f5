import Synchronization

/// What queries that come again and again have in common from one state of the store to the next:
/// expressions made ready, label sets with everything derived from them, and, at one state and
/// time, the results of expressions that several queries contain.
///
/// Safe to use from any thread: one query at a time. `@unchecked` because what it guards is not
/// `Sendable`; all of it is reached inside `lock` only and nothing of it leaves it.
package final class StandingQueries: @unchecked Sendable {
    private let lock = Mutex(())
    private var plans: [Expression: QueryPlan] = [:]
    private var identities = PlanIdentities()
    private var workspace: QueryWorkspace
    private var state = 0
    private let states = Atomic(0)

    /// More than any room has; beyond it everything starts anew.
    private static let plansMax = 10_000

    package init() {
        let identities = PlanIdentities()
        self.identities = identities
        workspace = QueryWorkspace(.empty, identities: identities)
    }

    /// A number for a state of the store, which says what may be shared.
    func newState() -> Int { states.add(1, ordering: .relaxed).newValue }

    /// Makes expressions ready before they are first asked for, so that what they share is known
    /// when the first of them is evaluated.
    package func prepare(_ expressions: [Expression]) {
        lock.withLock { _ in for expression in expressions { _ = plan(expression) } }
    }

    func answer(
        _ expression: Expression, _ span: Grid, isInstant: Bool, snapshot: SeriesSnapshot,
        state: Int, options: EngineOptions
    ) throws(QueryError) -> QueryAnswer {
        try lock.withLock { (_) throws(QueryError) -> QueryAnswer in
            let plan = plan(expression)
            if self.state != state {
                workspace.move(to: snapshot)
                self.state = state
            }
            let evaluator = Evaluator(
                workspace, options: options, span: span, lineBreaks: expression.lineBreaks)
            return try evaluator.answer(plan, isInstant: isInstant)
        }
    }

    private func plan(_ expression: Expression) -> QueryPlan {
        if let known = plans[expression] { return known }
        if plans.count >= Self.plansMax {
            plans = [:]
            identities = PlanIdentities()
            workspace = QueryWorkspace(.empty, identities: identities)
            state = 0
        }
        let plan = QueryPlan(expression, identities: identities)
        plans[expression] = plan
        return plan
    }
}
