import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// What `stat` says of a file, as far as following needs it.
package struct FileFacts: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64
    package var size: Int64
    package var modified: Timestamp
    package var kind: mode_t
    package var links: Int

    package var isRegular: Bool { kind == S_IFREG }

    private init(_ value: stat) {
        device = UInt64(value.st_dev)
        inode = UInt64(value.st_ino)
        size = Int64(value.st_size)
        modified = Timestamp(
            nanoseconds: Int64(value.st_mtim.tv_sec) * 1_000_000_000
                + Int64(value.st_mtim.tv_nsec))
        kind = value.st_mode & S_IFMT
        links = Int(value.st_nlink)
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

/// Tells files apart for longer than they keep their names: device, inode, and the first bytes,
/// because file systems give an inode number to a new file at once.
struct FileIdentity: Hashable {
    /// How many first bytes are compared.
    static let headBytesMax = 1024

    var device: UInt64
    var inode: UInt64
    var head: [UInt8]

    /// Whether `later`, seen afterwards, can be the same file grown.
    func canBecome(_ later: FileIdentity) -> Bool {
        device == later.device && inode == later.inode && later.head.starts(with: head)
    }
}

/// All files that were followed or set aside, so that a rotated one is not read again under its new
/// name, and one reached by two names is read once.
package final class FileLedger {
    private struct Key: Hashable {
        var device: UInt64
        var inode: UInt64
    }
    private static let entriesMax = 8_192
    private var entries: [Key: FileIdentity] = [:]
    private var order: [Key] = []

    package init() {}

    func remember(_ identity: FileIdentity) {
        let key = Key(device: identity.device, inode: identity.inode)
        if entries.updateValue(identity, forKey: key) == nil { order.append(key) }
        if order.count > Self.entriesMax {
            for old in order.prefix(1_024) { entries[old] = nil }
            order.removeFirst(1_024)
        }
    }

    func knows(_ identity: FileIdentity) -> Bool {
        let key = Key(device: identity.device, inode: identity.inode)
        return entries[key]?.canBecome(identity) ?? false
    }

    /// Whether the file at `path` is one that was read already, whatever it is called now.
    package func knows(path: String) -> Bool {
        guard case .success(let file) = OpenFile.open(path) else { return false }
        return knows(file.identity())
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

    /// Up to `count` bytes at `offset`; empty at the end and on errors.
    func bytes(at offset: Int64, count: Int) -> [UInt8] {
        guard count > 0, offset >= 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
        }
    }

    func identity() -> FileIdentity {
        FileIdentity(
            device: device, inode: inode, head: bytes(at: 0, count: FileIdentity.headBytesMax))
    }

    /// Where the data at or behind `offset` begins: behind a hole, or at the file's end.
    func dataStart(from offset: Int64, size: Int64) -> Int64 {
        let seekData: Int32 = 3  // SEEK_DATA, lseek(2); a macro that Glibc's module leaves out
        let result = lseek(descriptor, off_t(offset), seekData)
        if result < 0 { return errno == ENXIO ? size : offset }
        return max(offset, Int64(result))
    }
}
