import Basics

/// All files that were followed or set aside, so that a rotated one is not read again under its new
/// name, and one reached by two names is read once.
package final class FileLedger {
    struct Key: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    enum Standing {
        case unknown
        /// Somebody reads it: while it is open its inode cannot become another file.
        case open(by: String)
        /// It was read up to there, and holds what it held then.
        case read(FileTrace)
        /// The same, but it was there before following began and nothing of it was read.
        case history(FileTrace)
    }

    private struct Entry {
        var trace: FileTrace
        var isHistory: Bool
        /// When it was written last, as far as was seen.
        var modified: Timestamp?
    }

    private static let entriesMax = 8_192
    private var open: [Key: String] = [:]
    private var entries: [Key: Entry] = [:]
    private var order: [Key] = []
    /// What is read passes through it: one for all files, which are read in turn.
    var buffer: [UInt8] = []

    /// When following began, by the clock that stamps files, with a step of it to spare.
    let began = SystemClock().now.wall - .milliseconds(50)

    package init() {}

    /// Whether the file at `path` is read or was read already, whatever it is called now.
    package func knows(path: String) -> Bool {
        guard case .success(let facts) = FileFacts.of(path: path) else { return false }
        let key = Key(device: facts.device, inode: facts.inode)
        if open[key] != nil { return true }
        guard entries[key]?.isHistory == false, case .success(let file) = OpenFile.open(path),
            case .read = standing(of: file)
        else { return false }
        return true
    }

    func standing(of file: OpenFile) -> Standing {
        let key = Key(device: file.device, inode: file.inode)
        if let path = open[key] { return .open(by: path) }
        guard let entry = entries[key], let size = file.facts?.size,
            entry.trace.holds(for: file, size: size)
        else { return .unknown }
        return entry.isHistory ? .history(entry.trace) : .read(entry.trace)
    }

    /// Whether a file was read, or was there before, that began so: it may be packed by now.
    func knows(head: [UInt8]) -> Bool {
        var hashes: [Int: UInt64] = [:]
        return entries.values.contains { entry in
            let count = entry.trace.head.count
            guard count > 0, count <= head.count else { return false }
            let hash = hashes[count] ?? Fingerprint(head.prefix(count)).hash
            hashes[count] = hash
            return hash == entry.trace.head.hash
        }
    }

    /// Whether nothing new stands in a file with these facts, told without opening it.
    func isDone(_ facts: FileFacts) -> Bool {
        let key = Key(device: facts.device, inode: facts.inode)
        if open[key] != nil { return true }
        guard let entry = entries[key] else { return false }
        return entry.trace.offset == facts.size && entry.modified == facts.modified
    }

    func opened(_ file: OpenFile, by path: String) {
        let key = Key(device: file.device, inode: file.inode)
        open[key] = path
    }

    func closed(_ file: FollowedFile) {
        open[Key(device: file.file.device, inode: file.file.inode)] = nil
        remember(file)
    }

    /// - Parameter isHistory: it was there before following began, and is not to be read.
    func remember(_ file: FollowedFile, isHistory: Bool = false) {
        remember(
            Entry(trace: file.trace, isHistory: isHistory, modified: file.file.facts?.modified))
    }

    /// A file that an earlier run read.
    func remember(_ trace: FileTrace) { remember(Entry(trace: trace, isHistory: false)) }

    private func remember(_ entry: Entry) {
        let key = Key(device: entry.trace.device, inode: entry.trace.inode)
        if entries.updateValue(entry, forKey: key) == nil { order.append(key) }
        if order.count > Self.entriesMax {
            for old in order.prefix(1_024) { entries[old] = nil }
            order.removeFirst(1_024)
        }
    }
}
