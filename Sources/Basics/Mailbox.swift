import Synchronization

/// Passes values from one thread to another. Bounded: beyond `capacity` the oldest are dropped and
/// counted; a mailbox of capacity 1 is a latest-wins snapshot.
package final class Mailbox<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var dropped = 0
    }
    private let state = Mutex(State())
    private let capacity: Int
    private let wake: @Sendable () -> Void

    /// - Parameters:
    ///   - capacity: how many values wait at most; nil for no limit (ordered events, never
    /// dropped).
    ///   - wake: called on the sender's thread after a value went into an empty mailbox.
    package init(capacity: Int?, wake: @escaping @Sendable () -> Void = {}) {
        self.capacity = capacity ?? .max
        self.wake = wake
    }

    package func send(_ value: Value) {
        let wasEmpty = state.withLock { state in
            let wasEmpty = state.values.isEmpty
            if state.values.count >= capacity {
                state.values.removeFirst()
                state.dropped += 1
            }
            state.values.append(value)
            return wasEmpty
        }
        if wasEmpty { wake() }
    }

    /// Everything that waits, oldest first, and how many were dropped since the last call.
    package func receive() -> (values: [Value], dropped: Int) {
        state.withLock { state in
            let result = (state.values, state.dropped)
            state = State()
            return result
        }
    }
}
