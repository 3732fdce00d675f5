/// A parsed regular expression.
indirect enum PatternNode: Sendable {
    case empty
    case set(ScalarSet)
    case concatenation([PatternNode])
    case alternation([PatternNode])
    case repetition(PatternNode, min: Int, max: Int?, isGreedy: Bool)
    case group(PatternNode, index: Int)
    case assertion(Assertion)

    enum Assertion: Sendable {
        case textStart, textEnd, lineStart, lineEnd, wordBoundary, notWordBoundary
    }

    /// How often its most repeated part is written out: counts of nested repetitions multiply.
    var copies: Int {
        switch self {
        case .empty, .set, .assertion: return 1
        case .concatenation(let parts), .alternation(let parts):
            return parts.map(\.copies).max() ?? 1
        case .group(let inner, _): return inner.copies
        case .repetition(let inner, let low, let high, _):
            let (copies, overflows) = inner.copies.multipliedReportingOverflow(
                by: max(low, high ?? 1, 1))
            return overflows ? .max : copies
        }
    }

    /// More words are not worked out: of a product, and of alternatives.
    static let literalsMax = 128
    static let alternativesMax = 20_000

    /// The words it matches when it matches only few; nil otherwise.
    var literals: [ByteText]? {
        switch self {
        case .empty: return [.empty]
        case .set(let set):
            guard set.count <= 16 else { return nil }
            return set.scalars.map { ByteText(String(Character($0))) }
        case .concatenation(let parts):
            var words: [ByteText] = [.empty]
            for part in parts {
                guard let endings = part.literals else { return nil }
                guard words.count * endings.count <= Self.literalsMax else { return nil }
                words = words.flatMap { word in
                    endings.map { ByteText(word.bytes + $0.bytes) }
                }
            }
            return words
        case .alternation(let branches):
            var words: [ByteText] = []
            for branch in branches {
                guard let found = branch.literals else { return nil }
                words += found
                if words.count > Self.alternativesMax { return nil }
            }
            return words
        case .group(let inner, _): return inner.literals
        case .repetition(let inner, 0, 1, _): return inner.literals.map { $0 + [.empty] }
        case .repetition, .assertion: return nil
        }
    }

    /// What every match begins with.
    var literalPrefix: ByteText {
        switch self {
        case .empty, .repetition, .alternation, .assertion: return .empty
        case .set(let set):
            return set.single.map { ByteText(String(Character($0))) } ?? .empty
        case .group(let inner, _): return inner.literalPrefix
        case .concatenation(let parts):
            var prefix: [UInt8] = []
            for part in parts {
                prefix += part.literalPrefix.bytes
                guard let words = part.literals, words.count == 1 else { break }
            }
            return ByteText(prefix)
        }
    }

    /// Whether it is `.*` that takes everything.
    var isAnything: Bool {
        if case .repetition(.set(let set), 0, nil, _) = self { return set == .all }
        return false
    }
}

/// A set of Unicode scalars as sorted, disjoint ranges.
struct ScalarSet: Sendable, Hashable {
    private(set) var ranges: [ClosedRange<UInt32>]

    static let highest: UInt32 = 0x10FFFF
    static let all = ScalarSet([0...highest])
    static let digits = ScalarSet([0x30...0x39])
    static let spaces = ScalarSet([0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
    static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])

    init(_ ranges: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound &+ 1 {
                merged[merged.count - 1] =
                    last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    init(_ scalar: UInt32) { ranges = [scalar...scalar] }

    var count: Int { ranges.reduce(0) { $0 + $1.count } }

    var scalars: [Unicode.Scalar] { ranges.flatMap { $0.compactMap { Unicode.Scalar($0) } } }

    /// Its only member, or nil.
    var single: Unicode.Scalar? {
        guard ranges.count == 1, ranges[0].count == 1 else { return nil }
        return Unicode.Scalar(ranges[0].lowerBound)
    }

    func contains(_ scalar: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound <= scalar
    }

    var inverted: ScalarSet {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { result.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= Self.highest { result.append(next...Self.highest) }
        return ScalarSet(result)
    }

    /// With everything that differs only in case.
    var foldingCase: ScalarSet {
        if let single { return UnicodeSets.folded(single.value) }
        return UnicodeSets.foldingCase(self)
    }
}
