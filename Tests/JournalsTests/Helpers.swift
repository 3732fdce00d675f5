import Basics
import Incidents
import Journals
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A fresh directory below `/tmp`, removed at the end of its life.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/warroom-journals-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.current }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // No child does this: one that is being spawned holds copies of other tests' locks.
    deinit { Self.removeTree(path) }

    private static func removeTree(_ path: String) {
        for name in (try? SystemFileSystem().list(path)) ?? [] {
            let inner = path + "/" + name
            if unlink(inner) != 0 { removeTree(inner) }
        }
        rmdir(path)
    }

    var incident: String { path + "/INC-2041" }
    var place: JournalDirectory { JournalDirectory(incident) }
    var segment: String { place.segment(1) }
}

let testClock = ManualClock(wall: Timestamp(nanoseconds: 1_787_300_000_123_456_789))
let ops = Actor(uid: 1000, name: "ops1")

func note(_ text: String) -> EventDraft { EventDraft(NoteAdded(text: text), by: ops) }

func openWriter(
    _ directory: TemporaryDirectory, files: any FileSystem = QuickFileSystem(),
    clock: any TimeSource = testClock, scrub: @escaping JournalWriter.Scrub = { $0 },
    configure: (inout JournalOptions) -> Void = { _ in }
) throws(Failure) -> JournalWriter {
    var options = JournalOptions()
    options.preallocatedBytes = 64 * 1024
    options.reserveBytes = 16 * 1024
    options.programVersion = "1.2.3"
    options.fileSystem = files
    options.outcomeDirectories = []
    configure(&options)
    return try JournalWriter.open(
        directory: directory.incident, incident: "INC-2041", clock: clock, options: options,
        scrub: scrub)
}

/// Writes `count` notes, every third one synced, and leaves as a crash would: no last sync.
func writeNotes(_ directory: TemporaryDirectory, _ count: Int) throws {
    let writer = try openWriter(directory)
    for index in 1...count { _ = try writer.append(note("note \(index)"), sync: index % 3 == 0) }
    writer.abandon()
}

func texts(_ events: [Event]) -> [String] {
    events.compactMap { ($0.payload as? NoteAdded)?.text }
}

func bytes(of path: String) -> [UInt8] {
    guard let file = fopen(path, "re") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        if count == 0 { return bytes }
        bytes += buffer[..<count]
    }
}

func put(_ bytes: some Sequence<UInt8>, at path: String) {
    guard let file = fopen(path, "we") else { return }
    defer { fclose(file) }
    let bytes = Array(bytes)
    fwrite(bytes, 1, bytes.count, file)
}

/// Offsets just past each newline.
func boundaries(_ bytes: [UInt8]) -> [Int] {
    bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
}

func code(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch let failure as Failure {
        return failure.code
    } catch {
        return "\(error)"
    }
}

/// The kernel without its syncs: these tests check bytes, not disks.
struct QuickFileSystem: FileSystem {
    private let base = SystemFileSystem()
    func open(_ path: String, flags: Int32, mode: UInt32) throws(SystemError) -> Int32 {
        try base.open(path, flags: flags, mode: mode)
    }
    func close(_ descriptor: Int32) { base.close(descriptor) }
    func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
        try base.write(descriptor, bytes)
    }
    func read(_ descriptor: Int32, at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        try base.read(descriptor, at: offset, count: count)
    }
    func status(_ descriptor: Int32) throws(SystemError) -> FileStatus {
        try base.status(descriptor)
    }
    func status(_ path: String) throws(SystemError) -> FileStatus { try base.status(path) }
    func synchronizeData(_ descriptor: Int32) throws(SystemError) {}
    func synchronize(_ descriptor: Int32) throws(SystemError) {}
    func synchronizeDirectory(_ path: String) throws(SystemError) {}
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

/// Asks a plan before every changing call and fails as it says.
final class FaultyFileSystem: FileSystem {
    enum Operation: Hashable, Sendable {
        case open, write, syncData, sync, syncDirectory, reserve, rename, remove, makeDirectory
    }
    enum Fault: Sendable {
        case error(Int32)
        /// Writes only so many bytes.
        case short(Int)
    }
    /// Which call it is (all changing calls counted from 1), what it does, how many bytes.
    typealias Plan = @Sendable (_ number: Int, _ operation: Operation, _ bytes: Int) -> Fault?

