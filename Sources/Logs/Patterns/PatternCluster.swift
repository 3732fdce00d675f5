import Basics

/// One template with its counts.
struct PatternCluster: Sendable {
    private static let servicesMax = 8
    /// Hash of a place where words differ.
    private static let wildcard: UInt64 = 0

    let id: UInt32
    let leaf: UInt64
    private(set) var firstSeen: Timestamp
    private(set) var lastSeen: Timestamp
    private var hashes: [UInt64]
    private var words: [String]
    private var total = 0
    private var level: LogLevel?
    private var services: [String] = []
    private var example = ""
    private var minutes = MinuteCounts()

    init(id: UInt32, _ masker: Masker, leaf: UInt64, time: Timestamp) {
        self.id = id
        self.leaf = leaf
        firstSeen = time
        lastSeen = time
        hashes = masker.tokens.map(\.hash)
        words = masker.tokens.map { String(decoding: masker.masked[$0.range], as: UTF8.self) }
    }

    var text: String { words.joined(separator: " ") }

    /// The share of equal words; nil words make it 1.
    func similarity(_ masker: Masker) -> Double {
        guard hashes.count == masker.tokens.count else { return 0 }
        guard !hashes.isEmpty else { return 1 }
        var equal = 0
        for (index, token) in masker.tokens.enumerated() where hashes[index] == token.hash {
            equal += 1
        }
        return Double(equal) / Double(hashes.count)
    }

    /// Widens the template to take the masked message in.
    mutating func absorb(_ masker: Masker) {
        for (index, token) in masker.tokens.enumerated()
        where hashes[index] != token.hash && hashes[index] != Self.wildcard {
            hashes[index] = Self.wildcard
            words[index] = "<*>"
        }
    }

    mutating func count(
        _ message: String, level: LogLevel?, service: String?, time: Timestamp
    ) {
        total += 1
        if time < firstSeen { firstSeen = time }
        if time >= lastSeen {
            lastSeen = time
            example = message
        }
        if let level, self.level.map({ level > $0 }) ?? true { self.level = level }
        if let service, services.count < Self.servicesMax, !services.contains(service) {
            services.append(service)
        }
        minutes.add(at: time)
    }

    func summary(now: Timestamp, incidentStart: Timestamp?, coverage: Timestamp)
        -> PatternSummary
    {
        let minute = MinuteCounts.minute(of: now)
        let passed = (now - Timestamp(nanoseconds: minute * 60_000_000_000)).inSeconds / 60
        let rate = Double(minutes[minute]) + Double(minutes[minute - 1]) * (1 - passed)
        let isNew = incidentStart.map { firstSeen >= $0 && coverage < $0 } ?? false
        return PatternSummary(
            id: PatternID(id), template: text, count: total, ratePerMinute: rate,
            baselineRate: incidentStart.flatMap { baseline(before: $0, coverage: coverage) },
            firstSeen: firstSeen, lastSeen: lastSeen, level: level, services: services.sorted(),
            example: example, isNew: isNew,
            spark: minutes.series(last: minute, count: MinuteCounts.minutesMax))
    }

    /// The mean of the whole minutes before `start` that were seen and are still held.
    private func baseline(before start: Timestamp, coverage: Timestamp) -> Double? {
        let end = MinuteCounts.minute(of: start)
        let first = max(
            MinuteCounts.minute(of: coverage) + 1, end - Int64(MinuteCounts.minutesMax) + 1)
        guard first < end else { return nil }
        var sum = 0
        for minute in first..<end { sum += minutes[minute] }
        return Double(sum) / Double(end - first)
    }
}
