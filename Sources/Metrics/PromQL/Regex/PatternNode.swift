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
        case .empty, .set, .assertion: 1
        case .concatenation(let parts), .alternation(let parts): parts.map(\.copies).max() ?? 1
        case .group(let inner, _): inner.copies
        case .repetition(let inner, let low, let high, _):
            inner.copies.multipliedReportingOverflow(by: max(low, high ?? 1, 1)).overflow
                ? .max : inner.copies * max(low, high ?? 1, 1)
        }
    }

    /// The words it matches when it is nothing but words joined by `|`; nil otherwise.
    var literals: [ByteText]? {
        switch self {
        case .empty: return [.empty]
        case .set(let set):
            guard let scalar = set.single else { return nil }
            return [ByteText(String(Character(scalar)))]
        case .concatenation(let parts):
            var bytes: [UInt8] = []
            for part in parts {
                guard case .set(let set) = part, let scalar = set.single else { return nil }
                bytes += Array(String(Character(scalar)).utf8)
            }
            return [ByteText(bytes)]
        case .alternation(let branches):
            var words: [ByteText] = []
            for branch in branches {
                guard let found = branch.literals else { return nil }
                words += found
            }
            return words
        case .group(let inner, _): return inner.literals
        case .repetition, .assertion: return nil
        }
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

    /// Its only member, or nil.
    var single: Unicode.Scalar? {
        guard ranges.count == 1, ranges[0].count == 1 else { return nil }
        return Unicode.Scalar(ranges[0].lowerBound)
    }

    func contains(_ scalar: UInt32) -> Bool {
        for range in ranges {
            if scalar < range.lowerBound { return false }
            if scalar <= range.upperBound { return true }
        }
        return false
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

    func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

    /// With the other case of every ASCII letter; nil when it holds letters beyond ASCII, whose
    /// folding is not supported (a full set or a set without letters needs none).
    var foldingCase: ScalarSet? {
        if ranges == Self.all.ranges { return self }
        var extra: [ClosedRange<UInt32>] = []
        for range in ranges {
            if range.upperBound > 0x7F,
                !(range.lowerBound == 0x80 && range.upperBound == Self.highest)
            {
                guard range.lowerBound > 0x7F, isCaseless(range) else { return nil }
            }
            for value in max(range.lowerBound, 0x41)...max(0x41, min(range.upperBound, 0x7A))
            where range.contains(value) {
                if (0x41...0x5A).contains(value) { extra.append(value + 32...value + 32) }
                if (0x61...0x7A).contains(value) { extra.append(value - 32...value - 32) }
                // U+017F (long s) folds to s, U+212A (Kelvin sign) to k.
                if value | 32 == 0x73 { extra.append(0x17F...0x17F) }
                if value | 32 == 0x6B { extra.append(0x212A...0x212A) }
            }
        }
        return ScalarSet(ranges + extra)
    }

    private func isCaseless(_ range: ClosedRange<UInt32>) -> Bool {
        guard range.count <= 64 else { return false }
        return range.allSatisfy { value in
            guard let scalar = Unicode.Scalar(value) else { return true }
            return !scalar.properties.isCased && scalar.value != 0x17F && scalar.value != 0x212A
        }
    }
}
