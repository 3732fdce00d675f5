import Basics
import Dispatch
import Incidents
import Journals
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A real process is killed with SIGKILL while it writes.
@Suite(.serialized) struct KillTests {
    static let victim = getenv("WARROOM_TEST_VICTIM").map { String(cString: $0) }

    @Test(.enabled(if: victim != nil)) func victimWrites() throws {
        let words = try #require(Self.victim).split(separator: " ").map(String.init)
        try writeUntilKilled(words[0], after: try #require(UInt32(words[1])))
    }

    @Test(.enabled(if: victim == nil)) func losesNothingAcknowledged() throws {
        let directory = try TemporaryDirectory()
        var torn = 0
        for round in 0..<6 {
            let victim = try ChildProcess.runTest(
                "victimWrites",
                environment: [
                    "WARROOM_TEST_VICTIM": "\(directory.path) \(1000 + round * 13_700)"
                ])
            #expect(victim.status == 128 + SIGKILL, "\(victim.errors)")
            let acknowledged = bytes(of: directory.path + "/acknowledged").count
            let writer = try openWriter(directory)
            writer.close()
            let report = try JournalVerifier.verify(directory.incident)
            #expect(report.isIntact, "\(report.lines)")
            let found = texts(try JournalReader.open(directory.incident).readNew())
            #expect(found.count >= acknowledged, "round \(round)")
            torn = report.recoveredGaps.count
        }
        #expect(bytes(of: directory.path + "/acknowledged").count >= 6 * 4)
        print("6 kills left \(torn) torn ends")
    }
}

@Suite struct SizeLimitTests {
    /// The kernel's own short write and EFBIG, in a process of its own.
    static let victim = getenv("WARROOM_TEST_LIMITED").map { String(cString: $0) }

    @Test(.enabled(if: victim != nil)) func victimIsLimited() throws {
        let path = try #require(Self.victim)
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
        setrlimit(__rlimit_resource_t(1), &limit)
        _exit(try writeUntilRefused(path) == "journal.full" ? 42 : 1)
    }

    @Test(.enabled(if: victim == nil)) func refusesBeyondTheFileSizeLimitAndRecovers() throws {
        let directory = try TemporaryDirectory()
        let victim = try ChildProcess.runTest(
            "victimIsLimited", environment: ["WARROOM_TEST_LIMITED": directory.path])
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

private func writeUntilRefused(_ path: String) throws -> String? {
    let writer = try JournalWriter.open(
        directory: path + "/INC-2041", incident: "INC-2041", clock: SystemClock(), scrub: { $0 })
    let text = String(repeating: "x", count: 3000)
    return code {
        for _ in 0..<1000 { try writer.append(note(text), sync: true) }
    }
}

/// Writes long notes, every fourth one synced, and adds a byte to a file for each that is durable,
/// until this process kills itself.
private func writeUntilKilled(_ path: String, after microseconds: UInt32) throws {
    let options = JournalOptions()
    let writer = try JournalWriter.open(
        directory: path + "/INC-2041", incident: "INC-2041", clock: SystemClock(), options: options,
        scrub: { $0 })
    let log = open(path + "/acknowledged", O_WRONLY | O_APPEND | O_CREAT, 0o600)
    let hasBegun = DispatchSemaphore(value: 0)
    DispatchQueue(label: "killer").async {
        hasBegun.wait()
        usleep(microseconds)
        kill(getpid(), SIGKILL)
    }
    let text = String(repeating: "x", count: 30_000)
    for index in 1... {
        try writer.append(note(text), sync: index % 4 == 0)
        if index % 4 == 0 {
            write(log, "....", 4)
            hasBegun.signal()
        }
    }
}
