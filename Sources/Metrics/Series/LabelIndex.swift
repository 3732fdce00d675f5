/// Which series carry which label value.
///
/// Segments over neighbouring ranges of slots, each never changed once it is made, so that
/// snapshots share them. A new one is merged with the one before while that is not more than twice
/// as large: there are only a few, and a series is merged only as often as the logarithm of their
/// number. Slots of removed series stay in the index until the store renumbers; readers skip them.
struct LabelIndex: Sendable {
    private(set) var segments: [LabelSegment] = []
    private(set) var byteCount = 0

    /// Slots below are indexed.
    var slotCount: Int { segments.last?.slots.upperBound ?? 0 }

    mutating func append(_ labels: PagedLabels, slots: Range<Int>) {
        segments.append(LabelSegment(labels, slots: slots))
        while segments.count > 1,
            segments[segments.count - 2].slots.count <= 2 * segments[segments.count - 1].slots.count
        {
            let later = segments.removeLast()
            let earlier = segments.removeLast()
            segments.append(LabelSegment(earlier, later))
        }
        byteCount = segments.reduce(0) { $0 + $1.byteCount }
    }
}

/// The index of the series in one range of slots.
final class LabelSegment: Sendable {
    let slots: Range<Int>
    /// By name, ascending.
    let columns: [LabelColumn]

    init(_ labels: PagedLabels, slots: Range<Int>) {
        var builders: [LabelColumnBuilder] = []
        var names: [ByteText: Int] = [:]
        // Neighbouring series mostly have the same names: what came after a name last time.
        var recent: [(name: ByteText, builder: Int)] = []
        for slot in slots {
            var place = 0
            labels[slot].forEachBytes { name, value in
                if place < recent.count, recent[place].name.equals(name) {
                    builders[recent[place].builder].add(value, slot: slot)
                } else {
                    let text = ByteText(Array(name))
                    let builder = names[text] ?? builders.count
                    if builder == builders.count {
                        names[text] = builder
                        builders.append(LabelColumnBuilder(name: text))
                    }
                    builders[builder].add(value, slot: slot)
                    if place < recent.count {
                        recent[place] = (text, builder)
                    } else {
                        recent.append((text, builder))
                    }
                }
                place += 1
            }
        }
        self.slots = slots
        columns = names.sorted { $0.key < $1.key }.map { builders[$0.value].build() }
    }

    /// Two neighbouring segments as one.
    init(_ earlier: LabelSegment, _ later: LabelSegment) {
        var merged: [LabelColumn] = []
        var left = earlier.columns[...]
        var right = later.columns[...]
        while let one = left.first ?? right.first {
            if let first = left.first, let second = right.first {
                if first.name == second.name {
                    merged.append(first.merged(with: second))
                    left.removeFirst()
                    right.removeFirst()
                } else if first.name < second.name {
                    merged.append(first)
                    left.removeFirst()
                } else {
                    merged.append(second)
                    right.removeFirst()
                }
            } else {
                merged.append(one)
                if left.isEmpty { right.removeFirst() } else { left.removeFirst() }
            }
        }
        slots = earlier.slots.lowerBound..<later.slots.upperBound
        columns = merged
    }

    var byteCount: Int { columns.reduce(0) { $0 + $1.byteCount } }

    func column(_ name: ByteText) -> LabelColumn? {
        var low = 0
        var high = columns.count
        while low < high {
            let middle = (low + high) / 2
            if columns[middle].name < name { low = middle + 1 } else { high = middle }
        }
        return low < columns.count && columns[low].name == name ? columns[low] : nil
    }
}
