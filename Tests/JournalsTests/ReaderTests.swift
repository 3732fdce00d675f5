import Basics
import Dispatch
import Incidents
import Journals
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct ReaderTests {
    @Test func handsOutOnlyWhatIsNew() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory)
        let reader = try JournalReader.open(directory.incident)
        #expect(try reader.readNew().count == 1)
        #expect(try reader.readNew().isEmpty)
        _ = try writer.append(note("a"), sync: false)
        #expect(texts(try reader.readNew()) == ["a"])
        #expect(reader.head == writer.head)
        #expect(reader.waitsAt == nil)
    }

    @Test func waitsForARecordThatIsStillBeingWritten() throws {
        let directory = try TemporaryDirectory()
        try writeNotes(directory, 3)
        let whole = bytes(of: directory.segment)
        let ends = boundaries(whole)
        put(whole[..<ends[2]], at: directory.segment)
        unlink(directory.place.head)
        let reader = try JournalReader.open(directory.incident)
        #expect(try reader.readNew().count == 3)
        for length in stride(from: ends[2] + 1, to: whole.count, by: 17) {
            append(whole[..<length], to: directory.segment)
            #expect(try reader.readNew().isEmpty)
            #expect(reader.waitsAt == JournalPosition(segment: 1, offset: ends[2]))
        }
        append(whole[...], to: directory.segment)
        #expect(texts(try reader.readNew()) == ["note 3"])
    }

    /// Extends the file to `bytes` without replacing it.
    private func append(_ bytes: ArraySlice<UInt8>, to path: String) {
        let descriptor = open(path, O_WRONLY)
        defer { close(descriptor) }
        bytes.withUnsafeBytes { _ = pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    @Test func passesOverATornEndOnceItIsRecovered() throws {
        let directory = try TemporaryDirectory()
        try writeNotes(directory, 3)
        append(bytes(of: directory.segment)[...] + Array("WJ1 torn".utf8), to: directory.segment)
        let reader = try JournalReader.open(directory.incident)
        #expect(try reader.readNew().count == 4)
        #expect(try reader.readNew().isEmpty)
        #expect(reader.waitsAt != nil)
        let writer = try openWriter(directory)
        _ = try writer.append(note("after"), sync: true)
        #expect(try reader.readNew().map(\.kind) == ["journal.recovered", "note.added"])
        #expect(reader.waitsAt == nil)
    }

    @Test func followsIntoNewSegments() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory, configure: { $0.segmentBytesMax = 2500 })
        let reader = try JournalReader.open(directory.incident)
        var seen: [String] = []
        for index in 1...30 {
            _ = try writer.append(note("note \(index)"), sync: false)
            if index % 4 == 0 { seen += texts(try reader.readNew()) }
        }
        seen += texts(try reader.readNew())
        #expect(seen == (1...30).map { "note \($0)" })
        #expect(reader.head.segment > 3)
    }

    @Test func noticesAReplacement() throws {
        let directory = try TemporaryDirectory()
        try writeNotes(directory, 3)
        let reader = try JournalReader.open(directory.incident)
        #expect(try reader.readNew().count == 4)
        let copy = directory.path + "/copy"
        put(bytes(of: directory.segment), at: copy)
        rename(copy, directory.segment)
        #expect(code { _ = try reader.readNew() } == "journal.replaced")
    }

    @Test func noticesAShortenedFile() throws {
        let directory = try TemporaryDirectory()
        try writeNotes(directory, 3)
        let reader = try JournalReader.open(directory.incident)
        #expect(try reader.readNew().count == 4)
        truncate(directory.segment, 100)
        #expect(code { _ = try reader.readNew() } == "journal.replaced")
    }

    @Test func needsAJournal() throws {
        let directory = try TemporaryDirectory()
        #expect(code { _ = try JournalReader.open(directory.incident) } == "journal.unreadable")
    }

    @Test func seesEveryRecordInOrderWhileAnotherThreadWrites() throws {
        let directory = try TemporaryDirectory()
        let writer = try openWriter(directory, configure: { $0.segmentBytesMax = 60_000 })
        let count = 1500
        let isDone = DispatchSemaphore(value: 0)
        DispatchQueue(label: "writer").async {
            for index in 1...count {
                _ = try? writer.append(note("note \(index)"), sync: index % 50 == 0)
            }
            isDone.signal()
        }
        let reader = try JournalReader.open(directory.incident)
        var seen: [String] = []
        for _ in 0..<10_000 where seen.count < count {
            seen += texts(try reader.readNew())
            usleep(1000)
        }
        isDone.wait()
        #expect(seen == (1...count).map { "note \($0)" })
    }
}

@Suite struct IncidentStoreTests {
    @Test(arguments: [
        ("INC-2041", true), ("INC-0001", true), ("INC-12345678", true), ("INC-123", false),
        ("INC-123456789", false), ("inc-2041", false), ("INC-2041\n", false), ("xINC-2041", false),
        ("INC-١٢٣٤", false), ("INC-204\u{FF11}", false), ("\u{406}NC-2041", false), ("", false),
    ])
    func knowsAnId(_ id: String, _ expected: Bool) {
        #expect(IncidentStore.isValid(id) == expected)
    }

    @Test(arguments: [
        (["XDG_STATE_HOME": "/s", "HOME": "/h"], "/s/warroom"),
        (["XDG_STATE_HOME": "relative", "HOME": "/h"], "/h/.local/state/warroom"),
        (["XDG_STATE_HOME": "", "HOME": "/h"], "/h/.local/state/warroom"),
    ])
    func findsItsPlace(_ environment: [String: String], _ expected: String) {
        #expect(IncidentStore.defaultStateDirectory(environment: environment) == expected)
    }

    @Test func listsAndNumbers() throws {
        let directory = try TemporaryDirectory()
        let store = IncidentStore(stateDirectory: directory.path + "/state/warroom")
        #expect(store.list().isEmpty)
        #expect(store.nextFreeID() == "INC-0001")
        #expect(try store.claimNextID() == "INC-0001")
        #expect(try store.claimNextID() == "INC-0002")
        for name in ["INC-12345", "INC-2041", "notes", "INC-1"] {
            mkdir(store.incidentsDirectory + "/" + name, 0o700)
        }
        #expect(store.list() == ["INC-0001", "INC-0002", "INC-2041", "INC-12345"])
        #expect(store.nextFreeID() == "INC-12346")
        #expect(store.path(for: "INC-2041") == store.incidentsDirectory + "/INC-2041")
        mkdir(store.incidentsDirectory + "/INC-99999999", 0o700)
        #expect(store.nextFreeID() == "INC-0003")
    }

    @Test func givesEachRoomItsOwnNumber() async throws {
        let directory = try TemporaryDirectory()
        let store = IncidentStore(stateDirectory: directory.path, fileSystem: QuickFileSystem())
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try store.claimNextID() } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(ids.count == 20)
    }
}
