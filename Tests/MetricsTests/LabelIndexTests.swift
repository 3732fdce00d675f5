import Metrics
import Testing

/// The index against looking at every series.
@Suite struct LabelIndexTests {
    private static let expressions = [
        "", ".*", ".+", "v1", "v1|v2|v33", "v1.*", "v1.+", "v[0-4]", "v1?", "v12*", "(v1|v2)",
        "|v3",
        "v{1}3", "V1", "(?i)V1", "v1|", "x.*y", "v.", "[^v].*", "v1|v.",
    ]

    private func matcher(_ random: inout SeededNumbers) throws -> LabelMatcher {
        let kinds: [LabelMatcher.Kind] = [.equal, .notEqual, .matches, .notMatches]
        let kind = kinds[Int.random(in: 0..<4, using: &random)]
        let name = ["a", "b", "c", "__name__", "absent"].randomElement(using: &random) ?? "a"
        let value: String
        switch kind {
        case .equal, .notEqual:
            value = Bool.random(using: &random) ? "v\(Int.random(in: 0..<40, using: &random))" : ""
        case .matches, .notMatches: value = Self.expressions.randomElement(using: &random) ?? ""
        }
        return try LabelMatcher(kind, name: ByteText(name), value: ByteText(value))
    }

    @Test func selectsWhatAScanSelects() throws {
        var random = SeededNumbers(state: 21)
        for round in 0..<6 {
            let store = SeriesStore(retention: .seconds(100))
            var present: [Labels] = []
            for index in 0..<(round * 150 + 1) {
                var pairs = [(name: "__name__", value: "v\(Int.random(in: 0..<4, using: &random))")]
                for name in ["a", "b", "c"] where Int.random(in: 0..<5, using: &random) > 0 {
                    pairs.append((name, "v\(Int.random(in: 0..<60, using: &random))"))
                }
                let labels = Labels(pairs)
                // A third expires below; some snapshots cut the index into segments.
                let isOld = index % 3 == 1
                if present.contains(labels) { continue }
                store.append(labels, t: isOld ? 1000 : 500_000, v: 1)
                if !isOld || round % 2 == 0 { present.append(labels) }
                if index % 37 == 5 { _ = store.snapshot() }
            }
            if round % 2 == 1 { store.prune(now: 500_000) }
            let snapshot = store.snapshot()
            #expect(Set(snapshot.all.map(\.labels)) == Set(present))
            for _ in 0..<150 {
                let matchers = try (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    try matcher(&random)
                }
                let wanted = present.filter { labels in
                    matchers.allSatisfy { $0.matches(labels.value(of: $0.name) ?? .empty) }
                }
                let found = snapshot.select(matchers).map(\.labels)
                #expect(found.count == wanted.count && Set(found) == Set(wanted), "\(matchers)")
                #expect(snapshot.selection(matchers).labels == found)
            }
            let values = Set(present.compactMap { $0["a"] }).sorted()
            #expect(snapshot.labelValues("a") == values)
            #expect(Set(snapshot.labelNames).isSubset(of: ["__name__", "a", "b", "c"]))
        }
    }
}
