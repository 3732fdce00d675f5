import Basics
import Incidents
import Journals
import Support

#if canImport(Glibc)
    import Glibc
#endif

/// How much of each campaign runs: all of it with WARROOM_SLOW=1, a part that fits into every run
/// of the tests otherwise.
enum Campaign {
    static let isSlow = getenv("WARROOM_SLOW") != nil

    static func pick<Value>(_ fast: Value, slow: Value) -> Value { isSlow ? slow : fast }

    /// What a campaign did, for whoever reads the log.
    static func report(_ text: String) { print("campaign: \(text)") }
}

/// The disk in memory as the journal's file system. The simulation may say the same.
extension CrashDisk: FileSystem {
    package func status(_ descriptor: Int32) throws(SystemError) -> FileStatus {
        Self.status(try look(at: descriptor))
    }
    package func status(_ path: String) throws(SystemError) -> FileStatus {
        Self.status(try look(at: path))
    }

    private static func status(_ found: Status) -> FileStatus {
        FileStatus(
            device: 1, inode: UInt64(found.inode), size: found.size,
            isDirectory: found.isDirectory, isRegular: !found.isDirectory, modified: 0,
            owner: geteuid(), permissions: 0o700)
    }
}

/// A journal on a disk in memory.
struct DiskJournal {
    static let incident = "/state/INC-2041"
    let disk = CrashDisk()
    let place = JournalDirectory(Self.incident)

    func open(configure: (inout JournalOptions) -> Void = { _ in }) throws(Failure)
        -> JournalWriter
    {
        var options = JournalOptions()
        options.preallocatedBytes = 4096
        options.reserveBytes = 1024
        options.programVersion = "1.2.3"
        options.fileSystem = disk
        options.outcomeDirectories = []
        configure(&options)
        return try JournalWriter.open(
            directory: Self.incident, incident: "INC-2041", clock: testClock, options: options,
            scrub: { $0 })
    }

    func verify() throws(Failure) -> VerifyReport {
        try JournalVerifier.verify(Self.incident, outcomeDirectories: [], fileSystem: disk)
    }

    func events() throws(Failure) -> [Event] {
        try JournalReader.open(Self.incident, fileSystem: disk).readNew()
    }
}

/// A journal with `count` notes, every third one synced, and left as a crash leaves it; its bytes,
/// and where its records end.
func diskJournal(notes count: Int, keepingHead: Bool) throws -> (
    DiskJournal, bytes: [UInt8], ends: [Int]
) {
    let journal = DiskJournal()
    let writer = try journal.open()
    for index in 1...count { _ = try writer.append(note("note \(index)"), sync: index % 3 == 0) }
    writer.abandon()
    if !keepingHead { try journal.disk.remove(journal.place.head) }
    let bytes = journal.disk.bytes(of: journal.place.segment(1))
    return (journal, bytes, boundaries(bytes))
}
