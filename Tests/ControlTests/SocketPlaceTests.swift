import Basics
import Control
import Incidents
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct SocketPlaceTests {
    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func theSocketIsOpenToAllAndRemovedAtTheEnd() throws {
        let room = try TestRoom()
        #expect(mode(room.server.path) == 0o666)
        room.server.stop()
        #expect(access(room.server.path, F_OK) != 0)
    }

    @Test func aDeadRoomsSocketIsReplaced() throws {
        let folder = try TemporaryFolder()
        try bindAndClose(folder.file("room.sock"))
        #expect(access(folder.file("room.sock"), F_OK) == 0)
        let room = try TestRoom(folder: folder)
        #expect(room.isWell())
    }

    @Test func aLivingRoomsSocketIsNot() throws {
        let room = try TestRoom()
        #expect(throws: Failure.self) { _ = try TestRoom(folder: room.folder) }
        #expect(room.isWell())
    }

    /// Two rooms at once: a look and a replacement must not cross.
    @Test func oneOfManyRoomsGetsThePlace() async throws {
        for _ in 0..<20 {
            let folder = try TemporaryFolder()
            try bindAndClose(folder.file("room.sock"))
            let rooms: [TestRoom] = await withTaskGroup(of: TestRoom?.self) { group in
                for _ in 0..<4 { group.addTask { try? TestRoom(folder: folder) } }
                return await group.reduce(into: []) { if let room = $1 { $0.append(room) } }
            }
            #expect(rooms.count == 1)
            #expect(rooms.first?.isWell() == true)
            rooms.first?.server.stop()
        }
    }

    @Test func anotherFileIsLeftAlone() throws {
        let folder = try TemporaryFolder()
        try folder.write("precious", to: "room.sock")
        #expect(throws: Failure.self) { _ = try TestRoom(folder: folder) }
        #expect(try folder.text("room.sock") == "precious")
    }

    @Test func anotherRoomsSocketSurvivesOurEnd() throws {
        let room = try TestRoom()
        unlink(room.server.path)
        let other = try TestRoom(folder: room.folder)
        room.server.stop()
        #expect(other.isWell())
    }

    @Test(arguments: [0o777, 0o775, 0o733] as [mode_t])
    func aDirectoryThatOthersChangeIsNoPlace(_ mode: mode_t) throws {
        let folder = try TemporaryFolder()
        chmod(folder.path, mode)
        let failure = #expect(throws: Failure.self) { _ = try TestRoom(folder: folder) }
        #expect(failure?.code == "control.noSocket")
        #expect(failure?.why.contains("others may write") == true)
    }

    @Test func aLinkIsNoDirectory() throws {
        let real = try TemporaryFolder()
        let folder = try TemporaryFolder()
        symlink(real.path, folder.file("link"))
        let failure = #expect(throws: Failure.self) {
            _ = try RoomServer(
                incident: try #require(IncidentID("INC-2041")),
                named: folder.file("link/room.sock"),
                callbacks: RoomServer.Callbacks(
                    isExpected: { _ in true }, handle: { $2(Answer(did: "")) }, attendance: { _ in }
                )
            )
        }
        #expect(failure?.why.contains("not a directory") == true)
    }

    @Test func aPathThatIsTooLongIsASentence() throws {
        let folder = try TemporaryFolder()
        let long = folder.file(String(repeating: "x", count: 120))
        let failure = #expect(throws: Failure.self) {
            _ = try RoomServer(
                incident: try #require(IncidentID("INC-2041")), named: long,
                callbacks: RoomServer.Callbacks(
                    isExpected: { _ in true }, handle: { $2(Answer(did: "")) }, attendance: { _ in }
                )
            )
        }
        #expect(failure?.why.contains("ENAMETOOLONG") == true)
    }

    @Test func namesTellTheirIncident() {
        #expect(RoomSocket.incident(inName: "INC-2041.sock")?.text == "INC-2041")
        #expect(RoomSocket.incident(inName: "INC-2041-7.sock")?.text == "INC-2041")
        for name in ["INC-204.sock", "INC-2041", "EMERGENCY_STOP", "-.sock", ".sock", "a-b.sock"] {
            #expect(RoomSocket.incident(inName: name) == nil, "\(name)")
        }
    }

    private func bindAndClose(_ path: String) throws {
        let room = try RawListener(path)
        _ = room
    }
}

