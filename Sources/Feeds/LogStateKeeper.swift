import Basics
import Dispatch
import Synchronization

/// Writes the state of the logs beside the reading of them: what the feed queue gives is a value,
/// made bytes and written on a queue of its own.
final class LogStateKeeper: Sendable {
    private struct Progress {
        var isWriting = false
        /// No write begins before.
        var due = BootTime(nanoseconds: 0)
        /// What was written last.
        var generation: UInt64?
        var hasFailed = false
    }

    /// A write takes at most this share of the time.
    private static let share = 20

    let path: String
    let interval: Duration
    private let clock: any TimeSource
    private let onFailure: @Sendable (Failure) -> Void
    private let queue = DispatchQueue(label: "warroom.logstate", qos: .utility)
    private let progress = Mutex(Progress())

    init(
        path: String, interval: Duration, clock: any TimeSource,
        onFailure: @escaping @Sendable (Failure) -> Void
    ) {
        self.path = path
        self.interval = interval
        self.clock = clock
        self.onFailure = onFailure
    }

    /// Whether a state with content of `generation` should be handed over now.
    func wants(_ generation: UInt64) -> Bool {
        let now = clock.now.boot
        return progress.withLock {
            !$0.isWriting && now >= $0.due && $0.generation != generation
        }
    }

    /// Writes soon; at most one at a time.
    func write(_ state: LogState, generation: UInt64) {
        progress.withLock { $0.isWriting = true }
        queue.async { self.put(state, generation) }
    }

    /// Writes and waits for it.
    func finish(_ state: LogState, generation: UInt64) {
        queue.sync { put(state, generation) }
    }

    private func put(_ state: LogState, _ generation: UInt64) {
        let start = clock.now.boot
        var failure: Failure?
        do throws(Failure) {
            try LogState.write(state.bytes(), to: path)
        } catch {
            failure = error
        }
        let end = clock.now.boot
        let isFirst = progress.withLock { progress in
            progress.isWriting = false
            progress.due = end + max(interval, (end - start) * Self.share)
            if failure == nil { progress.generation = generation }
            defer { progress.hasFailed = failure != nil }
            return !progress.hasFailed
        }
        if let failure, isFirst { onFailure(failure) }
    }
}
