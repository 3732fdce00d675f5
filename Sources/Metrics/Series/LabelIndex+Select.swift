extension LabelIndex {
    /// The slots of the series that satisfy every matcher, ascending; removed series among them.
    func select(_ matchers: [LabelMatcher], labels: PagedLabels) -> [Int] {
        if segments.count == 1 { return segments[0].select(matchers, labels: labels) }
        return segments.flatMap { $0.select(matchers, labels: labels) }
    }
}

extension LabelSegment {
    /// Equalities first: they are slices of the index. What is left is looked up label by label
    /// when only a few series are left, else whole runs of the index are marked in a bit for each
    /// slot.
    func select(_ matchers: [LabelMatcher], labels: PagedLabels) -> [Int] {
        var candidates: [UInt32]?
        var rest: [LabelMatcher] = []
        for matcher in matchers {
            guard matcher.kind == .equal, !matcher.value.isEmpty else {
                rest.append(matcher)
                continue
            }
            guard let column = column(matcher.name),
                let position = column.position(of: matcher.value.bytes)
            else { return [] }
            let found = column.slots(position..<position + 1)
            candidates = candidates.map { Self.intersection($0[...], found) } ?? Array(found)
        }
        for matcher in rest {
            guard let column = column(matcher.name) else {
                if !matcher.matchesEmpty { return [] }
                continue
            }
            if let few = candidates, isFew(few.count, for: matcher, column) {
                var verdicts = MatcherVerdicts(matcher)
                candidates = few.filter { verdicts.accepts(labels[Int($0)]) }
            } else {
                candidates = filtered(candidates, by: matcher, column)
            }
            if candidates?.isEmpty ?? false { return [] }
        }
        return candidates?.map { Int($0) } ?? Array(slots)
    }

    /// Looking up a label of one series costs about as much as marking sixteen slots; running an
    /// expression on one value costs more than both.
    private func isFew(_ count: Int, for matcher: LabelMatcher, _ column: LabelColumn) -> Bool {
        count < column.count || count * 16 < column.postings.count
    }

    private func filtered(
        _ candidates: [UInt32]?, by matcher: LabelMatcher, _ column: LabelColumn
    ) -> [UInt32] {
        let named = matcher.named(in: column)
        // Series without the label stay when the matcher takes the empty value: then the values
        // that it does not want are taken away, else only those with a value that it wants are
        // left.
        let marksNamed = matcher.matchesEmpty != matcher.wantsNamed
        let marked = marksNamed ? named : Self.complement(named, count: column.count)
        if !matcher.matchesEmpty, candidates == nil, marked.count == 1, marked[0].count == 1 {
            return Array(column.slots(marked[0]))
        }
        var bits = SlotBits(slots)
        for run in marked { bits.insert(column.slots(run)) }
        let keepsMarked = !matcher.matchesEmpty
        guard let candidates else { return bits.slots(marked: keepsMarked) }
        return candidates.filter { bits.contains($0) == keepsMarked }
    }

    /// What lies between ascending runs, of `count` positions.
    private static func complement(_ runs: [Range<Int>], count: Int) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start = 0
        for run in runs {
            if run.lowerBound > start { result.append(start..<run.lowerBound) }
            start = run.upperBound
        }
        if start < count { result.append(start..<count) }
        return result
    }

    /// Both ascending; by steps when they are of like length, by jumps when one is much shorter.
    private static func intersection(
        _ left: ArraySlice<UInt32>, _ right: ArraySlice<UInt32>
    ) -> [UInt32] {
        let (short, long) = left.count <= right.count ? (left, right) : (right, left)
        var result: [UInt32] = []
        var place = long.startIndex
        let jumps = short.count * 16 < long.count
        for slot in short {
            if jumps {
                var step = 1
                while place + step < long.endIndex, long[place + step] < slot { step *= 2 }
                var low = place
                var high = min(place + step, long.endIndex)
                while low < high {
                    let middle = (low + high) / 2
                    if long[middle] < slot { low = middle + 1 } else { high = middle }
                }
                place = low
            } else {
                while place < long.endIndex, long[place] < slot { place += 1 }
            }
            guard place < long.endIndex else { break }
            if long[place] == slot { result.append(slot) }
        }
        return result
    }
}

/// One bit for each slot of a segment.
private struct SlotBits {
    private let range: Range<Int>
    private var words: [UInt64]

    init(_ range: Range<Int>) {
        self.range = range
        words = Array(repeating: 0, count: (range.count + 63) / 64)
    }

    mutating func insert(_ slots: ArraySlice<UInt32>) {
        for slot in slots {
            let bit = Int(slot) - range.lowerBound
            words[bit / 64] |= 1 << UInt64(bit % 64)
        }
    }

    func contains(_ slot: UInt32) -> Bool {
        let bit = Int(slot) - range.lowerBound
        return words[bit / 64] >> UInt64(bit % 64) & 1 == 1
    }

    /// The slots that are marked, or those that are not.
    func slots(marked: Bool) -> [UInt32] {
        var result: [UInt32] = []
        for (index, word) in words.enumerated() {
            var rest = marked ? word : ~word
            while rest != 0 {
                let slot = range.lowerBound + index * 64 + rest.trailingZeroBitCount
                if slot >= range.upperBound { break }
                result.append(UInt32(slot))
                rest &= rest - 1
            }
        }
        return result
    }
}

/// Checks labels against one matcher and remembers the verdict on each value, because one value of
/// a label stands in many series and an expression costs more than a look-up.
private struct MatcherVerdicts {
    private let matcher: LabelMatcher
    private var known: [ByteText: Bool] = [:]
    private var latest: (value: ByteText, verdict: Bool)?

    init(_ matcher: LabelMatcher) { self.matcher = matcher }

    mutating func accepts(_ labels: Labels) -> Bool {
        if let latest, labels.withValue(of: matcher.name, { latest.value.equals($0) }) {
            return latest.verdict
        }
        let value = labels.value(of: matcher.name) ?? .empty
        let verdict = known[value] ?? matcher.matches(value)
        known[value] = verdict
        latest = (value, verdict)
        return verdict
    }
}
