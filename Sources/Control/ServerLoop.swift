import Basics
import CSystem
import Incidents

#if canImport(Glibc)
    import Glibc
#endif

/// The server's loop and everything it holds; all of it on one thread.
///
/// `@unchecked`: made on the caller's thread and handed over once, to the server's serial queue,
/// before anything in it changes; afterwards only that queue touches it.
final class ServerLoop: @unchecked Sendable {
    private let place: SocketPlace
    private let wake: Int32
    private let limits: ControlLimits
    private let callbacks: RoomServer.Callbacks
    private let clock = SystemClock()
    private var connections: [ServerConnection] = []
    private var nextID = 0
    private var isStopping = false
    private var attending: [Peer] = []
    private var answering: @Sendable (Int, Answer, Bool) -> Void = { _, _, _ in }

    init(
        place: SocketPlace, wake: Int32, limits: ControlLimits, callbacks: RoomServer.Callbacks
    ) {
        self.place = place
        self.wake = wake
        self.limits = limits
        self.callbacks = callbacks
    }

    func run(
        takingOrders: () -> [RoomServer.Order],
        answering: @escaping @Sendable (Int, Answer, Bool) -> Void
    ) {
        self.answering = answering
        while !isStopping {
            let ready = wait()
            for order in takingOrders() { carryOut(order) }
            if ready.listener { accept() }
            serve(ready.connections)
            dropLate()
            tellAttendance()
        }
        end()
    }

    // MARK: Waiting

    private func wait() -> (listener: Bool, connections: Set<Int>) {
        var polled = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
        polled.append(pollfd(fd: place.listener, events: Int16(POLLIN), revents: 0))
        polled += connections.map { connection in
            var events = connection.hasEnded ? 0 : Int16(POLLIN)
            // A request at a time: what else it sends waits in its own buffer.
            if connection.state == .busy, connection.input.count > limits.requestBytesMax {
                events = 0
            }
            if !connection.output.isEmpty { events |= Int16(POLLOUT) }
            // Nobody waits for this answer any more; poll would report that again and again.
            let isAbandoned = connection.hasEnded && connection.state == .busy
            return pollfd(
                fd: isAbandoned ? -1 : connection.descriptor, events: events, revents: 0)
        }
        _ = poll(&polled, nfds_t(polled.count), timeoutMilliseconds)
        var ready: Set<Int> = []
        for (connection, entry) in zip(connections, polled.dropFirst(2)) where entry.revents != 0 {
            ready.insert(connection.id)
        }
        return (polled[1].revents != 0, ready)
    }

    private var timeoutMilliseconds: Int32 {
        guard let next = connections.compactMap(\.deadline).min() else { return -1 }
        return Int32(max(0, min(60_000, (next - clock.now.boot).inMilliseconds + 1)))
    }

    // MARK: Coming

