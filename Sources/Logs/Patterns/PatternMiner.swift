import Basics

/// Groups messages by their constant words, as they stream by, in bounded memory.
///
/// A message's values are told from its words by their characters (`MessageScanner`); messages
/// that differ in values alone are found by one hash. Otherwise a message is held against the
/// templates of the same structure, which is the same marks and the same words such as `not` or
/// `from` in the same places. A different word costs more the more it looks like language or
/// code, the nearer it stands to the beginning, the more lines had the same word there and the
/// more other templates hold it, and less behind `user` or `from`, where names stand. The equal
/// words pay for it. There is no training and no message is left out, however short or long.
///
/// Ids derive from the template at birth: the same log read again, from the same place, gives the
/// same ids, and so does a pattern that comes back after it was given up.
///
/// Memory is bounded by merging. Places that show many words become varying and the templates
/// that say so become one; templates of one structure are merged ever more easily the more they
/// are; and at `patternsMax` the rare ones seen longest ago go into one pattern for each length.
package struct PatternMiner: Sendable {
    /// Templates of one structure from which on they are merged more easily.
    private static let crowd = 32
    /// Templates of one structure, at most.
    private static let crowdMax = 128
    /// Templates that differ in one and the same word, from which on the word varies.
    private static let siblingsMax = 8
    private static let siblingCostMax: Float = 6

    package let patternsMax: Int
    var clusters: [PatternCluster] = []
    var byID: [UInt32: Int] = [:]
    var byKey: [UInt64: [Int]] = [:]
    var folded = FoldedPatterns()
    var cache = PatternCache()
    private var scanner = MessageScanner()
    private var shape = MessageShape()
    var words = WordSketch()
    var lines: UInt64 = 0
    /// The earliest time seen.
    var earliest: Timestamp?
    /// Patterns whose lines count as another pattern's now, to stay within bounds.
    package var merged: Int { folded.total }

    package init(patternsMax: Int = 2_000) {
        self.patternsMax = max(32, patternsMax)
        folded.countMax = 4 * self.patternsMax
    }

    package var count: Int { clusters.count }

    /// Counts `message`, sanitised and redacted, and returns its pattern.
    package mutating func observe(
        _ message: String, level: LogLevel?, service: String?, time: Timestamp,
        protecting incidentStart: Timestamp? = nil
    ) -> PatternID {
        let index = find(message.utf8Span.span, time: time, protecting: incidentStart)
        clusters[index].show(message, time: time)
        clusters[index].count(level: level, service: service, time: time, line: lines)
        return PatternID(clusters[index].id)
    }

    /// The same for bytes: any bytes, without a line ending.
    package mutating func observe(
        _ message: Span<UInt8>, level: LogLevel?, service: String?, time: Timestamp,
        protecting incidentStart: Timestamp? = nil
    ) -> PatternID {
        let index = find(message, time: time, protecting: incidentStart)
        clusters[index].count(level: level, service: service, time: time, line: lines)
        clusters[index].show(message)
        return PatternID(clusters[index].id)
    }

    /// The pattern that `message` would count for, which it does not; nil if that were a new one.
    package mutating func recognise(_ message: String) -> PatternID? {
        let line = message.utf8Span.span
        scanner.scan(line)
        if let known = cache.find(scanner.hash), known.index < clusters.count,
            clusters[known.index].id == known.id
        {
            return PatternID(known.id)
        }
        shape.read(scanner, line)
        guard let crowd = byKey[shape.key] else { return nil }
        var best: (id: UInt32, cost: Float)?
        for index in crowd {
            let cost = clusters[index].template.cost(
                of: shape, lines: clusters[index].total, words: words, limit: 1
            ).cost
            if cost <= best?.cost.nextDown ?? 1 { best = (clusters[index].id, cost) }
        }
        return best.map { PatternID($0.id) }
    }

    /// The pattern that counts the lines of `id` now; `id` itself unless it was merged.
    package func current(_ id: PatternID) -> PatternID {
        var value = id.value
        for _ in 0..<8 {
            if byID[value] != nil { break }
            guard let next = folded[value]?.into else { break }
            value = next
        }
        return PatternID(value)
    }

    /// The template of `id`, or nil when it is not known any more.
    package func template(_ id: PatternID) -> String? {
        byID[current(id).value].map { clusters[$0].template.text }
    }

    /// What is known of each pattern: new ones first, then those whose rate changed, then
    /// by rate, then by count.
    package func summaries(now: Timestamp, incidentStart: Timestamp?, limit: Int)
        -> [PatternSummary]
    {
        let coverage = earliest ?? now
        // Most patterns are not among the first: theirs would be written for nothing.
        var ranks = clusters.indices.filter { clusters[$0].total > 0 }.map { index in
            let standing = clusters[index].standing(
                now: now, incidentStart: incidentStart, coverage: coverage)
            return (index: index, standing: standing, count: clusters[index].total)
        }
        ranks.sort { left, right in
            if left.standing.isNew != right.standing.isNew { return left.standing.isNew }
            let hasChanged = (left.standing.change != nil, right.standing.change != nil)
            if hasChanged.0 != hasChanged.1 { return hasChanged.0 }
            if left.standing.rate != right.standing.rate {
                return left.standing.rate > right.standing.rate
            }
            if left.count != right.count { return left.count > right.count }
            return clusters[left.index].id < clusters[right.index].id
        }
        return ranks.prefix(limit).map {
            clusters[$0.index].summary(
                $0.standing, now: now, incidentStart: incidentStart, coverage: coverage)
        }
    }

    // MARK: - Finding a place

    /// The index of the message's cluster, made when there is none.
    private mutating func find(
        _ message: Span<UInt8>, time: Timestamp, protecting start: Timestamp?
    ) -> Int {
        lines += 1
        if earliest.map({ time < $0 }) ?? true { earliest = time }
        scanner.scan(message)
        let hash = scanner.hash
        if let known = cache.find(hash), known.index < clusters.count,
            clusters[known.index].id == known.id
        {
            return known.index
        }
        shape.read(scanner, message)
        let index =
            alike() ?? make(message, time: time, protecting: start)
        cache.note(hash, index, clusters[index].id)
        return index
    }

    /// The template that takes the message in, or nil.
    private mutating func alike() -> Int? {
        guard let crowd = byKey[shape.key] else { return nil }
        var best = -1
        var bestCost = Float.infinity
        var siblings: [(index: Int, place: Int)] = []
        let isFull = crowd.count >= Self.crowdMax
        let limit = 1 + Float(max(0, crowd.count - Self.crowd)) / 16
        for index in crowd {
            let comparison = clusters[index].template.cost(
                of: shape, lines: clusters[index].total, words: words,
                limit: isFull ? .infinity : limit)
            if comparison.cost < bestCost || best < 0 {
                best = index
                bestCost = comparison.cost
                if bestCost == 0 { break }
            }
            if comparison.differences == 1, comparison.place >= 0,
                comparison.cost <= Self.siblingCostMax
            {
                siblings.append((index, comparison.place))
            }
        }
        guard bestCost <= limit || isFull else {
            return join(siblings)
        }
        if bestCost > 0 { clusters[best].template.absorb(shape) }
        return best
    }

    /// Makes one of the templates that differ from the message, and so from each other, in the
    /// same one word, when there are enough of them.
    private mutating func join(_ siblings: [(index: Int, place: Int)]) -> Int? {
        guard siblings.count >= Self.siblingsMax else { return nil }
        for place in Set(siblings.map(\.place)).sorted() {
            let same = siblings.filter { $0.place == place }
            guard same.count >= Self.siblingsMax else { continue }
            let ids = same.map { clusters[$0.index].id }
            guard let first = ids.first, let target = byID[first] else { continue }
            clusters[target].template.vary(at: place)
            for id in ids.dropFirst() { fold(id, into: first) }
            return byID[first]
        }
        return nil
    }

    private mutating func make(
        _ message: Span<UInt8>, time: Timestamp, protecting start: Timestamp?
    ) -> Int {
        if clusters.count >= patternsMax { foldRare(protecting: start) }
        words.note(shape)
        var id = UInt32(truncatingIfNeeded: shape.birth ^ shape.birth >> 32)
        while id == 0 || byID[id] != nil { id &+= 1 }
        var cluster = PatternCluster(
            id: id, key: shape.key, template: PatternTemplate(shape, message),
            firstSeen: time)
        if let before = folded.take(id) { cluster.remember(firstSeen: before.firstSeen) }
        return append(cluster)
    }

    mutating func append(_ cluster: PatternCluster) -> Int {
        let index = clusters.count
        clusters.append(cluster)
        byID[cluster.id] = index
        if let key = cluster.key { byKey[key, default: []].append(index) }
        return index
    }
}
