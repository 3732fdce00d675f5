import Basics
import Logs

#if canImport(Glibc)
    import Glibc
#endif

/// A descriptor that is closed when nobody needs it any more.
final class OwnedDescriptor: Sendable {
    let value: Int32
    init(_ value: Int32) { self.value = value }
    deinit { if value >= 0 { close(value) } }
}

/// Which source a file belongs to: its place in the engine's lists.
enum FeedTarget: Hashable {
    case log(Int)
    case command(Int)
    case dump(Int)
    case change(Int)
}

/// One inotify descriptor; the kernel's limits may leave it without, or without some watches.
///
/// Directories are watched for names that appear, vanish and are replaced; open files for what is
/// written to them, whatever they are called now. See inotify(7).
final class Inotify {
    /// What happened since the last call.
    struct Changes {
        /// Sources whose open files were written to, moved or deleted.
        var written: Set<FeedTarget> = []
        /// Directory → names whose writer closed them or that were moved in: complete files.
        var completed: [String: Set<String>] = [:]
        /// Directory → names that appeared, vanished, moved or changed their permissions.
        var renamed: [String: Set<String>] = [:]
        /// Directory → how often another file got this name.
        var arrived: [String: [String: Int]] = [:]
        /// Directories that are not watched any more, because they moved or are gone.
        var lost: Set<String> = []
        /// Events were lost: look at everything.
        var overflowed = false

        var isEmpty: Bool {
            written.isEmpty && completed.isEmpty && renamed.isEmpty && lost.isEmpty && !overflowed
        }
    }

    private struct Directory {
        var watch: Int32
        var facts: FileFacts?
    }

    /// Shared with the dispatch source that reads it, which must outlive the descriptor's use.
    let owner: OwnedDescriptor
    private let initFailure: SystemError?
    private(set) var directoryFailures: [String: SystemError] = [:]
    private(set) var fileFailures: [FeedTarget: SystemError] = [:]
    /// One watch has several names when a directory is reached by several.
    private var names: [Int32: Set<String>] = [:]
    private var directories: [String: Directory] = [:]
    private var targets: [Int32: Set<FeedTarget>] = [:]
    private var files: [FeedTarget: Set<Int32>] = [:]
    private var buffer = [UInt8](repeating: 0, count: 64 * 1024)

    init() {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        initFailure = descriptor < 0 ? .current : nil
        owner = OwnedDescriptor(descriptor)
    }

    private var descriptor: Int32 { owner.value }

    var isAvailable: Bool { descriptor >= 0 }

    /// Why the kernel does not report every change; nil when it does.
    var failure: SystemError? {
        initFailure ?? directoryFailures.values.first ?? fileFailures.values.first
    }

    /// Watches `directory`; a missing one is no failure.
    /// - Returns: whether it was not watched before.
    @discardableResult
    func watch(_ directory: String) -> Bool {
        guard isAvailable, directories[directory] == nil else { return false }
        let mask =
            IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | IN_ATTRIB
            | IN_DELETE_SELF | IN_MOVE_SELF
        let watch = inotify_add_watch(descriptor, directory, UInt32(mask) | UInt32(IN_ONLYDIR))
        guard watch >= 0 else {
            let error = SystemError.current
            let isMissing = error.code == ENOENT || error.code == ENOTDIR
            directoryFailures[directory] = isMissing ? nil : error
            return false
        }
        directoryFailures[directory] = nil
        names[watch, default: []].insert(directory)
        let facts = try? FileFacts.of(path: directory).get()
        directories[directory] = Directory(watch: watch, facts: facts)
        return true
    }

    func unwatch(_ directory: String) {
        directoryFailures[directory] = nil
        guard let known = directories.removeValue(forKey: directory) else { return }
        names[known.watch]?.remove(directory)
        guard names[known.watch]?.isEmpty == true else { return }
        names[known.watch] = nil
        inotify_rm_watch(descriptor, known.watch)
    }

    /// The watched directories whose name means another directory now; they are let go.
    func replacedDirectories() -> [String] {
        let replaced = directories.filter { directory, known in
            guard let before = known.facts, case .success(let now) = FileFacts.of(path: directory)
            else { return true }
            return before.device != now.device || before.inode != now.inode
        }
        for directory in replaced.keys { unwatch(directory) }
        return Array(replaced.keys)
    }

    /// Watches the files open in `descriptors` for `target`, and no others.
    /// - Returns: whether one of them was not watched before.
    func watch(files descriptors: [Int32], for target: FeedTarget) -> Bool {
        guard isAvailable else { return false }
        let before = files[target] ?? []
        var now: Set<Int32> = []
        var failure: SystemError?
        for file in descriptors {
            let mask = UInt32(IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)
            let watch = inotify_add_watch(descriptor, "/proc/self/fd/\(file)", mask)
            if watch >= 0 { now.insert(watch) } else { failure = .current }
        }
        fileFailures[target] = failure
        for watch in now { targets[watch, default: []].insert(target) }
        for watch in before.subtracting(now) { drop(watch, target) }
        files[target] = now.isEmpty ? nil : now
        return !now.isSubset(of: before)
    }

    private func drop(_ watch: Int32, _ target: FeedTarget) {
        targets[watch]?.remove(target)
        guard targets[watch]?.isEmpty == true else { return }
        targets[watch] = nil
        // Fails when the file is gone, and its watch with it.
        inotify_rm_watch(descriptor, watch)
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
            if mask & UInt32(IN_Q_OVERFLOW) != 0 { changes.overflowed = true }
            if let known = targets[watch] {
                changes.written.formUnion(known)
                if mask & UInt32(IN_IGNORED) != 0 { forget(file: watch, known) }
            } else if let known = names[watch] {
                let name = String(
                    decoding: buffer[index + 16..<end].prefix { $0 != 0 }, as: UTF8.self)
                for directory in known { note(directory, mask, name, into: &changes) }
            }
            index = end
        }
    }

    private func note(
        _ directory: String, _ mask: UInt32, _ name: String, into changes: inout Changes
    ) {
        if mask & UInt32(IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT) != 0 {
            changes.lost.insert(directory)
            return unwatch(directory)
        }
        if mask & UInt32(IN_CLOSE_WRITE | IN_MOVED_TO) != 0 {
            changes.completed[directory, default: []].insert(name)
        }
        if mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0 {
            changes.arrived[directory, default: [:]][name, default: 0] += 1
        }
        if mask & UInt32(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB) != 0 {
            changes.renamed[directory, default: []].insert(name)
        }
    }

    private func forget(file watch: Int32, _ known: Set<FeedTarget>) {
        for target in known { files[target]?.remove(watch) }
        targets[watch] = nil
    }

    private func word(_ index: Int) -> UInt32 {
        buffer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: index, as: UInt32.self) }
    }
}
