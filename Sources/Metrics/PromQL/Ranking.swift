/// One element of a vector while elements are put in order.
struct RankedValue {
    var row: Int
    var value: Double

    /// As the reference orders for `topk` and `sort_desc`: NaN is below everything, also NaN.
    func isBelow(_ other: RankedValue) -> Bool { value.isNaN || value < other.value }
    /// As the reference orders for `bottomk` and `sort`: NaN is above everything, also NaN.
    func isAbove(_ other: RankedValue) -> Bool { value.isNaN || value > other.value }
}

extension Rows {
    /// The values of `rows` at a step, where there are any.
    func ranking(of rows: some Sequence<Int>, at step: Int) -> [RankedValue] {
        var ranking: [RankedValue] = []
        withValues { values in
            for row in rows {
                let value = values[row * steps + step]
                if Absent.isPresent(value) { ranking.append(RankedValue(row: row, value: value)) }
            }
        }
        return ranking
    }

    /// A result of one step with some of the rows, in their order.
    func picked(_ ranking: [RankedValue]) -> Rows {
        let result = Rows(LabelTable(ranking.map { table[$0.row] }, isUnique: true), steps: 1)
        result.withValues { values in
            for (index, ranked) in ranking.enumerated() { values[index] = ranked.value }
        }
        return result
    }
}

extension [RankedValue] {
    /// Sorts by insertion up to twelve elements, so that equal ones end in the order that the
    /// reference gives them, and stably beyond.
    mutating func sortAsReference(_ precedes: (RankedValue, RankedValue) -> Bool) {
        guard count > 12 else {
            for index in indices.dropFirst() {
                var position = index
                while position > 0, precedes(self[position], self[position - 1]) {
                    swapAt(position, position - 1)
                    position -= 1
                }
            }
            return
        }
        // NaN precedes NaN for the reference, which is no order for a sort.
        let numbers = filter { !$0.value.isNaN }
        let others = filter { $0.value.isNaN }
        self = numbers.sorted(by: precedes) + others
    }
}

/// The best elements of a group, worst first: which of equal ones stay is decided as in the
/// reference, by a binary heap.
struct BestHeap {
    private(set) var items: [RankedValue] = []
    private let limit: Int
    private let isTop: Bool

    init(limit: Int, isTop: Bool) {
        self.limit = limit
        self.isTop = isTop
    }

    private func isWorse(_ one: RankedValue, _ two: RankedValue) -> Bool {
        isTop ? one.isBelow(two) : one.isAbove(two)
    }

    mutating func add(_ item: RankedValue) {
        if items.count < limit {
            items.append(item)
            rise(items.count - 1)
            return
        }
        let worst = items[0].value
        let isBetter = isTop ? worst < item.value : worst > item.value
        guard isBetter || (worst.isNaN && !item.value.isNaN) else { return }
        items[0] = item
        if limit > 1 { sink() }
    }

    private mutating func rise(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            if !isWorse(items[child], items[parent]) { break }
            items.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func sink() {
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < items.count else { break }
            let right = left + 1
            let child = right < items.count && isWorse(items[right], items[left]) ? right : left
            if !isWorse(items[child], items[parent]) { break }
            items.swapAt(parent, child)
            parent = child
        }
    }

    /// Best first.
    var ordered: [RankedValue] {
        var result = items
        result.sortAsReference { one, two in isWorse(two, one) }
        return result
    }
}
