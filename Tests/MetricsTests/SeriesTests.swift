import Metrics
import Testing

@Suite struct LabelsTests {
    @Test func sortsDropsEmptyAndKeepsTheLastOfEqualNames() {
        let labels = Labels([("b", "2"), ("a", ""), ("__name__", "m"), ("b", "3")])
        #expect(labels.pairs.map(\.name) == ["__name__", "b"])
        #expect(labels["b"] == "3")
        #expect(labels["a"] == nil)
        #expect(labels.name == "m")
        #expect(labels.count == 2)
        #expect(labels.description == #"m{b="3"}"#)
    }

    @Test func comparesByBytes() {
        // One and two scalars for the same letter are two different values.
        let composed = Labels(["a": "\u{E9}"])
        let decomposed = Labels(["a": "e\u{301}"])
        #expect(composed != decomposed)
        #expect(Labels(["a": "1"]) < Labels(["a": "1", "b": "1"]))
        #expect(Labels(["a": "1"]) < Labels(["a": "10"]))
        #expect(Labels(["B": "1"]) < Labels(["a": "1"]))
        #expect(Labels.empty < Labels(["a": "1"]))
        #expect(!(Labels.empty < Labels.empty))
    }

    @Test func derives() {
        let labels = Labels(["__name__": "m", "a": "1", "b": "2"])
        #expect(labels.with("a", "") == Labels(["__name__": "m", "b": "2"]))
        #expect(labels.with("c", "3").keeping(["c", "a"]) == Labels(["a": "1", "c": "3"]))
        #expect(labels.dropping(["a", "nope"]) == Labels(["__name__": "m", "b": "2"]))
        #expect(labels.withoutMetricName == Labels(["a": "1", "b": "2"]))
        let long = String(repeating: "x", count: 20_000)
        #expect(labels.with("z", long)["z"] == long)
    }

    @Test(arguments: [
        (["__name__": "up"], "up"), ([:], "{}"), (["a": "x\"\n"], #"{a="x\"\n"}"#),
        (["__name__": "my.metric", "a": "1"], #"{"my.metric", a="1"}"#),
        (["__name__": "m", "a.b": "1"], #"m{"a.b"="1"}"#),
    ])
    func prints(labels: [String: String], text: String) {
        #expect(Labels(labels).description == text)
    }
}

@Suite struct SeriesStoreTests {
    private let labels = Labels(["__name__": "m", "i": "0"])

    @Test func refusesAndCounts() {
        let store = SeriesStore(retention: .seconds(60), seriesMax: 1)
        #expect(store.append(labels, t: 1000, v: 1) == .stored)
        #expect(store.append(labels, t: 1000, v: 1) == .duplicate)
        #expect(store.append(labels, t: 1000, v: 2) == .conflicting)
        #expect(store.append(labels, t: 999, v: 2) == .outOfOrder)
        #expect(store.append(Labels(["__name__": "n"]), t: 2000, v: 2) == .seriesLimit)
        let statistics = store.statistics
        #expect(statistics.series == 1 && statistics.samples == 1)
        #expect(statistics.duplicates == 1 && statistics.conflicting == 1)
        #expect(statistics.outOfOrder == 1 && statistics.seriesRefused == 1)
        #expect(statistics.bytes > 0)
        #expect(statistics.newest == 1000)
    }

    @Test func prunesByReadingTimeNotBySampleTime() {
        let store = SeriesStore(retention: .seconds(60))
        let other = labels.with("i", "1")
        store.append(labels, t: 1000, v: 1)
        store.append(labels, t: 50_000, v: 2)
        store.append(other, t: 1000, v: 1)
        // A sample dated far ahead removes nothing.
        store.append(Labels(["__name__": "future"]), t: 9_000_000_000, v: 1)
        #expect(store.statistics.samples == 4)
        store.prune(now: 70_000)
        #expect(store.statistics.series == 2)
        #expect(store.statistics.samples == 2)
        #expect(store.metricNames == ["future", "m"])
        #expect(store.labelValues("i") == ["0"])
        #expect(store.append(other, t: 2000, v: 1) == .tooOld)
        #expect(store.append(other, t: 71_000, v: 1) == .stored)
        #expect(store.labelValues("i") == ["0", "1"])
    }

    @Test func keepsTheNewestOfTooManySamples() throws {
        let store = SeriesStore(retention: .seconds(1e6), samplesPerSeriesMax: 100)
        for t in 0..<1000 { store.append(labels, t: Int64(t), v: Double(t)) }
        let series = try #require(store.snapshot().all.first)
        #expect(series.samples.count <= 100)
        #expect(series.samples.last?.v == 999)
        #expect(store.statistics.samples == series.samples.count)
        #expect(store.statistics.samplesDropped == 1000 - series.samples.count)
    }

    @Test func snapshotsStandStill() {
        let store = SeriesStore(retention: .seconds(60))
        store.append(labels, t: 1, v: 1)
        let snapshot = store.snapshot()
        store.append(labels, t: 2, v: 2)
        store.append(labels.with("i", "9"), t: 2, v: 2)
        #expect(snapshot.all.map(\.samples.count) == [1])
        #expect(snapshot.labelValues("i") == ["0"])
        #expect(store.snapshot().all.map(\.samples.count) == [2, 1])
    }

    @Test func appendsFromManyThreads() async {
        let store = SeriesStore(retention: .seconds(1e6))
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    let labels = Labels(["__name__": "m", "w": String(writer)])
                    for t in 0..<200 {
                        store.append(labels, t: Int64(t), v: 1)
                        if t % 50 == 0 { _ = store.snapshot().metricNames }
                    }
                }
            }
        }
        #expect(store.statistics.samples == 1600)
        #expect(store.statistics.series == 8)
    }
}
