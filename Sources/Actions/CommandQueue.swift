import Basics
import Dispatch
import Incidents
import Processes
import Synchronization

/// Where commands beside actions run: diagnostics one after the other, notifications likewise, so
/// that neither waits for a running action or for the other.
package final class CommandQueue: Sendable {
    /// How many diagnostics may wait.
    package static let waitingMax = 16

    private let diagnostics = DispatchQueue(label: "warroom.diagnostics", qos: .userInitiated)
    private let notifications = DispatchQueue(label: "warroom.notify", qos: .userInitiated)
    private let waiting = Mutex(0)
    private let isClosing = Mutex(false)

    /// Ends what runs when the room closes.
    package var stopRequest: StopRequest? {
        isClosing.withLock { $0 } ? StopRequest("the room was closed") : nil
    }

    /// - Returns: false when too many wait already.
    package func diagnose(_ body: @escaping @Sendable () -> Void) -> Bool {
        let fits = waiting.withLock { count in
            guard count < Self.waitingMax else { return false }
            count += 1
            return true
        }
        guard fits else { return false }
        diagnostics.async { [self] in
            body()
            waiting.withLock { $0 -= 1 }
        }
        return true
    }

    package func notify(_ body: @escaping @Sendable () -> Void) {
        notifications.async(execute: body)
    }

    /// Waits until everything handed over so far has been carried out.
    package func settle() {
        diagnostics.sync {}
        notifications.sync {}
    }

    /// Ends what runs, lets notifications go out, and returns when nothing is under way.
    package func close() {
        notifications.sync {}
        isClosing.withLock { $0 = true }
        diagnostics.sync {}
    }
}