    private func accept() {
        // As many as can be waiting: one peer's flood does not keep the others from being served.
        for _ in 0..<16 {
            let descriptor = csystem_accept(place.listener)
            guard descriptor >= 0 else {
                // Out of descriptors: poll would report the same caller again at once.
                if [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(-descriptor) { usleep(50_000) }
                return
            }
            let peer: Peer
            do throws(SystemError) {
                peer = try LocalSocket.peer(descriptor)
            } catch {
                close(descriptor)
                continue
            }
            admit(descriptor, peer)
        }
    }

    private func admit(_ descriptor: Int32, _ peer: Peer) {
        let isExpected = peer.actor.isPerson && callbacks.isExpected(peer.actor)
        let ofUser = connections.count { $0.peer.actor.uid == peer.actor.uid }
        let strangers = connections.count { !$0.isExpected }
        let isFull =
            connections.count >= limits.connectionsMax || ofUser >= limits.connectionsPerUserMax
            || !isExpected && strangers >= limits.strangersMax
        nextID += 1
        var connection = ServerConnection(
            id: nextID, descriptor: descriptor, peer: peer, isExpected: isExpected)
        connection.deadline = clock.now.boot + limits.patience
        guard !isFull else {
            connection.send(WireText.line(Answer(Self.full)))
            _ = connection.flush()
            close(descriptor)
            return
        }
        connections.append(connection)
    }

    private static let full = Failure(
        "control.full", "The room takes no more connections", why: "too many are open",
        unchanged: "Nothing was changed", next: "Close some and try again")

    // MARK: Serving

    private func serve(_ ready: Set<Int>) {
        for id in ready {
            guard let index = connections.firstIndex(where: { $0.id == id }) else { continue }
            let isThere = connections[index].hasEnded || connections[index].read()
            guard isThere, connections[index].flush() else {
                drop(index)
                continue
            }
            takeRequest(index)
            if let index = connections.firstIndex(where: { $0.id == id }) { settle(index) }
        }
    }

    /// Hands the next whole line to the room.
    private func takeRequest(_ index: Int) {
        guard connections[index].state == .listening else { return }
        guard let line = connections[index].takeLine() else {
            if connections[index].input.count > limits.requestBytesMax {
                refuse(index, Self.tooLong(limits.requestBytesMax), isLast: true)
            }
            return
        }
        guard line.count <= limits.requestBytesMax else {
            return refuse(index, Self.tooLong(limits.requestBytesMax), isLast: true)
        }
        do throws(Failure) {
            let request = try WireText.request(line)
            connections[index].state = .busy
            connections[index].deadline = nil
            let id = connections[index].id
            let answering = answering
            callbacks.handle(request, connections[index].peer) { answer in
                answering(id, answer, request.deed == .attend && answer.ok)
            }
        } catch {
            connections[index].mistakes += 1
            refuse(index, error, isLast: connections[index].mistakes >= limits.mistakesMax)
        }
    }

    private func refuse(_ index: Int, _ failure: Failure, isLast: Bool) {
        connections[index].send(WireText.line(Answer(failure)))
        connections[index].deadline = clock.now.boot + limits.patience
        if isLast { connections[index].state = .ending }
        guard connections[index].flush() else { return drop(index) }
        if !isLast { takeRequest(index) }
    }

    private static func tooLong(_ bytes: Int) -> Failure {
        Failure(
            "control.tooLong", "The room takes no line that long", subject: "\(bytes) bytes",
            unchanged: "Nothing was changed", exit: .usage)
    }

    /// Ends what is over.
    private func settle(_ index: Int) {
        let connection = connections[index]
        if connection.output.count > limits.answerBytesMax { return drop(index) }
        switch connection.state {
        case .ending: if connection.output.isEmpty { drop(index) }
        case .listening, .attending:
            if connection.hasEnded, connection.output.isEmpty { drop(index) }
        case .busy: break
        }
    }

    /// Who is too slow: to say a whole line, or to take what is said.
    private func dropLate() {
        let now = clock.now.boot
        for index in connections.indices.reversed() {
            guard let deadline = connections[index].deadline, deadline <= now else { continue }
            if connections[index].state == .listening, connections[index].output.isEmpty {
                connections[index].send(WireText.line(Answer(Self.tooSlow)))
                _ = connections[index].flush()
            }
            drop(index)
        }
    }

    private static let tooSlow = Failure(
        "control.tooSlow", "The room waited for a whole line and ends the connection",
        unchanged: "Nothing was changed", exit: .usage)

    private func drop(_ index: Int) {
        close(connections[index].descriptor)
        connections.remove(at: index)
    }

    // MARK: Orders

    private func carryOut(_ order: RoomServer.Order) {
        switch order {
        case .answer(let id, let answer, let attends):
            guard let index = connections.firstIndex(where: { $0.id == id }) else { return }
            connections[index].state = attends ? .attending : .listening
            connections[index].deadline = clock.now.boot + limits.patience
            connections[index].send(WireText.line(answer))
            if attends { connections[index].input = [] }
            flush(index)
            // The next line may be here already.
            guard let index = connections.firstIndex(where: { $0.id == id }) else { return }
            takeRequest(index)
            if let index = connections.firstIndex(where: { $0.id == id }) { settle(index) }
        case .push(let line):
            for index in connections.indices.reversed()
            where connections[index].state == .attending {
                connections[index].send(line)
                flush(index)
            }
        case .stop: isStopping = true
        }
    }

    private func flush(_ index: Int) {
        guard connections[index].flush(), connections[index].output.count <= limits.answerBytesMax
        else { return drop(index) }
        guard connections[index].state == .attending else { return }
        // Whoever attends may be silent for ever, but must take what is said.
        if connections[index].output.isEmpty {
            connections[index].deadline = nil
        } else if connections[index].deadline == nil {
            connections[index].deadline = clock.now.boot + limits.patience
        }
    }

    private func tellAttendance() {
        let now = connections.filter { $0.state == .attending }.map(\.peer)
        guard now != attending else { return }
        attending = now
        callbacks.attendance(now)
    }

    private func end() {
        for connection in connections { close(connection.descriptor) }
        connections = []
        place.close()
    }
}
