import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// One peer of the server, as its loop sees it.
struct ServerConnection {
    enum State {
        /// Waits for a whole line.
        case listening
        /// A request is being answered.
        case busy
        /// Gets one line for everything that happens.
        case attending
        /// Ends when what waits has been sent.
        case ending
    }

    let id: Int
    let descriptor: Int32
    let peer: Peer
    let isExpected: Bool
    var state = State.listening
    var input: [UInt8] = []
    var output: [UInt8] = []
    var mistakes = 0
    /// The peer sends nothing more.
    var hasEnded = false
    /// When the room's patience is over; nil while the room is the one to move.
    var deadline: BootTime?

    /// What one turn of the loop may read from one peer.
    private static let bytesPerTurn = 16 * 1_024

    /// Reads once. False when the peer is gone.
    mutating func read() -> Bool {
        var buffer = [UInt8](repeating: 0, count: Self.bytesPerTurn)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        if count == 0 {
            hasEnded = true
            return true
        }
        // Who attends or ends is not listened to: it only shows that it is there.
        if state == .listening || state == .busy { input += buffer[..<count] }
        return true
    }

    /// The next whole line without its newline.
    mutating func takeLine() -> [UInt8]? {
        guard let end = input.firstIndex(of: 0x0A) else { return nil }
        let line = Array(input[..<end])
        input.removeFirst(end + 1)
        return line
    }

    mutating func send(_ line: [UInt8]) { output += line }

    /// Writes what it can without waiting. False when the peer is gone.
    mutating func flush() -> Bool {
        while !output.isEmpty {
            let count = output.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return errno == EAGAIN || errno == EINTR }
            output.removeFirst(count)
        }
        return true
    }
}
