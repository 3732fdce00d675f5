/// How the rows of two vectors find each other, by their labels alone.
final class VectorMatch {
    struct Kind: Hashable {
        var matching: Expression.VectorMatching
        var result: Result

        enum Result: Hashable {
            /// `and`, `or`, `unless`.
            case set
            /// A comparison that filters: the labels stay.
            case filter
            /// Arithmetic: the metric's name goes before labels are copied.
            case arithmetic
            /// A comparison to 0 and 1: the name goes at last.
            case zeroOrOne
        }
    }

    let kind: Kind
    let left: LabelTable
    let right: LabelTable
    /// The numbers of the rows' matching labels.
    let leftKeys: [Int32]
    let rightKeys: [Int32]
    let keyCount: Int

    init(_ left: LabelTable, _ right: LabelTable, _ kind: Kind) {
        self.kind = kind
        self.left = left
        self.right = right
        var index = KeyIndex(expected: max(left.count, right.count))
        let choice = Self.choice(kind.matching)
        leftKeys = left.numbers(choice, in: &index)
        rightKeys = right.numbers(choice, in: &index)
        keyCount = index.keys.count
    }

    /// Whether both tables come again.
    var isKept: Bool { left.isKept && right.isKept }

    private static func choice(_ matching: Expression.VectorMatching) -> LabelChoice {
        matching.isOn
            ? LabelChoice(keeping: matching.labels)
            : LabelChoice(dropping: matching.labels + [LabelName.metricName])
    }

    /// The "one" side of `group_right` is the left.
    var isSwapped: Bool { kind.matching.cardinality == .oneToMany }
    var many: LabelTable { isSwapped ? right : left }
    var one: LabelTable { isSwapped ? left : right }
    var manyKeys: [Int32] { isSwapped ? rightKeys : leftKeys }
    var oneKeys: [Int32] { isSwapped ? leftKeys : rightKeys }

    /// Rows that belong together whenever both have a value.
    struct Pairs {
        var many: [Int32] = []
        var one: [Int32] = []
        var table: LabelTable
    }

    private var pairsKnown = false
    private var knownPairs: Pairs?

    /// The pairs, when the labels alone say that no step can be ambiguous; else nil.
    var pairs: Pairs? {
        if !pairsKnown {
            pairsKnown = true
            knownPairs = makePairs()
        }
        return knownPairs
    }

    private func makePairs() -> Pairs? {
        var partners = [Int32](repeating: -1, count: keyCount)
        for (row, key) in oneKeys.enumerated() {
            if partners[Int(key)] >= 0 { return nil }
            partners[Int(key)] = Int32(row)
        }
        let isOneToOne = kind.matching.cardinality == .oneToOne
        var isTaken = [Bool](repeating: false, count: isOneToOne ? keyCount : 0)
        var labels: [Labels] = []
        var pairs = Pairs(table: .none())
        var emitted = Set<EmittedLabels>()
        for (row, key) in manyKeys.enumerated() {
            let partner = partners[Int(key)]
            guard partner >= 0 else { continue }
            if isOneToOne {
                if isTaken[Int(key)] { return nil }
                isTaken[Int(key)] = true
            }
            let result = resultLabels(many[row], one[Int(partner)])
            if !isOneToOne, !emitted.insert(EmittedLabels(key: key, labels: result)).inserted {
                return nil
            }
            pairs.many.append(Int32(row))
            pairs.one.append(partner)
            labels.append(result)
        }
        pairs.table = LabelTable(labels, isUnique: false, isKept: isKept)
        return pairs
    }

    /// Results that matched on the same labels must differ in theirs.
    struct EmittedLabels: Hashable {
        var key: Int32
        var labels: Labels
    }

    /// The labels of a result.
    func resultLabels(_ many: Labels, _ one: Labels) -> Labels {
        let matching = kind.matching
        var labels = kind.result == .arithmetic ? many.withoutMetricName : many
        if matching.cardinality == .oneToOne {
            let names = Set(matching.labels)
            labels = matching.isOn ? labels.keeping(names) : labels.dropping(names)
        }
        for name in matching.include {
            labels = labels.setting(name, to: one.value(of: name) ?? .empty)
        }
        return kind.result == .zeroOrOne ? labels.withoutMetricName : labels
    }

    /// What the two rows have in common, as an error shows it.
    func sharedLabels(_ one: Labels) -> Labels {
        var key: [UInt8] = []
        Self.choice(kind.matching).append(one, to: &key)
        return Labels(encoded: key)
    }

    /// The rows of the left and then of the right.
    private(set) lazy var union = LabelTable(
        (0..<left.count).map { left[$0] } + (0..<right.count).map { right[$0] }, isUnique: false,
        isKept: isKept)
}
