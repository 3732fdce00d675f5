import Basics
import Logs
import SafeText

/// What a search must know of the feeds, taken at one moment.
struct SearchView: Sendable {
    struct Source: Sendable {
        var id: String
        var path: String
        var service: String?
    }

    var sources: [Source] = []
    /// The records in memory.
    var ring: [LogRecord] = []
    var zoneOffset = 0
    var now: Timestamp
    /// Knows the patterns; nil when nobody asks for one.
    var miner: PatternMiner?
}

/// The files behind the sources, opened for searching, with their indexes from earlier questions.
///
/// Own descriptors: what is read live is not touched. Confined to the search queue.
final class SearchFiles {
    /// Indexes kept for later questions.
    private static let keptMax = 256
    /// A rotated file untouched for so long is finished: its last line counts without an end.
    private static let settledAfter: Duration = .seconds(60)

    private struct Key: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    private struct Entry {
        var index: LogIndex
        var records: PlacedRecords
        var used: Int
    }

    private var entries: [Key: Entry] = [:]
    private var uses = 0
    /// Sentences about sources that could not be read at the last `targets`.
    private(set) var unread: [String] = []

    func targets(_ view: SearchView, _ limits: FeedLimits) -> [SearchTarget] {
        unread = []
        uses += 1
        var seen: Set<Key> = []
        var targets: [SearchTarget] = []
        var index = IndexLimits()
        index.pieceBytes = limits.indexPieceBytes
        index.lineBytesMax = limits.lineBytesMax
        index.bytesMax = max(64 * 1024, limits.indexBytesMax / max(1, view.sources.count))
        for source in view.sources {
            let rotated = RotatedFiles.beside(source.path)
            for (path, isRotated) in [(source.path, false)] + rotated.map({ ($0, true) }) {
                guard case .success(let facts) = FileFacts.of(path: path), facts.isRegular,
                    seen.insert(Key(device: facts.device, inode: facts.inode)).inserted,
                    let entry = entry(path, facts, isRotated, view, index, limits.redactor)
                else { continue }
                targets.append(
                    SearchTarget(
                        source: source.id, service: source.service,
                        generation: entry.index.generation, index: entry.index,
                        records: entry.records))
            }
            note(RotatedFiles.compressed(beside: source.path), of: source.path)
        }
        forgetUnused()
        return targets
    }

    private func note(_ compressed: Int, of path: String) {
        guard compressed > 0 else { return }
        let what = compressed == 1 ? "1 compressed file" : "\(compressed) compressed files"
        unread.append(
            Failure(
                "logs.packed", "Older history was not searched", subject: path,
                why: "it is in \(what)", next: "Search it with warroom logs"
            ).description)
    }

    private func entry(
        _ path: String, _ facts: FileFacts, _ isRotated: Bool, _ view: SearchView,
        _ limits: IndexLimits, _ redactor: Redactor
    ) -> Entry? {
        let key = Key(device: facts.device, inode: facts.inode)
        if var entry = entries[key], entry.index.refresh() {
            entry.used = uses
            entries[key] = entry
            return entry
        }
        let isSettled = isRotated && view.now - facts.modified > Self.settledAfter
        do throws(Failure) {
            let index = try LogIndex(
                path: path, zoneOffset: view.zoneOffset, includesUnfinished: isSettled,
                limits: limits)
            let entry = Entry(
                index: index, records: PlacedRecords(index, redactor: redactor), used: uses)
            entries[key] = entry
            return entry
        } catch {
            unread.append(error.description)
            entries[key] = nil
            return nil
        }
    }

    /// Files that are gone, and beyond the bound those not asked about for longest.
    private func forgetUnused() {
        entries = entries.filter { $0.value.used == uses }
        guard entries.count > Self.keptMax else { return }
        for (key, _) in entries.sorted(by: { $0.value.index.bytes < $1.value.index.bytes })
            .prefix(entries.count - Self.keptMax)
        {
            entries[key] = nil
        }
    }
}
