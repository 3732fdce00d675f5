import Basics
import Logs
import Metrics
import Support
import Testing

@testable import Feeds

#if canImport(Glibc)
    import Glibc
#endif

/// Bits of a sample, so that NaNs compare.
struct Bits: Hashable {
    var t: Int64
    var v: UInt64
}

let recordingStart: Int64 = 1_787_306_400_000

/// A recording in a folder, written from a store by hand.
private struct RecordingBench {
    let folder: TemporaryFolder
    var path: String { folder.path + "/signals" }
    let store = SeriesStore(retention: .hours(1))
    var limits = RecordingLimits(folderBytesMax: 1024 * 1024)

    init() throws { folder = try TemporaryFolder() }

    func log() -> SignalLog { SignalLog(folder: path, limits: limits) }

    /// One scrape: `count` series at `round` × 15 s.
    func scrape(_ round: Int, _ count: Int = 8) {
        for index in 0..<count {
            let labels = Labels([
                ("__name__", "node_cpu_seconds_total"), ("cpu", "\(index)"), ("instance", "a"),
            ])
            store.append(
                labels, t: recordingStart + Int64(round) * 15_000, v: Double(round * index) / 8)
        }
    }

    func read(_ path: String? = nil) -> (samples: [Labels: [Bits]], report: RecordingReport) {
        let store = SeriesStore(retention: .hours(1_000_000))
        let report = RecordedSignals.load(path ?? self.path, into: store)
        return (contents(store), report)
    }

    func segments() throws -> [SignalSegment] { try SignalSegment.list(path) }

    func bytes(_ path: String) throws -> [UInt8] {
        try WholeFile.read(path, limit: 1 << 24).get()
    }
}

func contents(_ store: SeriesStore) -> [Labels: [Bits]] {
    var all: [Labels: [Bits]] = [:]
    var scratch: [Sample] = []
    for series in store.snapshot().all {
        series.withSamples(after: -1, through: .max / 4, scratch: &scratch) { samples in
            all[series.labels] = samples.map { Bits(t: $0.t, v: $0.v.bitPattern) }
        }
    }
    return all
}

@Suite("Recorded samples")
struct RecordingTests {
    @Test("What was written is read back bit for bit, packed or not")
    func roundTrip() throws {
        let bench = try RecordingBench()
        let odd = Labels([("__name__", "odd"), ("path", "/é\n\"")])
        let values: [Double] = [
            0, -0.0, .infinity, -.infinity, Double(bitPattern: 0x7ff8_0000_0000_0001),
            StaleMarker.value, 0x1p-1070, 0.1, 12_345_678.25,
        ]
        let log = bench.log()
        for (round, value) in values.enumerated() {
            bench.scrape(round)
            bench.store.append(odd, t: recordingStart + Int64(round) * 15_000, v: value)
            try log.flush(bench.store.snapshot(), now: BootTime(nanoseconds: Int64(round)))
        }
        let expected = contents(bench.store)
        #expect(bench.read().samples == expected)
        log.close()
        let packed = bench.read()
        #expect(packed.samples == expected)
        #expect(packed.report.notes.isEmpty)
        let segment = try #require(try bench.segments().first)
        #expect(SignalSegment.Header(segment)?.isPacked == true)
        var status = stat()
        #expect(stat(segment.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(stat(bench.path, &status) == 0 && status.st_mode & 0o777 == 0o700)
    }

    @Test("A second process goes on behind the first and writes nothing twice")
    func reopens() throws {
        var bench = try RecordingBench()
        bench.limits.segmentSamplesMax = 24
        for process in 0..<3 {
            let log = bench.log()
            log.skip(bench.read().report.ownNewest)
            bench.scrape(process)
            try log.flush(bench.store.snapshot(), now: BootTime(nanoseconds: 0))
            #expect(log.samples == 8)
            log.close()
        }
        #expect(bench.read().samples == contents(bench.store))
        #expect(try bench.segments().count == 3)
    }

