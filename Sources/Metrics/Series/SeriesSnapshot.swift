/// Everything the store held at one moment. A value: appends after it was taken do not show, and it
/// stays whole while the store seals, drops and removes.
package struct SeriesSnapshot: Sendable {
    private let owner: SnapshotOwner?
    private let names: PagedLabels
    private let index: LabelIndex
    /// Changes whenever a series came or went; the same number means the same series in the same
    /// slots, also in other snapshots, and never stands for another store.
    package let generation: UInt64

    package static let empty = SeriesSnapshot(
        owner: nil, names: PagedLabels(), index: LabelIndex(), generation: 0)

    init(
        owner: SnapshotOwner?, names: PagedLabels, index: LabelIndex, generation: UInt64
    ) {
        self.owner = owner
        self.names = names
        self.index = index
        self.generation = generation
    }

    private func isUsed(_ slot: Int) -> Bool {
        owner?.slots.record(slot).pointee.isUsed ?? false
    }

    private func series(_ slot: Int, _ labels: Labels, _ owner: SnapshotOwner) -> Series {
        Series(labels: labels, record: owner.slots.record(slot).pointee, owner: owner)
    }

    /// Every series, in the order of their first samples.
    package var all: [Series] { select([]) }

    /// The names of all metrics, sorted.
    package var metricNames: [String] { labelValues("__name__") }

    /// The values of the label called `name`, sorted.
    package func labelValues(_ name: String) -> [String] {
        var values: [ByteText] = []
        for segment in index.segments {
            guard let column = segment.column(ByteText(name)) else { continue }
            for position in 0..<column.count
            where column.slots(position..<position + 1).contains(where: { isUsed(Int($0)) }) {
                values.append(column.value(position))
            }
        }
        return Self.sortedTexts(values, isSorted: index.segments.count == 1)
    }

    /// The names of all labels, sorted.
    package var labelNames: [String] {
        var found: [ByteText] = []
        for segment in index.segments {
            for column in segment.columns
            where column.postings.contains(where: { isUsed(Int($0)) }) {
                found.append(column.name)
            }
        }
        return Self.sortedTexts(found, isSorted: index.segments.count == 1)
    }

    private static func sortedTexts(_ texts: [ByteText], isSorted: Bool) -> [String] {
        isSorted ? texts.map(\.string) : Set(texts).sorted().map(\.string)
    }

    /// The series that satisfy every matcher, in the order of their first samples.
    package func select(_ matchers: [LabelMatcher]) -> [Series] {
        guard let owner else { return [] }
        return index.select(matchers, labels: names).compactMap { slot in
            isUsed(slot) ? series(slot, names[slot], owner) : nil
        }
    }

    /// Which series satisfy every matcher, to be used again with later snapshots of the same
    /// `generation`: a standing query looks its series up once and not at every tick.
    package func selection(_ matchers: [LabelMatcher]) -> SeriesSelection {
        let slots = index.select(matchers, labels: names).filter(isUsed)
        return SeriesSelection(
            generation: generation, labels: slots.map { names[$0] }, slots: slots)
    }

    /// The series of `selection` as this snapshot sees them, in the same order and number; nil when
    /// series came or went since the selection was made.
    package func series(of selection: SeriesSelection) -> [Series]? {
        guard selection.generation == generation else { return nil }
        guard let owner else { return [] }
        return selection.slots.indices.map {
            series(selection.slots[$0], selection.labels[$0], owner)
        }
    }
}

/// Series found by matchers, without their samples.
package struct SeriesSelection: Sendable {
    /// The `generation` of the snapshot that it was made from.
    package let generation: UInt64
    package let labels: [Labels]
    let slots: [Int]

    package var count: Int { slots.count }
}
