import Basics
import CSystem
import Incidents

#if canImport(Glibc)
    import Glibc
#endif

/// One connection to a room, as those outside have it. Not to be shared between threads.
package final class RoomClient {
    package let place: RoomPlace
    /// The room's process, by the kernel.
    package let room: Peer
    private let descriptor: Int32
    private var input: [UInt8] = []
    private let clock = SystemClock()

    /// A room's answer is never longer.
    private static let answerBytesMax = 8 * 1_024 * 1_024
    /// How long one may wait for a room that is alive.
    package static let patience: Duration = .seconds(10)

    /// Connects, and makes sure that who listens is who the place belongs to: the kernel names the
    /// process that called listen(2).
    ///
    /// - Throws: `control.nobody` when no process listens, `control.silent` when it takes nobody
    ///   within `patience`, `control.untrusted`.
    package init(_ place: RoomPlace, patience: Duration = RoomClient.patience) throws(Failure) {
        self.place = place
        let deadline = clock.now.boot + patience
        do throws(SystemError) {
            let descriptor = try LocalSocket.make()
            do throws(SystemError) {
                try Self.connect(descriptor, place.path, clock, deadline)
                room = try LocalSocket.peer(descriptor)
            } catch {
                close(descriptor)
                throw error
            }
            self.descriptor = descriptor
        } catch {
            throw Self.failure(error, place)
        }
        guard room.actor.uid == place.owner else {
            throw Failure(
                "control.untrusted", "The socket is not trusted", subject: place.path,
                why: "\(room.actor.name) (uid \(room.actor.uid)) listens where "
                    + "\(LoginName.of(place.owner)) should",
                unchanged: "Nothing was sent", exit: .refusedByGate)
        }
    }

    deinit { close(descriptor) }

    private static func failure(_ error: SystemError, _ place: RoomPlace) -> Failure {
        if error.code == EAGAIN {
            return silent(place, "it takes no connection")
        }
        return Failure(
            "control.nobody", "No room answers", subject: place.path, why: "\(error)",
            unchanged: "Nothing was sent", next: "Open the room: `warroom open INC`")
    }

    private static func silent(_ place: RoomPlace, _ why: String) -> Failure {
        Failure(
            "control.silent", "The room does not answer", subject: place.path, why: why,
            unchanged: "What it was asked may have been done or not: its record says",
            next: "Try again; a room that is silent for 30 s can be replaced: "
                + "`warroom open INC --take-over \"REASON\"`")
    }

    /// A full queue of callers (a stopped room) is asked again until the deadline.
    private static func connect(
        _ descriptor: Int32, _ path: String, _ clock: SystemClock, _ deadline: BootTime
    ) throws(SystemError) {
        while true {
            do throws(SystemError) {
                return try LocalSocket.connect(descriptor, to: path)
            } catch {
                guard error.code == EAGAIN, clock.now.boot < deadline else { throw error }
                usleep(50_000)
            }
        }
    }

    /// Sends one request and waits for its answer.
    ///
    /// - Throws: `control.silent` after `patience`; what the room refused comes back in the answer.
    package func ask(_ request: Request, patience: Duration = RoomClient.patience) throws(Failure)
        -> Answer
    {
        let deadline = clock.now.boot + patience
        try send(WireText.line(request), deadline)
        guard let line = try readLine(deadline: deadline) else {
            throw Self.silent(place, "nothing came within \(TimeText.span(patience))")
        }
        do {
            return try JSONText.decode(Answer.self, from: line)
        } catch {
            throw Failure(
                "control.notUnderstood", "The room's answer is not understood",
                subject: place.path, why: "another version of this program may be at work there")
        }
    }

    /// The next line for somebody who attends; nil when none came within `patience`.
    ///
    /// - Throws: `control.ended` when the room is gone.
    package func nextPush(within patience: Duration) throws(Failure) -> Push? {
        while let line = try readLine(deadline: clock.now.boot + patience) {
            if let push = try? JSONText.decode(Push.self, from: line) { return push }
        }
        return nil
    }

    private func send(_ bytes: [UInt8], _ deadline: BootTime) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                guard wait(Int16(POLLOUT), until: deadline) else {
                    throw Self.silent(place, "it takes no words")
                }
            } else if errno != EINTR {
                throw ended(SystemError.current)
            }
        }
    }

    private func readLine(deadline: BootTime) throws(Failure) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 64 * 1_024)
        while true {
            if let end = input.firstIndex(of: 0x0A) {
                let line = Array(input[..<end])
                input.removeFirst(end + 1)
                return line
            }
            guard input.count <= Self.answerBytesMax else { throw ended(SystemError(EFBIG)) }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                input += buffer[..<count]
            } else if count == 0 {
                throw ended(nil)
            } else if errno == EAGAIN {
                guard wait(Int16(POLLIN), until: deadline) else { return nil }
            } else if errno != EINTR {
                throw ended(SystemError.current)
            }
        }
    }

    private func wait(_ events: Int16, until deadline: BootTime) -> Bool {
        let left = (deadline - clock.now.boot).inMilliseconds
        guard left > 0 else { return false }
        var polled = pollfd(fd: descriptor, events: events, revents: 0)
        _ = poll(&polled, 1, Int32(min(left, 60_000)))
        return true
    }

    private func ended(_ error: SystemError?) -> Failure {
        Failure(
            "control.ended", "The room has ended the connection", subject: place.path,
            why: error.map { "\($0)" } ?? "",
            unchanged: "What it was asked may have been done or not: its record says",
            next: "See `warroom status`")
    }
}
