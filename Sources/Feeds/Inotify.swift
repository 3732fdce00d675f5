import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// A descriptor that is closed when nobody needs it any more.
final class OwnedDescriptor: Sendable {
    let value: Int32
    init(_ value: Int32) { self.value = value }
    deinit { if value >= 0 { close(value) } }
}

/// One inotify descriptor that watches directories; the kernel's limits may leave it without.
///
/// Directories, not files: names appear, vanish and are replaced, and a watch on a file follows the
/// old one. See inotify(7).
final class Inotify {
    /// What happened in the watched directories since the last call.
    struct Changes {
        /// Directory → names that were written to.
        var written: [String: Set<String>] = [:]
        /// Directory → names whose writer closed them or that were moved in: complete files.
        var completed: [String: Set<String>] = [:]
        /// Directories in which names appeared, vanished or moved.
        var renamed: Set<String> = []
        /// Events were lost: look at everything.
        var overflowed = false

        var isEmpty: Bool {
            written.isEmpty && completed.isEmpty && renamed.isEmpty && !overflowed
        }
    }

    /// Shared with the dispatch source that reads it, which must outlive the descriptor's use.
    let owner: OwnedDescriptor
    private(set) var failure: SystemError?
    private var directories: [Int32: String] = [:]
    private var watches: [String: Int32] = [:]
    private var aliases: [String: [String]] = [:]
    private var buffer = [UInt8](repeating: 0, count: 64 * 1024)

    init() {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        if descriptor < 0 { failure = .current }
        owner = OwnedDescriptor(descriptor)
    }

    private var descriptor: Int32 { owner.value }

    var isAvailable: Bool { descriptor >= 0 }

    /// Watches `directory`; a missing one is no failure, it is tried again by the next rescan.
    func watch(_ directory: String) {
        guard isAvailable, watches[directory] == nil else { return }
        let mask =
            IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE
            | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF
        let only = UInt32(IN_ONLYDIR)
        let watch = inotify_add_watch(descriptor, directory, UInt32(mask) | only)
        guard watch >= 0 else {
            let error = SystemError.current
            if error.code != ENOENT, error.code != ENOTDIR { failure = error }
            return
        }
        // The same directory under two names shares one watch: both names must be told.
        if let other = directories[watch], other != directory {
            aliases[other, default: []].append(directory)
        } else {
            directories[watch] = directory
        }
        watches[directory] = watch
    }

    /// Reads every event that waits.
    func drain() -> Changes {
        var changes = Changes()
        guard isAvailable else { return changes }
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return changes }
            parse(count, into: &changes)
        }
    }

    /// The record is `int wd; uint32_t mask, cookie, len; char name[len]`.
    private func parse(_ count: Int, into changes: inout Changes) {
        var index = 0
        while index + 16 <= count {
            let watch = Int32(bitPattern: word(index))
            let mask = word(index + 4)
            let length = Int(word(index + 12))
            let end = min(count, index + 16 + length)
            let name = String(
                decoding: buffer[index + 16..<end].prefix { $0 != 0 }, as: UTF8.self)
            note(watch, mask, name, into: &changes)
            index = end
        }
    }

    private func note(_ watch: Int32, _ mask: UInt32, _ name: String, into changes: inout Changes) {
        if mask & UInt32(IN_Q_OVERFLOW) != 0 { changes.overflowed = true }
        guard let directory = directories[watch] else { return }
        for directory in [directory] + (aliases[directory] ?? []) {
            if mask & UInt32(IN_MODIFY | IN_ATTRIB) != 0 {
                changes.written[directory, default: []].insert(name)
            }
            if mask & UInt32(IN_CLOSE_WRITE | IN_MOVED_TO) != 0 {
                changes.completed[directory, default: []].insert(name)
            }
            if mask & UInt32(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE) != 0 {
                changes.renamed.insert(directory)
            }
            if mask & UInt32(IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF) != 0 {
                changes.renamed.insert(directory)
                forget(watch, directory)
            }
        }
    }

    private func forget(_ watch: Int32, _ directory: String) {
        watches[directory] = nil
        aliases[directory] = nil
        guard directories[watch] == directory else { return }
        directories[watch] = nil
        inotify_rm_watch(descriptor, watch)
    }

    private func word(_ index: Int) -> UInt32 {
        buffer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: index, as: UInt32.self) }
    }
}