/// Who is trusted to be a room.
@Suite struct FakeRoomTests {
    @Test func anotherUsersSocketInOurDirectoryIsNotTrusted() throws {
        try #require(getuid() == 0, "needs root to give a file away")
        let room = try TestRoom()
        // A stranger cannot do this to us; a room whose socket was swapped looks like it.
        chown(room.server.path, 4242, 4242)
        let failure = #expect(throws: Failure.self) { _ = try RoomClient(room.place) }
        #expect(failure?.code == "control.untrusted")
    }

    @Test func whoListensMustBeWhoOwnsThePlace() throws {
        try #require(getuid() == 0, "needs root to give a file away")
        let room = try TestRoom()
        chown(room.folder.path, 4242, 4242)
        chown(room.server.path, 4242, 4242)
        let place = try room.place
        #expect(place.owner == 4242)
        let failure = #expect(throws: Failure.self) { _ = try RoomClient(place) }
        #expect(failure?.code == "control.untrusted")
        #expect(failure?.unchanged == "Nothing was sent")
        chown(room.folder.path, 0, 0)
        chown(room.server.path, 0, 0)
        #expect(room.isWell())
    }

    @Test func aDirectoryNamedForAnotherUserIsNotTrusted() throws {
        let uid: UInt32 = 4_000_000_000 + UInt32(getpid() % 90_000)
        let folder = RoomSocket.userDirectory(uid)
        try #require(mkdir(folder, 0o711) == 0)
        defer {
            unlink(folder + "/INC-2041.sock")
            rmdir(folder)
        }
        let listener = try RawListener(folder + "/INC-2041.sock")
        let failure = #expect(throws: Failure.self) {
            _ = try RoomPlace(at: folder + "/INC-2041.sock")
        }
        #expect(failure?.code == "control.untrusted")
        #expect(failure?.why.contains("not the directory of") == true)
        var refused: [String] = []
        let places = RoomFinder.places(IncidentID("INC-2041")) { refused.append($0.subject) }
        #expect(!places.contains { $0.path.hasPrefix(folder) })
        #expect(refused.contains(folder + "/INC-2041.sock"))
        _ = listener
    }

    @Test func aFileOrALinkIsNoRoom() throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "file.sock")
        let room = try TestRoom()
        symlink(room.server.path, folder.file("link.sock"))
        for name in ["file.sock", "link.sock"] {
            let failure = #expect(throws: Failure.self) {
                _ = try RoomPlace(at: folder.file(name))
            }
            #expect(failure?.code == "control.untrusted")
        }
        let failure = #expect(throws: Failure.self) {
            _ = try RoomPlace(at: folder.file("nothing.sock"))
        }
        #expect(failure?.code == "control.nothingThere")
    }

    @Test func aRoomThatTakesNobodyIsSilent() throws {
        let folder = try TemporaryFolder()
        let listener = try RawListener(folder.file("room.sock"))
        let client = try RoomClient(RoomPlace(at: folder.file("room.sock")))
        let failure = #expect(throws: Failure.self) {
            _ = try client.ask(Request(.status), patience: .milliseconds(200))
        }
        #expect(failure?.code == "control.silent")
        _ = listener
    }

    @Test func aDeadRoomIsNobody() throws {
        let folder = try TemporaryFolder()
        _ = try RawListener(folder.file("room.sock"))
        let failure = #expect(throws: Failure.self) {
            _ = try RoomClient(RoomPlace(at: folder.file("room.sock")))
        }
        #expect(failure?.code == "control.nobody")
    }
}

/// A socket that listens and never answers.
final class RawListener {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let descriptor = descriptor
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length)
            }
        }
        guard result == 0, listen(descriptor, 8) == 0 else { throw SystemError.current }
    }

    deinit { close(descriptor) }
}
