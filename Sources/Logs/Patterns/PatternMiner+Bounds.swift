import Basics

extension PatternMiner {
    /// Lines from which on a pattern is no accident.
    private static let establishedMin = 16

    /// Merges the tenth of the patterns that is missed least: rare ones before common ones, those
    /// from before the incident's start before those since, those seen longest ago first.
    mutating func foldRare(protecting start: Timestamp?) {
        struct Rank {
            var id: UInt32
            var weight: Int
            var lastLine: UInt64
        }
        var ranks: [Rank] = []
        for cluster in clusters where cluster.key != nil {
            let isEstablished = cluster.total >= Self.establishedMin
            let isNew = start.map { cluster.firstSeen >= $0 } ?? false
            ranks.append(
                Rank(
                    id: cluster.id, weight: (isEstablished ? 2 : 0) + (isNew ? 1 : 0),
                    lastLine: cluster.lastLine))
        }
        ranks.sort { ($0.weight, $0.lastLine) < ($1.weight, $1.lastLine) }
        for rank in ranks.prefix(max(1, patternsMax / 10)) {
            guard let index = byID[rank.id] else { continue }
            fold(
                rank.id,
                into: other(
                    words: clusters[index].template.parts.count, since: clusters[index].firstSeen))
        }
    }

    /// The pattern for what had to be given up among lines of about so many words.
    private mutating func other(words: Int, since time: Timestamp) -> UInt32 {
        let least = 1 << max(0, Int.bitWidth - 1 - words.leadingZeroBitCount)
        let text =
            least == 1
            ? "<other lines of 1 part>" : "<other lines of \(least) to \(2 * least - 1) parts>"
        var id = text.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        while let index = byID[id], clusters[index].key != nil { id &+= 1 }
        if byID[id] == nil {
            _ = append(
                PatternCluster(
                    id: id, key: nil, template: PatternTemplate(text: text),
                    firstSeen: time))
        }
        return id
    }

    /// Gives `id` up; its lines count as those of `target`.
    mutating func fold(_ id: UInt32, into target: UInt32) {
        guard id != target, let index = byID[id], let receiver = byID[target] else { return }
        let cluster = clusters[index]
        clusters[receiver].take(cluster)
        folded.note(id, FoldedPatterns.Entry(into: target, firstSeen: cluster.firstSeen))
        remove(at: index)
    }

    private mutating func remove(at index: Int) {
        let gone = clusters[index]
        byID[gone.id] = nil
        if let key = gone.key { unlist(index, key) }
        let last = clusters.count - 1
        if index != last {
            clusters.swapAt(index, last)
            let moved = clusters[index]
            byID[moved.id] = index
            if let key = moved.key, let place = byKey[key]?.firstIndex(of: last) {
                byKey[key]?[place] = index
            }
        }
        clusters.removeLast()
    }

    private mutating func unlist(_ index: Int, _ key: UInt64) {
        byKey[key]?.removeAll { $0 == index }
        if byKey[key]?.isEmpty == true { byKey[key] = nil }
    }
}

/// What is remembered of patterns that were merged into others, the latest `countMax` of them.
struct FoldedPatterns: Sendable {
    struct Entry {
        var into: UInt32
        var firstSeen: Timestamp
    }

    var countMax = 8_000
    private(set) var total = 0
    private var entries: [UInt32: Entry] = [:]
    private var order: [UInt32] = []

    subscript(id: UInt32) -> Entry? { entries[id] }

    mutating func note(_ id: UInt32, _ entry: Entry) {
        total += 1
        if entries.updateValue(entry, forKey: id) == nil { order.append(id) }
        if order.count > 2 * countMax {
            let gone = order.count - countMax
            for id in order[..<gone] { entries[id] = nil }
            order.removeFirst(gone)
        }
    }

    /// The entry of a pattern that is back.
    mutating func take(_ id: UInt32) -> Entry? { entries.removeValue(forKey: id) }
}

extension FoldedPatterns {
    func append(to out: inout [UInt8]) {
        out.appendVarint(total)
        out.appendVarint(order.count)
        for id in order { out.appendFixed(id) }
        out.appendVarint(entries.count)
        for (id, entry) in entries {
            out.appendFixed(id)
            out.appendFixed(entry.into)
            out.appendFixed(entry.firstSeen.nanoseconds)
        }
    }

    /// Nil for what `append` does not write.
    init?(_ cursor: inout ByteCursor) {
        guard let total = cursor.varint(), let length = cursor.varint(), length <= 1 << 20 else {
            return nil
        }
        self.total = total
        for _ in 0..<length {
            guard let id = cursor.fixed(UInt32.self) else { return nil }
            order.append(id)
        }
        guard let count = cursor.varint(), count <= length else { return nil }
        for _ in 0..<count {
            guard let id = cursor.fixed(UInt32.self), let into = cursor.fixed(UInt32.self),
                let firstSeen = SavedTime.take(&cursor)
            else { return nil }
            entries[id] = Entry(into: into, firstSeen: firstSeen)
        }
    }
}

/// Which cluster a masked text belongs to, for the texts seen last: two places for each hash, the
/// newer one first.
struct PatternCache: Sendable {
    private struct Entry {
        var hash: UInt64 = 0
        var index: Int32 = -1
        var id: UInt32 = 0
    }

    private static let places = 1 << 15
    private var entries = [Entry](repeating: Entry(), count: places)

    /// The index may be stale: it is right when the cluster there bears the id.
    func find(_ hash: UInt64) -> (index: Int, id: UInt32)? {
        let place = Self.place(hash)
        if entries[place].hash == hash { return Self.answer(entries[place]) }
        if entries[place | 1].hash == hash { return Self.answer(entries[place | 1]) }
        return nil
    }

    private static func answer(_ entry: Entry) -> (index: Int, id: UInt32)? {
        entry.index < 0 ? nil : (Int(entry.index), entry.id)
    }

    mutating func note(_ hash: UInt64, _ index: Int, _ id: UInt32) {
        let place = Self.place(hash)
        if entries[place].hash != hash { entries[place | 1] = entries[place] }
        entries[place] = Entry(hash: hash, index: Int32(truncatingIfNeeded: index), id: id)
    }

    private static func place(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash ^ hash >> 32) & (places - 2)
    }
}

extension PatternCache {
    /// What is not stale: `ids` are those of the clusters, in their order.
    func append(to out: inout [UInt8], ids: [UInt32]) {
        let held = entries.indices.filter {
            let entry = entries[$0]
            return entry.index >= 0 && Int(entry.index) < ids.count
                && ids[Int(entry.index)] == entry.id
        }
        out.appendVarint(held.count)
        for place in held {
            out.appendVarint(place)
            out.appendFixed(entries[place].hash)
            out.appendVarint(Int(entries[place].index))
        }
    }

    /// Nil for what `append` does not write.
    init?(_ cursor: inout ByteCursor, ids: [UInt32]) {
        guard let count = cursor.varint(), count <= Self.places else { return nil }
        for _ in 0..<count {
            guard let place = cursor.varint(), place < Self.places,
                let hash = cursor.fixed(UInt64.self), let index = cursor.varint(),
                index < ids.count
            else { return nil }
            entries[place] = Entry(hash: hash, index: Int32(index), id: ids[index])
        }
    }
}
