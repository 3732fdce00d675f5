import Basics
import Control
import Incidents
import Support
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct HostilePeerTests {
    private static var hasty: ControlLimits {
        var limits = ControlLimits()
        limits.patience = .milliseconds(300)
        return limits
    }

    @Test func theKernelSaysWhoAsks() throws {
        let room = try TestRoom()
        let peer = try RawPeer(room.server.path)
        peer.send(
            #"{"v":1,"do":"note","text":"x","actor":{"uid":4242,"name":"ic"},"uid":4242}"# + "\n")
        #expect(peer.line().contains(#""ok":true"#))
        let (_, who) = try #require(room.seen.requests.first)
        #expect(who.actor.uid == getuid())
        #expect(who.pid == getpid())
    }

    @Test(arguments: [
        "rubbish", "", "{}", "null", "[]", "\u{0}\u{1}\u{FF}", #"{"v":1}"#,
        #"{"v":1,"do":"format-the-disk"}"#, #"{"v":1,"do":"note","text":7}"#,
        String(repeating: "[", count: 60_000), #"{"v":1,"do":"note","text":"\ud800"}"#,
    ])
    func rubbishIsAnsweredWithASentence(_ line: String) throws {
        let room = try TestRoom()
        let peer = try RawPeer(room.server.path)
        peer.send(line + "\n")
        let answer = peer.line()
        #expect(answer.contains("control.notUnderstood"), "\(answer.prefix(200))")
        #expect(answer.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(room.seen.requests.isEmpty)
        #expect(room.isWell())
    }

    @Test func anotherVersionIsRefused() throws {
        let room = try TestRoom()
        let peer = try RawPeer(room.server.path)
        peer.send(#"{"v":2,"do":"note","text":"x"}"# + "\n")
        #expect(peer.line().contains("control.version"))
        #expect(room.seen.requests.isEmpty)
    }

    @Test func threeMistakesEndTheConnection() throws {
        let room = try TestRoom()
        let peer = try RawPeer(room.server.path)
        peer.send("a\nb\nc\nd\n")
        let (text, isClosed) = peer.read()
        #expect(isClosed)
        #expect(text.split(separator: "\n").count == 3)
        #expect(room.isWell())
    }

    @Test(arguments: ["", #"{"v":1,"do":"no"#]) func silenceAndHalfALineEnd(_ half: String) throws {
        let room = try TestRoom(Self.hasty)
        let peer = try RawPeer(room.server.path)
        peer.send(half)
        let (text, isClosed) = peer.read()
        #expect(isClosed)
        #expect(text.contains("control.tooSlow"))
        #expect(room.seen.requests.isEmpty)
        #expect(room.isWell())
    }

    @Test func halfALineAndGoneIsNothing() throws {
        let room = try TestRoom()
        do {
            let peer = try RawPeer(room.server.path)
            peer.send(#"{"v":1,"do":"note","text":"never finished"}"#)
        }
        #expect(room.isWell())
        #expect(room.seen.requests.count == 1)
    }

    @Test func megabytesWithoutALineAreCutOff() throws {
        let room = try TestRoom()
        let peer = try RawPeer(room.server.path)
        let block = [UInt8](repeating: 0x61, count: 64 * 1_024)
        var sent = 0
        while sent < 256, peer.send(block) {
            sent += 1
            usleep(500)
        }
        let (text, isClosed) = peer.read()
        #expect(isClosed)
        #expect(sent < 256 || text.contains("control.tooLong"))
        #expect(room.isWell())
    }

    @Test func whoeverDoesNotListenIsLetGo() throws {
        let room = try TestRoom(Self.hasty)
        let deaf = try RawPeer(room.server.path)
        deaf.send(#"{"v":1,"do":"attend"}"# + "\n")
        try poll("the attender") { room.seen.attending.count == 1 }
        let text = String(repeating: "x", count: 60_000)
        for number in 0..<60 {
            room.server.push(
                Push(.event, sequence: UInt64(number), time: "", actor: "", text: text))
        }
        try poll("its end") { room.seen.attending.isEmpty }
        #expect(room.isWell())
    }

    @Test func goingAwayWhileTheRoomThinksHurtsNobody() throws {
        let late = Mutex<[@Sendable (Answer) -> Void]>([])
        let room = try TestRoom(answering: { request, _, answer in
            if request.text == "slow" { return late.withLock { $0.append(answer) } }
            answer(Answer(did: "note \(request.text ?? "")"))
        })
        do {
            let peer = try RawPeer(room.server.path)
            peer.send(#"{"v":1,"do":"note","text":"slow"}"# + "\n")
            try poll("the request") { late.withLock { $0.count == 1 } }
        }
        #expect(room.isWell())
        late.withLock { $0.first }?(Answer(did: "too late"))
        #expect(room.isWell())
    }

    @Test func linesThatComeTogetherAreAnsweredInOrder() throws {
        let room = try TestRoom()
        let peer = try RawPeer(room.server.path)
        peer.send((0..<20).map { #"{"v":1,"do":"note","text":"\#($0)"}"# + "\n" }.joined())
        for number in 0..<20 { #expect(peer.line().contains(#""did":"note \#(number)""#)) }
    }

    @Test func whatIsSaidBeforeHangingUpIsHeard() throws {
        let room = try TestRoom()
        let peer = try RawPeer(room.server.path)
        peer.send(#"{"v":1,"do":"note","text":"last words"}"# + "\n")
        shutdown(peer.descriptor, Int32(SHUT_WR))
        #expect(peer.read().text.contains("note last words"))
    }
}

@Suite struct ManyPeersTests {
    @Test func oneHundredConnectionsLeaveRoomForOthers() throws {
        var limits = ControlLimits()
        limits.patience = .seconds(60)
        let room = try TestRoom(limits)
        let peers = try (0..<100).map { _ in try RawPeer(room.server.path) }
        for peer in peers { peer.send(#"{"v":1,"do":"note","text":"me"}"# + "\n") }
        let answers = peers.map { $0.line() }
        // One user has 32 places; the others are told so instead of being left to wait.
        #expect(answers.count { $0.contains("note me") } == limits.connectionsPerUserMax)
        #expect(answers.count { $0.contains("control.full") } == 100 - limits.connectionsPerUserMax)
        #expect(!room.isWell())
        for peer in peers { shutdown(peer.descriptor, Int32(SHUT_RDWR)) }
        try poll("free places") { room.isWell() }
    }

    @Test func strangersHaveFewPlaces() throws {
        let room = try TestRoom(isExpected: { _ in false })
        let peers = try (0..<12).map { _ in try RawPeer(room.server.path) }
        for peer in peers { peer.send(#"{"v":1,"do":"note","text":"me"}"# + "\n") }
        #expect(peers.count { $0.line().contains("note me") } == ControlLimits().strangersMax)
    }

    @Test func everybodyWhoAttendsHearsEverything() throws {
        let room = try TestRoom()
        let guests = try (0..<5).map { _ in try RoomClient(try room.place) }
        for guest in guests { #expect(try guest.ask(Request(.attend)).ok) }
        try poll("the guests") { room.seen.attending.count == 5 }
        for number in 1...50 {
            room.server.push(
                Push(.event, sequence: UInt64(number), time: "t", actor: "a", text: "\(number)"))
        }
        for guest in guests {
            for number in 1...50 {
                #expect(try guest.nextPush(within: .seconds(10))?.text == "\(number)")
            }
        }
        room.server.stop()
        #expect(throws: Failure.self) { _ = try guests[0].nextPush(within: .seconds(10)) }
    }
}
