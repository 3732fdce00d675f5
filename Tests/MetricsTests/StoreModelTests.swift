import Metrics
import Testing

/// The store against arrays of samples.
@Suite struct StoreModelTests {
    private func labels(_ name: String, _ value: String = "0") -> Labels {
        Labels(["__name__": name, "i": value])
    }

    private func same(_ left: some Sequence<Sample>, _ right: some Sequence<Sample>) -> Bool {
        left.elementsEqual(right) { $0.t == $1.t && $0.v.bitPattern == $1.v.bitPattern }
    }

    private func expectSame(_ series: Series, _ model: [Sample], _ random: inout SeededNumbers) {
        #expect(same(series.samples, model))
        #expect(series.count == model.count)
        #expect(series.first?.t == model.first?.t)
        #expect(series.newest?.v.bitPattern == model.last?.v.bitPattern)
        guard let first = model.first, let last = model.last else { return }
        var scratch: [Sample] = []
        for _ in 0..<12 {
            let after = Int64.random(in: first.t - 5...last.t + 5, using: &random)
            let through = after + Int64.random(in: -1...last.t - first.t + 5, using: &random)
            let window = model.filter { $0.t > after && $0.t <= through }
            let isSame = series.withSamples(after: after, through: through, scratch: &scratch) {
                same($0, window)
            }
            #expect(isSame)
            let newest = series.newest(atOrBefore: after)
            #expect(newest?.t == model.last { $0.t <= after }?.t)
            expectPieces(series, window, after, through, &scratch)
        }
    }