    @Test("A torn tail at any byte loses only what is torn")
    func tornTails() throws {
        let bench = try RecordingBench()
        let log = bench.log()
        for round in 0..<4 {
            bench.scrape(round, 2)
            try log.flush(bench.store.snapshot(), now: BootTime(nanoseconds: 0))
        }
        let whole = try bench.bytes(try #require(try bench.segments().first).path)
        let ends = [0, 32] + SignalScan(whole, from: 32).frames.map(\.payload.upperBound)
        let expected = SegmentReading(whole, name: "whole")
        for length in 0...whole.count {
            let reading = SegmentReading(Array(whole.prefix(length)), name: "torn")
            let kept = ends.last { $0 <= length } ?? 0
            #expect(reading.scan.end == max(kept, length < 32 ? 0 : 32))
            #expect(reading.scan.damaged.isEmpty || length < 32, "\(length)")
            #expect(reading.notes.isEmpty == ends.dropFirst().contains(length), "\(length)")
            #expect(reading.scan.frames.count <= expected.scan.frames.count)
        }
    }

    @Test("A flipped bit costs one frame, is named, and the rest is read")
    func flippedBits() throws {
        let bench = try RecordingBench()
        let log = bench.log()
        for round in 0..<4 {
            bench.scrape(round, 2)
            try log.flush(bench.store.snapshot(), now: BootTime(nanoseconds: 0))
        }
        let whole = try bench.bytes(try #require(try bench.segments().first).path)
        let frames = SegmentReading(whole, name: "whole").scan.frames.count
        for place in 32..<whole.count {
            var bytes = whole
            bytes[place] ^= UInt8(1 << (place % 8))
            let reading = SegmentReading(bytes, name: "bent")
            #expect(reading.scan.frames.count == frames - 1, "byte \(place)")
            #expect(!reading.notes.isEmpty, "byte \(place)")
            _ = reading.forEach(.min ... .max) { _, _, _ in }
        }
        // A bent header leaves all frames readable.
        for place in 0..<32 where place != 8 {
            var bytes = whole
            bytes[place] ^= 4
            #expect(SegmentReading(bytes, name: "head").scan.frames.count == frames, "\(place)")
        }
    }

    @Test("A file full of false beginnings is given up, not chewed for ever")
    func falseBeginnings() {
        var piece = SignalFrame.magic + [2, 0, 0, 0]
        piece.appendFixed(UInt32(4096))
        piece += [UInt8](repeating: 0, count: 20)
        let bytes = (0..<8_000).flatMap { _ in piece }
        let scan = SignalScan(bytes, from: 0)
        #expect(scan.frames.isEmpty && scan.damaged.count == 1)
    }

    @Test("The oldest segments go first when the budget is used up")
    func budget() throws {
        var bench = try RecordingBench()
        bench.limits = RecordingLimits(folderBytesMax: 2_000)
        let log = bench.log()
        for round in 0..<80 {
            bench.scrape(round, 20)
            try log.flush(bench.store.snapshot(), now: BootTime(nanoseconds: Int64(round)))
            #expect(log.bytes <= 2_000)
        }
        let segments = try bench.segments()
        #expect(segments.count > 1 && (segments.first?.number ?? 0) > 1)
        let read = bench.read()
        #expect(read.report.newest == recordingStart + 79 * 15_000)
        #expect((read.report.oldest ?? 0) > recordingStart)
    }

    @Test("A second writer is refused and disturbs nothing")
    func secondWriter() throws {
        let bench = try RecordingBench()
        bench.scrape(0)
        let log = bench.log()
        try log.flush(bench.store.snapshot(), now: BootTime(nanoseconds: 0))
        #expect(throws: SystemError(EAGAIN)) {
            try bench.log().flush(bench.store.snapshot(), now: BootTime(nanoseconds: 0))
        }
        #expect(RecordingText.stopped("x", SystemError(EAGAIN)).code == "recording.locked")
        bench.scrape(1)
        try log.flush(bench.store.snapshot(), now: BootTime(nanoseconds: 0))
        #expect(bench.read().samples == contents(bench.store))
    }

    @Test("Secrets in labels never reach the disk; such a series ends where it was read")
    func redaction() throws {
        let bench = try RecordingBench()
        let secret = "ghp_" + String(repeating: "a1B2", count: 9)
        bench.store.append(
            Labels([("__name__", "calls"), ("by", secret), ("password", "hunter2hunter2")]),
            t: recordingStart, v: 1)
        let log = bench.log()
        try log.flush(bench.store.snapshot(), now: BootTime(nanoseconds: 0))
        let text = String(
            decoding: try bench.bytes(try #require(try bench.segments().first).path),
            as: UTF8.self)
        #expect(!text.contains(secret) && !text.contains("hunter2hunter2"))
        let samples = try #require(bench.read().samples.values.first)
        #expect(samples.map(\.v).last == StaleMarker.bits)
    }

    @Test("Another recording fills what this one does not cover, and only that")
    func fillsGaps() throws {
        let other = try RecordingBench()
        let own = try RecordingBench()
        let flight = other.log()
        for round in 0..<40 {
            other.scrape(round, 1)
            try flight.flush(other.store.snapshot(), now: BootTime(nanoseconds: 0))
        }
        let log = own.log()
        for round in 10..<20 {
            let labels = try #require(other.store.snapshot().all.first).labels
            own.store.append(labels, t: recordingStart + Int64(round) * 15_000 + 7, v: 1)
            try log.flush(own.store.snapshot(), now: BootTime(nanoseconds: 0))
        }
        let store = SeriesStore(retention: .hours(1_000_000))
        let report = RecordedSignals.load(own.path, earlier: other.path, into: store)
        let times = try #require(contents(store).values.first).map {
            ($0.t - recordingStart) % 15_000
        }
        #expect(times.count == 41 && times.filter { $0 == 7 }.count == 10)
        #expect(times[10] == 0 && times[11] == 7 && times[21] == 0)
        #expect(report.ownNewest.values.first == recordingStart + 19 * 15_000 + 7)
    }
}
