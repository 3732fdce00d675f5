import Basics
import Dispatch
import Incidents
import Journals
import Support
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A real process is killed with SIGKILL while it writes.
@Suite(.serialized) struct KillTests {
    static let victim = getenv("WARROOM_TEST_VICTIM").map { String(cString: $0) }
    /// Rounds that share one journal, so that recoveries follow on recoveries.
    private static let roundsEach = 25

    @Test(.enabled(if: victim != nil)) func victimWrites() throws {
        let words = try #require(Self.victim).split(separator: " ").map(String.init)
        try KillVictim(
            path: words[0], round: try #require(Int(words[1])), seed: try #require(UInt64(words[2]))
        ).writeUntilKilled()
    }

    @Test(
        "J3: SIGKILL during writes loses nothing acknowledged, and every torn end is recovered",
        .enabled(if: victim == nil))
    func losesNothingAcknowledged() throws {
        let rounds = Campaign.pick(12, slow: 2000)
        var torn = 0
        var acknowledged = 0
        var lost = 0
        var generator = SplitMix(state: 3)
        for first in stride(from: 0, to: rounds, by: Self.roundsEach) {
            let directory = try TemporaryDirectory()
            for round in first..<min(first + Self.roundsEach, rounds) {
                let victim = try ChildProcess.runTest(
                    "KillTests/victimWrites",
                    environment: [
                        "WARROOM_TEST_VICTIM": "\(directory.path) \(round) \(generator.next())"
                    ])
                #expect(victim.status == 128 + SIGKILL, "\(victim.errors)")
                if case .tornTail = try JournalVerifier.verify(directory.incident).verdict {
                    torn += 1
                }
                try openWriter(directory, files: SystemFileSystem()).close()
                let report = try JournalVerifier.verify(directory.incident)
                #expect(report.isIntact, "round \(round): \(report.lines)")
                let promised = lines(of: directory.path + "/acknowledged")
                let found = Set(
                    texts(try JournalReader.open(directory.incident).readNew()).map {
                        String($0.prefix { $0 != "x" })
                    })
                lost += promised.count { !found.contains($0) }
                #expect(promised.allSatisfy(found.contains), "round \(round)")
            }
            acknowledged += lines(of: directory.path + "/acknowledged").count
        }
        #expect(acknowledged >= rounds)
        #expect(!Campaign.isSlow || torn >= 100)
        Campaign.report(
            "J3 \(rounds) kills, \(torn) torn ends, \(acknowledged) acknowledged, \(lost) lost")
    }

    private func lines(of path: String) -> [String] {
        String(decoding: bytes(of: path), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

/// Writes long notes until this process kills itself, mostly in the middle of a `write`.
private struct KillVictim {
    let path: String
    let round: Int
    var seed: UInt64

    /// Every note is far longer than 4 KiB; every eighth is synced, and then written down beside
    /// the journal as acknowledged.
    func writeUntilKilled() throws {
        var generator = SplitMix(state: seed)
        let killer = Killer(
            afterWrites: Int.random(in: 2...12, using: &generator),
            spins: Int.random(in: 0...150, using: &generator))
        var options = JournalOptions()
        options.fileSystem = killer
        let writer = try JournalWriter.open(
            directory: path + "/INC-2041", incident: "INC-2041", clock: SystemClock(),
            options: options, scrub: { $0 })
        let log = open(path + "/acknowledged", O_WRONLY | O_APPEND | O_CREAT, 0o600)
        var waiting: [String] = []
        for index in 0... {
            let length = Int.random(in: 30_000...60_000, using: &generator)
            let name = "\(round).\(index)."
            waiting.append(name)
            try writer.append(
                note(name + String(repeating: "x", count: length)), sync: index % 8 == 0)
            guard index % 8 == 0 else { continue }
            let text = Array(waiting.map { $0 + "\n" }.joined().utf8)
            write(log, text, text.count)
            waiting = []
            killer.arm()
        }
    }
}

/// The kernel's files; a thread beside kills the process soon after a long `write` has begun.
private final class Killer: FileSystem {
    private let base = SystemFileSystem()
    private let left: Atomic<Int>
    private let isArmed = Atomic(false)
    private let fires = Atomic(false)
    /// Signalled one write ahead, so that the thread is awake and has not yet used up its slice.
    private let wakes = DispatchSemaphore(value: 0)

    init(afterWrites count: Int, spins: Int) {
        left = Atomic(count)
        DispatchQueue(label: "killer", qos: .userInteractive).async { [self] in
            wakes.wait()
            while !fires.load(ordering: .acquiring) {}
            for _ in 0..<spins { _ = fires.load(ordering: .relaxed) }
            kill(getpid(), SIGKILL)
        }
    }

    /// From now on writes count: something was acknowledged.
    func arm() { isArmed.store(true, ordering: .relaxed) }

    func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
        if bytes.count > 4096, isArmed.load(ordering: .relaxed) {
            let now = left.subtract(1, ordering: .relaxed).newValue
            if now == 1 { wakes.signal() }
            if now == 0 { fires.store(true, ordering: .releasing) }
        }
        return try base.write(descriptor, bytes)
    }

    func open(_ path: String, flags: Int32, mode: UInt32) throws(SystemError) -> Int32 {
        try base.open(path, flags: flags, mode: mode)
    }
    func close(_ descriptor: Int32) { base.close(descriptor) }
    func read(_ descriptor: Int32, at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        try base.read(descriptor, at: offset, count: count)
    }
    func status(_ descriptor: Int32) throws(SystemError) -> FileStatus {
        try base.status(descriptor)
    }
    func status(_ path: String) throws(SystemError) -> FileStatus { try base.status(path) }
    func synchronizeData(_ descriptor: Int32) throws(SystemError) {
        try base.synchronizeData(descriptor)
    }
    func synchronize(_ descriptor: Int32) throws(SystemError) { try base.synchronize(descriptor) }
    func synchronizeDirectory(_ path: String) throws(SystemError) {
        try base.synchronizeDirectory(path)
    }
    func reserve(_ descriptor: Int32, offset: Int, length: Int) throws(SystemError) {
        try base.reserve(descriptor, offset: offset, length: length)
    }
    func rename(_ source: String, to target: String) throws(SystemError) {
        try base.rename(source, to: target)
    }
    func remove(_ path: String) throws(SystemError) { try base.remove(path) }
    func makeDirectory(_ path: String) throws(SystemError) { try base.makeDirectory(path) }
    func list(_ directory: String) throws(SystemError) -> [String] { try base.list(directory) }
    func lock(_ descriptor: Int32) throws(SystemError) { try base.lock(descriptor) }
    func unlock(_ descriptor: Int32) { base.unlock(descriptor) }
    func fileSystemType(_ path: String) throws(SystemError) -> Int64 {
        try base.fileSystemType(path)
    }
}
