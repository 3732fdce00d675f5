import Basics
import Logs

/// A filter as far as it can be decided before a record is read whole: by the index, and by the
/// bytes of the file.
struct SearchPlan: Sendable {
    let filter: LogFilter
    let matcher: LogFilter.Matcher
    let direction: Direction
    /// Records at or beyond it, seen in the direction, are not wanted.
    private(set) var bound: LogOrder?
    /// Levels of wanted records; nil when any will do.
    let levels: LevelSet?
    /// A text that the lines of each wanted record hold as they stand in the file.
    let needle: TextFinder?
    /// Escapes that may stand for a part of the text.
    private let escapes: [TextFinder]

    enum Direction: Sendable {
        /// From new to old.
        case back
        /// From old to new.
        case forth
    }

    init(_ request: LogPageRequest) throws(Failure) {
        filter = request.filter
        matcher = try filter.compiled()
        switch request.anchor {
        case .newest: (direction, bound) = (.back, nil)
        case .before(let order): (direction, bound) = (.back, order)
        case .after(let order): (direction, bound) = (.forth, order)
        case .at(let time): (direction, bound) = (.forth, .ahead(of: time))
        }
        levels = filter.leastLevel.map { LevelSet(atLeast: $0) }
        needle = Self.standsInFile(filter.text) ? TextFinder(filter.text) : nil
        escapes =
            [TextFinder("\\u")] + (filter.text.contains("/") ? [TextFinder("\\/")] : [])
    }

    /// The same with another bound.
    func bounded(by bound: LogOrder) -> SearchPlan {
        var plan = self
        plan.bound = bound
        return plan
    }

    /// Whether a text that a cleaned record holds must stand in the file in just these bytes, but
    /// for what `oddPlaces` finds.
    private static func standsInFile(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        // Quotes and backslashes are written otherwise in JSON, other bytes may be sanitised.
        guard !bytes.isEmpty,
            bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C })
        else { return false }
        // Redaction writes `[REDACTED:class#tag]` where nothing like it stood.
        let lower = text.lowercased()
        if lower.contains("#") || lower.contains("redacted") || "redacted:".contains(lower) {
            return false
        }
        if lower.contains("]") || lower.last == "[" || lower.contains("[r") { return false }
        if markerWords.contains(where: { $0.contains(lower) }) { return false }
        let isTag =
            bytes.count <= 4 && lower.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
        return !isTag && !lower.contains("left out") && !lower.contains("…")
    }

    /// Classes of secrets, as far as people may look for records by them.
    private static let markerWords = [
        "known", "pem", "url", "auth", "cookie", "kv", "flag", "jwt", "hash",
    ]

    /// Whether the source can have delivered a wanted record at all.
    func admits(source: String, service: String?) -> Bool {
        var part = LogFilter(source: filter.source)
        if service != nil { part.service = filter.service }
        let example = LogRecord(
            id: 0, place: LogPlace(source: source), time: .epoch, timeIsAssumed: true,
            service: service, message: "")
        return (try? part.compiled())?.matches(example) ?? true
    }

    /// Whether a record at this place and time, and of this level, may be wanted.
    func admits(_ order: LogOrder, _ level: LogLevel?) -> Bool {
        if let levels, !levels.contains(LevelSet(level)) { return false }
        if let since = filter.since, order.time < since { return false }
        if let until = filter.until, order.time >= until { return false }
        guard let bound else { return true }
        return direction == .back ? order < bound : order > bound
    }

    /// Whether records with these times and levels may be wanted.
    func admits(_ times: ClosedRange<Timestamp>, _ held: LevelSet?) -> Bool {
        if let levels, let held, levels.isDisjoint(with: held) { return false }
        if let since = filter.since, times.upperBound < since { return false }
        if let until = filter.until, times.lowerBound >= until { return false }
        guard let bound else { return true }
        return direction == .back
            ? times.lowerBound <= bound.time : times.upperBound >= bound.time
    }

    /// Where the text, or what may become it when it is cleaned, stands in `bytes`, in rising
    /// order; nil when every record has to be read to know.
    func places(in bytes: [UInt8]) -> [Int]? {
        guard let needle else { return nil }
        var places: [Int] = []
        bytes.withUnsafeBytes { raw in
            for finder in [needle] + escapes {
                finder.each(in: raw) {
                    places.append($0)
                    return true
                }
            }
            Self.oddPlaces(raw, &places)
        }
        return places.sorted()
    }

    /// Control bytes and the marks of invisible characters: what sanitising removes or replaces.
    private static func oddPlaces(_ bytes: UnsafeRawBufferPointer, _ places: inout [Int]) {
        let high: UInt64 = 0x8080_8080_8080_8080
        let ones: UInt64 = 0x0101_0101_0101_0101
        var offset = 0
        while offset < bytes.count {
            if offset + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                // Line feeds become blanks: they are no odd bytes.
                let feeds = word ^ (ones &* 0x0A)
                let isFeed = ~((feeds & ~high) &+ ~high | feeds | ~high) & high
                let calm = word | (isFeed >> 2)
                if (calm | calm &- ones &* 0x20 | calm &+ ones) & high == 0 {
                    offset += 8
                    continue
                }
            }
            for index in offset..<min(bytes.count, offset + 8) {
                let byte = bytes[index]
                if byte >= 0x20 && byte < 0x7F || byte == 0x0A || byte == 0x09 { continue }
                if byte == 0x0D, index + 1 < bytes.count, bytes[index + 1] == 0x0A { continue }
                let next = index + 1 < bytes.count ? bytes[index + 1] : 0
                // U+2000…206F, U+FEFF, C1 controls; other letters stay as they are.
                let isOdd =
                    byte < 0x80 || byte == 0x9B || byte == 0xE2 && next & 0xFE == 0x80
                    || byte == 0xEF && next == 0xBB || byte == 0xC2 && next < 0xAE
                if isOdd { places.append(index) }
            }
            offset += 8
        }
    }
}

extension LogOrder {
    /// Behind everything older than `time`, in front of everything of that time.
    static func ahead(of time: Timestamp) -> LogOrder { .start(of: time) }
}
