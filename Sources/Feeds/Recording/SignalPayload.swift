import Basics
import Logs
import Metrics

/// Samples as `rows` and `columns` frames hold them.
///
///     rows       runs (varint); each run: step to its first series (zigzag varint), series in it
///                (varint), samples of each (varint); then one `SampleCodec` encoding of them all
///     columns    each: step to its series (zigzag varint), length (varint), `SampleCodec` encoding
enum SignalPayload {
    /// Samples of the series with `index` in the segment's dictionary.
    struct Part {
        var index: Int
        var samples: ArraySlice<Sample>
    }

    // MARK: Writing

    /// - Parameter counts: the series and how many of `samples`, in this order, are its own.
    static func rows(_ counts: [(index: Int, count: Int)], _ samples: [Sample]) -> [UInt8] {
        var runs: [(step: Int, series: Int, count: Int)] = []
        var last = -1
        for (index, count) in counts {
            if let run = runs.last, run.count == count, index == last + 1 {
                runs[runs.count - 1].series += 1
            } else {
                runs.append((index - last, 1, count))
            }
            last = index
        }
        var out: [UInt8] = []
        out.appendVarint(runs.count)
        for run in runs {
            out.appendVarint(zigzag(run.step))
            out.appendVarint(run.series)
            out.appendVarint(run.count)
        }
        return out + SampleCodec.encode(samples)
    }

    static func appendColumn(
        _ index: Int, after last: Int, _ samples: [Sample], to out: inout [UInt8]
    ) {
        let encoded = SampleCodec.encode(samples)
        out.appendVarint(zigzag(index - last))
        out.appendVarint(encoded.count)
        out += encoded
    }

    // MARK: Reading

    /// Calls `body` with each part of a frame's payload.
    /// - Returns: false when the payload makes no sense; what came before was handed out.
    static func read(
        _ kind: SignalFrame.Kind, _ payload: ArraySlice<UInt8>, _ body: (Part) -> Void
    ) -> Bool {
        switch kind {
        case .series: false
        case .rows: readRows(payload, body)
        case .columns: readColumns(payload, body)
        }
    }

    private static func readRows(_ payload: ArraySlice<UInt8>, _ body: (Part) -> Void) -> Bool {
        var cursor = ByteCursor(payload)
        guard let runCount = cursor.varint(), runCount <= payload.count else { return false }
        var runs: [(first: Int, series: Int, count: Int)] = []
        var last = -1
        var total = 0
        for _ in 0..<runCount {
            guard let step = cursor.varint(), let series = cursor.varint(),
                let count = cursor.varint(), series > 0, count > 0,
                series <= SampleCodec.countMax, count <= SampleCodec.countMax
            else { return false }
            let first = last + unzigzag(step)
            guard first >= 0, first <= SignalDictionary.seriesMax else { return false }
            runs.append((first, series, count))
            last = first + series - 1
            total += series * count
            guard total <= SampleCodec.countMax else { return false }
        }
        guard let samples = try? SampleCodec.decode(cursor.rest), samples.count == total else {
            return false
        }
        var position = 0
        for run in runs {
            for offset in 0..<run.series {
                body(
                    Part(
                        index: run.first + offset,
                        samples: samples[position..<position + run.count]))
                position += run.count
            }
        }
        return true
    }

    private static func readColumns(_ payload: ArraySlice<UInt8>, _ body: (Part) -> Void) -> Bool {
        var cursor = ByteCursor(payload)
        var index = -1
        while !cursor.isAtEnd {
            guard let step = cursor.varint(), let length = cursor.varint(),
                let encoded = cursor.take(length), let samples = try? SampleCodec.decode(encoded)
            else { return false }
            index += unzigzag(step)
            guard index >= 0, index <= SignalDictionary.seriesMax else { return false }
            body(Part(index: index, samples: samples[...]))
        }
        return true
    }

    private static func zigzag(_ value: Int) -> Int { value >= 0 ? value * 2 : -value * 2 - 1 }

    private static func unzigzag(_ value: Int) -> Int {
        value % 2 == 0 ? value / 2 : -(value / 2) - 1
    }
}
