import Basics
import CSystem

#if canImport(Glibc)
    import Glibc
#endif

/// What `stat` says of a file, as far as following needs it.
package struct FileFacts: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64
    package var size: Int64
    package var modified: Timestamp
    /// When content, names or permissions changed last; no program can set it.
    package var changed: Timestamp
    package var kind: mode_t
    package var links: Int

    package var isRegular: Bool { kind == S_IFREG }

    private init(_ value: stat) {
        device = UInt64(value.st_dev)
        inode = UInt64(value.st_ino)
        size = Int64(value.st_size)
        modified = Self.time(value.st_mtim)
        changed = Self.time(value.st_ctim)
        kind = value.st_mode & S_IFMT
        links = Int(value.st_nlink)
    }

    private static func time(_ value: timespec) -> Timestamp {
        Timestamp(nanoseconds: Int64(value.tv_sec) * 1_000_000_000 + Int64(value.tv_nsec))
    }

    /// Follows symbolic links.
    package static func of(path: String) -> Result<FileFacts, SystemError> {
        var value = stat()
        return stat(path, &value) == 0 ? .success(FileFacts(value)) : .failure(.current)
    }

    package static func of(descriptor: Int32) -> Result<FileFacts, SystemError> {
        var value = stat()
        return fstat(descriptor, &value) == 0 ? .success(FileFacts(value)) : .failure(.current)
    }
}

/// A 64-bit hash that is the same in every run: FNV-1a, finished by the mixer of splitmix64. It
/// guards against chance; who can forge it can write the log anyway.
package struct Fingerprint: Hashable, Sendable {
    /// How many bytes were hashed.
    package var count: Int
    package var hash: UInt64

    package init(count: Int, hash: UInt64) {
        self.count = count
        self.hash = hash
    }

    package init(_ bytes: some Sequence<UInt8>) {
        var state: UInt64 = 0xCBF2_9CE4_8422_2325
        var count = 0
        for byte in bytes {
            state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
            count += 1
        }
        self.init(count: count, hash: Self.mixed(state))
    }

    static func mixed(_ value: UInt64) -> UInt64 {
        var value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// What is kept of a file that was read up to `offset` and let go: enough to know it again, and to
/// tell that its inode was given to another one.
package struct FileTrace: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64
    /// See `LogFollower.generation`.
    package var generation: UInt64
    package var offset: Int64
    /// Of the first bytes, at most `FileHead.bytesMax`.
    package var head: Fingerprint
    /// Of the bytes before the offset, at most `ReadContent.tailBytesMax`.
    package var tail: Fingerprint

    package init(
        device: UInt64, inode: UInt64, generation: UInt64, offset: Int64, head: Fingerprint,
        tail: Fingerprint
    ) {
        self.device = device
        self.inode = inode
        self.generation = generation
        self.offset = offset
        self.head = head
        self.tail = tail
    }

    /// Whether `file` still is the file with the content that was read, perhaps grown.
    func holds(for file: OpenFile, size: Int64) -> Bool {
        device == file.device && inode == file.inode && size >= offset
            && Fingerprint(file.bytes(at: 0, count: head.count)) == head
            && Fingerprint(file.bytes(at: offset - Int64(tail.count), count: tail.count)) == tail
    }
}

/// An open regular file. Closes its descriptor when it is dropped.
final class OpenFile {
    let descriptor: Int32
    let device: UInt64
    let inode: UInt64

    private init(descriptor: Int32, facts: FileFacts) {
        self.descriptor = descriptor
        device = facts.device
        inode = facts.inode
    }

    deinit { close(descriptor) }

    enum Refusal: Error {
        case system(SystemError)
        case notRegular(mode_t)
    }

    /// Opens for reading; never waits (FIFOs) and never takes a terminal.
    static func open(_ path: String) -> Result<OpenFile, Refusal> {
        if case .success(let facts) = FileFacts.of(path: path), !facts.isRegular {
            return .failure(.notRegular(facts.kind))
        }
        let descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(.system(.current)) }
        switch FileFacts.of(descriptor: descriptor) {
        case .failure(let error):
            close(descriptor)
            return .failure(.system(error))
        case .success(let facts):
            let file = OpenFile(descriptor: descriptor, facts: facts)
            return facts.isRegular ? .success(file) : .failure(.notRegular(facts.kind))
        }
    }

    var facts: FileFacts? {
        guard case .success(let facts) = FileFacts.of(descriptor: descriptor) else { return nil }
        return facts
    }

    func isSame(as facts: FileFacts) -> Bool { device == facts.device && inode == facts.inode }
    func isSame(as file: OpenFile) -> Bool { device == file.device && inode == file.inode }

    /// The magic number of the file system it lies on; 0 when that cannot be told.
    var fileSystem: Int64 {
        var type: Int64 = 0
        return csystem_filesystem_type("/proc/self/fd/\(descriptor)", &type) == 0 ? type : 0
    }

    /// Up to `count` bytes at `offset`; empty at the end and on errors.
    func bytes(at offset: Int64, count: Int) -> [UInt8] {
        guard count > 0, offset >= 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
        }
    }

    /// What its first bytes say.
    var encoding: LineEncoding {
        LineEncoding.of(head: bytes(at: 0, count: LineEncoding.markBytesMax)).0
    }

    /// Where the data at or behind `offset` begins: behind a hole, or at the file's end.
    func dataStart(from offset: Int64, size: Int64) -> Int64 {
        let seekData: Int32 = 3  // SEEK_DATA, lseek(2); a macro that Glibc's module leaves out
        let result = lseek(descriptor, off_t(offset), seekData)
        if result < 0 { return errno == ENXIO ? size : offset }
        return max(offset, Int64(result))
    }
}