    private let base = QuickFileSystem()
    private let state: Mutex<(count: Int, plan: Plan)>
    private let type: Int64?

    init(type: Int64? = nil, _ plan: @escaping Plan) {
        state = Mutex((0, plan))
        self.type = type
    }

    var count: Int { state.withLock { $0.count } }
    func setPlan(_ plan: @escaping Plan) {
        sound.withLock { $0 = nil }
        state.withLock { $0 = (0, plan) }
    }

    /// As `setPlan`, for what is opened below `broken` or was open before; the rest of the machine
    /// works.
    func setPlan(outside broken: String, _ plan: @escaping Plan) {
        state.withLock { $0 = (0, plan) }
        sound.withLock { $0 = Sound(broken: broken) }
    }

    private struct Sound {
        var broken: String
        var descriptors: Set<Int32> = []
    }
    private let sound = Mutex<Sound?>(nil)

    private func isSound(_ path: String) -> Bool {
        sound.withLock { $0.map { !path.hasPrefix($0.broken) } ?? false }
    }
    private func isSound(_ descriptor: Int32) -> Bool {
        sound.withLock { $0?.descriptors.contains(descriptor) ?? false }
    }

    private func ask(_ operation: Operation, _ bytes: Int = 0) throws(SystemError) -> Int? {
        let fault = state.withLock { state in
            state.count += 1
            return state.plan(state.count, operation, bytes)
        }
        switch fault {
        case .error(let code): throw SystemError(code)
        case .short(let count): return count
        case nil: return nil
        }
    }

    func open(_ path: String, flags: Int32, mode: UInt32) throws(SystemError) -> Int32 {
        let isSound = isSound(path)
        if flags & (O_WRONLY | O_RDWR) != 0, !isSound { _ = try ask(.open) }
        let descriptor = try base.open(path, flags: flags, mode: mode)
        if isSound { sound.withLock { _ = $0?.descriptors.insert(descriptor) } }
        return descriptor
    }
    func close(_ descriptor: Int32) {
        sound.withLock { _ = $0?.descriptors.remove(descriptor) }
        base.close(descriptor)
    }
    func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
        if isSound(descriptor) { return try base.write(descriptor, bytes) }
        let limit = try ask(.write, bytes.count) ?? bytes.count
        return limit == 0 ? 0 : try base.write(descriptor, bytes.prefix(limit))
    }
    func read(_ descriptor: Int32, at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        try base.read(descriptor, at: offset, count: count)
    }
    func status(_ descriptor: Int32) throws(SystemError) -> FileStatus {
        try base.status(descriptor)
    }
    func status(_ path: String) throws(SystemError) -> FileStatus { try base.status(path) }
    func synchronizeData(_ descriptor: Int32) throws(SystemError) {
        if !isSound(descriptor) { _ = try ask(.syncData) }
    }
    func synchronize(_ descriptor: Int32) throws(SystemError) {
        if !isSound(descriptor) { _ = try ask(.sync) }
    }
    func synchronizeDirectory(_ path: String) throws(SystemError) {
        if !isSound(path) { _ = try ask(.syncDirectory) }
    }
    func reserve(_ descriptor: Int32, offset: Int, length: Int) throws(SystemError) {
        _ = try ask(.reserve)
        try base.reserve(descriptor, offset: offset, length: length)
    }
    func rename(_ source: String, to target: String) throws(SystemError) {
        _ = try ask(.rename)
        try base.rename(source, to: target)
    }
    func remove(_ path: String) throws(SystemError) {
        _ = try ask(.remove)
        try base.remove(path)
    }
    func makeDirectory(_ path: String) throws(SystemError) {
        _ = try ask(.makeDirectory)
        try base.makeDirectory(path)
    }
    func list(_ directory: String) throws(SystemError) -> [String] { try base.list(directory) }
    func lock(_ descriptor: Int32) throws(SystemError) { try base.lock(descriptor) }
    func unlock(_ descriptor: Int32) { base.unlock(descriptor) }
    func fileSystemType(_ path: String) throws(SystemError) -> Int64 {
        if let type { return type }
        return try base.fileSystemType(path)
    }
}
