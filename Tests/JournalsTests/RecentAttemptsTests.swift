import Basics
import Incidents
import Journals
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// What was done in other incidents is found in their journals' ends.
@Suite struct RecentAttemptsTests {
    private let folder: TemporaryFolder
    private let store: IncidentStore
    private let clock = ManualClock(wall: Timestamp(seconds: 1_800_000_000))

    init() throws {
        folder = try TemporaryFolder()
        store = IncidentStore(stateDirectory: folder.path, fileSystem: QuickFileSystem())
    }

    private func writer(_ id: String, clock: ManualClock? = nil, segmentBytesMax: Int = 1 << 20)
        throws -> JournalWriter
    {
        var options = JournalOptions()
        options.fileSystem = QuickFileSystem()
        options.preallocatedBytes = 0
        options.reserveBytes = 4096
        options.segmentBytesMax = segmentBytesMax
        return try JournalWriter.open(
            directory: store.path(for: id), incident: id, clock: clock ?? self.clock,
            options: options, scrub: { $0 })
    }

    private func intent(_ action: String, undoes: String? = nil) -> EventDraft {
        EventDraft(
            ActionIntent(
                proposal: "M1", attempt: "A1", action: action, target: "checkout",
                environment: .production, steps: [], digest: "", rollbackOf: undoes,
                executables: []), by: ops)
    }

    private func read(
        _ recent: RecentAttempts, except: String = "INC-0001", isDrill: Bool = false,
        at reading: ClockReading? = nil, bootID: String? = nil
    ) -> [String] {
        recent.read(
            except: except, isDrill: isDrill, window: .minutes(30), now: reading ?? clock.now,
            bootID: bootID ?? clock.bootID
        ).attempts.map { "\($0.incident) \($0.action)\($0.isUndo ? " undo" : "")" }
    }