    private func expectPieces(
        _ series: Series, _ window: [Sample], _ after: Int64, _ through: Int64,
        _ scratch: inout [Sample]
    ) {
        var rest = window[...]
        series.withPieces(after: after, through: through, scratch: &scratch) { piece in
            switch piece {
            case .samples(let samples):
                #expect(same(samples, rest.prefix(samples.count)))
                rest = rest.dropFirst(samples.count)
            case .summary(let summary):
                let part = rest.prefix(summary.count)
                rest = rest.dropFirst(summary.count)
                let values = part.map(\.v)
                #expect(
                    same([summary.first, summary.last], [part.first, part.last].compactMap { $0 }))
                #expect(summary.min == values.min() && summary.max == values.max())
                var correction = 0.0
                for (one, next) in zip(values, values.dropFirst()) where next < one {
                    correction += one
                }
                #expect(summary.resetCorrection == correction)
                #expect(!summary.isMonotone || correction == 0)
                #expect(!summary.isConstant || Set(values.map(\.bitPattern)).count == 1)
            }
        }
        #expect(rest.isEmpty)
        rest = window[...]
        series.withPieces(
            after: after, through: through, scratch: &scratch, isSummarised: false
        ) { piece in
            guard case .samples(let samples) = piece else {
                Issue.record("a summary although samples were asked for")
                return
            }
            #expect(same(samples, rest.prefix(samples.count)))
            rest = rest.dropFirst(samples.count)
        }
        #expect(rest.isEmpty)
    }

    @Test(arguments: SampleShape.allCases) func windowsAgreeWithAModel(shape: SampleShape) throws {
        var random = SeededNumbers(state: 3)
        for kind in [0, 1, 3] {
            let store = SeriesStore(retention: .seconds(1e9))
            let times = SampleShape.times(700, kind: kind, &random)
            let model = zip(times, shape.values(700, &random)).map { Sample(t: $0, v: $1) }
            var held: [(SeriesSnapshot, Int)] = []
            for (index, sample) in model.enumerated() {
                #expect(store.append(labels("m"), t: sample.t, v: sample.v) == .stored)
                if Int.random(in: 0..<60, using: &random) == 0 {
                    held.append((store.snapshot(), index + 1))
                    if held.count > 4 { held.remove(at: Int.random(in: 0..<5, using: &random)) }
                }
            }
            held.append((store.snapshot(), model.count))
            for (snapshot, count) in held {
                let series = try #require(snapshot.all.first)
                expectSame(series, Array(model.prefix(count)), &random)
            }
            #expect(store.statistics.sealedSamples > 500)
        }
    }

    @Test func snapshotsOutliveWhatTheyShow() throws {
        var random = SeededNumbers(state: 5)
        let store = SeriesStore(retention: .seconds(1000))
        var models: [String: [Sample]] = [:]
        for t in 0..<400 {
            for name in ["a", "b", "c"] where name != "b" || t < 200 {
                // Irregular times, which the series share.
                let time = Int64(t) * 1000 + Int64(t * 7919 % 13)
                let sample = Sample(t: time, v: Double.random(in: 0..<1, using: &random))
                store.append(labels(name), t: sample.t, v: sample.v)
                models[name, default: []].append(sample)
            }
        }
        let snapshot = store.snapshot()
        let selection = snapshot.selection([])
        store.prune(now: 1_300_000)
        #expect(store.metricNames == ["a", "c"])
        #expect(store.snapshot().series(of: selection) == nil)
        for t in 400..<900 { store.append(labels("a"), t: Int64(t) * 1000, v: Double(t)) }
        #expect(store.statistics.snapshotBytes > 0)
        for one in snapshot.all {
            expectSame(one, try #require(models[one.labels.name ?? ""]), &random)
        }
        let kept = try #require(snapshot.series(of: selection))
        #expect(kept.map(\.labels) == snapshot.all.map(\.labels))
        store.prune(now: 1 << 60)
        #expect(store.statistics.series == 0 && store.statistics.samples == 0)
        #expect(store.statistics.coldBytes == 0 && store.statistics.labelBytes == 0)
        #expect(snapshot.all.count == 3)
    }

    @Test func snapshotsOutliveTheStore() throws {
        var store: SeriesStore? = SeriesStore(retention: .seconds(1e9))
        for t in 0..<300 { store?.append(labels("a"), t: Int64(t), v: Double(t * t)) }
        let snapshot = try #require(store?.snapshot())
        store = nil
        #expect(snapshot.all.first?.samples.map(\.v) == (0..<300).map { Double($0 * $0) })
    }

    @Test func generationsChangeWithTheSetOfSeries() throws {
        let store = SeriesStore(retention: .seconds(1e6))
        store.append(labels("a"), t: 1, v: 1)
        let first = store.snapshot()
        store.append(labels("a"), t: 2, v: 1)
        let second = store.snapshot()
        #expect(first.generation == second.generation)
        let selection = first.selection([LabelMatcher(equal: "__name__", "a")])
        #expect(try #require(second.series(of: selection)).map(\.count) == [2])
        store.append(labels("b"), t: 2, v: 1)
        #expect(store.snapshot().generation != second.generation)
        #expect(store.snapshot().series(of: selection) == nil)
        let other = SeriesStore(retention: .seconds(1e6))
        #expect(other.snapshot().generation != first.generation)
    }

    @Test func theOldestGoesUnderBytePressure() throws {
        var random = SeededNumbers(state: 9)
        let bytesMax = 120_000
        let store = SeriesStore(retention: .seconds(1e9), bytesMax: bytesMax)
        // One series ended long ago; the others go on.
        for t in 0..<50 { store.append(labels("ended"), t: Int64(t) * 1000, v: 1) }
        for t in 600..<6000 {
            for name in ["a", "b", "c", "d", "e", "f"] {
                let value = Double.random(in: 0..<1, using: &random)
                store.append(labels(name), t: Int64(t) * 1000, v: value)
            }
        }
        let statistics = store.statistics
        #expect(statistics.bytes <= bytesMax + bytesMax / 20)
        #expect(statistics.samplesDropped > 0)
        #expect(statistics.samples + statistics.samplesDropped == 50 + 5400 * 6)
        #expect(store.metricNames == ["a", "b", "c", "d", "e", "f"])
        let firsts = store.snapshot().all.compactMap(\.first?.t)
        for one in store.snapshot().all {
            #expect(one.newest?.t == 5_999_000)
            #expect(one.count == one.samples.count)
        }
        // Of all series about the same is left.
        #expect(try #require(firsts.max()) - (try #require(firsts.min())) < 1_000_000)
    }

    @Test func refusesNewSeriesWhenNothingCanGo() {
        let store = SeriesStore(retention: .seconds(1e9), bytesMax: 100_000)
        var outcomes: Set<AppendOutcome> = []
        for index in 0..<2000 {
            outcomes.insert(store.append(labels("m", String(index)), t: 1000, v: 1))
        }
        #expect(outcomes == [.stored, .seriesLimit])
        #expect(store.statistics.bytes < 200_000)
        #expect(store.statistics.seriesRefused + store.statistics.series == 2000)
    }

    @Test func readersAndAWriterAtOnce() async {
        let store = SeriesStore(retention: .seconds(100))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for t in 0..<600 {
                    store.write { writer in
                        writer.advance(to: Int64(t) * 1000)
                        for index in 0..<40 where index < 30 || t % 7 == index % 7 {
                            let labels = Labels(["__name__": "m", "i": String(index + t / 300)])
                            if let reference = writer.reference(for: labels) {
                                _ = writer.append(to: reference, t: Int64(t) * 1000, v: Double(t))
                            }
                        }
                    }
                    if t % 50 == 0 { await Task.yield() }
                }
            }
            for _ in 0..<3 {
                group.addTask {
                    var scratch: [Sample] = []
                    for round in 0..<60 {
                        let snapshot = store.snapshot()
                        for one in snapshot.all {
                            let count = one.withSamples(
                                after: -1, through: .max, scratch: &scratch
                            ) { samples in
                                // Values are the times: a torn or freed sample shows.
                                for sample in samples where sample.v * 1000 != Double(sample.t) {
                                    Issue.record("\(sample)")
                                }
                                return samples.count
                            }
                            #expect(count == one.count)
                        }
                        if round % 10 == 0 { await Task.yield() }
                    }
                }
            }
        }
        #expect(store.statistics.series > 30)
    }
}
