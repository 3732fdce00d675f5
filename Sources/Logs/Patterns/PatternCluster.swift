import Basics

/// One pattern: its template and its counts.
struct PatternCluster: Sendable {
    private static let servicesMax = 8

    let id: UInt32
    /// Of its template's structure; nil for a pattern that holds what had to be given up.
    let key: UInt64?
    var template: PatternTemplate
    private(set) var firstSeen: Timestamp
    private(set) var lastSeen: Timestamp
    /// Which line of all lines was its last.
    private(set) var lastLine: UInt64 = 0
    private(set) var total = 0
    private(set) var level: LogLevel?
    private var services: [String] = []
    /// The template's own line until there is a later one.
    private var example: Example?
    private(set) var minutes = MinuteCounts()

    private enum Example: Sendable {
        case text(String)
        case bytes([UInt8])
    }

    init(id: UInt32, key: UInt64?, template: PatternTemplate, firstSeen: Timestamp) {
        self.id = id
        self.key = key
        self.template = template
        self.firstSeen = firstSeen
        lastSeen = firstSeen
    }

    mutating func count(
        level: LogLevel?, service: String?, time: Timestamp, line: UInt64
    ) {
        total += 1
        lastLine = line
        if time < firstSeen { firstSeen = time }
        if time > lastSeen { lastSeen = time }
        if let level, self.level.map({ level > $0 }) ?? true { self.level = level }
        if let service { note(service) }
        minutes.add(at: time)
    }

    private mutating func note(_ service: String) {
        if services.count < Self.servicesMax, !services.contains(service) {
            services.append(service)
        }
    }

    /// The latest line is the example.
    mutating func show(_ message: String, time: Timestamp) {
        if time >= lastSeen { example = .text(message) }
    }

    /// The first, second, fourth… line is the example: a copy of each would cost more than all
    /// the rest.
    mutating func show(_ message: Span<UInt8>) {
        guard total > 1, total & (total - 1) == 0 else { return }
        example = .bytes(ByteScan.bytes(message, 0..<min(message.count, 512)))
    }

    var exampleText: String {
        switch example {
        case .text(let text): text
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case nil: key == nil ? "" : String(decoding: template.line, as: UTF8.self)
        }
    }

    /// What was known of the same pattern before.
    mutating func remember(firstSeen time: Timestamp) {
        if time < firstSeen { firstSeen = time }
    }

    /// Takes over the counts of a pattern that is given up.
    mutating func take(_ other: PatternCluster) {
        total += other.total
        firstSeen = min(firstSeen, other.firstSeen)
        lastSeen = max(lastSeen, other.lastSeen)
        lastLine = max(lastLine, other.lastLine)
        if let level = other.level, self.level.map({ level > $0 }) ?? true { self.level = level }
        for service in other.services { note(service) }
        minutes.take(other.minutes)
    }

    /// What tells which patterns come first.
    struct Standing {
        var isNew: Bool
        var change: PatternChange?
        /// Lines in the last minute.
        var rate: Double
    }

    func standing(now: Timestamp, incidentStart: Timestamp?, coverage: Timestamp) -> Standing {
        let minute = MinuteCounts.minute(of: now)
        let passed = (now - Timestamp(nanoseconds: minute * 60_000_000_000)).inSeconds / 60
        let change = incidentStart.flatMap {
            PatternChange.judge(
                minutes, firstSeen: firstSeen, now: now, incidentStart: $0, coverage: coverage)
        }
        return Standing(
            isNew: incidentStart.map { firstSeen >= $0 && coverage < $0 } ?? false,
            change: change,
            rate: Double(minutes[minute]) + Double(minutes[minute - 1]) * (1 - passed))
    }

    func summary(
        _ standing: Standing, now: Timestamp, incidentStart: Timestamp?, coverage: Timestamp
    ) -> PatternSummary {
        PatternSummary(
            id: PatternID(id), template: template.text, count: total,
            ratePerMinute: standing.rate,
            baselineRate: incidentStart.flatMap {
                PatternChange.baseline(minutes, before: $0, coverage: coverage)?.mean
            },
            firstSeen: firstSeen, lastSeen: lastSeen, level: level, services: services.sorted(),
            example: exampleText, isNew: standing.isNew,
            spark: minutes.series(
                last: MinuteCounts.minute(of: now), count: MinuteCounts.minutesMax),
            change: standing.change)
    }
}

// MARK: - On disk

extension PatternCluster {
    /// Bytes of an example that are saved.
    private static let exampleBytesMax = 512

    func append(to out: inout [UInt8]) {
        out.appendFixed(id)
        out.append(key == nil ? 0 : 1)
        out.appendFixed(key ?? 0)
        out.appendFixed(firstSeen.nanoseconds)
        out.appendFixed(lastSeen.nanoseconds)
        out.appendFixed(lastLine)
        out.appendVarint(total)
        out.append(level.map { UInt8($0.rawValue + 1) } ?? 0)
        out.appendVarint(services.count)
        for service in services { out.appendText(service) }
        template.append(to: &out)
        minutes.append(to: &out)
        switch example {
        case nil: out.append(0)
        case .text(let text):
            out.append(1)
            let isLong = text.utf8.count > Self.exampleBytesMax
            out.appendText(isLong ? String(text.prefix(Self.exampleBytesMax / 4)) + "…" : text)
        case .bytes(let bytes):
            out.append(2)
            out.appendBlock(bytes)
        }
    }

    /// Nil for what `append` does not write.
    init?(_ cursor: inout ByteCursor) {
        guard let id = cursor.fixed(UInt32.self), id != 0, let hasKey = cursor.take(1)?.first,
            let key = cursor.fixed(UInt64.self), let first = SavedTime.take(&cursor),
            let last = SavedTime.take(&cursor), let lastLine = cursor.fixed(UInt64.self),
            let total = cursor.varint(), let level = cursor.take(1)?.first,
            let count = cursor.varint(), count <= Self.servicesMax
        else { return nil }
        var services: [String] = []
        for _ in 0..<count {
            guard let service = cursor.text() else { return nil }
            services.append(service)
        }
        guard let template = PatternTemplate(&cursor), let minutes = MinuteCounts(&cursor),
            let kind = cursor.take(1)?.first
        else { return nil }
        self.init(id: id, key: hasKey == 0 ? nil : key, template: template, firstSeen: first)
        lastSeen = last
        self.lastLine = lastLine
        self.total = total
        self.level = level == 0 ? nil : LogLevel(rawValue: Int(level) - 1)
        self.services = services
        self.minutes = minutes
        guard kind != 0 else { return }
        guard let bytes = cursor.block() else { return nil }
        example =
            kind == 1 ? .text(String(decoding: bytes, as: UTF8.self)) : .bytes(Array(bytes))
    }

    /// The same pattern without its counts: known, and seen by nobody yet.
    func withoutCounts() -> PatternCluster {
        var known = self
        known.total = 0
        known.minutes = MinuteCounts()
        return known
    }
}
