import Basics
import Control
import Dispatch
import Incidents
import Room
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A room that only reads, as a guest of the one that writes: it attends, so that people there know
/// that somebody watches, and carries objections and notes over the socket.
final class RoomLink: Sendable {
    private let find: @Sendable () -> RoomPlace?
    private let post: @Sendable (Message) -> Void
    private let isStopping = Atomic(false)
    private let isConnected = Atomic(false)
    private let attendance = DispatchQueue(label: "warroom.link", qos: .utility)
    private let requests = DispatchQueue(label: "warroom.link.requests", qos: .userInitiated)

    /// Time between two attempts to find the writing room.
    private static let retry: Duration = .seconds(2)
    /// How long the link may take to notice that this room ends.
    private static let turn: Duration = .milliseconds(250)

    init(
        find: @escaping @Sendable () -> RoomPlace?, post: @escaping @Sendable (Message) -> Void
    ) {
        self.find = find
        self.post = post
    }

    var isUp: Bool { isConnected.load(ordering: .relaxed) }

    func start() { attendance.async { [self] in attend() } }

    func stop() {
        isStopping.store(true, ordering: .relaxed)
        attendance.sync {}
        requests.sync {}
    }

    private func attend() {
        while !isStopping.load(ordering: .relaxed) {
            if let place = find() { stay(place) }
            isConnected.store(false, ordering: .relaxed)
            pause(Self.retry)
        }
    }

    /// Attends until the room ends, refuses, or this one does.
    private func stay(_ place: RoomPlace) {
        do throws(Failure) {
            let client = try RoomClient(place)
            let answer = try client.ask(Request(.attend))
            guard answer.ok else { return }
            isConnected.store(true, ordering: .relaxed)
            while !isStopping.load(ordering: .relaxed) {
                _ = try client.nextPush(within: Self.turn)
            }
        } catch {
            // The journal says what that room wrote; that it is gone shows in its lock.
            return
        }
    }

    private func pause(_ span: Duration) {
        var left = span
        while left > .zero, !isStopping.load(ordering: .relaxed) {
            usleep(UInt32(Self.turn.inMilliseconds * 1_000))
            left -= Self.turn
        }
    }

    /// Asks the writing room, and says what came of it.
    func send(_ request: Request) {
        requests.async { [self] in
            do throws(Failure) {
                guard let place = find() else {
                    throw Failure(
                        "control.nobody", "No room answers",
                        why: "the room that writes this incident has no socket this one can find",
                        unchanged: "Nothing was recorded")
                }
                let answer = try RoomClient(place).ask(request)
                if let failure = answer.failure { throw failure }
                post(.notice(answer.did ?? "done"))
            } catch {
                post(.failed(error))
            }
        }
    }
}
