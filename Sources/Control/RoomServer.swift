import Basics
import CSystem
import Dispatch
import Incidents
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// What the socket takes at most. Whatever a peer does, these bound what it costs the room.
package struct ControlLimits: Sendable {
    /// Connections at a time, of everybody.
    package var connectionsMax = 128
    /// Of one user.
    package var connectionsPerUserMax = 32
    /// Of all users together who have no part in this room.
    package var strangersMax = 8
    package var requestBytesMax = 64 * 1_024
    /// Bytes that wait for a peer that does not read; beyond it the peer is dropped.
    package var answerBytesMax = 2 * 1_024 * 1_024
    /// Lines that were not understood, then the connection ends.
    package var mistakesMax = 3
    /// A whole line must have come, or been taken, within this time.
    package var patience: Duration = .seconds(10)
    package init() {}
}

/// Answers one request; called on the socket's thread, must not wait. `answer` may be called from
/// any thread, once.
package typealias RequestHandler =
    @Sendable (_ request: Request, _ peer: Peer, _ answer: @escaping @Sendable (Answer) -> Void) ->
    Void

/// The room's socket: a thread of its own with poll(2), so that no peer and no slow room keeps it
/// from answering.
package final class RoomServer: Sendable {
    /// Where it listens.
    package let path: String

    package struct Callbacks: Sendable {
        /// Whether this user has any part in the room; others get few places.
        package var isExpected: @Sendable (Actor) -> Bool
        package var handle: RequestHandler
        /// The users of those who attend now, one entry a connection; called when they change.
        package var attendance: @Sendable ([Peer]) -> Void

        package init(
            isExpected: @escaping @Sendable (Actor) -> Bool, handle: @escaping RequestHandler,
            attendance: @escaping @Sendable ([Peer]) -> Void
        ) {
            self.isExpected = isExpected
            self.handle = handle
            self.attendance = attendance
        }
    }

    enum Order: Sendable {
        case answer(connection: Int, Answer, attends: Bool)
        case push([UInt8])
        case stop
    }

    private let orders = Mutex<[Order]>([])
    private let wake: Int32
    private let queue = DispatchQueue(label: "warroom.control", qos: .userInitiated)

    /// Binds and begins to answer.
    ///
    /// - Throws: `control.noSocket`.
    package init(
        incident: IncidentID, named: String? = nil, limits: ControlLimits = ControlLimits(),
        callbacks: Callbacks
    ) throws(Failure) {
        let place = try SocketPlace.open(incident, named: named)
        wake = csystem_eventfd()
        path = place.path
        guard wake >= 0 else {
            place.close()
            throw Failure(
                "control.noSocket", "The room has no socket", subject: "eventfd",
                why: "\(SystemError(-wake))")
        }
        let loop = ServerLoop(place: place, wake: wake, limits: limits, callbacks: callbacks)
        queue.async { [self] in
            // A serial queue of its own: the loop is on this one thread until it ends.
            loop.run(
                takingOrders: { [self] in takeOrders() },
                answering: { [weak self] connection, answer, attends in
                    self?.order(.answer(connection: connection, answer, attends: attends))
                })
        }
    }

    deinit { close(wake) }

    /// One line to everybody who attends.
    package func push(_ push: Push) { order(.push(WireText.line(push))) }

    /// Sends what waits, closes everything and removes the socket. Waits for that.
    package func stop() {
        order(.stop)
        queue.sync {}
    }

    private func order(_ order: Order) {
        orders.withLock { $0.append(order) }
        var one: UInt64 = 1
        _ = write(wake, &one, 8)
    }

    private func takeOrders() -> [Order] {
        var count: UInt64 = 0
        _ = read(wake, &count, 8)
        return orders.withLock { orders in
            defer { orders = [] }
            return orders
        }
    }
}
