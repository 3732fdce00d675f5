import Actions
import Basics
import Control
import Dispatch
import Incidents
import Journals
import Playbooks
import Room
import Safety
import Support
import Synchronization
import Testing

@testable import App

#if canImport(Glibc)
    import Glibc
#endif

/// What others do to a room, and what comes at the wrong moment.
@Suite struct HostileRoomTests {
    // MARK: Stop

    @Test("N67: a stop asked for while its clearing waits for its turn stays on")
    func aStopAfterTheClearingWins() throws {
        let room = try SmallRoom()
        room.backend.perform(.setStop(reason: "first"), room.model)
        room.settle()
        try #require(room.model.stop.isOn)
        // The journal is busy; the operator clears, and thinks better of it.
        let isBusy = DispatchSemaphore(value: 0)
        room.backend.journalQueue.async { isBusy.wait() }
        room.backend.perform(.clearStop(reason: "all clear"), room.model)
        room.backend.perform(.setStop(reason: "no, stop"), room.model)
        try poll("the second stop") { room.backend.stopOrders.load(ordering: .relaxed) >= 4 }
        isBusy.signal()
        room.settle()
        #expect(room.codes == ["stop.notCleared"])
        #expect(access(room.folder.file("STOP"), F_OK) == 0)
        #expect(room.model.stop.isOn)
        #expect(room.backend.executor.stopReason() != nil)
        // Asked for again it is cleared.
        room.backend.perform(.clearStop(reason: "all clear"), room.model)
        room.settle()
        #expect(!room.model.stop.isOn)
        #expect(room.backend.executor.stopReason() == nil)
        room.close()
    }

    @Test("N32: a credential in the text of a stop file is shown and told nowhere")
    func theTextOfAStopFileIsRedacted() throws {
        let shared = try SharedRoom()
        let room = shared.room
        try room.folder.write("bad deploy, password=hunter2hunter2 on db1", to: "STOP")
        room.backend.watchStopFiles()
        room.settle()
        let answer = try shared.ask(Request(.status), SharedRoom.agent)
        let told = String(decoding: WireText.line(answer), as: UTF8.self)
        #expect(told.contains("bad deploy"))
        #expect(!told.contains("hunter2"))
        #expect(room.model.stop.reason.contains("bad deploy"))
        #expect(!room.model.stop.reason.contains("hunter2"))
        #expect(room.backend.executor.stopReason()?.contains("hunter2") == false)
        room.close()
    }

    // MARK: Requests

    @Test("N54: one user's flood of requests is cut off, and nobody else's")
    func aFloodIsCutOff() throws {
        let shared = try SharedRoom()
        let before = shared.room.model.incident.lastSequence
        let codes = Mutex<[String?]>([])
        for number in 0..<300 {
            shared.room.backend.handle(
                Request(.note, text: "note \(number)"),
                by: Peer(actor: SharedRoom.agent, pid: 1)
            ) { answer in codes.withLock { $0.append(answer.failure?.code) } }
        }
        shared.room.settle()
        #expect(codes.withLock { $0.count { $0 == nil } } == RoomControl.entriesPerMinuteMax)
        #expect(codes.withLock { $0.count { $0 == "control.tooMany" } } == 240)
        #expect(
            shared.room.model.incident.lastSequence == before
                + UInt64(RoomControl.entriesPerMinuteMax))
        #expect(try shared.ask(Request(.note, text: "me too"), SharedRoom.second).ok)
        #expect(try shared.ask(Request(.status), SharedRoom.agent).ok)
        shared.room.close()
    }

    @Test("N48: a review passes over what was open, not what was listed")
    func nothingIsReviewedInAdvance() throws {
        let shared = try SharedRoom()
        shared.propose()
        try shared.command(SharedRoom.second)
        var request = try shared.approval("M1", SharedRoom.second)
        let open = request.reviewed ?? []
        request.reviewed = GateID.allCases.map(\.rawValue) + ["\u{1B}]0;all gates\u{7}"]
        request.reviewReason = "everything"
        let answer = try shared.ask(request, SharedRoom.second)
        #expect(answer.ok, "\(String(describing: answer.failure))")
        let approval = try #require(shared.room.model.incident.mitigation("M1")?.approval)
        #expect(approval.reviewed == open)
        #expect(!shared.room.journal.contains("all gates"))
        shared.room.close()
    }

    // MARK: Rooms of others

    @Test("a room that answers in another version's words is not ended")
    func anotherVersionIsAlive() throws {
        let folder = try TemporaryFolder()
        let directory = folder.file("INC-2041")
        mkdir(directory, 0o700)
        mkdir(directory + "/journal", 0o700)
        let lock = JournalDirectory(directory).lock
        let socket = folder.file("room.sock")
        try folder.write(
            """
            import fcntl, os, socket, struct
            lock = open(\(JSONText.quoted(lock)), "w")
            boot = open("/proc/sys/kernel/random/boot_id").read().strip()
            lock.write("pid %d boot %s\\n" % (os.getpid(), boot)); lock.flush()
            fcntl.fcntl(lock, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(\(JSONText.quoted(socket))); listener.listen(8)
            note = open(\(JSONText.quoted(directory + "/socket")), "w")
            note.write(\(JSONText.quoted(socket + "\n"))); note.close()
            while True:
                peer, _ = listener.accept()
                if peer.recv(4096): peer.sendall(b"WR2 alive\\n")
                peer.close()
            """, to: "room.py")
        let pid = try spawnPython(folder.file("room.py"))
        defer {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        try poll("the other version") { access(directory + "/socket", F_OK) == 0 }
        var takeOver = TakeOver(
            incident: try #require(IncidentID("INC-2041")), directory: directory,
            actor: try CurrentUser.actor(), settings: SafetySettings())
        takeOver.patience = .seconds(1)
        takeOver.say = { _ in }
        let failure = #expect(throws: Failure.self) { try takeOver.run() }
        #expect(failure?.code == "takeOver.notProven", "\(String(describing: failure))")
        #expect(waitpid(pid, nil, WNOHANG) == 0)
    }

    private func spawnPython(_ script: String) throws -> pid_t {
        var pid: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = []
        for word in ["python3", script] { arguments.append(strdup(word)) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        try #require(posix_spawnp(&pid, "python3", nil, nil, arguments, environ) == 0)
        return pid
    }
}
