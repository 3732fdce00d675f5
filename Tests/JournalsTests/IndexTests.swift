import Basics
import Incidents
import Journals
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The index over all incidents is only faster than the journals, never different.
@Suite struct IndexTests {
    private let folder: TemporaryFolder
    private let store: IncidentStore
    private let index: IncidentIndex

    init() throws {
        folder = try TemporaryFolder()
        store = IncidentStore(stateDirectory: folder.path, fileSystem: QuickFileSystem())
        index = IncidentIndex(store: store)
    }

    private func writer(_ id: String, at seconds: Double = 1_800_000_000) throws -> JournalWriter {
        var options = JournalOptions()
        options.fileSystem = QuickFileSystem()
        options.preallocatedBytes = 0
        options.reserveBytes = 0
        options.outcomeDirectories = []
        return try JournalWriter.open(
            directory: store.path(for: id), incident: id,
            clock: ManualClock(wall: Timestamp(seconds: seconds)), options: options, scrub: { $0 })
    }

    private func write(_ id: String, _ notes: [String], at seconds: Double = 1_800_000_000) throws {
        let writer = try writer(id, at: seconds)
        for text in notes { try writer.append(note(text), sync: true) }
        writer.close()
    }

    private func found(_ text: String, since: Timestamp? = nil) -> [String] {
        index.search(text, since: since).hits.map { "\($0.incident) \($0.line.text)" }
    }

    @Test func findsWordsNewestFirst() throws {
        try write("INC-0001", ["checkout pool empty", "tab\there \\ and\nthere"])
        try write("INC-0002", ["Checkout rolled back", "пул исчерпан"], at: 1_800_000_060)
        #expect(
            found("checkout") == [
                "INC-0002 Checkout rolled back", "INC-0001 checkout pool empty",
            ])
        #expect(found("POOL check") == ["INC-0001 checkout pool empty"])
        #expect(found("исчерпан") == ["INC-0002 пул исчерпан"])
        #expect(found("tab here there \\") == ["INC-0001 tab\there \\ and\nthere"])
        #expect(found("nothing").isEmpty)
        #expect(found("checkout", since: Timestamp(seconds: 1_800_000_030)).count == 1)
        // Neither numbers of the file's own form nor words across lines.
        #expect(found("1800000000").isEmpty)
        #expect(found("pool исчерпан").isEmpty)
        #expect(index.search("note", limit: 3).hits.count == 3)
    }

    @Test func noticesWhatIsStaleDamagedOrMissing() throws {
        try write("INC-0001", ["alpha"])
        try write("INC-0002", ["beta"])
        func work() -> [Int] {
            let work = index.summaries().work
            return [work.reused, work.rebuilt]
        }
        #expect(work() == [0, 2])
        #expect(work() == [2, 0])
        try write("INC-0001", ["gamma"])
        #expect(found("gamma") == ["INC-0001 gamma"])
        #expect(work() == [2, 0])
        let path = index.path(for: "INC-0002")
        let good = bytes(of: path)
        for offset in stride(from: 0, to: good.count, by: 7) {
            var bad = good
            bad[offset] ^= 4
            put(bad, at: path)
            #expect(work() == [1, 1], "byte \(offset)")
        }
        put(good.dropLast(1), at: path)
        #expect(work() == [1, 1])
        put(bytes(of: index.path(for: "INC-0001")), at: path)
        #expect(found("gamma") == ["INC-0001 gamma"], "another incident's part is not taken")
        unlink(path)
        #expect(found("beta") == ["INC-0002 beta"])
        #expect(system("rm -r \(index.directory)") == 0)
        #expect(found("alpha") == ["INC-0001 alpha"])
        #expect(work() == [2, 0])
    }

    @Test func followsAReplacedJournalAndForgetsAGoneOne() throws {
        try write("INC-0001", ["alpha"])
        try write("INC-0002", ["beta"])
        #expect(found("alpha").count == 1)
        #expect(system("rm -r \(store.path(for: "INC-0001"))") == 0)
        #expect(found("alpha").isEmpty)
        #expect(access(index.path(for: "INC-0001"), F_OK) != 0)
        #expect(rename(store.path(for: "INC-0002"), store.path(for: "INC-0003")) == 0)
        #expect(found("beta") == ["INC-0003 beta"])
    }

    @Test func answersWithoutBeingAbleToWrite() throws {
        try write("INC-0001", ["alpha"])
        put([], at: index.directory)
        #expect(found("alpha") == ["INC-0001 alpha"])
        #expect(index.summaries().work.rebuilt == 1)
    }

    @Test func countsADamagedRecordUpToItsDamage() throws {
        try write("INC-0001", (1...9).map { "note \($0)" })
        let path = JournalDirectory(store.path(for: "INC-0001")).segment(1)
        var whole = bytes(of: path)
        whole[boundaries(whole)[4] + 60] ^= 1
        put(whole, at: path)
        let (summaries, work) = index.summaries()
        #expect(work.unread.isEmpty)
        #expect(summaries.first?.entries == 5)
        #expect(summaries.first?.damage?.contains("damaged") == true)
        #expect(found("note").count == 4)
    }

    @Test func sumsUpAnIncident() throws {
        let writer = try writer("INC-0001")
        let start = Timestamp(seconds: 1_800_000_000)
        func add(_ payload: some EventPayload, by actor: Actor = ops) throws {
            try writer.append(EventDraft(payload, by: actor), sync: false)
        }
        try add(
            IncidentOpened(
                id: try #require(IncidentID("INC-0001")), title: "t", environment: .production,
                severity: .sev1, service: nil, startedAt: nil, unknowns: [], isDrill: true))
        try add(MilestoneSet(milestone: .started, at: start, source: "x"))
        try add(MilestoneSet(milestone: .detected, at: start + .seconds(90), source: "x"))
        try add(BreakerOpened(reason: "r"))
        try add(ActionManual(text: "x", action: "restart", target: "checkout", id: "H1"))
        writer.close()
        let summary = try #require(index.summaries().summaries.first)
        #expect(summary.severity == .sev1)
        #expect(summary.isDrill)
        #expect(summary.seconds(.started, .detected) == 90)
        #expect(summary.seconds(.started, .resolved) == nil)
        #expect(summary.breakerCount == 1)
        #expect(summary.manualCount == 1)
        #expect(index.summaries().summaries.first == summary, "the same when it is read back")
    }

    @Test func isFastEnough() throws {
        let incidents = Campaign.pick(20, slow: 1000)
        for number in 1...incidents {
            let writer = try writer("INC-\(10_000 + number)")
            for line in 1...499 {
                try writer.append(
                    note("entry \(line) of incident <\(number)> checkout error ratio above 5 %"),
                    sync: false)
            }
            writer.close()
        }
        let clock = ContinuousClock()
        let build = clock.measure { _ = index.summaries() }
        let stats = clock.measure { _ = index.summaries() }
        var hits = 0
        let search = clock.measure { hits = index.search("incident <17> RATIO").hits.count }
        #expect(hits == 499)
        let common = clock.measure { hits = index.search("checkout", limit: 50).hits.count }
        #expect(hits == 50)
        var size = 0
        for name in try SystemFileSystem().list(index.directory) {
            size += bytes(of: index.directory + "/" + name).count
        }
        Campaign.report(
            "index of \(incidents) incidents × 500 records: built in \(build), statistics "
                + "\(stats), search \(search), of a common word \(common), \(size / 1024) KiB"
        )
    }
}
