/// One series: its labels and its samples, oldest first, strictly ascending in time.
package struct Series: Sendable {
    package let labels: Labels
    package internal(set) var samples: [Sample]
    /// Names this series for as long as the store keeps it; never used again for another one.
    let id: Int

    package init(labels: Labels, samples: [Sample]) {
        self.init(labels: labels, samples: samples, id: 0)
    }

    init(labels: Labels, samples: [Sample], id: Int) {
        self.labels = labels
        self.samples = samples
        self.id = id
    }
}

/// Which series carry which label value. Slots ascend.
struct LabelIndex: Sendable {
    private(set) var slots: [ByteText: [ByteText: [Int]]] = [:]

    mutating func insert(_ labels: Labels, slot: Int) {
        for entry in labels.entries {
            slots[entry.name, default: [:]][entry.value, default: []].append(slot)
        }
    }
}

/// Everything the store held at one moment. A value: appends after it was taken do not show.
package struct SeriesSnapshot: Sendable {
    /// Slots of removed series are nil.
    let series: [Series?]
    let index: LabelIndex

    package static let empty = SeriesSnapshot(series: [], index: LabelIndex())

    init(series: [Series?], index: LabelIndex) {
        self.series = series
        self.index = index
    }

    /// Every series, in the order of their first samples.
    package var all: [Series] { series.compactMap { $0 } }

    /// The names of all metrics, sorted.
    package var metricNames: [String] { labelValues("__name__") }

    /// The values of the label called `name`, sorted.
    package func labelValues(_ name: String) -> [String] {
        (index.slots[ByteText(name)] ?? [:]).keys.sorted().map(\.string)
    }

    /// The names of all labels, sorted.
    package var labelNames: [String] { index.slots.keys.sorted().map(\.string) }

    /// The series that satisfy every matcher, in the order of their first samples.
    package func select(_ matchers: [LabelMatcher]) -> [Series] {
        var candidates: [Int]?
        for matcher in matchers where !matcher.matchesEmpty {
            let found = slots(for: matcher)
            if candidates == nil || found.count < candidates?.count ?? 0 { candidates = found }
            if found.isEmpty { return [] }
        }
        var filter = MatcherFilter(matchers)
        return (candidates ?? Array(series.indices)).compactMap { slot in
            guard let one = series[slot], filter.accepts(one.labels) else { return nil }
            return one
        }
    }

    private func slots(for matcher: LabelMatcher) -> [Int] {
        guard let values = index.slots[matcher.name] else { return [] }
        if matcher.kind == .equal { return values[matcher.value] ?? [] }
        var found: [Int] = []
        for (value, slots) in values where matcher.matches(value) { found += slots }
        return found.sorted()
    }
}

/// Checks labels against matchers and remembers the verdict on each value, because one value of a
/// label stands in many series and a regular expression costs more than a look-up.
private struct MatcherFilter {
    private let matchers: [LabelMatcher]
    private var verdicts: [[ByteText: Bool]]

    init(_ matchers: [LabelMatcher]) {
        self.matchers = matchers
        verdicts = Array(repeating: [:], count: matchers.count)
    }

    mutating func accepts(_ labels: Labels) -> Bool {
        for (position, matcher) in matchers.enumerated() {
            let value = labels.value(of: matcher.name) ?? .empty
            if let known = verdicts[position][value] {
                if !known { return false }
                continue
            }
            let verdict = matcher.matches(value)
            verdicts[position][value] = verdict
            if !verdict { return false }
        }
        return true
    }
}
