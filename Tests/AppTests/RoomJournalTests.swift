import App
import Basics
import Incidents
import Journals
import Room
import Safety
import Support
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The journal as the room uses it: one actor, anchors outside.
@Suite struct RoomJournalTests {
    private let folder: TemporaryFolder
    private let id = IncidentID("INC-2041")
    private let me = Actor(uid: 1000, name: "ops1")

    init() throws { folder = try TemporaryFolder() }

    private func open(_ name: String = "INC-2041", log: String? = nil) throws -> RoomJournal {
        try RoomJournal(
            directory: folder.file(name), incident: try #require(id), clock: SystemClock(),
            isObserver: false, options: JournalOptions(),
            anchor: SystemLogAnchor(socket: log ?? folder.file("none")), scrub: { $0 },
            post: { _ in })
    }

    @Test("N66: of two rooms opened at once one acts and one watches, 200 times")
    func oneRoomActs() async throws {
        for race in 0..<200 {
            let rooms = try await withThrowingTaskGroup(of: RoomJournal.self) { group in
                for _ in 0..<2 { group.addTask { try open("\(race)") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let viewers = rooms.filter { $0.readOnlyReason != nil }
            #expect(viewers.count == 1, "race \(race)")
            guard let viewer = viewers.first,
                let actor = rooms.first(where: { $0.readOnlyReason == nil })
            else { return }
            // The viewer's CONFIRM: its approval is refused and leaves no trace.
            let approval = MitigationApproved(
                proposal: "M1", digest: "d", approvalClass: .confirm, reviewed: [],
                reviewReason: nil)
            #expect(throws: Failure.self) {
                try viewer.append(EventDraft(approval, by: me), sync: true)
            }
            try actor.append(EventDraft(NoteAdded(text: "mine"), by: me), sync: true)
            let seen = try viewer.readAll()
            #expect(seen.map(\.kind) == ["journal.opened", "note.added"])
            #expect(viewer.head == actor.head)
            for room in rooms { room.close() }
        }
    }

    @Test func anchorsApprovalOutcomeAndClose() throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = folder.file("log")
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        let journal = try open(log: path)
        #expect(journal.headMark?.utf8.count == 12)
        var marks: [String] = []
        func add(_ payload: some EventPayload, sync: Bool) throws {
            try journal.append(EventDraft(payload, by: me), sync: sync)
            marks.append(journal.head.hash)
        }
        try add(
            MitigationApproved(
                proposal: "M1", digest: "d", approvalClass: .yes, reviewed: [],
                reviewReason: nil), sync: true)
        try add(NoteAdded(text: "not anchored"), sync: true)
        try add(ActionSucceeded(attempt: "A1", seconds: 1), sync: true)
        try add(IncidentClosed(), sync: false)
        journal.sync()
        var lines: [String] = []
        var buffer = [UInt8](repeating: 0, count: 2048)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { break }
            lines.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
        #expect(lines.count == 3)
        for (line, (kind, mark)) in zip(
            lines,
            [
                ("mitigation.approved", marks[0]), ("action.succeeded", marks[2]),
                ("incident.closed", marks[3]),
            ])
        {
            #expect(line.contains("INC-2041") && line.contains(kind) && line.hasSuffix(mark))
            let report = try JournalVerifier.verify(folder.file("INC-2041"), anchor: mark)
            #expect(report.isClean)
        }
        journal.close()
        let kinds = try JournalReader.open(folder.file("INC-2041")).readNew().map(\.kind)
        #expect(!kinds.contains("journal.anchorSkipped"))
    }

    @Test func notesOnceThatThereIsNoSystemLog() throws {
        for _ in 0..<2 {
            let journal = try open()
            _ = try journal.readAll()
            for attempt in ["A1", "A2"] {
                try journal.append(
                    EventDraft(ActionFailed(attempt: attempt, detail: ""), by: me), sync: true)
            }
            journal.close()
        }
        let events = try JournalReader.open(folder.file("INC-2041")).readNew()
        let notes = events.compactMap { $0.payload as? JournalKinds.AnchorSkipped }
        #expect(notes.count == 1)
        #expect(notes.first?.reason.hasPrefix("ENOENT") == true)
    }
}
