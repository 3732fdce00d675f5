import Basics
import Incidents
import Journals
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Disks that are really full: small tmpfs mounts, and the file size limit. Each in a process of
/// its own.
@Suite struct FullDiskTests {
    static let victim = getenv("WARROOM_TEST_FULL").map { String(cString: $0) }
    static let limited = getenv("WARROOM_TEST_LIMITED").map { String(cString: $0) }

    private func inTmpfs(_ size: String, _ test: String) throws -> ChildProcess {
        let directory = try TemporaryDirectory()
        return try ChildProcess.runTest(
            "FullDiskTests/\(test)", environment: ["WARROOM_TEST_FULL": directory.path],
            through: [
                "unshare", "-rm", "sh", "-c",
                "mount -t tmpfs -o size=\(size) tmpfs \(directory.path) && exec \"$@\"", "sh",
            ])
    }

    private static func isMounted(_ child: ChildProcess) -> Bool {
        !child.errors.contains("unshare:") && !child.errors.contains("mount:")
    }

    /// Takes what is left of the file system; returns what was taken, in bytes.
    private static func fill(_ path: String) -> Int {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0x66, count: 4096)
        var total = 0
        while true {
            let count = write(descriptor, block, block.count)
            if count <= 0 { return total }
            total += count
        }
    }

    private static func openHere(_ path: String) throws(Failure) -> JournalWriter {
        try JournalWriter.open(
            directory: path + "/INC-2041", incident: "INC-2041", clock: SystemClock(),
            scrub: { $0 })
    }

    @Test(.enabled(if: victim != nil)) func victimFillsTheDisk() throws {
        let path = try #require(Self.victim)
        put([UInt8](repeating: 0x66, count: 24 * 1024), at: path + "/filler")
        let writer = try Self.openHere(path)
        var acknowledged = 0
        let failure = code {
            for index in 1...2000 {
                try writer.append(
                    note("\(index)." + String(repeating: "x", count: 700)), sync: true)
                acknowledged = index
            }
        }
        writer.abandon()
        let before = try JournalVerifier.verify(path + "/INC-2041").verdict
        if case .corrupt = before { exit(3) }
        unlink(path + "/filler")
        let next = try Self.openHere(path)
        try next.append(note("after"), sync: true)
        next.close()
        let isIntact = try JournalVerifier.verify(path + "/INC-2041").isIntact
        let found = texts(try JournalReader.open(path + "/INC-2041").readNew())
        let kept = (1...max(1, acknowledged)).allSatisfy {
            $0 <= found.count && found[$0 - 1].hasPrefix("\($0).")
        }
        print("END \(failure ?? "none") \(acknowledged) \(isIntact) \(kept) \(found.last ?? "")")
        exit(0)
    }

    @Test(
        "J4: a tmpfs of 64 KiB to 1 MiB fills up: refused, nothing acknowledged lost, recovered",
        .enabled(if: victim == nil),
        arguments: Campaign.pick(
            ["64k", "512k"], slow: ["64k", "96k", "128k", "256k", "320k", "512k", "768k", "1m"]))
    func fillsATmpfs(_ size: String) throws {
        let child = try inTmpfs(size, "victimFillsTheDisk")
        guard Self.isMounted(child) else { return print("no mounts: not tested") }
        let end = child.output.split(separator: "\n").first { $0.hasPrefix("END ") } ?? ""
        let words = end.split(separator: " ")
        #expect(words.count == 6, "\(child.output)\(child.errors)")
        #expect(words.dropFirst().first == "journal.full")
        #expect(words.suffix(3) == ["true", "true", "after"], "\(end)")
        Campaign.report("J4 tmpfs \(size): \(end)")
    }

    /// The outcome is longer than the rest of a page, so that it needs the reserve or the blocks
    /// allocated ahead.
    @Test(.enabled(if: victim != nil)) func victimRecordsItsResult() throws {
        let path = try #require(Self.victim)
        let writer = try Self.openHere(path)
        try writer.append(EventDraft(OutcomeTests.intent, by: ops), sync: true)
        let held = writer.holdsReserve
        let taken = Self.fill(path + "/filler")
        let detail = String(repeating: "d", count: 30_000)
        let failure = code {
            try writer.append(
                EventDraft(ActionFailed(attempt: "A1", detail: detail), by: ops), sync: true)
        }
        let isIntact = try JournalVerifier.verify(path + "/INC-2041").isIntact
        let last = try JournalReader.open(path + "/INC-2041").readNew().last?.kind ?? ""
        print(
            "END \(held) \(writer.holdsReserve) \(failure ?? "none") \(isIntact) \(last) \(taken)")
        exit(0)
    }

    @Test(
        "J4 N65: a running action's result is recorded on a full disk, by the reserve or ahead",
        .enabled(if: victim == nil),
        arguments: [("2m", "true false none true"), ("16m", "true true none true")])
    func recordsAResultOnAFullDisk(_ size: String, _ expected: String) throws {
        let child = try inTmpfs(size, "victimRecordsItsResult")
        guard Self.isMounted(child) else { return print("no mounts: not tested") }
        #expect(
            child.output.contains("END \(expected) action.failed"),
            "\(child.output)\(child.errors)")
    }

    @Test("J4: a journal file that is the full device is refused") func refusesTheFullDevice()
        throws
    {
        let directory = try TemporaryDirectory()
        try openWriter(directory).close()
        unlink(directory.segment)
        symlink("/dev/full", directory.segment)
        #expect(code { _ = try openWriter(directory) } == "journal.notWritable")
    }

    /// The kernel's own short write and EFBIG, in a process of its own.
    @Test(.enabled(if: limited != nil)) func victimIsLimited() throws {
        let path = try #require(Self.limited)
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
        setrlimit(__rlimit_resource_t(1), &limit)
        let writer = try Self.openHere(path)
        let text = String(repeating: "x", count: 3000)
        let failure = code {
            for _ in 0..<1000 { try writer.append(note(text), sync: true) }
        }
        _exit(failure == "journal.full" ? 42 : 1)
    }

    @Test(
        "J4: the file size limit with SIGXFSZ ignored: refused, torn end recovered",
        .enabled(if: limited == nil))
    func refusesBeyondTheFileSizeLimitAndRecovers() throws {
        let directory = try TemporaryDirectory()
        let victim = try ChildProcess.runTest(
            "FullDiskTests/victimIsLimited",
            environment: ["WARROOM_TEST_LIMITED": directory.path])
        #expect(victim.status == 42, "\(victim.errors)")
        #expect(bytes(of: directory.segment).count == 100_000)
        guard case .tornTail = try JournalVerifier.verify(directory.incident).verdict else {
            Issue.record("the cut line was not taken for a torn tail")
            return
        }
        let writer = try openWriter(directory)
        try writer.append(note("after"), sync: true)
        let report = try JournalVerifier.verify(directory.incident)
        #expect(report.isIntact, "\(report.lines)")
        #expect(report.recoveredGaps.count == 1)
        #expect(texts(try JournalReader.open(directory.incident).readNew()).last == "after")
    }
}
