import Basics
import Dispatch
import Logs
import Synchronization

/// Answers questions about records on a queue of its own, so that reading what is new never waits.
/// One question at a time: a new one ends the one before it, whose answer never comes.
final class LogFinder: Sendable {
    private let queue = DispatchQueue(label: "warroom.search", qos: .utility)
    /// Counts questions; only the latest is worked on.
    private let latest = Atomic<UInt64>(0)
    private let state = Mutex(State())

    private struct State {
        let files = SearchFiles()
        /// The last question, as far as it was answered.
        var search: LogSearch?
    }

    /// - Parameter view: what the feeds hold, asked for when the question's turn has come; nil when
    ///   they are no more.
    func find(
        _ request: LogPageRequest, _ limits: FeedLimits,
        view: @escaping @Sendable () -> SearchView?, then: @escaping @Sendable (LogPage) -> Void
    ) {
        let number = latest.add(1, ordering: .relaxed).newValue
        queue.async {
            guard self.isLatest(number),
                let page = self.page(request, limits, view, { !self.isLatest(number) }),
                self.isLatest(number)
            else { return }
            then(page)
        }
    }

    private func isLatest(_ number: UInt64) -> Bool { latest.load(ordering: .relaxed) == number }

    private func page(
        _ request: LogPageRequest, _ limits: FeedLimits, _ view: @Sendable () -> SearchView?,
        _ isCancelled: @Sendable () -> Bool
    ) -> LogPage? {
        state.withLock { state in
            if let search = state.search, search.next == request.anchor,
                search.plan.filter == request.filter
            {
                return search.page(request, isCancelled: isCancelled)
            }
            state.search = nil
            do throws(Failure) {
                let plan = try SearchPlan(request)
                guard let view = view() else { return nil }
                let targets = state.files.targets(view, limits)
                let search = LogSearch(
                    plan, targets: targets, ring: view.ring, miner: view.miner,
                    unread: state.files.unread, limits: limits)
                state.search = search
                return search.page(request, isCancelled: isCancelled)
            } catch {
                var page = LogPage(request: request.id)
                page.problem = error
                return page
            }
        }
    }
}
