import Basics

/// Groups messages by their constant words, as they stream by, in bounded memory.
///
/// Values are masked first; a masked text seen before is found by its hash. Otherwise the words
/// decide: messages with the same number of words and the same first words are compared, and the
/// most similar template takes the message in, with `<*>` where they differ (the idea is Drain's:
/// He et al., ICWS 2017). No message is ever left out, however short or long.
package struct PatternMiner: Sendable {
    /// Share of equal words from which a message belongs to a template. Short messages have few
    /// words to agree in; in long ones a third of different words is another event.
    private static func similarityMin(words: Int) -> Double { words <= 5 ? 0.5 : 0.7 }
    /// Masked texts remembered for the fast path.
    private static let textsMax = 16_384
    /// First words told apart below one word count; further ones share a branch.
    private static let branchesMax = 128

    package let patternsMax: Int
    private var clusters: [PatternCluster] = []
    private var byID: [UInt32: Int] = [:]
    private var nextID: UInt32 = 1
    private var byText: [UInt64: UInt32] = [:]
    private var leaves: [UInt64: [UInt32]] = [:]
    private var branches: [Int: Set<UInt64>] = [:]
    private var masker = Masker()
    /// The earliest and latest times seen.
    private var earliest: Timestamp?
    private var latest: Timestamp?
    /// Patterns given up to stay within `patternsMax`.
    package private(set) var evicted = 0

    package init(patternsMax: Int = 2_000) { self.patternsMax = max(16, patternsMax) }

    package var count: Int { clusters.count }

    /// Counts `message` and returns its pattern.
    package mutating func observe(
        _ message: String, level: LogLevel?, service: String?, time: Timestamp,
        protecting incidentStart: Timestamp? = nil
    ) -> PatternID {
        if earliest.map({ time < $0 }) ?? true { earliest = time }
        if latest.map({ time > $0 }) ?? true { latest = time }
        masker.run(message.utf8Span.span)
        let id = byText[masker.hash] ?? place(time: time, protecting: incidentStart)
        if let index = byID[id] {
            clusters[index].count(message, level: level, service: service, time: time)
        }
        return PatternID(id)
    }

    /// The template of `id`, or nil when it was given up.
    package func template(_ id: PatternID) -> String? {
        byID[id.value].map { clusters[$0].text }
    }

    /// What is known of each pattern: new ones first, then by rate, then by count.
    package func summaries(now: Timestamp, incidentStart: Timestamp?, limit: Int)
        -> [PatternSummary]
    {
        let coverage = earliest ?? now
        let all = clusters.map {
            $0.summary(now: now, incidentStart: incidentStart, coverage: coverage)
        }
        let sorted = all.sorted { left, right in
            if left.isNew != right.isNew { return left.isNew }
            if left.ratePerMinute != right.ratePerMinute {
                return left.ratePerMinute > right.ratePerMinute
            }
            if left.count != right.count { return left.count > right.count }
            return left.id < right.id
        }
        return Array(sorted.prefix(limit))
    }

    // MARK: - Finding a place

    private mutating func place(time: Timestamp, protecting start: Timestamp?) -> UInt32 {
        let leaf = leafKey()
        let id: UInt32
        if let found = mostSimilar(in: leaf) {
            id = found
            if let index = byID[found] { clusters[index].absorb(masker) }
        } else {
            if clusters.count >= patternsMax { evict(protecting: start) }
            id = nextID
            nextID += 1
            byID[id] = clusters.count
            clusters.append(PatternCluster(id: id, masker, leaf: leaf, time: time))
            leaves[leaf, default: []].append(id)
        }
        if byText.count >= Self.textsMax { byText.removeAll(keepingCapacity: true) }
        byText[masker.hash] = id
        return id
    }

    /// Word count and the first two words, where they are constant.
    private mutating func leafKey() -> UInt64 {
        let tokens = masker.tokens
        var key = UInt64(tokens.count) &* 0x9E37_79B9_7F4A_7C15
        guard let first = tokens.first else { return key }
        if !first.isMasked, knownBranch(tokens.count, first.hash) {
            key ^= first.hash
            if tokens.count > 2, !tokens[1].isMasked,
                knownBranch(Int(truncatingIfNeeded: key), tokens[1].hash)
            {
                key = key &* 31 ^ tokens[1].hash
            }
        }
        return key
    }

    private mutating func knownBranch(_ parent: Int, _ word: UInt64) -> Bool {
        if branches[parent]?.contains(word) == true { return true }
        guard branches[parent, default: []].count < Self.branchesMax else { return false }
        branches[parent, default: []].insert(word)
        return true
    }

    private func mostSimilar(in leaf: UInt64) -> UInt32? {
        var best: UInt32?
        var bestScore = 0.0
        for id in leaves[leaf] ?? [] {
            guard let index = byID[id] else { continue }
            let score = clusters[index].similarity(masker)
            if score > bestScore {
                bestScore = score
                best = id
            }
        }
        return bestScore >= Self.similarityMin(words: masker.tokens.count) ? best : nil
    }

    // MARK: - Staying within bounds

    /// Gives up the tenth of the patterns that were seen longest ago; those that are new since the
    /// incident's start go last.
    private mutating func evict(protecting start: Timestamp?) {
        let ranked = clusters.sorted { left, right in
            let isLeftNew = start.map { left.firstSeen >= $0 } ?? false
            let isRightNew = start.map { right.firstSeen >= $0 } ?? false
            if isLeftNew != isRightNew { return !isLeftNew }
            return left.lastSeen < right.lastSeen
        }
        let gone = Set(ranked.prefix(max(1, patternsMax / 10)).map(\.id))
        evicted += gone.count
        clusters.removeAll { gone.contains($0.id) }
        byID = [:]
        leaves = [:]
        for (index, cluster) in clusters.enumerated() {
            byID[cluster.id] = index
            leaves[cluster.leaf, default: []].append(cluster.id)
        }
        byText.removeAll(keepingCapacity: true)
        branches.removeAll(keepingCapacity: true)
    }
}
