import Basics

/// A miner on disk: everything that decides which pattern the next line belongs to, so that ids,
/// templates and counts go on after a restart as if there had been none.
///
///     magic     4  "WRPM"
///     version   1
///     body         lines, earliest time, patterns, their order by structure, merged patterns,
///                  words, recent texts; see `append(to:)` of each
///     crc32c    4  of everything before it
///
/// Texts in it are those of templates and examples: sanitised and redacted before they came here.
extension PatternMiner {
    private static let magic: [UInt8] = [0x57, 0x52, 0x50, 0x4D]
    private static let version: UInt8 = 1
    private static let patternsSavedMax = 1 << 16

    package func snapshot() -> [UInt8] {
        var out = Self.magic
        out.reserveCapacity(256 * clusters.count + 64 * 1024)
        out.append(Self.version)
        out.appendFixed(lines)
        out.append(earliest == nil ? 0 : 1)
        out.appendFixed(earliest?.nanoseconds ?? 0)
        out.appendVarint(clusters.count)
        for cluster in clusters { cluster.append(to: &out) }
        // Comparison stops at the first template that fits best: their order is part of the state.
        out.appendVarint(byKey.count)
        for indices in byKey.values {
            out.appendVarint(indices.count)
            for index in indices { out.appendVarint(index) }
        }
        folded.append(to: &out)
        words.append(to: &out)
        cache.append(to: &out, ids: clusters.map(\.id))
        out.appendFixed(out[...].checksum)
        return out
    }

    /// Goes on where the miner was that wrote `bytes`.
    /// - Throws: for damaged bytes and those of another version, which say nothing.
    package init(snapshot bytes: some Collection<UInt8>, patternsMax: Int = 2_000) throws(Failure) {
        let bytes = Array(bytes)
        guard bytes.starts(with: Self.magic), bytes.count > Self.magic.count + 5 else {
            throw Self.unusable("it is no file of patterns")
        }
        guard bytes[Self.magic.count] == Self.version else {
            throw Self.unusable("another version of warroom wrote them")
        }
        let body = bytes.dropLast(4)
        var end = ByteCursor(bytes.suffix(4))
        guard end.fixed(UInt32.self) == body.checksum else {
            throw Self.unusable("they are damaged")
        }
        self.init(patternsMax: patternsMax)
        var cursor = ByteCursor(body.dropFirst(Self.magic.count + 1))
        guard restore(&cursor), cursor.isAtEnd else {
            throw Self.unusable("they hold what no version writes")
        }
    }

    private mutating func restore(_ cursor: inout ByteCursor) -> Bool {
        guard let lines = cursor.fixed(UInt64.self), let hasEarliest = cursor.take(1)?.first,
            let nanoseconds = cursor.fixed(Int64.self),
            let count = cursor.varint(), count <= Self.patternsSavedMax
        else { return false }
        self.lines = lines
        earliest = hasEarliest == 0 ? nil : Timestamp(nanoseconds: nanoseconds)
        for _ in 0..<count {
            guard let cluster = PatternCluster(&cursor), byID[cluster.id] == nil else {
                return false
            }
            byID[cluster.id] = clusters.count
            clusters.append(cluster)
        }
        guard restoreOrder(&cursor), let folded = FoldedPatterns(&cursor),
            let words = WordSketch(&cursor),
            let cache = PatternCache(&cursor, ids: clusters.map(\.id))
        else { return false }
        let countMax = self.folded.countMax
        self.folded = folded
        self.folded.countMax = countMax
        self.words = words
        self.cache = cache
        return true
    }

    private mutating func restoreOrder(_ cursor: inout ByteCursor) -> Bool {
        guard let keys = cursor.varint(), keys <= clusters.count else { return false }
        var placed = Set<Int>()
        for _ in 0..<keys {
            guard let count = cursor.varint(), count > 0, count <= clusters.count else {
                return false
            }
            var indices: [Int] = []
            var key: UInt64?
            for _ in 0..<count {
                guard let index = cursor.varint(), index < clusters.count,
                    placed.insert(index).inserted, let its = clusters[index].key,
                    key == nil || key == its
                else { return false }
                key = its
                indices.append(index)
            }
            guard let key, byKey[key] == nil else { return false }
            byKey[key] = indices
        }
        return placed.count == clusters.count { $0.key != nil }
    }

    private static func unusable(_ why: String) -> Failure {
        Failure(
            "patterns.unusable", "The saved log patterns are not used", why: why,
            unchanged: "The logs are read as if for the first time")
    }

    /// Knows the patterns of `other` by name and first time, and counts none of their lines: what
    /// they counted came from other sources too.
    package mutating func learn(_ other: PatternMiner) {
        guard clusters.isEmpty else { return }
        let max = patternsMax
        let countMax = folded.countMax
        self = other
        self = PatternMiner(patternsMax: max, like: other)
        folded.countMax = countMax
    }

    private init(patternsMax: Int, like other: PatternMiner) {
        self.init(patternsMax: patternsMax)
        clusters = other.clusters.map { $0.withoutCounts() }
        byID = other.byID
        byKey = other.byKey
        folded = other.folded
        words = other.words
        cache = other.cache
        lines = other.lines
    }
}

/// Times as they are saved: nanoseconds since 1970, within about 140 years of it, so that no
/// difference of two overflows.
enum SavedTime {
    static let range = -(Int64(1) << 62)...(Int64(1) << 62)
    static let minutes = (-(Int64(1) << 62) / 60_000_000_000)...((Int64(1) << 62) / 60_000_000_000)

    static func take(_ cursor: inout ByteCursor) -> Timestamp? {
        guard let value = cursor.fixed(Int64.self), range.contains(value) else { return nil }
        return Timestamp(nanoseconds: value)
    }
}

extension PatternTemplate {
    func append(to out: inout [UInt8]) {
        out.appendBlock(line)
        out.appendVarint(parts.count)
        for part in parts {
            out.appendFixed(part.hash)
            out.appendFixed(part.start)
            out.appendFixed(part.end)
            let marks: UInt8 = (part.isRepeated ? 1 : 0) | (part.isStructure ? 2 : 0)
            out += [part.kind.rawValue, part.valueClass.rawValue, part.place.rawValue, marks]
            out.appendFixed(part.constancy.bitPattern)
        }
    }

    /// Nil for what `append` does not write.
    init?(_ cursor: inout ByteCursor) {
        guard let line = cursor.block(), line.count <= MessageScanner.bytesMax,
            let count = cursor.varint(), count <= 2 * MessageScanner.tokensMax + 256
        else { return nil }
        var parts: [MessageShape.Part] = []
        for _ in 0..<count {
            guard let hash = cursor.fixed(UInt64.self), let start = cursor.fixed(UInt16.self),
                let end = cursor.fixed(UInt16.self), start <= end, Int(end) <= line.count,
                let rest = cursor.take(4), let bits = cursor.fixed(UInt32.self),
                let kind = MessageScanner.Kind(rawValue: rest[rest.startIndex]),
                let valueClass = MessageScanner.ValueClass(rawValue: rest[rest.startIndex + 1]),
                let place = MessageShape.Place(rawValue: rest[rest.startIndex + 2])
            else { return nil }
            let constancy = Float(bitPattern: bits)
            guard constancy.isFinite else { return nil }
            let marks = rest[rest.startIndex + 3]
            parts.append(
                MessageShape.Part(
                    hash: hash, start: start, end: end, kind: kind, valueClass: valueClass,
                    isRepeated: marks & 1 != 0, isStructure: marks & 2 != 0, place: place,
                    constancy: constancy))
        }
        self.init(parts: parts, line: Array(line))
    }
}