    @Test("N54: attempts of a second incident are found, also those made by hand")
    func findsAttempts() throws {
        let first = try writer("INC-0001")
        try first.append(intent("own"), sync: true)
        let second = try writer("INC-0002")
        let recent = RecentAttempts(store: store)
        #expect(read(recent).isEmpty)
        try second.append(intent("restart"), sync: true)
        #expect(read(recent) == ["INC-0002 restart"])
        try second.append(intent("restart", undoes: "M0"), sync: true)
        let hand = ActionManual(text: "by hand", action: "scale", target: "checkout", id: "H1")
        try second.append(EventDraft(hand, by: ops), sync: true)
        try second.append(
            EventDraft(ActionManual(text: "looked", action: nil, target: nil), by: ops), sync: true)
        #expect(
            read(recent) == ["INC-0002 restart", "INC-0002 restart undo", "INC-0002 scale"])
        #expect(read(recent, except: "INC-0002") == ["INC-0001 own"])
    }

    @Test("N54 N55: the window is that of the boot clock, whatever the wall clock does")
    func usesTheBootClock() throws {
        let second = try writer("INC-0002")
        try second.append(intent("restart"), sync: true)
        let recent = RecentAttempts(store: store)
        for step in [-3600, 86_400, 400 * 86_400] {
            clock.setWall(Timestamp(seconds: 1_800_000_000 + Double(step)))
            #expect(read(RecentAttempts(store: store)) == ["INC-0002 restart"], "\(step)")
            #expect(read(recent) == ["INC-0002 restart"], "\(step)")
        }
        clock.setWall(Timestamp(seconds: 1_800_000_000))
        clock.advance(by: .minutes(29))
        #expect(read(recent) == ["INC-0002 restart"])
        clock.advance(by: .minutes(2))
        #expect(read(recent).isEmpty)
        #expect(read(RecentAttempts(store: store)).isEmpty)
    }

    @Test("N55: after a reboot the wall clock decides, and one that went back counts as no time")
    func survivesReboots() throws {
        let second = try writer("INC-0002")
        try second.append(intent("restart"), sync: true)
        let boot = BootTime(nanoseconds: 5)
        func at(_ seconds: Int64) -> [String] {
            let now = ClockReading(
                wall: Timestamp(seconds: 1_800_000_000 + Double(seconds)), boot: boot)
            return read(RecentAttempts(store: store), at: now, bootID: "another")
        }
        #expect(at(60) == ["INC-0002 restart"])
        #expect(at(-86_400) == ["INC-0002 restart"])
        #expect(at(3600).isEmpty)
    }

    @Test func readsBackOverSegmentsAndLongTails() throws {
        let second = try writer("INC-0002", segmentBytesMax: 200_000)
        try second.append(intent("early"), sync: true)
        let text = String(repeating: "x", count: 30_000)
        for _ in 0..<20 { try second.append(note(text), sync: false) }
        try second.append(intent("late"), sync: true)
        let early = read(RecentAttempts(store: store))
        #expect(early == ["INC-0002 early", "INC-0002 late"])
    }

    @Test func seesAnAttemptBehindATornEnd() throws {
        let second = try writer("INC-0002")
        try second.append(intent("restart"), sync: true)
        second.abandon()
        let path = JournalDirectory(store.path(for: "INC-0002")).segment(1)
        put(bytes(of: path) + Array("WJ1 00000".utf8), at: path)
        #expect(read(RecentAttempts(store: store)) == ["INC-0002 restart"])
    }

    @Test func saysWhatItCouldNotRead() throws {
        try writer("INC-0002").close()
        mkdir(store.path(for: "INC-0003"), 0o700)
        let path = JournalDirectory(store.path(for: "INC-0002")).segment(1)
        unlink(path)
        mkdir(path, 0o700)
        let findings = findings(RecentAttempts(store: store))
        #expect(findings.attempts.isEmpty)
        #expect(Array(findings.unread.keys) == ["INC-0002"], "a claimed id has no journal yet")
    }

    private func findings(_ recent: RecentAttempts) -> RecentAttempts.Findings {
        recent.read(
            except: "INC-0001", isDrill: false, window: .minutes(30), now: clock.now,
            bootID: clock.bootID)
    }

    @Test("N54: a journal without its last entries cannot be counted, HEAD knows them")
    func missesWhatHeadCounts() throws {
        let second = try writer("INC-0002")
        try second.append(note("a"), sync: true)
        let path = JournalDirectory(store.path(for: "INC-0002")).segment(1)
        let before = bytes(of: path)
        try second.append(intent("restart"), sync: true)
        second.close()
        let recent = RecentAttempts(store: store)
        #expect(read(recent) == ["INC-0002 restart"])
        for damaged in [before, Array("rubbish\n".utf8), []] {
            put(damaged, at: path)
            #expect(
                findings(recent).unread["INC-0002"]?.contains("HEAD counts it") == true,
                "\(damaged.count)")
        }
        clock.advance(by: .hours(3))
        #expect(findings(recent).unread.count == 1, "when it was written is not known either")
    }

    @Test("N54: an entry that is missing in the middle holds as long as its window")
    func missesAFlippedEntry() throws {
        let second = try writer("INC-0002")
        try second.append(note("first"), sync: true)
        let path = JournalDirectory(store.path(for: "INC-0002")).segment(1)
        let start = bytes(of: path).count
        try second.append(intent("restart"), sync: true)
        try second.append(note("last"), sync: true)
        second.close()
        var damaged = bytes(of: path)
        damaged[start + 60] ^= 1
        put(damaged, at: path)
        let recent = RecentAttempts(store: store)
        #expect(findings(recent).unread["INC-0002"]?.contains("are missing") == true)
        clock.advance(by: .minutes(31))
        #expect(findings(recent).unread.isEmpty)
    }

    @Test func saysThatHeadIsDamagedAndThatTheStoreCannotBeListed() throws {
        let second = try writer("INC-0002")
        try second.append(note("a"), sync: true)
        second.close()
        put(Array("{}".utf8), at: JournalDirectory(store.path(for: "INC-0002")).head)
        #expect(
            findings(RecentAttempts(store: store)).unread == ["INC-0002": "its HEAD is damaged"])
        let other = IncidentStore(stateDirectory: folder.path + "/file")
        mkdir(folder.path + "/file", 0o700)
        put([], at: other.incidentsDirectory)
        let unread = findings(RecentAttempts(store: other)).unread
        #expect(unread[other.incidentsDirectory]?.hasPrefix("ENOTDIR") == true)
        let none = IncidentStore(stateDirectory: folder.path + "/none")
        #expect(findings(RecentAttempts(store: none)).unread.isEmpty)
    }

    @Test("N54: a drill's attempts count for drills only, and an incident's for incidents")
    func tellsDrillsFromIncidents() throws {
        for (id, isDrill) in [("INC-0002", true), ("INC-0003", false)] {
            let writer = try writer(id)
            let opened = IncidentOpened(
                id: try #require(IncidentID(id)), title: "t", environment: .staging,
                severity: .sev2, service: nil, startedAt: nil, unknowns: [], isDrill: isDrill)
            try writer.append(EventDraft(opened, by: ops), sync: true)
            try writer.append(intent(isDrill ? "drilled" : "restart"), sync: true)
            writer.close()
        }
        let early = try writer("INC-0004")
        try early.append(intent("early"), sync: true)
        let recent = RecentAttempts(store: store)
        for _ in 0..<2 {
            #expect(read(recent) == ["INC-0003 restart", "INC-0004 early"])
            #expect(read(recent, isDrill: true) == ["INC-0002 drilled", "INC-0004 early"])
        }
    }

    @Test func costsLittleWhenNothingChanges() throws {
        let count = Campaign.pick(50, slow: 1000)
        for number in 2..<(count + 2) {
            let writer = try writer(String("INC-\(10_000 + number)"))
            for index in 0..<20 { try writer.append(note("note \(index)"), sync: false) }
            writer.close()
        }
        let recent = RecentAttempts(store: store)
        let clock = ContinuousClock()
        let first = clock.measure { _ = read(recent) }
        let next = clock.measure { _ = read(recent) }
        Campaign.report("attempts elsewhere, \(count) incidents: first \(first), then \(next)")
        #expect(next < first)
    }
}
