import Basics
import Incidents
import Journals
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A journal that takes nothing more while an action runs.
@Suite struct OutcomeTests {
    static let intent = ActionIntent(
        proposal: "M1", attempt: "A1", action: "restart", target: "checkout",
        environment: .production, steps: [["/bin/true"]], digest: "d", rollbackOf: nil,
        executables: [])

    private func draft(_ payload: some EventPayload) -> EventDraft { EventDraft(payload, by: ops) }

    private func open(
        _ directory: TemporaryDirectory, _ files: any FileSystem, places: [String]
    ) throws -> JournalWriter {
        try openWriter(directory, files: files, configure: { $0.outcomeDirectories = places })
    }

    @Test(
        "N65: EIO at the result: the outcome goes to a second path, nothing more is taken",
        arguments: [FaultyFileSystem.Operation.write, .syncData], [EIO, ENOSPC])
    func recordsTheOutcomeElsewhere(_ failing: FaultyFileSystem.Operation, _ errno: Int32) throws {
        let directory = try TemporaryDirectory()
        let place = directory.path + "/run/warroom"
        mkdir(directory.path + "/run", 0o700)
        let files = FaultyFileSystem { _, _, _ in nil }
        let writer = try open(directory, files, places: [directory.path + "/none/x", place])
        try writer.append(draft(Self.intent), sync: true)
        files.setPlan(outside: directory.place.journal) { _, operation, _ in
            operation == failing ? .error(errno) : nil
        }
        var failure: Failure?
        do throws(Failure) {
            try writer.append(draft(ActionSucceeded(attempt: "A1", seconds: 2)), sync: true)
        } catch { failure = error }
        let path = place + "/INC-2041-1.outcome.wj"
        #expect(failure?.unchanged == "What became of A1 is recorded in \(path)")
        #expect(writer.isPoisoned)
        files.setPlan { _, _, _ in nil }
        let second = ActionIntent(
            proposal: "M2", attempt: "A2", action: "restart", target: "checkout",
            environment: .production, steps: [], digest: "d", rollbackOf: nil, executables: [])
        #expect(code { try writer.append(draft(second), sync: true) } == failure?.code)
        writer.close()

        let report = try JournalVerifier.verify(
            directory.incident, outcomeDirectories: [place])
        #expect(report.outcomes.map(\.path) == [path])
        #expect(report.lines.contains { $0.contains(path) && $0.contains("takes them in") })
        #expect(try JournalVerifier.verify(path).isIntact, "the file itself is a journal's part")

        let next = try open(directory, QuickFileSystem(), places: [place])
        #expect(next.openingNotes.contains { $0.contains(path) })
        next.close()
        let events = try JournalReader.open(directory.incident).readNew()
        let adopted = try #require(
            events.compactMap { $0.payload as? JournalKinds.Adopted }.first)
        #expect(adopted.path == path)
        #expect(adopted.sequence == 2)
        let outcomes = events.filter { $0.kind == "action.succeeded" }
        #expect(outcomes.count == 1, "taken in once, also when the failed sync left it there")
        #expect(outcomes.first?.actor == ops)
        #expect(access(path, F_OK) != 0, "it lies beside the journal now")
        #expect(access(directory.place.journal + "/INC-2041-1.outcome.wj", F_OK) == 0)
        #expect(try JournalVerifier.verify(directory.incident).isIntact)
    }

    @Test func takesNothingInTwice() throws {
        let directory = try TemporaryDirectory()
        let place = directory.path + "/run"
        let files = FaultyFileSystem { _, _, _ in nil }
        let writer = try open(directory, files, places: [place])
        try writer.append(draft(Self.intent), sync: true)
        files.setPlan(outside: directory.place.journal) { _, operation, _ in
            operation == .write ? .error(EIO) : nil
        }
        _ = code {
            try writer.append(draft(ActionFailed(attempt: "A1", detail: "x")), sync: true)
        }
        writer.abandon()
        let path = place + "/INC-2041-1.outcome.wj"
        let kept = bytes(of: path)
        for _ in 0..<3 {
            try open(directory, QuickFileSystem(), places: [place]).close()
            put(kept, at: path)
            chmod(path, 0o600)
        }
        let events = try JournalReader.open(directory.incident).readNew()
        #expect(events.count { $0.kind == "action.failed" } == 1)
        #expect(events.count { $0.kind == "journal.adopted" } == 1)
    }

    @Test(arguments: 0..<5) func doesNotTakeInWhatIsNotItsOwn(_ kind: Int) throws {
        let directory = try TemporaryDirectory()
        let place = directory.path + "/run"
        let files = FaultyFileSystem { _, _, _ in nil }
        let writer = try open(directory, files, places: [place])
        try writer.append(draft(Self.intent), sync: true)
        files.setPlan(outside: directory.place.journal) { _, operation, _ in
            operation == .write ? .error(EIO) : nil
        }
        _ = code {
            try writer.append(draft(ActionFailed(attempt: "A1", detail: "x")), sync: true)
        }
        writer.abandon()
        let path = place + "/INC-2041-1.outcome.wj"
        var file = bytes(of: path)
        switch kind {
        case 0: file[200] ^= 1
        case 1: chmod(path, 0o622)
        case 2: chmod(place, 0o777)
        case 3:
            rename(path, directory.path + "/else")
            symlink(directory.path + "/else", path)
        default:
            // The journal of another incident with the same id.
            rename(directory.incident, directory.path + "/away")
            try openWriter(directory).close()
        }
        if kind == 0 { put(file, at: path) }
        try open(directory, QuickFileSystem(), places: [place]).close()
        let events = try JournalReader.open(directory.incident).readNew()
        #expect(!events.contains { $0.kind == "journal.adopted" || $0.kind == "action.failed" })
    }

    @Test func saysWhenTheOutcomeIsNowhere() throws {
        let directory = try TemporaryDirectory()
        let files = FaultyFileSystem { _, _, _ in nil }
        let writer = try open(directory, files, places: [directory.path + "/run"])
        try writer.append(draft(Self.intent), sync: true)
        files.setPlan { _, operation, _ in operation == .write ? .error(EIO) : nil }
        var failure: Failure?
        do throws(Failure) {
            try writer.append(draft(ActionSucceeded(attempt: "A1", seconds: 2)), sync: true)
        } catch { failure = error }
        #expect(failure?.unchanged.hasPrefix("What became of A1 is recorded nowhere: EIO") == true)
        #expect(failure?.next.hasPrefix("Write it down by hand") == true)
    }

    @Test func beginsNoActionWithoutRoomForItsResult() throws {
        let directory = try TemporaryDirectory()
        let files = FaultyFileSystem { _, operation, _ in
            operation == .reserve ? .error(ENOSPC) : nil
        }
        let writer = try openWriter(directory, files: files)
        #expect(!writer.holdsReserve)
        #expect(code { try writer.append(draft(Self.intent), sync: true) } == "journal.full")
        #expect(!writer.isPoisoned)
        try writer.append(note("a note still fits"), sync: true)
        files.setPlan { _, _, _ in nil }
        try writer.append(draft(Self.intent), sync: true)
        #expect(writer.holdsReserve)
    }
}
