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

    /// One state of the store, for as long as somebody asks about it.
    final class State: Sendable {
        let number: Int
        private let queries: StandingQueries

        fileprivate init(_ queries: StandingQueries) {
            self.queries = queries
            number = queries.states.add(1, ordering: .relaxed).newValue
        }

        deinit { queries.leave(number) }
    }

    func newState() -> State { State(self) }

    /// Lets go of the samples, so that the store need not keep what it has replaced.
    private func leave(_ number: Int) {
        lock.withLock { _ in if state == number { workspace.move(to: .empty) } }
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
